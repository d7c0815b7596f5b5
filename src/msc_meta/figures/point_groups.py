"""Groups of points told apart by symbol and colour: any field of a record, shown in a plot and its legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from msc_meta.errors import ArgumentError
from msc_meta.figures.style import Style
from msc_meta.figures.text import clean
from msc_meta.figures.xy_plot import SHAPES, Entry, Marker, Shape

UNKNOWN = "not stated"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Which group each study is in.

    Attributes
    ----------
    title : str
        What they differ in, ``source of the cells`` say.
    of : mapping of str to str
        The group's name by the study's id.
    names : tuple of str
        In the order of the legend; what is not stated comes last.
    """

    title: str
    of: Mapping[str, str]
    names: tuple[str, ...]

    def look(self, study: str, style: Style) -> tuple[Shape, str]:
        """Return symbol and fill of a study."""
        at = self.names.index(self.of[study])
        return SHAPES[at], style.palette[at % len(style.palette)]

    def legend(self, style: Style) -> tuple[Entry, ...]:
        """Return the legend: the title, then a symbol for each group with how many studies it has."""
        entries = [Entry(None, f"{self.title}:")] if self.title else []
        for at, name in enumerate(self.names):
            count = sum(group == name for group in self.of.values())
            sample = Marker(key="", x=0, y=0, radius=style.point_side / 2, fill=style.palette[at % len(style.palette)],
                            stroke=style.ink, shape=SHAPES[at])  # fmt: skip
            entries.append(Entry(sample, f"{name} ({count})"))
        return tuple(entries)


def groups_of(studies: Sequence[str], by: Mapping[str, str], title: str = "") -> Groups:
    """Return the groups of the studies that are shown.

    Raises
    ------
    ArgumentError
        for more groups than there are symbols.
    """
    of = {study: clean(by.get(study, "")) or UNKNOWN for study in studies}
    names = sorted(set(of.values()) - {UNKNOWN}) + ([UNKNOWN] if UNKNOWN in of.values() else [])
    if len(names) > len(SHAPES):
        raise ArgumentError(
            f"{title or 'by'} has {len(names)} values ({', '.join(names[:3])}, ...); "
            f"at most {len(SHAPES)} can be told apart in a plot"
        )
    return Groups(title=clean(title), of=of, names=tuple(names))
