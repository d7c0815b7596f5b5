"""msc-meta multiverse: the pooled effect under every combination of the protocol's choices."""

from __future__ import annotations

from pathlib import Path

import click

from msc_meta.cli.settings import Settings, pass_settings
from msc_meta.cli.trust_options import outcome_of, progress_of, run, seed_option, show, trust_options
from msc_meta.cli.workers import executor_of, workers_options


@click.command("multiverse")
@trust_options
@click.option(
    "--leave-one-out/--no-leave-one-out", default=True, show_default=True, help="Leaving out each trial is a choice."
)
@click.option(
    "--permutations",
    type=click.IntRange(0, 100_000),
    default=0,
    show_default=True,
    help="Of the test, as 200.",
)
@seed_option
@workers_options
@pass_settings
def command(
    settings: Settings, /, *, outcome: str, studies: Path, protocol_path: Path | None, form: str, output: Path | None,
    style: str | None, leave_one_out: bool, permutations: int, seed: int, workers: int, dask: str | None,
) -> int:  # fmt: skip
    """Pool OUTCOME under every combination of the protocol's choices.

    The choices are the sensitivity analyses of the protocol, the estimator, the interval, risk of bias, and leaving one
    trial out. --format csv prints a row per specification.
    """
    from msc_meta.trust.specifications import specifications_of

    found = outcome_of(settings, outcome, studies, protocol_path)
    with executor_of(workers, dask) as executor, progress_of(settings, "Permuting", permutations) as progress:
        answer = run(
            specifications_of, executor, outcome=found, leave_one_out=leave_one_out, permutations=permutations,
            seed=seed, progress=progress,
        )  # fmt: skip
    return show(settings, found, answer, form, output=output, style=style, kinds=("multiverse",))
