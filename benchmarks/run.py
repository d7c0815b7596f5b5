"""Time the main jobs as whole processes, each against a yardstick measured in the same run.

Usage: python benchmarks/run.py [--strict] [--repeat 5] [--records 10000]. A ratio outlives the machine it was measured
on: job and yardstick take turns, and the medians are divided. ``--strict`` exits with 1 when a limit is missed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from generate_records import write_records

HERE = Path(__file__).parent
STUDIES = HERE.parent / "studies"
PYTHON = [sys.executable, "-c"]
MSC_META = [*PYTHON, "from msc_meta.cli import main; main()"]
TIMED_SYNTHESIS = """
import sys, time, msc_meta as mm
evidence, protocol = mm.load_studies(sys.argv[1]), mm.load_protocol()
start = time.perf_counter()
synthesis = mm.synthesize(evidence, protocol)
print(time.perf_counter() - start, *(synthesis[name].result.k for name in synthesis))
"""
TIMED_POOLING = """
import time, numpy as np, msc_meta as mm
random = np.random.default_rng(1)
yi, vi = random.normal(0, 0.5, (10_000, 20)), random.uniform(0.05, 0.5, (10_000, 20))
mm.pool(yi[0], vi[0]), mm.pool_batch(yi[:10], vi[:10])
start = time.perf_counter()
mm.pool_batch(yi, vi)
batch = time.perf_counter() - start
start = time.perf_counter()
for row in range(200):
    mm.pool(yi[row], vi[row])
print(batch, (time.perf_counter() - start) / 200)
"""
# With this set, every start would compile our sources again, which no user's start does.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Run:
    """One process that ended well: seconds from start to end, peak resident memory, what it printed."""

    seconds: float
    megabytes: float
    output: str


@dataclass(frozen=True)
class Row:
    """One line of the answer; ``limit`` has the sense that ``good`` was computed with."""

    job: str
    measured: str
    limit: str
    good: bool


def run(command: list[str]) -> Run:
    """Run a command to its end; a failure ends the benchmark with its message."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in (out, err):
            file.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{err.read()}")
        unit = 1e6 if sys.platform == "darwin" else 1e3  # ru_maxrss is in bytes there, in KiB on Linux
        return Run(seconds, usage.ru_maxrss / unit, out.read())


def ratio(job: str, command: list[str], yardstick: list[str], limit: float, repeat: int) -> Row:
    """Compare the median times of two commands that take turns, after one round to warm up."""
    rounds = [(run(command).seconds, run(yardstick).seconds) for _ in range(repeat + 1)][1:]
    ours, theirs = (median(times) for times in zip(*rounds, strict=True))
    return Row(job, f"{ours / theirs:.2f} ({ours:.3f} s / {theirs:.3f} s)", f"<= {limit:g}", ours / theirs <= limit)


def against_r(scratch: Path, repeat: int) -> Row:
    """Compare the main job with R's, or say why not."""
    job = "msc-meta run --no-report v R with metafor"  # R writes no report
    r = shutil.which("Rscript")
    if r is None or subprocess.run([r, "-e", "library(metafor)"], check=False, capture_output=True).returncode:
        return Row(job, "skipped: needs Rscript and metafor (apt install r-cran-metafor)", "<= 1", True)
    ours = [*MSC_META, "run", str(STUDIES), "--no-report", "-o", str(scratch / "out")]
    theirs = [r, str(HERE / "forest_funnel.R"), str(scratch / "r")]
    return ratio(job, ours, theirs, 1.0, repeat)


def with_report(scratch: Path, repeat: int) -> Row:
    """Compare the main job with and without its report, taking turns."""
    run_it = [*MSC_META, "run", str(STUDIES)]
    with_it, without = [*run_it, "-o", str(scratch / "with")], [*run_it, "--no-report", "-o", str(scratch / "without")]
    rounds = [(run(with_it).seconds, run(without).seconds) for _ in range(repeat + 1)][1:]
    added = median(one - other for one, other in rounds)
    return Row("report.html, added to a run", f"{added:.2f} s", "< 0.35 s", added < 0.35)


def many_records(scratch: Path, count: int) -> list[Row]:
    """Check and pool thousands of records, once."""
    folder = scratch / "records"
    write_records(folder, count)
    check = run([*MSC_META, "check", str(folder)])
    speed = count / check.seconds
    pooled = run([*PYTHON, TIMED_SYNTHESIS, str(folder)])
    seconds, *studies = pooled.output.split()
    return [
        Row(f"check {count} records", f"{speed:.0f} records/s ({check.seconds:.1f} s)", ">= 400", speed >= 400),
        Row(f"check {count} records, memory", f"{check.megabytes:.0f} MB", "< 500 MB", check.megabytes < 500),
        Row(f"synthesize them (k = {', '.join(studies)})", f"{float(seconds):.2f} s", "< 10 s", float(seconds) < 10),
        Row("load and synthesize, memory", f"{pooled.megabytes:.0f} MB", "< 500 MB", pooled.megabytes < 500),
    ]


def many_rows(scratch: Path, count: int) -> Row:
    """Import a colleague's table with one row per trial, once, into one record each."""
    table, folder = scratch / "colleague.csv", scratch / "imported"
    rows = (f"Author{n},{2010 + n % 15},{n % 19},{20 + n % 41},{n % 17},{20 + n % 37}" for n in range(count))
    table.write_text("\n".join(["study,year,event.e,n.e,event.c,n.c", *rows]), encoding="utf-8")
    said = ("status=completed", "outcome=mortality", "day=28", "product=cells", "url=https://doi.org/10.1000/example")
    command = [*MSC_META, "--quiet", "import", str(table), "-o", str(folder)]
    taken = run([*command, *(part for one in said for part in ("--set", one))])
    speed = count / taken.seconds
    return Row(f"import {count} rows of a CSV", f"{speed:.0f} rows/s ({taken.seconds:.1f} s)", ">= 2000", speed >= 2000)


def many_fits() -> list[Row]:
    """Time the batch and the single fit inside one process, and metafor's fits in another."""
    batch, single = map(float, run([*PYTHON, TIMED_POOLING]).output.split())
    rows = [
        Row("10,000 REML fits with HKSJ, k = 20", f"{batch:.2f} s", "< 2 s", batch < 2),
        Row("one call of pool, k = 20", f"{1000 * single:.1f} ms", "< 20 ms", single < 0.02),
    ]
    r, job = shutil.which("Rscript"), "10,000 fits v metafor (500 fits, scaled)"
    if r is None or subprocess.run([r, "-e", "library(metafor)"], check=False, capture_output=True).returncode:
        return [*rows, Row(job, "skipped: needs Rscript and metafor (apt install r-cran-metafor)", "<= 1", True)]
    one, failed = run([r, str(HERE / "batch.R")]).output.split()
    theirs = 10_000 * float(one)
    measured = f"{batch / theirs:.3f} ({batch:.2f} s / {theirs:.0f} s; of 500 fits {failed} did not converge in R)"
    return [*rows, Row(job, measured, "<= 1", batch <= theirs)]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--strict", action="store_true", help="exit with 1 when a limit is missed")
    options.add_argument("--repeat", type=int, default=5, help="rounds of the short jobs")
    options.add_argument("--records", type=int, default=10_000, help="generated records; 0 to leave that out")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        rows = [
            ratio(
                "import msc_meta v import json",
                [*PYTHON, "import msc_meta"],
                [*PYTHON, "import json"],
                1.5,
                given.repeat,
            ),
            ratio("msc-meta check v python", [*MSC_META, "check", str(STUDIES)], [*PYTHON, "pass"], 20, given.repeat),
            against_r(scratch, given.repeat),
            with_report(scratch, given.repeat),
            *many_fits(),
            *(many_records(scratch, given.records) if given.records else ()),
            *([many_rows(scratch, given.records)] if given.records else ()),
        ]
    for row in rows:
        print(f"{'ok' if row.good else 'MISSED':8}{row.job:48}{row.limit:>10}   {row.measured}")
    return int(given.strict and not all(row.good for row in rows))


if __name__ == "__main__":
    sys.exit(main())
