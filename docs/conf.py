"""Sphinx configuration; reference pages (``generate.py``) and the gallery's pictures are made from the code first."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import gallery_pictures  # noqa: E402  (found through the line above)
import generate  # noqa: E402

generate.write_pages(HERE / "reference" / "generated")
gallery_pictures.draw(HERE / "gallery" / "generated")

project = "msc_meta"
author = "The msc_meta developers"
copyright = "2026, The msc_meta developers"  # noqa: A001  (Sphinx names it)
release = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx_copybutton"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}

suppress_warnings = ["misc.highlighting_failure"]  # the pages of the codes show YAML that is wrong on purpose
myst_heading_anchors = 3
numpydoc_show_class_members = False  # autodoc lists them
autodoc_typehints = "none"  # numpydoc's sections say more: shape, unit, scale
autodoc_member_order = "bysource"
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = f"msc_meta {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_search_summary = False  # it fetches pages, which a browser refuses for a site opened from disk


def setup(app: Sphinx) -> None:
    """Say of the navigation's captions which level of heading they are, as screen readers need it."""

    def with_levels(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
        tree = context.get("furo_navigation_tree", "")
        context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')

    app.connect("html-page-context", with_levels, priority=900)  # after the theme has made the tree
