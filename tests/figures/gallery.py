"""Write pictures for people to look at: ``python -m tests.figures.gallery FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from msc_meta.figures.files import write_figures
from msc_meta.figures.forest import draw_forest
from msc_meta.figures.funnel import draw_funnel
from tests.figures import examples

CASES = {
    "mortality": examples.mortality(),
    "discharge": examples.discharge(),
    "oxygenation": examples.oxygenation(),
    "none": examples.nothing(),
    "one": examples.many(1),
    "three": examples.many(3),
    "fifteen-means": examples.many(15, measure="MD"),
    "fifteen-long": examples.many(15, long_labels=True),
    "sixty": examples.many(60),
    "hundred-fifty": examples.many(150),
    "scripts": examples.scripts(),
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    jobs = []
    for name, case in CASES.items():
        jobs += [(folder / f"forest_{name}", draw_forest(*case)), (folder / f"funnel_{name}", draw_funnel(*case))]
        jobs.append((folder / f"contours_{name}", draw_funnel(*case, contours=True)))
    for path in write_figures(jobs):
        print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
