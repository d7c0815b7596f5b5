"""What the words of a registry entry mean, as far as they can mean only one thing."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

OutcomeName = Literal["mortality", "oxygenation", "discharge_time"]

_DEATH = re.compile(r"\b(mortality|deaths?|died|deceased|surviv(al|ors?|ed)|fatality)\b")
_NOT_DEATH = re.compile(
    r"free|composite|\bdeath or\b|\bor death\b|\band death\b|time to|relapse|progression|graft|adverse"
)
_DEATH_WORD = r"(?:mortality|deaths?|fatality|survival)"
_ONE_CAUSE = re.compile(
    r"(?:related|attributable|specific|associated|induced|cardiovascular|cardiac|respiratory|infectious)"
    rf" {_DEATH_WORD}\b|\b{_DEATH_WORD}"
    r" (?:related|attributable|attributed|associated|due|caused|from (?:cardi|covid|infect|resp|sepsis))"
)
_STAY = re.compile(
    r"length of (hospital |icu |intensive care )?stay|\b(hospital|icu|intensive care unit) (length of )?stay"
    r"|(duration|days|length|time) (of|in|on) (the )?(stay|hospital|icu|intensive care|hospitali[sz]ation)"
    r"|hospitali[sz]ation (days|duration|time|length)|time to (hospital )?discharge|(hospital|icu) days"
)
_ICU = re.compile(r"\b(icu|intensive care)\b")
_PF = re.compile(
    r"pa ?o2 ?[/:to]+ ?fi ?o2|\bp ?[/:] ?f\b|\bpf ratio|\bpafi\b|arterial oxygen.*fraction(al)? of inspired"
)
_SF = re.compile(r"sp ?o2 ?[/:to]+ ?fi ?o2|\bs ?[/:] ?f\b|\bsf ratio")
_INDEX = re.compile(r"oxygenation index")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

_SINCE = r"(?: (?:post|after|following|from)[- ]?(?:the )?(?:first )?\w+(?: infusion| treatment| administration)?)?"
_AT = r"(?:(?:at|on|by) |(?:from )?baseline to )?"
_TIME = re.compile(
    rf"{_AT}(?:study )?(?P<unit>day|week) ?(?P<number>\d{{1,3}}){_SINCE}"
    rf"|{_AT}(?P<count>\d{{1,3}})[ -](?P<units>days?|weeks?){_SINCE}"
)
_WITHIN = re.compile(r"^(?:within|through|until) (?=(?:study )?(?:day|week|\d))")
_MONTHS = re.compile(r"\b(?P<count>\d{1,3})[- ]?(?P<units>month|year)s?\b|\b(?P<unit>month|year) (?P<number>\d{1,3})\b")
_SOME_TIME = re.compile(r"up to|through|within|until|average")
_DAYS = re.compile(r"\b(day|week|hour|baseline)s?\b")
_ONE_DAY = re.compile(r"\bday ?(\d{1,3})\b|\b(\d{1,3})[- ]days?\b")
_OTHER_TIME = re.compile(r"\bup to\b|month|week|year|hour|\bto day\b|free")


class Meaning(NamedTuple):
    """What an outcome measure is about; ``reason`` says why it can not be taken over."""

    outcome: OutcomeName | None = None
    quantity: str = ""
    reason: str = ""


def meaning(title: str) -> Meaning:
    """Return which of the three outcomes a title names, if it is clear.

    Examples
    --------
    >>> meaning("All-cause mortality at day 28").outcome, meaning("Change in PaO2/FiO2 ratio").quantity
    ('mortality', 'pf_ratio')
    >>> meaning("Ventilator-free days").reason
    'it is none of mortality, oxygenation and discharge time'
    """
    text = plain(title)
    if _SF.search(text) or _PF.search(text):
        if _SF.search(text) and _PF.search(text):
            return Meaning(reason="it may be PaO2/FiO2 or SpO2/FiO2")
        return Meaning("oxygenation", "spo2_fio2" if _SF.search(text) else "pf_ratio")
    if _INDEX.search(text):
        return Meaning(reason="an oxygenation index may be PaO2/FiO2, or the index with airway pressure")
    if _STAY.search(text) and "free" not in text:
        icu, hospital = _ICU.search(text), "hospital" in text
        if icu and hospital:
            return Meaning(reason="it may be the stay in hospital or in intensive care")
        return Meaning("discharge_time", "icu_stay" if icu else "hospital_stay")
    if _ONE_CAUSE.search(text) and "all-cause" not in text and "all cause" not in text:
        return Meaning(reason="it may count the deaths of one cause only")
    if _DEATH.search(text) and not _NOT_DEATH.search(text):
        return Meaning("mortality")
    return Meaning(reason="it is none of mortality, oxygenation and discharge time")


def day_of(time: str, *, cumulative: bool = False) -> float | None:
    """Return the day of follow-up that words state, only where they can mean no other; months are never days.

    Parameters
    ----------
    time : str
        ``Day 28``, ``4 weeks``; ``up to 12 months`` and ``Baseline, Day 7`` state none.
    cumulative : bool
        Whether ``within 28 days`` is day 28 too, as it is for deaths.

    Examples
    --------
    >>> day_of("Day 28"), day_of("4 weeks after infusion"), day_of("up to 28 days"), day_of("12 months")
    (28.0, 28.0, None, None)
    """
    text = plain(time).strip(" .")
    if cumulative:
        text = _WITHIN.sub("", text)
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    number, unit = found["number"] or found["count"], found["unit"] or found["units"]
    return float(number) * (7 if unit.startswith("week") else 1) or None


def months_as_day(time: str, *, cumulative: bool = False) -> float | None:
    """Return the day for a time in months or years: 30 days a month, 365 a year; None where it states another time too.

    It is no more exact than that, but twelve months are no unstated time, which might be any.

    Parameters
    ----------
    time : str
        ``12 months``, ``1 year after infusion``.
    cumulative : bool
        Whether ``up to 12 months`` is that time too, as it is for deaths.

    Examples
    --------
    >>> months_as_day("3 months"), months_as_day("1 year"), months_as_day("up to 12 months"), months_as_day("28 days")
    (90.0, 365.0, None, None)
    """
    text = plain(time)
    found = _MONTHS.search(text)
    several = len(re.findall(r"\d+", text)) > 1 or _DAYS.search(text)
    if found is None or several or (not cumulative and _SOME_TIME.search(text)):
        return None
    count, unit = int(found["number"] or found["count"]), found["unit"] or found["units"]
    years, months = divmod(count * (12 if unit == "year" else 1), 12)
    return float(365 * years + 30 * months) or None


def day_in_title(title: str) -> float | None:
    """Return the one day that a title names: ``28-day mortality``, ``Mortality at day 60``.

    Examples
    --------
    >>> day_in_title("28-day mortality"), day_in_title("Mortality, up to day 60"), day_in_title("Mortality")
    (28.0, None, None)
    """
    text = plain(title)
    numbers = {one or other for one, other in _ONE_DAY.findall(text)}
    return float(numbers.pop()) or None if len(numbers) == 1 and not _OTHER_TIME.search(text) else None


def plain(text: str) -> str:
    """Return words as they are compared: lower case, single blanks, no subscripts."""
    return " ".join(text.translate(_SUBSCRIPTS).lower().replace("₂", "2").split())


def same_words(text: str) -> frozenset[str]:
    """Return what tells the names of arms apart: their words, without those that all have.

    Examples
    --------
    >>> sorted(same_words("The MSC Arm (10 x 10^6/kg)"))
    ['10', '10^6', 'kg', 'msc', 'x']
    """
    found = re.findall(r"[\w^]+", plain(text))
    return frozenset(word for word in found if word not in {"arm", "group", "the", "of", "a", "an", "and", "cohort"})
