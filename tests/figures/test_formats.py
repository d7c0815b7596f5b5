"""What each format has to hold: shapes in the same place, title, caption and numbers, any script, and no date."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import replace
from math import sin
from pathlib import Path as FilePath
from xml.etree import ElementTree as ET

import pytest
from PIL import Image, features

from msc_meta.errors import UsageError
from msc_meta.figures import fonts
from msc_meta.figures.drawing import Circle, Drawing, Line, Path, Polygon, Text
from msc_meta.figures.files import companions, file_bytes, missing_in, write_figures
from msc_meta.figures.fonts import font_file, register_family
from msc_meta.figures.forest import draw_forest
from msc_meta.figures.metrics import text_width
from msc_meta.figures.pdf_text import visual_order
from msc_meta.figures.render_png import picture
from tests.figures import examples

WAVE = tuple((20.0 + i, 120 + 30 * sin(i / 9)) for i in range(200))
ITEMS = (
    Circle("light/a/low", 50, 50, 20, "#ffcc00", "#000000", 1.5),
    Circle("light/a/ring", 110, 50, 20, "", "#cc0000", 3),
    Path("curve/a/line", WAVE, "#333333", 1.2),
    Path("curve/b/dashed", tuple((x, y + 40) for x, y in WAVE), "#990000", 2, (6, 3)),
    Line("rule/a/line", 20, 210, 220, 210, "#000000", 1, (4, 2, 1, 2)),
    Polygon("area/a/shape", ((180, 20), (230, 20), (230, 80)), "#dddddd", "#000000", 1),
    Text("label/a/text", 20, 20, "Grégoire − ≥ 2020", 10, "#000000"),
)
DRAWING = Drawing(
    "try", 240, 220, ITEMS, "DejaVu Sans", "DejaVu Sans, sans-serif", "#ffffff",
    title="A title − é", description="What is shown.", caption="Figure. Shown & told.",
    data=(("Study", "Effect"), ("=cmd()", "-1.2"), ("<b>", "−0.5")),
)  # fmt: skip
LACKED = "\u2a0a"  # a sign that STIX has and DejaVu has not, or the tests below say so


@pytest.fixture(autouse=True)
def no_fonts_of_this_machine(monkeypatch):
    monkeypatch.setenv("MSC_META_FONTS", "")


@pytest.fixture
def stix(tmp_path, monkeypatch) -> FilePath:
    """Return a machine's only font, which matplotlib brings with it under another name."""
    monkeypatch.setattr(fonts, "REGISTERED", {})
    path = tmp_path / "machine" / "NotoSansTest-Regular.ttf"
    path.parent.mkdir()
    shutil.copy(font_file("DejaVu Sans").with_name("STIXGeneral.ttf"), path)
    monkeypatch.setenv("MSC_META_FONTS", str(path.parent))
    for cached in (fonts.font, fonts.advance, fonts.room):
        cached.cache_clear()
    yield path
    for cached in (fonts.font, fonts.advance, fonts.room):
        cached.cache_clear()


def run(*command: str | FilePath) -> str:
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


def need(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return the mean difference of two pictures in grey, of 255, at a few pixels per letter."""
    a, b = (image.convert("L").resize((240, 220), Image.Resampling.BOX).tobytes() for image in (one, other))
    return sum(abs(x - y) for x, y in zip(a, b, strict=True)) / len(a)


def page(path: FilePath, dpi: int = 200) -> Image.Image:
    out = path.with_suffix(f"{path.suffix}.png")
    if path.suffix == ".eps":
        need("gs")
        run("gs", "-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", "-sDEVICE=png16m", f"-r{dpi}", "-dEPSCrop",
            "-dTextAlphaBits=4", "-dGraphicsAlphaBits=4", f"-sOutputFile={out}", path)  # fmt: skip
    else:
        need("pdftoppm")
        run("pdftoppm", "-r", str(dpi), "-png", "-singlefile", path, out.with_suffix(""))
    return Image.open(out)


def test_png_has_circles_curves_and_dashes_where_they_belong():
    image = picture(DRAWING, 72)
    assert image.getpixel((50, 50)) == (255, 204, 0)
    assert image.getpixel((110, 50)) == (255, 255, 255)
    assert image.getpixel((110, 30))[0] > 150 > image.getpixel((110, 30))[1]
    fine = picture(DRAWING, 288)
    row = [fine.getpixel((x, 840))[0] < 128 for x in range(80, 880)]
    assert sum(row) / len(row) == pytest.approx(5 / 9, abs=0.02)  # 4 and 1 of 9 points are ink
    whole = Polygon("a/b/c", ((0, 0), (240, 0), (240, 222), (0, 222)), "#123456")
    big = replace(DRAWING, height=222.0, items=(whole,))
    assert picture(big, 1200).getcolors() == [(4000 * 3700, (0x12, 0x34, 0x56))]  # filled in strips, without a seam


@pytest.mark.parametrize("kind", ["pdf", "eps"])
def test_vectors_look_like_the_png(kind, tmp_path):
    (path,) = [path for path in write_figures([(tmp_path / "try", DRAWING)], [kind]) if path.suffix == f".{kind}"]
    assert difference(page(path), picture(DRAWING, 200)) < 2.5


def test_matplotlib_looks_like_the_png():
    from msc_meta.figures.render_matplotlib import figure_of

    buffer = io.BytesIO()
    figure_of(DRAWING).savefig(buffer, dpi=200)
    assert difference(Image.open(buffer), picture(DRAWING, 200)) < 3.5  # a pixel narrower


@pytest.mark.parametrize("dpi", [300, 600, 1000])
def test_tiff_is_compressed_and_knows_its_resolution(dpi):
    image = Image.open(io.BytesIO(file_bytes(DRAWING, "tiff", dpi=dpi)))
    assert (image.info["compression"], image.mode) == ("tiff_lzw", "RGB")
    assert image.info["dpi"] == (dpi, dpi)
    assert image.size == (round(240 * dpi / 72), round(220 * dpi / 72))
    assert image.tag_v2[270].encode("latin-1").decode() == "A title − é\nWhat is shown."
    assert image.tobytes() == picture(DRAWING, dpi).tobytes()


def test_tiff_without_colours_is_grey():
    grey = replace(DRAWING, items=tuple(item for item in ITEMS if item.gid.startswith(("area", "label", "rule"))))
    assert Image.open(io.BytesIO(file_bytes(grey, "tiff"))).mode == "L"


def test_eps_is_ascii_with_a_box_and_no_date():
    text = file_bytes(DRAWING, "eps").decode("ascii")
    assert text.startswith("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 240 220\n")
    assert "%%Title: A title - e\n" in text
    assert "Date" not in text
    assert max(map(len, text.splitlines())) < 255
    assert file_bytes(DRAWING, "eps") == file_bytes(DRAWING, "eps")


def test_svg_holds_caption_and_numbers():
    root = ET.fromstring(file_bytes(DRAWING, "svg"))
    name = "{urn:msc-meta:figure-data}"
    assert root.findtext(f".//{name}caption") == DRAWING.caption
    rows = [*root.iter(f"{name}header"), *root.iter(f"{name}row")]
    assert [tuple(cell.text for cell in row) for row in rows] == list(DRAWING.data)
    assert not re.search(r"<(table|td|tr|p|b)\b", file_bytes(DRAWING, "svg").decode())  # would end the SVG in a page


def test_text_and_numbers_are_written_beside_the_figure(tmp_path):
    paths = write_figures([(tmp_path / "try", DRAWING)], ["svg"])
    assert [path.name for path in paths] == ["try.svg", "try.txt", "try.csv"]
    assert paths[1].read_text(encoding="utf-8") == "A title − é\n\nFigure. Shown & told.\n\nWhat is shown.\n"
    assert paths[2].read_text(encoding="utf-8") == "Study,Effect\n'=cmd(),-1.2\n<b>,−0.5\n"
    assert companions(replace(DRAWING, data=())) == ("txt",)


def test_pdf_is_tagged_and_has_its_numbers_attached(tmp_path):
    need("pdfdetach")
    path = tmp_path / "try.pdf"
    path.write_bytes(file_bytes(DRAWING, "pdf"))
    assert b"/Alt (What is shown.)" in path.read_bytes()
    assert b"/Lang (en)" in path.read_bytes()
    assert re.search(r"Tagged: +yes", run("pdfinfo", path))
    assert re.search(r"Pages: +1\n", run("pdfinfo", path))
    run("pdfdetach", "-saveall", "-o", tmp_path, path)
    assert (tmp_path / "try.csv").read_bytes() == file_bytes(DRAWING, "csv")


def test_pdf_has_the_pages_of_a_tall_drawing(tmp_path):
    need("pdftotext")
    pages = tuple(
        replace(
            DRAWING, height=100.0 + number, items=(replace(ITEMS[-1], text=f"page {number}"),), description=f"P{number}"
        )
        for number in range(3)
    )
    path = tmp_path / "try.pdf"
    path.write_bytes(file_bytes(replace(DRAWING, pages=pages), "pdf"))
    assert run("pdftotext", path, "-").split("\f")[:-1] == [f"page {number}\n\n" for number in range(3)]
    sizes = re.findall(r"Page +\d+ size: +240 x (\d+) pts", run("pdfinfo", "-l", "3", path))
    assert sizes == ["100", "101", "102"]
    assert [f"/Alt (P{number})".encode() in path.read_bytes() for number in range(3)] == [True] * 3


def test_a_font_of_the_machine_shows_what_ours_lacks(stix, tmp_path):
    text = replace(ITEMS[-1], text=f"a{LACKED}b")
    drawing = replace(DRAWING, items=(text,))
    assert text.missing(drawing.font_family) == {LACKED}
    runs = list(text.runs(drawing.font_family))
    assert [(run.text, family) for run, family in runs] == [
        ("a", "DejaVu Sans"), (LACKED, "STIXGeneral"), ("b", "DejaVu Sans")
    ]  # fmt: skip
    ends = [run.box(family).right for run, family in runs]
    assert [run.x for run, _ in runs[1:]] == pytest.approx(ends[:-1])  # measured in the font that draws it
    assert missing_in([drawing]) == (
        "these characters are drawn in STIXGeneral of this machine, another may give other files: "
        f"{LACKED} (a{LACKED}b)"
    )
    need("pdftotext")
    path = tmp_path / "try.pdf"
    path.write_bytes(file_bytes(drawing, "pdf"))
    assert run("pdftotext", path, "-").strip() == f"a{LACKED}b"
    assert all("yes yes yes" in line for line in run("pdffonts", path).splitlines()[2:])
    assert difference(page(path), picture(drawing, 200)) < 1


def test_without_such_a_font_there_are_boxes_and_a_warning():
    drawing = replace(DRAWING, items=(replace(ITEMS[-1], text=f"a{LACKED}b"),))
    assert "boxes" in missing_in([drawing])
    assert all(len(file_bytes(drawing, kind)) > 500 for kind in ("pdf", "png", "eps"))


def test_a_font_of_ones_own_is_measured_and_drawn(stix):
    register_family("Mine", {"regular": stix, "bold": str(stix)})
    assert text_width("Weight", 10, "Mine") != text_width("Weight", 10, "DejaVu Sans")
    assert text_width("Weight", 10, "Mine") == text_width("Weight", 10, "Mine", bold=True, italic=True)
    pdf = file_bytes(replace(DRAWING, font_family="Mine"), "pdf")
    assert b"STIXGeneral" in pdf
    assert b"DejaVu" not in pdf


def test_a_font_that_can_not_be_registered_is_refused_with_the_reason(stix):
    for name, files, why in (
        ("Mine", {"bold": stix}, "regular face is missing"),
        ("Mine", {"regular": stix, "heavy": stix}, "face 'heavy' is unknown"),
        ("Mine", {"regular": "nowhere.ttf"}, "nowhere.ttf"),
        ("Mine", {"regular": __file__}, "is no TrueType or OpenType font"),
        ("DejaVu Sans", {"regular": stix}, "comes with the package"),
    ):
        with pytest.raises(UsageError, match=why):
            register_family(name, files)


def test_a_line_stands_on_paper_from_left_to_right():
    assert visual_order("Søren 2020") == "Søren 2020"
    assert visual_order("אבג 2020 (דה)") == ")הד( 2020 גבא"
    assert visual_order("Hé אב 12 גד ok") == "Hé דג 12 בא ok"


def test_joined_scripts_are_found_and_look_alike_in_every_format(tmp_path, monkeypatch):
    drawing = draw_forest(*examples.scripts())
    small = replace(drawing, items=tuple(text for text in drawing.texts if text.text in examples.SCRIPTS[1:3]),
                    width=120.0, height=110.0)  # fmt: skip
    assert len(small.texts) == 2
    paths = write_figures([(tmp_path / "scripts", small)], ["pdf", "eps"])
    shown = picture(small, 200)
    assert min(shown.convert("L").tobytes()) < 60
    need("pdftotext")
    copied = run("pdftotext", paths[0], "-")
    assert all(word in copied for word in ("محمد", "יעל כהן", "2022"))
    assert difference(page(paths[0]), shown) < 1.5
    monkeypatch.setattr(features, "check", lambda name: False)  # Pillow as it comes without raqm
    assert difference(picture(small, 200), shown) < 1.5
    assert difference(page(paths[1]), shown) < 1.5
