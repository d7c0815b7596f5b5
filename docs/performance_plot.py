"""Draw how cost grows, from the times that `benchmarks/robustness.py --growth` measured and wrote down."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

MEASURED = Path(__file__).parent.parent / "benchmarks" / "growth.json"
LOOKS = (("#111111", "o"), ("#4f86c6", "s"), ("#b3611f", "^"), ("#6b6b6b", "D"))


def draw(path: Path) -> None:
    """Write the plot as SVG: GOSH by subsets on the left, other sets on the right, both axes logarithmic."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    others = {name: points for name, points in measured.items() if name not in {"gosh", "machine"}}
    for axes, lines, title in (
        (left, measured["gosh"], "GOSH: all subsets of k = 10 to 22 studies"),
        (right, others, "Sets of studies pooled at once"),
    ):
        for (name, points), (color, marker) in zip(lines.items(), LOOKS, strict=False):
            axes.plot(*zip(*points, strict=True), marker=marker, color=color, label=name, markersize=4, linewidth=1)
        axes.set(xscale="log", yscale="log", xlabel="sets", ylabel="seconds", title=title)
        axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    with mpl.rc_context({"svg.hashsalt": "msc_meta", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None, "Title": "How cost grows with the number of sets"})
