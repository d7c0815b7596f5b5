"""manifest.json: what a run was made from and what it made, as hashes; the same input gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msc_meta.output import MANIFEST

if TYPE_CHECKING:
    from msc_meta.evidence import Evidence
    from msc_meta.protocol import Protocol

# the libraries that numbers or figures depend on
LIBRARIES = ("numpy", "scipy", "matplotlib", "pydantic", "PyYAML")


def manifest(folder: Path, evidence: Evidence, protocol: Protocol) -> dict[str, Any]:
    """Return hashes of records, protocol and every file in ``folder``, and the versions that made them."""
    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST)
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return sealed(lock(evidence, protocol) | {"files": hashes})


def lock(evidence: Evidence, protocol: Protocol) -> dict[str, Any]:
    """Return hashes of records and protocol, and the versions that results depend on."""
    known = versions()
    return sealed(
        {
            "msc_meta": known.pop("msc_meta"),
            "libraries": known,
            "protocol": {"id": protocol.id, "sha256": protocol.sha256},
            **({"screening": {"sha256": evidence.screening.sha256}} if evidence.screening is not None else {}),
            "evidence": {
                "sha256": evidence.sha256,
                "studies": list(evidence.ids),
                "records": evidence.record_hashes,
            },
        }
    )


def sealed(listing: Mapping[str, Any]) -> dict[str, Any]:
    """Return a listing with the hash of all else in it, by which one changed digit of its own is found."""
    from msc_meta.report.results_json import to_json

    content = {name: value for name, value in listing.items() if name != "sha256"}
    return content | {"sha256": hashlib.sha256(to_json(content).encode()).hexdigest()}


def versions() -> dict[str, str]:
    """Return the versions of the package and of the libraries that numbers or figures depend on."""
    from importlib.metadata import version as version_of

    from msc_meta import __version__

    return {"msc_meta": __version__} | {name: version_of(name) for name in LIBRARIES}
