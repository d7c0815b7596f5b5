"""The two states of a review that `diff` and `changelog` compare: two folders, or one and an older revision of git."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.settings import F, Settings, protocol_option

if TYPE_CHECKING:
    from msc_meta.living.run_changes import Changes, State


def states_options(command: F) -> F:
    """Add the two states, their protocols, and ``--since``; they are handed to `changes_between`."""
    options = (
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="OLD NEW"),
        click.option("--since", metavar="REV", help="Compare one folder with itself at a revision of git, as main."),
        protocol_option,
        click.option("--old-protocol", type=click.Path(path_type=Path), help="Protocol of OLD, where it is another."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def changes_between(
    settings: Settings,
    paths: tuple[Path, ...],
    since: str | None,
    protocol_path: Path | None,
    old_protocol: Path | None,
) -> Changes:
    """Compare OLD with NEW, or with ``since`` the one folder that is named (``studies``) with its older self."""
    from msc_meta.living.run_changes import changes

    if since is None:
        if len(paths) != 2:
            raise click.UsageError("name two states, OLD and NEW, or one folder with --since REV")
        old, new = paths
        return changes(state_of(settings, old, old_protocol or protocol_path), state_of(settings, new, protocol_path))
    if len(paths) > 1:
        raise click.UsageError("--since compares one folder with its older self; name one, or none for studies")
    folder = paths[0] if paths else Path("studies")
    new_state = state_of(settings, folder, protocol_path)
    return changes(_state_at(settings, folder, since, protocol_path, old_protocol), new_state)


def state_of(settings: Settings, path: Path, protocol_path: Path | None, name: str = "") -> State:
    """Return a state: what a run wrote into the folder, as it was written, or its records, pooled now."""
    from msc_meta.living.published import record_hashes_in, results_in, screening_hash_in
    from msc_meta.living.run_changes import State, results_of
    from msc_meta.synthesis import synthesize

    if path.is_dir() and (published := results_in(path)) is not None:
        return State(
            name=name or str(path), results=published, hashes=record_hashes_in(path),
            locked_screening=screening_hash_in(path),
        )  # fmt: skip
    protocol = settings.protocol(protocol_path, path)
    evidence = settings.load(path, protocol)
    results = results_of(synthesize(evidence, protocol), evidence)
    return State(name=name or str(path), results=results, evidence=evidence, protocol=protocol)


def _state_at(
    settings: Settings, folder: Path, since: str, protocol_path: Path | None, old_protocol: Path | None
) -> State:
    """Return the state of a folder at a revision; the protocol is that of the revision, unless one is named for OLD."""
    from msc_meta.errors import UsageError
    from msc_meta.living.git_history import commit_of, write_at
    from msc_meta.screening.place import NAME as SCREENING

    commit = commit_of(folder, since)
    name = f"{folder} at {since}" + ("" if commit.startswith(since) else f" ({commit[:12]})")
    with tempfile.TemporaryDirectory() as place:
        then = Path(place) / folder.resolve().name
        if not write_at(commit, folder, then):
            raise UsageError(f"{folder} was not there at {since}")
        write_at(commit, folder.resolve().parent / SCREENING, Path(place) / SCREENING)
        protocol = old_protocol
        if protocol is None and protocol_path is not None:
            protocol = Path(place) / "protocol" / protocol_path.name
            if not write_at(commit, protocol_path, protocol):
                settings.say(f"{protocol_path} was not there at {since}: the old state is pooled by the new protocol")
                protocol = protocol_path
        return state_of(settings, then, protocol, name)
