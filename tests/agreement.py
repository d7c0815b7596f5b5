"""How far our numbers are from the pinned ones of R: the worst difference of each quantity, as a page.

``python -m tests.agreement`` writes ``docs/methods/agreement.md`` again. What is compared, and what is left out for a
known reason, is what the tests of each method compare; they hold each number to its own tolerance, this page sums up.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import msc_meta as mm
from msc_meta.effects.box_cox import box_cox, maximum_likelihood
from msc_meta.effects.quantiles import reported_quantiles
from msc_meta.effects.spreads import se_from_ci, se_from_p
from msc_meta.pooling.beta_binomial import LINKS
from msc_meta.pooling.mantel_haenszel import breslow_day, cochran_mantel_haenszel
from tests.effects import test_measures, test_medians, test_spreads
from tests.pooling import test_bayesian, test_fits, test_glmm, test_mantel_haenszel, test_structure
from tests.robustness import test_sequential
from tests.robustness.references import sets

PAGE = Path(__file__).parents[1] / "docs" / "methods" / "agreement.md"
FLOOR = -12  # 10 to this power: below it differences are rounding, of the references' 13 digits too
HEAD = """# Agreement with R

The worst difference between msc_meta and the pinned results of R over all data sets, of {cases} numbers. A test
computes this page and fails when it is stale; `python -m tests.agreement` writes it.

Each difference is relative to the number itself, or to its scale where that is larger: the standard error for effects
and bounds, its square or a sampling variance for τ², 1 for p-values and test statistics, 100 for percentages. It is
rounded up to a power of ten (1e-07 is 1e-7 or less); 1e-12 stands for anything smaller too.

R's side is {software}.
The last column says what is left out, and where a difference is not ours; [conventions](conventions.md) says why.
Compared in the tests, not in this table: likelihoods, selection models, permutation tests,
leave-one-out and cumulative pools, conversions of t statistics and of change from baseline;
PyMARE and statsmodels.

| numbers | quantity | cases | worst difference | remark |
| --- | --- | --- | --- | --- |
"""


@dataclass
class Agreement:
    """Worst difference and number of cases of each (group, quantity), in the order in which they come."""

    worst: dict[tuple[str, str], float] = field(default_factory=dict)
    cases: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, group: str, quantity: str, ours: Any, theirs: Any, scale: float = 0.0) -> None:
        """Compare numbers, or arrays of them; pinned gaps (null) are no cases."""
        key, one = (group, quantity), np.atleast_1d(np.asarray(ours, float)).ravel()
        other = np.atleast_1d(np.asarray(theirs, float)).ravel()
        assert one.shape == other.shape, key
        known = ~np.isnan(other)
        one, other = one[known], other[known]
        assert not np.isnan(one).any(), (key, "is nan where R has a number")
        one, infinite = one[np.isfinite(other)], int((one == other)[~np.isfinite(other)].sum())
        other, size = other[np.isfinite(other)], other.size
        assert one.size + infinite == size, (key, "differs where R has an infinite number")
        difference = np.abs(one - other) / np.maximum(np.maximum(np.abs(other), scale), 1e-300)
        assert np.isfinite(difference).all(), key
        self.worst[key] = max(self.worst.get(key, 0.0), *difference.tolist(), 0.0)
        self.cases[key] = self.cases.get(key, 0) + size


def effects(table: Agreement) -> None:
    """Effect sizes and variances of every measure, variant and correction."""
    for case in test_measures.CASES:
        data, measure, variant = case.values
        ours = test_measures.compute(data, measure, variant)
        yi, vi = (np.array(variant[name], float) for name in ("yi", "vi"))
        yi[vi == 0] = vi[vi == 0] = np.nan
        scale = float(np.nanmin(np.sqrt(vi))) if not np.isnan(vi).all() else 0.0
        table.add(f"effect size {measure}", "estimate and variance", ours.yi, yi, scale)
        table.add(f"effect size {measure}", "estimate and variance", ours.vi, vi)
    for data in test_measures.TABLES:
        for measure, (te, se) in data.get("treatment_arm", {}).items():
            arms = {ours: data["data"][theirs] for ours, theirs in test_measures.EVENTS.items()}
            ours = mm.effect_size(measure, **arms, scope="treatment-arm")
            errors = [error if effect is not None else None for effect, error in zip(te, se, strict=True)]
            scale = float(np.nanmin(np.array(errors, float)))
            table.add("treatment-arm correction", "estimate and error", ours.yi, te, scale)
            table.add("treatment-arm correction", "estimate and error", ours.sei, errors)


def conversions(table: Agreement) -> None:
    """Medians to mean and SD, the skewness test, and standard errors from intervals and p-values."""
    for row in test_medians.ROWS:
        given, n = test_medians.quantiles(row), row["n"]
        for method, theirs in test_medians.FORMULAS.items():
            if row["scenario"] in test_medians.CONVERSIONS[method].scenarios:
                ours = test_medians.both(mm.mean_sd(n=n, **given, method=method))
                table.add(f"medians by {method}", "mean and SD", ours, row[theirs])
        table.add(
            "medians by qe", "mean and SD", test_medians.both(mm.mean_sd(n=n, **given, method="qe")), row["qe"][:2]
        )
        pairs = [(given.get("q1"), given.get("q3")), (given.get("min"), given.get("max"))]
        x = reported_quantiles(n, row["median"], *pairs)
        table.add("medians by bc", "mean and SD", test_medians.both(box_cox(x)), row["bc"]["exact"])
        table.add("medians by mln", "mean and SD", test_medians.both(maximum_likelihood(x)), row["mln"]["exact"])
        skew = mm.skewness_test(n=n, **given)
        table.add("skewness test", "statistic and limit", [skew.statistic, skew.critical], row["skewness"][:2], 1e-3)
    for case in test_spreads.REFERENCE["wald"]:
        reported, log = case["input"], case["input"].get("exp", False)
        if "pval" in reported:
            se = se_from_p(reported["out"], reported["pval"], log=log)
        elif "zval" not in reported:
            se = se_from_ci(reported["ci.lb"], reported["ci.ub"], reported.get("level", 95) / 100, log=log)
        else:
            continue
        table.add("interval or p-value to error", "variance", se**2, case["vi"])


def fits(table: Agreement) -> None:
    """Inverse-variance pooling: every estimator, interval and prediction."""
    for data in test_fits.SETS:
        yi, vi = data["yi"], data["vi"]
        for method, theirs in data["methods"].items():
            for name, ci_method in test_fits.CI_METHODS.items():
                if name not in theirs:
                    continue
                result, group = mm.pool(yi, vi, method, ci_method), f"pool {result_name(method)}"
                if name == "z":
                    table.add(group, "estimate", result.estimate, theirs["est"], result.se)
                    table.add(group, "τ²", result.tau2, theirs["tau2"], result.se**2)
                    table.add(group, "I²", result.i2, theirs["I2"], 100)
                table.add(group, "standard error", result.se, theirs[name][0])
                if len(theirs[name]) == 4:
                    table.add(group, "p-value", result.p_value, theirs[name][1], 1)
                    table.add(group, "interval", result.ci, theirs[name][2:], result.se)
            for name, (ci_method, prediction) in test_fits.PREDICTIONS.items():
                if name in theirs and len(yi) > 2 and method in ("DL", "REML"):
                    ours = mm.pool(yi, vi, method, ci_method, prediction=prediction).prediction
                    table.add("prediction interval", "bounds", ours, theirs[name], ours.width)
        result = mm.pool(yi, vi)
        table.add("heterogeneity", "Cochran's Q", result.q, data["Q"]["Q"], 1)
        table.add("heterogeneity", "I² of Q", result.i2_q, data["Q"]["I2"], 100)
        table.add("heterogeneity", "Q-profile bounds of τ²", result.tau2_ci, data["tau2_ci_QP"], result.se**2)


def result_name(method: str) -> str:
    """Return our name of metafor's estimator."""
    return "FE" if method == "EE" else method


def rare(table: Agreement) -> None:
    """Mantel-Haenszel, Peto, mixed models and the beta-binomial."""
    for data in test_glmm.SETS:
        counts = test_mantel_haenszel.arms(data["data"])
        pools = [(f"Mantel-Haenszel {fit['measure']}", fit) for fit in data["mh"]]
        for group, theirs in [*pools, ("Peto", data["peto"])]:
            scope = test_mantel_haenszel.SCOPES.get(theirs.get("to_mh"))
            ours = mm.mantel_haenszel(theirs["measure"], **counts, scope=scope) if scope else mm.peto(**counts)
            table.add(
                group, "estimate and standard error", [ours.estimate, ours.se], [theirs["est"], theirs["se"]], ours.se
            )
            table.add(group, "interval", ours.ci, [theirs["ci_lb"], theirs["ci_ub"]], ours.se)
            table.add(group, "Q", ours.q, theirs["Q"], 1)
            if theirs.get("MH") is not None and scope == "none":
                tests = [cochran_mantel_haenszel(**counts), breslow_day(**counts), breslow_day(**counts, tarone=False)]
                names = ("MH", "TA", "BD")
                for test, name in zip(tests, names, strict=True):
                    table.add("Cochran-Mantel-Haenszel, Breslow-Day", "statistic", test.statistic, theirs[name], 1)
        for theirs in [*data["glmm"], *({**fit, "model": "CM.EL", "coarse": True} for fit in data["exact"])]:
            group = f"GLMM {theirs['model']}"
            if "coarse" in theirs and (data["id"] in test_glmm.COARSE and theirs["method"] == "ML"):
                group += ", three sets"
            ours = mm.glmm(**counts, model=theirs["model"], method=theirs["method"])
            table.add(group, "estimate", ours.estimate, theirs["est"], theirs["se"])
            table.add(group, "standard error", ours.se, theirs["se"])
            table.add(group, "τ²", ours.tau2, theirs["tau2"], theirs["se"] ** 2)
        for theirs in data["beta_binomial"]:
            if theirs["log_precision"] <= 12:
                measure = {link: name for name, link in LINKS.items()}[theirs["link"]]
                ours = mm.beta_binomial(**counts, measure=measure)
                table.add("beta-binomial", "estimate", ours.estimate, theirs["est"], theirs["se"])
                table.add("beta-binomial", "standard error", ours.se, theirs["se"])
                table.add("beta-binomial", "correlation", ours.rho, theirs["rho"], 1)


def structure(table: Agreement) -> None:
    """Subgroups, meta-regression, shared controls."""
    for data, groups, name in (case.values for case in test_structure.GROUPS):
        theirs, (method, tau2, _) = groups[name], name.split("_")
        ours = mm.subgroups(data["yi"], data["vi"], groups["of"], method, "wald", tau2)
        for at, one in enumerate(ours.results.values()):
            table.add("subgroups", "estimates", one.estimate, theirs["TE_random_w"][at], one.se)
            table.add("subgroups", "standard errors", one.se, theirs["seTE_random_w"][at])
        table.add("subgroups", "test of differences", ours.q_between, theirs["Q_b_random"], 1)
    for data, model in (case.values for case in test_structure.MODELS):
        for name, theirs in model["fits"].items():
            method, test = name.split("_")
            group = "meta-regression" if data["id"] != "dat.egger2001" else "meta-regression on a year"
            ci_method = test_structure.CI_METHODS[test]
            ours = mm.meta_regression(
                data["yi"], data["vi"], model["X"], model["terms"], method=method, ci_method=ci_method
            )
            for at, one in enumerate(ours.coefficients):
                table.add(group, "coefficients", one.estimate, theirs["coef"][at], one.se)
                table.add(group, "standard errors", one.se, theirs["se"][at])
            table.add(group, "residual τ²", ours.tau2, theirs["tau2"], float(np.median(data["vi"])))
            table.add(group, "omnibus test", ours.qm, theirs["QM"], 1)
    shared = test_structure.MULTIARM
    arms, study = test_structure.arms_of(shared["data"]), shared["data"]["study"]
    covariance = mm.shared_control_covariance("RR", study, **arms)
    common = mm.pool_multivariate(shared["yi"], covariance, method="FE")
    whole = mm.pool_multivariate(shared["yi"], covariance, study, "study")
    table.add("shared control", "covariances", covariance, shared["V"], float(np.min(np.diagonal(covariance))))
    for name, ours in (("common_with_V", common), ("study_level_with_V", whole)):
        theirs = shared[name]
        group = "shared control, common effect" if ours is common else "shared control, REML"
        table.add(group, "estimate and standard error", [ours.estimate, ours.se], [theirs["est"], theirs["se"]])


def influences(table: Agreement) -> None:
    """Deletion diagnostics and Baujat's coordinates."""
    effects_of = {data["id"]: data for data in sets("small_study")}
    columns = {"cook.d": "cook_d", "cov.r": "cov_r", "tau2.del": "tau2_del", "QE.del": "q_del"}
    for found in sets("influence"):
        data = effects_of[found["id"]]
        for method in (name for name in ("EE", "REML") if name in found):
            ours = mm.influence(data["yi"], data["vi"], result_name(method))
            for name in sorted(set(found[method]) - {"baujat", "is_infl"}):
                scale = float(np.min(data["vi"])) if name == "tau2.del" else 1.0
                group = "influence, common effect" if method == "EE" else "influence, REML"
                table.add(group, "all diagnostics", ours[columns.get(name, name)], found[method][name], scale)
            plot = mm.baujat(data["yi"], data["vi"], result_name(method))
            for axis in ("x", "y"):
                table.add("Baujat", "coordinates", plot[axis], found[method]["baujat"][axis], 1)


def small_studies(table: Agreement) -> None:
    """Tests for small-study effects and what adjusts for them."""
    models = {
        "regtest_lm": ("classical", "REML"),
        "regtest_DL": ("mixed-effects", "DL"),
        "regtest_REML": ("mixed-effects", "REML"),
    }
    for data in sets("small_study"):
        yi, vi = data["yi"], data["vi"]
        for section, (model, method) in models.items():
            for predictor, theirs in data[section].items():
                ours = mm.egger(yi, vi, data.get("ni"), model, predictor, method)
                group = f"Egger, {model}{'' if model == 'classical' else ', ' + method}"
                table.add(group, "statistic", ours.statistic, theirs["stat"], 1)
                table.add(group, "p-value", ours.p_value, theirs["pval"], 1)
        rank = mm.begg(yi, vi)
        table.add("Begg", "τ and p-value", [rank.tau, rank.p_value], data["ranktest"][:2], 1)
        for theirs in data["trimfill"] if len(set(yi)) == len(yi) else []:
            side = None if theirs["side_arg"] == "auto" else theirs["side_arg"]
            ours = mm.trim_and_fill(yi, vi, theirs["estimator"], side, result_name(theirs["method"]), "wald")
            table.add("trim and fill", "studies filled", ours.k0, theirs["k0"], 1)
            pooled = [ours.result.estimate, ours.result.se]
            table.add(
                "trim and fill", "estimate and standard error", pooled, [theirs["est"], theirs["se"]], ours.result.se
            )
        if "henmi_copas" in data:
            ours, theirs = mm.henmi_copas(yi, vi), data["henmi_copas"]
            table.add(
                "Henmi-Copas",
                "estimate and standard error",
                [ours.estimate, ours.se],
                [theirs["est"], theirs["se"]],
                ours.se,
            )
            table.add("Henmi-Copas", "interval", ours.ci, [theirs["ci_lb"], theirs["ci_ub"]], ours.se)
        if "limitmeta" in data:
            ours, theirs = mm.limit_estimate(yi, vi), data["limitmeta"]
            pair = [theirs["TE_adjust"], theirs["seTE_adjust"]]
            table.add("limit estimate", "estimate and standard error", [ours.estimate, ours.se], pair, ours.se)
    for data in sets("score_tests"):
        cells = [np.array(data["data"][name], float) for name in ("ai", "n1i", "ci", "n2i")]
        a, n1, c, n2 = cells
        empty = bool(((a == 0) | (c == 0) | (a == n1) | (c == n2)).any())
        for test, name, same in ((mm.peters, "Peters", not empty), (mm.harbord, "Harbord", bool((n1 == n2).all()))):
            for measure in ("OR", "RR"):
                theirs = data.get(f"{name}_{measure}")
                if theirs and (measure == "OR" or same):
                    table.add(f"{name} {measure}", "statistic", test(*cells, measure=measure).statistic, theirs[0], 1)


def trust(table: Agreement) -> None:
    """Subsets, posteriors, boundaries and required information."""
    effects_of = {data["id"]: data for data in sets("small_study")}
    for found in (found for found in sets("gosh") if found["id"] in effects_of):
        data = effects_of[found["id"]]
        for method in (name for name in ("EE", "DL", "REML") if name in found):
            cloud = mm.gosh(data["yi"], data["vi"], result_name(method))
            theirs = found[method] if "key" in found[method] else found[method]["sample"]
            at, group = np.array(theirs["key"]) - 1, f"GOSH {result_name(method)}"
            several = cloud.counts[at] > 1
            scale = float(np.min(np.sqrt(data["vi"])))
            table.add(group, "estimates", cloud.estimate[at], theirs["est"], scale)
            table.add(group, "I²", cloud.i2[at][several], np.array(theirs["I2"])[several], 100)
    for data, fit in (case.values for case in test_bayesian.FITS):
        ours, theirs, scale = test_bayesian.fit_of(data, fit), fit["exact"], max(data["se"])
        for posterior, name in ((ours.mu, "mu"), (ours.prediction, "predict"), (ours.tau, "tau")):
            table.add("Bayes", "medians", posterior.median, theirs[name]["median"], scale)
            table.add("Bayes", "central intervals", posterior.central, theirs[name]["central_95"], scale)
            table.add("Bayes", "shortest intervals", posterior.shortest, theirs[name]["shortest_95"], scale)
        table.add("Bayes", "P(mu < 0)", ours.mu.below(0.0), theirs["mu"]["p_below_0"], 1)
        table.add("Bayes", "shrinkage", [one.mean for one in ours.studies], theirs["shrinkage_mean"], scale)
        if ours.tau_prior.proper:
            table.add("Bayes", "Bayes factor of tau = 0", ours.bayes_factor_tau0, theirs["bayesfactor_tau0"])
    for row in test_sequential.EFFICACY:
        spending = test_sequential.spending_of(row)
        made = mm.boundaries(row["timing"], row["alpha"], sides=row["side"], spending=spending)
        table.add("boundaries", "upper", made.upper, row["exact"]["upper"])
    for row in test_sequential.FUTILITY:
        made = mm.boundaries(row["timing"], row["alpha"], futility=row["futility"], beta=row["beta"])
        table.add(f"boundaries, {row['futility']} futility", "upper", made.upper, row["rtsa"]["upper"])
    for data, run in test_sequential.RUNS:
        if data["args"]["outcome"] == "RR":
            ours = test_sequential.analysis_of(data, run)
            table.add("trial sequential analysis", "required information", ours.required, run["HARIS"])
            table.add("trial sequential analysis", "z", ours.z, run["z_random"][:-1], 1)


REMARKS = {
    "GOSH REML": "as far as metafor's iterations go; the largest in sets of tiny variances",
    "Bayes": "an independent quadrature in R; bayesmeta's default grid is up to 5e-4 standard errors off",
    "boundaries": "an independent integration in R; ldbounds has a coarser grid",
    "boundaries, binding futility": "RTSA's own inflation and first boundary differ by as much",
    "boundaries, non-binding futility": "RTSA",
    "trial sequential analysis": "RTSA; risk ratios",
    "treatment-arm correction": "R's meta; tables that it leaves out are no cases",
    "medians by qe": "estmeansd; its search is repeated, in another translation of L-BFGS-B",
    "medians by bc": "estmeansd's power is known to 2e-5",
    "medians by mln": "estmeansd's search ends at 1e-8 of the log-likelihood",
    "Mantel-Haenszel RR": "all corrections",
    "GLMM UM.FS": "τ² known to metafor's optimiser",
    "GLMM UM.RS": "lme4 stops early (its error is off by up to 1.1e-2); our likelihood is the higher",
    "pool REML": "the largest in sets of tiny variances, where metafor ends at 1e-12 absolute",
    "influence, REML": "the largest in sets of tiny variances, as above",
    "Baujat": "the largest in sets of tiny variances, as above",
    "GLMM CM.EL": "BiasedUrn and 61 fixed nodes, and metafor",
    "GLMM CM.EL, three sets": "the pinned integral is too coarse; ours is the higher point of the fine one",
    "beta-binomial": "without sets where it is the binomial",
    "subgroups": "R's meta",
    "meta-regression on a year": "metafor does not centre; exact fractions give our digits",
    "shared control, REML": "nlminb ends early; our likelihood is no lower",
    "Begg": "exact without ties",
    "trim and fill": "without sets with equal effects, where rounding decides",
    "Henmi-Copas": "metafor's integral and root end at 1e-4",
    "limit estimate": "metasens, whose τ ends at 5e-7",
    "Peters OR": "R's meta", "Peters RR": "R's meta; sets without an empty cell",
    "Harbord OR": "R's meta", "Harbord RR": "R's meta; sets with equal arms",
}  # fmt: skip


def computed() -> Agreement:
    """Compare everything."""
    table = Agreement()
    for part in (effects, conversions, fits, rare, structure, influences, small_studies, trust):
        part(table)
    return table


def exponent(difference: float) -> int:
    """Return the power of ten that the difference does not pass."""
    return max(FLOOR, math.ceil(math.log10(difference))) if difference > 0 else FLOOR


def lines(table: Agreement) -> Iterable[str]:
    """Write the rows of the table."""
    for group, quantity in table.worst:
        power = exponent(table.worst[group, quantity])
        remark = REMARKS.get(group, "")
        yield f"| {group} | {quantity} | {table.cases[group, quantity]} | 1e{power:03d} | {remark} |"


def page(table: Agreement) -> str:
    """Write the page."""
    versions = sets_versions()
    head = HEAD.format(cases=f"{sum(table.cases.values()):,}", software=versions)
    return head + "\n".join(lines(table)) + "\n"


def sets_versions() -> str:
    """Name the programs behind the pinned numbers."""
    found: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / "reference").glob("*.json")):
        found |= json.loads(path.read_text(encoding="utf-8")).get("versions", {})
    wanted = ("R", "metafor", "meta", "metasens", "lme4", "BiasedUrn", "estmeansd", "RTSA")
    return ", ".join(f"{name} {found[name]}" for name in wanted if name in found)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(computed()), encoding="utf-8")
