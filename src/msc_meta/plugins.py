"""What is installed: a plugin manager, made anew for each use, and what every plugin in it offers.

Built-in adapters come in through the same hook as everybody's. A plugin that can not be used is named with its
package and version, and the rest works on; only one that was handed in by the caller is an exception.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, final

import pluggy

from msc_meta import hookspecs
from msc_meta.errors import PluginError, UsageError
from msc_meta.hookspecs import Adapter, Exporter

GROUP = "msc_meta"
BUILT_IN = ("yaml_folder", "csv_table", "metafor_csv", "covidence", "clinicaltrials_gov", "citations", "revman")
"""Modules of `msc_meta.adapters`, in the order in which their adapters are asked."""
EXPORTERS = "exporters"
"""Name of the built-in plugin that writes; a module that loads each format when it is written."""
SIGNATURES = {
    "register_adapters": "register_adapters(register)",
    "register_exporters": "register_exporters(register)",
}
"""Hook -> how an implementation is declared."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One plugin: where it comes from and what it offers, or why it can not be used."""

    name: str
    package: str
    version: str
    origin: Literal["built-in", "given", "installed"]
    hooks: tuple[str, ...] = ()
    adapters: tuple[str, ...] = ()
    exporters: tuple[str, ...] = ()
    problem: str = ""
    """Why the plugin is left out; empty where it works."""

    def __str__(self) -> str:
        if self.origin == "given":
            return f"plugin {self.name}"
        return f"plugin {self.name} ({f'{self.package} {self.version}'.strip()})"

    @property
    def warning(self) -> str:
        """One sentence for the person at the terminal; empty where the plugin works."""
        return f"{self} is left out: {self.problem}" if self.problem else ""

    def answers_to(self, name: str) -> bool:
        """Say whether ``name`` is the plugin's or its package's, as ``--no-plugin`` means it."""
        package = self.package if self.origin == "installed" else ""
        return name == self.name or bool(package and _normal(name) == _normal(package))


@final
class PluginManager(pluggy.PluginManager):
    """pluggy's manager, with a note of every plugin that was found and of whose the adapters are."""

    def __init__(self) -> None:
        super().__init__("msc_meta")
        self.add_hookspecs(hookspecs)
        self.found: list[Plugin] = []
        self.adapters: dict[str, Adapter] = {}
        self.exporters: dict[str, Exporter] = {}
        self._complaints: dict[str, None] = {}

    def owner_of(self, adapter: Adapter) -> Plugin:
        """Return the plugin that registered an adapter."""
        return next(plugin for plugin in self.found if adapter.name in plugin.adapters)

    def writer_of(self, exporter: Exporter) -> Plugin:
        """Return the plugin that registered an exporter."""
        return next(plugin for plugin in self.found if exporter.name in plugin.exporters)

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each plugin that is left out, or that failed later."""
        return (*(plugin.warning for plugin in self.found if plugin.problem), *self._complaints)

    def complain(self, adapter: Adapter, message: str) -> None:
        """Note, once, that an adapter failed at its work."""
        self._complaints[f"adapter {adapter.name} of {self.owner_of(adapter)} {message}"] = None

    def admit(self, plugin: Plugin, load: Callable[[], object]) -> None:
        """Load a plugin and take it in; one that can not be used is noted with the reason.

        Raises
        ------
        PluginError
            If a plugin that is not an installed one can not be used.
        """
        try:
            loaded = load()
            if self.has_plugin(plugin.name):
                namesake = next(other for other in self.found if other.name == plugin.name and not other.problem)
                raise PluginError(f"its name is taken by {namesake}")
            hooks, adapters, exporters = self._try_alone(loaded)
            self.register(loaded, name=plugin.name)
        except (Exception, SystemExit) as error:
            plugin = replace(plugin, problem=_reason(error))
            if plugin.origin != "installed":
                raise PluginError(f"{plugin} can not be used: {plugin.problem}") from error
        else:
            plugin = replace(plugin, hooks=hooks, adapters=tuple(adapters), exporters=tuple(exporters))
            self.adapters |= adapters
            self.exporters |= exporters
        self.found.append(plugin)

    def _try_alone(self, loaded: object) -> tuple[tuple[str, ...], dict[str, Adapter], dict[str, Exporter]]:
        """Call a plugin's hooks in a manager of its own, so that a broken one leaves no trace in this one."""
        alone = pluggy.PluginManager("msc_meta")
        alone.add_hookspecs(hookspecs)
        alone.register(loaded)
        callers = alone.get_hookcallers(loaded) or []
        if not callers:
            raise PluginError("it has no hook: mark register_adapters with @msc_meta.hookspecs.hookimpl")
        for caller in callers:
            if not caller.has_spec():
                from difflib import get_close_matches

                near = get_close_matches(caller.name, SIGNATURES, n=1)
                known = f"did you mean {near[0]}?" if near else f"there is {', '.join(SIGNATURES.values())}"
                raise PluginError(f"there is no hook named {caller.name}; {known}")
            for implementation in caller.get_hookimpls():
                if implementation.kwargnames:
                    unpassed = ", ".join(implementation.kwargnames)
                    raise PluginError(f"pluggy never passes an argument that has a default: {caller.name}, {unpassed}")

        adapters: dict[str, Adapter] = {}
        exporters: dict[str, Exporter] = {}

        def register_adapter(adapter: Adapter) -> None:
            if complaint := _not_offered(adapter, "adapter", ("accepts", "read")):
                raise TypeError(complaint)
            _require_new(adapter.name, "adapter", adapters, self.adapters, self.owner_of)
            adapters[adapter.name] = adapter

        def register_exporter(exporter: Exporter) -> None:
            if complaint := _not_offered(exporter, "exporter", ("suffix", "export")):
                raise TypeError(complaint)
            _require_new(exporter.name, "exporter", exporters, self.exporters, self.writer_of)
            exporters[exporter.name] = exporter

        alone.hook.register_adapters(register=register_adapter)
        alone.hook.register_exporters(register=register_exporter)
        return tuple(caller.name for caller in callers), adapters, exporters


def plugin_manager(*extra: object, entry_points: bool = True, without: Collection[str] = ()) -> PluginManager:
    """Return a fresh manager: the built-in adapters, then ``extra``, then the installed plugins.

    Parameters
    ----------
    *extra : object
        Plugins handed in by Python code: modules or objects with a function marked ``@hookimpl``.
    entry_points : bool
        Whether to look for installed packages with an entry point in the group ``msc_meta``.
    without : collection of str
        Names of plugins, or of their packages, that are not even loaded.

    Returns
    -------
    PluginManager
        A `pluggy.PluginManager`; ``found`` lists the plugins, ``warnings`` those that are left out.

    Raises
    ------
    PluginError
        If one of ``extra`` can not be used. An installed plugin that can not be used is left out with a warning.
    UsageError
        If ``without`` names something that is not there.

    Examples
    --------
    >>> [adapter.name for adapter in adapters_of(plugin_manager(entry_points=False))]
    ['yaml_folder', 'csv_table', 'metafor_csv', 'covidence', 'clinicaltrials_gov', 'citations', 'revman5', 'revman_web']
    """
    candidates = [*_built_in(), *_given(extra), *(_installed() if entry_points else ())]
    for name in without:
        if not any(plugin.answers_to(name) for plugin, _ in candidates):
            there = ", ".join(plugin.name for plugin, _ in candidates)
            raise UsageError(f"there is no plugin named {name}; there is: {there}")
    manager = PluginManager()
    for plugin, load in candidates:
        if not any(plugin.answers_to(name) for name in without):
            manager.admit(plugin, load)
    manager.check_pending()
    return manager


def adapters_of(manager: PluginManager) -> tuple[Adapter, ...]:
    """Return the adapters of all plugins, in the order in which they were registered."""
    return tuple(manager.adapters.values())


def exporters_of(manager: PluginManager) -> dict[str, Exporter]:
    """Return the exporters of all plugins by name, in the order in which they were registered."""
    return dict(manager.exporters)


def installed_plugins(*, without: Collection[str] = ()) -> tuple[Plugin, ...]:
    """Return every plugin with its package, version, hooks, formats and health, for ``msc-meta plugins``."""
    return tuple(plugin_manager(without=without).found)


def _built_in() -> Iterator[tuple[Plugin, Callable[[], object]]]:
    from importlib import metadata

    try:
        version = metadata.version("msc-meta")
    except metadata.PackageNotFoundError:  # run from its source, without an installation
        version = ""
    modules = {name: f"msc_meta.adapters.{name}" for name in BUILT_IN} | {EXPORTERS: f"msc_meta.exporting.{EXPORTERS}"}
    for name, module in modules.items():
        plugin = Plugin(name=name, package="msc-meta", version=version, origin="built-in")
        yield plugin, lambda module=module: importlib.import_module(module)  # type: ignore[misc]


def _given(extra: tuple[object, ...]) -> Iterator[tuple[Plugin, Callable[[], object]]]:
    for number, loaded in enumerate(extra, start=1):
        name = getattr(loaded, "__name__", type(loaded).__name__)
        if any(getattr(other, "__name__", type(other).__name__) == name for other in extra[: number - 1]):
            name = f"{name}-{number}"
        yield Plugin(name=name, package="", version="", origin="given"), lambda loaded=loaded: loaded  # type: ignore[misc]


def _installed() -> Iterator[tuple[Plugin, Callable[[], object]]]:
    from importlib import metadata

    # by name and not in the order of sys.path, so that every machine settles a clash alike
    for entry in sorted(metadata.entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        package, version = "unknown package", ""
        if entry.dist is not None:
            package, version = str(entry.dist.name), str(entry.dist.version)
        yield Plugin(name=entry.name, package=package, version=version, origin="installed"), entry.load


def _not_offered(thing: Any, kind: str, needed: tuple[str, ...]) -> str:
    """Say what keeps a thing from being an adapter or exporter; empty where nothing does."""
    if isinstance(thing, type):
        return f"register() wants an {kind}, not its class: register({thing.__name__}())"
    if missing := [name for name in ("name", "description", *needed) if not hasattr(thing, name)]:
        return f"register() wants an {kind}; {thing!r} has no {', '.join(missing)}"
    if not isinstance(thing.name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", thing.name):
        example = {"adapter": "yaml_folder", "exporter": "csl_json"}[kind]
        return f"an {kind}'s name is lower case, like {example}, and not {thing.name!r}"
    if not isinstance(thing.description, str) or not thing.description.strip():
        return f"{kind} {thing.name} needs a description of one line"
    return ""


def _require_new(
    name: str, kind: str, own: Collection[str], there: dict[str, Any], owner_of: Callable[[Any], Plugin]
) -> None:
    if name in own:
        raise PluginError(f"it registers two {kind}s named {name}")
    if name in there:
        raise PluginError(f"an {kind} named {name} is there already, from {owner_of(there[name])}")


def _reason(error: BaseException) -> str:
    """Return one line that says what went wrong, and where a hook is called wrongly its signature."""
    text = " ".join(str(error).split())
    if isinstance(error, pluggy.PluginValidationError):
        return f"{text}; the hook is {', '.join(SIGNATURES.values())}"
    if isinstance(error, PluginError):
        return text
    place = _place(error)
    return f"{type(error).__name__}: {text}{f' ({place})' if place else ''}"


def _place(error: BaseException) -> str:
    """Name the file and line where an error was raised, so that the plugin's author finds it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_globals.get("__name__") in {__name__, "importlib", "importlib._bootstrap"}:
        return ""
    return f"{trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno}"


def _normal(package: str) -> str:
    """Spell a package's name as installers compare it."""
    return re.sub(r"[-_.]+", "-", package).lower()
