"""Every number in studies/ against the evidence table, digit by digit, and every result of the table against studies/.

The records are read here with PyYAML's BaseLoader, which leaves every value the text that stands in the file: the
comparison neither trusts nor uses the package's own reader.
"""

from __future__ import annotations

import copy
import csv
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest
import yaml

from msc_meta.records.strict_yaml import read_yaml

HERE = Path(__file__).parent
STUDIES = HERE.parents[1] / "studies"

Row = dict[str, str]
Key = tuple[str | int, ...]

TRIALS = (
    "martinez-munoz-2024", "zheng-2014", "matthay-2019", "stat-nct03818854", "bellingan-2022", "ichikado-2023",
    "lanzoni-2021", "dilogo-2021", "shi-2021", "shi-2022", "zhu-2021", "shu-2020", "monsel-2022", "rebelatto-2022",
    "bowdish-2023", "gorman-2023", "pochon-2023", "soetjahjo-2023", "zarrabi-2023", "karyana-2022", "plx-pad-us",
    "plx-pad-eu", "adas-2021", "kaffash-farkhad-2022", "aghayan-2022", "fathi-kazerooni-2022", "lightner-2023",
    "dilogo-2022-secretome", "meng-2020", "leng-2020", "xu-2021", "haberle-2021", "wei-2021", "gregoire-2022",
    "chen-2020-h7n9", "bukreieva-2023", "ventura-carmenate-2021", "bst-nct04390139", "jerez-at-msc",
    "balmys-type-suspended", "nestacell", "miami-nct04490486", "irct-59339", "secretome-nct04753476",
    "mend-nct04537351", "ctri-2020-10-028250",
)  # fmt: skip
"""The trials of the evidence summary, in its order."""

# --- what a record states in another way than its row; each with the reason --------------------------------------

FROM_SPECIFICATION = {  # volume and pages were on no page read; the project's own specification states them
    ("martinez-munoz-2024", "citation", "volume"): "59",
    ("martinez-munoz-2024", "citation", "pages"): "777-784",
}
IN_WORDS = {  # the number is given in words or as a list: (number, the words in the table)
    ("jerez-at-msc", "arms", "msc", "infusions"): ("2", "two doses of 80 million cells"),
    ("balmys-type-suspended", "arms", "msc", "infusions"): ("2", "two doses of 1.5e6 cells/kg"),
    ("nestacell", "arms", "msc", "infusions"): ("4", "20 million cells on days 1, 3, 5, 7"),
    ("mend-nct04537351", "arms", "msc", "infusions"): ("2", "on days 1 and 3"),
    ("bst-nct04390139", "arms", "msc", "infusions"): ("2", "2 infusions of Wharton's jelly MSC"),
    ("dilogo-2022-secretome", "arms", "secretome", "infusions"): ("1", "15 ml in 100 ml saline IV, once"),
    ("plx-pad-us", "arms", "msc_300m", "infusions"): ("1", "300 million cells, once (arm reported)"),
    ("plx-pad-us", "arms", "msc_two_doses", "infusions"): ("2", "two administrations one week apart"),
    ("plx-pad-eu", "arms", "msc_300m", "dose", "value"): ("3e8", "300 million arm"),
    ("karyana-2022", "arms", "dw_msc_low", "dose", "value"): ("5.0e7", "5.0e7 or 1.0e8 cells"),
    ("shi-2021", "citation", "year"): ("2021", "preprint 2020, published 2021"),
    ("bellingan-2022", "citation", "year"): ("2022", "Intensive Care Med 2022 (online 2021-11-23)"),
    ("soetjahjo-2023", "citation", "year"): ("2023", "reviews cite it as Soetjahjo 2023"),
}
YEAR_OF_ID = {"bowdish-2023", "wei-2021", "ventura-carmenate-2021"}  # no citation with a year: the table's id has one
WORDED_DAYS = {"1 month": "30", "1 y": "365"}
ARM_WORDS = {  # how the table names the arms of a trial with more than two
    ("zarrabi-2023", "msc"): ("MSC arm",),
    ("zarrabi-2023", "msc_ev"): ("MSC+EV arm",),
    ("lightner-2023", "exoflo_10"): ("ExoFlo-10 arm",),
    ("lightner-2023", "exoflo_15"): ("ExoFlo-15 arm", "15 mL arm"),
    ("plx-pad-us", "msc_300m"): ("300 million arm",),
    ("plx-pad-eu", "msc_300m"): ("300 million arm",),
    ("adas-2021", "moderate"): ("Group 1, moderate",),
}
PART_OF_PATIENTS = ("subgroup", "subset", "new deaths only")
NOT_REPEATED = {  # (trial, part of the address, field): why these rows have no entry of their own
    ("adas-2021", "PMC10995569", "mortality"): "a review with the same deaths; named in the entry's note",
    ("dilogo-2021", "PMC10995569", "mortality"): "a review with the same deaths; named in the entry's note",
    ("dilogo-2021", "agemed.org", "mortality"): "arm size minus survivors; the record keeps the survivors",
}
RESULT_FIELDS = {
    ("mortality", None): {"mortality", "survival", "mortality_planned"},
    ("oxygenation", "pf_ratio"): {"pf_ratio", "pf_ratio_change"},
    ("oxygenation", "oxygenation_index"): {"oxygenation_index", "primary_outcome"},
    ("oxygenation", "spo2_fio2"): {"spo2_fio2"},
    ("discharge_time", "hospital_stay"): {"length_of_stay"},
    ("discharge_time", "icu_stay"): {"icu_stay"},
}
ARM_NUMBERS = {  # field of the record -> (fields of the table or None for any, its statistic)
    "events": ({"mortality"}, "events"),
    "survivors": ({"survival"}, "events"),
    "percent": ({"mortality"}, "text"),
    "survival_percent": ({"survival"}, "text"),
    "value": (None, "text"),
    **{name: (None, name) for name in ("mean", "sd", "median", "q1", "q3")},
}
BETWEEN_NUMBERS = {"estimate": ("text",), "hr": ("hr",), "p": ("p_value",)}
FACTS = {  # what a source in the record's list of sources is named for -> fields of the table
    "citation": ("citation", "doi", "pmid", "pmcid"), "registration": ("registration",), "country": ("country",),
    "design": ("design",), "population": ("population",), "product": ("cell_source",), "dose": ("dose",),
    "infusions": ("n_infusions",), "comparator": ("comparator",), "arm sizes": ("n_randomised", "n_analysed"),
    "severity by WHO class": ("severity_who",), "severity wording": ("registry_note",),
    "primary outcome": ("primary_outcome",), "exclusion after randomisation": ("post_randomisation_exclusion",),
}  # fmt: skip
TEXTS = {
    "note",
    "reason",
    "label",
    "comparator",
    "timepoint",
    "subgroup",
    "where",
    "title",
    "condition",
    "test",
    "support",
}


# --- reading -------------------------------------------------------------------------------------------------------


def read_table() -> dict[str, list[Row]]:
    """Return the rows of each trial."""
    table: dict[str, list[Row]] = {}
    with (HERE / "extraction.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            table.setdefault(row["trial_id"], []).append(row)
    return table


def read_record(path: Path) -> dict[str, Any]:
    """Return a record with every value as the text that stands in the file."""
    record: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return record


TABLE = read_table()
RECORDS = {path.stem: read_record(path) for path in sorted(STUDIES.glob("*.yaml"))}


def leaves(value: Any, at: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Yield every single value with the keys that lead to it."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if pairs is None:
        yield at, value
        return
    for key, part in pairs:
        yield from leaves(part, (*at, key))


def same(text: str | None, other: str | None) -> bool:
    """Say whether two texts are the same number."""
    try:
        return text is not None and other is not None and Decimal(text) == Decimal(other)
    except InvalidOperation:
        return False


def numbers(text: str) -> set[str]:
    """Return the numbers in a text as they are written, but not the 19 of COVID-19 or the 2 of SpO2."""
    return set(re.findall(r"(?<![A-Za-z\d.])\d+(?:\.\d+)?(?:e\d+)?", text.replace("COVID-19", "")))


def day_of(timepoint: str) -> str | None:
    """Return the one day that a time point states; None where it states none or several."""
    if (words := timepoint.partition(",")[0]) in WORDED_DAYS:
        return WORDED_DAYS[words]
    if re.search(r"\b(to|and) \d+ (d|months)\b|;", timepoint):
        return None
    found = re.findall(r"\bday (\d+)\b|(?<![\d.])(\d+) d\b", timepoint)
    return "".join(found[0]) if len(found) == 1 else None


# --- from the record to the table ----------------------------------------------------------------------------------


class Comparison:
    """What of one record does not stand in the table, and which rows of the table were met."""

    def __init__(self, trial: str, record: dict[str, Any]) -> None:
        self.trial, self.record, self.rows = trial, record, TABLE[trial]
        self.complaints: list[str] = []
        self.met: set[int] = set()
        self.citation()
        self.design()
        for name, arm in record["arms"].items():
            self.arm(name, arm)
        for index, entry in enumerate(record.get("outcomes", [])):
            self.outcome(("outcomes", index), entry)
        for index, entry in enumerate(record.get("risk_of_bias", [])):
            self.judgement(("risk_of_bias", index), entry)
        for index, source in enumerate(record.get("sources", [])):
            for fact in source["note"].split(", "):
                self.source(("sources", index), source, self.of(*FACTS[fact]))
        self.texts()

    def wrong(self, at: Key, found: object) -> None:
        """Note a value that does not stand in the table."""
        self.complaints.append(f"{'.'.join(map(str, at))}: {found}")

    def need(self, at: Key, value: str | None, allowed: Any) -> None:
        """Complain unless the value is among the allowed ones, or given in words that stand in the table."""
        if value is None:
            return
        if (words := IN_WORDS.get((self.trial, *at))) is not None:  # type: ignore[arg-type]
            quoted = any(words[1] in row[column] for row in self.rows for column in ("value", "note", "timepoint"))
            if not (same(value, words[0]) and quoted):
                self.wrong(at, value)
        elif value not in allowed and not any(same(value, other) for other in allowed):
            self.wrong(at, value)

    def of(self, *fields: str) -> list[Row]:
        """Return the rows of some fields."""
        return [row for row in self.rows if row["field"] in fields]

    def citation(self) -> None:
        """Compare what identifies the report."""
        cited = self.record.get("citation", {})
        texts = [row["value"] for row in self.of("citation")]
        for key in ("volume", "pages"):
            at = ("citation", key)
            if (self.trial, *at) in FROM_SPECIFICATION:
                self.need(at, cited.get(key), {FROM_SPECIFICATION[self.trial, *at]})
            elif key in cited:
                printed = ";" + cited["volume"] + (":" + cited["pages"] if "pages" in cited else "")
                if not any(re.search(rf"\b{cited['year']}{re.escape(printed)}(?![\w:])", text) for text in texts):
                    self.wrong(at, cited[key])
        years = {year for text in texts for year in re.findall(r"\b(?:19|20)\d\d\b", text)}
        if self.trial in YEAR_OF_ID:
            years = set(re.findall(r"-((?:19|20)\d\d)\b", self.trial))
        self.need(("citation", "year"), cited.get("year"), years)
        self.need(("citation", "doi"), cited.get("doi"), {row["value"] for row in self.of("doi")})
        self.need(("citation", "pmid"), cited.get("pmid"), {row["value"] for row in self.of("pmid")})
        named = {row[part] for row in self.of("doi", "pmid", "pmcid") for part in ("value", "note")}
        self.need(("citation", "pmcid"), cited.get("pmcid"), named)
        known = {number for row in self.of("registration") for number in row["value"].split("; ")}
        for index, number in enumerate(self.record.get("registrations", [])):
            if number not in known and not self.trial.endswith("-" + number.lower()):
                self.wrong(("registrations", index), number)

    def design(self) -> None:
        """Compare centres, phase and ratio with what the design and country rows say."""
        design = self.record["design"]
        stated = [row["value"] for row in self.of("design", "country")]
        text = " | ".join([*stated, *(row["note"] for row in self.of("design"))])
        found = {
            "".join(m) for s in stated for m in re.findall(r"(\d+) (?:centres|hospitals|sites)|centre \((\d+)\)", s)
        }
        self.need(("design", "centres"), design.get("centres"), found | ({"1"} if "single-centre" in text else set()))
        arabic = re.sub(
            r"\bphase (I+)(/I+)?", lambda m: "phase " + "/".join(str(len(i)) for i in m[0][6:].split("/")), text
        )
        if (phase := design.get("phase")) and not re.search(rf"phase {phase}(?![/\w])", arabic):
            self.wrong(("design", "phase"), phase)
        if (ratio := design.get("ratio")) and not re.search(rf"(?<![\d:]){ratio}(?![:\d])", text):
            self.wrong(("design", "ratio"), ratio)

    def side(self, name: str, row: Row) -> bool:
        """Say whether a row is about this arm."""
        arms = self.record["arms"]
        if name not in arms or row["arm"] != ("msc" if arms[name]["role"] == "experimental" else "control"):
            return False
        for (trial, other), words in ARM_WORDS.items():
            if trial == self.trial and any(
                re.search(rf"(?<![\w+]){re.escape(word)}", row["timepoint"]) for word in words
            ):
                return other == name
        return (self.trial, name) not in ARM_WORDS

    def arm(self, name: str, arm: dict[str, Any]) -> None:
        """Compare the sizes, the dose and the number of infusions of one arm."""
        at = ("arms", name)
        for key in ("randomised", "analysed"):
            rows = [row for row in self.of(f"n_{key}") if self.side(name, row)]
            self.need((*at, key), arm.get(key), {row["value"] for row in rows})
        infusions = {row["value"] for row in self.of("n_infusions") if row["arm"] == "msc"}
        self.need((*at, "infusions"), arm.get("infusions"), infusions)
        if "dose" in arm:
            doses = set()
            for row in self.of("dose") or self.of("design"):
                for number, million, unit in re.findall(
                    r"([\d.]+(?:e\d+)?)( million)? (cells/kg|cells|MSC|m[lL])", row["value"]
                ):
                    if unit.lower() == arm["dose"]["unit"].lower():
                        doses.add(number + ("e6" if million else ""))
                for number in re.findall(r"MSC (?:\(\S+\) )?([\d.]+e\d+) cells/kg", row["value"]):
                    doses.add(number)
            self.need((*at, "dose", "value"), arm["dose"]["value"], doses)

    def outcome(self, at: Key, entry: dict[str, Any]) -> None:
        """Compare one report with the rows read at the same address about the same time, quantity and patients."""
        fields = RESULT_FIELDS[entry["outcome"], entry.get("quantity")]
        if entry.get("kind") == "change":
            fields = fields - {"pf_ratio"}
        part, time = entry.get("subgroup"), entry.get("timepoint", "")
        rows = [
            row for row in self.of(*fields)
            if row["source_url"] == entry["source"]["url"] and time in row["timepoint"]
            and (part in row["timepoint"] if part else not any(w in row["timepoint"] for w in PART_OF_PATIENTS))
        ]  # fmt: skip
        days = {day_of(row["timepoint"]) for row in rows} | ({day_of(time)} if time else set())
        if not rows or len(days) != 1 or (entry.get("day") is None) != (days == {None}):
            self.wrong((*at, "day"), f"{entry.get('day')} where the table has {sorted(map(str, days))}")
        else:
            self.need((*at, "day"), entry.get("day"), days)
        self.source((*at, "source"), entry["source"], rows)
        if not entry.get("arms"):
            self.met.update(id(row) for row in rows if row["statistic"] == "text")
        for name, data in entry.get("arms", {}).items():
            self.arm_data((*at, "arms", name), data, entry, [row for row in rows if self.side(name, row)])
        self.between((*at, "between"), entry.get("between", {}), [row for row in rows if row["arm"] == "between"])

    def arm_data(self, at: Key, data: dict[str, str], entry: dict[str, Any], rows: list[Row]) -> None:
        """Compare the numbers of one arm; each must stand in a row of its own kind and with the same arm size."""
        for key, value in data.items():
            if key in ("n", "statistic", "note"):
                continue
            fields, statistic = ARM_NUMBERS[key]
            hits = [
                row for row in rows
                if row["statistic"] == statistic and same(value, row["value"]) and row["n"] == data.get("n", "")
                and (fields is None or row["field"] in fields) and ("percent" not in key or row["unit"] == "%")
                and ("unit" not in entry or row["unit"] == entry["unit"])
            ]  # fmt: skip
            self.met.update(map(id, hits))
            if not hits:
                self.wrong((*at, key), value)

    def between(self, at: Key, data: dict[str, Any], rows: list[Row]) -> None:
        """Compare a comparison of two arms; a contrast that the table quotes in a note must be quoted in full."""
        low, high = data.get("ci", (None, None))
        quote = f"{data.get('measure')} {data.get('estimate')} ({low} to {high})"
        quoted = any(quote in row["note"] for row in rows)
        wanted = [(key, data[key], names) for key, names in BETWEEN_NUMBERS.items() if key in data]
        wanted += [("ci", low, ("ci_low",)), ("ci", high, ("ci_high",))] if low is not None else []
        for key, value, names in wanted:
            hits = [row for row in rows if row["statistic"] in names and same(value, row["value"])]
            self.met.update(map(id, hits))
            if not hits and not (quoted and key in ("estimate", "ci")):
                self.wrong((*at, key), value)
        if data.get("measure") == "RR" and not any("relative risk" in row["unit"] for row in rows):
            self.wrong((*at, "measure"), "RR")
        if "note" in data:
            self.met.update(
                id(row) for row in rows if row["statistic"] == "text" and not same(row["value"], row["value"])
            )

    def judgement(self, at: Key, entry: dict[str, Any]) -> None:
        """Compare a published judgement of risk of bias."""
        prefix = "rob2_" if entry["tool"] == "RoB 2" else "risk_of_bias_"
        judged = dict(entry.get("domains", {})) | ({"overall": entry["overall"]} if "overall" in entry else {})
        addresses = entry["source"]["url"] + " " + entry["source"].get("note", "")
        for domain, judgement in judged.items():
            rows = [row for row in self.of(prefix + domain) if row["source_url"] in addresses.split()]
            rows = [row for row in rows if row["source_url"] == entry["source"]["url"]] or rows
            self.met.update(map(id, self.of(prefix + domain)))
            if {row["value"].lower() for row in rows} != {judgement}:
                self.wrong((*at, domain), judgement)
        self.source((*at, "source"), entry["source"], self.rows)

    def source(self, at: Key, source: dict[str, str], rows: list[Row]) -> None:
        """Compare the address and the kind of a source; a sponsor's statement is one that the table calls so."""
        rows = [row for row in rows if row["source_url"] == source["url"]]
        if not rows:
            self.wrong((*at, "url"), source["url"])
        read_there = " ".join(row["note"] + row["value"] for row in self.rows if row["source_url"] == source["url"])
        sponsor = re.search("sponsor (statement|says|topline)", read_there.lower()) is not None
        if source["kind"] not in ({"sponsor"} if sponsor else {row["source_kind"] for row in rows}):
            self.wrong((*at, "kind"), source["kind"])

    def texts(self) -> None:
        """Every number in a note stands somewhere in the rows of the trial."""
        known = numbers(" | ".join(text for row in self.rows for text in row.values())) | set(self.trial.split("-"))
        known |= {word for row in self.rows for word in re.findall(r"\d+", row["source_url"])}
        known |= {re.sub(r"\.?0+$", "", number) for number in known if "." in number}  # 20.00 in the table is 20
        for at, text in leaves(self.record):
            if at[-1] in TEXTS and (strange := numbers(text) - known):
                self.wrong(at, f"{sorted(strange)} in {text!r}")


def results_not_met(trial: str, comparison: Comparison) -> list[str]:
    """Return the rows with a result of the three outcomes, or a judgement, that the record leaves out."""
    fields = set().union(*RESULT_FIELDS.values()) - {"primary_outcome"}
    missing = []
    for row in TABLE[trial]:
        result = row["field"] in fields and row["timepoint"] != "baseline"
        reason = any(
            trial == t and part in row["source_url"] and field == row["field"] for t, part, field in NOT_REPEATED
        )
        if (
            (result or row["field"].startswith(("rob2_", "risk_of_bias_")))
            and id(row) not in comparison.met
            and not reason
        ):
            missing.append(
                " ".join(row[key] for key in ("field", "arm", "timepoint", "statistic", "value", "source_url"))
            )
    return missing


# --- the tests -----------------------------------------------------------------------------------------------------


def test_each_trial_of_the_evidence_has_a_record() -> None:
    assert sorted(RECORDS) == sorted(TRIALS) == sorted(TABLE)
    assert len(TRIALS) == 46


@pytest.mark.parametrize("trial", TRIALS)
def test_each_number_stands_in_the_evidence_table(trial: str) -> None:
    assert Comparison(trial, RECORDS[trial]).complaints == []


@pytest.mark.parametrize("trial", TRIALS)
def test_each_result_of_the_evidence_table_is_recorded(trial: str) -> None:
    assert results_not_met(trial, Comparison(trial, RECORDS[trial])) == []


@pytest.mark.parametrize("trial", TRIALS)
def test_arm_sizes_of_the_evidence_table_are_recorded(trial: str) -> None:
    arms = RECORDS[trial]["arms"].values()
    sizes = {arm[key] for arm in arms for key in ("randomised", "analysed") if key in arm}
    total = str(sum(int(arm.get("randomised", 0)) for arm in arms))
    written = set().union(*(numbers(text) for _, text in leaves(RECORDS[trial])))
    for row in TABLE[trial]:
        if row["field"] in ("n_randomised", "n_analysed"):
            assert row["value"] in (written | {total} if row["arm"] == "both" else sizes), row


@pytest.mark.parametrize("trial", TRIALS)
def test_the_package_reads_the_digits_that_are_written(trial: str) -> None:
    path = STUDIES / f"{trial}.yaml"
    read = dict(leaves(read_yaml(path.read_bytes(), str(path)).data))
    assert len(read) > 5
    for at, text in leaves(RECORDS[trial]):
        value = read[at]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            assert Decimal(repr(value)) == Decimal(text), at
        else:
            assert str(value).lower() == text.lower(), at


def digits_of(record: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    """Yield every value with one digit changed, once per digit; of an address the last digit only."""
    for at, text in leaves(record):
        if at[-1] in TEXTS or at[0] in ("id", "companion_of") or "authors" in at or at[-1] == "collaboration":
            continue
        places = (
            [i for i, sign in enumerate(text) if sign.isdigit()] if at[-1] in NUMERIC or isinstance(at[-1], int) else []
        )
        if at[-1] in ("url", "doi"):
            places = [i for i, sign in enumerate(text) if sign.isdigit()][-1:]
        for place in places:
            yield at, text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]


NUMERIC = {
    "year", "volume", "pages", "pmid", "pmcid", "ratio", "phase", "centres", "randomised", "analysed", "infusions",
    "day", "n", "estimate", "hr", "p", *ARM_NUMBERS,
}  # fmt: skip


def put(record: dict[str, Any], at: Key, value: Any) -> dict[str, Any]:
    """Return a copy of a record with one value replaced."""
    changed = copy.deepcopy(record)
    place: Any = changed
    for key in at[:-1]:
        place = place[key]
    place[at[-1]] = value
    return changed


@pytest.mark.parametrize("trial", TRIALS)
def test_one_wrong_digit_is_found(trial: str) -> None:
    changes = list(digits_of(RECORDS[trial]))
    assert changes
    unnoticed = [(at, text) for at, text in changes if not Comparison(trial, put(RECORDS[trial], at, text)).complaints]
    assert unnoticed == []


@pytest.mark.parametrize("trial", TRIALS)
def test_swapped_arms_and_a_dropped_report_are_found(trial: str) -> None:
    record = RECORDS[trial]
    for index, entry in enumerate(record.get("outcomes", [])):
        dropped = put(record, ("outcomes",), record["outcomes"][:index] + record["outcomes"][index + 1 :])
        planned = entry.get("reported") == "not-seen" and entry["outcome"] == "oxygenation"
        assert planned or results_not_met(trial, Comparison(trial, dropped)), index
        values = list(entry.get("arms", {}).values())
        if len(values) > 1 and values[0] != values[1]:
            swapped = dict(zip(entry["arms"], [values[1], values[0], *values[2:]], strict=True))
            assert Comparison(trial, put(record, ("outcomes", index, "arms"), swapped)).complaints, index
