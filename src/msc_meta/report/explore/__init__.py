"""Explore inside the report: the data, the script and the style of a page in which the analysis can be changed.

The script pools in the browser, by the same formulas and searches as `msc_meta.pooling`; nothing is looked up in a
table of results, because k trials have 2**k of them. What it starts from, and whatever of the protocol's rules can be
decided beforehand, is made here.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from msc_meta.effects.measures import MEASURES
from msc_meta.figures.outcome_tables import figure_info
from msc_meta.figures.pooled_text import ESTIMATORS, INTERVALS
from msc_meta.plain_values import plain_value
from msc_meta.protocol import COUNT_METHODS
from msc_meta.report.explore.candidates import conversions_offered, kinds_under, measures_offered, trials_of

if TYPE_CHECKING:
    from msc_meta.protocol import OutcomeProtocol
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

SCRIPTS: Final = ("engine.js", "analysis.js", "words.js", "forest.js", "page.js")
_COMMON: Final = "Common effect, no heterogeneity"
_ESCAPES: Final = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
_COMMENTS: Final = re.compile(r"^ */\*.*?\*/\n|^ *//[^\n]*\n", re.DOTALL | re.MULTILINE)
_PLACE: Final = """<div id="msc-explore" class="explore">
<p class="explore-off">Without its script, this part of the page can not compute; everything else can be read.</p>
</div>
<script type="application/json" id="msc-explore-data">{data}</script>
<style>{style}</style>
<script>{script}</script>
"""


def explore_section(synthesis: Synthesis) -> str:
    """Return the part of a page in which a reader may change the analysis, as safe HTML.

    Parameters
    ----------
    synthesis : Synthesis
        What `synthesize` returns.

    Returns
    -------
    str
        Elements for the inside of a section, one style and two scripts with them (data and code), no attribute that a
        content-security policy with hashes would have to allow. A page holds it once.

    Examples
    --------
    >>> import msc_meta as mm
    >>> section = explore_section(mm.synthesize(mm.load_studies("studies/"), outcomes=["mortality"]))
    >>> section.count("<script"), "</script" in section.split("<script>")[0].split("json")[1][:-20]
    (2, True)
    """
    data = json.dumps(explore_data(synthesis), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _PLACE.format(data=data.translate(_ESCAPES), style=_asset("explore.css"), script=script_text())


def explore_data(synthesis: Synthesis) -> dict[str, Any]:
    """Return what the script starts from: outcomes with their rules, trials and the protocol's own result."""
    return {
        "estimators": {name: ESTIMATORS.get(name, _COMMON) for name in _METHODS},
        "intervals": dict(INTERVALS),
        "outcomes": [_outcome(outcome, synthesis) for outcome in synthesis.values()],
    }


_METHODS: Final = ("REML", "DL", "PM", "ML", "EB", "HE", "HS", "SJ", "FE")


def script_text() -> str:
    """Return the script: engine, analysis, words, plot and page, in this order."""
    return "\n".join(_asset(name) for name in SCRIPTS)


@lru_cache
def _asset(name: str) -> str:
    """Return a file of this package without comments of whole lines and without indents: a fifth less to send."""
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    return "\n".join(line.strip() for line in _COMMENTS.sub("", text).splitlines() if line.strip()) + "\n"


def _outcome(outcome: OutcomeSynthesis, synthesis: Synthesis) -> dict[str, Any]:
    rules, info = outcome.rules, figure_info(outcome)
    shown: dict[str, Any] = {"name": outcome.name, "title": rules.title}
    if rules.model.method in COUNT_METHODS:
        return shown | {"why_not": _why_not(rules)}
    trials = trials_of(outcome, synthesis.studies, synthesis.protocol.eligibility)
    return shown | {
        "better": rules.better,
        "unit": rules.unit,
        "arms": [info.experimental, info.control],
        "population": synthesis.protocol.eligibility.populations_in_words,
        "measures": [_measure(name, rules) for name in measures_offered(rules)],
        "medians": list(conversions_offered(rules)),
        "kinds": list(rules.kinds),
        "zero": rules.zero_events.model_dump(mode="json") if rules.zero_events else None,
        "conventions": rules.conventions,
        "protocol": _decisions(rules),
        "trials": trials,
        "others": len(synthesis.studies) - len(trials),
        "expected": _expected(outcome),
    }


def _why_not(rules: OutcomeProtocol) -> str:
    return (
        f"{rules.title}: the protocol pools on counts ({rules.model.method}, Mantel-Haenszel). This page computes on "
        "effects and variances and would not give the protocol's own result, so that exploring is not offered."
    )


def _measure(name: str, rules: OutcomeProtocol) -> dict[str, Any]:
    measure = MEASURES[name]
    return {"name": name, "title": measure.title, "log": measure.log, "kinds": list(kinds_under(name, rules) or ())}


def _decisions(rules: OutcomeProtocol) -> dict[str, Any]:
    """Return the protocol's state of the page."""
    model, window = rules.model, rules.window
    made: dict[str, Any] = {
        "measure": rules.measure,
        "method": model.method,
        "ci": model.ci_method,
        "prediction": model.prediction,
        "level": model.level,
        "medians": "exclude" if rules.medians == "exclude" else rules.median_method,
        "days": None if window is None else [window.target, window.earliest, window.latest],
        "undated": window is None or window.unstated == "include",
    }
    return made if conversions_offered(rules) else made | {"medians": None}


def _expected(outcome: OutcomeSynthesis) -> dict[str, Any]:
    """Return the protocol's result, with which the page compares its own when it is opened."""
    result = outcome.result
    numbers = {
        "estimate": result.estimate,
        "ci_low": result.ci.low,
        "ci_high": result.ci.high,
        "tau2": result.tau2,
        "prediction_low": result.prediction.low,
    }
    return {"k": result.k, **{name: plain_value(value) for name, value in numbers.items()}}
