"""The results of a registry entry as reports of outcomes: outcome measures, patient flow, and deaths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from msc_meta.adapters.json_text import mapping, mappings, words
from msc_meta.adapters.registry_arms import Groups, match
from msc_meta.adapters.registry_entry import source_of
from msc_meta.adapters.registry_numbers import LeftOut, arm_data, number, unit_of
from msc_meta.adapters.registry_words import Meaning, day_in_title, day_of, meaning, months_as_day, plain

_DEAD = re.compile(r"dead|deaths?|died|deceased|non[- ]?survivors?|yes|mortality")
_ALIVE = re.compile(r"alive|survived|survivors?")
_CHANGE = re.compile(r"\bchanges?\b|\bdelta\b")
_DIRECTED = re.compile(r"improve|increase|decrease|difference|reduction|slope|auc|area under")


@dataclass(slots=True)
class Results:
    """What the results section gives, while it is read."""

    number: str
    """The registry number."""
    arms: Mapping[str, dict[str, Any]]
    reports: list[dict[str, Any]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    """The title that each report has in the registry, to find its place."""
    assumed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def read(self, section: Mapping[str, Any], *, randomised: bool) -> None:
        """Take in the results section: flow, outcome measures, deaths."""
        if randomised:
            self.flow(mapping(section, "participantFlowModule"))
        measures = mappings(mapping(section, "outcomeMeasuresModule").get("outcomeMeasures"))
        for place, measure in enumerate(measures, start=1):
            self.measure(place, measure)
        self.deaths(mapping(section, "adverseEventsModule"))

    def groups(self, where: str, listed: Any) -> Groups:
        """Match one table's groups; what is assumed is said once, and what fits no arm with its place."""
        groups = match(self.arms, mappings(listed))
        self.assumed += [sentence for sentence in groups.assumed if sentence not in self.assumed]
        for title in groups.unmatched:
            if plain(title) != "total":
                self.left.append(f"{where}: group {title or 'without a title'} is not clearly one of the arms")
        return groups

    def in_order(self, arms: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Return the numbers of arms in the order of the protocol's arms."""
        return {name: arms[name] for name in self.arms if name in arms}

    def flow(self, module: Mapping[str, Any]) -> None:
        """Take in how many patients started: those are randomised."""
        groups = self.groups("participant flow", module.get("groups"))
        periods = mappings(module.get("periods"))
        for milestone in mappings(periods[0].get("milestones")) if periods else []:
            if words(milestone.get("type")).upper() != "STARTED":
                continue
            for achieved in mappings(milestone.get("achievements")):
                arm = groups.arms.get(words(achieved.get("groupId")))
                count = number(words(achieved.get("numSubjects")))
                if arm is not None and isinstance(count, int):
                    self.arms[arm]["randomised"] = count

    def measure(self, place: int, measure: Mapping[str, Any]) -> None:
        """Take in one outcome measure: a report for each time point."""
        title = words(measure.get("title"))
        where = f"outcome measure {place}, {title}"
        found = meaning(title)
        if found.outcome is None:
            self.left.append(f"{where}: {found.reason}")
            return
        classes = mappings(measure.get("classes"))
        if not classes or words(measure.get("reportingStatus")).upper() == "NOT_POSTED":
            self.left.append(f"{where}: no numbers are posted")
            return
        groups = self.groups(where, measure.get("groups"))
        for one in classes:
            report = self.report(where, title, measure, one, found)
            report["arms"] = self.in_order(dict(self.numbers(where, title, measure, one, groups, found)))
            if len(classes) == 1 and (between := self.between(where, measure, groups)):
                report["between"] = between
            if report["arms"] or "between" in report:
                self.reports.append(report)
                self.titles.append(title)

    def report(
        self, where: str, title: str, measure: Mapping[str, Any], one: Mapping[str, Any], found: Meaning
    ) -> dict[str, Any]:
        """Return a report without its numbers: what, when, in which unit, read where."""
        time, label = words(measure.get("timeFrame")), words(one.get("title"))
        deaths = found.outcome == "mortality"
        report: dict[str, Any] = {"outcome": found.outcome}
        named = day_of(label, cumulative=deaths) if label else None
        days = {day_in_title(title), day_of(time, cumulative=deaths)} - {None}
        if named is not None:
            report["day"] = named
        elif len(days) == 1:
            report["day"] = days.pop()
        elif days:
            self.assumed.append(f"{where}: title and time frame name two days, so none is taken over")
        elif (day := self.months(where, label or time, cumulative=deaths)) is not None:
            report["day"] = day
        if timepoint := "; ".join(filter(None, (label if named is not None else "", time))):
            report["timepoint"] = timepoint
        if label and named is None and len(mappings(measure.get("classes"))) > 1:
            report["subgroup"] = label
        if found.quantity:
            report |= {"quantity": found.quantity, "unit": unit_of(words(measure.get("unitOfMeasure")))}
        text = plain(f"{title} {label}")
        if found.outcome == "oxygenation":
            if _CHANGE.search(text):
                report["kind"] = "change"
            elif not _DIRECTED.search(text):
                report["kind"] = "final"
        report["arms"] = {}
        report["source"] = source_of(self.number, f"results, {where}")
        note = words(measure.get("populationDescription"))
        return {key: value for key, value in report.items() if value != ""} | ({"note": note} if note else {})

    def months(self, where: str, time: str, *, cumulative: bool) -> float | None:
        """Return the day for a time in months, and say that it is one."""
        day = months_as_day(time, cumulative=cumulative)
        if day is not None:
            self.assumed.append(f"{where}: {time} is taken for day {day:g}")
        return day

    def numbers(
        self, where: str, title: str, measure: Mapping[str, Any], one: Mapping[str, Any], groups: Groups, found: Meaning
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each arm with its numbers, found by the group's number and never by its place."""
        category = self.category(where, mappings(one.get("categories")), found)
        if category is None or found.outcome is None:
            return
        sizes = _sizes(one.get("denoms")) or _sizes(measure.get("denoms"))
        label = words(category.get("title")) or title
        for measurement in mappings(category.get("measurements")):
            group = words(measurement.get("groupId"))
            if group not in groups.arms:
                continue
            n = sizes.get(group)
            if n == 0:
                self.left.append(f"{where}: group {groups.titles[group]} has no patients")
                continue
            try:
                data, left = arm_data(measurement, measure, found.outcome, label, n)
            except LeftOut as reason:
                value = words(measurement.get("value"))
                self.left.append(f"{where}: group {groups.titles[group]}, {value}: {reason}")
                continue
            if left:
                self.left.append(f"{where}: group {groups.titles[group]}: {left}")
            yield groups.arms[group], data

    def category(self, where: str, categories: list[dict[str, Any]], found: Meaning) -> dict[str, Any] | None:
        """Return the one category that counts; of several, only where its name says that it holds the deaths."""
        if len(categories) == 1:
            return categories[0]
        if found.outcome == "mortality":
            for wanted in (_DEAD, _ALIVE):
                named = [one for one in categories if wanted.fullmatch(plain(words(one.get("title"))))]
                if len(named) == 1:
                    return named[0]
        names = ", ".join(words(one.get("title")) or "without a title" for one in categories) or "none"
        self.left.append(f"{where}: it is not clear which of its categories to take ({names})")
        return None

    def between(self, where: str, measure: Mapping[str, Any], groups: Groups) -> dict[str, Any]:
        """Return the p-value of the only comparison of an experimental arm with a control.

        The estimate is left out: the registry does not say which arm is divided by, or subtracted from, which.
        """
        analyses = mappings(measure.get("analyses"))
        if not analyses:
            return {}
        ids = analyses[0].get("groupIds")
        arms = [groups.arms.get(words(group)) for group in (ids if isinstance(ids, list) else [])]
        roles = {self.arms[arm]["role"]: arm for arm in arms if arm is not None}
        if len(analyses) > 1 or len(arms) != 2 or roles.keys() != {"experimental", "control"}:
            self.left.append(f"{where}: {len(analyses)} comparisons, none of them the only one of two arms")
            return {}
        (analysis,) = analyses
        if estimate := words(analysis.get("paramValue")):
            self.left.append(
                f"{where}: {words(analysis.get('paramType')) or 'estimate'} {estimate}, as its direction is not stated"
            )
        stated = re.fullmatch(r"([<>=]?) ?(\d*\.?\d+)", words(analysis.get("pValue")))
        if stated is None:
            return {}
        p = number(stated[2])
        test = words(analysis.get("statisticalMethod")) or "not stated"
        relation = {"p_relation": stated[1]} if stated[1] in {"<", ">"} else {}
        return {"experimental": roles["experimental"], "control": roles["control"], "p": p, **relation, "test": test}

    def deaths(self, module: Mapping[str, Any]) -> None:
        """Take in all-cause mortality from the module of adverse events."""
        listed = mappings(module.get("eventGroups"))
        counted = [group for group in listed if number(words(group.get("deathsNumAtRisk")))]
        if not counted:
            return
        where = "adverse events, all-cause mortality"
        groups = self.groups(where, listed)
        arms = {}
        for group in counted:
            arm = groups.arms.get(words(group.get("id")))
            dead, n = (number(words(group.get(key))) for key in ("deathsNumAffected", "deathsNumAtRisk"))
            if arm is not None and dead is not None:
                arms[arm] = {"n": n, "events": dead}
        time = words(module.get("timeFrame"))
        report: dict[str, Any] = {"outcome": "mortality"}
        day = day_of(time, cumulative=True) or self.months(where, time, cumulative=True)
        if day is not None:
            report["day"] = day
        if time:
            report["timepoint"] = time
        arms = self.in_order(arms)
        report |= {"arms": arms, "source": source_of(self.number, f"results, {where}")}
        same = [one for one in self.reports if one["outcome"] == "mortality" and one.get("day") == day]
        if any(one["arms"] == arms for one in same):
            self.left.append(f"{where}: the same numbers as an outcome measure")
        elif arms:
            self.reports.append(report)
            self.titles.append("")


def _sizes(denoms: Any) -> dict[str, int]:
    """Return how many patients each group has; other units (eyes, samples) are not patients."""
    for denom in mappings(denoms):
        if plain(words(denom.get("units"))) in {"participants", "patients", "subjects"}:
            counts = {words(c.get("groupId")): number(words(c.get("value"))) for c in mappings(denom.get("counts"))}
            return {group: count for group, count in counts.items() if isinstance(count, int)}
    return {}
