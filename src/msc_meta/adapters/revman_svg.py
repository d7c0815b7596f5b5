"""What the drawing of an analysis in a RevMan Web package says and its tables may not: labels, and the measure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from msc_meta.adapters.revman_measures import measure_named
from msc_meta.adapters.revman_review import plain
from msc_meta.adapters.xml_text import XmlError, read_xml

_NUMBER: Final = r"(-?\d+(?:\.\d+)?)"
_EFFECT: Final = re.compile(rf"{_NUMBER} \[{_NUMBER} ?, {_NUMBER}\]")
DECIMALS: Final = 2
"""Of the effects in a drawing."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Labels of the groups, the measure and the total, empty where the drawing does not show them."""

    experimental: str = ""
    control: str = ""
    measure: str = ""
    total: tuple[float, ...] = ()


def labels_in(content: bytes) -> Drawn:
    """Return what the texts of a drawing say; nothing of a drawing that can not be read."""
    try:
        texts = [plain(element.words()) for element in read_xml(content).every("text")]
    except XmlError:
        return Drawn()
    heads = [text for text, below in pairwise(texts) if below in ("Events", "Mean") and text != "Total"]
    measures = [text for text in texts if measure_named(text)]
    experimental, control = heads if len(heads) == 2 else ("", "")
    effects = [found for text in texts if (found := _EFFECT.fullmatch(text))]
    total = (
        tuple(map(float, effects[-1].groups())) if effects and any(text.startswith("Total (") for text in texts) else ()
    )
    return Drawn(experimental, control, measures[0] if measures else "", total)
