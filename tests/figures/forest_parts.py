"""Forest plots with all their parts, as tables: subgroups, several outcomes, traffic lights, long words."""

from __future__ import annotations

from dataclasses import replace

from msc_meta.figures.footnotes import Footnote
from msc_meta.figures.forest_rows import forest_rows
from msc_meta.figures.forest_table import GRAPH, LABEL, Cell, Column, Effect, ForestRow, ForestTable, Graph, Plotted
from msc_meta.figures.pooled_text import heterogeneity_line
from msc_meta.figures.style import Style, load_style
from tests.figures import examples

JUDGEMENTS = ("low", "some-concerns", "high", "no-information", "critical", "unclear")
DOMAINS = ("D1", "D2", "D3", "D4", "D5", "All")


def plain(case: examples.Case, style: Style) -> ForestTable:
    return forest_rows(*case, style)


def subgroups(style: Style, k: int = 9, groups: int = 3) -> ForestTable:
    """Return studies under headings, each group with its subtotal and its heterogeneity."""
    case = examples.many(k)
    table = plain(case, style)
    out: list[ForestRow] = []
    for group in range(groups):
        members = [row for i, row in enumerate(table.rows[:k]) if i % groups == group]
        weight = sum(row.plotted[GRAPH].weight for row in members)
        name = f"Source {group}: umbilical cord, thawed at the bedside" if group == 1 else f"Source {group}"
        out.append(ForestRow(kind="heading", key=f"heading/{group}", cells={LABEL: Cell(name)}))
        out += [replace(row, indent=1) for row in members]
        cells = {LABEL: Cell("Subtotal (95% CI)"), "effect": Cell("0.81 [0.52, 1.20]"), "n_e": Cell("120")}
        effect = Effect(-0.2, -0.6, 0.2)
        out.append(
            ForestRow(
                kind="subtotal", key=f"subtotal/{group}", cells=cells | {"weight": Cell(f"{weight:.1f}%")},
                plotted={GRAPH: Plotted(effect, "diamond", weight)}, indent=1,
            )
        )  # fmt: skip
        line = heterogeneity_line(case[1], style)
        out.append(ForestRow(kind="text", key=f"text/{group}", cells={LABEL: Cell(line)}, indent=1))
    differences = "Test for subgroup differences: Chi² = 0.94, df = 2 (P = 0.62)"
    return replace(table, rows=(*out, *table.rows[k:]), summary=(*table.summary, differences))


def with_lights(table: ForestTable) -> ForestTable:
    """Return a table with a group of judgement columns."""
    columns = [Column(f"rob.{d}", d, "center", "Risk of bias (RoB 2)", "rob", "judgement") for d in DOMAINS]
    rows = []
    for i, row in enumerate(table.rows):
        cells = dict(row.cells)
        if row.kind == "study":
            for j, domain in enumerate(DOMAINS):
                judgement = JUDGEMENTS[(i * 5 + j * j) % len(JUDGEMENTS)]
                cells[f"rob.{domain}"] = Cell(judgement.replace("-", " "), judgement=judgement)
        rows.append(replace(row, cells=cells))
    names = "D1 randomisation process; D2 deviations from the intended interventions; D3 missing outcome data"
    return replace(
        table, columns=(*table.columns, *columns), rows=tuple(rows), notes=(*table.notes, names),
        footnotes=(*table.footnotes, Footnote("z", "By two people.")),
    )  # fmt: skip


def side_by_side(style: Style, k: int = 8) -> ForestTable:
    """Return three outcomes of the same studies, each with its own axis; some studies lack some."""
    outcomes = {
        "mortality": ("Mortality at day 28", examples.many(k)),
        "discharge": ("Time to hospital discharge", examples.many(k, measure="MD", seed=5)),
        "oxygenation": ("Oxygenation by day 7, by whatever was measured", examples.many(k, measure="MD", seed=9)),
    }
    columns: list[Column | Graph] = [Column(LABEL, "Study", "left")]
    merged: dict[str, ForestRow] = {}
    for place, (key, (title, case)) in enumerate(outcomes.items()):
        table = plain(case, style)
        effect = next(column for column in table.texts if column.key == "effect")
        columns += [
            replace(effect, key=f"effect.{key}", panel=key),
            replace(table.graphs[0], key=key, title=title),
        ]
        for i, row in enumerate(table.rows):
            if row.kind == "text" or (row.kind == "study" and (i + place) % 4 == 3):
                continue
            known = merged.setdefault(row.key, replace(row, cells={LABEL: row.cells[LABEL]}, plotted={}))
            cells = known.cells | {f"effect.{key}": row.cells["effect"]}
            merged[row.key] = replace(known, cells=cells, plotted=known.plotted | {key: row.plotted[GRAPH]})
    order = {"study": 0, "pooled": 1, "prediction": 2}
    rows = sorted(merged.values(), key=lambda row: (order[row.kind], row.key))
    return replace(table, columns=tuple(columns), rows=tuple(rows), summary=())


def crowded(style: Style) -> ForestTable:
    """Return a plot with long headers, long words in cells, long names, a band, and a foreign script."""
    table = plain(examples.many(5, long_labels=True), style)
    extra = [
        Column("extra.product", "Source of the cells and how they were kept", "left"),
        Column("extra.dose", "Cells per kilogram (millions)", "right"),
        Column("extra.country", "Country", "center"),
    ]
    words = ("umbilical cord, cryopreserved and washed", "مصر والسعودية", "Donaudampfschifffahrtsgesellschaftskapitän")
    rows = []
    for i, row in enumerate(table.rows):
        more = {} if row.kind != "study" else {
            "extra.product": Cell(words[i % 3]), "extra.dose": Cell(f"{i}.5"), "extra.country": Cell("Iran"),
        }  # fmt: skip
        rows.append(replace(row, cells=row.cells | more))
    graph = replace(table.graphs[0], minimal_important=(-0.22, 0.22))
    columns = [column for column in table.columns if not isinstance(column, Graph)]
    return replace(table, columns=(columns[0], *extra, *columns[1:], graph), rows=tuple(rows))


def right_of_the_graph(style: Style) -> ForestTable:
    """Return a plot whose weights and effects stand right of the graph."""
    table = plain(examples.mortality(), style)
    graph, last = table.graphs[0], [c for c in table.texts if c.key in {"weight", "effect"}]
    first = [column for column in table.texts if column not in last]
    return replace(table, columns=(*first, replace(graph, minimal_important=(-0.2, 0.2)), *last))


def tables(name: str = "cochrane") -> dict[str, ForestTable]:
    """Return all of them in a style."""
    style = load_style(name)
    return {
        "subgroups": subgroups(style),
        "subgroups-150": subgroups(style, 150, 5),
        "lights": with_lights(plain(examples.many(12), style)),
        "lights-subgroups": with_lights(subgroups(style)),
        "side-by-side": side_by_side(style),
        "crowded": crowded(style),
        "right": right_of_the_graph(style),
    }
