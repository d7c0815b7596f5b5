"""Whether published results still follow from their inputs: files against the manifest, numbers against a new run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msc_meta.errors import UsageError
from msc_meta.living.run_changes import same
from msc_meta.output import MANIFEST

if TYPE_CHECKING:
    from msc_meta.evidence import Evidence
    from msc_meta.protocol import Protocol

Verdict = Literal["same", "different", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``different`` fails the verification, a ``note`` does not."""

    verdict: Verdict
    subject: str
    says: str


def manifest_in(folder: Path) -> Mapping[str, Any]:
    """Return the manifest of a run's output, or of a lock file.

    Raises
    ------
    UsageError
        If there is none, or it can not be read.
    """
    path = folder / MANIFEST if folder.is_dir() else folder
    if not path.is_file():
        raise UsageError(f"{folder} has no {MANIFEST}: it is no output of msc-meta run")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        for part in ("evidence", "protocol"):
            found[part]["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no manifest of a run: {type(error).__name__} {error}") from None
    return dict(found)


def printed(findings: Iterable[Finding]) -> str:
    """Return what does not simply hold, a line each."""
    return "".join(f"{one.verdict:<10}{one.subject}: {one.says}\n" for one in findings if one.verdict != "same")


def file_findings(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare every file of an output with its hash."""
    listed = manifest.get("files", {})
    there = {path.name: path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST}
    for name in sorted(listed.keys() | there.keys()):
        if name not in there:
            yield Finding("different", name, "is listed and not there")
        elif name not in listed:
            yield Finding("note", name, "is there and was not written by the run")
        elif hashlib.sha256(there[name].read_bytes()).hexdigest() != listed[name]:
            yield Finding("different", name, "is not what the run wrote")
        else:
            yield Finding("same", name, "is what the run wrote")


def input_findings(manifest: Mapping[str, Any], evidence: Evidence, protocol: Protocol) -> Iterator[Finding]:
    """Compare records and decisions with those that the results were made from."""
    same_protocol = manifest["protocol"]["sha256"] == protocol.sha256
    yield Finding(*(("same", "protocol", "is the one of the run") if same_protocol else
                    ("different", "protocol", "decides something else than the one of the run")))  # fmt: skip
    if manifest["evidence"]["sha256"] == evidence.sha256:
        yield Finding("same", "records", f"the {len(evidence)} records say what they said")
        return
    before, after = manifest["evidence"].get("records", {}), evidence.record_hashes
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Finding("different", name, "was a record of the run and is not there")
        elif name not in before:
            yield Finding("different", name, "is a record that the run did not have" if before else "may be new")
        elif before[name] != after[name]:
            yield Finding("different", name, "says something else than it did")


def version_findings(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare the versions of the package and of its libraries; another version is a note, for numbers decide."""
    from msc_meta.report.manifest import versions

    now = versions()
    for name, version in {"msc_meta": manifest.get("msc_meta"), **manifest.get("libraries", {})}.items():
        if now.get(name) != version:
            yield Finding("note", name, f"was {version}, is {now.get(name, 'not installed')}")


def number_findings(published: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare every value of two results.json, numbers to nine digits."""
    found = list(_differing(published["outcomes"], again["outcomes"], ""))
    for path, was, now in found:
        yield Finding("different", path, f"is {_short(was)} in the published results and {_short(now)} now")
    if not found:
        yield Finding("same", "numbers", "follow from the records and the protocol, each to nine digits")


def _differing(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys((*old, *new)):
            yield from _differing(old.get(name), new.get(name), f"{path}.{name}" if path else str(name))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (was, now) in enumerate(zip(old, new, strict=True)):
            yield from _differing(was, now, f"{path}[{at}]")
    elif not same(old, new):
        yield path, old, new


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
