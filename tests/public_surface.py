"""What other people's scripts, records and plugins rely on, as plain lists of names.

``docs/reference/api-stability.md`` says what the lists promise. ``python -m tests.public_surface`` writes
``tests/public_surface.json`` again, which is to be done when something public was added.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

import msc_meta as mm
from msc_meta import cli, errors, hookspecs, testing
from msc_meta.cli.commands import app
from msc_meta.figures.plots import PLOTS
from msc_meta.figures.style import Style, style_names
from msc_meta.plugins import adapters_of, exporters_of, plugin_manager
from msc_meta.protocol import Protocol
from msc_meta.records.codes import codes
from msc_meta.records.fields import described_schema
from msc_meta.records.study import Study
from msc_meta.records.table_columns import columns
from msc_meta.report.results_json import results

PROJECT = Path(__file__).parents[1]
SNAPSHOT = Path(__file__).with_suffix(".json")


def surface() -> dict[str, list[str]]:
    """Return every promised name, by what it belongs to."""
    found = {
        "python": [line for name in mm.__all__ for line in of_a_name(f"msc_meta.{name}", getattr(mm, name))],
        "plugins": list(of_plugins()),
        "commands": list(of_commands()),
        "exit codes": sorted({f"{error.exit_code}" for error in all_errors()} | {"0", f"{cli.OUR_FAULT}"}),
        "record": list(of_a_format(Study)),
        "protocol": [f"id: {mm.load_protocol().id}", *of_a_format(Protocol)],
        "problem codes": list(codes()),
        "columns of the CSV table": list(columns()),
        **of_a_synthesis(),
        "plots": list(PLOTS),
        "styles": [*style_names(), *(f"field {field.name}" for field in fields(Style))],
    }
    return {part: sorted(set(lines)) for part, lines in found.items()}


def of_a_name(name: str, thing: Any) -> Iterator[str]:
    """List what may be said of a public name: the parameters of a function, the attributes of a class."""
    yield name
    if isinstance(thing, type):
        for attribute, value in attributes(thing).items():
            yield f"{name}.{attribute}"
            if inspect.isfunction(value):
                yield from parameters(f"{name}.{attribute}", value)
    elif inspect.isfunction(thing):
        yield from parameters(name, thing)
    elif isinstance(thing, Mapping):
        yield from (f"{name}[{key!r}]" for key in thing)


def parameters(name: str, function: Any) -> Iterator[str]:
    """List parameters with their defaults, which are a promise too."""
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name != "self":
            yield f"{name}({str(parameter).partition(':')[0].partition('=')[0]}{default_of(parameter)})"


def default_of(parameter: inspect.Parameter) -> str:
    """Return a default as it is written; nothing for a parameter that has to be given."""
    return "" if parameter.default is inspect.Parameter.empty else f"={parameter.default!r}"


def attributes(kind: type) -> dict[str, Any]:
    """Return the public attributes that our own classes give a class, and not those of the libraries below."""
    found: dict[str, Any] = {}
    for owner in kind.__mro__:
        if owner.__module__.startswith("msc_meta"):
            found |= dict.fromkeys(vars(owner).get("__annotations__", {})) | vars(owner)
    return {name: value for name, value in found.items() if not name.startswith("_") and name != "model_config"}


def of_plugins() -> Iterator[str]:
    """List hooks with their signatures, the shapes they exchange, and the formats that are read and written."""
    manager = plugin_manager(entry_points=False)
    for module in (hookspecs, testing):
        for name, thing in vars(module).items():
            if not name.startswith("_") and getattr(thing, "__module__", "") == module.__name__:
                yield from of_a_name(f"{module.__name__}.{name}", thing)
    yield from (f"reads {adapter.name}" for adapter in adapters_of(manager))
    yield from (f"writes {name}" for name in exporters_of(manager))


def of_commands() -> Iterator[str]:
    """List commands with their arguments and options, by all the names that an option has."""
    top = click.Context(app, info_name="msc-meta")
    yield from options("msc-meta", app)
    for name in app.list_commands(top):
        command = app.get_command(top, name)
        assert command is not None, name
        yield from options(f"msc-meta {name}", command)


def options(name: str, command: click.Command) -> Iterator[str]:
    """List one command's arguments and options, and the words that an option takes."""
    yield name
    for option in command.params:
        words = "|".join(map(str, option.type.choices)) if isinstance(option.type, click.Choice) else ""
        spellings = [option.name or ""] if isinstance(option, click.Argument) else option.opts + option.secondary_opts
        for spelling in spellings:
            yield f"{name} {spelling}"
            yield from (f"{name} {spelling} {word}" for word in words.split("|") if word)


def all_errors() -> list[type[errors.MscMetaError]]:
    """Return the errors that the package raises on purpose."""
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.MscMetaError)]


def of_a_format(model: Any) -> Iterator[str]:
    """List the fields of a format, and the words that a field takes."""
    schema = described_schema(model)
    for part, shape in {model.__name__: schema, **schema["$defs"]}.items():
        for field, allowed in shape["properties"].items():
            yield f"{part}.{field}"
            yield from (f"{part}.{field}: {word}" for word in words_of(allowed))


def words_of(shape: Mapping[str, Any]) -> Iterator[str]:
    """List the words that a JSON Schema allows in one place."""
    yield from map(str, shape.get("enum", ()))
    if "const" in shape:
        yield str(shape["const"])
    inner = [*shape.get("anyOf", ()), *shape.get("allOf", ()), shape.get("items")]
    for part in inner:
        if isinstance(part, dict):
            yield from words_of(part)


def of_a_synthesis() -> dict[str, list[str]]:
    """List keys of results.json and columns of table_OUTCOME.csv, of the project's own records."""
    evidence = mm.load_studies(PROJECT / "studies")
    synthesis = mm.synthesize(evidence)
    written = results(synthesis, evidence, "")
    keys = [key for key in written if key != "outcomes"]
    for outcome in written["outcomes"].values():
        keys += [f"outcomes.{key}" for key in outcome]
        keys += [f"outcomes.display.{key}" for key in outcome["display"]]
        keys += [f"outcomes.{part}.{key}" for part in ("studies", "excluded") for row in outcome[part] for key in row]
    return {"results.json": keys, "table_OUTCOME.csv": list(synthesis["mortality"].table.columns)}


def lost(before: Mapping[str, Iterable[str]], now: Mapping[str, Iterable[str]]) -> list[str]:
    """Return what was promised before and is not there now."""
    return [f"{part}: {name}" for part, names in before.items() for name in names if name not in set(now.get(part, ()))]


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(surface(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
