"""The report as people meet it: in a browser, on a phone, in the dark, zoomed, printed, and with hostile records."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

import msc_meta as mm
from msc_meta.errors import Problem
from msc_meta.evidence import Evidence
from msc_meta.records.study import QUANTITIES, Study
from msc_meta.report.page import report_html

PAYLOADS = (
    "</td></table><script>window.ran=1</script><b>{n}",
    '"\' autofocus onfocus=window.ran=2 x="{n}',
    "<img src=x onerror=window.ran=3>{n}",
    "</svg></title></desc><svg onload=window.ran=4><a xlink:href='javascript:window.ran=5'>{n}",
    "</style></script><!--<script>window.ran=6//{n}",
    "javascript:window.ran=7//{n}",
    "{{{{ 7 * 7 }}}}{{% raw %}}{n}",
    "</code></pre></details></textarea><iframe srcdoc='<script>parent.ran=8</script>'>{n}",
)
SEVERAL = ("zhu-2021", "monsel-2022", "shi-2021", "lanzoni-2021", "shu-2020", "gregoire-2022")
STRUCTURAL = {"id", "companion_of", "countries", "experimental", "control"}  # of fixed form, or names of other fields


@pytest.fixture
def shown(open_page, tmp_path):
    """Open a page from disk; what it asks of the network or says in a box is a finding."""
    asked: list[str] = []

    def show(page: str, width: int = 1280, **options: Any):
        file = tmp_path / "report.html"
        file.write_text(page, encoding="utf-8")
        opened = open_page(file.as_uri(), viewport={"width": width, "height": 900}, **options)
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
        return opened

    yield show
    assert [address for address in asked if address != (tmp_path / "report.html").as_uri()] == []


@pytest.fixture(scope="module")
def html(project):
    evidence = mm.load_studies(project / "studies")
    return report_html(mm.synthesize(evidence), problems=evidence.problems)


def violations(page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": tags}).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"][:3]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(shown, project, scheme):
    evidence = mm.load_studies(project / "studies")
    few = Evidence(study for study in evidence if study.id in SEVERAL)  # the same parts, and much sooner done
    synthesis = mm.synthesize(few, outcomes=["mortality"])
    page = shown(report_html(synthesis, problems=evidence.problems), color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = !one.matches('.record'); })")
    page.evaluate("document.querySelector('details.record').open = true")
    assert violations(page) == []


@pytest.mark.parametrize("width", [1280, 768, 640, 390, 320])  # 640 is 1280 at a zoom of 200%, 320 at 400%
def test_no_page_scrolls_sideways(shown, html, width):
    page = shown(html, width=width)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = """[...document.querySelectorAll('main p, main li, h1, h2, h3, caption, .answer')].filter(one =>
        one.getClientRects().length && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1
        && !one.closest('.scroll') && getComputedStyle(one).display !== 'inline').map(one => one.textContent)"""
    assert page.evaluate(cut) == []


def test_a_caption_is_read_on_a_phone_without_scrolling_its_table(shown, html):
    page = shown(html, 390)
    ends = page.evaluate("""[...document.querySelectorAll('caption')].map((caption) => {
      const text = document.createRange();
      text.selectNodeContents(caption);
      return text.getBoundingClientRect().right;
    })""")
    assert len(ends) > 30
    assert max(ends) <= 390


def test_it_opens_in_under_a_second_and_asks_for_nothing(shown, html):
    times = []
    for _ in range(3):
        page = shown(html)
        times.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
        loaded = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
        assert loaded == []
    assert min(times) < 1000


def test_a_number_leads_to_its_line_and_the_line_to_its_source(shown, html):
    page = shown(html)
    page.click("#mortality-studies a:text-is('0 / 29')")
    line = page.locator(":target")
    assert line.is_visible()
    assert "events: 0" in line.inner_text()
    colour = "getComputedStyle(document.querySelector(':target')).backgroundColor"
    assert page.evaluate(colour) not in ("rgba(0, 0, 0, 0)", "transparent")
    links = page.locator("#record-zhu-2021 a[href^='https://']")
    assert links.count() > 3
    page.go_back()
    assert page.locator("#mortality-studies").is_visible()


@pytest.mark.parametrize("mistyped", ["%%%", "explore?%E0%A4%A", "records-%", "constructor"])
def test_a_mistyped_address_shows_the_page_without_an_error(shown, html, mistyped):
    page = shown(html)
    page.evaluate("fragment => { location.hash = fragment }", mistyped)
    page.wait_for_timeout(100)
    assert page.locator(".explore-answer strong").inner_text().startswith("Risk ratio 0.78")


def test_the_keyboard_reaches_the_findings_first(shown, html):
    page = shown(html)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the findings"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


BEHIND = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return at.contains(top) || at.labels?.[0]?.contains(top) ? '' : `${at.tagName} at ${box.y}`;
}"""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (640, 450)])
def test_the_answer_that_stays_hides_no_control_from_those_who_tab_backwards(shown, html, width, height):
    page = shown(html, width)
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("[...document.querySelectorAll('#explore input:enabled')].at(-1).focus()")
    hidden = []
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        hidden.append(page.evaluate(BEHIND))
    assert [one for one in hidden if one] == []


def test_it_can_be_read_without_its_script(shown, html):
    page = shown(html, java_script_enabled=False)
    page.click("#mortality-studies a:text-is('0 / 29')")
    assert "events: 0" in page.locator(":target").inner_text()


def test_print_opens_the_tables_and_leaves_the_records_out(shown, html):
    page = shown(html)
    page.emulate_media(media="print")
    closed = "[...document.querySelectorAll('details.print table')].filter(one => !one.getClientRects().length).length"
    assert page.locator("details.print table").count() > 10
    assert page.locator(".toc a[href='#methods']").is_visible()
    assert not page.locator(".toc a[href='#explore']").is_visible()
    assert page.evaluate(closed) == 0
    assert not page.locator("details.record").first.is_visible()
    assert page.locator("p.paper").is_visible()
    sheets = len(re.findall(rb"/Type /Page\b", page.pdf(format="A4")))
    assert 10 < sheets < 60


def texts_of(annotation: Any) -> bool:
    """Whether a field is free text, or several such texts."""
    if annotation is str:
        return True
    if get_origin(annotation) is Literal or annotation in (int, float, bool):
        return False
    return any(texts_of(part) for part in get_args(annotation))


def payload(numbers: Iterator[int], put: list[str]) -> str:
    """Return the next hostile text, with a number of its own."""
    number = next(numbers)
    put.append(PAYLOADS[number % len(PAYLOADS)].format(n=f"payload-{number}"))
    return put[-1]


def hostile(part: BaseModel, numbers: Iterator[int], put: list[str]) -> BaseModel:
    """Return a copy of a part of a record with a payload in every field of free text."""
    changed: dict[str, Any] = {}
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            changed[name] = hostile(value, numbers, put)
        elif isinstance(value, dict) and value and isinstance(next(iter(value.values())), BaseModel):
            changed[name] = {key: hostile(one, numbers, put) for key, one in value.items()}
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            changed[name] = tuple(hostile(one, numbers, put) for one in value)
        elif isinstance(value, dict):  # words that are keys
            changed[name] = {payload(numbers, put): one for one in value.values()}
        elif name not in STRUCTURAL and field.annotation not in (None, float) and texts_of(field.annotation):
            text = payload(numbers, put)
            changed[name] = (text,) if isinstance(value, tuple) else text
    return part.model_copy(update=changed)


def full_study(evidence: Evidence) -> Study:
    """Return the record that states most, with a judgement and every part that may be there."""
    most = max(evidence, key=lambda study: len(study.model_dump_json(exclude_defaults=True)))
    judged = next(study for study in evidence if study.risk_of_bias)
    arms = {name: arm.model_copy(update={"dose": judged_dose(evidence)}) for name, arm in most.arms.items()}
    return most.model_copy(update={"risk_of_bias": judged.risk_of_bias, "arms": arms})


def judged_dose(evidence: Evidence) -> Any:
    return next(arm.dose for study in evidence for arm in study.arms.values() if arm.dose is not None)


@pytest.mark.parametrize("shift", range(len(PAYLOADS)))
def test_what_records_say_is_text_and_never_runs(shown, project, shift):
    evidence = mm.load_studies(project / "studies")
    put: list[str] = []
    numbers = iter(range(shift, 100_000))
    studies = [hostile(full_study(evidence), numbers, put)]
    for study in evidence:
        if study.id in SEVERAL and study.id != studies[0].id:
            studies.append(hostile(study, numbers, put))
    problem = Problem(code="W401", severity="warning", path=PAYLOADS[shift], line=3, column=1, field=PAYLOADS[2],
                      message=PAYLOADS[0], help=PAYLOADS[1])  # fmt: skip
    page = shown(report_html(mm.synthesize(Evidence(studies)), problems=[problem]))
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    for link in page.locator("main a").all()[:3]:
        link.focus()
    assert page.evaluate("window.ran") is None
    foreign = (
        "iframe, img, object, embed, form:not(#explore *), b, [autofocus], [onfocus], [onload], [onerror], "
        "a[href^='javascript']"
    )
    assert page.locator(foreign).count() == 0
    shown_text = " ".join(page.evaluate("document.body.textContent").split())
    missing = [text for text in put if " ".join(text.split()) not in shown_text and escaped(text) not in shown_text]
    assert missing == []


def escaped(text: str) -> str:
    """Return a text as a record has it in double quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def test_the_walk_reaches_every_text_field_of_the_models(project):
    """So that a field that the format gains is tried too."""
    evidence = mm.load_studies(project / "studies")
    reached: set[tuple[str, str]] = set()

    def note(part: BaseModel) -> None:
        for name, field in type(part).model_fields.items():
            value = getattr(part, name)
            if texts_of(field.annotation):
                reached.add((type(part).__name__, name))
            for one in value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]:
                if isinstance(one, BaseModel):
                    note(one)

    note(full_study(evidence))
    for study in evidence:
        note(study)
    parts = set(model_parts(Study))
    known = {(part.__name__, name) for part in parts for name, field in part.model_fields.items()
             if texts_of(field.annotation)}  # fmt: skip
    assert known <= reached
    assert QUANTITIES


def model_parts(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for inner in inner_models(field.annotation):
            yield from model_parts(inner)


def inner_models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from inner_models(part)
