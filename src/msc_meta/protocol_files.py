"""Protocols as files: the built-in one, one that is named, and one that lies among the records."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from msc_meta.errors import DataError, Problem
from msc_meta.input import read_named
from msc_meta.protocol import Protocol
from msc_meta.records.own_outcomes import PROTOCOL, own_outcomes

BUILT_IN = Path(__file__).parent / "protocols" / "msc_ards.yaml"


def load_protocol(path: str | Path | None = None) -> Protocol:
    """Read a protocol; the built-in one without a path.

    Raises
    ------
    DataError
        with every problem of the file, its line and column.
    UsageError
        if there is no such file.

    Examples
    --------
    >>> load_protocol().outcome("mortality").measure
    'RR'
    """
    return _read(BUILT_IN) if path is None else _read_file(Path(path))


def protocol_of(studies: Path) -> Path | None:
    """Return the protocol that lies in a folder of records, or beside a record; None where there is none.

    Examples
    --------
    >>> print(protocol_of(Path("studies")))
    None
    """
    found = (studies if studies.is_dir() else studies.parent) / PROTOCOL
    return found if found.is_file() else None


@lru_cache(maxsize=1)
def _read(path: Path) -> Protocol:
    return _read_file(path)


def _read_file(path: Path) -> Protocol:
    from msc_meta.records.strict_yaml import read_yaml
    from msc_meta.records.structure import validate
    from msc_meta.records.yaml_text import MAX_BYTES

    missing = f"no protocol at {path}; `msc-meta protocol > protocol.yaml` writes one to start from"
    content = read_named(path, MAX_BYTES, called=f"the protocol {path}", missing=missing)
    document = read_yaml(content, str(path))
    protocol, problems = validate(Protocol, document, own_outcomes(document.data))
    if protocol is not None:
        problems = [*problems, *_sensitivity_problems(protocol, str(path))]
    if protocol is None or any(problem.severity == "error" for problem in problems):
        raise DataError(problems)
    return protocol


def _sensitivity_problems(protocol: Protocol, path: str) -> list[Any]:
    """Try every sensitivity analysis once, so that a typo in one is found before anything is pooled."""
    from pydantic import ValidationError

    problems = []
    for name, outcome in protocol.outcomes.items():
        for number, sensitivity in enumerate(outcome.sensitivity):
            try:
                protocol.varied(name, sensitivity)
            except ValidationError as error:
                for detail in error.errors(include_url=False):
                    field = ".".join(str(part) for part in detail["loc"])
                    problems.append(
                        Problem(
                            code="E214",
                            severity="error",
                            path=path,
                            line=0,
                            column=0,
                            field=f"outcomes.{name}.sensitivity[{number}] ({sensitivity.id})",
                            message=f"{field}: {detail['msg']}",
                            help="a sensitivity analysis changes fields that the protocol has, to values they allow",
                        )
                    )
    return problems
