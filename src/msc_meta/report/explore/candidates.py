"""Every usable report of every trial, as the page needs them: numbers of the arms, day, source, order of choice.

The page may change window, measure and conversion, and a trial's report with them. What the choice of a report depends
on beside the day is decided here, by the rules of `msc_meta.effects.choice`: reports of one day, kind and form make a
block, in the order in which they are tried. The page is left with sorting blocks by their distance from the target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any, Final, final

from msc_meta.effects.arms import Contrast, NotUsableError, contrasts
from msc_meta.effects.choice import in_order_of_choice, why_not_admitted
from msc_meta.effects.eligibility import eligible_arms, why_not_eligible
from msc_meta.effects.printed import compares, printed_effect
from msc_meta.effects.rows import STEP_SEPARATOR
from msc_meta.protocol import EVENT_MEASURES, MEAN_MEASURES, MEDIAN_MEASURES, Window

if TYPE_CHECKING:
    from msc_meta.protocol import Eligibility, OutcomeProtocol
    from msc_meta.records.study import Arm, Outcome, Study
    from msc_meta.synthesis import OutcomeSynthesis

Json = dict[str, Any]
CLOSED_FORMS: Final = ("luo-wan", "wan", "luo-shi", "hozo", "bland", "lnorm")
"""Conversions of medians that cost nothing; the others take up to seconds an arm, and are offered if the protocol's."""
EXCLUDE: Final = "exclude"
ANY_CONVERSION: Final = "*"
_FIELDS: Final = {"events": ("events", "n"), "means": ("mean", "sd", "n"), "medians": ("median",)}


def measures_offered(rules: OutcomeProtocol) -> tuple[str, ...]:
    """Return the measures that the page offers: those of the same numbers, and those that the protocol names itself.

    Examples
    --------
    >>> from msc_meta.protocol_files import load_protocol
    >>> measures_offered(load_protocol().outcome("discharge_time"))
    ('MD', 'SMD', 'ROM', 'LRM')
    """
    own = rules.measure
    if rules.numbers == "effects" or own not in (*EVENT_MEASURES, *MEAN_MEASURES, *MEDIAN_MEASURES):
        return (own,)
    named = (own, *(variant.outcome.get("measure") for variant in rules.sensitivity))
    if own in EVENT_MEASURES:
        family: tuple[str, ...] = EVENT_MEASURES
        usual: tuple[str, ...] = ("RR", "OR", "RD")
    else:
        family, usual = (*MEAN_MEASURES, *MEDIAN_MEASURES), ("MD", "SMD", "ROM")
    return tuple(name for name in family if (name in usual or name in named) and kinds_under(name, rules) is not None)


def kinds_under(measure: str, rules: OutcomeProtocol) -> tuple[str, ...] | None:
    """Return the kinds of values that may be pooled under a measure; None where the protocol leaves it none."""
    kinds = tuple(rules.kinds)
    mixing = len(kinds) > 1 and measure in ("SMD", "SMDH")
    if mixing or (kinds and measure == "ROM"):
        return ("final",) if "final" in kinds else None
    return kinds


def conversions_offered(rules: OutcomeProtocol) -> tuple[str, ...]:
    """Return the ways to treat medians, the protocol's included; none for outcomes without means."""
    if rules.measure not in (*MEAN_MEASURES, *MEDIAN_MEASURES):
        return ()
    own = () if rules.median_method in CLOSED_FORMS else (rules.median_method,)
    return (*own, *CLOSED_FORMS, EXCLUDE)


def trials_of(outcome: OutcomeSynthesis, studies: Sequence[Study], eligibility: Eligibility) -> list[Json]:
    """Return the trials that have a usable report in some state of the page, in the order of the evidence."""
    name, rules = outcome.name, outcome.rules
    labels = {study.id: study.label for study in studies}
    barred = {row.study: row.reason for row in outcome.rows if row.standing == "not eligible"}
    found = []
    for study in studies:
        ineligible = why_not_eligible(study, eligibility, labels)
        arms = study.arms_of("experimental") if ineligible else eligible_arms(study, eligibility)
        trial = _Trial(study, name, rules, arms, study.arms_of("control"))
        if not (blocks := trial.blocks()):
            continue
        barriers = list(_barriers(study, eligibility))
        found.append(
            {
                "id": study.id,
                "label": study.label,
                "barred": barriers or ["judgement"] * (study.id in barred),  # not eligible for this outcome alone
                "why": barred.get(study.id, ""),
                "high": _overall_risk(study, name) == "high",
                "blocks": blocks,
            }
        )
    return found


def _barriers(study: Study, rules: Eligibility) -> Iterator[str]:
    """Name the rules of eligibility that a study does not meet, as `why_not_eligible` goes through them."""
    if study.companion_of is not None:
        yield "companion"
    if study.design.allocation not in rules.allocation:
        yield "non-randomised" if study.design.allocation == "non-randomised" else "unclear-allocation"
    if not eligible_arms(study, rules):
        yield "product"
    if not any(rule.holds(study.population) for rule in rules.populations):
        yield "population"


def _overall_risk(study: Study, name: str) -> str | None:
    """Return the overall risk of bias of an outcome, else that of the whole trial."""
    judged = [entry for entry in study.risk_of_bias if entry.overall is not None and entry.outcome in (name, None)]
    entry = min(judged, key=lambda entry: entry.outcome is None, default=None)
    return entry.overall if entry is not None else None


@final
@dataclass(frozen=True)
class _Trial:
    study: Study
    name: str
    rules: OutcomeProtocol
    arms: Mapping[str, Arm]
    control: Mapping[str, Arm]

    def blocks(self) -> list[Json]:
        """Return the reports by day, kind and form, those of a block in the order in which they are tried."""
        anytime = self.rules.model_copy(update={"window": None})
        reports = self.study.reports(self.name)
        admitted = [report for report in reports if not why_not_admitted(report, self.study, anytime)]
        shown = {id(report): self._report(report) for report in admitted}
        if not any(_is_usable(report) for report in shown.values()):
            return []
        made = []
        for key in dict.fromkeys(_key(report) for report in admitted):
            day, kind, has_arms = key
            order = self._order(key, [one for one in admitted if _key(one) in (key, (None, kind, has_arms))])
            reports_in_order = [shown[id(report)] for report in order]
            made.append({"day": day, "kind": kind or "", "arms": has_arms, "reports": reports_in_order})
        return made

    def _order(self, key: tuple[float | None, str | None, bool], reports: Sequence[Outcome]) -> list[Outcome]:
        """Return what is tried for one block: where the protocol asks for the other report, undated ones may be in it.

        The choice is made by `in_order_of_choice` from this block and the undated reports like it alone; undated ones
        come last as blocks of their own, so that what is behind the block's last report is not of it.
        """
        rules, day = self.rules, key[0]
        if rules.window is not None and day is not None:
            window = Window(target=day, earliest=day, latest=day, unstated="include")
            rules = rules.model_copy(update={"window": window})
        elif rules.window is not None:
            rules = rules.model_copy(update={"window": rules.window.model_copy(update={"unstated": "include"})})
        few = self.study.model_copy(update={"outcomes": tuple(reports)})
        rules = rules.model_copy(update={"sponsor_statements": "include"})  # decided above, with all reports at hand
        order = in_order_of_choice(few, self.name, rules)
        last = max((at for at, report in enumerate(order) if _key(report) == key), default=-1)
        return order[: last + 1]

    def _report(self, report: Outcome) -> Json:
        """Return one report: its numbers as used under each measure and conversion, or why there are none."""
        use: Json = {}
        for form, measure in self._forms():
            conversions = conversions_offered(self.rules) if form == "means" else (ANY_CONVERSION,)
            made = {conversion: self._numbers(report, form, measure, conversion) for conversion in conversions}
            first = next(iter(made.values()))
            use[form] = {ANY_CONVERSION: first} if all(one == first for one in made.values()) else made
        printed = {}
        for measure in measures_offered(self.rules):
            rules = self.rules.model_copy(update={"measure": measure})
            if (effect := printed_effect(report, self.study, self.arms, self.control, rules)) is not None:
                printed[measure] = {"yi": effect["yi"], "vi": effect["vi"], "how": effect["conversion"]}
        return {"undated": report.day is None, "source": report.source.kind, "use": use, "printed": printed}

    def _forms(self) -> Iterator[tuple[str, str]]:
        """Give the forms of numbers that the offered measures are made of, each with one measure of its kind."""
        offered = measures_offered(self.rules)
        for form, family in (("events", EVENT_MEASURES), ("means", MEAN_MEASURES), ("medians", MEDIAN_MEASURES)):
            if fitting := [measure for measure in offered if measure in family]:
                yield form, fitting[0]

    def _numbers(self, report: Outcome, form: str, measure: str, conversion: str) -> Json:
        if self.rules.numbers == "effects":
            return {"why": "reported as an effect only"}
        changed = {"measure": measure}
        if conversion not in (ANY_CONVERSION, EXCLUDE):
            changed |= {"medians": "convert", "median_method": conversion}
        elif conversion == EXCLUDE:
            changed |= {"medians": EXCLUDE}
        try:
            found = contrasts(report, self.arms, self.control, self.rules.model_copy(update=changed))
        except NotUsableError as error:
            return {"why": str(error)}
        rows = []
        for one in found:
            row: Json = {"n": _arm_numbers(one, form), "how": STEP_SEPARATOR.join(one.trail)}
            if len(found) > 1:
                row["arm"] = one.e.label
            rows.append(row | (self._of_medians(report, one) if form == "medians" else {}))
        return {"rows": rows}

    def _of_medians(self, report: Outcome, found: Contrast) -> Json:
        """Return the log ratio of medians, whose error is from the p-value, as an effect."""
        from msc_meta.effects.between_arms import log_ratio_of_medians

        between = report.between
        p_value = between.p if between is not None and between.p_relation == "=" else None
        ratio = found.e.median > 0 and found.c.median > 0
        if p_value is None or not ratio or not compares(report, self.study, self.arms, self.control):
            return {"yi": None, "vi": None}
        effect = log_ratio_of_medians(found.e.median, found.c.median, p_value)
        yi, vi = float(effect.yi[0]), float(effect.vi[0])
        return {"yi": None, "vi": None} if isnan(yi) else {"yi": yi, "vi": vi}


def _key(report: Outcome) -> tuple[float | None, str | None, bool]:
    return report.day, report.kind, bool(report.arms)


def _is_usable(report: Json) -> bool:
    return bool(report["printed"]) or any("rows" in one for form in report["use"].values() for one in form.values())


def _arm_numbers(found: Contrast, form: str) -> list[float | None]:
    values = [getattr(arm, field) for arm in (found.e, found.c) for field in _FIELDS[form]]
    return [None if isnan(value) else int(value) if float(value).is_integer() else value for value in values]
