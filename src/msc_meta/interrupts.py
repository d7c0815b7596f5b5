"""Ctrl-C at the wrong moment: held back for a few milliseconds, or remembered where a library swallows it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def held() -> Iterator[None]:
    """Hold Ctrl-C back while the block runs, and raise KeyboardInterrupt after it."""
    received: list[int] = []
    with _handler(lambda number, _frame: received.append(number)):
        yield
    if received:
        raise KeyboardInterrupt


@contextmanager
def noted() -> Iterator[list[int]]:
    """Give a list that gets the signal's number when Ctrl-C comes; it is raised as ever.

    A library with a bare ``except`` may swallow the KeyboardInterrupt and go on, or raise an error of its own.
    """
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if callable(before):
            before(number, frame)
        else:
            signal.default_int_handler(number, frame)

    before = signal.getsignal(signal.SIGINT)
    with _handler(note):
        yield received


@contextmanager
def _handler(handle: object) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only the main thread gets signals
        yield
        return
    before = signal.signal(signal.SIGINT, handle)  # type: ignore[arg-type]
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
