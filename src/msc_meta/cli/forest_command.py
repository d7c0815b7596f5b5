"""msc-meta forest: the forest plot of one outcome."""

from __future__ import annotations

from msc_meta.cli.figure_options import figure_command

command = figure_command("forest")
