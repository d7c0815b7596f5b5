"""What a meta-regression predicts at given moderators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from msc_meta.effects.arguments import Array
from msc_meta.errors import ArgumentError
from msc_meta.pooling.design import Design

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictions:
    """Mean effects at given moderators, with confidence and prediction bounds; every field of shape (m,)."""

    estimate: Array
    se: Array
    ci_low: Array
    ci_high: Array
    pi_low: Array
    pi_high: Array

    def to_frame(self) -> pd.DataFrame:
        """Return one row per prediction."""
        import pandas as pd

        return pd.DataFrame({name: getattr(self, name) for name in self.__slots__})


def points_of(x: ArrayLike, design: Design) -> Array:
    """Return m points as rows of the design, with its intercept."""
    p, has_intercept = len(design.names), design.names[0] == "intercept"
    points = np.asarray(x, dtype=np.float64)
    if points.ndim < 2:
        points = points.reshape(-1, 1) if p - has_intercept == 1 else np.atleast_2d(points)
    if has_intercept and points.shape[1] == p - 1:
        points = np.column_stack([np.ones(points.shape[0]), points])
    if points.ndim != 2 or points.shape[1] != p:
        raise ArgumentError(f"x has shape {np.shape(x)}; a column is needed for each of {', '.join(design.names)}")
    return points


def quantile_of(level: float, df: int | None) -> float:
    """Return the quantile of an interval, of t with ``df``, or normal (None)."""
    from scipy.special import ndtri, stdtrit

    tail = (1 - level) / 2
    return -float(ndtri(tail) if df is None else stdtrit(df, tail))
