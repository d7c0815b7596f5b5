"""From what a table or a registry calls a study to the id and the label of its record."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 60
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d"})
_NOISE = re.compile(r"\bet\.? ?al\b\.?|\band\b|&", re.IGNORECASE)


def study_id(label: str) -> str:
    """Return the id that fits a label: lower-case letters, digits and hyphens; empty where it has none of them.

    Examples
    --------
    >>> study_id("Martínez-Muñoz et al. (2024)"), study_id("Hart & Sutherland 1977"), study_id("1")
    ('martinez-munoz-2024', 'hart-sutherland-1977', '1')
    """
    plain = unicodedata.normalize("NFKD", _NOISE.sub(" ", label).translate(_LETTERS))
    letters = plain.encode("ascii", "ignore").decode("ascii").lower()
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
    return slug if len(slug) <= LONGEST else slug[:LONGEST].rpartition("-")[0] or slug[:LONGEST]


def study_label(name: str, year: str) -> str:
    """Return the label of a study: its name, and the year where the name does not say it.

    Examples
    --------
    >>> study_label("Zheng", "2014"), study_label("Zheng 2014", "2014"), study_label("REALIST", "")
    ('Zheng 2014', 'Zheng 2014', 'REALIST')
    """
    return name if not year or year in name else f"{name} {year}"
