"""Ctrl-C is held back where files are moved, and remembered where a library swallows it."""

from __future__ import annotations

import contextlib
import os
import signal

import pytest

from msc_meta.interrupts import held, noted
from msc_meta.output import replacing

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


def test_a_held_interrupt_comes_after_the_block():
    done = []
    with pytest.raises(KeyboardInterrupt), held():
        ctrl_c()
        done.append("whole block")
    assert done


def test_a_swallowed_interrupt_is_known_of_at_every_level():
    before = signal.getsignal(signal.SIGINT)  # ignored, where the tests run in the background of a shell
    with noted() as outer, noted() as inner, contextlib.suppress(KeyboardInterrupt):
        ctrl_c()
    assert outer == inner == [signal.SIGINT]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_that_was_stopped_moves_nothing_although_a_library_swallowed_it(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt), replacing(out) as draft:
        (draft / "forest_a").write_text("new")
        with contextlib.suppress(KeyboardInterrupt):
            ctrl_c()
    assert list(out.iterdir()) == []
