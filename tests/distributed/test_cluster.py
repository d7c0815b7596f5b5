"""A real cluster: a scheduler and two workers, processes of their own on loopback."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import click
import numpy as np
import pytest

from msc_meta.cli.workers import executor_of
from msc_meta.robustness.bootstrap import bootstrap
from msc_meta.robustness.gosh import BLOCK, gosh
from msc_meta.robustness.next_trial import next_trial
from msc_meta.robustness.simulated_trial import Trial

pytest.importorskip("distributed", reason="the extra [distributed] is not installed")
PATIENCE = 60.0  # seconds for a process of the cluster to come up


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str], pattern: str) -> str:
    """Return what a process says that matches, and read on behind it so that it is never kept waiting."""
    assert process.stderr is not None
    end = time.monotonic() + PATIENCE
    lines = []
    while time.monotonic() < end and (line := process.stderr.readline()):
        lines.append(line)
        if match := re.search(pattern, line):
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return match[1]
    raise AssertionError("".join(lines))


@pytest.fixture
def cluster() -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    scheduler = started("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
    running = [scheduler]
    try:
        address = said(scheduler, r"Scheduler at:\s+(tcp://127\.0\.0\.1:\d+)")
        workers = []
        for _ in range(2):
            worker = started(
                "dask_worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard", "--memory-limit", "0"
            )
            running.append(worker)
            workers.append(worker)
        for worker in workers:
            said(worker, r"(Registered to)")
        yield address, workers
    finally:
        for process in running:
            process.kill()
            process.wait()
            if process.stderr is not None:
                process.stderr.close()


def simulated(k: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    vi = random.uniform(0.01, 0.4, k)
    return random.normal(-0.2, 0.3 + np.sqrt(vi)), vi


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of sockets to the worker that is killed
def test_a_cluster_gives_the_same_bits_even_when_a_worker_is_killed(cluster):
    address, workers = cluster
    yi, vi = simulated(24)
    count = 24 * BLOCK
    alone = gosh(yi, vi, "REML", subsets=count, seed=5)
    done = []

    def progress(items: int) -> None:
        done.append(items)
        if len(done) == 3:  # in mid-run: blocks are out with both workers
            workers[0].send_signal(signal.SIGKILL)

    with executor_of(1, address) as executor:
        shared = gosh(yi, vi, "REML", subsets=count, seed=5, executor=executor, progress=progress)
    assert workers[0].wait(timeout=10) == -signal.SIGKILL
    assert sum(done) == count
    for name in ("members", "estimate", "tau2", "i2", "q"):
        assert getattr(shared, name).tobytes() == getattr(alone, name).tobytes()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_resampling_and_simulation_give_the_same_bits(cluster):
    address, _ = cluster
    yi, vi = simulated(8)
    trial = Trial(n_e=50, n_c=50, control_risk=0.3)
    with executor_of(1, address) as executor:
        shared = bootstrap(yi, vi, n=3000, executor=executor)
        simulations = next_trial(yi, vi, trial, measure="RR", simulations=9000, executor=executor)
    assert shared.samples.tobytes() == bootstrap(yi, vi, n=3000).samples.tobytes()
    assert simulations == next_trial(yi, vi, trial, measure="RR", simulations=9000)


def test_no_scheduler_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr("msc_meta.cli.workers.PATIENCE", 1)
    with pytest.raises(click.UsageError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"):  # noqa: SIM117
        with executor_of(1, "tcp://127.0.0.1:1"):
            pass
    with pytest.raises(click.UsageError, match="use one of them"), executor_of(2, "tcp://127.0.0.1:1"):
        pass
