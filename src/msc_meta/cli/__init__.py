"""The command line: one small file per command, each a few lines around a public function.

Results go to stdout and everything else to stderr. Exit codes: 0 fine, 1 problems in the data, 2 wrong use,
3 nothing could be pooled, 70 our fault, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

OUR_FAULT = 70
STOPPED = 130


def main(args: Sequence[str] | None = None) -> None:
    """Run ``msc-meta`` and leave with its exit code."""
    # a plugin of pydantic's could change how records are validated; they are read the same everywhere, and sooner
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    gc.disable()  # a command ends before garbage matters, and looking for it takes a twentieth of the time
    sys.exit(run(list(sys.argv[1:] if args is None else args)))


def run(args: list[str]) -> int:
    """Run one command line and return its exit code; every error ends as one message on stderr."""
    import click

    from msc_meta.cli.commands import app
    from msc_meta.errors import MscMetaError

    stopped: list[int] = []
    try:
        with _noting_ctrl_c(stopped):
            code = app.main(args=args, prog_name="msc-meta", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _stopped()
    except MscMetaError as error:
        print(f"msc-meta: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stderr.close()
        return 0
    except Exception as error:
        if stopped:  # a library caught the KeyboardInterrupt and raised an error of its own
            return _stopped()
        if "--debug" in args:
            raise
        print(
            f"msc-meta: a fault of msc_meta, not of your data ({type(error).__name__}: {error}). "
            "Please report it with what `msc-meta --debug ...` prints.",
            file=sys.stderr,
        )
        return OUR_FAULT
    return code if isinstance(code, int) else 0


def _stopped() -> int:
    print("msc-meta: stopped; no output was changed", file=sys.stderr)
    return STOPPED


@contextmanager
def _noting_ctrl_c(stopped: list[int]) -> Iterator[None]:
    """Put the number of the signal into ``stopped`` when Ctrl-C comes, and raise KeyboardInterrupt as ever."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def note(number: int, frame: FrameType | None) -> None:
        stopped.append(number)
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
