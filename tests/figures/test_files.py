"""Files: text that can be found, nothing injected, fonts embedded, the same bytes each time."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image, ImageFont

from msc_meta.figures.drawing import Drawing
from msc_meta.figures.files import USUAL_FORMATS, companions, file_bytes, missing_in, write_figures
from msc_meta.figures.fonts import font_file
from msc_meta.figures.forest import draw_forest
from msc_meta.figures.funnel import draw_funnel
from msc_meta.figures.metrics import text_width
from msc_meta.figures.style import load_style
from tests.figures import examples

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def no_fonts_of_this_machine(monkeypatch):
    monkeypatch.setenv("MSC_META_FONTS", "")


@pytest.fixture(scope="module")
def forest_drawing() -> Drawing:
    return draw_forest(*examples.mortality())


def tree(drawing: Drawing) -> ET.Element:
    return ET.fromstring(file_bytes(drawing, "svg"))


def test_svg_holds_every_text_as_text(forest_drawing):
    found = [element.text for element in tree(forest_drawing).iter(f"{SVG}text")]
    assert found == [text.text for text in forest_drawing.texts]
    assert "0.88 [0.64, 1.21]" in found


def test_svg_is_an_image_with_title_and_description(forest_drawing):
    root = tree(forest_drawing)
    assert root.get("role") == "img"
    named = [root.find(f".//*[@id='{name}']").text for name in root.get("aria-labelledby").split()]
    assert named == ["Forest plot: Mortality at day 28", forest_drawing.description]
    assert "Pooled effect of 12 studies: 0.76 [0.60, 0.95]" in forest_drawing.description


def test_svg_ids_are_unique_and_name_the_studies(forest_drawing):
    ids = [element.get("id") for element in tree(forest_drawing).iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert "forest-mortality-study-bowdish-2023" in ids


def test_labels_can_inject_nothing():
    rows, result, info = examples.many(3)
    evil = '</text><script>alert(1)</script>"&\x00\x1b'
    rows[0] = replace(rows[0], label=evil, study='"><a onload="x', marks=(evil,))
    info = replace(info, name='"><b', title=evil, experimental=evil, notes=(evil,))
    root = tree(draw_forest(rows, result, info))
    names = ("svg", "title", "desc", "metadata", "rect", "g", "text", "line", "polygon")
    data = {f"{{urn:msc-meta:figure-data}}{name}" for name in ("caption", "table", "row", "header", "cell")}
    assert {element.tag for element in root.iter()} == data | {SVG + name for name in names}
    assert any(element.text and "<script>" in element.text for element in root.iter(f"{SVG}text"))


def test_png_has_300_dpi_and_the_size_of_the_page(forest_drawing):
    image = Image.open(io.BytesIO(file_bytes(forest_drawing, "png")))
    image.load()
    assert image.mode == "RGB"
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    assert image.size == (round(forest_drawing.width * 300 / 72), round(forest_drawing.height * 300 / 72))
    assert image.info["Title"] == "Forest plot: Mortality at day 28"
    ink = sum(count for count, color in image.getcolors(100_000) if max(color) < 100)
    assert ink > 0.01 * image.width * image.height


def test_png_text_is_no_wider_than_was_laid_out(forest_drawing):
    for text in forest_drawing.texts:
        path = font_file(forest_drawing.font_family, bold=text.bold, italic=text.italic)
        pixels = text.size * 300 / 72
        font = ImageFont.truetype(str(path), pixels, layout_engine=ImageFont.Layout.BASIC)
        expected = text_width(text.text, pixels, forest_drawing.font_family, bold=text.bold, italic=text.italic)
        assert font.getlength(text.text) <= 1.04 * expected + 1, text.text


@pytest.mark.parametrize("dpi", [72, 96, 100])
def test_png_keeps_notes_on_the_page_at_few_dots_per_inch(dpi):
    rows, result, info = examples.mortality()
    info = replace(info, notes=("Illicit millimetres will still fill all lilting hills. " * 8,))
    drawing = draw_forest(rows, result, info)
    note = next(text for text in drawing.texts if text.gid == "note/note/text")
    strip = (note.y - note.size * dpi / 72, note.y + note.size / 4)
    picture = Image.open(io.BytesIO(file_bytes(drawing, "png", dpi=dpi))).convert("L")
    scale = dpi / 72
    ink = picture.crop((0, int(strip[0] * scale), picture.width, int(strip[1] * scale))).point(
        lambda v: 255 * (v < 200)
    )
    assert ink.getbbox()[2] <= scale * (drawing.width - load_style().margin) + 1


def test_greys_and_colours_differ_in_print():
    # Pooled squares, grey text and paper keep apart when the colour is lost.
    drawing = draw_forest(*examples.mortality())
    picture = Image.open(io.BytesIO(file_bytes(drawing, "png"))).convert("L")
    fills = {item.fill for item in drawing.items if item.gid.endswith("/square") and item.gid.startswith("study/")}
    grey = [Image.new("RGB", (1, 1), fill).convert("L").getpixel((0, 0)) for fill in fills]
    assert all(80 < value < 180 for value in grey)
    assert picture.getextrema() == (17, 255)


@pytest.mark.parametrize(
    "case", [examples.mortality(), examples.scripts(), examples.nothing()], ids=lambda c: c[2].name
)
def test_pdf_is_sound_and_embeds_truetype(case, tmp_path):
    if shutil.which("pdffonts") is None:
        pytest.skip("needs poppler's pdffonts")
    drawing = draw_forest(*case)
    path = tmp_path / "figure.pdf"
    path.write_bytes(file_bytes(drawing, "pdf"))
    fonts = run("pdffonts", path).splitlines()[2:]
    assert fonts
    assert all("TrueType" in font and "yes yes yes" in font for font in fonts)
    about = dict(line.split(":", 1) for line in run("pdfinfo", path).splitlines())
    assert about["Title"].strip() == drawing.title
    assert about["Subject"].strip() == drawing.description
    size = about["Page size"]
    assert [float(word) for word in size.split() if word[0].isdigit()] == pytest.approx(
        [drawing.width, drawing.height], abs=0.1
    )
    assert file_bytes(drawing, "pdf") == path.read_bytes()


def test_pdf_text_can_be_copied(forest_drawing, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("needs poppler's pdftotext")
    path = tmp_path / "figure.pdf"
    path.write_bytes(file_bytes(forest_drawing, "pdf"))
    text = run("pdftotext", "-layout", path, "-")
    for words in ("Grégoire 2022", "0.76 [0.60, 0.95]", "Tau² = 0.00", "t = −2.65", "Favours MSC"):
        assert words in text


def test_pdf_keeps_letters_beyond_the_basic_plane(tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("needs poppler's pdftotext")
    rows, result, info = examples.many(2)
    label = "\U0001d538 2020"  # double-struck A, which the font has
    path = tmp_path / "figure.pdf"
    path.write_bytes(file_bytes(draw_forest([replace(rows[0], label=label), rows[1]], result, info), "pdf"))
    assert label in run("pdftotext", path, "-")


def test_pdf_looks_like_the_png(forest_drawing, tmp_path):
    if shutil.which("pdftoppm") is None:
        pytest.skip("needs poppler's pdftoppm")
    path = tmp_path / "figure.pdf"
    path.write_bytes(file_bytes(forest_drawing, "pdf"))
    run("pdftoppm", "-r", "300", "-png", "-singlefile", path, tmp_path / "page")
    small = (forest_drawing.width // 6, forest_drawing.height // 6)
    ours = Image.open(io.BytesIO(file_bytes(forest_drawing, "png"))).convert("L").resize(map(int, small))
    theirs = Image.open(tmp_path / "page.png").convert("L").resize(map(int, small))
    differences = [abs(a - b) for a, b in zip(ours.tobytes(), theirs.tobytes(), strict=True)]
    assert sum(differences) / len(differences) < 6  # of 255
    assert max(differences) < 120


def test_bytes_are_the_same_in_another_process(tmp_path, project):
    code = (
        "import hashlib\nfrom tests.figures import examples\nfrom msc_meta.figures.files import file_bytes\n"
        "from msc_meta.figures.forest import draw_forest\nfrom msc_meta.figures.funnel import draw_funnel\n"
        "for case in (examples.discharge(), examples.scripts()):\n"
        "    for drawing in (draw_forest(*case), draw_funnel(*case, contours=True)):\n"
        "        for kind in ('svg', 'pdf', 'png', 'tiff', 'eps', 'txt'):\n"
        "            print(hashlib.sha256(file_bytes(drawing, kind)).hexdigest())\n"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], cwd=project, env={"PYTHONHASHSEED": seed, "PYTHONPATH": "src"},
                       check=True, capture_output=True, text=True).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert runs[0] == runs[1]
    assert len(set(runs[0].split())) == 24


def test_write_figures_writes_each_format_and_the_alternative_text(forest_drawing, tmp_path):
    funnel = draw_funnel(*examples.mortality())
    paths = write_figures([(tmp_path / "forest_mortality", forest_drawing), (tmp_path / "funnel_mortality", funnel)])
    forest_files, funnel_files = ([*USUAL_FORMATS, *companions(drawing)] for drawing in (forest_drawing, funnel))
    assert [path.suffix for path in paths] == [f".{kind}" for kind in forest_files + funnel_files]
    assert all(path.stat().st_size > 300 for path in paths)
    assert "Rebelatto" in (tmp_path / "forest_mortality.svg").read_text(encoding="utf-8")


def test_the_text_file_has_every_row_note_and_footnote_of_the_figure():
    rows, result, info = examples.discharge()
    drawing = draw_forest(rows, replace(result, notes=("Narrower than Wald's (-5.9 to -1.2).",)), info)
    text = file_bytes(drawing, "txt").decode()
    title, caption, description, *lines = text.rstrip("\n").replace("\n\n", "\n").split("\n")
    assert (title, caption, description) == (drawing.title, drawing.caption, drawing.description)
    assert "Narrower than Wald's (−5.9 to −1.2)." in lines
    assert f"† (Shu 2020, Zhu 2021): {examples.CONVERTED}" in lines
    assert f"a (Zhu 2021): {examples.SECONDARY}" in lines
    assert lines[1] == (
        "Zhu 2021 (†, a). MSC: Mean 11.6 (†), SD 2.9 (†), Total 29. Control: Mean 14.7 (†), SD 4.4 (†), Total 29. "
        "Weight 66.9%. −3.10 [−5.02, −1.18]."
    )
    assert any(line.startswith("Martínez-Muñoz 2024. MSC: median 17.5, Total 10. ") for line in lines)
    for shown in drawing.texts:
        if shown.gid.split("/")[0] in {"study", "left-out", "pooled", "note", "footnote"}:
            words = shown.text.replace(",", " ").split() if shown.gid.endswith("/mark") else shown.text.split()
            assert all(word in text for word in words), shown


def test_an_unknown_format_is_refused(forest_drawing):
    with pytest.raises(ValueError, match="format is 'gif'; there are: svg, pdf, png, tiff, eps, txt, csv"):
        file_bytes(forest_drawing, "gif")


def test_missing_glyphs_are_listed(forest_drawing):
    assert draw_forest(*examples.scripts()).missing_glyphs == "明李"
    assert forest_drawing.missing_glyphs == ""


def test_what_follows_a_missing_glyph_stays_where_it_belongs(forest_drawing):
    text = next(text for text in draw_forest(*examples.scripts()).texts if text.text == "李明 2021")
    family = forest_drawing.font_family
    for anchor in ("start", "middle", "end"):
        placed = replace(text, anchor=anchor, x=100.0)
        runs = [run for run, _ in placed.runs(family)]
        assert [run.text for run in runs] == ["李", "明", " 2021"]
        boxes = [run.box(family) for run in runs]
        assert boxes[0].left == pytest.approx(placed.box(family).left)
        assert boxes[-1].right == pytest.approx(placed.box(family).right)
    assert list(forest_drawing.texts[0].runs(family)) == [(forest_drawing.texts[0], family)]


def test_a_mark_follows_a_text_with_missing_glyphs_in_png_and_svg():
    rows, result, info = examples.scripts()
    drawing = draw_forest([replace(rows[0], marks=("Note.",)), *rows[1:]], result, info)
    mark = next(text for text in drawing.texts if text.gid.startswith("study/") and text.gid.endswith("/mark"))
    year = next(text for text in drawing.texts if text.text == "李明 2021")
    scale, image = 300 / 72, Image.open(io.BytesIO(file_bytes(drawing, "png"))).convert("L")
    strip = image.crop((0, round((year.y - 4) * scale), round((mark.x - 0.2) * scale), round(year.y * scale)))
    ends = max(x for x in range(strip.width) for y in range(strip.height) if strip.getpixel((x, y)) < 128)
    assert mark.x - ends / scale < 1.5
    length = {element.text: element.get("textLength") for element in tree(drawing).iter(f"{SVG}text")}
    box = year.box(drawing.font_family)
    assert float(length[year.text]) == pytest.approx(box.right - box.left, abs=0.01)
    assert length[rows[1].label] is None


def test_missing_glyphs_are_said_with_their_labels(forest_drawing):
    assert missing_in([forest_drawing]) == ""
    drawings = draw_forest(*examples.scripts()), draw_funnel(*examples.scripts())
    assert missing_in(drawings).endswith("no font of this machine has them: 李明 (李明 2021)")


def test_files_load_no_matplotlib(project):
    # EPS has letters as outlines, which matplotlib reads
    code = (
        "import sys\nfrom tests.figures import examples\nfrom msc_meta.figures.files import file_bytes\n"
        "from msc_meta.figures.forest import draw_forest\nfrom msc_meta.figures.funnel import draw_funnel\n"
        "case = examples.mortality()\nfor drawing in (draw_forest(*case), draw_funnel(*case)):\n"
        "    for kind in ('svg', 'pdf', 'png', 'tiff'):\n        file_bytes(drawing, kind)\n"
        "assert 'matplotlib' not in sys.modules and 'pandas' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=project, env={"PYTHONPATH": "src"}, check=True)


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
