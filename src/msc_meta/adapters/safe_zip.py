"""Members of a zip file, and of zip files in it, as bytes: nothing is written, and nothing is larger than it may be."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Final

MAX_MEMBERS: Final = 10_000
MAX_TOTAL: Final = 256 * 1024 * 1024
"""Bytes of all members together, unpacked."""
MAX_DEPTH: Final = 3
"""Zip files within each other."""


class ZipError(Exception):
    """A zip file that is broken, too large, or names something outside itself."""


def members(content: bytes) -> dict[str, bytes]:
    """Return every file in a zip file by its path, with those of zip files in it below their paths.

    Raises
    ------
    ZipError
        If the file is broken or unfinished, names a file twice or outside itself, is encrypted, or holds too much.
    """
    found: dict[str, bytes] = {}
    _collect(content, "", 1, found, [0])
    return found


def _collect(content: bytes, below: str, depth: int, found: dict[str, bytes], total: list[int]) -> None:
    if depth > MAX_DEPTH:
        raise ZipError(f"zip files lie in each other more than {MAX_DEPTH} deep")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if not _fills(content, archive):
                raise ZipError("the zip file is broken or unfinished: its list of files is not that of the whole file")
            for info in archive.infolist():
                if info.is_dir():
                    continue
                name = below + _safe(info)
                if name in found:
                    raise ZipError(f"{name} is in it twice")
                data = _unpacked(archive, info, total)
                found[name] = data
                if len(found) > MAX_MEMBERS:
                    raise ZipError(f"it holds more than {MAX_MEMBERS:,} files")
                if name.lower().endswith(".zip"):
                    _collect(data, f"{name}/", depth + 1, found, total)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ZipError(f"the zip file is broken or unfinished: {error}") from None


def _fills(content: bytes, archive: zipfile.ZipFile) -> bool:
    """Say whether an archive goes from the first byte to the last.

    Where the end of a file is missing, the list of another archive in it, stored as it is, would pass for its own.
    """
    start = min((info.header_offset for info in archive.infolist()), default=0)
    end = content.rfind(b"PK\x05\x06", 0, len(content) - len(archive.comment))
    return start == 0 and end + 22 + len(archive.comment) == len(content)


def _safe(info: zipfile.ZipInfo) -> str:
    name = info.filename.replace("\\", "/")
    if name.startswith("/") or ":" in name.split("/")[0] or ".." in name.split("/"):
        raise ZipError(f"it names a file outside itself: {info.filename}")
    if info.flag_bits & 1:
        raise ZipError(f"{name} is encrypted")
    return name


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, total: list[int]) -> bytes:
    """Unpack piece by piece: what a zip file says of its sizes need not be true."""
    pieces = []
    with archive.open(info) as member:
        while piece := member.read(1024 * 1024):
            total[0] += len(piece)
            if total[0] > MAX_TOTAL:
                raise ZipError(f"unpacked it has more than {MAX_TOTAL:,} bytes")
            pieces.append(piece)
    return b"".join(pieces)
