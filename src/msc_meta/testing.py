"""For authors of plugins: one call in a pytest test that checks what the package expects of an adapter."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msc_meta.errors import PluginError
from msc_meta.hookspecs import Adapter, FieldPath, Position, RawRecord, hookimpl

GARBAGE = (b"", b"\x00\xff\xfe\x80 no text \x00", "Mart\u00ednez".encode("latin-1"), b"{[,;\n\t\"'")
"""Contents that no format allows; files with them are made to see what the adapter does."""


CUTS = 97
"""Places, evenly spread, at which a file is cut to see that a part of it is never taken for the whole."""


def check_adapter(
    adapter: Adapter,
    *,
    accepts: Path,
    records: int | None = None,
    rejects: Path | Iterable[Path] = (),
    same: Iterable[Path] = (),
    broken: Iterable[Path] = (),
    whole: bool = False,
) -> tuple[RawRecord, ...]:
    """Check that an adapter keeps its side of the contract, and return the records it read.

    Parameters
    ----------
    adapter : Adapter
        What the plugin registers.
    accepts : Path
        A file or folder in the adapter's format, with records that have no errors.
    records : int, optional
        How many records it holds.
    rejects : path or iterable of paths
        Existing files and folders that are not in the format.
    same : iterable of paths
        Files with the content of ``accepts`` in other clothes: another encoding, line ends, a byte-order mark.
    broken : iterable of paths
        Files that look like the format and that nothing may be taken from: a wrong document type, an archive with a
        path out of it, a list that contradicts itself.
    whole : bool
        Whether a file of this format shows that its end is missing, as XML, JSON and archives do and tables do not.
        Then ``accepts`` is cut at many places, and each part has to give a problem and no record, or all records.

    Returns
    -------
    tuple of RawRecord
        What was read, for tests of one's own.

    Raises
    ------
    AssertionError
        If anything is not as expected; says what, and what was expected.

    Examples
    --------
    >>> from msc_meta.adapters.yaml_folder import YamlFolder
    >>> read = check_adapter(YamlFolder(), accepts=Path("studies"), rejects=Path("pyproject.toml"))
    >>> read[0].data["id"] == read[0].named
    True
    """
    _check_registration(adapter)
    others = [rejects] if isinstance(rejects, Path) else list(rejects)
    for path in (accepts, *others):
        _expect(path.exists(), f"the test names {path}, which does not exist")
    state = dict(getattr(adapter, "__dict__", {}))
    with _silence():
        _expect(adapter.accepts(accepts) is True, f"accepts({accepts}) should be True")
        for path in others:
            _expect(adapter.accepts(path) is False, f"accepts({path}) should be False")
        found = tuple(adapter.read(accepts))
        again = tuple(adapter.read(accepts))
    _check_records(found, accepts, records)
    _expect(found == again, "read() should yield the same records in the same order every time")
    _expect(state == getattr(adapter, "__dict__", {}), "read() should leave nothing behind in the adapter")
    if accepts.is_file():
        _check_bad_files(adapter, accepts)
    for path in same:
        _check_same(adapter, path, found)
    for path in broken:
        _check_refused(_read(adapter, path), str(path))
    if whole:
        _check_cuts(adapter, accepts, found)
    return found


def _check_registration(adapter: Adapter) -> None:
    """Register the adapter as a plugin would: that checks its name and description too."""
    from msc_meta.plugins import BUILT_IN, plugin_manager

    class Plugin:
        @hookimpl
        def register_adapters(self, register: Callable[[Adapter], None]) -> None:
            register(adapter)

    built_in = type(adapter).__module__.startswith("msc_meta.adapters.")
    try:
        plugin_manager(Plugin(), entry_points=False, without=BUILT_IN if built_in else ())
    except PluginError as error:
        raise AssertionError(f"register(adapter) should work: {error}") from error
    _expect("\n" not in adapter.description, "description should be one line")


def _check_records(found: tuple[RawRecord, ...], accepts: Path, records: int | None) -> None:
    from msc_meta.records.cohorts import CohortEntry, check_cohort
    from msc_meta.records.schema import check_record

    for raw in found:
        _expect(isinstance(raw, RawRecord), f"read() should yield RawRecord objects, and this is {raw!r}")
        _expect(Path(raw.path).exists(), f"RawRecord.path should name a file that exists, and this is {raw.path!r}")
    number = sum(raw.data is not None for raw in found)
    _expect(number > 0, f"read({accepts}) should yield at least one record")
    if records is not None:
        _expect(number == records, f"read({accepts}) should yield {records} records, and yields {number}")
    entries = []
    for raw in found:
        study, problems = check_record(raw)
        listing = "\n".join(str(problem) for problem in problems if problem.severity == "error")
        _expect(not listing, f"the records should have no errors:\n{listing}")
        if study is not None:
            _check_positions(raw, study.id)
            entries.append(CohortEntry.of(study, raw))
    ids = [entry.study.id for entry in entries]
    repeated = sorted({name for name in ids if ids.count(name) > 1})
    _expect(not repeated, f"each study should come once; these come twice: {', '.join(repeated)}")
    errors = [str(problem) for problem in check_cohort(entries) if problem.severity == "error"]
    _expect(not errors, "the records should agree with each other:\n" + "\n".join(errors))


def _check_positions(raw: RawRecord, name: str) -> None:
    """Expect a place for the id and for every number, so that a complaint can point at it."""
    for path, place in raw.positions.items():
        _expect(_is_place(path, place), f"positions of {name}: {path!r} -> {place!r} is no FieldPath, Position")
    for path, value in _values(raw.data):
        if path == ("id",) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
            known = any(path[:length] in raw.positions for length in range(len(path), len(path) - 2, -1))
            _expect(known, f"positions of {name}: there is none for {path!r}, so a complaint could not point at it")


def _is_place(path: object, place: object) -> bool:
    return isinstance(path, tuple) and isinstance(place, Position) and min(place) >= 0


def _values(value: object, path: FieldPath = ()) -> Iterator[tuple[FieldPath, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(inner, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _values(inner, (*path, index))
    else:
        yield path, value


def _check_bad_files(adapter: Adapter, good: Path) -> None:
    """Expect problems and not exceptions for files that can not be read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"bad{good.suffix}"
        missing = Path(folder) / f"missing{good.suffix}"
        half = good.read_bytes()[: good.stat().st_size // 2 + 1]
        garbage = [(f"a file with {content!r}", path, content) for content in GARBAGE]
        for what, place, content in (*garbage, ("half a file", path, half), ("a file that is gone", missing, None)):
            if content is not None:
                place.write_bytes(content)
            with _silence():
                try:
                    found = list(adapter.read(place))
                except Exception as error:
                    raise AssertionError(f"read() of {what} should yield a problem, and raises {error!r}") from error
            said = any(raw.problems or raw.data is not None for raw in found)
            _expect(said, f"read() of {what} should yield a record with a problem, and yields {found!r}")


def _read(adapter: Adapter, path: Path) -> tuple[RawRecord, ...]:
    """Read a file that may be bad; an exception is the adapter's fault, whatever is in the file."""
    with _silence():
        try:
            return tuple(adapter.read(path))
        except Exception as error:
            raise AssertionError(f"read() of {path} should yield a problem, and raises {error!r}") from error


def _check_same(adapter: Adapter, path: Path, expected: tuple[RawRecord, ...]) -> None:
    """Expect the same records; only what names the file may differ."""
    found = _read(adapter, path)
    said = "\n".join(str(problem) for raw in found for problem in raw.problems)
    _expect(not said, f"{path} should be read like the file it is the same as, and:\n{said}")
    _expect(len(found) == len(expected), f"{path} should yield {len(expected)} records, and yields {len(found)}")
    for one, other in zip(found, expected, strict=True):
        there = {where: value for where, value in _values(one.data) if "url" not in where}
        wanted = {where: value for where, value in _values(other.data) if "url" not in where}
        differ = [where for where in {**there, **wanted} if there.get(where) != wanted.get(where)]
        _expect(not differ, f"{path} should yield the same values, and differs in {differ[:3]}")


def _check_refused(found: tuple[RawRecord, ...], what: str) -> None:
    taken = [str((raw.data or {}).get("id")) for raw in found if raw.data is not None]
    _expect(not taken, f"{what} should yield a problem and no record, and yields {', '.join(taken[:3])}")
    said = any(problem.severity == "error" for raw in found for problem in raw.problems)
    _expect(said, f"{what} should yield a record with an error, and yields {found!r}")


def _check_cuts(adapter: Adapter, good: Path, expected: tuple[RawRecord, ...]) -> None:
    """Expect of every beginning of a file that it is refused, or that nothing but padding is missing."""
    content = good.read_bytes()
    places = sorted({round(number * len(content) / CUTS) for number in range(CUTS)} | {len(content) - 1})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / good.name
        for place in places:
            path.write_bytes(content[:place])
            found = _read(adapter, path)
            if [raw.data for raw in found] != [raw.data for raw in expected]:
                _check_refused(found, f"the first {place} of {len(content)} bytes of {good.name}")


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Expect that nothing is printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield
    printed = re.sub(r"\s+", " ", out.getvalue() + err.getvalue()).strip()
    _expect(not printed, f"an adapter should print nothing, and this one printed: {printed}")


def _expect(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)
