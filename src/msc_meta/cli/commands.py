"""The list of commands, each imported when it is called, and the options that all of them share."""

from __future__ import annotations

from importlib import import_module

import click

from msc_meta.cli.settings import Settings

# command -> what --help says of it; the command itself lives in the module of its name
COMMANDS = {
    "run": "Do the whole job: check, pool, and write figures, tables and results.",
    "check": "List every problem of every record.",
    "compare": "List where two extractors of the same trials disagree, and write the consensus.",
    "new": "Write a commented record for a new trial, ready to fill in.",
    "explain": "Say what a field or a problem code means, with examples.",
    "pool": "Show the pooled result of one outcome.",
    "forest": "Draw the forest plot of one outcome.",
    "funnel": "Draw the funnel plot of one outcome.",
    "plot": "Draw any plot: Baujat, L'Abbé, bubble, drapery, GOSH, specification curve and more; --list.",
    "gosh": "Pool every subset of the trials: does the answer hang on one of them?",
    "multiverse": "Pool under every combination of the protocol's choices.",
    "bayes": "Say what to believe after the trials, under several priors.",
    "sequential": "Say whether there is enough information, look by look.",
    "next-trial": "Say what one more trial would make of the evidence, by its size.",
    "sof": "Show the summary of findings: effects per 1,000 patients, and what GRADE's domains rest on.",
    "rob": "List judgements of risk of bias beside what answers suggest, and what to answer next.",
    "flow": "Draw the PRISMA 2020 flow diagram, from the records identified to the studies included.",
    "missing": "Show which eligible trials' results are missing, and what they could do.",
    "diff": "Say what changed between two states of the review, and how each pooled effect moved.",
    "changelog": "Add a dated entry to an evidence changelog: answers, trials, numbers, decisions.",
    "lock": "Write hashes of records and protocol into one small file, or check them against it.",
    "verify": "Check that published results are what was written, and still follow from the records.",
    "serve": "Show the report as a live page, and edit records in it.",
    "export": "Write records and results for other programs: R, RevMan, GRADEpro, spreadsheets.",
    "import": "Write a table's records, or those of any format a plugin reads, as YAML files.",
    "protocol": "Print the protocol: every choice of the analysis, to copy and edit.",
    "plugins": "List the readers and writers that are installed.",
    "schema": "Print the JSON Schema of a record, for editors.",
    "completion": "Print the line that turns on completion with the Tab key.",
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"msc_meta.cli.{cmd_name.replace('-', '_')}_command").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the nearest one."""
        from difflib import get_close_matches

        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" There are: {', '.join(COMMANDS)}."
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: msc-meta run studies -o out",
)
@click.option("--quiet", "-q", is_flag=True, help="Print results and problems only.")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of a fault of msc-meta.")
@click.option("--no-plugin", "without", multiple=True, metavar="NAME", help="Leave an installed plugin out.")
@click.version_option(package_name="msc-meta", prog_name="msc-meta")
@click.pass_context
def app(ctx: click.Context, quiet: bool, without: tuple[str, ...]) -> None:
    """Meta-analysis of mesenchymal stromal cells in ARDS: trial records in, forest plots out.

    STUDIES is a folder with one YAML file per trial (default: studies).
    """
    ctx.obj = Settings(quiet=quiet, without=without)
