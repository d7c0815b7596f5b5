"""References as reference managers write them, whole and cut off."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msc_meta.adapters.citations import Citations
from msc_meta.adapters.references import author

RIS = """TY  - JOUR
AU  - Martínez-Muñoz, María E.
AU  - EXAMPLE Trial Group
TI  - Mesenchymal stromal cells in
 acute respiratory distress syndrome
JO  - Bone Marrow Transplant
PY  - 2024/03/01/
VL  - 59
IS  - 6
SP  - 777
EP  - 784
DO  - https://doi.org/10.1038/s41409-024-02230-5
ER  -
"""
BIB = r"""@string{bmt = "Bone Marrow" # { Transplant}}
@comment{ignored}
@article{key2024,
  author = {Mart{\'i}nez-Mu{\~n}oz, Mar\'{\i}a E. and {EXAMPLE Trial Group} and others},
  title = "{Mesenchymal} stromal cells in acute respiratory distress syndrome",
  journal = bmt, year = 2024, volume = 59, number = {6}, pages = {777--784},
  doi = {10.1038/s41409-024-02230-5},
}
"""
CSL = [{
    "type": "article-journal", "title": "Mesenchymal stromal cells in acute respiratory distress syndrome",
    "author": [{"family": "Martínez-Muñoz", "given": "María E."}, {"literal": "EXAMPLE Trial Group"}],
    "issued": {"date-parts": [[2024, 3, 1]]}, "container-title": "Bone Marrow Transplant", "volume": "59", "issue": "6",
    "page": "777-784", "DOI": "10.1038/s41409-024-02230-5",
}]  # fmt: skip
CITATION = {
    "authors": ["Martínez-Muñoz ME"],
    "collaboration": "EXAMPLE Trial Group",
    "title": "Mesenchymal stromal cells in acute respiratory distress syndrome",
    "journal": "Bone Marrow Transplant",
    "year": 2024,
    "volume": "59(6)",
    "pages": "777-784",
    "doi": "10.1038/s41409-024-02230-5",
}


@pytest.fixture
def read(tmp_path):
    def read(content, suffix=".ris"):
        path = tmp_path / f"refs{suffix}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(Citations().read(path))

    return read


@pytest.mark.parametrize(("suffix", "content"), [(".ris", RIS), (".bib", BIB), (".json", json.dumps(CSL))])
def test_three_formats_say_the_same(read, suffix, content, tmp_path):
    (raw,) = read(content, suffix)
    assert raw.data["citation"] == CITATION
    assert (raw.data["id"], raw.data["label"]) == ("martinez-munoz-2024", "Martínez-Muñoz 2024")
    assert Citations().accepts(tmp_path / f"refs{suffix}")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_and_line_ends_of_windows(read, encoding, end):
    (raw,) = read(RIS.replace("\n", end).encode(encoding))
    assert raw.data["citation"] == CITATION


@pytest.mark.parametrize(
    ("content", "suffix", "line"),
    [(RIS.replace("ER  -\n", ""), ".ris", 1), (RIS.replace("ER  -\n", "") + RIS, ".ris", 1),
     ("AU  - Doe\n" + RIS, ".ris", 1), (BIB[:-3], ".bib", 3), ("@article{a, title = {never closed", ".bib", 1),
     ("@article{title = {no key}}", ".bib", 1), (json.dumps([1]), ".json", 1)],
)  # fmt: skip
def test_a_reference_without_an_end_is_a_complaint_and_not_dropped(read, content, suffix, line):
    (broken,) = [raw for raw in read(content, suffix) if raw.data is None]
    assert [(problem.code, problem.line) for problem in broken.problems] == [("E170", line)]


def test_a_paper_that_comes_twice_comes_once(read):
    found = read(RIS + RIS.replace("https://doi.org/", "").replace("PY  - 2024", "PY  - 2023"))
    assert [raw.data is not None for raw in found] == [True, False]
    assert "line 1 again" in found[1].problems[0].message


def test_two_papers_of_one_author_and_year_have_two_ids(read):
    other = RIS.replace("02230-5", "02230-6").replace("stromal", "stem")
    assert [raw.data["id"] for raw in read(RIS + other)] == ["martinez-munoz-2024", "martinez-munoz-2024b"]


@pytest.mark.parametrize(
    ("name", "printed"),
    [("O'Neil, Jean-Paul", "O'Neil JP"), ("de la Cruz, Ana", "de la Cruz A"),
     ("Ludwig van Beethoven", "van Beethoven L"),
     ("Doe", "Doe"), ("", ""), (",", "")],
)  # fmt: skip
def test_a_name_is_printed_as_journals_do(name, printed):
    assert author(name) == printed


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=150) | st.text('TYERAU -@article{}",=#\\\n20 1.', max_size=120).map(str.encode),
    st.sampled_from([".ris", ".bib", ".json"]),
)
def test_any_bytes_give_references_or_complaints(tmp_path_factory, content, suffix):
    path = tmp_path_factory.mktemp("refs") / f"refs{suffix}"
    path.write_bytes(content)
    found = list(Citations().read(path))
    assert suffix == ".json" or found
    assert all(raw.data is not None or raw.problems for raw in found)
