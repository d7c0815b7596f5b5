"""The caption of a forest plot, as a journal prints it: what was compared, the answer, how, and what the signs mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import isnan

from msc_meta.effects.measures import MEASURES
from msc_meta.effects.rows import StudyRow
from msc_meta.figures.drawing import Drawing
from msc_meta.figures.forest_data import column_names
from msc_meta.figures.forest_table import Column, FigureInfo, ForestTable, Shape
from msc_meta.figures.pooled_text import ESTIMATORS, INTERVALS, WEIGHTING
from msc_meta.figures.style import Style
from msc_meta.figures.text import count, level_text
from msc_meta.pooling.results import PooledResult

ABBREVIATIONS = {
    "CI": "confidence interval",
    "df": "degrees of freedom",
    "IV": "inverse variance",
    "M-H": "Mantel-Haenszel",
    "MSC": "mesenchymal stromal cells",
    "PaO2": "arterial partial pressure of oxygen",
    "FiO2": "inspired fraction of oxygen",
    "REML": "restricted maximum likelihood",
    "SD": "standard deviation",
    "SE": "standard error",
}
POOLED_BY = {"FE": "inverse variances", "MH": "Mantel and Haenszel's method", "PETO": "Peto's method"}
PREDICTED_BY = {
    "t(k-1)": "t with k − 1 degrees of freedom",
    "t(k-2)": "t with k − 2 degrees of freedom",
    "normal": "the normal distribution",
}
SHAPES: dict[Shape, str] = {
    "hollow": "Hollow squares are studies that are not in the pooled estimate.",
    "point": "Circles are estimates without a weight.",
    "prediction-line": "The line with end caps is the prediction interval.",
    "prediction-bar": "The bar is the prediction interval.",
}


def analysis_caption(
    pooled: Sequence[StudyRow], result: PooledResult, info: FigureInfo, effect: str, prediction: str, style: Style
) -> str:
    """Return what was compared, in how many patients, with what answer, and by which methods.

    Parameters
    ----------
    pooled : sequence of StudyRow
        The studies of the pool.
    effect, prediction : str
        The answer and its prediction interval as the plot prints them; empty where there is none.
    """
    measure = MEASURES[result.measure].title.lower()
    unit = f" in {info.unit}" if info.unit else ""
    sentences = [f"{info.experimental} against {info.control}, {measure}{unit}."]
    patients = sum(arm.n for row in pooled for arm in (row.e, row.c))
    people = "" if isnan(patients) or not patients else f" with {count(patients, style)} participants"
    level = level_text(result.level, style)
    if not effect:
        return " ".join([*sentences, style.texts["none"]])
    if result.k == 1:
        return " ".join([*sentences, f"One study{people}; {measure} ({level} CI) {effect}; nothing is pooled."])
    sentences.append(f"{result.k} studies{people}; pooled {measure} ({level} CI) {effect}.")
    if prediction:
        by = PREDICTED_BY.get(result.prediction_method, result.prediction_method)
        sentences.append(f"{level} prediction interval {prediction}, by {by}.")
    ci = INTERVALS.get(result.ci_method, result.ci_method)
    if result.method in WEIGHTING:
        model = f"Common-effect model by {POOLED_BY.get(result.method, result.method)}"
    else:
        model = f"Random-effects model; Tau² by {ESTIMATORS.get(result.method, result.method)}"
    return " ".join([*sentences, f"{model}; confidence interval by {ci}."])


def full_caption(table: ForestTable, drawing: Drawing, style: Style, dropped: tuple[Column, ...]) -> str:
    """Return the whole caption: title, analysis, signs, what was left out for want of room, abbreviations."""
    title = table.title or table.info.title
    sentences = [f"{title}." if title else "", table.caption, *_signs(table, drawing, style)]
    if dropped:
        sentences.append(f"{left_out_sentence(dropped)}")
    said = " ".join(sentences)
    return " ".join(filter(None, (*sentences, abbreviations([said, *(text.text for text in drawing.texts)]))))


def left_out_sentence(dropped: tuple[Column, ...]) -> str:
    """Return which columns a narrow figure does without."""
    return f"Left out at this width: {column_names(dropped)}."


def abbreviations(texts: Iterable[str]) -> str:
    """Return the abbreviations that texts use, in alphabetical order.

    Examples
    --------
    >>> abbreviations(["Mean difference [95% CI]", "SD", "MSC"])
    'CI, confidence interval; MSC, mesenchymal stromal cells; SD, standard deviation.'
    """
    words = set(re.findall(r"[A-Za-z0-9-]+", " ".join(texts)))
    used = [f"{short}, {long}" for short, long in sorted(ABBREVIATIONS.items(), key=_by_letters) if short in words]
    return f"{'; '.join(used)}." if used else ""


def _by_letters(item: tuple[str, str]) -> str:
    return item[0].lower()


def _signs(table: ForestTable, drawing: Drawing, style: Style) -> list[str]:
    """Return what squares, lines, diamonds and arrows mean, as far as the plot has them."""
    kinds = [(row.kind, plotted.shape) for row in table.rows for plotted in row.plotted.values()]
    shapes = {shape for _, shape in kinds}
    found = []
    if "square" in shapes:
        size = "area is" if style.square_sizing == "area" else "side grows in"
        by = "proportional to" if style.square_sizing == "area" else "proportion to"
        found.append(f"Squares are effects, their {size} {by} the weight; lines are confidence intervals.")
    if ("pooled", "diamond") in kinds:
        found.append("The diamond is the pooled effect with its interval.")
    if any(kind == "subtotal" for kind, _ in kinds):
        word = {"open": "Open diamonds", "small": "Smaller diamonds", "full": "Diamonds above it"}[
            style.subtotal_diamond
        ]
        found.append(f"{word} are those of subgroups.")
    found += [sentence for shape, sentence in SHAPES.items() if shape in shapes]
    parts = {item.gid.split("/")[0] for item in drawing.items}
    if "pooled-line" in parts:
        found.append("The dotted line stands at the pooled effect.")
    if "unimportant" in parts:
        found.append("The grey band holds differences that are too small to matter.")
    if any(item.gid.endswith("/arrow") for item in drawing.items):
        found.append("An arrow means that an interval goes on beyond the axis.")
    return found
