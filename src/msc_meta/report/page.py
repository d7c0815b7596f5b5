"""report.html: the whole synthesis as one page that needs nothing else, and that nothing in a record can make run."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

from msc_meta.evidence import Evidence
from msc_meta.figures.text import prose
from msc_meta.report.explore import explore_section
from msc_meta.report.methods_text import methods
from msc_meta.report.page_analyses import tables_of
from msc_meta.report.page_certainty import certainty_section
from msc_meta.report.page_figures import Figure, evidence_map, outcome_figures, selection, trust_figures
from msc_meta.report.page_methods import checklist_table, choices_table, references, software_table
from msc_meta.report.page_records import RecordText, address_of, linked, problem_href, record_texts
from msc_meta.report.page_risk_of_bias import risk_of_bias
from msc_meta.report.page_studies import (
    characteristics,
    conversions,
    excluded,
    not_pooled,
    outcome_studies,
)
from msc_meta.report.page_tables import Table
from msc_meta.report.page_words import Words

if TYPE_CHECKING:
    from jinja2 import Environment

    from msc_meta.errors import Problem
    from msc_meta.figures.drawing import Drawing
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis

TEMPLATES: Final = Path(__file__).parent / "templates"
# what no page may hold, or what turns the direction of the text that follows
_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")
_INLINE: Final = re.compile(r"<(script|style)((?:\s[^>]*)?)>(.*?)</\1>", re.DOTALL)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomePart:
    """All that the page shows of one outcome."""

    outcome: OutcomeSynthesis
    words: Words
    headline: tuple[str, ...]
    finding: str
    figures: Mapping[str, Figure]
    trust_figures: tuple[Figure, ...]
    studies: Table
    not_pooled: Table
    conversions: Table
    analyses: tuple[Table, ...]
    small_study_verdict: str
    choices: Table


def report_html(
    synthesis: Synthesis,
    *,
    problems: Iterable[Problem] = (),
    live: str | None = None,
    drawn: Mapping[str, Drawing] | None = None,
) -> str:
    """Return the report of a synthesis as one HTML page; the same synthesis gives the same bytes.

    Parameters
    ----------
    synthesis : Synthesis
        What `synthesize` returns.
    problems : iterable of Problem
        Warnings about the records, shown with a link to their lines: ``evidence.problems``.
    live : str, optional
        Safe HTML that a server adds at the top, with its styles and scripts inlined. The page may then talk to the
        server that it came from, and to no other.
    drawn : mapping of str to Drawing, optional
        Figures in the built-in style that exist already, by the names of their files: ``forest_mortality``.

    Returns
    -------
    str
        Self-contained: no address outside the page is loaded, and its policy lets nothing run but its own script. All
        text of records is escaped.

    Examples
    --------
    >>> import msc_meta as mm
    >>> evidence = mm.load_studies("studies/")
    >>> page = report_html(mm.synthesize(evidence), problems=evidence.problems)
    >>> page.count("<h1")
    1
    """
    records = record_texts(synthesis.studies, synthesis.sources)
    explore = explore_section(synthesis)
    inline = {name: (TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "report.js")}
    page = _environment().get_template("report.html").render(
        synthesis=synthesis,
        parts=[_part(outcome, records, drawn or {}) for outcome in synthesis.values()],
        records=list(records.values()),
        explore=explore,
        live=live or "",
        style=inline["report.css"],
        script=inline["report.js"],
        policy=_policy([*inline.items()], explore + (live or ""), live=live is not None),
        problems=[(problem, problem_href(problem, records, synthesis.sources)) for problem in problems],
        **_of_all(synthesis, records),
        selection=selection(synthesis, drawn or {}) if synthesis.screening is not None else None,
        methods=methods(synthesis),
        checklist=checklist_table(synthesis),
    )  # fmt: skip
    return _UNSEEN.sub("", page)


def _part(outcome: OutcomeSynthesis, records: Mapping[str, RecordText], drawn: Mapping[str, Drawing]) -> OutcomePart:
    words = Words.of(outcome)
    return OutcomePart(
        outcome=outcome,
        words=words,
        headline=(*words.headline(), words.certainty()),
        finding=prose(outcome.finding, words.style),
        figures=outcome_figures(outcome, drawn),
        trust_figures=trust_figures(outcome),
        studies=outcome_studies(words, records),
        not_pooled=not_pooled(words, records),
        conversions=conversions(words, records),
        analyses=tables_of(words, records),
        small_study_verdict=outcome.small_study_effects.offer.verdict if len(outcome.pooled) > 1 else "",
        choices=choices_table(outcome),
    )


def _of_all(synthesis: Synthesis, records: Mapping[str, RecordText]) -> dict[str, Any]:
    """Return what the page shows of all outcomes together."""
    pooled = {row.study for outcome in synthesis.values() for row in outcome.pooled}
    included = [study for study in synthesis.studies if study.id in pooled]
    others = [study for study in synthesis.studies if study.id not in pooled]
    return {
        "characteristics": characteristics(synthesis.studies, records),
        "map": evidence_map(synthesis) if synthesis.studies else None,
        "excluded": excluded(synthesis, records),
        "risk_of_bias": risk_of_bias(synthesis.studies, records),
        "certainty": certainty_section(synthesis) if synthesis.studies else None,
        "included": references(included, records),
        "others": references(others, records),
        "software": software_table(synthesis, Evidence(synthesis.studies).sha256),
    }


def _policy(own: Sequence[tuple[str, str]], added: str, *, live: bool) -> str:
    """Return the Content-Security-Policy: nothing is loaded, and what runs is known by its hash."""
    allowed: dict[str, list[str]] = {"script": [], "style": []}
    for name, text in own:
        allowed["style" if name.endswith(".css") else "script"].append(_hash(text))
    for kind, attributes, text in _INLINE.findall(added):
        if "json" not in attributes:  # data, which does not run
            allowed[kind].append(_hash(text))
    hosts = "connect-src 'self'; form-action 'self'" if live else "connect-src 'none'; form-action 'none'"
    return (
        f"default-src 'none'; script-src {' '.join(allowed['script'])}; style-src {' '.join(allowed['style'])}; "
        f"img-src data:; {hosts}; base-uri 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    environment.filters |= {"address": address_of, "linked": linked, "file": lambda path: Path(path).name}
    return environment
