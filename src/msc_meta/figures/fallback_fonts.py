"""Fonts of this machine for the characters that the figure's own font lacks: Chinese, Japanese, Korean, Thai, ...

Looked for by file name in the folders where systems keep fonts, and only when a character is missing: on the usual
path nothing here is run. The folders of ``MSC_META_FONTS`` are searched instead where it is set; set and empty, no
font of the machine is used and the same records give the same files everywhere.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

VARIABLE = "MSC_META_FONTS"
# TrueType before OpenType with PostScript outlines (Noto CJK), which a PDF gets as shapes and not as letters.
PREFERRED = (
    "wqy-zenhei.ttc", "wqy-microhei.ttc", "droidsansfallbackfull.ttf", "droidsansfallback.ttf",  # Linux
    "msyh.ttc", "msjh.ttc", "malgun.ttf", "yugothm.ttc", "msgothic.ttc", "simsun.ttc", "arialuni.ttf",  # Windows
    "segoeui.ttf", "nirmala.ttf", "nirmala.ttc", "leelawui.ttf", "seguisym.ttf",
    "arial unicode.ttf", "pingfang.ttc", "hiragino sans gb.ttc", "stheiti light.ttc", "applesdgothicneo.ttc",  # macOS
    "notosanscjk-regular.ttc", "notosanscjksc-regular.otf", "notosanscjkjp-regular.otf", "sourcehansans.ttc",
)  # fmt: skip
FURTHER = ("notosans", "freesans", "unifont", "symbola")  # beginnings of names; one file of Noto per script


def font_with(character: str) -> tuple[str, Path] | None:
    """Return the name and the file of a font of this machine that has a character; None where none has."""
    return _font_with(character, _folders(os.environ.get(VARIABLE)))


def glyph_advance(path: Path, character: str) -> float | None:
    """Return how far a character moves the pen in a font of any kind, in type sizes; None if the font lacks it."""
    from matplotlib.ft2font import LoadFlags

    font = _opened(path)
    if not font.get_char_index(ord(character)):
        return None
    return font.load_char(ord(character), LoadFlags.NO_SCALE).horiAdvance / font.units_per_EM


@cache
def _font_with(character: str, folders: tuple[Path, ...]) -> tuple[str, Path] | None:
    for path in _candidates(folders):
        try:
            font = _opened(path)
        except (OSError, RuntimeError):  # broken, or of a kind that FreeType does not know
            continue
        if font.scalable and font.get_char_index(ord(character)):
            return font.family_name, path
    return None


@cache
def _opened(path: Path) -> FT2Font:
    from matplotlib.ft2font import FT2Font  # 0.1 s, of the few figures that need it

    return FT2Font(str(path))


@cache
def _candidates(folders: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the fonts to ask, best first; of two files of one name the first by path."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in {".ttf", ".ttc", ".otf"}:
                found.setdefault(path.name.lower(), path)
    further = sorted(
        name for name in found if name.startswith(FURTHER) and name not in PREFERRED and _is_regular(Path(name).stem)
    )
    return tuple(found[name] for name in (*PREFERRED, *further) if name in found)


def _is_regular(stem: str) -> bool:
    return "-" not in stem or stem.endswith("-regular")


def _folders(named: str | None) -> tuple[Path, ...]:
    if named is not None:
        return tuple(Path(part) for part in named.split(os.pathsep) if part)
    home = Path.home()
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA", home)) / "Microsoft/Windows/Fonts"
        return Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", local
    if sys.platform == "darwin":
        return Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"
    return Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local/share/fonts", home / ".fonts"
