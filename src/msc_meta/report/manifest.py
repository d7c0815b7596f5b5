"""manifest.json: what a run was made from and what it made, as hashes; the same input gives the same bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msc_meta.output import MANIFEST

if TYPE_CHECKING:
    from msc_meta.evidence import Evidence
    from msc_meta.protocol import Protocol

# the libraries that numbers or figures depend on
LIBRARIES = ("numpy", "scipy", "matplotlib", "pydantic", "PyYAML")


def manifest(folder: Path, evidence: Evidence, protocol: Protocol, version: str) -> dict[str, Any]:
    """Return hashes of records, protocol and every file in ``folder``, and the versions that made them."""
    from importlib.metadata import version as version_of

    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST)
    return {
        "msc_meta": version,
        "libraries": {name: version_of(name) for name in LIBRARIES},
        "protocol": {"id": protocol.id, "sha256": protocol.sha256},
        "evidence": {"sha256": evidence.sha256, "studies": list(evidence.ids)},
        "files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
    }
