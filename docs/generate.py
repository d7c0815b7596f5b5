"""Write the reference pages (formats, codes, commands, Python) from the code, so that they can not disagree with it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import performance_plot

import msc_meta
from msc_meta.cli.commands import app
from msc_meta.protocol import Protocol
from msc_meta.records.codes import codes
from msc_meta.records.fields import described_schema
from msc_meta.records.study import QUANTITIES, Study
from msc_meta.records.table_columns import columns
from msc_meta.screening.numbers import ScreeningNumbers

if TYPE_CHECKING:
    from pydantic import BaseModel

RECORD_INTRODUCTION = """# The record format

One YAML file per study, named after its `id`. `msc-meta new ID` writes one to fill in, `msc-meta explain FIELD`
explains a field, and `msc-meta schema` prints the JSON Schema that editors complete from.
"""
PROTOCOL_INTRODUCTION = """# The protocol format

What a review decided, in one YAML file. `msc-meta protocol > protocol.yaml` writes the built-in one to start from.
"""
SCREENING_INTRODUCTION = """# Fields of the screening file

The numbers of search and selection. [The screening file](../screening-file.md) says how they are put together, and
`msc-meta schema --screening` prints the JSON Schema that editors complete from.
"""
COMMANDS_INTRODUCTION = """# Commands

Results go to standard output, everything else to standard error. Exit codes: 0 fine, 1 problems in the data,
2 wrong use, 3 nothing could be pooled, 70 a mistake of ours.
"""
COLUMNS_INTRODUCTION = """# Columns of the CSV table

Every field of a record has its column, and [the CSV table](../csv-table.md) says how rows are put together. A name
may be shortened to its end where only one column ends so.
"""
CODES_INTRODUCTION = """# Problem codes

What `msc-meta check` may say of a record; `msc-meta explain CODE` prints the same pages. E is an error: nothing is
pooled or drawn until it is gone. W is a warning: it is worth a second look at the report, and stops nothing.
"""
OTHERS = "Other"
SUBJECTS = {  # part of the package -> heading
    **dict.fromkeys(
        ("loading", "evidence", "records", "screening", "protocol", "protocol_files"), "Records and protocol"
    ),
    "synthesis": "The synthesis",
    "effects": "Effects",
    "pooling": "Pooling",
    "robustness": "How far to trust it",
    "protocol_choices": "How far to trust it",
    "certainty": "Certainty",
    "figures": "Figures",
    "hookspecs": "Plugins",
    "errors": "Errors",
    "": OTHERS,
}
PYTHON_INTRODUCTION = """Python
======

``import msc_meta as mm`` loads nothing heavy; each name is loaded when it is first used.
"""


def write_pages(folder: Path) -> None:
    """Write all generated pages into ``folder``; a page that says the same already is left alone."""
    (folder / "codes").mkdir(parents=True, exist_ok=True)
    pages = {
        "record.md": [RECORD_INTRODUCTION, *quantity_table(), *format_tables(Study)],
        "columns.md": [COLUMNS_INTRODUCTION, *column_table()],
        "protocol.md": [PROTOCOL_INTRODUCTION, *format_tables(Protocol)],
        "screening.md": [SCREENING_INTRODUCTION, *format_tables(ScreeningNumbers)],
        "commands.md": [COMMANDS_INTRODUCTION, *commands()],
        "python.rst": [PYTHON_INTRODUCTION, *public_names()],
        "codes/index.md": [CODES_INTRODUCTION, *code_list()],
        **{f"codes/{name}.md": [code.page()] for name, code in codes().items()},
    }
    for name, lines in pages.items():
        text = "\n".join(lines) + "\n"
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    performance_plot.draw(folder / "performance.svg")


def format_tables(model: type[BaseModel]) -> list[str]:
    """Describe every field of a format, part by part, as its model does."""
    schema = described_schema(model)
    parts = {model.__name__: schema, **schema["$defs"]}
    lines: list[str] = []
    for name, part in parts.items():
        lines += ["", f"## {name}", "", first_paragraph(part.get("description", "")), ""]
        lines += ["| field | what it holds | |", "| --- | --- | --- |"]
        required = part.get("required", ())
        for field, shape in part["properties"].items():
            what = one_line(shape["description"])
            lines.append(f"| `{field}` | {what} *{kind(shape)}* | {'required' if field in required else ''} |")
    return lines


def quantity_table() -> list[str]:
    """List what each outcome may be reported as, and in which units."""
    lines = ["| outcome | quantity | units |", "| --- | --- | --- |"]
    for outcome, quantities in QUANTITIES.items():
        for quantity, units in quantities.items() or [("deaths among patients", ())]:
            lines.append(f"| `{outcome}` | {quantity} | {', '.join(units)} |")
    return lines


def kind(shape: dict[str, Any]) -> str:
    """Say in words what a JSON Schema allows; ``null`` means that the field may be left out and is not said."""
    if "$ref" in shape:
        name = shape["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in shape:
        return f"`{shape['const']}`"
    if "enum" in shape:
        return " or ".join(f"`{value}`" for value in shape["enum"] if value)
    if options := shape.get("anyOf") or shape.get("allOf"):
        return " or ".join(words for option in options if (words := kind(option)))
    if shape.get("type") == "array":
        if pair := shape.get("prefixItems"):
            return f"list of {len(pair)}: " + ", ".join(kind(item) for item in pair)
        return f"list of {kind(shape['items'])}"
    if shape.get("type") == "object":
        values = shape.get("additionalProperties") or shape["patternProperties"].popitem()[1]
        return "mapping" if values is True else f"mapping, each to {kind(values)}"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": ""}
    return words[shape["type"]]


def column_table() -> list[str]:
    """List the columns of the flat table, with what they hold."""
    words = {"text": "text", "list": "texts, separated by ;", "number": "number", "count": "whole number"}
    lines = ["| column | | what it holds |", "| --- | --- | --- |"]
    for column in columns().values():
        lines.append(f"| `{column.name}` | {words.get(column.kind, 'true or false')} | {one_line(column.help)} |")
    return lines


def code_list() -> list[str]:
    """List the codes with their titles, and their pages for the table of contents."""
    lines = ["| code | |", "| --- | --- |"]
    lines += [f"| [{name}]({name}.md) | {one_line(code.title)} |" for name, code in codes().items()]
    return [*lines, "", "```{toctree}", ":hidden:", "", *codes(), "```"]


def commands() -> list[str]:
    """Show the help of every command."""
    top = click.Context(app, info_name="msc-meta", terminal_width=100)
    lines = ["```text", app.get_help(top), "```"]
    for name in app.list_commands(top):
        command = app.get_command(top, name)
        assert command is not None, name
        context = click.Context(command, info_name=name, parent=top, terminal_width=100)
        lines += ["", f"## msc-meta {name}", "", "```text", command.get_help(context), "```"]
    return lines


def public_names() -> list[str]:
    """List the public names with their docstrings, by subject; each class with the functions that return it."""
    lines: list[str] = []
    made_by = makers()
    for subject, names in subjects().items():
        lines += [subject, "-" * len(subject), ""]
        for name in sorted(names, key=str.lower):
            kind = "autoclass" if isinstance(getattr(msc_meta, name), type) else "autofunction"
            members = ["   :members:", "   :exclude-members: model_config"] if kind == "autoclass" else []
            lines += [f".. {kind}:: msc_meta.{name}", *members, ""]
            if functions := made_by.get(name):
                calls = ", ".join(f":py:func:`msc_meta.{function}`" for function in functions)
                lines += [f"   Returned by {calls}.", ""]
    return lines


def subjects() -> dict[str, list[str]]:
    """Return the public functions and classes by the part of the package in which they live."""
    found: dict[str, list[str]] = {subject: [] for subject in SUBJECTS.values()}
    for name in msc_meta.__all__:
        thing = getattr(msc_meta, name)
        if callable(thing):
            home = thing.__module__.split(".")[1] if hasattr(thing, "__name__") else "hookspecs"
            found[SUBJECTS.get(home, OTHERS)].append(name)
    return {subject: names for subject, names in found.items() if names}


def makers() -> dict[str, list[str]]:
    """Return, for each public class, the public functions that return it."""
    found: dict[str, list[str]] = {}
    for name in sorted(msc_meta.__all__):
        function = getattr(msc_meta, name)
        if inspect.isfunction(function):
            returned = re.findall(r"\w+", str(inspect.signature(function).return_annotation))
            for kind in {*returned} & {*msc_meta.__all__}:
                found.setdefault(kind, []).append(name)
    return found | {"OutcomeSynthesis": found["Synthesis"]}  # a value of that mapping


def first_paragraph(text: str) -> str:
    """Return a docstring without its sections."""
    return one_line(text.partition("\n\n")[0])


def one_line(text: str) -> str:
    """Return text that fits into a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
