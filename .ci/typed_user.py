"""A user's script: `.ci/dist` runs it, and mypy --strict on it, where only the wheel is installed."""

from __future__ import annotations

import sys

import msc_meta as mm


def main(folder: str) -> None:
    """Use what the package exports, with the types that its documentation tells."""
    synthesis: mm.Synthesis = mm.synthesize(mm.load_studies(folder), outcomes=["mortality"], sensitivity=False)
    result: mm.PooledResult = synthesis["mortality"].result
    interval: mm.Interval = result.ci
    print(mm.__version__, result.k, result.estimate, interval.low, interval.high)
    again = mm.pool([0.1, 0.2, 0.4], [0.01, 0.02, 0.03], measure="RR")
    print(again.tau2 + 1.0)


main(sys.argv[1])
