"""The BCG vaccine trials (Colditz et al. (1994), JAMA 271, 698-702), as in R's metafor::dat.bcg."""

from __future__ import annotations

import csv
from dataclasses import replace

from msc_meta.figures.forest_table import FigureInfo
from tests.conftest import PROJECT
from tests.figures.examples import Case, risk_ratio, weighted

with (PROJECT / "examples" / "data" / "bcg.csv").open(encoding="utf-8", newline="") as table:
    TRIALS = tuple(csv.DictReader(table))


def bcg() -> Case:
    rows = [replace(risk_ratio(trial["label"], int(trial["year"]), *counts(trial)), study=trial["study"])
            for trial in TRIALS]  # fmt: skip
    rows, result = weighted(rows, "RR")
    info = FigureInfo(name="bcg", title="Tuberculosis", experimental="BCG vaccine", control="No vaccine")
    return rows, result, info


def counts(trial: dict[str, str]) -> list[float]:
    return [float(trial[name]) for name in ("event_e", "n_e", "event_c", "n_c")]


def latitudes() -> dict[str, float]:
    return {trial["study"]: float(trial["latitude"]) for trial in TRIALS}
