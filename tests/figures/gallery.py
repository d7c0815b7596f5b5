"""Write pictures for people to look at: ``python -m tests.figures.gallery FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from msc_meta.figures.baujat_plot import draw_baujat
from msc_meta.figures.drapery_plot import draw_drapery
from msc_meta.figures.files import write_figures
from msc_meta.figures.forest import draw_forest
from msc_meta.figures.funnel import draw_funnel
from msc_meta.figures.influence_plot import draw_influence
from msc_meta.figures.radial_plot import draw_radial
from msc_meta.figures.timeline_plot import draw_timeline
from tests.figures import examples
from tests.figures.bcg import bcg

CASES = {
    "bcg": bcg(),
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

PLOTS = {
    "baujat": draw_baujat,
    "drapery": draw_drapery,
    "influence": draw_influence,
    "radial": draw_radial,
    "timeline": draw_timeline,
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    jobs = []
    for name, case in CASES.items():
        jobs += [(folder / f"forest_{name}", draw_forest(*case)), (folder / f"funnel_{name}", draw_funnel(*case))]
        jobs.append((folder / f"contours_{name}", draw_funnel(*case, contours=True)))
        jobs += [(folder / f"{kind}_{name}", draw(*case)) for kind, draw in PLOTS.items()]
    for path in write_figures(jobs):
        print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
