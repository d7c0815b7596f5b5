"""The arms of the trial: roles, product, dose, and the numbers of patients."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msc_meta.records.findings import Finding, did_you_mean
from msc_meta.records.rules.reading import reports_numbers, rows, written
from msc_meta.records.study import Study

USUAL_DOSE: Final = {"cells/kg": (1e4, 1e8), "cells": (1e6, 1e10), "mL": (0.1, 1000)}
"""Unit -> the range that doses of this field lie in; a dose outside it is likely in another unit."""

_IS_CONTROL: Final = re.compile(
    r"(the )?(placebo|controls?|sham|saline|vehicle|(standard|usual)( of)?( medical)? (care|treatment|therapy))"
    r"( (arm|group))?", re.IGNORECASE,
)  # fmt: skip


def both_roles(study: Study) -> Iterator[Finding]:
    """Expect an experimental arm, and a control arm as soon as there are numbers to compare."""
    for role in ("experimental", "control"):
        needed = role == "experimental" or any(map(reports_numbers, study.outcomes))
        if needed and not any(arm.role == role for arm in study.arms.values()):
            yield Finding("E316", ("arms",), f"no arm has the role {role}",
                          "give each arm role: experimental, control or other", at_key=True)  # fmt: skip


def product_named(study: Study) -> Iterator[Finding]:
    """Expect an experimental arm to say what was given."""
    for name, arm in study.arms.items():
        if arm.role == "experimental" and arm.product is None:
            yield Finding("E317", ("arms", name), f"the experimental arm {name} has no product",
                          "add product: cells, cell-free (secretome, vesicles) or other", at_key=True)  # fmt: skip


def roles_as_named(study: Study) -> Iterator[Finding]:
    """Expect what is given to the control arm to be no cells, and no placebo to be the treatment that is tested."""
    for name, arm in study.arms.items():
        if arm.role == "control" and arm.product in ("cells", "cell-free"):
            yield Finding("W415", ("arms", name, "role"), f"the control arm {name} is given {arm.product}",
                          "were the roles swapped? a control arm needs no product")  # fmt: skip
        elif arm.role == "experimental" and _IS_CONTROL.fullmatch(arm.label.strip()):
            yield Finding("W415", ("arms", name, "role"), f"the experimental arm {name} is called {arm.label}",
                          "were the roles swapped?")  # fmt: skip


def usual_dose(study: Study) -> Iterator[Finding]:
    """Expect a dose of the size that its unit suggests."""
    for name, arm in study.arms.items():
        if arm.dose is None:
            continue
        low, high = USUAL_DOSE[arm.dose.unit]
        if not low <= arm.dose.value <= high:
            yield Finding("W404", ("arms", name, "dose", "value"),
                          f"{written(arm.dose.value)} {arm.dose.unit} is far from usual doses"
                          f" ({written(low)} to {written(high)})",
                          "was the dose given per patient instead of per kg, or in millions?")  # fmt: skip


def ratio_of_allocation(study: Study) -> Iterator[Finding]:
    """Expect an allocation ratio to be numbers with colons."""
    ratio = study.design.ratio
    if ratio is not None and not re.fullmatch(r"\d{1,2}(:\d{1,2})+", ratio, re.ASCII):
        yield Finding("E334", ("design", "ratio"), f"{ratio} is no allocation ratio", 'write it as "1:1" or "2:1:1"')


def patients_of_the_arm(study: Study) -> Iterator[Finding]:
    """Expect no more patients analysed or counted than were randomised."""
    for name, arm in study.arms.items():
        if arm.randomised is not None and arm.analysed is not None and arm.analysed > arm.randomised:
            yield Finding("E304", ("arms", name, "analysed"),
                          f"{arm.analysed} patients analysed, but only {arm.randomised} randomised to {name}",
                          "were the arms swapped?")  # fmt: skip
    for row in rows(study):
        known = study.arms.get(row.arm)
        if known is None or known.randomised is None:
            continue
        for key in ("n", "events", "survivors"):
            count = getattr(row.data, key)
            if count is not None and count > known.randomised and (key == "n" or row.data.n is None):
                yield Finding("E304", (*row.field, key),
                              f"{count} patients, but only {known.randomised} were randomised to {row.arm}",
                              "were the arms swapped?")  # fmt: skip


def arms_of_the_reports(study: Study) -> Iterator[Finding]:
    """Expect a report to name arms that the study has."""
    for row in rows(study):
        if row.arm not in study.arms:
            yield Finding("E314", row.field, f"the study has no arm {row.arm}",
                          did_you_mean(row.arm, list(study.arms)), at_key=True)  # fmt: skip


RULES = (
    both_roles,
    product_named,
    roles_as_named,
    usual_dose,
    ratio_of_allocation,
    patients_of_the_arm,
    arms_of_the_reports,
)
