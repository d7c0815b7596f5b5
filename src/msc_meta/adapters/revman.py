"""Whole reviews from RevMan 5 (.rm5) and RevMan Web (data package, .zip): a record a study, and a protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msc_meta.adapters.files import read_bytes
from msc_meta.adapters.yaml_folder import SUFFIXES
from msc_meta.errors import Problem
from msc_meta.hookspecs import Adapter, Decisions, RawRecord, hookimpl

if TYPE_CHECKING:
    from msc_meta.adapters.revman_review import Review

_ROWS = "data-rows.csv"
MAX_BYTES = 128 * 1024 * 1024
"""Largest file that is read: the largest reviews have some 20 MB."""


class RevMan5:
    """Reads the XML that RevMan 5 saves."""

    name = "revman5"
    description = "a RevMan 5 review (*.rm5)"
    suffix = ".rm5"

    def accepts(self, path: Path) -> bool:
        """Say whether ``path`` is an .rm5 file."""
        return path.suffix.lower() == self.suffix and not path.is_dir()

    def read(self, path: Path) -> Iterator[RawRecord]:
        """Yield one record per included study, in the order of their ids."""
        from msc_meta.adapters.revman_outcomes import outcomes_of
        from msc_meta.adapters.revman_records import records_of

        review = self._review(path)
        if isinstance(review, Problem):
            yield RawRecord(None, str(path), problems=(review,))
            return
        yield from records_of(review, outcomes_of(review)[0], str(path), path.name)

    def decisions(self, path: Path) -> Decisions | None:
        """Return the review's settings as a protocol, what it printed, and what is left out."""
        from msc_meta.adapters.revman_protocol import decisions_of

        review = self._review(path)
        return None if isinstance(review, Problem) else decisions_of(review, path.stem)

    def _review(self, path: Path) -> Review | Problem:
        from msc_meta.adapters.revman_review import RevManError

        content = self._content(path)
        if isinstance(content, Problem):
            return content
        try:
            return self._parsed(content)
        except RevManError as error:
            return error.problem(str(path))

    def _content(self, path: Path) -> bytes | Problem:
        return read_bytes(path, MAX_BYTES)

    def _parsed(self, content: bytes) -> Review:
        from msc_meta.adapters.revman_rm5 import read_rm5

        return read_rm5(content)


class RevManWeb(RevMan5):
    """Reads the data package that RevMan Web and the Cochrane Library offer, or a folder with its tables."""

    name = "revman_web"
    description = "a RevMan Web data package (*.zip), or a folder with its tables"
    suffix = ".zip"

    def accepts(self, path: Path) -> bool:
        """Say whether ``path`` is a .zip file, or a folder with the table of the analyses and no records."""
        if not path.is_dir():
            return super().accepts(path)
        names = [child.name.lower() for child in path.iterdir() if not child.name.startswith(".")]
        return any(name.endswith(_ROWS) for name in names) and not any(name.endswith(SUFFIXES) for name in names)

    def _content(self, path: Path) -> bytes | Problem:
        return _packed(path) if path.is_dir() else super()._content(path)

    def _parsed(self, content: bytes) -> Review:
        from msc_meta.adapters.revman_package import read_package

        return read_package(content)


def _packed(folder: Path) -> bytes | Problem:
    """Return the tables of a folder as the package that they are in elsewhere."""
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for table in sorted(folder.iterdir()):
            if table.suffix.lower() in (".csv", ".ris") and not table.name.startswith("."):
                content = read_bytes(table, MAX_BYTES)
                if isinstance(content, Problem):
                    return content
                package.writestr(table.name, content)
    return packed.getvalue()


@hookimpl
def register_adapters(register: Callable[[Adapter], None]) -> None:
    """Offer both formats of RevMan."""
    register(RevMan5())
    register(RevManWeb())
