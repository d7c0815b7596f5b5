"""Effect measures as RevMan names them, in its files and its drawings, and as the protocol does."""

from __future__ import annotations

import re
from typing import Final

MEASURES: Final = {
    "or": "OR", "odds ratio": "OR", "peto or": "PETO", "peto odds ratio": "PETO", "rr": "RR", "risk ratio": "RR",
    "relative risk": "RR", "rd": "RD", "risk difference": "RD", "md": "MD", "wmd": "MD", "mean difference": "MD",
    "weighted mean difference": "MD", "smd": "SMD", "std mean difference": "SMD", "standardised mean difference": "SMD",
    "standardized mean difference": "SMD", "hr": "HR", "hazard ratio": "HR", "rom": "ROM", "ratio of means": "ROM",
}  # fmt: skip
"""Spelling -> measure."""
RATIOS: Final = ("OR", "RR", "HR", "ROM", "PETO")


def measure_named(name: str) -> str:
    """Return the protocol's name of a measure; empty for one that it does not know.

    Examples
    --------
    >>> measure_named("PETO_OR"), measure_named("Std. Mean Difference"), measure_named("Rate ratio")
    ('PETO', 'SMD', '')
    """
    return MEASURES.get(" ".join(re.findall(r"[a-z]+", name.lower())), "")


def is_ratio(name: str) -> bool:
    """Say whether a measure is one that is analysed on the log scale, known here or not.

    Examples
    --------
    >>> is_ratio("Rate ratio"), is_ratio("Mean difference")
    (True, False)
    """
    return measure_named(name) in RATIOS or bool(re.search(r"\b(ratio|irr)\b", name.lower()))
