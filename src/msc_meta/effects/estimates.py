"""An effect size: estimate and sampling variance of every study, the output of each measure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from msc_meta.effects.arguments import Array


class EffectSize(NamedTuple):
    """Estimates and sampling variances of k studies on the analysis scale (natural log for ratios), shape (k,)."""

    yi: Array
    vi: Array

    @property
    def sei(self) -> Array:
        """Standard errors, shape (k,)."""
        return np.sqrt(self.vi)


def estimable(estimate: Callable[[], Array], variance: Callable[[], Array]) -> EffectSize:
    """Evaluate both; a study without a finite estimate or a variance above 0 is nan in both."""
    with np.errstate(divide="ignore", invalid="ignore"):
        yi, vi = estimate(), variance()
        keep = np.isfinite(yi) & np.isfinite(vi) & (vi > 0)
    return EffectSize(yi=np.where(keep, yi, np.nan), vi=np.where(keep, vi, np.nan))
