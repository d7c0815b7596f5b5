"""Which outcomes the analyses of a review become: one each, and one for each subgroup that RevMan pools on its own."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from msc_meta.adapters.revman_review import Analysis, Review, Row
from msc_meta.adapters.study_ids import study_id


@dataclass(frozen=True, slots=True)
class ReviewOutcome:
    """An outcome of the imported review: at most one row a study."""

    name: str
    title: str
    analysis: Analysis
    rows: tuple[Row, ...]
    subgroup: str = ""
    is_total: bool = True

    @property
    def where(self) -> str:
        """The place in the review."""
        part = f", subgroup {self.subgroup}" if self.subgroup else ""
        return f"analysis {self.analysis.numbered}{part}"


def outcomes_of(review: Review) -> tuple[list[ReviewOutcome], list[str]]:
    """Return the outcomes of a review, and what could not be made one."""
    outcomes: list[ReviewOutcome] = []
    remarks: list[str] = []
    for analysis in review.analyses:
        if analysis.rows and analysis.kind != "other":
            outcomes += _outcomes(analysis, remarks)
        else:
            what = "no rows"
            if analysis.kind == "other":
                what = "rows of a kind that is not known" if analysis.rows else "text"
            words = f": {'; '.join(analysis.other_text)}" if analysis.other_text else ""
            remarks.append(f"analysis {analysis.numbered} ({analysis.name}) has {what} and is no outcome{words}")
    return outcomes, remarks


def _outcomes(analysis: Analysis, remarks: list[str]) -> Iterator[ReviewOutcome]:
    number = f"{analysis.group}-{analysis.number}"
    name, title = f"{number}-{_slug(analysis.name, 42)}".rstrip("-"), f"{analysis.numbered} {analysis.name}"
    total = tuple(row for row in analysis.rows if row.in_total)
    once = len({row.study for row in total}) == len(total)
    if once and total and (analysis.totals or not analysis.subgroups):
        yield ReviewOutcome(name, title, analysis, total)
    elif not once:
        twice = sorted(name for name, times in Counter(row.study for row in total).items() if times > 1)
        remarks.append(
            f"analysis {analysis.numbered}: its total counts {', '.join(twice)} more than once, and a record gives one "
            "result for an outcome; the parts are outcomes of their own, and the total is not made"
        )
    if once and not analysis.subgroups:
        return
    layers: dict[tuple[str, int], list[Row]] = defaultdict(list)
    seen: dict[tuple[str, str], int] = defaultdict(int)
    for row in analysis.rows:
        seen[row.subgroup, row.study] += 1
        layers[row.subgroup, seen[row.subgroup, row.study]].append(row)
    for place, ((subgroup, layer), rows) in enumerate(sorted(layers.items(), key=lambda item: item[0]), start=1):
        part = subgroup + (f" ({layer})" if layer > 1 else "")
        yield ReviewOutcome(
            f"{number}-{_slug(analysis.name, 24)}-part-{place}".replace("--", "-"),
            f"{title}: {part or 'part'}",
            analysis,
            tuple(rows),
            part,
            is_total=False,
        )


def _slug(text: str, longest: int) -> str:
    slug = study_id(text)
    return slug if len(slug) <= longest else slug[: longest + 1].rpartition("-")[0] or slug[:longest]
