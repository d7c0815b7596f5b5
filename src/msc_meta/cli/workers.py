"""Who does a long computation: this process, several processes of this machine, or a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from msc_meta.cli.settings import F

if TYPE_CHECKING:
    from distributed import Client

INSTALL = "the Dask client is not installed: pip install distributed"
PATIENCE = 10  # seconds until a scheduler that does not answer is given up


def workers_options(command: F) -> F:
    """Add ``--workers`` and ``--dask`` to a command; it hands them to `executor_of`."""
    options = (
        click.option(
            "--workers",
            type=click.IntRange(min=1),
            default=1,
            show_default=True,
            help="Processes of this machine that share the work; the answer is the same.",
        ),
        click.option(
            "--dask", metavar="ADDRESS", help="Dask scheduler whose workers share the work, as tcp://10.0.0.5:8786."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def executor_of(workers: int, dask: str | None) -> Iterator[Executor | None]:
    """Hold the executor that the options ask for; None for this process alone.

    Raises
    ------
    click.UsageError
        For both options at once, a client that is not installed, or a scheduler that does not answer.
    """
    if dask is not None:
        if workers > 1:
            raise click.UsageError("--workers and --dask are two ways to share the work; use one of them")
        with _client(dask) as client, client.get_executor(pure=False) as executor:
            yield executor
    elif workers > 1:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
            yield executor
    else:
        yield None


def _client(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise click.UsageError(INSTALL) from None
    try:
        return Client(address, timeout=PATIENCE)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise click.UsageError(f"no Dask scheduler answers at {address}: {reason}") from None
