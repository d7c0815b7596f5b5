"""What the forest plots of a synthesis show, as tables; nothing here places or draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from msc_meta.effects.measures import MEASURES
from msc_meta.errors import UsageError
from msc_meta.figures.field_columns import with_columns
from msc_meta.figures.forest_choices import ForestChoices, chosen_table, ordered
from msc_meta.figures.forest_rows import forest_rows
from msc_meta.figures.forest_table import FigureInfo, ForestTable
from msc_meta.figures.side_by_side import side_by_side
from msc_meta.figures.style import Style, load_style
from msc_meta.figures.text import clean, prose, same_between
from msc_meta.pooled_rows import pooled
from msc_meta.study_fields import StudyFields

if TYPE_CHECKING:
    from msc_meta.synthesis import OutcomeSynthesis

MSC, CONTROL = "MSC", "Control"


def figure_info(outcome: OutcomeSynthesis) -> FigureInfo:
    """Return what a figure of the outcome is about, in the reader's words."""
    rules = outcome.rules
    experimental, control = arm_names(outcome)
    return FigureInfo(
        name=outcome.name,
        title=rules.title,
        unit=rules.unit if rules.measure == "MD" else "",
        better=rules.better,
        experimental=experimental,
        control=control,
        notes=(outcome.finding,),
    )


def arm_names(outcome: OutcomeSynthesis) -> tuple[str, str]:
    """Return what the two arms are called: MSC and control, unless the protocol admits products that are no MSC.

    Then they are called as in most of the pooled studies, or else by their roles.
    """
    if outcome.eligibility is not None and "other" not in outcome.eligibility.products:
        return MSC, CONTROL
    rows = outcome.pooled or outcome.rows
    experimental = _of_most([clean(row.e.label) for row in rows]) or "Experimental"
    return experimental, _of_most([clean(row.c.label) for row in rows]) or CONTROL


def _of_most(labels: Sequence[str]) -> str:
    """Return the label that more than half have; empty where there is none."""
    label, times = Counter(labels).most_common(1)[0] if labels else ("", 0)
    return label if 2 * times > len(labels) else ""


def forest_table_of(outcome: OutcomeSynthesis, choices: ForestChoices, look: Style) -> ForestTable:
    """Return what the forest plot of an outcome shows."""
    fields = StudyFields(outcome.studies, outcome.rows, outcome.name, outcome.eligibility)
    pool_again = partial(pooled, rules=outcome.rules)
    return chosen_table(outcome.rows, outcome.result, figure_info(outcome), look, choices, fields, pool_again)


def pooled_table(outcome: OutcomeSynthesis) -> ForestTable:
    """Return what the forest plot shows of the pooled studies, for a terminal that lists the others itself."""
    rows = [row for row in outcome.rows if row.included]
    return forest_rows(rows, outcome.result, figure_info(outcome), load_style())


def shared_table(outcomes: Sequence[OutcomeSynthesis], choices: ForestChoices, look: Style) -> ForestTable:
    """Return what the forest plot of several outcomes shows; studies are in the order of the first one."""
    if choices.subgroup or choices.cumulative or choices.leave_one_out:
        raise UsageError("subgroups, cumulative and leave-one-out plots are of one outcome; draw each on its own")
    first = outcomes[0]
    fields = StudyFields(first.studies, first.rows, first.name, first.eligibility)
    single = replace(choices, columns=(), title="", sort="", reverse=False)
    if not all(MEASURES[outcome.rules.measure].log for outcome in outcomes):
        look = same_between(look, log=False)
    tables = {outcome.name: forest_table_of(outcome, single, look) for outcome in outcomes}
    rows, silent = ordered(first.rows, choices, fields)
    titles = " and ".join(outcome.rules.title for outcome in outcomes)
    names = {arm_names(outcome) for outcome in outcomes}
    experimental, control = names.pop() if len(names) == 1 else ("Experimental", CONTROL)
    info = FigureInfo(name="-".join(tables), title=titles, experimental=experimental, control=control)
    table = side_by_side(tables, list(dict.fromkeys(row.study for row in rows)), info)
    if choices.columns:
        table = with_columns(table, choices.columns, rows, first.result, fields, look)
    notes = (prose(silent, look),) if silent else ()
    return replace(table, title=clean(choices.title), notes=(*table.notes, *notes))
