"""A real browser for tests of pages: Debian's Chromium, driven by Playwright, with no way out to the network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def absent(why: str) -> None:
    """Skip, or fail where everything has to be there, unless `.ci/run` has said aloud that no browser is to be had."""
    if os.environ.get("CI") == "true" and not os.environ.get("WITHOUT_BROWSER"):
        pytest.fail(f"{why}; CI has to run the tests of pages")
    pytest.skip(why)


# Of a module and not of the session: Playwright's event loop runs in this thread as long as it is there, and tests of
# other modules want one of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return Chromium, without a window."""
    if not CHROMIUM.exists():
        absent(f"no browser at {CHROMIUM} (Debian: apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        absent("Playwright is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens an address and gives the page; an error of its scripts fails the test."""
    contexts, errors = [], []

    def opened(url: str, **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []
