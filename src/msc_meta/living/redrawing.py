"""Every file of an output made once more, and compared byte for byte: what a forged manifest can not hide."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msc_meta.figures import FORMATS
from msc_meta.living.verification import Finding
from msc_meta.output import MANIFEST

if TYPE_CHECKING:
    from msc_meta.evidence import Evidence
    from msc_meta.synthesis import Synthesis


def redrawn_findings(
    folder: Path, manifest: Mapping[str, Any], synthesis: Synthesis, evidence: Evidence
) -> Iterator[Finding]:
    """Compare every file with the one that this synthesis of the records gives now.

    The same input gives the same bytes, with the same versions of the package and its libraries. With other ones a
    file that is another can not be judged, for it may be drawn differently.
    """
    from msc_meta.report.manifest import versions
    from msc_meta.report.outputs import REPORT, write_outputs

    listed = set(manifest.get("files", {}))
    there = {path.name for path in folder.iterdir()}  # a manifest may have been made to forget a file
    wanted = [form for form in FORMATS if any(name.endswith(f".{form}") for name in listed)]
    formats = tuple(form for form in FORMATS if any(name.endswith(f".{form}") for name in listed | there))
    forgotten = tuple(f".{form}" for form in formats if form not in wanted)
    known = {"msc_meta": manifest.get("msc_meta"), **manifest.get("libraries", {})}
    judged = known == versions()
    with tempfile.TemporaryDirectory() as place:
        again = Path(place) / "out"
        write_outputs(again, synthesis, evidence, formats=formats, report=REPORT in listed | there)
        made = {path.name: path for path in again.iterdir() if path.name in there or not path.name.endswith(forgotten)}
        if forgotten or REPORT in there - listed:
            made.pop(MANIFEST)  # it lists more than the run made
        for name in sorted(made.keys() | listed):
            if name not in made:
                yield Finding("different", name, "is listed, and a run does not make it")
            elif not _same_bytes(folder / name, made[name]):
                yield _other(name, judged=judged)
            else:
                yield Finding("same", name, "is what the records give, byte for byte")


def _other(name: str, *, judged: bool) -> Finding:
    if judged:
        return Finding("different", name, "is not what the records give")
    return Finding("unjudged", name, "is not what the records give with these versions; those of the run may differ")


def _same_bytes(one: Path, other: Path) -> bool:
    try:
        return one.read_bytes() == other.read_bytes()
    except OSError:
        return False
