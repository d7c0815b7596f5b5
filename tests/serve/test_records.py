"""Records over HTTP: only those of the folder, checked before, compared with the file, and written whole."""

from __future__ import annotations

import errno
import time
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msc_meta import output
from msc_meta.serve.review import Review

NAME = "martinez-munoz-2024.yaml"


def files(live):
    return {file.name: file.read_bytes() for file in live.studies.glob("*-*.yaml")}


def until(seconds, what):
    end = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


@pytest.fixture(scope="module")
def traps(steady):
    """Return a server whose folder holds links and files that are no records."""
    (steady.studies / "link.yaml").symlink_to(steady.studies.parent / "secret.yaml")
    (steady.studies / "inside.yaml").symlink_to(steady.studies / "lanzoni-2021.yaml")
    (steady.studies / "folder.yaml").mkdir()
    (steady.studies / ".hidden.yaml").write_text("password: x\n")
    (steady.studies / "notes.txt").write_text("password: x\n")
    yield steady
    for name in ("link.yaml", "inside.yaml", ".hidden.yaml", "notes.txt"):
        (steady.studies / name).unlink()
    (steady.studies / "folder.yaml").rmdir()


@pytest.mark.parametrize(
    "name",
    ["../secret.yaml", "..%2fsecret.yaml", "%2e%2e/secret.yaml", "..\\secret.yaml", "./lanzoni-2021.yaml", "",
     "/etc/passwd", "lanzoni-2021.yaml%00", "lanzoni-2021.yaml%00.txt", ".", "..", "lanzoni-2021", "link.yaml",
     "LANZONI-2021.yaml", "inside.yaml", "notes.txt", "protocol.yaml", "README.yaml", ".hidden.yaml", "folder.yaml",
     "folder.yaml/x.yaml", "lanzoni-2021.yaml/", "lanzoni-2021.yaml/.", "file:///etc/passwd", "\uff0e\uff0e/x.yaml"],
)  # fmt: skip
def test_no_path_leads_out_of_the_folder(traps, name):
    sent = name if "%" in name else quote(name, safe="")
    read = traps.ask(f"/api/record?file={sent}")
    assert read.status == 404
    assert b"password" not in read.body
    for path in ("/api/save", "/api/draft"):
        assert traps.ask(path, {"file": name, "text": "x: 1\n", "sha256": "0" * 64}).status == 404
    assert (traps.studies.parent / "secret.yaml").read_text() == "password: x\n"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.one_of(st.text(max_size=40), st.lists(st.sampled_from(
    ["..", ".", "/", "\\", "%2e", "%00", "\0", "secret", ".yaml", "studies", "lanzoni-2021.yaml", "~", "C:"]
), max_size=8).map("".join), st.integers(), st.none(), st.lists(st.text(), max_size=2)))  # fmt: skip
def test_any_name_is_a_record_or_none(steady, name):
    answer = steady.ask("/api/draft", {"file": name, "text": "a: 1\n"})
    known = {"lanzoni-2021.yaml", NAME, "monsel-2022.yaml"}
    assert answer.status == (200 if isinstance(name, str) and name in known else 404)
    assert b"password" not in answer.body


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#?"), max_size=30))
def test_any_address_is_answered_and_holds_nothing(steady, path):
    answer = steady.ask(f"/{path}")
    assert answer.status in (200, 307, 404, 405) if path else answer.status == 200
    assert b"password" not in answer.body


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff", b'{"file": "lanzoni-2021.yaml"}', b'{"file": "lanzoni-2021.yaml", "text": 1}',
             b'{"file": "lanzoni-2021.yaml", "text": "\\ud800"}',
             b'{"file": "lanzoni-2021.yaml", "text": "", "edits": 1}',
             b'{"file": "lanzoni-2021.yaml", "text": "a: 1", "edits": [{"path": [], "value": "1"}]}',
             b'{"file": "lanzoni-2021.yaml", "text": "a: 1", "edits": [{"path": ["a", 1.5], "value": "1"}]}',
             b'{"file": "lanzoni-2021.yaml", "text": "a: 1", "edits": [{"path": ["a"], "value": {"b": 1}}]}',
             b"[" * 100_000],
)  # fmt: skip
def test_what_the_page_never_sends_is_refused_in_words(steady, body):
    before = files(steady)
    for path in ("/api/draft", "/api/save"):
        answer = steady.ask(path, body)
        assert answer.status in ((400, 409) if path == "/api/save" else (400,))
        assert answer.json["error"].endswith(".")
    assert files(steady) == before


def test_a_record_comes_with_its_form_and_problems(steady):
    record = steady.record(NAME)
    assert record["text"] == (steady.studies / NAME).read_text(encoding="utf-8")
    outcome = next(group for group in record["form"]["groups"] if group["title"].startswith("Outcome 2"))
    assert outcome["title"] == "Outcome 2: discharge_time, hospital_stay"
    entries = {entry["label"]: entry for entry in outcome["entries"]}
    assert entries["unit"]["choices"] == ["days", "hours", "weeks"]
    msc = next(group for group in outcome["groups"] if group["title"] == "Numbers of msc")
    assert [(entry["label"], entry["value"], entry["help"]) for entry in msc["entries"]] == [
        ("n", "10", "Patients whom the numbers refer to."), ("median", "17.5", "Median."),
    ]  # fmt: skip
    assert "q1" in {entry["label"] for entry in msc["addable"]}


def test_every_plain_value_of_every_record_is_in_its_form(project):
    from msc_meta.records.findings import field_name
    from msc_meta.records.strict_yaml import read_yaml
    from msc_meta.serve.form import form

    def leaves(data, path=()):
        pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
        return [leaf for key, value in pairs for leaf in leaves(value, (*path, key))] if pairs else [(path, data)]

    def entries(group):
        yield from group.entries
        for inner in group.groups:
            yield from entries(inner)

    for file in sorted((project / "studies").glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        document = read_yaml(text, file.name)
        shown = {}
        for entry in entries(form(document, text)):
            items = {f"{entry.field}[{at}]": item for at, item in enumerate(entry.value)}
            shown |= items if entry.kind == "list" else {entry.field: entry.value}
        for path, value in leaves(document.data):
            if value is not None:
                found = shown[field_name(path)]
                number = isinstance(value, float | int) and not isinstance(value, bool)
                assert float(found) == value if number else found == str(value).replace("True", "true"), path


def test_a_draft_shows_what_would_change_and_writes_nothing(steady):
    before = files(steady)
    record = steady.record(NAME)
    edits = [{"path": ["outcomes", 1, "arms", "msc", "median"], "value": "18.50"},
             {"path": ["outcomes", 1, "arms", "msc", "q1"], "value": "20"}]  # fmt: skip
    draft = steady.ask("/api/draft", {"file": NAME, "text": record["text"], "edits": edits}).json
    changed = [line for line in draft["diff"] if (line[0] is None) != (line[1] is None)]
    assert changed == [
        [63, None, "      msc: {n: 10, median: 17.5}"],
        [None, 63, "      msc: {n: 10, median: 18.50, q1: 20}"],
    ]
    assert [(problem["line"], problem["field"]) for problem in draft["problems"]] == [
        (63, "outcomes[1].arms.msc.median")
    ]
    assert files(steady) == before


def test_saving_writes_the_text_and_the_page_follows(live):
    record = live.record(NAME)
    first = live.news()
    text = record["text"].replace("median: 17.5}", "median: 18.50}  # corrected")
    saved = live.ask("/api/save", {"file": NAME, "text": text, "sha256": record["sha256"]})
    assert saved.status == 200
    assert (live.studies / NAME).read_text(encoding="utf-8") == text
    news = live.news(first["version"])
    assert news["page"] > first["page"]
    assert b"18.50" in live.ask("/").body
    assert not list(live.studies.glob(".*"))  # no draft is left behind


def test_a_file_that_somebody_saved_meanwhile_is_not_overwritten(live):
    record = live.record(NAME)
    theirs = record["text"] + "# theirs\n"
    (live.studies / NAME).write_text(theirs, encoding="utf-8")
    answer = live.ask("/api/save", {"file": NAME, "text": record["text"] + "# mine\n", "sha256": record["sha256"]})
    assert answer.status == 409
    assert "saved by somebody else" in answer.json["error"]
    assert (live.studies / NAME).read_text(encoding="utf-8") == theirs
    for wrong in (None, "", 1, ["x"]):
        body = {"file": NAME, "text": theirs, "sha256": wrong}
        assert live.ask("/api/save", body).status == 409


def test_an_error_is_not_saved_and_is_listed_with_its_line(live):
    record = live.record(NAME)
    text = record["text"].replace("outcome: discharge_time", "outcome: discharge_tim")
    answer = live.ask("/api/save", {"file": NAME, "text": text, "sha256": record["sha256"]})
    assert answer.status == 422
    (problem,) = answer.json["problems"]
    assert (problem["code"], problem["line"], problem["file"]) == ("E205", 59, NAME)
    assert "did you mean" in problem["help"]
    assert (live.studies / NAME).read_text(encoding="utf-8") == record["text"]


def test_one_of_two_errors_may_be_mended_first(live):
    path = live.studies / NAME
    good = path.read_text(encoding="utf-8")
    path.write_text(
        good.replace("status: completed", "status: complete").replace("median: 28", "median: -"), encoding="utf-8"
    )
    record = live.record(NAME)
    half = record["text"].replace("status: complete\n", "status: completed\n")
    assert live.ask("/api/save", {"file": NAME, "text": half, "sha256": record["sha256"]}).status == 200
    worse = half.replace("role: control", "role: controll")
    sha256 = live.record(NAME)["sha256"]
    assert live.ask("/api/save", {"file": NAME, "text": worse, "sha256": sha256}).status == 422


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_file_keeps_its_line_ends_and_mark(live, end, mark):
    path = live.studies / NAME
    path.write_bytes(mark + path.read_bytes().replace(b"\n", end))
    record = live.record(NAME)
    assert "\r" not in record["text"]
    edit = {"path": ["label"], "value": "Puerta de Hierro 2024"}
    draft = live.ask("/api/draft", {"file": NAME, "text": record["text"], "edits": [edit]}).json
    wanted = path.read_bytes().replace("Martínez-Muñoz 2024".encode(), b"Puerta de Hierro 2024")
    saved = live.ask("/api/save", {"file": NAME, "text": draft["text"], "sha256": record["sha256"]})
    assert saved.status == 200
    assert path.read_bytes() == wanted


def test_lines_that_stay_keep_their_ends_where_a_file_mixes_them():
    from msc_meta.serve.drafts import restored

    assert restored("a\nx\nc\nd\n", b"a\r\nb\nc\nd\r\n") == b"a\r\nx\r\nc\nd\r\n"


def settled(live):
    """Return what the server says and shows once it has nothing new to say: it may look again at files just copied."""
    while True:
        news, page = live.news(), live.ask("/").body
        time.sleep(0.5)
        if live.news()["version"] == news["version"]:
            return news, page


def test_an_error_leaves_the_last_good_page_with_a_notice(live):
    first, good = settled(live)
    path = live.studies / NAME
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("outcome: mortality", "outcome: mortalty"), encoding="utf-8")
    start = time.monotonic()
    news = live.news(first["version"])
    assert time.monotonic() - start < 20
    assert "before your last change: 1 error" in news["notice"]
    errors = [problem for problem in news["problems"] if problem["severity"] == "error"]
    assert [(problem["file"], problem["code"], problem["line"]) for problem in errors] == [(NAME, "E205", 68)]
    assert news["page"] == first["page"]
    assert live.ask("/").body == good
    path.write_text(text, encoding="utf-8")
    mended = live.news(news["version"])
    assert (mended["notice"], mended["page"] > first["page"]) == ("", True)


def test_there_is_a_page_before_there_is_a_report(live):
    for file in live.studies.iterdir():
        file.write_text("id: [\n", encoding="utf-8")
    assert until(10, lambda: live.news()["notice"])

    shown = Review(live.studies).shown
    assert "There is no report yet: 3 errors" in shown.notice
    assert "No report yet" in shown.page
    assert "pooled" not in shown.page


def test_a_folder_that_went_away_is_said_and_ends_nothing(live):
    first = live.news()
    away = live.studies.with_name("away")
    live.studies.rename(away)
    news = live.news(first["version"])
    assert "does not exist" in news["notice"]
    away.rename(live.studies)
    assert until(10, lambda: not live.news()["notice"])


def test_a_file_that_can_not_be_edited_says_why(live):
    (live.studies / NAME).write_bytes(b"\xff\xfe")
    assert live.ask(f"/api/record?file={NAME}").status == 422
    (live.studies / NAME).write_bytes(b"#" * (1024 * 1024 + 1))
    assert live.ask(f"/api/record?file={NAME}").json["problems"][0]["code"] == "E103"


def test_a_file_that_can_not_be_written_is_said_and_stays(live, monkeypatch):
    def full(_path):
        raise OSError(errno.ENOSPC, "No space left on device")

    record = live.record(NAME)
    monkeypatch.setattr(output, "_settle", full)
    body = {"file": NAME, "text": record["text"] + "# x\n", "sha256": record["sha256"]}
    answer = live.ask("/api/save", body)
    assert (answer.status, "can not be written" in answer.json["error"]) == (500, True)
    assert live.record(NAME)["sha256"] == record["sha256"]


def test_a_save_is_worked_in_within_a_second(project):
    """Count the processor's time, for the real evidence; a look every 0.1 s and the browser's 0.3 s come on top."""
    review = Review(project / "studies")
    assert review.shown.notice == ""  # what is loaded once is loaded now
    used = []
    for _ in range(3):
        start = time.process_time()
        review.refresh()
        used.append(time.process_time() - start)
    assert min(used) < 2.4  # 0.4 on the machine it was made on; benchmarks measure, this only guards
