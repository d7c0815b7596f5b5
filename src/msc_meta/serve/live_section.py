"""What the server adds to the report: a bar with what is wrong, and an editor of the records."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path

from msc_meta.report.page import TEMPLATES


def live_section(version: int, studies: Path) -> str:
    """Return the HTML to put into the report, its style and scripts inlined.

    Parameters
    ----------
    version : int
        Of the page that it is put into: the script compares it with what the server has.
    studies : Path
        The records, for their name.
    """
    section = _part("live.html").replace("{{version}}", str(version)).replace("{{studies}}", escape(str(studies)))
    scripts = "".join(f"<script>{_part(name)}</script>\n" for name in ("live.js", "form.js", "editor.js"))
    return f"<style>{_part('live.css')}</style>\n{section}\n{scripts}"


def page_without_report(studies: Path) -> str:
    """Return the page for records that never had a good state: the bar, and nothing that looks like a result."""
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<title>No report yet</title>\n'
        f"<style>{style}</style>\n</head>\n<body>\n"
        '<header class="masthead"><h1>No report yet</h1></header>\n'
        f'<div class="layout"><main id="main">\n{live_section(0, studies)}\n</main></div>\n</body>\n</html>\n'
    )


@cache
def _part(name: str) -> str:
    return (files("msc_meta.serve") / "static" / name).read_text(encoding="utf-8").strip()
