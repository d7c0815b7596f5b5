"""Long computations in blocks: the same numbers whoever computes them, one process, many, or a cluster.

A computation is cut at fixed places, and each block that draws at random has one child seed of its own. So the result
depends neither on the number of workers nor on who is done first. Whatever is a `concurrent.futures.Executor` may do
the work: processes, threads, the executor of a Dask client.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

Answer = TypeVar("Answer")
Progress = Callable[[int], None]  # told how many items have been done since it was last told

IN_FLIGHT: Final = 64  # blocks handed out and not yet collected; a bound on what waits in memory


@dataclass(frozen=True, slots=True)
class Block:
    """Items ``start`` to ``stop`` (without it) of a computation; ``seed`` is None where nothing is drawn."""

    start: int
    stop: int
    seed: np.random.SeedSequence | None = None

    @property
    def size(self) -> int:
        """Number of items."""
        return self.stop - self.start

    def generator(self) -> np.random.Generator:
        """Return the block's own random numbers; they start anew with each call."""
        return np.random.default_rng(self.seed)


def blocks(items: int, size: int, seed: int | None = None) -> tuple[Block, ...]:
    """Cut ``items`` into blocks of ``size`` items, the last one smaller, each with a child of the seed.

    Examples
    --------
    >>> [(block.start, block.stop) for block in blocks(10, 4)]
    [(0, 4), (4, 8), (8, 10)]
    """
    starts = range(0, items, size)
    seeds = [None] * len(starts) if seed is None else np.random.SeedSequence(seed).spawn(len(starts))
    return tuple(Block(at, min(at + size, items), child) for at, child in zip(starts, seeds, strict=True))


def run_blocks(
    work: Callable[[Block], Answer],
    parts: Sequence[Block],
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Iterator[Answer]:
    """Yield ``work(block)`` of every block, in the order of the blocks.

    Parameters
    ----------
    work : callable
        Depends on the block alone. With an executor of other processes it must be picklable: a function of a module,
        or a `functools.partial` of one.
    executor : concurrent.futures.Executor, optional
        Who works; this process, block after block, without one.
    progress : callable, optional
        Told the number of items of each block when it is collected.
    """
    for part, answer in zip(parts, _answers(work, parts, executor), strict=True):
        if progress is not None:
            progress(part.size)
        yield answer


def _answers(work: Callable[[Block], Answer], parts: Sequence[Block], executor: Executor | None) -> Iterator[Answer]:
    if executor is None:
        yield from map(work, parts)
        return
    waiting: deque[Future[Answer]] = deque()
    try:
        for part in parts:
            waiting.append(executor.submit(work, part))
            if len(waiting) >= IN_FLIGHT:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
