"""The screening file as a JSON Schema, for editors: completion and hover texts while numbers are typed."""

from __future__ import annotations

import json
from typing import Any

from msc_meta.records.fields import described_schema
from msc_meta.records.json_schema import DIALECT, shaped
from msc_meta.screening.numbers import ScreeningNumbers


def screening_schema() -> dict[str, Any]:
    """Return the JSON Schema of a screening file.

    Examples
    --------
    >>> screening_schema()["$defs"]["Removed"]["properties"]["duplicates"]["type"]
    ['integer', 'null']
    """
    return {
        "$schema": DIALECT,
        **shaped(described_schema(ScreeningNumbers)),
        "title": "Screening file of msc_meta",
        "description": "The numbers of search and selection that no record holds.",
    }


def screening_schema_text() -> str:
    """Return the schema as the text of a file."""
    return json.dumps(screening_schema(), indent=1, ensure_ascii=False) + "\n"
