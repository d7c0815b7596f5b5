"""The pinned values of robustness, and how closely they are known."""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parents[1] / "reference"


def sets(name):
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))["sets"]


def left_over(yi, vi):
    """What metafor's iterations leave of tau2, in units of the smallest variance: 1e-12 max(1, var(yi)) absolute.

    That matters where all variances are tiny (rates per day), and nowhere else.
    """
    return 1e-12 * max(1.0, float(np.var(yi, ddof=1))) / float(np.min(vi))
