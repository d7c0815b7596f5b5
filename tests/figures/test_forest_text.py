"""A forest plot of characters: its numbers, its width, and what it must not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

from msc_meta.figures.forest_rows import forest_rows
from msc_meta.figures.forest_text import cells_wide, forest_text
from msc_meta.figures.style import load_style
from tests.figures import examples

LOOK = load_style("cochrane")


def shown(case, width=100, **options):
    rows, result, info = case
    return forest_text(forest_rows(rows, result, info, LOOK), LOOK, width, **options)


def test_every_study_has_its_line_with_its_numbers():
    rows, result, info = examples.mortality()
    plot = shown((rows, result, info))
    for row in forest_rows(rows, result, info, LOOK).rows:
        if row.kind in ("study", "pooled"):
            assert any(row.label in line and row.cells["effect"].text in line for line in plot.splitlines())


@pytest.mark.parametrize("width", [80, 100, 140])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_no_line_is_wider_than_the_terminal(width, ascii_only):
    plot = shown(examples.mortality(), width, ascii_only=ascii_only)
    assert max(map(cells_wide, plot.splitlines())) <= width
    assert not ascii_only or plot.isascii()


def test_squares_stand_in_the_order_of_the_effects():
    rows, result, info = examples.mortality()
    lines = shown((rows, result, info), 140, ascii_only=True, notes=False).splitlines()
    graph = min(line.index("|") for line in lines if "|" in line) - 60
    places = {}
    for row in rows:
        for line in lines:
            if row.included and line.startswith(row.label):
                marks = [at for at, mark in enumerate(line) if mark in "#+" and at > graph]
                places[row.yi] = marks[-1]
    ordered = [places[effect] for effect in sorted(places)]
    assert ordered == sorted(ordered)
    assert len(set(ordered)) > 3


def test_pool_loads_no_library_that_draws(project):
    code = (
        "import sys; from msc_meta.cli import run; assert run(['-q', 'pool', 'mortality', 'studies']) == 0; "
        "print('LOADED', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project, check=True, capture_output=True, text=True)
    assert "Total (95% CI)" in done.stdout
    assert {"PIL", "reportlab", "matplotlib", "pandas"}.isdisjoint(done.stdout.rpartition("LOADED")[2].split())
