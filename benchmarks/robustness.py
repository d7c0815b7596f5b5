"""Time the analyses of robustness on one core, beside metafor, bayesmeta and RTSA where R has them.

Usage: python benchmarks/robustness.py [--strict] [--growth]. Everything is timed after import, in this process, with
one thread. ``--growth`` also measures how cost grows with the number of studies and of sets, and writes
``growth.json``, from which docs/performance.md is drawn. ``--strict`` exits with 1 when a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import msc_meta as mm
from msc_meta.protocol_choices import multiverse
from msc_meta.robustness.specification_curve import Specifications

HERE = Path(__file__).parent
STUDIES = HERE.parent / "studies"
METHODS = ("FE", "DL", "PM", "REML")
GOSH_LIMITS = {"FE": 3.0, "DL": 3.0, "REML": 40.0}


def simulated(k: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return k studies with some heterogeneity, the same each time."""
    random = np.random.default_rng(seed)
    vi = random.uniform(0.01, 0.4, k)
    return random.normal(-0.2, 0.3, k) + random.normal(size=k) * np.sqrt(vi), vi


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """Return the mean time of a call, after one that is not counted where there are several."""
    if times > 1:
        work()
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


def specifications(count: int, k: int) -> Specifications:
    """Return specifications of k trials: tables of effects by estimators and intervals."""
    models = [("REML", "hksj"), ("REML", "wald"), ("DL", "wald"), ("PM", "hksj"), ("FE", "wald")]
    tables = count // len(models)
    random = np.random.default_rng(2)
    yi, vi = simulated(k)
    return Specifications(
        yi=yi + random.normal(0, 0.05, (tables, k)),
        vi=np.tile(vi, (tables, 1)),
        owner=np.arange(k),
        table=np.repeat(np.arange(tables), len(models)),
        left_out=np.full(tables * len(models), -1),
        models=tuple(models * tables),
    )


def rows() -> list[tuple[str, float, str, float]]:
    """Return job, measured value, unit and limit."""
    yi, vi = simulated(20)
    found = [
        (f"GOSH, k = 20, {method}, 1,048,575 subsets", seconds(lambda m=method: mm.gosh(yi, vi, m)), "s", limit)
        for method, limit in GOSH_LIMITS.items()
    ]
    found.append(("memory of all these", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, "MB", 1000.0))
    found.append(("1,000 specifications of 20 trials", seconds(specifications(1000, 20).fit), "s", 2.0))
    evidence, protocol = mm.load_studies(STUDIES), mm.load_protocol()
    curve = multiverse(evidence, protocol, "mortality")
    again = seconds(lambda: multiverse(evidence, protocol, "mortality"))
    found.append((f"multiverse of mortality, {curve.k.size} specifications", again, "s", np.inf))
    y12, v12 = simulated(12)
    found.append(("Bayesian fit, k = 12", 1e3 * seconds(lambda: mm.bayes(y12, v12), 20), "ms", 50.0))
    trial = mm.Trial(n_e=200, n_c=200, control_risk=0.4)
    work = seconds(lambda: mm.next_trial(y12, v12, trial, measure="RR", simulations=100_000))
    found.append(("100,000 next trials, REML and HKSJ, k = 12", work, "s", 15.0))
    sizes = np.full(12, 200)
    settings = {"measure": "RR", "effect": 0.8, "control_risk": 0.4}
    work = seconds(lambda: mm.sequential_analysis(y12, v12, sizes, **settings), 5)
    found.append(("sequential analysis, 12 looks", 1e3 * work, "ms", np.inf))
    found.append(("bootstrap, 5,000 samples, k = 12", seconds(lambda: mm.bootstrap(y12, v12)), "s", np.inf))
    return found


def of_r() -> list[str]:
    """Return what R's packages take for the same studies, a line each."""
    r = shutil.which("Rscript")
    if r is None:
        return ["R is not installed; nothing to compare with"]
    studies = ["\t".join(f"{value:.17g}" for value in column) for column in simulated(12)]
    done = subprocess.run(
        [r, str(HERE / "robustness.R")], input="\n".join(studies) + "\n", text=True, capture_output=True, check=False
    )
    return done.stdout.splitlines() or [f"R failed: {done.stderr.strip()}"]


def growth() -> dict[str, object]:
    """Return seconds by number of studies and by number of sets."""
    gosh: dict[str, list[tuple[int, float]]] = {method: [] for method in METHODS}
    for k in range(10, 23, 2):
        yi, vi = simulated(k)
        for method in METHODS:
            gosh[method].append((2**k - 1, seconds(lambda y=yi, v=vi, m=method: mm.gosh(y, v, m), 3 if k < 16 else 1)))
    random = np.random.default_rng(1)
    batch = []
    for sets in (100, 1000, 10_000, 100_000):
        yi, vi = random.normal(0, 0.5, (sets, 12)), random.uniform(0.05, 0.5, (sets, 12))
        batch.append((sets, seconds(lambda y=yi, v=vi: mm.pool_batch(y, v))))
    curves = [(count, seconds(specifications(count, 20).fit)) for count in (100, 1000, 10_000, 100_000)]
    return {
        "machine": f"{platform.machine()}, one core, Python {platform.python_version()}, numpy {np.__version__}",
        "gosh": gosh,
        "pool_batch, REML and HKSJ, k = 12": batch,
        "specifications, k = 20": curves,
    }


def on_one_core() -> None:
    """Start again with one thread: the libraries under numpy read how many they may use when they are loaded."""
    wanted = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    if any(os.environ.get(name) != "1" for name in wanted):
        again = subprocess.run([sys.executable, *sys.argv], env=os.environ | wanted, check=False)
        sys.exit(again.returncode)


def main() -> int:
    """Print every row, and how R does."""
    on_one_core()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--growth", action="store_true")
    options = parser.parse_args()
    good = True
    for job, value, unit, limit in rows():
        good &= value <= limit
        bound = f"<= {limit:g} {unit}" if np.isfinite(limit) else ""
        print(f"{'ok  ' if value <= limit else 'MISS'} {job:<50} {value:10.2f} {unit:<3} {bound}", flush=True)
    print("\nR, for 12 of these studies:")
    print("\n".join(of_r()))
    if options.growth:
        (HERE / "growth.json").write_text(json.dumps(growth(), indent=1) + "\n", encoding="utf-8")
    return 0 if good or not options.strict else 1


if __name__ == "__main__":
    sys.exit(main())
