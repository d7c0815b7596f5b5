"""Notebooks: a figure of the right size, or an Axes in and the same Axes out, and no global state touched."""

from __future__ import annotations

import io
import subprocess
import sys

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from msc_meta.effects.rows import to_frame
from msc_meta.figures.forest import draw_forest, forest
from msc_meta.figures.funnel import funnel
from msc_meta.figures.style import load_style, style_names
from tests.figures import examples


def test_a_new_figure_has_the_size_of_its_content():
    rows, result, info = examples.mortality()
    drawing = draw_forest(rows, result, info)
    figure = forest(to_frame(rows), result, info=info)
    assert tuple(72 * figure.get_size_inches()) == pytest.approx((drawing.width, drawing.height))


def test_every_item_is_an_artist_with_its_gid():
    rows, result, info = examples.mortality()
    (ax,) = forest(rows, result, info=info).axes
    drawn = {artist.get_gid() for artist in ax.get_children() if artist.get_gid()}
    assert drawn == {item.gid for item in draw_forest(rows, result, info).items}


def test_an_axes_is_drawn_into_and_returned():
    rows, result, info = examples.discharge()
    left, right = Figure(figsize=(12, 4)).subplots(1, 2)
    assert forest(rows, result, ax=left, info=info) is left
    assert funnel(rows, result, ax=right, info=info, contours=True) is right
    left.figure.savefig(io.BytesIO(), format="png")
    assert left.texts
    assert right.texts


def test_texts_shrink_with_a_small_axes():
    rows, result, info = examples.discharge()
    small = forest(rows, result, ax=Figure(figsize=(3, 1)).add_axes((0, 0, 1, 1)), info=info)
    large = forest(rows, result, info=info).axes[0]
    assert small.texts[0].get_fontsize() < 0.5 * large.texts[0].get_fontsize()


def test_settings_and_pyplot_are_left_alone(project):
    before = dict(mpl.rcParams)
    rows, result, info = examples.mortality()
    forest(rows, result, info=info).savefig(io.BytesIO(), format="pdf")
    assert dict(mpl.rcParams) == before
    code = (
        "import sys\nfrom tests.figures import examples\nfrom msc_meta.figures.forest import forest\n"
        "rows, result, info = examples.discharge()\nforest(rows, result, info=info)\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=project, env={"PYTHONPATH": "src"}, check=True)


def test_dollars_in_a_label_are_no_mathematics():
    rows, result, info = examples.scripts()
    assert "$x^2$ 2018" in {text.get_text() for text in forest(rows, result, info=info).axes[0].texts}


def test_unknown_styles_are_refused_with_the_known_ones():
    assert style_names() == ("bmj", "cochrane", "jama", "lancet", "plain", "revman5")
    with pytest.raises(ValueError, match="style is 'fancy'; there are: bmj, cochrane, jama"):
        load_style("fancy")
