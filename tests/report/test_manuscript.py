"""Word and LaTeX: the numbers of results.json, structure that Word and TeX take, and text that stays text."""

from __future__ import annotations

import io
import re
import shutil
import struct
import subprocess
import unicodedata
import zipfile
from xml.etree import ElementTree

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm
from hypothesis import given
from hypothesis import strategies as st

from msc_meta import synthesize
from msc_meta.cli import run
from msc_meta.exporting.manuscript import latex, word
from msc_meta.figures.text import clean
from msc_meta.report.manuscript import manuscript
from msc_meta.report.manuscript_latex import NAMED, SPECIAL, escaped, latex_files, latex_text, unnamed
from msc_meta.report.manuscript_word import docx_bytes
from msc_meta.report.results_json import outcome_values

HOSTILE = (
    r"\input{/etc/passwd}\write18{touch x}\end{document} $x^2$ 100% & # _ ~ <b>]]></w:t> {{ x }} <% x %> << x >> "
    "張偉 \u202e\x00\x1b ,--' `` [a] %"
)


@pytest.fixture(scope="module")
def packed(synthesis) -> bytes:
    (content,) = word(synthesis).files.values()
    return content


@pytest.fixture(scope="module")
def made(synthesis):
    return manuscript(synthesis)


@pytest.fixture(scope="module")
def document(packed):
    return Document(io.BytesIO(packed))


@pytest.fixture(scope="module")
def hostile(evidence):
    """Return the manuscript of a review whose every free text is hostile."""
    studies = [
        study.model_copy(
            update={
                "label": f"{HOSTILE} {at}",
                "citation": study.citation.model_copy(update={"title": HOSTILE, "authors": (HOSTILE,)}),
                "registrations": (HOSTILE,),
                "arms": {name: arm.model_copy(update={"label": HOSTILE, "source": HOSTILE}) for name, arm in
                         study.arms.items()},
            }
        )
        for at, study in enumerate(evidence)
    ]  # fmt: skip
    return manuscript(synthesize(studies))


# numbers


def numbers_in(text: str) -> list[str]:
    return re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-"))


def agree(text: str, values: list[float]) -> None:
    """Compare printed numbers with computed ones, to the digits that are printed."""
    printed = numbers_in(text)
    assert len(printed) == len(values), (text, values)
    for one, value in zip(printed, values, strict=True):
        decimals = len(one.partition(".")[2])
        assert float(one) == pytest.approx(value, abs=0.5000001 * 10**-decimals), (text, values)


def rows_by_caption(document) -> dict[str, list[list[str]]]:
    captions = [one.text.partition(". ")[2] for one in document.paragraphs
                if one.style.name == "Caption" and one.text.startswith("Table")]  # fmt: skip
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    return dict(zip(captions, tables, strict=True))


def test_the_summary_in_word_has_the_numbers_of_the_json(synthesis, document):
    header, *rows = rows_by_caption(document)["Results of the syntheses"]
    assert len(rows) == len(synthesis)
    for row, outcome in zip(rows, synthesis.values(), strict=True):
        values, cells = outcome_values(outcome), dict(zip(header, row, strict=True))
        assert cells["Outcome"] == values["title"]
        assert int(cells["Trials"]) == len({one["id"] for one in values["studies"]})
        patients = sum(one[arm]["n"] for one in values["studies"] for arm in ("experimental", "control"))
        agree(cells["Participants"], [patients])
        agree(cells["Estimate (95% CI)"], [values["display"]["estimate"], *values["display"]["ci"]])
        if values["k"] > 2:
            agree(cells["95% prediction interval"], values["display"]["prediction"])
            agree(cells["I²"], [values["i2"]])
            agree(cells["P of Q"], [values["q_p"]])
        assert cells["Certainty"] == "not assessed"


@pytest.mark.parametrize("name", ["mortality", "oxygenation", "discharge_time"])
def test_sensitivity_tables_have_the_numbers_of_the_json(synthesis, document, name):
    values = outcome_values(synthesis[name])
    _, main, *rows = rows_by_caption(document)[f"{values['title']}: sensitivity analyses that the protocol names"]
    agree(main[2], [values["display"]["estimate"], *values["display"]["ci"]])
    for row, one in zip(rows, values["sensitivity"].values(), strict=True):
        assert row[0] == one["title"]
        assert int(row[1]) == one["k"]
        if one["k"]:
            agree(row[2], [one["display"]["estimate"], *one["display"]["ci"]])


def test_every_study_has_its_numbers_and_everyone_left_out_a_reason(synthesis, document):
    tables = rows_by_caption(document)
    _, *rows = tables["All-cause mortality: the pooled trials, with the numbers that were used"]
    for row, one in zip(rows, outcome_values(synthesis["mortality"])["studies"], strict=True):
        assert row[0] == one["label"]
        agree(row[1], [one["experimental"]["events"], one["experimental"]["n"]])
        agree(row[2], [one["control"]["events"], one["control"]["n"]])
    (caption,) = [caption for caption in tables if "in no pooled estimate" in caption]
    assert all(reason for _, reason in tables[caption][1:])
    assert len(tables[caption]) - 1 == 34


def test_latex_and_word_say_the_same(made, document):
    text = latex_text(made)
    for one in made.tables:
        for row in one.table.rows:
            assert " & ".join(escaped(cell.text) for cell in row) + r" \\" in text
    said = [part.text for part in made.text] + list(made.references)
    in_word = {paragraph.text for paragraph in document.paragraphs}
    numbered = {re.sub(r"^\d+\.\t", "", line) for line in in_word}
    assert all(part in numbered and escaped(part) in text for part in said)


def test_trials_are_cited_by_the_number_of_their_reference(synthesis, document):
    header, *rows = rows_by_caption(document)["Characteristics of the pooled trials"]
    references = [one.text for one in document.paragraphs if one.style.name == "Reference"]
    at = header.index("Reference")
    for row in rows:
        (number,) = numbers_in(row[at])
        family = row[0].partition(" ")[0]
        (reference,) = [one for one in references if one.startswith(f"{number}.\t")]
        assert family in reference or "doi:" in reference


# Word


def test_word_files_have_no_time_in_them(packed, made):
    assert {entry.date_time for entry in zipfile.ZipFile(io.BytesIO(packed)).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    core = Document(io.BytesIO(packed)).core_properties
    assert core.created.year == core.modified.year == 2000
    assert docx_bytes(made) == packed


def test_tables_and_captions_are_what_word_knows(document):
    for table in document.tables:
        header, *others = table.rows
        assert header._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:tblHeader")) is None for row in others)
        assert table.style.name == "Three Lines"
    codes = [field.get(qn("w:instr")) for field in document.element.iter(qn("w:fldSimple"))]
    shown = [text.text for field in document.element.iter(qn("w:fldSimple")) for text in field.iter(qn("w:t"))]
    tables, pictures = len(document.tables), len(document.inline_shapes)
    assert codes == ["SEQ Table \\* ARABIC"] * tables + ["SEQ Figure \\* ARABIC"] * pictures
    assert shown == [str(n + 1) for n in range(tables)] + [str(n + 1) for n in range(pictures)]


def test_looks_come_from_styles(document):
    inside = [child.tag for run in document.element.body.iter(qn("w:rPr")) for child in run]
    assert set(inside) <= {qn("w:rStyle")}
    named = {paragraph.style.name for paragraph in document.paragraphs}
    assert named >= {"Title", "Heading 1", "Heading 2", "Body Text", "Caption", "Reference", "Figure"}
    assert "Normal" not in {paragraph.style.name for paragraph in document.paragraphs if paragraph.text}


def test_pictures_have_300_dpi_a_text_and_stay_on_the_page(document, packed):
    room = document.sections[-1].page_width - document.sections[-1].left_margin - document.sections[-1].right_margin
    for shape in document.inline_shapes:
        assert len(shape._inline.docPr.get("descr")) > 40
        assert shape._inline.docPr.get("title")
        assert shape.width <= room
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        for name in files.namelist():
            if name.startswith("word/media/"):
                content = files.read(name)
                at = content.index(b"pHYs") + 4
                assert struct.unpack(">II", content[at : at + 8]) == (11811, 11811)  # dots per metre


def test_wide_tables_lie_on_their_side(made, document):
    assert {section.page_width > section.page_height for section in document.sections} == {True, False}
    assert {one.wide for one in made.tables} == {True, False}
    for one in document.tables:
        assert (
            sum(column.width for column in one.columns) <= Mm(297 - 2 * 17.5) * 1.001
        )  # rounded to twentieths of a point


def test_hostile_text_is_text_in_word(hostile):
    content = docx_bytes(hostile)
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        for name in files.namelist():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(files.read(name))
    cells = [cell.text for table in Document(io.BytesIO(content)).tables for row in table.rows for cell in row.cells]
    assert any(clean(HOSTILE) in cell for cell in cells)


# LaTeX

COMMANDS = sorted({*SPECIAL.values(), *NAMED.values()}, key=len, reverse=True)
BACK = {tex: character for character, tex in (*NAMED.items(), *SPECIAL.items())}


def printed(tex: str) -> str:
    """Return what escaped text prints; anything that TeX would take for more than letters is an error."""
    letters = re.split(f"({'|'.join(map(re.escape, COMMANDS))})", tex)
    assert not any(character in SPECIAL for plain in letters[::2] for character in plain), tex
    return "".join(BACK.get(part, part) for part in letters)


@given(st.text())
def test_escaped_text_prints_itself(text):
    assert printed(escaped(text)) == unicodedata.normalize("NFC", clean(text)).replace("\u00a0", "\u00a0")


@given(st.text(alphabet="\\{}$&#%_~^<>|\"'`-[]a1 \n"))
def test_escaped_specials_are_balanced_and_keep_to_themselves(text):
    tex = escaped(text)
    bare = re.sub(r"\\[\\{}$&#%_]", "", tex)
    assert bare.count("{") == bare.count("}")
    assert "\n" not in tex
    assert "``" not in tex
    assert "--" not in tex
    printed(tex)


def test_what_is_escaped_is_not_escaped_again():
    assert escaped(escaped("50%")) == escaped("50%") == r"50\%"


def test_hostile_text_is_text_in_latex(hostile):
    text = latex_text(hostile)
    commands = set(re.findall(r"\\([A-Za-z]+)", re.sub(r"\\textbackslash\{\}\w*", "", text)))
    template = set(re.findall(r"\\([A-Za-z]+)", latex_text(manuscript(synthesize([])))))
    named = set(re.findall(r"\\([A-Za-z]+)", " ".join(COMMANDS)))
    in_tables = {"begin", "end", "clearpage", "caption", "includegraphics", "linewidth", "textheight", "centering"}
    assert commands <= template | named | in_tables | {"DeclareUnicodeCharacter", "toprule", "midrule", "bottomrule",
        "endfirsthead", "endhead", "endlastfoot", "room", "dimexpr", "relax", "tabcolsep", "footnotesize", "textbf",
        "par", "item", "setlength", "subsection", "section"}  # fmt: skip
    assert text.count(r"\end{document}") == 1
    assert r"\write18" not in text
    assert r"\input{" not in text
    assert set("張偉") <= set(unnamed(text))


def test_environments_are_balanced(made, hostile):
    for one in (made, hostile):
        open_ones: list[str] = []
        for what, name in re.findall(r"\\(begin|end)\{(\w+)\}", latex_text(one)):
            if what == "begin":
                open_ones.append(name)
            else:
                assert open_ones.pop() == name
        assert open_ones == []


def test_files_beside_are_those_that_the_text_names(synthesis):
    files = latex(synthesis).files
    named = set(re.findall(r"\\includegraphics\[[^\]]*\]\{([^}]+)\}", files["manuscript.tex"]))
    assert named == {name for name in files if name.endswith(".pdf")}
    assert all(files[name].startswith(b"%PDF") for name in named)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not here: only the structure was tested")
def test_pdflatex_takes_it(made, hostile, tmp_path):
    for name, one in (("real", made), ("hostile", hostile)):
        folder = tmp_path / name
        folder.mkdir()
        for file, content in latex_files(one).items():
            (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
        command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "manuscript.tex"]
        done = subprocess.run(command, check=False, cwd=folder, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
        assert (folder / "manuscript.pdf").stat().st_size > 10_000


# the command


def test_the_command_writes_both(tmp_path, capsys):
    assert run(["export", "docx", "studies", "-o", str(tmp_path / "manuscript.docx")]) == 0
    assert (tmp_path / "manuscript.docx").read_bytes()[:2] == b"PK"
    assert run(["export", "tex", "studies", "-o", str(tmp_path / "tex")]) == 0
    assert {"manuscript.tex", "forest-mortality.pdf", "included.json"} <= {one.name for one in
                                                                           (tmp_path / "tex").iterdir()}  # fmt: skip
    assert "title page" in capsys.readouterr().err


def test_without_python_docx_the_command_says_what_to_install(monkeypatch, synthesis, tmp_path, capsys):
    import sys

    monkeypatch.setitem(sys.modules, "docx", None)
    monkeypatch.delitem(sys.modules, "msc_meta.report.manuscript_word", raising=False)
    assert run(["export", "docx", "studies", "-o", str(tmp_path / "m.docx")]) == 2
    assert "pip install python-docx" in capsys.readouterr().err


def test_the_python_of_the_how_to_runs(project, capsys):
    page = (project / "docs/how-to/write-the-manuscript.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    names: dict[str, object] = {}
    exec(code, names)
    assert names["to_do"]
    assert "\n1. " in capsys.readouterr().out
