"""Text is as wide as another reader of the font says, and breaks without a loss."""

from __future__ import annotations

import pytest
from PIL import ImageFont

from msc_meta.figures.fonts import advance, font_file
from msc_meta.figures.metrics import text_width, wrap

FAMILY = "DejaVu Sans"


@pytest.mark.parametrize("bold", [False, True])
def test_widths_are_those_of_freetype(bold):
    size = 2048  # units of the font, so that nothing is rounded
    font = ImageFont.truetype(str(font_file(FAMILY, bold=bold)), size, layout_engine=ImageFont.Layout.BASIC)
    for letter in "Aé†ẽ²−≤χЖ0":
        assert text_width(letter, size, FAMILY, bold=bold) == pytest.approx(font.getlength(letter), abs=1), letter


def test_characters_the_font_lacks_are_known():
    assert [advance(c, FAMILY, False, False) for c in "李\U0010ffff"] == [None, None]
    assert text_width("李", 10, FAMILY) > text_width("M", 10, FAMILY)


def test_lines_fit_and_lose_nothing():
    text = "percentages without the number of patients they refer to, " * 3 + "x" * 90
    lines = wrap(text, 120, 8, FAMILY)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(text_width(line, 8, FAMILY) <= 120 for line in lines)
    assert wrap("", 100, 8, FAMILY) == []


def test_marks_that_stack_take_no_room():
    assert text_width("e\u0303", 10, FAMILY) == text_width("e", 10, FAMILY)
