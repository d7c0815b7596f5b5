"""Plugins of every kind of health: the good ones work, the others are named, and the rest works on."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pluggy
import pytest

from msc_meta.errors import PluginError, UsageError
from msc_meta.hookspecs import RawRecord, hookimpl
from msc_meta.loading import check_studies, load_studies
from msc_meta.plugins import BUILT_IN, EXPORTERS, adapters_of, exporters_of, installed_plugins, plugin_manager

ADAPTER = """
from msc_meta.hookspecs import RawRecord, hookimpl

class Notes:
    name = "notes"
    description = "notes (*.notes)"

    def accepts(self, path):
        return path.suffix == ".notes"

    def read(self, path):
        yield RawRecord({"id": path.stem}, str(path))
"""
GOOD = (
    ADAPTER
    + """
@hookimpl
def register_adapters(register):
    register(Notes())
"""
)


class Notes:
    name = "notes"
    description = "notes (*.notes)"

    def accepts(self, path: Path) -> bool:
        return path.suffix == ".notes"

    def read(self, path: Path):
        yield RawRecord({"id": path.stem}, str(path))


class NotesPlugin:
    @hookimpl
    def register_adapters(self, register):
        register(Notes())


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function that installs a package with one plugin module, as pip would leave it behind."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    names = []

    def install(module: str, code: str, *, name: str | None = None, value: str | None = None, version: str = "1.2"):
        (site / f"{module}.py").write_text(code, encoding="utf-8")
        info = site / f"{module}_package-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}-package\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[msc_meta]\n{name or module} = {value or module}\n")
        names.append(module)

    yield install
    for module in names:
        sys.modules.pop(module, None)


def names_of(manager):
    return [adapter.name for adapter in adapters_of(manager)]


READERS = names_of(plugin_manager(entry_points=False))


def test_built_ins_come_in_through_the_hook():
    manager = plugin_manager(entry_points=False)
    assert [plugin.name for plugin in manager.found] == [*BUILT_IN, EXPORTERS]
    assert {"yaml_folder", "csv_table"} <= set(READERS)
    assert all("register_adapters" in plugin.hooks for plugin in manager.found if plugin.name != EXPORTERS)
    assert manager.found[-1].hooks == ("register_exporters",)
    assert set(exporters_of(manager)) == set(manager.found[-1].exporters) >= {"csv", "r", "ris"}


def test_every_manager_is_fresh():
    first = plugin_manager(NotesPlugin(), entry_points=False)
    assert names_of(first) == [*READERS, "notes"]
    assert names_of(plugin_manager(entry_points=False)) == READERS


def test_an_installed_plugin_is_found(install):
    install("fine", GOOD)
    manager = plugin_manager()
    assert names_of(manager) == [*READERS, "notes"]
    assert str(manager.owner_of(adapters_of(manager)[-1])) == "plugin fine (fine-package 1.2)"
    assert manager.warnings == ()
    plugin = installed_plugins()[-1]
    assert (plugin.name, plugin.package, plugin.version) == ("fine", "fine-package", "1.2")
    assert (plugin.hooks, plugin.adapters, plugin.problem) == (("register_adapters",), ("notes",), "")


def test_installed_plugins_can_be_left_out_of_the_search(install):
    install("fine", GOOD)
    assert names_of(plugin_manager(entry_points=False)) == READERS


BROKEN = {
    "does not import": ("import no_such_module_anywhere\n", "ModuleNotFoundError: No module named 'no_such_module"),
    "is no Python": ("def (\n", "SyntaxError"),
    "raises when imported": (
        "raise RuntimeError('out of order')\n",
        "RuntimeError: out of order (…/broken.py, line 1)",
    ),
    "ends Python": ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
    "has no hook": ("x = 1\n", "it has no hook: mark register_adapters with @"),
    "forgot the mark": (GOOD.replace("@hookimpl\n", ""), "it has no hook: mark register_adapters with @"),
    "misspells the hook": (
        GOOD.replace("register_adapters", "regster_adapters"),
        "no hook named regster_adapters; did you mean register_adapters?",
    ),
    "has another hook": (
        GOOD.replace("register_adapters", "draw"),
        "no hook named draw; there is register_adapters(register), register_exporters(register)",
    ),
    "wants an argument that is not passed": (
        GOOD.replace("(register):", "(register, path):"),
        "{'path'} are declared in the hookimpl but can not be found in the hookspec; the hook is register_adapters(",
    ),
    "gives the argument a default": (
        GOOD.replace("(register):", "(register=None):"),
        "pluggy never passes an argument that has a default: register_adapters, register",
    ),
    "raises in the hook": (
        GOOD.replace("register(Notes())", "1 / 0"),
        "ZeroDivisionError: division by zero (…/broken.py, line ",
    ),
    "registers a text": (
        GOOD.replace("Notes()", "'notes'"),
        "wants an adapter; 'notes' has no name, description, accepts, read",
    ),
    "registers the class": (GOOD.replace("Notes()", "Notes"), "wants an adapter, not its class: register(Notes())"),
    "lacks read": (GOOD.replace("def read", "def reads"), "has no read"),
    "has an odd name": (GOOD.replace('"notes"', '"My Notes"'), "lower case, like yaml_folder, and not 'My Notes'"),
    "has no description": (GOOD.replace('"notes (*.notes)"', '""'), "adapter notes needs a description"),
    "registers a name twice": (GOOD + "    register(Notes())\n", "it registers two adapters named notes"),
    "takes a built-in name": (
        GOOD.replace('"notes"', '"yaml_folder"'),
        "an adapter named yaml_folder is there already, from plugin yaml_folder (msc-meta",
    ),
}


@pytest.mark.parametrize(("code", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_named_and_the_rest_works_on(install, tmp_path, code, reason):
    install("broken", code)
    install("other", GOOD.replace('"notes"', '"other"'))
    manager = plugin_manager()
    assert names_of(manager) == [*READERS, "other"]
    (warning,) = manager.warnings
    said = warning.replace(f"{tmp_path}/site", "…")
    assert said.startswith("plugin broken (broken-package 1.2) is left out: ")
    assert reason in said
    assert "\n" not in said


def test_the_file_that_is_missing_is_named(install):
    install("ghost", GOOD, value="ghost_module")
    assert "No module named 'ghost_module'" in plugin_manager().warnings[0]


def test_two_packages_with_one_plugin_name(install):
    install("first", GOOD, name="same")
    install("second", GOOD.replace('"notes"', '"other"'), name="same")
    manager = plugin_manager()
    assert names_of(manager) == [*READERS, "notes"]
    assert manager.warnings == (
        "plugin same (second-package 1.2) is left out: its name is taken by plugin same (first-package 1.2)",
    )


def test_two_packages_with_one_adapter_name(install):
    install("first", GOOD)
    install("second", GOOD)
    (warning,) = plugin_manager().warnings
    assert warning == (
        "plugin second (second-package 1.2) is left out: "
        "an adapter named notes is there already, from plugin first (first-package 1.2)"
    )


def test_an_entry_point_without_a_package(monkeypatch):
    entry = metadata.EntryPoint(name="loose", value="no_such_module", group="msc_meta")
    monkeypatch.setattr(metadata, "entry_points", lambda group: metadata.EntryPoints([entry]))
    assert plugin_manager().warnings[0].startswith("plugin loose (unknown package) is left out: ModuleNotFoundError")


@pytest.mark.parametrize("name", ["broken", "broken-package", "Broken_Package"])
def test_a_plugin_that_is_switched_off_is_not_even_loaded(install, name):
    install("broken", "raise RuntimeError\n")
    manager = plugin_manager(without=[name])
    assert manager.warnings == ()
    assert [plugin.name for plugin in manager.found] == [*BUILT_IN, EXPORTERS]


def test_a_built_in_adapter_can_be_switched_off():
    left = names_of(plugin_manager(entry_points=False, without=["csv_table"]))
    assert left == [name for name in READERS if name != "csv_table"]


def test_switching_off_what_is_not_there_is_an_error():
    with pytest.raises(UsageError, match="no plugin named msc_meta_xslx; there is: yaml_folder, csv_table"):
        plugin_manager(entry_points=False, without=["msc_meta_xslx"])


def test_a_plugin_that_was_handed_in_has_to_work():
    class Broken:
        @hookimpl
        def register_adapters(self, register):
            register(object())

    with pytest.raises(PluginError, match=r"plugin Broken can not be used: TypeError: register\(\) wants an adapter"):
        plugin_manager(Broken(), entry_points=False)
    with pytest.raises(PluginError, match="plugin Notes can not be used: it has no hook"):
        plugin_manager(Notes(), entry_points=False)
    with pytest.raises(PluginError, match="can not be used: an adapter named notes is there already, from plugin"):
        plugin_manager(NotesPlugin(), NotesPlugin(), entry_points=False)


def test_the_manager_is_pluggys():
    manager = plugin_manager(NotesPlugin(), entry_points=False)
    assert isinstance(manager, pluggy.PluginManager)
    assert len(manager.hook.register_adapters.get_hookimpls()) == len(BUILT_IN) + 1


def test_a_plugin_handed_to_load_studies_reads(tmp_path):
    path = tmp_path / "a.notes"
    path.write_text("")
    with pytest.raises(UsageError, match="in no format that can be read"):
        check_studies(path)
    checked = check_studies(path, plugins=[NotesPlugin()])
    assert {problem.code for problem in checked.problems} >= {"E202"}  # the host checks what any adapter yields


def test_the_warning_reaches_people_who_use_python(install, project):
    install("broken", "raise RuntimeError('out of order')\n")
    with pytest.warns(
        UserWarning, match=r"plugin broken \(broken-package 1.2\) is left out: RuntimeError: out of order"
    ):
        evidence = load_studies(project / "studies")
    assert "martinez-munoz-2024" in evidence
