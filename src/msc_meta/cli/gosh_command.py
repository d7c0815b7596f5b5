"""msc-meta gosh: the pooled effect of every subset of an outcome's trials."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.settings import Settings, pass_settings
from msc_meta.cli.trust_options import outcome_of, progress_of, run, seed_option, show, trust_options
from msc_meta.cli.workers import executor_of, workers_options


@click.command("gosh")
@trust_options
@click.option("--method", type=click.Choice(("REML", "DL", "PM", "FE")), help="[default: that of the protocol]")
@click.option(
    "--subsets", type=click.IntRange(1, 2**24), help="Draw so many.  [default: all up to 22 trials, then a million]"
)
@seed_option
@workers_options
@pass_settings
def command(
    settings: Settings, /, *, outcome: str, studies: Path, protocol_path: Path | None, form: str, output: Path | None,
    style: str | None, method: str | None, subsets: int | None, seed: int, workers: int, dask: str | None,
) -> int:  # fmt: skip
    """Pool every subset of OUTCOME's trials, to see whether the answer hangs on one of them.

    --format csv prints a row per subset: thousands, or millions.
    """
    from msc_meta.robustness.gosh import ALL_UP_TO, DRAWN
    from msc_meta.trust.subsets import subsets_of

    found = outcome_of(settings, outcome, studies, protocol_path)
    k = len(found.pooled)
    count = subsets or (2**k - 1 if k <= ALL_UP_TO else DRAWN)
    with executor_of(workers, dask) as executor, progress_of(settings, "Pooling subsets", count) as progress:
        answer = run(subsets_of, executor, outcome=found, method=method, subsets=subsets, seed=seed, progress=progress)
    return show(settings, found, answer, form, output=output, style=style, kinds=("gosh",))
