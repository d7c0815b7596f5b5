"""How wide the columns of a printed table are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from msc_meta.report.page_tables import Table

WHOLE: Final = 26  # characters of a number with its interval, which stays on one line
LINE: Final = 40  # characters; a text that is longer breaks into lines
SPACE: Final = 3  # characters between columns


def column_widths(table: Table, room: int) -> tuple[int, ...]:
    """Share out the width of a page: by the longest word at least, and by how much each column has to say.

    Examples
    --------
    >>> from msc_meta.report.page_tables import text_table
    >>> table = text_table("t", "", [["Study", "Effect"], ["Martínez-Muñoz 2024", "0.5"]])
    >>> widths = column_widths(table, 1000)
    >>> sum(widths), widths[0] > widths[1]
    (1000, True)
    """
    columns = list(zip(*([cell.text for cell in row] for row in table.rows), strict=True))
    wants: list[float] = []
    for column, texts in zip(table.columns, columns, strict=True):
        word = max(len(part) for text in (column.header, *texts) for part in (text.split(" ") or [""]))
        longest = max(map(len, texts), default=0)
        mean = sum(map(len, texts)) / max(1, len(texts))
        room_for_all = min(longest, WHOLE) if column.numbers else min(LINE, longest / 2, 1.5 * mean)
        wants.append(max(word, room_for_all) + SPACE)
    shares = [round(room * want / sum(wants)) for want in wants]
    return (*shares[:-1], room - sum(shares[:-1]))
