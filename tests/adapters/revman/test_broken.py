"""Broken, foreign and hostile copies give one clear error; a large review comes in whole."""

from __future__ import annotations

import io
import warnings
import zipfile

import pytest
from tests.adapters.revman.invented import Comparison, Invented, Line, Trial, package, rm5, tables, zipped
from tests.adapters.revman.reviews import REVIEW, TRIALS, deaths

from msc_meta.adapters.revman import RevMan5, RevManWeb
from msc_meta.testing import check_adapter

SMALL = Invented(TRIALS[:4], (deaths(),))
GOOD = rm5(SMALL)


def read(content: bytes, name: str, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    return list((RevMan5() if name.endswith("rm5") else RevManWeb()).read(path))


def refused(content: bytes, name: str, tmp_path) -> str:
    """Return what is said of a file from which nothing is taken."""
    (raw,) = read(content, name, tmp_path)
    assert raw.data is None
    (problem,) = raw.problems
    assert problem.code == "E170"
    return problem.message


@pytest.mark.parametrize(
    ("name", "content"), [("a.rm5", GOOD), ("a.zip", package(SMALL, svg={"CMP-001.01.svg": b"<svg/>"}))]
)
def test_cut_at_any_byte(name, content, tmp_path):
    for place in range(0, len(content), 1 if name.endswith("zip") else 7):
        (raw,) = read(content[:place], name, tmp_path)
        assert raw.data is None
        assert raw.problems


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD.replace(b"<COCHRANE_REVIEW", BOMB + b"<COCHRANE_REVIEW", 1), "document type"),
        (GOOD.replace(b"<COCHRANE_REVIEW", OUTSIDE + b"<COCHRANE_REVIEW", 1), "document type"),
        (GOOD.replace(b"<COCHRANE_REVIEW", b'<!DOCTYPE html SYSTEM "x.dtd"><COCHRANE_REVIEW', 1), "document type"),
        (GOOD.replace(b"COCHRANE_REVIEW", b"REVIEW"), "outermost element is REVIEW"),
        (rm5(SMALL, "ISO-8859-1").replace(b"ISO-8859-1", b"UTF-8"), "not well-formed"),
        (GOOD.replace(b"UTF-8", b"EBCDIC-7"), "encoding"),
        (GOOD.replace(b'EVENTS_1="3"', b'EVENTS_1="three"'), "EVENTS_1 is 'three'"),
        (GOOD.replace(b'EVENTS_1="3"', b'EVENTS_1="inf"'), "EVENTS_1 is 'inf'"),
        (GOOD.replace(b'STUDY_ID="STD-STEM', b'STUDY_ID="STD-OTHER'), "no included study"),
        (GOOD.replace(b"STEM-1", b"Doe 2020").replace(b"STEM", b"DOE"), "two included studies"),
        (b"<a>" * 5000, "deep"),
        (b"PK\x03\x04 no text", "broken"),
    ],
)
def test_an_rm5_that_is_not_read(content, said, tmp_path):
    assert said in refused(content, "a.rm5", tmp_path)


def raw_zip(*members: tuple[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)  # without the time of day
    return content.getvalue()


def nested(content: bytes, times: int) -> bytes:
    for _ in range(times):
        content = zipped({"in.zip": content})
    return content


TABLES = tables(SMALL)
DATA = "data-rows.csv"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (raw_zip(("../../etc/evil", b"x")), "outside itself"),
        (raw_zip(("/etc/evil", b"x")), "outside itself"),
        (raw_zip(("C:\\evil", b"x")), "outside itself"),
        (raw_zip(("a", b"x"), ("a", b"y")), "twice"),
        (raw_zip(("zeros", bytes(257 * 1024 * 1024))), "more than"),
        (nested(package(SMALL), 3), "deep"),
        (package(SMALL, {name: text for name, text in TABLES.items() if name != DATA}), "no table …-data-rows.csv"),
        (raw_zip(("letter.txt", b"dear all")), "no table"),
        (raw_zip(("1/1.zip", package(SMALL)), ("2/2.zip", package(REVIEW))), "several tables"),
        (package(SMALL, TABLES | {DATA: TABLES[DATA].replace("STEM-1", "STEM-2")}), "no included study"),
        (package(SMALL, TABLES | {DATA: TABLES[DATA].replace(",3,40,", ",three,40,")}), "'three'"),
        (package(SMALL, TABLES | {DATA: TABLES[DATA].rstrip().rpartition(",")[0]}), "cells"),
        (package(SMALL, TABLES | {DATA: TABLES[DATA].replace("\r\n1,1", "\r\n1,9")}), "analysis 1.9"),
        (
            package(SMALL, TABLES | {"included.ris": TABLES["included.ris"].rstrip().removesuffix("ER  -")}),
            "unfinished",
        ),
        (rm5(SMALL), "broken"),
    ],
    ids=lambda value: value if isinstance(value, str) else "package",
)
def test_a_package_that_is_not_read(content, said, tmp_path):
    assert said in refused(content, "a.zip", tmp_path)


def test_a_package_in_a_package_is_read(tmp_path):
    assert len(read(nested(package(SMALL), 1), "a.zip", tmp_path)) == 4


def test_ten_thousand_studies_come_in_whole(tmp_path):
    trials = tuple(Trial(f"Trial {number}", 2000) for number in range(10_000))
    lines = tuple(Line(one.name, {"events_e": 1, "n_e": 20, "events_c": 2, "n_c": 20}) for one in trials)
    review = Invented(trials, (Comparison("Death", "Dichotomous", "OR", lines, "MH"),))
    for name, content in (("a.rm5", rm5(review)), ("a.zip", package(review))):
        found = read(content, name, tmp_path)
        assert len({raw.data["id"] for raw in found if len(raw.data["outcomes"]) == 1}) == 10_000


def test_the_kit_refuses_an_importer_that_takes_a_part(tmp_path):
    class Careless(RevMan5):
        name = "careless"

        def read(self, path):
            records = list(super().read(path))
            return iter(records if records[0].data else list(super().read(tmp_path / "a.rm5"))[:1])

    (tmp_path / "a.rm5").write_bytes(GOOD)
    other = tmp_path / "b.rm5"
    other.write_bytes(GOOD.replace(b'EVENTS_1="3"', b'EVENTS_1="4"'))
    with pytest.raises(AssertionError, match="same values"):
        check_adapter(RevMan5(), accepts=tmp_path / "a.rm5", same=[other])
    with pytest.raises(AssertionError, match="a problem and no record"):
        check_adapter(RevMan5(), accepts=tmp_path / "a.rm5", broken=[other])
    with pytest.raises(AssertionError, match=r"bytes of a\.rm5 should yield a problem and no record"):
        check_adapter(Careless(), accepts=tmp_path / "a.rm5", whole=True)
