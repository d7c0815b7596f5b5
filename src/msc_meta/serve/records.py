"""The records that the page may show and change: the YAML files of one folder, by name, and nothing else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import final

from msc_meta.adapters.files import read_bytes
from msc_meta.adapters.yaml_folder import is_record
from msc_meta.errors import MscMetaError, Problem
from msc_meta.output import write_file
from msc_meta.records.yaml_text import MAX_BYTES


@final
class NoSuchRecordError(MscMetaError):
    """No record of the folder has this name."""


@final
@dataclass(frozen=True, slots=True)
class RecordFiles:
    """The records below ``studies``: a folder, or one file. A table is shown, and edited elsewhere."""

    studies: Path

    @property
    def folder(self) -> Path:
        """Where the records lie."""
        return self.studies if self.studies.is_dir() else self.studies.parent

    def names(self) -> tuple[str, ...]:
        """Return the names of the files that may be changed; a link may lead anywhere, and is none of them."""
        if not self.studies.is_dir():
            plain = self.studies.is_file() and not self.studies.is_symlink()
            return (self.studies.name,) if plain and is_record(self.studies) else ()
        with os.scandir(self.studies) as entries:
            found = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
        return tuple(sorted(name for name in found if is_record(Path(name))))

    def path(self, name: object) -> Path:
        """Return the path of a record.

        A name is looked up among those that are there and never read as a path, so that no ``..`` leads anywhere.

        Raises
        ------
        NoSuchRecordError
            If no record has the name.
        """
        for known in self.names():
            if known == name:
                return self.folder / known
        raise NoSuchRecordError(f"there is no record {str(name)[:80]!r} in {self.folder}")

    def read(self, name: object) -> bytes | Problem:
        """Return what a record's file holds, or why it can not be read."""
        return read_bytes(self.path(name), MAX_BYTES)

    def write(self, name: object, content: bytes) -> None:
        """Replace a record's file, all at once."""
        write_file(self.path(name), content, force=True)
