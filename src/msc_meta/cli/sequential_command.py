"""msc-meta sequential: whether an outcome's trials hold enough information."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from msc_meta.cli.settings import Settings, pass_settings
from msc_meta.cli.trust_options import ABOVE_0, SHARE, outcome_of, show, trust_options


@click.command("sequential")
@trust_options
@click.option("--effect", type=float, help="To be found, as it is shown: 0.8, or -2.  [default: said in the output]")
@click.option("--control-risk", type=SHARE, help="[default: that of the pooled trials]")
@click.option("--sd", type=ABOVE_0, help="[default: that of the pooled trials]")
@click.option("--alpha", type=SHARE, default=0.05, show_default=True, help="Two-sided error.")
@click.option("--power", type=SHARE, default=0.8, show_default=True)
@click.option(
    "--spending", type=click.Choice(("obrien-fleming", "pocock")), default="obrien-fleming", show_default=True
)
@click.option("--futility", type=click.Choice(("none", "non-binding", "binding")), default="none", show_default=True)
@click.option(
    "--adjust", type=click.Choice(("d2", "i2", "none")), default="d2", show_default=True, help="For heterogeneity."
)
@click.option(
    "--ci-method",
    type=click.Choice(("wald", "hksj", "hksj-adhoc")),
    help="Test of each look.  [default: the protocol's]",
)
@pass_settings
def command(
    settings: Settings, /, *, outcome: str, studies: Path, protocol_path: Path | None, form: str, output: Path | None,
    style: str | None, effect: float | None, control_risk: float | None, sd: float | None, alpha: float, power: float,
    spending: Literal["obrien-fleming", "pocock"], futility: Literal["none", "non-binding", "binding"],
    adjust: Literal["d2", "i2", "none"], ci_method: str | None,
) -> int:  # fmt: skip
    """Say whether OUTCOME's trials hold enough information, with boundaries for looking again at each trial."""
    from msc_meta.trust.information import information_of

    found = outcome_of(settings, outcome, studies, protocol_path)
    answer = information_of(
        found, effect=effect, control_risk=control_risk, sd=sd, alpha=alpha, power=power, spending=spending,
        futility=futility, adjust=adjust, ci_method=ci_method,
    )  # fmt: skip
    return show(settings, found, answer, form, output=output, style=style, kinds=("sequential",))
