"""All that a plugin imports: the hooks, the markers, and the shapes that adapters and exporters deal in.

An adapter translates, the host judges: an adapter yields plain mappings in the record format, each with the
positions of its values, and `msc_meta.records.schema` checks them all alike. So every format gets the same
checks and the same messages, and an adapter never has to validate anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import pluggy

if TYPE_CHECKING:
    from msc_meta.errors import Problem
    from msc_meta.synthesis import Synthesis

hookspec = pluggy.HookspecMarker("msc_meta")
hookimpl = pluggy.HookimplMarker("msc_meta")

FieldPath = tuple[str | int, ...]
"""Where a value stands in a record: ``("outcomes", 0, "arms", "msc", "events")``."""


class Position(NamedTuple):
    """A place in a file, counted from 1; for a table the row and the column."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as an adapter found it: plain mappings, sequences, text and numbers, not yet checked.

    Parameters
    ----------
    data : mapping
        The record in the record format; ``None`` where nothing could be read (then ``problems`` says why).
    path : str
        The file, as a complaint names it.
    positions : mapping of field path to Position
        Where each value stands. A complaint about a value without a position names its nearest parent's.
    keys : mapping of field path to Position
        Where each key stands, for complaints about a key; may be empty.
    problems : tuple of Problem
        What was wrong with the file itself.
    named : str, optional
        The id that the file's name promises, for formats that keep one record in a file.
    own_outcomes : frozenset of str
        Names of outcomes that the review of this record defines, beside those of the record format.
    """

    data: Mapping[str, Any] | None
    path: str
    positions: Mapping[FieldPath, Position] = field(default_factory=dict)
    keys: Mapping[FieldPath, Position] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    named: str | None = None
    own_outcomes: frozenset[str] = frozenset()


@runtime_checkable
class Adapter(Protocol):
    """A reader of one format of study records."""

    name: str
    """Unique, lower case: ``yaml_folder``."""
    description: str
    """One line for ``msc-meta plugins``: what is read."""

    def accepts(self, path: Path) -> bool:
        """Say whether ``path``, which exists, is in this adapter's format; look no further than needed."""
        ...

    def read(self, path: Path) -> Iterator[RawRecord]:
        """Yield one `RawRecord` for each record below ``path``, in a stable order.

        A file that can not be read is a record with ``data=None`` and a problem, not an exception.
        """
        ...


@dataclass(frozen=True, slots=True)
class Exported:
    """What an exporter made.

    Parameters
    ----------
    files : mapping of str to str or bytes
        Name of a file, without a folder, to its content; text is written as UTF-8.
    left_out : tuple of str
        What the format can not hold, a sentence each; shown, and written beside the files.
    """

    files: Mapping[str, str | bytes]
    left_out: tuple[str, ...] = ()


@runtime_checkable
class Exporter(Protocol):
    """A writer of one format."""

    name: str
    """Unique, lower case: ``ris``."""
    description: str
    """One line for ``msc-meta export --list``: what is written."""
    suffix: str
    """How the one file's name ends, ``.ris``; empty where there are several files, which go into a folder."""

    def export(self, synthesis: Synthesis) -> Exported:
        """Return the files; ``synthesis.studies`` are the records, ``synthesis[outcome]`` what followed from them."""
        ...


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a file of a whole review says beside its studies, for ``msc-meta import``.

    Parameters
    ----------
    protocol : mapping
        The review's settings, in the protocol's format; it defines the outcomes of the records.
    left_out : tuple of str
        What the file holds and neither records nor protocol do, a line each.
    printed : mapping of str to mapping
        Outcome -> the pooled result as the review printed it: ``estimate``, ``low``, ``high`` as shown, ``chi2``,
        ``df``, ``i2``, ``tau2``, ``z``, as far as it says; ``decimals`` where they are rounded to so many.
    """

    protocol: Mapping[str, Any]
    left_out: tuple[str, ...] = ()
    printed: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@runtime_checkable
class ReviewAdapter(Adapter, Protocol):
    """An adapter that reads whole reviews, with what they decided."""

    def decisions(self, path: Path) -> Decisions | None:
        """Return what the review decided; None where the file can not be read, which `read` reports."""
        ...


@hookspec
def register_adapters(register: Callable[[Adapter], None]) -> None:
    """Offer readers of study records; called once per plugin manager.

    Call ``register(adapter)`` for each format; nothing is read yet. Names are unique: a second adapter of one
    name is a PluginError that names both packages.

    Parameters
    ----------
    register : callable
        Accepts one `Adapter`; TypeError for anything else.
    """


@hookspec
def register_exporters(register: Callable[[Exporter], None]) -> None:
    """Offer writers of formats; called once per plugin manager.

    Call ``register(exporter)`` for each format; nothing is written yet. Names are unique: a second exporter of one
    name is a PluginError that names both packages.

    Parameters
    ----------
    register : callable
        Accepts one `Exporter`; TypeError for anything else.
    """
