"""Fonts: widths and glyphs as another reader sees them, and subsets that draw the same letters."""

from __future__ import annotations

import io

import pytest
from PIL import ImageFont

from msc_meta.figures.metrics import face, text_width, wrap

LETTERS = "Aé†ẽ²−≤χЖ0"


@pytest.mark.parametrize("bold", [False, True])
def test_widths_are_those_of_freetype(bold):
    font = face("DejaVu Sans", bold=bold)
    freetype = ImageFont.truetype(str(font.path), font.units, layout_engine=ImageFont.Layout.BASIC)
    for letter in LETTERS:
        assert font.advance(font.glyph(letter)) == pytest.approx(freetype.getlength(letter), abs=1), letter


def test_characters_the_font_lacks_have_glyph_zero():
    font = face("DejaVu Sans")
    assert [font.glyph(c) for c in "李\U0010ffff"] == [0, 0]
    assert all(font.glyph(c) for c in LETTERS)


@pytest.mark.parametrize("bold", [False, True])
def test_a_subset_draws_the_same_letters(bold):
    font = face("DejaVu Sans", bold=bold)
    glyphs = [font.glyph(c) for c in LETTERS]
    file, number = font.subset(glyphs)
    assert len(file) < 0.05 * font.path.stat().st_size
    fonttools = pytest.importorskip("fontTools.ttLib")
    small, large = fonttools.TTFont(io.BytesIO(file)), fonttools.TTFont(font.path)
    assert small["maxp"].numGlyphs == len(small.getGlyphOrder())
    for glyph in glyphs:
        assert outline(small, number[glyph]) == outline(large, glyph)


def outline(font: object, glyph: int) -> tuple[object, ...]:
    name = font.getGlyphName(glyph)
    coordinates, ends, flags = font["glyf"][name].getCoordinates(font["glyf"])
    return list(coordinates), list(ends), list(flags), font["hmtx"][name]


def test_lines_fit_and_lose_nothing():
    text = "percentages without the number of patients they refer to, " * 3 + "x" * 90
    lines = wrap(text, 120, 8, "DejaVu Sans")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(text_width(line, 8, "DejaVu Sans") <= 120 for line in lines)
    assert wrap("", 100, 8, "DejaVu Sans") == []


def test_marks_that_stack_take_no_room():
    assert text_width("e\u0303", 10, "DejaVu Sans") == text_width("e", 10, "DejaVu Sans")
