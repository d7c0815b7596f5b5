"""Time forest plots on one core, after import, beside metafor's.

Usage: python benchmarks/figures.py [--strict] [--repeat 5]. Each time is of a new process that has drawn nothing yet,
the median of several; data and fit are made before. ``--strict`` exits with 1 when a limit is missed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from run import PYTHON, Row, run

HERE = Path(__file__).parent
TIMED = """
import sys, time
from pathlib import Path
import numpy as np
import msc_meta as mm
from msc_meta.effects.rows import ArmNumbers, StudyRow
from msc_meta.figures import files, render_pdf, render_png, render_svg
from msc_meta.figures.forest import draw_forest
from msc_meta.figures.forest_table import FigureInfo

def trials(k):
    random = np.random.default_rng(k)
    n = random.integers(20, 200, (2, k))
    a, c = random.binomial(n, [[0.2], [0.25]])
    yi, vi = mm.effect_size("RR", event_e=a, n_e=n[0], event_c=c, n_c=n[1])
    fit = mm.pool(yi, vi, measure="RR")
    return [StudyRow(study=f"trial-{i}", label=f"Trial {i}", year=2000, standing="pooled", yi=yi[i], vi=vi[i],
                     weight=fit.weights[i], e=ArmNumbers(n=n[0, i], events=a[i]), c=ArmNumbers(n=n[1, i], events=c[i]))
            for i in range(k)], fit, FigureInfo(name="many", title="Trials", experimental="MSC", control="Control")

short, long, folder = trials(15), trials(60), Path(sys.argv[1])
if sys.argv[2] == "short":
    start = time.perf_counter()
    (folder / "short.svg").write_bytes(files.file_bytes(draw_forest(*short), "svg"))
else:
    start = time.perf_counter()
    files.write_figures([(folder / "long", draw_forest(*long))], ("svg", "pdf", "png"))
print(time.perf_counter() - start)
"""
JOBS = {"short": ("forest plot of 15 rows as SVG", 0.7), "long": ("forest plot of 60 rows as SVG, PDF and PNG", 3.0)}


def of_metafor(folder: Path, repeat: int) -> dict[str, float]:
    """Return metafor's seconds for the same jobs; nothing where there is no R."""
    r = shutil.which("Rscript")
    if r is None or subprocess.run([r, "-e", "library(metafor)"], check=False, capture_output=True).returncode:
        return {}
    times = [run([r, str(HERE / "figures.R"), str(folder)]).output.split() for _ in range(repeat)]
    return dict(zip(JOBS, (median(map(float, column)) for column in zip(*times, strict=True)), strict=True))


def rows(repeat: int = 5) -> list[Row]:
    """Time both jobs."""
    with tempfile.TemporaryDirectory() as name:
        theirs = of_metafor(Path(name), repeat)
        found = []
        for job, (words, limit) in JOBS.items():
            ours = median(float(run([*PYTHON, TIMED, name, job]).output) for _ in range(repeat))
            beside = f" (metafor: {theirs[job]:.2f} s)" if theirs else " (no R with metafor to compare with)"
            found.append(Row(words, f"{ours:.2f} s{beside}", f"< {limit:g} s", ours < limit))
        return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--strict", action="store_true", help="exit with 1 when a limit is missed")
    options.add_argument("--repeat", type=int, default=5, help="processes per job")
    given = options.parse_args()
    answers = rows(given.repeat)
    for row in answers:
        print(f"{'ok' if row.good else 'MISSED':8}{row.job:48}{row.limit:>10}   {row.measured}")
    return int(given.strict and not all(row.good for row in answers))


if __name__ == "__main__":
    sys.exit(main())
