"""Subgroups: a pooled effect for each, and a test of whether they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from msc_meta.effects.arguments import Array, one_of
from msc_meta.errors import ArgumentError
from msc_meta.pooling.random_effects import checked, pool, pool_at
from msc_meta.pooling.regression import meta_regression
from msc_meta.pooling.results import PooledResult
from msc_meta.pooling.studies import Studies

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

TAU2_CHOICES: Final = ("separate", "common")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgroups:
    """Pooled effects of subgroups, in the order in which their names first appear.

    Attributes
    ----------
    results : mapping of str to PooledResult
        One answer per subgroup; a subgroup of one study is that study.
    overall : PooledResult
        All studies together.
    tau2 : {"separate", "common"}
        Whether each subgroup has its own between-study variance or all share one.
    q_between, df, df2, p_value : float, int, int or None, float
        Test of no difference between subgroups: chi-square on ``df``, or F on ``df`` and ``df2`` where the common
        tau2 comes with a Hartung-Knapp-Sidik-Jonkman interval; nan where it is not defined.
    q_within, q_within_df, q_within_p : float, int, float
        Cochran's Q inside the subgroups, added up.
    notes : tuple of str
        Sentences that a reader of the test needs.
    """

    results: Mapping[str, PooledResult]
    overall: PooledResult
    tau2: str
    q_between: float
    df: int
    df2: int | None
    p_value: float
    q_within: float
    q_within_df: int
    q_within_p: float
    notes: tuple[str, ...] = ()

    def __getitem__(self, group: str) -> PooledResult:
        return self.results[one_of("group", group, self.results)]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per subgroup and one for all studies, in full precision, indexed by name."""
        import pandas as pd

        rows = [result.to_frame() for result in (*self.results.values(), self.overall)]
        table = pd.concat(rows, ignore_index=True)
        table.insert(0, "group", [*self.results, "overall"])
        return table

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, undefined numbers as None."""
        plain: dict[str, Any] = {"results": {name: result.to_dict() for name, result in self.results.items()}}
        plain["overall"] = self.overall.to_dict()
        for name in ("tau2", "q_between", "df", "df2", "p_value", "q_within", "q_within_df", "q_within_p"):
            value = getattr(self, name)
            plain[name] = None if isinstance(value, float) and not math.isfinite(value) else value
        return {**plain, "notes": list(self.notes)}

    def __str__(self) -> str:
        blocks = [f"{name}: {result}" for name, result in (*self.results.items(), ("overall", self.overall))]
        kind = f"chi2({self.df})" if self.df2 is None else f"F({self.df}, {self.df2})"
        test = f"difference between subgroups ({self.tau2} tau2): {kind} = {self.q_between:.4g}  p = {self.p_value:.4g}"
        return "\n".join([*blocks, test, *(f"  note: {note}" for note in self.notes)])


def subgroups(
    yi: ArrayLike,
    vi: ArrayLike,
    groups: Sequence[Any],
    method: str = "REML",
    ci_method: str = "hksj",
    tau2: str = "separate",
    level: float = 0.95,
    measure: str = "GEN",
    *,
    prediction: str = "t(k-1)",
) -> Subgroups:
    """Pool studies by subgroup and test whether the subgroups differ [1]_.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Estimates on the analysis scale and sampling variances, above 0.
    groups : sequence, length k
        The subgroup of each study: text, or whatever its text says.
    method, ci_method, level, measure, prediction
        As in `pool`.
    tau2 : {"separate", "common"}
        Each subgroup's own between-study variance, or one for all, estimated within the subgroups: then a
        meta-regression on the subgroups, with its one Hartung-Knapp-Sidik-Jonkman factor and t with k - G df.

    Returns
    -------
    Subgroups

    Raises
    ------
    ArgumentError
        A study without a subgroup, or what `pool` refuses.

    Notes
    -----
    Separate: ``Q = sum(w_g (m_g - m)**2)``, ``w_g = 1 / se_g**2`` with the standard errors as shown, chi-square on
    G - 1 df; few studies per subgroup make these uncertain in a way the test does not see. Common: the omnibus test of
    the meta-regression. A subgroup effect is observed, not randomised, however small its p-value.

    References
    ----------
    .. [1] Borenstein & Higgins (2013). Prevention Science 14, 134-143.

    Examples
    --------
    >>> by_source = subgroups(
    ...     [0.1, 0.2, 0.8, 0.9], [0.1, 0.2, 0.1, 0.1], ["bone marrow", "bone marrow", "cord", "cord"]
    ... )
    >>> [round(result.estimate, 3) for result in by_source.results.values()]
    [0.133, 0.85]
    """
    from scipy.special import chdtrc

    y, v = checked(yi, vi)
    one_of("tau2", tau2, TAU2_CHOICES)
    members = _members(groups, y.size)
    shown: dict[str, Any] = {"level": level, "prediction": prediction, "measure": measure}
    overall = pool(y, v, method, ci_method, **shown)
    notes: tuple[str, ...] = ()
    results = {name: pool(y[at], v[at], method, ci_method, **shown) for name, at in members.items()}
    df, df2 = len(members) - 1, None
    if tau2 == "common" and y.size > len(members):
        dummies = np.column_stack([np.isin(np.arange(y.size), at) for at in members.values()]).astype(np.float64)
        design = np.column_stack([np.ones(y.size), dummies[:, 1:]])
        fit = meta_regression(y, v, design, method=method, ci_method=ci_method, level=level)
        factor = _factor(y, v, members, fit.tau2, fit.df, fit.ci_method)
        results = {
            name: pool_at(result, y[members[name]], v[members[name]], fit.tau2, factor, fit.qm_df[1], fit.ci_method)
            for name, result in results.items()
        }
        q_between, df2, p_value = fit.qm, fit.qm_df[1], fit.qm_p
        if not df:
            q_between, df2, p_value = math.nan, None, math.nan
    else:
        if tau2 == "common":
            notes = ("No subgroup has two studies: a common tau2 can not be estimated; each study is its own answer.",)
        q_between = _q_between(list(results.values())) if df else math.nan
        p_value = float(chdtrc(df, q_between)) if math.isfinite(q_between) else math.nan
    if not df:
        notes = (*notes, "One subgroup: there is nothing to compare.")
    elif math.isnan(q_between):
        notes = (*notes, "A subgroup whose effects are all equal has a standard error of 0: no test is possible.")
    q_within = math.fsum(Studies(y[at], v[at]).cochran_q[0] for at in members.values() if at.size > 1)
    inside = y.size - len(members)
    return Subgroups(
        results=results,
        overall=overall,
        tau2=tau2,
        q_between=q_between,
        df=df,
        df2=df2,
        p_value=p_value,
        q_within=q_within,
        q_within_df=inside,
        q_within_p=float(chdtrc(inside, q_within)) if inside else math.nan,
        notes=notes,
    )


def _members(groups: Sequence[Any], k: int) -> dict[str, Array]:
    """Return the positions of each subgroup's studies."""
    labels = list(groups)
    if len(labels) != k:
        raise ArgumentError(f"groups has {len(labels)} entries and yi has {k}; one per study is needed")
    if not k:
        raise ArgumentError("groups is empty; a subgroup needs a study")
    members: dict[str, list[int]] = {}
    for at, label in enumerate(labels):
        if label is None or label != label or not str(label).strip():  # noqa: PLR0124 - nan is not itself
            raise ArgumentError(f"groups[{at}] is {label!r}; leave the study out or name its subgroup")
        members.setdefault(str(label), []).append(at)
    return {name: np.array(places) for name, places in members.items()}


def _factor(yi: Array, vi: Array, members: Mapping[str, Array], tau2: float, df: int, ci_method: str) -> float:
    """Return the one factor by which Hartung-Knapp-Sidik-Jonkman multiplies the standard errors of all subgroups."""
    if ci_method == "wald":
        return 1.0
    q = 0.0
    for at in members.values():
        weights = 1 / (vi[at] + tau2)
        distances = yi[at] - yi[at[0]]
        q += float((weights * (distances - (weights * distances).sum() / weights.sum()) ** 2).sum())
    factor = math.sqrt(q / df)
    return max(1.0, factor) if ci_method == "hksj-adhoc" else factor


def _q_between(results: Sequence[PooledResult]) -> float:
    """Return Cochran's Q of the subgroups' effects with their standard errors as shown."""
    se = np.array([result.se for result in results])
    if not se.all():
        return math.nan
    return float(Studies(np.array([result.estimate for result in results]), se**2).cochran_q[0])
