"""How much of what estimates differ by lies between groups of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from msc_meta.effects.arguments import Array


def share_between(groups: Sequence[Array]) -> float:
    """Return the share of the variance of all values that lies between groups (squared correlation ratio).

    Examples
    --------
    >>> share_between([np.array([1.0, 1.0]), np.array([3.0, 3.0])])
    1.0
    """
    everything = np.concatenate(groups) if groups else np.empty(0)
    if everything.size < 2 or (total := float(((everything - everything.mean()) ** 2).sum())) == 0:
        return 0.0
    return math.fsum(group.size * (group.mean() - everything.mean()) ** 2 for group in groups if group.size) / total
