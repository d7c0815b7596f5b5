"""Extract from the R reference set of the project what the tests of effects and pooling read.

    python tests/reference/trim.py FOLDER

FOLDER holds the full set: ``pair_*.json``, made by ``make_pairwise.R`` (metafor 5.0-1), and ``median_to_mean.json``,
made by ``make_median.R``. Written here, with 13 significant digits: ``effects.json``, ``fits.json``, ``medians.json``.
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
        kept |= {"Q": fits["Q"], "tau2_ci_QP": fits["tau2_ci_QP"]["tau2"], "methods": methods}
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
    medians = json.loads((folder / "median_to_mean.json").read_text(encoding="utf-8"))
    write("medians.json", "make_median.R", medians["versions"], "rows", [median_row(row) for row in medians["rows"]])
    extra = json.loads((folder / "extra.json").read_text(encoding="utf-8"))
    topics = {name: extra[name] for name in ("wald", "conv_2x2", "smd_from_stats", "smcr")}
    write_topics("conversions.json", "make_extra.R", extra["versions"], topics)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
