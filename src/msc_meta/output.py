"""An output folder that changes all at once: files are made beside it and moved into place at the end.

An interrupted, failed or out-of-space run leaves the old output as it was.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from msc_meta.errors import OutputError
from msc_meta.interrupts import held, noted

MANIFEST = "manifest.json"
OURS = ("forest_", "funnel_", "table_", "analyses_", "report.html")  # what a run may remove, if an earlier run made it


@contextlib.contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give a new empty folder to write into; on success its files take the places of those in ``folder``.

    Files that an earlier run listed in its manifest and that this one did not make again are removed; files
    of other origin stay.

    Raises
    ------
    OutputError
        if the folder can not be made or written; nothing in it was changed then.
    """
    draft: Path | None = None
    try:
        with held():  # or Ctrl-C could leave a draft that nobody knows of
            folder.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=".msc-meta-", dir=folder))
        with noted() as interrupts:
            yield draft
        if interrupts:  # swallowed by a library
            raise KeyboardInterrupt
        _move(draft, folder)
    except OSError as error:
        raise OutputError(_why(folder, error)) from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def _why(folder: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{folder} can not be written: {reason}. What was there before is unchanged."


def _move(draft: Path, folder: Path) -> None:
    made = sorted(path for path in draft.iterdir())
    blocked = [path.name for path in made if (folder / path.name).is_dir()]
    if blocked:
        raise OSError(None, f"{', '.join(blocked)} is a folder")
    ours = _listed(folder)
    foreign = [path.name for path in made if (folder / path.name).exists() and path.name not in {*ours, MANIFEST}]
    if foreign:
        raise OSError(None, f"{', '.join(foreign)} is there already and no earlier run made it; choose another folder")
    stale = {name for name in ours if name.startswith(OURS)} - {path.name for path in made}
    with held():
        for path in made:
            path.replace(folder / path.name)
        for name in stale:
            (folder / name).unlink(missing_ok=True)


def _listed(folder: Path) -> set[str]:
    """Return the files that an earlier run says it made; only plain names inside the folder are believed."""
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {name for name in files if isinstance(name, str) and Path(name).name == name}


def write_file(path: Path, content: str | bytes, *, force: bool = False) -> None:
    """Write one file all at once; see `write_files`."""
    write_files({path: content}, force=force)


def write_files(files: Mapping[Path, str | bytes], *, force: bool = False) -> None:
    """Write files, all of them or none; existing ones are replaced only with ``force``.

    Raises
    ------
    OutputError
        if a file exists or can not be written; existing files are unchanged then.
    """
    existing = dict.fromkeys(path for path in files if path.exists())
    if existing and not force:
        shown = ", ".join(map(str, [*existing][:3])) + (
            f" and {len(existing) - 3} more files" if len(existing) > 3 else ""
        )
        raise OutputError(f"{shown} {'exists' if len(existing) == 1 else 'exist'}; --force replaces")
    drafts = {path.with_name(f".{path.name}.part"): path for path in files}
    place = Path()
    waiting = dict(drafts)
    try:
        for place in {path.parent: path for path in files}.values():
            place.parent.mkdir(parents=True, exist_ok=True)
        for draft, place in drafts.items():
            content = files[place]
            draft.write_bytes(content.encode() if isinstance(content, str) else content)
            if place in existing:
                shutil.copymode(place, draft)
        with held():  # or Ctrl-C would leave some of the files
            for draft, place in drafts.items():
                draft.replace(place)
                del waiting[draft]
    except OSError as error:
        raise OutputError(_why(place, error)) from error
    finally:
        for draft in waiting:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
