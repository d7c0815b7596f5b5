"""Write many plausible, invented trial records, to see what becomes of time and memory.

Usage: python benchmarks/generate_records.py FOLDER [COUNT]. The same count gives the same files.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

TEMPLATE = """\
id: {id}
label: Invented {number} {year}
status: completed
citation: {{authors: [Invented A, Made-Up B], title: "Cells in ARDS: trial {number}", journal: Invented Trials,
  year: {year}, volume: "{volume}", pages: "{number}", doi: 10.5555/invented.{number}, pmid: "{pmid}"}}
registrations: [NCT{nct:08d}]
design: {{allocation: {allocation}, ratio: "1:1", masking: double-blind, countries: [ES, NO]}}
population: {{condition: COVID-19, syndrome: ARDS, severity: moderate-to-severe}}
arms:
  msc: {{role: experimental, label: UC-MSC, randomised: {n_e}, product: cells, source: umbilical cord, infusions: 2,
    dose: {{value: 1000000, unit: cells/kg}}, route: intravenous}}
  placebo: {{role: control, label: placebo, randomised: {n_c}, comparator: saline}}
outcomes:
  - outcome: mortality
    day: 28
    arms:
      msc: {{n: {n_e}, events: {event_e}}}
      placebo: {{n: {n_c}, events: {event_c}}}
    source: &
  - outcome: oxygenation
    quantity: pf_ratio
    kind: final
    day: 7
    unit: mmHg
    arms:
      msc: {{n: {n_e}, mean: {pf_e:.1f}, sd: {pf_sd_e:.1f}}}
      placebo: {{n: {n_c}, mean: {pf_c:.1f}, sd: {pf_sd_c:.1f}}}
    source: &
  - outcome: discharge_time
    unit: days
    arms:
      msc: {{n: {n_e}, median: {stay_e:.1f}, q1: {q1_e:.1f}, q3: {q3_e:.1f}}}
      placebo: {{n: {n_c}, median: {stay_c:.1f}, q1: {q1_c:.1f}, q3: {q3_c:.1f}}}
    source: &
""".replace("&", '{{kind: primary, url: "https://doi.org/10.5555/invented.{number}", where: Table 2}}')


def record(number: int, chance: random.Random) -> str:
    """Return one record as YAML; no two share an id, a DOI or a registration."""
    n_e, n_c = chance.randint(20, 500), chance.randint(20, 500)
    risk = chance.uniform(0.1, 0.5)
    stay_e, stay_c = chance.uniform(10, 25), chance.uniform(12, 30)
    return TEMPLATE.format(
        id=f"invented-{number}",
        number=number,
        year=chance.randint(2012, 2025),
        volume=chance.randint(1, 60),
        pmid=30_000_000 + number,
        nct=4_000_000 + number,
        allocation=chance.choice(["randomised"] * 4 + ["non-randomised"]),
        n_e=n_e,
        n_c=n_c,
        event_e=sum(chance.random() < 0.9 * risk for _ in range(n_e)),
        event_c=sum(chance.random() < risk for _ in range(n_c)),
        pf_e=chance.gauss(210, 15),
        pf_c=chance.gauss(195, 15),
        pf_sd_e=chance.uniform(40, 90),
        pf_sd_c=chance.uniform(40, 90),
        stay_e=stay_e,
        q1_e=stay_e * 0.6,
        q3_e=stay_e * 1.5,
        stay_c=stay_c,
        q1_c=stay_c * 0.6,
        q3_c=stay_c * 1.5,
    )


def write_records(folder: Path, count: int) -> None:
    """Write ``count`` records into ``folder``, one file each."""
    chance = random.Random(20240213)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        (folder / f"invented-{number}.yaml").write_text(record(number, chance), encoding="utf-8")


if __name__ == "__main__":
    write_records(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
