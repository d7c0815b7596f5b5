"""How wide text is, and where it breaks; read from the font file.

Widths are sums of advances. Kerning, which would bring letters nearer, is left out: a width is an upper bound by
about one percent.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msc_meta.figures.fonts import room

ASCENT, DESCENT, CAP_HEIGHT = 0.76, 0.24, 0.73  # of DejaVu Sans, in units of the type size
SLACK = 0.97  # lines are filled to this part of their room, for renderers that round each letter to whole pixels
TOGETHER = re.compile(  # ``P = 0.59``, ``[0.64, 1.21]``, ``(0.64 to 1.21)`` and ``95% CI`` stay on one line
    r"\S+ [=<>≤≥] \S+|[\[(][−\d.]\S*(?:,| ,| to) \S+[\])]\S*|\[\S+, \S+\]\S*|[\d.]+% CI\S*|\S+"
)


def text_width(text: str, size: float, family: str, *, bold: bool = False, italic: bool = False) -> float:
    """Return the width of a text in points.

    Examples
    --------
    >>> text_width("Weight", 10, "DejaVu Sans")
    35.42
    """
    return size * sum([room(character, family, bold, italic) for character in text])


def wrap(text: str, width: float, size: float, family: str, *, bold: bool = False, italic: bool = False) -> list[str]:
    """Break a text into lines that are at most ``width`` points wide; a word that is wider is broken too.

    Examples
    --------
    >>> wrap("an answer, not a pool", 65, 10, "DejaVu Sans")
    ['an answer,', 'not a pool']
    >>> wrap("reported P = 0.59", 65, 10, "DejaVu Sans")
    ['reported', 'P = 0.59']
    """

    def fits(piece: str) -> bool:
        return text_width(piece, size, family, bold=bold, italic=italic) <= SLACK * width

    lines: list[str] = []
    line = ""
    words = [word for kept in TOGETHER.findall(text) for word in ([kept] if fits(kept) else kept.split())]
    for word in words:
        for piece in [word] if fits(word) else _pieces(word, fits):
            longer = f"{line} {piece}" if line else piece
            if not line or fits(longer):
                line = longer
            else:
                lines.append(line)
                line = piece
    return [*lines, line] if line else lines


def _pieces(word: str, fits: Callable[[str], bool]) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and not fits(pieces[-1] + character):
            pieces.append("")
        pieces[-1] += character
    return pieces
