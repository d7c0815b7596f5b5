"""A drawing as a TIFF file for print, with LZW compression: lossless, and what journals ask for."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL.TiffImagePlugin import ImageFileDirectory_v2

from msc_meta.figures.drawing import Circle, Drawing, Polygon
from msc_meta.figures.render_png import picture

if TYPE_CHECKING:
    from PIL import Image

DESCRIPTION, SOFTWARE = 270, 305  # tags of TIFF 6.0


def tiff_bytes(drawing: Drawing, dpi: int = 300) -> bytes:
    """Return a drawing as a TIFF file without transparency; the same drawing gives the same bytes.

    A drawing without colours is a picture of greys, a third of the size.
    """
    image = picture(drawing, dpi)
    if not any(_is_color(color) for color in _colors(drawing)):
        image = image.convert("L")
    return _saved(image, drawing, dpi)


def _saved(image: Image.Image, drawing: Drawing, dpi: int) -> bytes:
    tags = ImageFileDirectory_v2()
    tags.tagtype[DESCRIPTION] = tags.tagtype[SOFTWARE] = 2  # text
    tags[DESCRIPTION] = f"{drawing.title}\n{drawing.description}".encode()  # or Pillow makes question marks of it
    tags[SOFTWARE] = "msc_meta"
    buffer = io.BytesIO()
    image.save(buffer, "TIFF", compression="tiff_lzw", dpi=(dpi, dpi), tiffinfo=tags)
    return buffer.getvalue()


def _colors(drawing: Drawing) -> set[str]:
    found = {drawing.paper}
    for item in drawing.items:
        found |= {item.fill, item.stroke} if isinstance(item, Polygon | Circle) else {item.color}
    return found - {""}


def _is_color(color: str) -> bool:
    return not color[1:3].lower() == color[3:5].lower() == color[5:7].lower()
