"""Work beside: done in a process of its own while this one goes on, where the system can fork one."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[None]:
    """Do ``work`` while the block runs, and see that it is done when the block ends.

    The work must leave its results in files and need no threads. Where no process can be forked, or the one that was
    fails, it is done here, so that its error is an ordinary one.
    """
    parent = os.getpid()
    child = _fork()
    if child == 0:
        code = 1
        try:
            _end_with(parent)
            work()
            code = 0
        finally:
            os._exit(code)  # nothing of the parent's is to be cleaned up or printed twice
    done = False
    try:
        yield
    finally:
        if child is not None:
            _, status = os.waitpid(child, 0)
            done = status == 0
    if not done:
        work()


def _fork() -> int | None:
    if not hasattr(os, "fork") or (os.cpu_count() or 1) < 2:
        return None
    with warnings.catch_warnings():
        # Python 3.12 warns of forking beside threads; the only ones are those of BLAS, and drawing uses none
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return os.fork()
        except OSError:
            return None


def _end_with(parent: int) -> None:
    """Let this process be killed when its parent is, where the system does that: nobody waits for its work then."""
    if sys.platform != "linux":
        return
    import ctypes

    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != parent:  # it was quicker
        raise SystemExit
