"""msc-meta plugins: what is installed and whether it works."""

from __future__ import annotations

from dataclasses import asdict

import click

from msc_meta.cli.settings import Settings, format_option, pass_settings


@click.command("plugins")
@format_option("text", "json")
@pass_settings
def command(settings: Settings, form: str) -> None:
    """List what reads and writes: name, package, version, hooks, formats, and whether each works."""
    from msc_meta.plugins import installed_plugins

    plugins = installed_plugins(without=settings.without)
    if form == "json":
        import json

        click.echo(json.dumps([asdict(plugin) for plugin in plugins], indent=2))
        return
    for plugin in plugins:
        health = plugin.problem or "works"
        formats = [*(f"reads {name}" for name in plugin.adapters), *(f"writes {name}" for name in plugin.exporters)]
        hooks = f" [{', '.join(plugin.hooks)}]" if plugin.hooks else ""
        offered = ", ".join(formats) or "no formats"
        click.echo(f"{plugin.name:<20} {plugin.package} {plugin.version}{hooks}: {offered}; {health}")
