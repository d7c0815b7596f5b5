"""The live page in a browser: it follows the files, edits them, and lets no other site's page near."""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import threading
import time

import pytest
from playwright.sync_api import expect

from tests.serve.server import copied, serving

NAME = "martinez-munoz-2024.yaml"
MEDIAN = "[data-field='outcomes[1].arms.msc.median']"


@pytest.fixture
def live(project, tmp_path):
    with serving(copied(project, tmp_path), watched=True) as server:
        yield server


@pytest.fixture
def page(live, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    opened = context.new_page()
    faults = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(live.keys.address)
    ready(opened)
    yield opened
    context.close()
    assert faults == []


def ready(page, words="Follows every save."):
    expect(page.locator("#live-status")).to_contain_text(words, timeout=15_000)


def edit(page, name=NAME):
    page.select_option("#live-record", name)
    page.click("#live-edit")
    expect(page.locator("#live-form .live-field").first).to_be_visible()


def open_numbers(page):
    page.locator("#live-form summary", has_text="Outcome 2").click()
    page.locator("#live-form details[open] summary", has_text="Numbers of msc").click()


def violations(page, part=None):
    from axe_playwright_python.sync_playwright import Axe

    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, context=part, options={"runOnly": tags}).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


def test_a_save_is_drawn_and_the_place_is_kept(live, page):
    page.evaluate("document.querySelector('details.record').open = true")
    page.evaluate("document.getElementById('references').scrollIntoView()")
    page.evaluate("window.before = true; history.replaceState(null, '', '#references')")
    place = page.evaluate("document.getElementById('references').getBoundingClientRect().top")
    path = live.studies / NAME
    path.write_text(path.read_text(encoding="utf-8").replace("median: 17.5}", "median: 18.5}"), encoding="utf-8")
    ready(page, "Drawn again at")
    assert page.evaluate("window.before") is None
    assert page.url.endswith("#references")
    assert page.evaluate("document.querySelector('details.record').open")
    assert abs(page.evaluate("document.getElementById('references').getBoundingClientRect().top") - place) < 2
    expect(page.locator("#discharge-time")).to_contain_text("18.5")


def test_what_is_explored_stays(live, page):
    box = page.locator("#explore input[type=checkbox]:visible").first
    expect(box).to_be_checked()
    box.click()
    explored = page.evaluate("location.hash")
    assert len(explored) > 1
    path = live.studies / NAME
    path.write_text(path.read_text(encoding="utf-8") + "# seen again\n", encoding="utf-8")
    ready(page, "Drawn again at")
    assert page.evaluate("location.hash") == explored
    expect(page.locator("#explore input[type=checkbox]:visible").first).not_to_be_checked()


def test_an_error_is_shown_beside_its_record_and_the_good_page_stays(live, page):
    path = live.studies / NAME
    good = path.read_text(encoding="utf-8")
    answer = page.locator("#summary").inner_text()
    path.write_text(good.replace("outcome: mortality", "outcome: mortalty"), encoding="utf-8")
    ready(page, "before your last change: 1 error")
    assert page.locator("#summary").inner_text() == answer
    shown = page.locator("#live-problems .error")
    expect(shown).to_contain_text(f"{NAME}, line 68")
    expect(shown).to_contain_text("did you mean mortality?")
    record = page.locator("details.record", has=page.locator(f".file:text-is('{NAME}')"))
    record.locator("summary").click()
    expect(record.locator(".live-beside .error")).to_contain_text("did you mean mortality?")
    assert violations(page) == []
    shown.get_by_role("button", name=f"Edit {NAME}, line 68").click()
    yaml = page.locator("#live-yaml")
    expect(yaml).to_be_focused()
    assert yaml.evaluate("box => box.value.slice(box.selectionStart, box.selectionEnd)") == "  - outcome: mortalty"
    expect(page.locator("#live-lines .live-error")).to_have_text("68")
    page.keyboard.type("  - outcome: mortality")
    expect(page.locator("#live-change")).to_contain_text("2 lines differ")
    page.click("#live-review")
    page.click("#live-save")
    ready(page, "Drawn again at")
    assert path.read_text(encoding="utf-8") == good


def test_a_number_is_changed_and_another_added_with_the_keyboard(live, page):
    path = live.studies / NAME
    before = path.read_text(encoding="utf-8") + "# a comment at the end\n"
    path.write_text(before, encoding="utf-8")
    ready(page, "Drawn again at")
    page.locator("#live-record").select_option(NAME)
    page.locator("#live-edit").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#live-editor-title")).to_be_focused()
    open_numbers(page)
    median = page.locator(MEDIAN)
    median.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("eighteen")
    page.keyboard.press("Tab")
    expect(page.locator("#live-change")).to_contain_text("1 error")
    expect(median).to_have_attribute("aria-invalid", "true")
    said = median.evaluate("box => box.getAttribute('aria-describedby').split(' ').map("
                           "(id) => document.getElementById(id).textContent).join(' ')")  # fmt: skip
    assert "a number is needed" in said
    median.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("18.50")
    page.keyboard.press("Tab")
    expect(page.locator("#live-change")).to_have_text("2 lines differ from the file.")
    adder = page.locator(".live-adder", has=page.get_by_role("button", name="Add to Numbers of msc")).locator(
        "visible=true"
    )
    adder.locator("select").select_option(label="q1")
    adder.get_by_role("button").press("Enter")
    page.keyboard.type("12")
    page.keyboard.press("Tab")
    expect(page.locator("[data-field='outcomes[1].arms.msc.q1']")).to_have_value("12")
    assert violations(page, "#live-editor") == []
    assert path.read_text(encoding="utf-8") == before
    page.locator("#live-review").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#live-diff .live-added")).to_contain_text("{n: 10, median: 18.50, q1: 12}")
    assert violations(page, "#live-editor") == []
    expect(page.locator("#live-save")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#live-editor")).to_be_hidden()
    expect(page.locator("#records")).to_contain_text("median: 18.50, q1: 12", timeout=15_000)
    after = before.replace("msc: {n: 10, median: 17.5}", "msc: {n: 10, median: 18.50, q1: 12}")
    assert path.read_text(encoding="utf-8") == after


def test_a_number_is_taken_away(live, page):
    edit(page)
    open_numbers(page)
    page.locator(".live-field", has=page.locator(MEDIAN)).get_by_role("button", name="Remove median").click()
    expect(page.locator(MEDIAN)).to_have_count(0)
    page.click("#live-tab-text")
    expect(page.locator("#live-yaml")).to_have_value(re.compile(r"msc: \{n: 10\}\n"))


def test_somebody_elses_save_is_not_overwritten_and_a_half_change_not_lost(live, page):
    edit(page)
    open_numbers(page)
    page.fill(MEDIAN, "19")
    page.press(MEDIAN, "Tab")
    expect(page.locator("#live-change")).to_contain_text("2 lines differ")
    path = live.studies / NAME
    theirs = path.read_text(encoding="utf-8") + "# theirs\n"
    path.write_text(theirs, encoding="utf-8")
    expect(page.locator("#live-message")).to_contain_text("saved meanwhile")
    expect(page.locator(MEDIAN)).to_have_value("19")
    page.click("#live-review")
    page.click("#live-save")
    expect(page.locator("#live-message")).to_contain_text("saved by somebody else")
    assert path.read_text(encoding="utf-8") == theirs
    page.get_by_role("button", name="Load the file again").click()
    expect(page.locator("#live-yaml")).to_have_value(theirs)
    page.keyboard.press("Escape")
    ready(page, "Drawn again at")


def test_leaving_asks_where_a_change_would_be_lost(live, page):
    edit(page)
    page.fill("[data-field=label]", "Other")
    page.press("[data-field=label]", "Tab")
    expect(page.locator("#live-change")).to_contain_text("2 lines differ")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.keyboard.press("Escape")
    expect(page.locator("#live-editor")).to_be_visible()
    assert asked == [f"Leave {NAME} without saving the change?"]
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#live-close")
    expect(page.locator("#live-editor")).to_be_hidden()


def test_what_is_in_a_record_is_text_in_the_editor(live, page):
    hostile = '"><img src=x onerror=window.ran=1></textarea><script>window.ran=2</script>'
    path = live.studies / NAME
    text = path.read_text(encoding="utf-8").replace("label: Martínez-Muñoz 2024", f"label: '{hostile}'")
    path.write_text(text.replace("kind: change", f"kind: '{hostile}'"), encoding="utf-8")
    ready(page, "1 error")
    edit(page)
    expect(page.locator("[data-field=label]")).to_have_value(hostile)
    expect(page.locator("#live-checks")).to_contain_text("onerror=window.ran=1")
    assert page.evaluate("window.ran") is None


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_it_is_accessible_and_fits(live, browser, width, scheme):
    with contextlib.closing(
        browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    ) as context:
        page = context.new_page()
        page.goto(live.keys.address)
        ready(page)
        assert violations(page) == []
        edit(page)
        for part in page.locator("#live-form > .live-group > details").all():
            part.evaluate("part => { part.open = true; }")
        assert violations(page, "#live-editor") == []
        page.click("#live-tab-text")
        assert violations(page, "#live-editor") == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("#live-editor").evaluate("box => box.scrollWidth <= box.clientWidth")
        small = page.evaluate(
            "[...document.querySelectorAll('#live-editor button, #live button')].filter((one) => one.offsetParent)"
            ".map((one) => one.getBoundingClientRect()).filter((box) => box.height < 24 || box.width < 24).length"
        )
        assert small == 0


EVIL = """<!DOCTYPE html><title>Another site</title><script>
const found = {};
window.done = (async () => {
  for (const base of BASES) {
    for (const path of PATHS) {
      for (const [name, options] of Object.entries({
        plain: {}, opaque: { mode: "no-cors", credentials: "include" },
        form: { method: "POST", mode: "no-cors", headers: { "content-type": "text/plain" }, body: BODY },
        json: { method: "POST", headers: { "content-type": "application/json" }, body: BODY },
      })) {
        try { found[`${name} ${base}${path}`] = await (await fetch(base + path, options)).text(); } catch { }
      }
      for (const tag of ["img", "script", "iframe", "embed"]) {
        const made = document.createElement(tag);
        const seen = new Promise((done) => {
          made.onload = () => done("load");
          made.onerror = done;
          setTimeout(done, 700);
        });
        made.src = base + path;
        document.body.append(made);
        if (await seen === "load" && tag !== "iframe" && tag !== "embed") found[`${tag} ${base}${path}`] = "loaded";
        try { found[`${tag} document`] = made.contentDocument.querySelector("h1").textContent; } catch { }
      }
    }
    await new Promise((done) => {
      const events = new EventSource(`${base}api/news`);
      events.onopen = events.onmessage = () => { found[`events ${base}`] = "open"; done(); };
      events.onerror = done;
    });
    await new Promise((done) => {
      const socket = new WebSocket(base.replace("http", "ws") + "api/news");
      socket.onopen = () => { found[`socket ${base}`] = "open"; done(); };
      socket.onerror = done;
    });
  }
  return found;
})();
</script><body><iframe name="sink"></iframe>
<form method="post" enctype="text/plain" action="FORM" target="sink"><input name='BODYSTART' value='x"}'></form>"""


def test_another_sites_page_can_neither_read_nor_write(live, browser):
    """Even one that knows the token, at another port and by another name of this machine."""
    before = {file.name: file.read_bytes() for file in live.studies.iterdir()}
    sha256 = live.record(NAME)["sha256"]
    port, token = live.keys.port, live.keys.token
    bases = [f"http://{host}:{port}/{key}" for host in ("127.0.0.1", "localhost") for key in (f"{token}/", "")]
    text = (live.studies / NAME).read_text(encoding="utf-8").replace("'", "") + "# evil\n"
    body = json.dumps({"file": NAME, "text": text, "sha256": sha256})
    paths = ["", "api/news", f"api/record?file={NAME}", "api/save"]
    html = EVIL.replace("BASES", repr(bases)).replace("PATHS", repr(paths)).replace("FORM", f"{bases[0]}api/save")
    html = html.replace("BODYSTART", f'{body[:-1]}, "z": "').replace("BODY", json.dumps(body))

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        context = browser.new_context()
        page = context.new_page()
        for host in ("127.0.0.1", "localhost"):
            page.goto(f"http://{host}:{site.server_port}/")
            found = page.evaluate("window.done")
            assert {name: text for name, text in found.items() if text} == {}
            page.evaluate("document.forms[0].submit()")
            time.sleep(0.3)
        context.close()
        site.shutdown()
    assert {file.name: file.read_bytes() for file in live.studies.iterdir()} == before


def test_the_page_leaves_no_trace_of_its_address(live, page):
    assert page.context.cookies() == []
    assert page.evaluate("document.referrer") == ""
    links = page.eval_on_selector_all("a[href^=http]", "links => links.map((link) => link.rel)")
    assert all("noreferrer" in rel or "noopener" in rel for rel in links)
