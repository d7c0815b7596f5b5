"""The command line: one small file per command, each a few lines around a public function.

Results go to stdout and everything else to stderr. Exit codes: 0 fine, 1 problems in the data, 2 wrong use,
3 nothing could be pooled, 70 our fault, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from msc_meta.interrupts import noted

OUR_FAULT = 70
STOPPED = 130
REFUSED = 2
REFUSALS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}


def main(args: Sequence[str] | None = None) -> None:
    """Run ``msc-meta`` and leave with its exit code."""
    # a plugin of pydantic's could change how records are validated; they are read the same everywhere, and sooner
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    # no file holds the time of its making, and this would put one into the PDFs: other bytes from the same records
    os.environ.pop("SOURCE_DATE_EPOCH", None)
    gc.disable()  # a command ends before garbage matters, and looking for it takes a twentieth of the time
    sys.exit(run(list(sys.argv[1:] if args is None else args)))


def run(args: list[str]) -> int:
    """Run one command line and return its exit code; every error ends as one message on stderr."""
    import click

    from msc_meta.cli.commands import app
    from msc_meta.errors import MscMetaError

    stopped: list[int] = []
    try:
        with noted() as stopped:
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
        if reason := _refusal(error):
            print(f"msc-meta: the system refused: {reason}", file=sys.stderr)
            return REFUSED
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


def _refusal(error: Exception) -> str:
    """Return why the system did not do what it was asked; nothing if the error has another cause."""
    try:
        Path.cwd()
    except OSError:
        return "the folder you are in is not there any more; go to one that is"
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    if isinstance(error, OSError) and error.errno in REFUSALS:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"
    return ""
