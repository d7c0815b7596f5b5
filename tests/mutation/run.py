"""Run the tests of effects/ and pooling/ on mutants of them, and list those that live.

mutmut makes the changes and this runs them, since mutmut itself leaves out decorated functions (every property), tables
and defaults, and starts pytest anew for each mutant. Here pytest collects once, and a child is forked for each mutant:

- within a function the child exchanges the function's code, and runs the tests that run the changed line: one case of
  each test first, the quick ones first, until ``--budget`` seconds of them are spent;
- elsewhere the child is forked before the package is imported, and imports the changed source.

Results go to out/mutation.jsonl, one mutant a line. A mutant that stands there is not run again, but with ``--again``
those that lived are: after new tests, or with a larger budget.
"""

from __future__ import annotations

import argparse
import fnmatch
import gc
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType

import coverage
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from mutants import PACKAGE, Mutant, mutants_of

TARGETS = ("effects", "pooling")
TESTS = ("tests/effects", "tests/pooling", "tests/synthesis", "src/msc_meta/effects", "src/msc_meta/pooling")
ARGUMENTS = ["-q", "-x", "--assert=plain", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist"]
MEMORY = 4 << 30  # bytes of address space: a search that grows without end is killed, not the machine
NOT_PYTHON = 3
DEAD = {"killed", "too slow", "crashed", "not Python"}

Run = Callable[[Mutant, list[str]], None]


# ---- which tests run which lines ------------------------------------------------------------------------------------


class Lines:
    """Plugin: what lines each test runs, and how long it takes."""

    def __init__(self) -> None:
        self.durations: dict[str, float] = {}
        within = [str(PACKAGE / target / "*") for target in TARGETS]
        self.coverage = coverage.Coverage(data_file=None, config_file=False, include=within)

    def pytest_sessionstart(self) -> None:
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        started = time.process_time()
        result = yield
        self.durations[item.nodeid] = time.process_time() - started
        self.coverage.switch_context("between tests")
        return result

    def save(self, out: Path) -> None:
        self.coverage.stop()
        data, ids = self.coverage.get_data(), {name: number for number, name in enumerate(self.durations)}
        lines = {}
        for file in data.measured_files():
            of = data.contexts_by_lineno(file).items()
            known = {line: [ids[name] for name in names if name in ids] for line, names in of}
            lines[str(Path(file).relative_to(PACKAGE))] = known
        modules = [name for name in sys.modules if "test" not in name and not name.startswith("_")]
        out.write_text(json.dumps({"durations": self.durations, "lines": lines, "modules": modules}), encoding="utf-8")


def measure(tests: list[str], out: Path) -> None:
    """Run the tests once, in a child, and save what they run."""
    child = os.fork()
    if not child:
        plugin = Lines()
        code = pytest.main([*tests, *ARGUMENTS], plugins=[plugin])
        if code == 0:
            plugin.save(out)
        os._exit(code)
    if os.waitpid(child, 0)[1]:
        sys.exit("mutation: the tests fail without any mutant")


class Selection:
    """Which tests to run for a mutant."""

    def __init__(self, saved: Path) -> None:
        known = json.loads(saved.read_text(encoding="utf-8"))
        self.modules: list[str] = known["modules"]
        self.durations: dict[str, float] = known["durations"]
        self.names = list(self.durations)
        self.lines = {file: {int(line): ids for line, ids in of.items()} for file, of in known["lines"].items()}

    def tests(self, mutant: Mutant, budget: float) -> list[str]:
        """Return tests that run the changed lines, at least one."""
        lines = self.lines.get(mutant.file, {})
        changed = lines if mutant.function is None else range(mutant.line, mutant.last_line + 1)
        ids = {test for line in changed for test in lines.get(line, ())}
        if not ids:  # a constant on a line of its own: who runs the line before it
            before = max((line for line in lines if line < mutant.line), default=0)
            ids = set(lines.get(before, ()))
        cases: dict[str, list[str]] = defaultdict(list)
        for name in sorted((self.names[test] for test in ids), key=lambda name: (self.durations[name], name)):
            cases[name.partition("[")[0]].append(name)
        # cases in a row are alike: every seventh first
        turns = ([name for start in range(7) for name in names[start::7]] for names in cases.values())
        order = sorted((turn, self.durations[name], name) for names in turns for turn, name in enumerate(names))
        chosen, spent = [], 0.0
        for _, duration, name in order:
            if not chosen or spent + duration <= budget:
                chosen.append(name)
                spent += duration
        return chosen


# ---- running --------------------------------------------------------------------------------------------------------


class Stop:
    """Plugin: the first failure ends the process, and no hypothesis example is made smaller before."""

    def pytest_sessionstart(self) -> None:
        from hypothesis import Phase, settings

        settings.register_profile("mutation", settings.default, phases=(Phase.explicit, Phase.generate), database=None)
        settings.load_profile("mutation")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os._exit(1)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            os._exit(1)


class Exchange(Stop):
    """Plugin: in place of running what was collected, hand over how to run some of it with a function exchanged."""

    def __init__(self, run_all: Callable[[Run], None]) -> None:
        self.run_all = run_all

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        functions, caches = defaultdict(list), []
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType):
                functions[thing.__code__.co_filename, thing.__code__.co_qualname].append(thing)
            elif hasattr(type(thing), "cache_clear"):
                caches.append(thing)

        def run(mutant: Mutant, tests: list[str]) -> None:
            code = _code(compile(mutant.source(), str(mutant.path), "exec"), mutant.function or "")
            for function in functions[str(mutant.path), mutant.function]:
                function.__code__ = code
            for cache in caches:
                cache.cache_clear()
            for item in [items[name] for name in tests if name in items]:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)

        gc.collect()
        gc.freeze()  # so that the children share the memory
        self.run_all(run)
        return True


def _code(module: CodeType, function: str) -> CodeType:
    code = module
    for part in function.split("."):
        code = next(one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == part)
    return code


def import_and_run(mutant: Mutant, tests: list[str]) -> None:
    """Import the package with the changed source, then run the tests."""
    get_code = SourceFileLoader.get_code

    def changed(self: SourceFileLoader, fullname: str) -> CodeType | None:
        ours = self.path == str(mutant.path)
        return compile(mutant.source(), self.path, "exec") if ours else get_code(self, fullname)

    SourceFileLoader.get_code = changed  # type: ignore[method-assign]
    places = {name: place for place, name in enumerate(tests)}

    class Chosen(Stop):
        def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
            items[:] = sorted((one for one in items if one.nodeid in places), key=lambda one: places[one.nodeid])

    if pytest.main([*sorted({name.partition("::")[0] for name in tests}), *ARGUMENTS], plugins=[Chosen()]):
        os._exit(1)


class Children:
    """The processes that run mutants, a few at a time; what became of each goes to a file."""

    def __init__(self, results: Path, selection: Selection, budget: float, at_once: int, until: float) -> None:
        self.results, self.selection, self.budget = results, selection, budget
        self.at_once, self.until = at_once, until
        self.running: dict[int, tuple[Mutant, int]] = {}

    def run_all(self, mutants: list[Mutant], run: Run) -> None:
        for mutant in mutants:
            if time.monotonic() > self.until:
                break
            tests = self.selection.tests(mutant, self.budget)
            if not tests:
                self._say(mutant, "no test", 0)
                continue
            while len(self.running) >= self.at_once:
                self._wait()
            child = os.fork()
            if not child:
                self._child(mutant, tests, run)
            self.running[child] = mutant, len(tests)
        while self.running:
            self._wait()

    def _child(self, mutant: Mutant, tests: list[str], run: Run) -> None:
        code = 1
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            expected = sum(self.selection.durations[name] for name in tests)
            signal.setitimer(signal.ITIMER_PROF, 10 + 5 * expected)  # of processor time: other work slows nothing here
            signal.setitimer(signal.ITIMER_REAL, 120 + 20 * expected)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            run(mutant, tests)
            code = 0
        except SyntaxError:
            code = NOT_PYTHON
        finally:
            os._exit(code)

    def _wait(self) -> None:
        pid, status = os.wait()
        mutant, tests = self.running.pop(pid)
        if os.WIFSIGNALED(status):
            slow = os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGALRM)
            self._say(mutant, "too slow" if slow else "crashed", tests)
        else:
            said = {0: "survived", NOT_PYTHON: "not Python"}
            self._say(mutant, said.get(os.WEXITSTATUS(status), "killed"), tests)

    def _say(self, mutant: Mutant, said: str, tests: int) -> None:
        with self.results.open("a", encoding="utf-8") as out:
            out.write(json.dumps({**mutant.describe(), "said": said, "tests": tests}, ensure_ascii=False) + "\n")


# ---- results --------------------------------------------------------------------------------------------------------


def key_of(described: dict[str, object]) -> str:
    """Return what identifies a mutant as long as its file stays the same."""
    return json.dumps([described[name] for name in ("file", "in", "at", "was", "now")])


def known(results: Path) -> dict[str, str]:
    """Return what became of each mutant, the last run of it."""
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return {key_of(result): result["said"] for result in map(json.loads, lines)}


def report(mutants: list[Mutant], results: Path) -> None:
    """Print counts by file, and every mutant that lived."""
    said = known(results)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant in mutants:
        counts[mutant.file][said.get(key_of(mutant.describe()), "not run")] += 1
    for file, count in sorted(counts.items()):
        print(f"{file:36}", ", ".join(f"{number} {word}" for word, number in sorted(count.items())))
    for mutant in sorted(mutants, key=lambda one: (one.file, one.line)):
        about = mutant.describe()
        if (word := said.get(key_of(about))) in {"survived", "no test"}:
            print(f"{word}: {mutant.file}:{mutant.line}: {about['was']!r} -> {mutant.now!r}")


def main() -> None:
    """Make the mutants, run those of which nothing is known yet, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", help="files, as a pattern: effects/means.py, pooling/*")
    parser.add_argument("--share", type=float, default=1, help="of each file's mutants, drawn with a fixed seed")
    parser.add_argument("--budget", type=float, default=3, help="seconds of tests for one mutant")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after these")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--again", action="store_true", help="run mutants that lived again")
    parser.add_argument("--out", type=Path, default=Path("out"))
    options = parser.parse_args()
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(PACKAGE.parent))
    options.out.mkdir(exist_ok=True)
    until = time.monotonic() + 60 * options.minutes
    results, lines = options.out / "mutation.jsonl", options.out / "mutation-lines.json"

    paths = sorted(path for target in TARGETS for path in (PACKAGE / target).glob("*.py"))
    drawn = []
    for path in (path for path in paths if fnmatch.fnmatch(str(path.relative_to(PACKAGE)), options.only)):
        of = mutants_of(path)
        drawn += [(place / len(of), one) for place, one in enumerate(of) if place < options.share * len(of)]
    mutants = [one for _, one in sorted(drawn, key=lambda pair: pair[0])]  # every file's first ones first
    measure(list(TESTS), lines)
    selection = Selection(lines)
    said, done = known(results), DEAD | (set() if options.again else {"survived", "no test"})
    waiting = [one for one in mutants if said.get(key_of(one.describe())) not in done]
    print(f"{len(mutants)} mutants, {len(waiting)} to run", flush=True)

    children = Children(results, selection, options.budget, options.processes, until)
    _preload([name for name in selection.modules if not name.startswith("msc_meta")])
    children.run_all([one for one in waiting if one.function is None], import_and_run)
    _preload([name for name in selection.modules if name.startswith("msc_meta")])
    within = [one for one in waiting if one.function is not None]
    if within:
        pytest.main([*TESTS, *ARGUMENTS], plugins=[Exchange(lambda run: children.run_all(within, run))])
    report(mutants, results)


def _preload(modules: list[str]) -> None:
    """Import what the tests import on their way, once and not in every child."""
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:  # made by what is there under another name
            continue


if __name__ == "__main__":
    main()
