"""Work beside: done once, whether a process was forked or not, and its error is an ordinary one."""

from __future__ import annotations

import os

import pytest

from msc_meta.report import beside as module
from msc_meta.report.beside import beside


@pytest.fixture(params=["forked", "here"])
def way(request, monkeypatch):
    if request.param == "here":
        monkeypatch.setattr(module, "_fork", lambda: None)
    elif not hasattr(os, "fork"):
        pytest.skip("no fork on this system")


@pytest.mark.usefixtures("way")
def test_the_work_is_done_when_the_block_ends(tmp_path):
    with beside(lambda: (tmp_path / "a").write_text("done")):
        (tmp_path / "b").write_text("done")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.usefixtures("way")
def test_an_error_of_the_work_is_raised_here(tmp_path):
    with pytest.raises(FileNotFoundError), beside(lambda: (tmp_path / "none" / "a").write_text("x")):
        pass


@pytest.mark.usefixtures("way")
def test_an_error_of_the_block_is_raised_and_no_process_is_left(tmp_path, monkeypatch):
    forked, fork = [], module._fork
    monkeypatch.setattr(module, "_fork", lambda: forked.append(fork()) or forked[-1])
    with pytest.raises(ValueError, match="block"), beside(lambda: (tmp_path / "a").write_text("done")):
        raise ValueError("block")
    assert len(forked) == 1
    for child in filter(None, forked):  # other tests of this process may have children of their own
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)
