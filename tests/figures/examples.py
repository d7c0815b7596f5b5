"""Studies to draw, made up but like the real ones: small trials, few deaths, medians, missing dispersion."""

from __future__ import annotations

from dataclasses import replace
from math import log, nan
from random import Random

from msc_meta.effects.rows import ArmNumbers, StudyRow
from msc_meta.figures.forest_table import FigureInfo
from msc_meta.pooling.random_effects import pool
from msc_meta.pooling.results import PooledResult

Case = tuple[list[StudyRow], PooledResult, FigureInfo]

DEATHS = (
    ("Adas 2021", 2021, 3, 10, 6, 10),
    ("Aghayan 2022", 2022, 5, 10, 5, 10),
    ("Bellingan 2022", 2022, 5, 20, 4, 10),
    ("Bowdish 2023", 2023, 42, 112, 47, 110),
    ("Dilogo 2021", 2021, 10, 20, 16, 20),
    ("Fathi-Kazerooni 2022", 2022, 4, 14, 8, 15),
    ("Gorman 2023", 2023, 7, 30, 10, 29),
    ("Lanzoni 2021", 2021, 1, 11, 7, 12),
    ("Monsel 2022", 2022, 5, 21, 4, 24),
    ("Rebelatto 2022", 2022, 5, 11, 1, 6),
    ("Shu 2020", 2020, 0, 12, 3, 29),
    ("Zhu 2021", 2021, 0, 29, 2, 29),
)
SECONDARY = "Read in a systematic review, not in the trial's own report."
DISAGREE = "Reports disagree; this one is preferred: It is the registered analysis set."
NO_TIME = "No time point stated; taken as day 28."


def risk_ratio(label: str, year: int, a: float, n1: float, c: float, n2: float) -> StudyRow:
    add = 0.5 if 0 in (a, c) else 0.0
    b1, b2 = n1 + 2 * add, n2 + 2 * add
    yi, vi = log((a + add) / b1) - log((c + add) / b2), 1 / (a + add) - 1 / b1 + 1 / (c + add) - 1 / b2
    return StudyRow(
        study=label.lower().replace(" ", "-"),
        label=label,
        year=year,
        standing="pooled",
        yi=yi,
        vi=vi,
        e=ArmNumbers(n=n1, events=a),
        c=ArmNumbers(n=n2, events=c),
    )


def mean_difference(
    label: str, year: int, e: tuple[float, float, float], c: tuple[float, float, float], **more: object
) -> StudyRow:
    return StudyRow(
        study=label.lower().replace(" ", "-"),
        label=label,
        year=year,
        standing="pooled",
        yi=e[1] - c[1],
        vi=e[2] ** 2 / e[0] + c[2] ** 2 / c[0],
        e=ArmNumbers(n=e[0], mean=e[1], sd=e[2]),
        c=ArmNumbers(n=c[0], mean=c[1], sd=c[2]),
        **more,
    )


def weighted(rows: list[StudyRow], measure: str) -> tuple[list[StudyRow], PooledResult]:
    """Pool the rows that stand as pooled and write their weights."""
    pooled = [row for row in rows if row.included]
    result = pool([row.yi for row in pooled], [row.vi for row in pooled], measure=measure)
    weights = iter(result.weights)
    return [replace(row, weight=next(weights)) if row.included else row for row in rows], result


def mortality() -> Case:
    rows = [risk_ratio(*values) for values in DEATHS]
    rows[5] = replace(rows[5], marks=(SECONDARY,))
    rows[7] = replace(
        rows[7],
        marks=(SECONDARY, DISAGREE),
    )
    rows[9] = replace(rows[9], marks=(NO_TIME,))
    none = StudyRow(
        study="shi-2021",
        label="Shi 2021",
        year=2021,
        standing="not estimable",
        reason="no event in either arm",
        e=ArmNumbers(n=65, events=0),
        c=ArmNumbers(n=35, events=0),
    )
    percents = [
        replace(
            none,
            study=f"percent-{i}",
            label=f"{name}",
            standing="not usable",
            reason=reason,
            e=ArmNumbers(value=e),
            c=ArmNumbers(value=c),
            unit="%",
        )
        for i, (name, e, c, reason) in enumerate(
            (
                ("Hashemian 2021", 40.0, 60.0, "percentages without the number of patients they refer to"),
                ("Li 2023", 6.2, 8.6, "follow-up of 24 months is outside the window of day 14 to 90"),
                ("Sadeghi 2021", 41.7, 62.5, "percentages without the number of patients they refer to"),
                ("Karyana 2022", 0.0, 0.0, "percentages without the number of patients they refer to"),
            )
        )
    ]
    other = [
        replace(risk_ratio(*values), standing="not eligible", reason=reason)
        for values, reason in (
            (("Grégoire 2022", 2022, 1, 8, 8, 24), "not randomised"),
            (("Xu 2021", 2021, 2, 26, 6, 18), "not randomised"),
            (("Häberle 2021", 2021, 1, 5, 7, 18), "not randomised"),
            (("Iglesias 2021", 2021, 2, 5, 3, 5), "historical controls"),
            (("Lightner 2023", 2023, 13, 52, 10, 51), "extracellular vesicles, no cells"),
            (("Zarrabi 2022", 2022, 3, 21, 6, 24), "allocation not described; vesicles in one of the two active arms"),
        )
    ]
    silent = [
        replace(
            none,
            study=f"silent-{i}",
            label=f"Example {2010 + i}",
            standing="no data",
            reason="no report was seen",
            e=ArmNumbers(),
            c=ArmNumbers(),
        )
        for i in range(14)
    ]
    silent += [
        replace(
            none,
            study=f"single-{i}",
            label=f"Single-arm {2010 + i}",
            standing="not eligible",
            reason="no control arm",
            e=ArmNumbers(),
            c=ArmNumbers(),
        )
        for i in range(6)
    ]
    rows, result = weighted([*rows, none, *percents, *other, *silent], "RR")
    info = FigureInfo(
        name="mortality", title="Mortality at day 28", better="lower", experimental="MSC", control="Control"
    )
    return rows, result, info


CONVERTED = "Mean and SD from median and quartiles (Luo 2018, Wan 2014)."


def discharge() -> Case:
    rows = [
        mean_difference("Shu 2020", 2020, (12, 20.3, 3.2), (29, 24.1, 5.6), conversion=CONVERTED),
        mean_difference("Zhu 2021", 2021, (29, 11.6, 2.9), (29, 14.7, 4.4), conversion=CONVERTED, marks=(SECONDARY,)),
        StudyRow(
            study="martinez-munoz-2024",
            label="Martínez-Muñoz 2024",
            year=2024,
            standing="not usable",
            reason="medians without quartiles or range: no mean and SD can be derived (P = 0.042 reported)",
            e=ArmNumbers(n=10, median=17.5),
            c=ArmNumbers(n=10, median=28),
            p_value=0.042,
            unit="days",
        ),
    ]
    rows += [
        StudyRow(
            study=f"silent-{i}",
            label=f"Example {2010 + i}",
            year=2010 + i,
            standing="no data",
            reason="no report was seen",
        )
        for i in range(9)
    ]
    rows, result = weighted(rows, "MD")
    return (
        rows,
        result,
        FigureInfo(
            name="discharge_time",
            title="Time to hospital discharge",
            unit="days",
            experimental="MSC",
            control="Control",
        ),
    )


def oxygenation() -> Case:
    rows = [
        mean_difference("Monsel 2022", 2022, (21, 27.2, 93.4), (24, 14.2, 85.1)),
        StudyRow(
            study="martinez-munoz-2024",
            label="Martínez-Muñoz 2024",
            year=2024,
            standing="not usable",
            reason="no dispersion reported",
            e=ArmNumbers(n=10, value=83.3),
            c=ArmNumbers(n=10, value=57.6),
            unit="mmHg",
        ),
    ]
    rows, result = weighted(rows, "MD")
    return (
        rows,
        result,
        FigureInfo(
            name="oxygenation",
            title="PaO2/FiO2, day 7",
            unit="mmHg",
            better="higher",
            experimental="MSC",
            control="Control",
        ),
    )


def many(k: int, *, measure: str = "RR", seed: int = 1, long_labels: bool = False) -> Case:
    """Return k random studies, one of them with a very wide interval."""
    random = Random(seed)
    rows = []
    for i in range(k):
        label = f"Author {chr(65 + i % 26)}{i} {2000 + i % 25}"
        if long_labels:
            label += " (a multicentre, double-blind, placebo-controlled phase 2b trial of umbilical cord cells)"
        n1, n2 = random.randint(6, 150), random.randint(6, 150)
        if measure == "RR":
            rows.append(
                risk_ratio(
                    label, 2000 + i, random.randint(0 if i % 7 == 0 else 1, n1 // 2), n1, random.randint(1, n2 // 2), n2
                )
            )
        else:
            sd = random.uniform(2, 9)
            rows.append(mean_difference(label, 2000 + i, (n1, random.gauss(14, 3), sd), (n2, random.gauss(16, 3), sd)))
    rows = [replace(row, study=f"study-{i}") for i, row in enumerate(rows)]
    rows, result = weighted(rows, measure)
    return (
        rows,
        result,
        FigureInfo(
            name=f"many-{k}",
            title=f"{k} studies",
            unit="" if measure == "RR" else "days",
            experimental="BM-MSC",
            control="Placebo",
        ),
    )


def nothing() -> Case:
    rows, _, info = oxygenation()
    rows, result = weighted(
        [replace(row, standing="not usable", yi=nan, vi=nan, reason=row.reason or "no SD") for row in rows], "MD"
    )
    return rows, result, info


SCRIPTS = (
    "李明 2021",
    "محمد 2022",
    "יעל כהן 2020",
    'Ñuño & <Søren> "q" 2023',
    "Ωμέγα ≥ χ² 2019",
    "Nguyễn 2024",
    "$x^2$ 2018",
)


def scripts() -> Case:
    """Return studies whose names need other scripts, escaping, or marks to be placed."""
    rows, _, info = many(len(SCRIPTS))
    rows, result = weighted([replace(row, label=label) for row, label in zip(rows, SCRIPTS, strict=True)], "RR")
    return rows, result, replace(info, name="scripts")


def weighted_far_apart() -> Case:
    """Return two studies that contradict each other: with one degree of freedom the interval is endless."""
    rows = [
        mean_difference("A 2020", 2020, (30, 10, 2), (30, 12, 2)),
        mean_difference("B 2021", 2021, (30, 15, 2), (30, 11, 2)),
    ]
    rows, result = weighted(rows, "MD")
    return rows, result, FigureInfo(name="far-apart", unit="days")
