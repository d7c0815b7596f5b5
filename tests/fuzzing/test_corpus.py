"""Every input that is kept, through every target: what once broke a reader breaks none again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.fuzzing.targets import NEXT_FILE, TARGETS, adapters_without_target, keep

CORPUS = Path(__file__).parent / "corpus"
KEPT = [(target, path) for target in TARGETS for path in sorted((CORPUS / target.name).iterdir())]
LARGEST = 100 * 1024


@pytest.mark.parametrize(("target", "path"), KEPT, ids=lambda part: getattr(part, "name", ""))
def test_records_or_complaints_and_nothing_else(target, path, tmp_path):
    began = time.monotonic()
    target.meet(path.read_bytes(), tmp_path)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_is_cut_off_is_met_too(target, tmp_path):
    content = KEPT[[one for one, _ in KEPT].index(target)][1].read_bytes()
    for number in range(8):
        folder = tmp_path / str(number)
        folder.mkdir()
        target.meet(content[: len(content) * number // 8], folder)


def test_every_adapter_has_a_target():
    assert not adapters_without_target()


def test_the_corpus_is_small_and_all_of_it_is_used():
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= LARGEST
    assert {path.parent.name for path in files} == {target.name for target in TARGETS}


def test_the_seeds_are_good_enough_to_begin_with(tmp_path):
    """A fuzzer that never gets past the first line finds nothing."""
    for target in TARGETS:
        good = 0
        for number, path in enumerate(sorted((CORPUS / target.name).iterdir())):
            folder = tmp_path / f"{target.name}-{number}"
            folder.mkdir()
            pieces = path.read_bytes().split(NEXT_FILE) if len(target.files) > 1 else [path.read_bytes()]
            for name, piece in zip(target.files, pieces, strict=False):
                (folder / name).write_bytes(piece)
            try:
                found = target.read(folder if len(target.files) > 1 else folder / target.files[0])
            except Exception:
                continue
            good += not any(problem.code.startswith("E1") for problem in found)
        keep(good > 0, f"no good seed for {target.name}")
