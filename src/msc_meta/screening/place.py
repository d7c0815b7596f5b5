"""Where the screening file of a review is looked for; nothing is loaded to find that there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from msc_meta.errors import UsageError

NAME: Final = "screening.yaml"


def screening_of(studies: Path) -> Path | None:
    """Return the screening file of a folder of records: in it, or in the folder above; None where there is none.

    Of a table of studies it lies beside the table. A single record is no review, and has none.

    Raises
    ------
    UsageError
        If there are two.

    Examples
    --------
    >>> print(screening_of(Path("studies")))
    None
    """
    if studies.suffix.lower() in (".yaml", ".yml") and not studies.is_dir():
        return None
    above = studies.parent if studies.name not in ("", "..") else studies / ".."
    places = (studies / NAME, above / NAME) if studies.is_dir() else (studies.with_name(NAME),)
    found = [place for place in places if place.is_file()]
    if len(found) > 1:
        raise UsageError(f"there are two screening files, {found[0]} and {found[1]}: keep one, or name one")
    return found[0] if found else None
