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


@pytest.fixture(autouse=True)
def no_fonts_of_this_machine(monkeypatch):
    monkeypatch.setenv("MSC_META_FONTS", "")


def test_run_says_what_is_drawn_as_boxes_once(msc, chinese, tmp_path):
    printed = msc("run", chinese, "-o", tmp_path / "out", "--format", "svg,png")
    assert printed.code == 0
    assert (
        printed.err.count("are boxes in all formats but SVG, because no font of this machine has them: 朱 (朱 2021)")
        == 1
    )
    assert "朱" not in msc("run", chinese, "-o", tmp_path / "svg", "--format", "svg").err


def test_forest_says_it_for_a_file_of_pixels_only(msc, chinese, tmp_path):
    assert "朱 (朱 2021" in msc("forest", "mortality", chinese, "-o", tmp_path / "a.png").err
    assert "朱" not in msc("forest", "mortality", chinese, "-o", tmp_path / "a.svg").err
