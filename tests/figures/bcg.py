"""The BCG vaccine trials (Colditz et al. (1994), JAMA 271, 698-702), as in R's metafor::dat.bcg."""

from __future__ import annotations

from dataclasses import replace

from msc_meta.figures.forest_table import FigureInfo
from tests.figures.examples import Case, risk_ratio, weighted

# author, year, vaccinated with and without tuberculosis, not vaccinated with and without, absolute latitude
TRIALS = (
    ("Aronson", 1948, 4, 119, 11, 128, 44),
    ("Ferguson & Simes", 1949, 6, 300, 29, 274, 55),
    ("Rosenthal et al", 1960, 3, 228, 11, 209, 42),
    ("Hart & Sutherland", 1977, 62, 13536, 248, 12619, 52),
    ("Frimodt-Moller et al", 1973, 33, 5036, 47, 5761, 13),
    ("Stein & Aronson", 1953, 180, 1361, 372, 1079, 44),
    ("Vandiviere et al", 1973, 8, 2537, 10, 619, 19),
    ("TPT Madras", 1980, 505, 87886, 499, 87892, 13),
    ("Coetzee & Berjak", 1968, 29, 7470, 45, 7232, 27),
    ("Rosenthal et al", 1961, 17, 1699, 65, 1600, 42),
    ("Comstock et al", 1974, 186, 50448, 141, 27197, 18),
    ("Comstock & Webster", 1969, 5, 2493, 3, 2338, 33),
    ("Comstock et al", 1976, 27, 16886, 29, 17825, 33),
)  # fmt: skip


def bcg() -> Case:
    rows = [
        replace(risk_ratio(f"{name} {year}", year, a, a + b, c, c + d), study=f"trial-{at}")
        for at, (name, year, a, b, c, d, _) in enumerate(TRIALS, 1)
    ]
    rows, result = weighted(rows, "RR")
    info = FigureInfo(name="bcg", title="Tuberculosis", experimental="BCG vaccine", control="No vaccine")
    return rows, result, info


def latitudes() -> dict[str, float]:
    return {f"trial-{at}": float(trial[-1]) for at, trial in enumerate(TRIALS, 1)}
