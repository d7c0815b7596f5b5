"""Extract from the R reference set of the project what the tests of effects and pooling read.

    python tests/reference/trim.py FOLDER

FOLDER holds the full set: ``pair_*.json``, made by ``make_pairwise.R`` (metafor 5.0-1), and ``median_to_mean.json``,
made by ``make_median.R``. Written here, with 13 significant digits: ``effects.json``, ``fits.json``, ``medians.json``,
``rare_events.json`` and others: see ``main``.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
EVENTS, MEANS = ("RR", "OR", "RD", "PETO", "AS"), ("MD", "SMD", "SMDH", "ROM")
DATA = ("ai", "n1i", "ci", "n2i", "m1i", "sd1i", "m2i", "sd2i")
VTYPES = {
    "MD": ("LS", "HO"),
    "SMD": ("LS", "LS2", "UB", "AV"),
    "SMDH": ("LS", "LS2"),
    "ROM": ("LS", "HO", "AV"),
}  # of those the package offers
METHODS = ("EE", "DL", "REML", "ML", "PM", "HE", "HS", "SJ", "EB")
FULL = ("EE", "DL", "REML")  # with bounds, p-values and prediction intervals; the others follow from less
PREDICTIONS = ("pi_z", "pi_t_km1", "pi_t_km2", "pi_knha_t_km1", "pi_knha_t_km2", "pi_adhoc_t_km1")


def variants(effects: list[dict], measure: str) -> list[dict]:
    """The measure's variants that the package offers; one that equals the default has no numbers of its own."""
    offered = [v for v in effects if measure in EVENTS or v["vtype"] in VTYPES[measure]]
    options = ("add", "to", "drop00") if measure in EVENTS else ("vtype", "correct")
    if measure == "AS":  # metafor corrects it only where told to, whatever the label of the set says
        offered[0] |= {"add": 0, "to": "none"}
    default = {"yi": offered[0]["yi"], "vi": offered[0]["vi"]}
    kept = []
    for variant in offered:
        numbers = {"yi": variant["yi"], "vi": variant["vi"]}
        same = variant is not offered[0] and numbers == default
        kept.append({name: variant[name] for name in options} | ({} if same else numbers))
    return kept


def effects_of(pair: dict) -> dict:
    data = {name: pair["data"][name] for name in DATA if name in pair["data"]}
    measures = [m for m in (*EVENTS, *MEANS) if m in pair["effects"]]
    kept = {"id": pair["id"], "data": data, "effects": {m: variants(pair["effects"][m], m) for m in measures}}
    treatment_arm = {m: (pair.get("meta_package") or {}).get(f"{m}_Inverse_TACC") for m in ("RR", "OR")}
    return kept | {"treatment_arm": {m: (fit["TE"], fit["seTE"]) for m, fit in treatment_arm.items() if fit}}


def fit_of(method: str, fit: dict, full: bool) -> dict:
    tests = {name: fit[name] for name in ("z", "knha", "adhoc") if name in fit}
    kept = {name: fit[name] for name in ("tau2", "I2", "H2")} | {"est": fit["z"]["est"]}
    names = ("se", "pval", "ci_lb", "ci_ub") if full else ("se",)
    kept |= {test: [numbers[name] for name in names] for test, numbers in tests.items()}
    if full:
        kept |= {name: fit[name] for name in PREDICTIONS if name in fit}
    if full and method == "REML":
        kept["weights_pct"] = fit["weights_pct"]
    return kept


def fits_of(pair: dict) -> list[dict]:
    sets = []
    for measure in dict.fromkeys((pair["primary"], pair["second"], f"{pair['primary']}_drop00")):
        fits = pair["fits"].get(measure)
        if not fits:
            continue
        first = pair["effects"][measure.removesuffix("_drop00")][0]
        rows = list(zip(first["yi"], first["vi"], strict=True))
        if measure.endswith("_drop00"):
            d = pair["data"]
            empty = [a + c in (0, n1 + n2) for a, c, n1, n2 in zip(d["ai"], d["ci"], d["n1i"], d["n2i"], strict=True)]
            rows = [row for row, none in zip(rows, empty, strict=True) if not none]
        primary = measure == pair["primary"]
        methods = {m: fit_of(m, fits["methods"][m], primary and m in FULL) for m in METHODS if m in fits["methods"]}
        kept = {"id": f"{pair['id']}-{measure}", "yi": [y for y, _ in rows], "vi": [v for _, v in rows]}
        profile = {f"{name}_ci_QP": fits["tau2_ci_QP"][name] for name in ("tau2", "I2", "H2")}
        kept |= {"Q": fits["Q"], **profile, "methods": methods}
        sets.append(kept)
    return sets


def median_row(row: dict) -> dict:
    kept = {name: row[name] for name in ("scenario", "n", "min", "q1", "median", "q3", "max") if name in row}
    formulas = ("default", "wan2014", "hozo2005", "bland2015", "lnorm")
    kept |= {name: list(row["metafor"][name].values())[:2] for name in formulas if name in row["metafor"]}
    kept["skewness"] = [row["skewness"][name] for name in ("stat", "crit", "significant")]
    kept["qe"] = [row["qe"][name] for name in ("mean", "sd", "dist", "values", "params")]
    for name in ("bc", "mln"):
        fit = row[name]
        exact, drawn = fit["exact"], fit["monte_carlo"]
        kept[name] = {"transformed": [fit[part] for part in ("location", "scale", "shape")]}
        kept[name] |= {"exact": exact and [exact["mean"], exact["sd"]]}
        kept[name] |= {"drawn": [drawn[part] for part in ("mean", "mean_mcse", "sd", "sd_mcse")]}
    return kept


def rare_of(pair: dict) -> dict:
    names = ("est", "se", "stat", "pval", "ci_lb", "ci_ub", "Q", "Qp", "I2", "H2")
    tests = ("MH", "MHp", "TA", "TAp", "BD", "BDp")
    classical, likelihoods = pair["classical"], ("est", "se", "tau2", "sigma2", "logLik")
    mh = [{name: fit.get(name) for name in ("measure", "to_mh", *names, *tests)} for fit in classical["mh"]]
    glmm = [
        {name: fit[name] for name in ("model", "method", "k", *likelihoods) if fit.get(name) is not None}
        for fit in pair["glmm_OR"]
        if not fit.get("cor") and "test" not in fit
    ]
    exact = [{name: fit[name] for name in ("method", "k", "est", "se", "tau2", "logLik")} for fit in
             pair.get("exact_conditional_OR", [])]  # fmt: skip
    kept = {"id": pair["id"], "data": {name: pair["data"][name] for name in DATA if name in pair["data"]}}
    kept |= {"mh": mh, "cmh": classical["cmh_no_continuity"], "peto": {name: classical["peto"][name] for name in names}}
    kept |= {"meta": {f"{m}_MH{e}": [pair["meta_package"][f"{m}_MH{e}"][n] for n in ("TE_common", "seTE_common")]
                      for m, e in (("RR", "_exact"), ("OR", "_exact"), ("RD", ""))}}  # fmt: skip
    return kept | {"glmm": glmm, "exact": exact, "beta_binomial": pair["beta_binomial"]}


LINES = {"regtest_lm": ("sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv"), "regtest_DL": ("sei", "sqrtninv"),
         "regtest_REML": ("sei", "sqrtninv")}  # fmt: skip
DELETIONS = ("rstudent", "dffits", "cook.d", "cov.r", "tau2.del", "QE.del", "hat", "weight", "dfbs", "is_infl")


def small_study_of(pair: dict, measure: str) -> dict:
    """Regression and rank tests, trim and fill, selection models, limit estimates of one measure."""
    bias, first, data = pair["bias"][measure], pair["effects"][measure][0], pair["data"]
    kept = {"id": f"{pair['id']}-{measure}", "yi": first["yi"], "vi": first["vi"]}
    if "n1i" in data and "n2i" in data:
        kept["ni"] = [n1 + n2 for n1, n2 in zip(data["n1i"], data["n2i"], strict=True)]
    elif "ni" in data:
        kept["ni"] = data["ni"]
    for name, predictors in LINES.items():
        found = {p: bias[name][p] for p in predictors if p in bias.get(name, {})}
        kept[name] = {p: {n: v for n, v in test.items() if n != "df"} for p, test in found.items()}
    kept["ranktest"] = [bias["ranktest"]["tau"], bias["ranktest"]["pval"], bias["ranktest_asymptotic"]["pval"]]
    names = ("method", "estimator", "side_arg", "side", "k0", "se_k0", "p_k0", "est", "se", "tau2")
    kept["trimfill"] = [{n: fit.get(n) for n in names} for fit in bias["trimfill"] if fit["estimator"] != "Q0"]
    names = ("steps", "alternative", "est", "se", "tau2", "delta", "se_delta", "LRT", "LRTp", "logLik")
    kept["selmodel"] = [{n: fit[n] for n in names} for fit in bias.get("selmodel", []) if fit["type"] == "stepfun"]
    if "henmi_copas" in pair["fits"][measure]:
        kept["henmi_copas"] = pair["fits"][measure]["henmi_copas"]
    if "limitmeta" in pair and measure == pair["primary"]:
        kept["limitmeta"] = pair["limitmeta"]
    return kept


def influence_of(pair: dict, measure: str) -> dict:
    fits = {m: fit for m, fit in pair["diagnostics"][measure].items() if fit and "influence" in fit}
    kept = {m: {n: fit["influence"][n] for n in DELETIONS} | {"baujat": fit["baujat"]} for m, fit in fits.items()}
    return {"id": f"{pair['id']}-{measure}"} | kept


def bayes_of(data: dict) -> dict:
    kept = ("tau_prior", "mu_prior", "exact")
    fits = [{name: fit[name] for name in kept} for fit in data["fits"] if fit.get("exact")]
    return {name: data[name] for name in ("id", "y", "se")} | {"fits": fits}


def gosh_of(pair: dict) -> dict:
    kept = ("key", "est", "I2", "tau2", "sample", "est_q", "est_sum", "est_sumsq", "I2_sum", "QE_sum")
    fits = {fit["method"]: {name: fit[name] for name in kept if fit.get(name) is not None} for fit in pair["gosh"]}
    return {"id": f"{pair['id']}-{pair['primary']}"} | fits


def score_tests_of(pair: dict) -> dict:
    found = {
        f"{test}_{m}": [tests[test][n] for n in ("statistic", "df", "pval")] + tests[test]["estimate"]
        for m in ("OR", "RR")
        if (tests := pair["meta_package"].get(f"metabias_{m}"))
        for test in ("Peters", "Harbord")
        if isinstance(tests.get(test), dict) and tests[test].get("statistic") is not None
    }
    return {"id": pair["id"], "data": {n: pair["data"][n] for n in ("ai", "n1i", "ci", "n2i")}} | found


def write_robustness(pairs: list[dict], metafor: dict) -> None:
    tested = [(pair, measure) for pair in pairs for measure, bias in pair["bias"].items() if bias["k"] >= 3]
    write("small_study.json", "make_pairwise.R", pairs[0]["versions"], "sets", [small_study_of(*one) for one in tested])
    deleted = [(pair, measure) for pair in pairs for measure in pair["diagnostics"] or ()]
    write("influence.json", "make_pairwise.R", metafor, "sets", [influence_of(*one) for one in deleted])
    write("gosh.json", "make_pairwise.R", metafor, "sets", [gosh_of(pair) for pair in pairs if pair.get("gosh")])
    binary = [pair for pair in pairs if pair["kind"] == "binary"]
    versions = pairs[0]["versions"]
    write("score_tests.json", "make_pairwise.R", versions, "sets", [score_tests_of(pair) for pair in binary])


REGRESSION = ("coef", "se", "pval", "ci_lb", "tau2", "QM", "QMdf", "QMp", "I2", "H2", "R2", "permutest_exact")
REGRESSION_REML = ("QE", "QEp", "ci_ub", "vcov", "pred", "pred_se", "tau2_ci_QP")  # QE is that of all methods
SUBGROUP = ("k_w", "TE_random_w", "seTE_random_w", "lower_random_w", "upper_random_w", "pval_random_w", "Q_w", "I2_w")
SUBGROUP += ("tau2_w", "Q_w_common", "df_Q_w", "pval_Q_w_common", "Q_b_common", "Q_b_random", "df_Q_b_random")
SUBGROUP += ("pval_Q_b_random", "levels")


def regression_of(model: dict) -> dict:
    fits = {
        f"{method}_{test}": {
            name: fit[name] for name in REGRESSION + (REGRESSION_REML if method == "REML" else ()) if name in fit
        }
        for method in ("EE", *METHODS[1:])
        for test, fit in model.get(method, {}).items()
    }
    return {name: model[name] for name in ("formula", "terms", "X")} | {"fits": fits}


def structure_of(pair: dict) -> dict:
    first = pair["effects"][pair["primary"]][0] if pair["primary"] in pair["effects"] else pair["data"]
    groups = {
        factor: {"of": pair["data"][factor]} | {name: {key: fit[key] for key in SUBGROUP} for name, fit in fits.items()}
        for factor, fits in pair.get("subgroups", {}).items()
    }
    means = {name: pair[name]["pval"] for name in ("permutest_mean_DL", "permutest_mean_REML_knha") if name in pair}
    models = [regression_of(model) for model in pair.get("metareg", [])]
    kept = {"id": pair["id"], "yi": first["yi"], "vi": first["vi"], "subgroups": groups, "metareg": models}
    return kept | means


def rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.13g}")
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def write(name: str, made_by: str, versions: dict, rows: str, values: list[dict]) -> None:
    head = {"origin": f"R reference set of the project, made by {made_by}", "versions": versions}
    lines = ",\n".join(json.dumps(rounded(value), separators=(",", ":")) for value in values)
    text = json.dumps(head, separators=(",", ":"))[:-1] + f',\n"{rows}":[\n{lines}\n]}}\n'
    (HERE / name).write_text(text, encoding="utf-8")


def write_topics(name: str, made_by: str, versions: dict, topics: dict) -> None:
    head = {"origin": f"R reference set of the project, made by {made_by}", "versions": versions}
    text = json.dumps(rounded(head | topics), separators=(",", ":")).replace("},{", "},\n{")
    (HERE / name).write_text(text + "\n", encoding="utf-8")


def main(folder: Path) -> None:
    pairs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("pair_*.json"))]
    metafor = {name: pairs[0]["versions"][name] for name in ("R", "metafor")}
    tables = [effects_of(pair) for pair in pairs if {"ai", "m1i"} & pair["data"].keys()]
    write("effects.json", "make_pairwise.R", metafor, "tables", [table for table in tables if table["effects"]])
    write("fits.json", "make_pairwise.R", metafor, "sets", [fit for pair in pairs for fit in fits_of(pair)])
    rare = [rare_of(pair) for pair in pairs if pair["kind"] == "binary"]
    write("rare_events.json", "make_pairwise.R", pairs[0]["versions"], "sets", rare)
    medians = json.loads((folder / "median_to_mean.json").read_text(encoding="utf-8"))
    write("medians.json", "make_median.R", medians["versions"], "rows", [median_row(row) for row in medians["rows"]])
    extra = json.loads((folder / "extra.json").read_text(encoding="utf-8"))
    topics = {name: extra[name] for name in ("wald", "conv_2x2", "smd_from_stats", "smcr")}
    write_topics("conversions.json", "make_extra.R", extra["versions"], topics)
    write_robustness(pairs, metafor)
    parts = [part for part in map(structure_of, pairs) if part["subgroups"] or part["metareg"] or len(part) > 5]
    write("structure.json", "make_pairwise.R", {**metafor, "meta": pairs[0]["versions"]["meta"]}, "sets", parts)
    bayesian = json.loads((folder / "bayes.json").read_text(encoding="utf-8"))
    write("bayes.json", "make_bayes.R", bayesian["versions"], "sets", [bayes_of(one) for one in bayesian["sets"]])
    tsa = json.loads((folder / "tsa.json").read_text(encoding="utf-8"))
    write_topics("tsa.json", "make_tsa.R", tsa["versions"], {n: tsa[n] for n in ("boundaries", "ris", "analyses")})
    write("multiarm.json", "make_extra.R", extra["versions"], "sets", [extra["multiarm"]])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
