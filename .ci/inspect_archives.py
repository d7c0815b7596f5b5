"""Say what an sdist and a wheel lack or hold too much, in files and metadata; exit with 1 if anything.

Usage: python .ci/inspect_archives.py TRACKED SDIST WHEEL, with TRACKED as `git ls-files -z` writes it.
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

SDIST_ONLY = {"PKG-INFO"}
METADATA = {
    "Name": "msc-meta",
    "License-Expression": "MIT",
    "License-File": "LICENSE",
    "Requires-Python": ">=3.11",
    "Description-Content-Type": "text/markdown",
}


def differences(what: str, found: set[str], expected: set[str]) -> list[str]:
    """Return a line for every name on one side only."""
    lacks = [f"{what} lacks {name}" for name in sorted(expected - found)]
    return lacks + [f"{what} should not hold {name}" for name in sorted(found - expected)]


def of_sdist(path: Path, tracked: set[str]) -> list[str]:
    """Compare with all that git tracks."""
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    return differences(path.name, names, tracked | SDIST_ONLY)


def of_wheel(path: Path, tracked: set[str]) -> list[str]:
    """Compare with what git tracks of the package, and read what the metadata say."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        info = next(name.partition("/")[0] for name in names if ".dist-info/" in name)
        metadata = message_from_bytes(archive.read(f"{info}/METADATA"))
    package = {name.removeprefix("src/") for name in tracked if name.startswith("src/")}
    about = {f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")}
    wrong = [f"{path.name}: {key} is {metadata[key]!r}" for key, value in METADATA.items() if metadata[key] != value]
    if "Typing :: Typed" not in metadata.get_all("Classifier", []) or "msc_meta/py.typed" not in names:
        wrong.append(f"{path.name} does not say that it is typed")
    return differences(path.name, names, package | about) + wrong


def main(listing: str, sdist: str, wheel: str) -> int:
    """Print what is wrong, or how much is right, and return the exit code."""
    tracked = set(Path(listing).read_text(encoding="utf-8").split("\0")) - {""}
    problems = of_sdist(Path(sdist), tracked) + of_wheel(Path(wheel), tracked)
    print("\n".join(problems) or f"   {len(tracked)} tracked files in the sdist, all of the package's in the wheel")
    return bool(problems)


sys.exit(main(*sys.argv[1:]))
