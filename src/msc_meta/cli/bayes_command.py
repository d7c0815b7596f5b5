"""msc-meta bayes: the Bayesian answer for one outcome."""

from __future__ import annotations

import re
from pathlib import Path

import click

from msc_meta.cli.settings import Settings, pass_settings
from msc_meta.cli.trust_options import ABOVE_0, outcome_of, show, trust_options

NORMAL = re.compile(r"\s*(?:normal)?\s*\(?\s*([^,()]+),([^,()]+)\)?\s*", re.IGNORECASE)


def _normal(_ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[float, float] | None:
    """Return mean and standard deviation of a normal prior."""
    if text is None:
        return None
    match = NORMAL.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        return float(match[1]), float(match[2])
    except ValueError:
        raise click.BadParameter(f'{text!r} is no prior of the mean effect, as "normal(0, 1)"', param=param) from None


@click.command("bayes")
@trust_options
@click.option("--prior", metavar="PRIOR", help='Of tau, as "half-normal(0.5)".  [default: by the type of the outcome]')
@click.option("--mu-prior", metavar="PRIOR", callback=_normal, help='Of the mean effect, as "normal(0, 1)" of logs.')
@click.option("--mid", type=float, metavar="EFFECT", help="Minimal important difference, as it is shown: 0.9, or -1.")
@click.option("--sd", type=ABOVE_0, help="Unit of the priors of a mean difference.  [default: that of the trials]")
@pass_settings
def command(
    settings: Settings, /, *, outcome: str, studies: Path, protocol_path: Path | None, form: str, output: Path | None,
    style: str | None, prior: str | None, mu_prior: tuple[float, float] | None, mid: float | None, sd: float | None,
) -> int:  # fmt: skip
    """Say what to believe of OUTCOME after its trials, and how far the prior decides it."""
    from msc_meta.trust.beliefs import beliefs_of

    found = outcome_of(settings, outcome, studies, protocol_path)
    answer = beliefs_of(found, prior=prior, mu_prior=mu_prior, minimal_important_difference=mid, sd=sd)
    return show(settings, found, answer, form, output=output, style=style, kinds=("bayes",))
