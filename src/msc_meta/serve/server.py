"""The server itself: both loopback addresses, a watch on the files, and an end as soon as somebody presses Ctrl-C."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import final

import uvicorn

from msc_meta.errors import UsageError
from msc_meta.saved_files import saves
from msc_meta.serve.app import make_app
from msc_meta.serve.guard import Guard, Keys
from msc_meta.serve.review import Review


def serve(review: Review, *, port: int = 0, ready: Callable[[Keys], None] = lambda _keys: None) -> None:
    """Serve the live page of a review until Ctrl-C.

    Parameters
    ----------
    review : Review
        What to show.
    port : int
        Where to listen on 127.0.0.1 and ::1; 0 for any that is free.
    ready : callable
        Called with the keys once the page can be asked for.

    Raises
    ------
    UsageError
        If the port is taken.
    """
    gc.enable()  # this process lives longer than a command
    sockets = listening(port)
    keys = Keys(sockets[0].getsockname()[1])
    app, stopping = make_app(review)
    config = uvicorn.Config(
        Guard(app, keys), http="h11", ws="none", lifespan="off", loop="asyncio", log_config=None, log_level="critical",
        access_log=False, server_header=False, proxy_headers=False, limit_concurrency=200, timeout_keep_alive=30,
    )  # fmt: skip
    threading.Thread(target=_watch, args=(review,), name="watch", daemon=True).start()
    ready(keys)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            _Server(config, stopping).run(sockets)
    finally:
        stopping.set()
        for opened in sockets:
            opened.close()


def listening(port: int) -> list[socket.socket]:
    """Return sockets on the loopback addresses of the machine, 127.0.0.1 first, at one port."""
    first = _bound(socket.AF_INET, "127.0.0.1", port)
    if first is None:
        raise UsageError(f"port {port} is taken by another program; --port 0 finds a free one")
    second = _bound(socket.AF_INET6, "::1", first.getsockname()[1])  # a browser may take localhost for it
    return [first] if second is None else [first, second]


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket | None:
    opened = None
    try:
        opened = socket.socket(family, socket.SOCK_STREAM)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((host, port))
        opened.listen(64)
    except OSError:
        if opened is not None:
            opened.close()
        return None
    return opened


def _watch(review: Review) -> None:
    for _ in saves(review.watched):
        review.refresh()


@final
class _Server(uvicorn.Server):
    """Ends at once: nobody's download is worth waiting for, and those who wait for news are told."""

    def __init__(self, config: uvicorn.Config, stopping: threading.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at the first signal."""
        super().handle_exit(sig, frame)
        self._stopping.set()
        self.force_exit = True
