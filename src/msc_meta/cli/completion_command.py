"""msc-meta completion: the line that turns on completion in a shell."""

from __future__ import annotations

import click

LINES = {
    "bash": 'eval "$(_MSC_META_COMPLETE=bash_source msc-meta)"   # add this line to ~/.bashrc',
    "zsh": 'eval "$(_MSC_META_COMPLETE=zsh_source msc-meta)"   # add this line to ~/.zshrc',
    "fish": "_MSC_META_COMPLETE=fish_source msc-meta | source   # add to ~/.config/fish/completions/msc-meta.fish",
}


@click.command("completion")
@click.argument("shell", type=click.Choice(list(LINES)))
def command(shell: str) -> None:
    """Print the line that turns on completion with the Tab key in SHELL."""
    click.echo(LINES[shell])
