"""msc-meta serve: the report in a browser, live."""

from __future__ import annotations

import os
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from msc_meta.cli.settings import Settings, pass_settings, protocol_option, studies_argument
from msc_meta.errors import UsageError

if TYPE_CHECKING:
    from msc_meta.serve.guard import Keys


@click.command("serve")
@studies_argument
@protocol_option
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; any free one by default.")
@click.option("--open/--no-open", "opens", default=None, help="Open a browser (default: where somebody is looking).")
@pass_settings
def command(settings: Settings, studies: Path, protocol_path: Path | None, port: int, opens: bool | None) -> int:
    """Show the report of STUDIES as a page that is drawn again whenever a record is saved, until Ctrl-C.

    The page lists what is wrong with a record beside it, and edits records: as a form or as text, with every change
    shown before it is written. It is there for this machine alone, at the address that is printed.
    """
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise UsageError(f"the live page needs {' and '.join(missing)}: pip install {' '.join(missing)}")
    if not studies.exists():
        raise UsageError(f"{studies} does not exist")
    from msc_meta.serve.review import Review
    from msc_meta.serve.server import serve

    if opens is None:
        opens = sys.stdout.isatty() and _has_windows()

    def ready(keys: Keys) -> None:
        click.echo(keys.address)
        sys.stdout.flush()
        settings.say("The page follows every save; Ctrl-C ends.")
        if opens:
            threading.Thread(target=_open, args=(keys.address_for_once,), daemon=True).start()

    serve(Review(studies, protocol_path, settings.without), port=port, ready=ready)
    return 0


def _has_windows() -> bool:
    """Whether a browser would have a window; one for the terminal would take this one away."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open(address: str) -> None:
    import webbrowser

    webbrowser.open(address)
