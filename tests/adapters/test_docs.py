"""The pages about adapters, hooks and the table say what the code does; what they show runs."""

from __future__ import annotations

import inspect
import re
import sys
import types

import pytest

from msc_meta import hookspecs
from msc_meta.errors import PluginError
from msc_meta.exporting.csv_table import csv_template
from msc_meta.plugins import adapters_of, plugin_manager
from msc_meta.records.table_columns import columns


def blocks(page, language="python"):
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def how_to(project):
    return project / "docs/how-to/write-an-adapter.md"


@pytest.fixture
def module(how_to, monkeypatch):
    """Return the module that the page shows, where its test can import it."""
    module = types.ModuleType("extraction_form")
    monkeypatch.setitem(sys.modules, "extraction_form", module)
    exec(blocks(how_to)[0], module.__dict__)
    return module


def test_the_adapter_of_the_page_passes_the_test_of_the_page(how_to, module, tmp_path):
    names = {}
    exec(blocks(how_to)[1], names)
    names["test_adapter"](tmp_path)


def test_the_adapter_of_the_page_works_in_a_notebook(how_to, module, tmp_path, monkeypatch):
    names = {}
    exec(blocks(how_to)[1], names)
    names["test_adapter"](tmp_path)  # leaves trials.tsv
    monkeypatch.chdir(tmp_path)
    exec(blocks(how_to)[2], names)
    assert names["evidence"].ids == ("doe-2024",)


def test_the_trap_that_the_page_warns_of_is_one(how_to, module):
    assert "def register_adapters(register=None)" in how_to.read_text(encoding="utf-8")

    class Plugin:
        @hookspecs.hookimpl
        def register_adapters(self, register=None):
            register(module.ExtractionForm())

    with pytest.raises(PluginError, match="never passes an argument that has a default"):
        plugin_manager(Plugin(), entry_points=False)


def test_the_suffixes_that_are_taken_are_those_of_the_built_in_adapters(how_to, tmp_path):
    (line,) = re.findall(r"accept\n(`\*.*?): they are taken", how_to.read_text(encoding="utf-8"))
    for suffix in re.findall(r"`\*(\.\w+)`", line):
        path = tmp_path / f"x{suffix}"
        path.write_text("")
        assert [adapter for adapter in adapters_of(plugin_manager(entry_points=False)) if adapter.accepts(path)]


def hooks():
    manager = plugin_manager(entry_points=False)
    return {name: spec for name, spec in vars(hookspecs).items() if manager.parse_hookspec_opts(hookspecs, name)}


def test_every_hook_has_its_signature_on_the_page(project):
    page = (project / "docs/reference/hooks.md").read_text(encoding="utf-8")
    assert list(hooks()) == ["register_adapters", "register_exporters"]
    for name, spec in hooks().items():
        assert f"\n## {name}\n\n```python\ndef {name}{inspect.signature(spec)}: ...\n```\n".replace("'", "") in page


@pytest.mark.parametrize("kind", [hookspecs.Adapter, hookspecs.RawRecord, hookspecs.Exporter, hookspecs.Exported])
def test_every_part_of_a_shape_is_on_the_page(project, kind):
    page = (project / "docs/reference/hooks.md").read_text(encoding="utf-8")
    section = page.partition(f"\n## {kind.__name__}\n")[2].partition("\n## ")[0]
    for name, annotation in kind.__annotations__.items():
        assert f"    {name}: {annotation}" in section
        assert f"\n`{name}`\n: " in section
    methods = {hookspecs.Adapter: ("accepts", "read"), hookspecs.Exporter: ("export",)}
    for name in methods.get(kind, ()):
        assert f"    def {name}{inspect.signature(getattr(kind, name))}: ...".replace("'", "") in section


def test_the_page_shows_the_template(project):
    page = (project / "docs/reference/csv-table.md").read_text(encoding="utf-8")
    assert f"\n```text\n{csv_template()}```\n" in page


def test_every_column_that_the_page_names_is_one(project):
    page = (project / "docs/reference/csv-table.md").read_text(encoding="utf-8")
    table = page.partition("## What a row says")[2].partition("\n- ")[0]
    names = re.findall(r"`([\w.]+)`", table)
    assert len(names) > 20
    assert set(names) - set(columns()) == set()
