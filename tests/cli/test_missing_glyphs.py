"""A name that our font can not show is said at the terminal, where a file has a box for it."""

from __future__ import annotations

import pytest


@pytest.fixture
def chinese(folder):
    path = folder / "zhu-2021.yaml"
    text = path.read_text(encoding="utf-8")
    assert "label: Zhu 2021" in text
    path.write_text(text.replace("label: Zhu 2021", "label: 朱 2021"), encoding="utf-8")
    return folder


def test_run_says_what_is_drawn_as_boxes_once(msc, chinese, tmp_path):
    printed = msc("run", chinese, "-o", tmp_path / "out", "--format", "svg,png")
    assert printed.code == 0
    assert printed.err.count("drawn as boxes in PNG and PDF, in SVG the reader's fonts show them: 朱 (朱 2021)") == 1
    assert "朱" not in msc("run", chinese, "-o", tmp_path / "svg", "--format", "svg").err


def test_forest_says_it_for_a_file_of_pixels_only(msc, chinese, tmp_path):
    assert "朱 (朱 2021" in msc("forest", "mortality", chinese, "-o", tmp_path / "a.png").err
    assert "朱" not in msc("forest", "mortality", chinese, "-o", tmp_path / "a.svg").err
