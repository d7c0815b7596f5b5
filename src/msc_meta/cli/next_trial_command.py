"""msc-meta next-trial: what one more trial would make of the evidence."""

from __future__ import annotations

import re
from pathlib import Path

import click

from msc_meta.cli.settings import Settings, pass_settings
from msc_meta.cli.trust_options import (
    ABOVE_0,
    SHARE,
    numbers,
    outcome_of,
    progress_of,
    run,
    seed_option,
    show,
    trust_options,
)
from msc_meta.cli.workers import executor_of, workers_options

SEARCHED = 20  # sizes that a search for the smallest one looks at, about


def _effect(_ctx: click.Context, param: click.Parameter, text: str) -> float | str:
    """Return a number, or the name of a distribution."""
    if text in ("predictive", "posterior"):
        return text
    try:
        return float(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither a number nor predictive or posterior", param=param) from None


def _allocation(_ctx: click.Context, param: click.Parameter, text: str) -> tuple[int, int]:
    """Return the two numbers of ``2:1``."""
    match = re.fullmatch(r"([1-9]\d{0,3}):([1-9]\d{0,3})", text.strip())
    if match is None:
        raise click.BadParameter(f"{text!r} is no allocation, as 1:1 or 2:1", param=param)
    return int(match[1]), int(match[2])


@click.command("next-trial")
@trust_options
@click.option("--n", default=400, show_default=True, type=click.IntRange(4, 2**20), help="Patients of both arms.")
@click.option("--sizes", callback=numbers, metavar="N,N,...", help="Of the curve.  [default: 50 to 3200]")
@click.option("--target", type=SHARE, default=0.8, show_default=True, help="For the smallest trial.")
@click.option(
    "--effect", default="predictive", show_default=True, callback=_effect,
    help="True effect in the trial, as it is shown: 0.8; or predictive, posterior.",
)  # fmt: skip
@click.option("--mid", type=float, metavar="EFFECT", help="Exclude this important difference rather than no effect.")
@click.option("--control-risk", type=SHARE, help="[default: that of the pooled trials]")
@click.option("--sd", type=ABOVE_0, help="[default: that of the pooled trials]")
@click.option("--control-mean", type=float, help="For ROM.  [default: that of the pooled trials]")
@click.option("--allocation", default="1:1", show_default=True, callback=_allocation, help="Experimental to control.")
@click.option(
    "--simulations", type=click.IntRange(100, 1_000_000), default=4000, show_default=True, help="Trials of each size."
)
@seed_option
@workers_options
@pass_settings
def command(
    settings: Settings, /, *, outcome: str, studies: Path, protocol_path: Path | None, form: str, output: Path | None,
    style: str | None, n: int, sizes: tuple[int, ...] | None, target: float, effect: float | str, mid: float | None,
    control_risk: float | None, sd: float | None, control_mean: float | None, allocation: tuple[int, int],
    simulations: int, seed: int, workers: int, dask: str | None,
) -> int:  # fmt: skip
    """Simulate one more trial of OUTCOME, pool it with today's, and say how often that settles the question.

    Into a folder, -o writes the power curve and the extended funnel plot.
    """
    from msc_meta.trust.trial_to_come import SIZES, next_trial_of

    found = outcome_of(settings, outcome, studies, protocol_path)
    wanted = SIZES if sizes is None else sizes
    total = simulations * (1 + len(wanted) + SEARCHED)
    with executor_of(workers, dask) as executor, progress_of(settings, "Simulating trials", total) as progress:
        answer = run(
            next_trial_of, executor, outcome=found, n=n, sizes=wanted, target=target, effect=effect,
            minimal_important_difference=mid, control_risk=control_risk, sd=sd, control_mean=control_mean,
            allocation=allocation, simulations=simulations, seed=seed, progress=progress,
        )  # fmt: skip
    return show(settings, found, answer, form, output=output, style=style, kinds=("power", "extended-funnel"))
