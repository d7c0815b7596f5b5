"""Whether published results still follow from their inputs: files against the manifest, numbers against a new run."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msc_meta.living.run_changes import same
from msc_meta.output import MANIFEST

if TYPE_CHECKING:
    from msc_meta.evidence import Evidence
    from msc_meta.protocol import Protocol

MOST = 40  # lines: another protocol changes nearly every number
Verdict = Literal["same", "different", "note", "unjudged"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``different`` fails the verification, a ``note`` does not.

    ``unjudged`` is what may be right or wrong, because the versions of the run are not installed.
    """

    verdict: Verdict
    subject: str
    says: str


def printed(findings: Iterable[Finding]) -> str:
    """Return what does not simply hold, a line each; of very many the first ones, and how many more there are."""
    shown = [f"{one.verdict:<10}{one.subject}: {one.says}\n" for one in findings if one.verdict != "same"]
    if len(shown) <= MOST:
        return "".join(shown)
    return "".join(shown[:MOST]) + f"... and {len(shown) - MOST} more\n"


def verdict_of(findings: Sequence[Finding]) -> str:
    """Return the last line: how many things hold and differ; that all hold only where nothing was left unjudged."""
    tally = Counter(one.verdict for one in findings)
    same, different, unjudged = tally["same"], tally["different"], tally["unjudged"]
    if not different and not unjudged:
        return f"{same} things were looked at: all hold"
    said = f"{same} things hold, {different or 'none'} differ{'s' if different <= 1 else ''}"
    if unjudged:
        said += f", {unjudged} could not be judged: install the versions of the run, named above, to compare them"
    return said


def manifest_findings(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare a manifest or a lock with its own hash: it finds a slip, and no forger, who would make a new one."""
    from msc_meta.report.manifest import sealed

    if "sha256" not in manifest:
        yield Finding("note", "manifest", "has no hash of its own: an earlier version of msc_meta wrote it")
    elif sealed(manifest)["sha256"] != manifest["sha256"]:
        yield Finding("different", "manifest", "is not what the run wrote: its own hash is another one")
    else:
        yield Finding("same", "manifest", "is what the run wrote")


def file_findings(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare every file of an output with its hash."""
    listed = manifest.get("files", {})
    if not listed:
        yield Finding("different", MANIFEST, "lists no file, so no file can be compared with what the run wrote")
    there = {path.name: path for path in folder.iterdir() if path.name != MANIFEST}
    for name in sorted(listed.keys() | there.keys()):
        if name not in listed:
            yield Finding("note", name, "is there and was not written by the run")
        elif name not in there:
            yield Finding("different", name, "is listed and not there")
        else:
            yield _file(name, there[name], listed[name])


def _file(name: str, path: Path, known: str) -> Finding:
    if not path.is_file():  # a pipe would wait for a writer
        return Finding("different", name, "can not be read: it is no file")
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return Finding("different", name, f"can not be read: {error.strerror or error}")
    if found != known:
        return Finding("different", name, "is not what the run wrote")
    return Finding("same", name, "is what the run wrote")


def input_findings(manifest: Mapping[str, Any], evidence: Evidence, protocol: Protocol) -> Iterator[Finding]:
    """Compare records and decisions with those that the results were made from."""
    same_protocol = manifest["protocol"]["sha256"] == protocol.sha256
    yield Finding(*(("same", "protocol", "is the one of the run") if same_protocol else
                    ("different", "protocol", "decides something else than the one of the run")))  # fmt: skip
    yield from _screening(manifest, evidence)
    before, after = manifest["evidence"].get("records", {}), evidence.record_hashes
    found = list(_record_findings(before, after)) if before else []
    if not found and manifest["evidence"]["sha256"] != evidence.sha256:
        found = [Finding("different", "records", "are not those of the run, and it is not known which")]
    yield from found or [Finding("same", "records", f"the {len(evidence)} records say what they said")]


def _screening(manifest: Mapping[str, Any], evidence: Evidence) -> Iterator[Finding]:
    was = manifest.get("screening", {}).get("sha256")
    now = evidence.screening.sha256 if evidence.screening is not None else None
    if was is None and now is None:
        return
    if was == now:
        yield Finding("same", "screening", "says what it said")
    elif was is None:
        yield Finding("different", "screening", "is there, and the run had none")
    elif now is None:
        yield Finding("different", "screening", "was there in the run, and is not now")
    else:
        yield Finding("different", "screening", "says something else than it did")


def _record_findings(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Finding]:
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Finding("different", name, "was a record of the run and is not there")
        elif name not in before:
            yield Finding("different", name, "is a record that the run did not have")
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
    found = [
        *_differing(published["outcomes"], again["outcomes"], ""),
        *(
            one
            for part in ("evidence", "protocol", "flow")
            for one in _differing(published.get(part), again.get(part), part)
        ),
    ]
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
