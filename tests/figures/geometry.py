"""What must hold of the places of texts in any drawing."""

from itertools import combinations

from msc_meta.figures.drawing import Box, Drawing


def assert_texts_keep_apart(drawing: Drawing) -> None:
    """Fail where a drawing has no text, where one is not wholly on the page, or where two overlap."""
    boxes = sorted(((text.box(drawing.font_family), text.text) for text in drawing.texts), key=lambda pair: pair[0].top)
    page = Box(0, 0, drawing.width, drawing.height)
    assert boxes
    assert [text for box, text in boxes if not box.inside(page)] == []
    for (box, text), (other, other_text) in combinations(boxes, 2):
        if other.top < box.bottom:
            # Boxes reach from ascender to descender; a raised mark may share their empty corners.
            assert not box.overlaps(other, slack=1.2), (text, other_text)
