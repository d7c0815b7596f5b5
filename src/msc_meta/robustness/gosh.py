"""GOSH: the pooled effect of every subset of the studies, and which study splits the cloud that they make."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from msc_meta.blocks import Block, Progress, blocks, run_blocks
from msc_meta.effects.arguments import Array, one_of
from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import ALIASES, checked
from msc_meta.robustness.subset_fits import METHODS, Fits, fit_subsets
from msc_meta.robustness.variance_share import share_between

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

ALL_UP_TO: Final = 22  # studies; of more, subsets are drawn
DRAWN: Final = 1_000_000
MOST: Final = 2**24  # subsets of one answer: 0.7 GB
BLOCK: Final = 2**14  # subsets at a time: 2.6 MB a table with 20 studies, which a processor keeps at hand


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gosh:
    """Pooled effects of subsets of k studies [1]_, each field of shape (subsets,); analysis scale.

    Attributes
    ----------
    members : numpy.ndarray of uint8, shape (subsets, bytes)
        Which studies are in a subset, a bit each, the first study lowest; `includes` reads it.
    estimate, tau2, i2, q : numpy.ndarray
        As in `PooledResult`; I2 in percent. tau2, I2 and Q are nan for a subset of one study.
    counts : numpy.ndarray
        Studies per subset.
    study : tuple of str
        Names of the studies.
    exact : bool
        Whether these are all 2**k - 1 subsets; otherwise each study was in or out with probability one half.
    seed : int or None
        Of the drawing; None where nothing was drawn.

    References
    ----------
    .. [1] Olkin, Dahabreh & Trikalinos (2012). Research Synthesis Methods 3, 214-223.
    """

    members: NDArray[np.uint8]
    estimate: Array
    tau2: Array
    i2: Array
    q: Array
    counts: NDArray[np.uint16]
    study: tuple[str, ...]
    method: str
    exact: bool
    seed: int | None

    @property
    def k(self) -> int:
        """Number of studies."""
        return len(self.study)

    def includes(self, study: int) -> NDArray[np.bool_]:
        """Return for each subset whether the study at this position is in it."""
        return (self.members[:, study // 8] >> (study % 8) & 1).astype(bool)

    def splits(self) -> pd.DataFrame:
        """Return, a row per study, how the subsets with it differ from those without it.

        Returns
        -------
        pandas.DataFrame
            ``study``; ``estimate_with``, ``estimate_without``, ``i2_with``, ``i2_without``, medians of the subsets of
            two or more; ``share``: the part of the variance of the estimates that is between the two groups (squared
            correlation ratio), which is near 1 for a study that splits the cloud. Largest share first.
        """
        import pandas as pd

        several = self.counts > 1
        estimate, i2 = self.estimate[several], self.i2[several]
        rows = []
        for at, name in enumerate(self.study):
            inside = self.includes(at)[several]
            row: dict[str, str | float] = {"study": name, "share": share_between([estimate[inside], estimate[~inside]])}
            for label, group in (("with", inside), ("without", ~inside)):
                row[f"estimate_{label}"] = float(np.median(estimate[group])) if group.any() else np.nan
                row[f"i2_{label}"] = float(np.median(i2[group])) if group.any() else np.nan
            rows.append(row)
        columns = ["study", "share", "estimate_with", "estimate_without", "i2_with", "i2_without"]
        frame = pd.DataFrame(rows, columns=columns)
        return frame.sort_values("share", ascending=False, kind="stable", ignore_index=True)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per subset: ``k``, ``estimate``, ``tau2``, ``i2``, ``q``, and a column per study."""
        import pandas as pd

        numbers = {"k": self.counts, "estimate": self.estimate, "tau2": self.tau2, "i2": self.i2, "q": self.q}
        return pd.DataFrame(numbers | {name: self.includes(at) for at, name in enumerate(self.study)})


def gosh(
    yi: ArrayLike,
    vi: ArrayLike,
    method: str = "REML",
    *,
    subsets: int | None = None,
    seed: int = 1,
    study: tuple[str, ...] = (),
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Gosh:
    """Pool every subset of the studies: graphical display of study heterogeneity.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale (natural log for ratios) and sampling variances, above 0.
    method : {"REML", "DL", "PM", "FE"}
        As in `pool`.
    subsets : int, optional
        Draw so many subsets. Without it: all of them up to 22 studies, a million of more.
    seed : int
        Of the drawing.
    study : tuple of str, optional
        Names of the studies; "1", "2", ... without.
    executor : concurrent.futures.Executor, optional
        Who computes; the answer is the same to the last bit.
    progress : callable, optional
        Told how many subsets are done since it was last told.

    Raises
    ------
    ArgumentError
        Fewer than two studies, more than 2**24 subsets, and what `pool` refuses.

    Examples
    --------
    >>> cloud = gosh([0.10, 0.50, -0.40], [0.04, 0.05, 0.03], method="DL")
    >>> cloud.estimate.round(3).tolist()
    [0.1, 0.5, 0.288, -0.4, -0.16, 0.039, 0.052]
    """
    y, v = checked(yi, vi)
    method = one_of("method", ALIASES.get(method, method), METHODS)
    k = y.size
    if k < 2:
        raise ArgumentError(f"there are {k} studies; subsets need two or more")
    names = study or tuple(str(number) for number in range(1, k + 1))
    if len(names) != k:
        raise ArgumentError(f"study has {len(names)} names for {k} studies")
    exact = subsets is None and k <= ALL_UP_TO
    count = 2**k - 1 if exact else DRAWN if subsets is None else subsets
    if not 1 <= count <= MOST:
        raise ArgumentError(f"subsets is {count}; 1 to {MOST} can be drawn")
    parts = blocks(count, BLOCK, None if exact else seed)
    members = np.empty((count, (k + 7) // 8), dtype=np.uint8)
    counts = np.empty(count, dtype=np.uint16)
    numbers = np.empty((4, count))
    work = partial(fit_block, yi=y, vi=v, method=method)
    for part, (packed, sizes, fits) in zip(parts, run_blocks(work, parts, executor, progress), strict=True):
        where = slice(part.start, part.stop)
        members[where], counts[where] = packed, sizes
        numbers[:, where] = fits
    estimate, tau2, i2, q = numbers
    return Gosh(
        members=members, estimate=estimate, tau2=tau2, i2=i2, q=q, counts=counts, study=tuple(names),
        method=method, exact=exact, seed=None if exact else seed,
    )  # fmt: skip


def fit_block(block: Block, yi: Array, vi: Array, method: str) -> tuple[NDArray[np.uint8], NDArray[np.uint16], Fits]:
    """Return members, sizes and fits of one block of subsets; of a module, so that other processes find it."""
    inside = _all_of(block, yi.size) if block.seed is None else _drawn(block, yi.size)
    packed = np.packbits(inside, axis=1, bitorder="little")
    table = np.ascontiguousarray(inside.T, dtype=np.float64)
    return packed, inside.sum(axis=1).astype(np.uint16), fit_subsets(table, yi, vi, method)


def _all_of(block: Block, k: int) -> NDArray[np.bool_]:
    """Return the subsets whose numbers, counted from 1, have their studies as binary digits."""
    numbers = np.arange(block.start + 1, block.stop + 1)
    return (numbers[:, None] >> np.arange(k) & 1).astype(bool)


def _drawn(block: Block, k: int) -> NDArray[np.bool_]:
    """Draw subsets, each study in or out at even odds; an empty one is drawn again."""
    random = block.generator()
    inside = random.random((block.size, k)) < 0.5
    while (empty := ~inside.any(axis=1)).any():
        inside[empty] = random.random((int(empty.sum()), k)) < 0.5
    return inside
