"""The whole synthesis as one R script, which does it again in metafor and says where the two differ."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from msc_meta.exporting.r_evidence import WRITTEN_OUT, Comparisons
from msc_meta.exporting.r_text import assignment, frame
from msc_meta.hookspecs import Exported
from msc_meta.report.results_json import outcome_values
from msc_meta.secondary_analyses import stated_trait

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from msc_meta.effects.rows import StudyRow
    from msc_meta.protocol import OutcomeProtocol, Protocol
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

BEFORE = ("begin.R", "register.R", "effects.R", "pooling.R", "small_study.R", "rare_events.R")
AFTER = ("run.R",)
INPUTS = ("choices", "level", "day", "median", "q1", "q3", "min", "max", "value", "percent")
"""Keys of results.json that hold what was decided or reported: nothing is computed for them."""
NO_NUMBERS = ("conversion", "rare_events", "trim_and_fill", "window")
"""Keys whose null is no undefined number."""


def script(synthesis: Synthesis) -> Exported:
    """Return the R script as the exporter ``r``; what it can not check it says itself when it runs."""
    return Exported({"verify.R": r_script(synthesis)})


def r_script(synthesis: Synthesis) -> str:
    """Return an R script that does a synthesis again in metafor, number by number.

    Parameters
    ----------
    synthesis : Synthesis
        What `synthesize` returns, with its sensitivity analyses.

    Returns
    -------
    str
        ASCII, self-contained: the numbers of the arms as reported, the choices of the protocol, the numbers of
        results.json, and R code that leads from the first to the last. It prints what differs by more than 1e-6 and
        what it can not check, and ends with a verdict and an exit status.

    Notes
    -----
    No text of a record is ever part of the code: labels are string literals in ASCII.

    References
    ----------
    .. [1] Viechtbauer (2010). Journal of Statistical Software 36 (3), 1-48.

    Examples
    --------
    >>> import msc_meta as mm
    >>> script = r_script(mm.synthesize(mm.load_studies("studies/"), outcomes=["oxygenation"]))
    >>> script.isascii(), "pooled <- function(yi, vi, model)" in script
    (True, True)
    """
    comparisons, analyses, unchecked = Comparisons(), [], []
    expected: dict[str, float] = {}
    inputs = 0
    for name, outcome in synthesis.items():
        for path, value, is_input in numbers_of(_plain(outcome_values(outcome)), f"/outcomes/{pointer(name)}"):
            inputs += is_input
            if not is_input:
                expected[path] = value
        made, without = _analyses(outcome, synthesis, comparisons)
        analyses += made
        unchecked += without
    data = [
        "# ---- data: comparisons of two arms as reported, analyses, and what msc_meta found " + "-" * 34,
        "",
        _frame("comparisons", comparisons.lines, ("label", "way", "measure", "median_method", "scope", "conventions")),
        _frame("arms", comparisons.arms, ("side",)),
        assignment("analyses", analyses),
        assignment("unchecked", {"path": [path for path, _ in unchecked], "why": [why for _, why in unchecked]}),
        frame("expected", {"path": expected, "value": expected.values()}) if expected else _NOTHING,
        f"inputs <- {inputs}",
        "",
    ]
    return "\n".join([*map(_source, BEFORE), *data, *map(_source, AFTER)])


_NOTHING = "expected <- data.frame(path = character(), value = numeric())"


def _source(name: str) -> str:
    return (files("msc_meta.exporting") / "r" / name).read_text(encoding="ascii")


def _frame(name: str, lines: Sequence[Mapping[str, Any]], texts: tuple[str, ...]) -> str:
    if not lines:
        return f"{name} <- data.frame()"
    columns = {key: [line[key] for line in lines] for key in lines[0]}
    made = frame(name, columns)
    # a column without any number would be logical in R
    return "\n".join([made, *(f"{name}${key} <- as.character({name}${key})" for key in texts)])


def numbers_of(value: Any, path: str) -> Iterator[tuple[str, float, bool]]:
    """Yield every number of results.json: its JSON pointer, its value (nan for null), and whether it is an input."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        here = f"{path}/{pointer(str(key))}"
        if isinstance(item, dict | list):
            yield from ((place, one, said or key in INPUTS) for place, one, said in numbers_of(item, here))
        elif item is None and key not in NO_NUMBERS:
            yield here, nan, key in INPUTS
        elif isinstance(item, int | float) and not isinstance(item, bool):
            yield here, float(item), key in INPUTS


def pointer(key: str) -> str:
    """Return a key as a part of a JSON pointer (RFC 6901).

    Examples
    --------
    >>> pointer("a/b")
    'a~1b'
    """
    return key.replace("~", "~0").replace("/", "~1")


def _plain(value: Any) -> Any:
    from json import loads

    from msc_meta.report.results_json import to_json

    return loads(to_json(value))  # exactly what the file holds


def _analyses(
    outcome: OutcomeSynthesis, synthesis: Synthesis, comparisons: Comparisons
) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """Return the main analysis of an outcome, its sensitivity analyses, and what goes unchecked."""
    studies = {study.id: study for study in synthesis.studies}
    protocol, prefix = synthesis.protocol, f"/outcomes/{pointer(outcome.name)}"
    numbers = comparisons.of(outcome.rows, studies, protocol, outcome.name)
    number_of = {id(row): number for row, number in zip(outcome.rows, numbers, strict=True)}
    main = _analysis(prefix, outcome.rules, [number_of[id(row)] for row in outcome.pooled])
    main |= _beside(outcome, prefix, number_of)
    made = [main]
    for name, variant in outcome.sensitivity.items():
        varied = _varied(protocol, outcome, name)
        numbers = comparisons.of(variant.rows, studies, varied, outcome.name)
        used = [number for row, number in zip(variant.rows, numbers, strict=True) if row.included]
        rules = varied.outcome(outcome.name)
        made.append(_analysis(f"{prefix}/sensitivity/{pointer(name)}", rules, used) | {"main": False})
    return made, _unchecked(outcome, prefix)


def _varied(protocol: Protocol, outcome: OutcomeSynthesis, name: str) -> Protocol:
    variant = next(one for one in outcome.rules.sensitivity if one.id == name)
    return protocol.varied(outcome.name, variant)


def _analysis(path: str, rules: OutcomeProtocol, rows: list[int]) -> dict[str, Any]:
    model = rules.model.model_dump(mode="json")
    zero = {} if rules.zero_events is None else rules.zero_events.model_dump(mode="json")
    shared = {"conventions": rules.conventions, "zero": zero}
    return {"path": path, "measure": rules.measure, "model": model, "rows": rows, **shared}


def _beside(outcome: OutcomeSynthesis, prefix: str, number_of: Mapping[int, int]) -> dict[str, Any]:
    """Return what an R script needs for all analyses beside the pooled effect."""
    tests = outcome.small_study_effects.tests
    counted = [row for row in outcome.rows if row.standing in ("pooled", "not estimable") and row.has_counts]
    excluded = [row for row in outcome.rows if not row.included]
    return {
        "main": True,
        "labels": [row.label for row in outcome.pooled],
        "excluded": [
            {"path": f"{prefix}/excluded/{at}", "row": number_of[id(row)]}
            for at, row in enumerate(excluded)
            if row.has_effect
        ],
        "subgroups": [_by_trait(outcome, "subgroups", trait, prefix) for trait in outcome.subgroups],
        "regressions": [_by_trait(outcome, "regressions", trait, prefix) for trait in outcome.regressions],
        "tests": [{"path": f"{prefix}/small_study_effects/tests/{pointer(name)}", "test": name} for name in tests],
        "filled": outcome.small_study_effects.filled is not None,
        "rare_rows": [number_of[id(row)] for row in counted] if outcome.rare_events is not None else [],
    }


def _by_trait(outcome: OutcomeSynthesis, kind: str, trait: str, prefix: str) -> dict[str, Any]:
    """Return which of the pooled rows (from 1) state a trait, and its values."""
    values = [stated_trait(trait, outcome.traits[row.study]) for row in outcome.pooled]
    stated = {at: value for at, value in enumerate(values, start=1) if value is not None}
    shown = [str(value) for value in stated.values()] if kind == "subgroups" else list(stated.values())
    return {"path": f"{prefix}/{kind}/{pointer(trait)}", "rows": list(stated), "values": shown}


def _unchecked(outcome: OutcomeSynthesis, prefix: str) -> list[tuple[str, str]]:
    """Return the beginnings of paths that R has no answer for, each with the reason."""
    found = []
    if outcome.rare_events is not None:
        for at, answer in enumerate(outcome.rare_events):
            if isnan(answer.estimate) and (answer.name.startswith("GLMM") or answer.name == "Beta-binomial"):
                found.append((f"{prefix}/rare_events/rows/{at}", "a likelihood without a maximum has no estimate"))
    if outcome.rules.median_method not in WRITTEN_OUT:
        why = f"the conversion of medians by {outcome.rules.median_method} is taken over, not done again"
        for at, row in enumerate(outcome.pooled):
            found += [(f"{prefix}/studies/{at}/{side}/{name}", why) for side in ("experimental", "control")
                      for name in ("mean", "sd") if not _has_own_mean(row, side)]  # fmt: skip
    return found


def _has_own_mean(row: StudyRow, side: str) -> bool:
    arm = row.e if side == "experimental" else row.c
    return "from median" not in arm.conversion
