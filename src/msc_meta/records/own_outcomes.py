"""Outcomes of a review's own, beside the three of the record format: what a protocol has to say to define one.

A name is known by being defined: a protocol's outcome that says under ``numbers`` what the records report of it. So a
slip of the pen in ``mortality`` is still found, in the record and in the protocol, and ``msc-meta check`` knows the
outcomes of a folder of records by the ``protocol.yaml`` that lies in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msc_meta.input import TooLargeError, read_ordinary

if TYPE_CHECKING:
    from msc_meta.errors import Problem

PROTOCOL: Final = "protocol.yaml"
"""Name of the file in a folder of records that holds their review's protocol."""
NAME: Final = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
LONGEST: Final = 60  # it is part of names of files


def own_outcomes(protocol: Mapping[str, Any] | None) -> frozenset[str]:
    """Return the names of the outcomes that a protocol, as read and not yet checked, defines.

    Examples
    --------
    >>> sorted(own_outcomes({"outcomes": {"mortality": {}, "ventilator_days": {"numbers": "values"}, "mortalty": {}}}))
    ['ventilator_days']
    """
    outcomes = (protocol or {}).get("outcomes")
    if not isinstance(outcomes, Mapping):
        return frozenset()
    return frozenset(
        name
        for name, rules in outcomes.items()
        if isinstance(rules, Mapping)
        and rules.get("numbers") is not None
        and isinstance(name, str)
        and len(name) <= LONGEST
        and NAME.fullmatch(name)
    )


def own_outcomes_of(folder: Path) -> tuple[frozenset[str], tuple[Problem, ...]]:
    """Return the outcomes that the protocol in a folder of records defines, and what keeps it from being read."""
    from msc_meta.records.findings import WHOLE_FILE, Mistake, problem
    from msc_meta.records.strict_yaml import read_yaml
    from msc_meta.records.yaml_text import MAX_BYTES

    path = folder / PROTOCOL
    if not path.is_file():
        return frozenset(), ()
    try:
        content = read_ordinary(path, MAX_BYTES)
    except OSError as error:
        code = "E103" if isinstance(error, TooLargeError) else "E150"
        found = Mistake(code, WHOLE_FILE, f"the protocol can not be read: {error.strerror}", "look at its permissions")
        return frozenset(), (problem(found, str(path)),)
    document = read_yaml(content, str(path))
    return own_outcomes(document.data), tuple(document.problems)
