"""The evidence changelog says what changed, in a file that only ever grows; git's history is read, not checked out."""

from __future__ import annotations

import html
import io
import os
import re
import shutil
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from msc_meta.cli import run
from msc_meta.living.change_words import escaped

STUDIES = Path("studies").resolve()
FEW = ("monsel-2022", "zheng-2014", "matthay-2019", "martinez-munoz-2024")


def invoke(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(["--debug", *map(str, arguments)])
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def old(tmp_path):
    folder = tmp_path / "review" / "studies"
    folder.mkdir(parents=True)
    for name in FEW:
        shutil.copy(STUDIES / f"{name}.yaml", folder)
    return folder


@pytest.fixture
def new(tmp_path, old):
    folder = tmp_path / "new"
    shutil.copytree(old, folder)
    edit(folder)
    return folder


def edit(folder):
    """Add a trial that is invented for this test, take one away, and change a number."""
    (folder / "zheng-2014.yaml").unlink()
    record = folder / "monsel-2022.yaml"
    record.write_text(record.read_text(encoding="utf-8").replace("events: 5", "events: 6", 1), encoding="utf-8")
    text = (folder / "matthay-2019.yaml").read_text(encoding="utf-8")
    lines = text.replace("id: matthay-2019", "id: doe-2026").replace("label: Matthay 2019", "label: Doe 2026")
    kept = [line for line in lines.splitlines() if not line.startswith("registrations")]
    (folder / "doe-2026.yaml").write_text("\n".join(kept) + "\n", encoding="utf-8")


def git(folder, *arguments):
    identity = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    names = {f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **identity, **names})


@pytest.fixture
def repository(old):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    root = old.parent
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "records")
    return root


def test_an_entry_says_answers_trials_and_numbers(old, new):
    code, said, _ = invoke("changelog", old, new, "--date", "2026-03-04")
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == "## 2026-03-04: Doe 2026 added; Zheng 2014 removed; Monsel 2022 changed"
    mortality = next(line for line in lines if line.startswith("- **All-cause mortality**"))
    assert "was a risk ratio of" in mortality
    assert "Newly pooled: Doe 2026. No longer pooled: Zheng 2014. With another effect: Monsel 2022." in mortality
    assert any(line.startswith("- Added: Doe 2026 (doe-2026); reports ") for line in lines)
    assert any(line.startswith("- Removed: Zheng 2014 (zheng-2014); 12 patients randomised; rep") for line in lines)
    assert any("arms, msc, events: 5 → 6 (source: Table 2, https&#58;//pmc" in line for line in lines)


def test_the_file_grows_newest_first_and_keeps_every_older_byte(old, new, tmp_path):
    path = tmp_path / "EVIDENCE.md"
    assert invoke("changelog", old, new, "--date", "2026-03-04", "-o", path)[0] == 0
    first = path.read_bytes()
    for date in ("2026-03-04", "2026-05-06"):
        assert "has this entry already" in invoke("changelog", old, new, "--date", date, "-o", path)[2]
        assert path.read_bytes() == first
    head, entry = first.split(b"## 2026", 1)
    invoke("changelog", new, old, "--date", "2026-04-01", "--title", "Undone", "-o", path)
    second = path.read_bytes()
    assert second.startswith(head + b"## 2026-04-01: Undone\n")
    assert second.endswith(b"## 2026" + entry)
    invoke("changelog", new, old, "--date", "2025-01-01", "--title", "Late find", "-o", path)
    third = path.read_bytes()
    assert third.startswith(second)
    assert b"## 2025-01-01: Late find" in third[len(second) :]
    invoke("changelog", old, new, "--date", "2026-06-01", "-o", path)
    assert path.read_bytes().count(b"Doe 2026 added") == 2, "what changed, changed back and changed again is said"


def test_line_ends_and_own_words_are_kept(old, new, tmp_path):
    path = tmp_path / "EVIDENCE.md"
    mine = "\ufeff# Evidence changelog of ours\r\n\r\nOwn words.\r\n\r\n## 2020-01-01: A\r\n\r\nText\r\n".encode()
    path.write_bytes(mine)
    assert invoke("changelog", old, new, "--date", "2026-03-04", "-o", path)[0] == 0
    now = path.read_bytes()
    assert now.replace(b"\r\n", b"").count(b"\n") == 0
    above, below = mine.split(b"## 2020", 1)
    assert now.startswith(above + b"## 2026-03-04")
    assert now.endswith(b"-->\r\n\r\n## 2020" + below)


def test_no_other_file_is_written_into(old, new, tmp_path):
    for content in (b"# Notes\n", b"\xff\xfe"):
        path = tmp_path / "NOTES.md"
        path.write_bytes(content)
        assert invoke("changelog", old, new, "-o", path)[0] == 2
        assert path.read_bytes() == content
    assert invoke("changelog", old, new, "--date", "yesterday")[0] == 2
    path = tmp_path / "EVIDENCE.md"
    assert "nothing changed" in invoke("changelog", old, old, "-o", path)[2]
    assert not path.exists()


def test_diff_and_changelog_read_an_older_revision(repository):
    studies = repository / "studies"
    assert invoke("diff", "--since", "HEAD", studies)[0] == 0
    edit(studies)
    before = sorted(path.name for path in studies.iterdir())
    code, said, _ = invoke("diff", "--since", "main", studies)
    assert code == 1
    for line in ("Doe 2026 (doe-2026): added", "Zheng 2014 (zheng-2014): removed", "events: 5 -> 6"):
        assert line in said
    assert "Doe 2026 added" in invoke("changelog", "--since", "HEAD", studies)[1]
    assert sorted(path.name for path in studies.iterdir()) == before
    assert git(repository, "stash", "list").stdout == ""


def test_the_protocol_of_the_revision_is_used(repository):
    studies = repository / "studies"
    protocol = studies / "protocol.yaml"
    protocol.write_text(invoke("protocol")[1], encoding="utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "protocol")
    protocol.write_text(protocol.read_text(encoding="utf-8").replace("measure: RR ", "measure: OR ", 1),
                        encoding="utf-8")  # fmt: skip
    said = invoke("diff", "--since", "HEAD", studies)[1]
    assert "outcomes.mortality.measure: RR -> OR" in said
    elsewhere = repository / "protocol.yaml"
    protocol.rename(elsewhere)
    code, _, words = invoke("diff", "--since", "HEAD", studies, "--protocol", elsewhere)
    assert code == 0
    assert "the old state is pooled by the new protocol" in words


def test_a_wrong_revision_or_place_is_said(repository, tmp_path):
    studies = repository / "studies"
    for since in ("nonsense", "--upload-pack=x", "-h", ""):
        code, _, said = invoke("diff", f"--since={since}", studies)
        assert code == 2
        assert "git knows no revision" in said
    outside = tmp_path / "outside"
    shutil.copytree(studies, outside)
    code, _, said = invoke("diff", "--since", "HEAD", outside)
    assert code == 2
    assert "is in no repository" in said
    (repository / "later").mkdir()
    shutil.copy(studies / "monsel-2022.yaml", repository / "later")
    assert "was not there at HEAD" in invoke("diff", "--since", "HEAD", repository / "later")[2]
    assert invoke("diff", studies)[0] == 2
    assert invoke("diff", "--since", "HEAD", studies, studies)[0] == 2


def test_attributes_and_links_of_the_repository_have_no_say(repository):
    studies = repository / "studies"
    (repository / ".gitattributes").write_text("* export-ignore export-subst eol=crlf\n", encoding="utf-8")
    (studies / "link.yaml").symlink_to("/etc/hostname")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "traps")
    (studies / "link.yaml").unlink()
    assert invoke("diff", "--since", "HEAD", studies)[0] == 0


@pytest.mark.parametrize(
    "said",
    [
        "</details><script>alert(1)</script>",
        "@org/team and @all",
        "| a | b |",
        "`code` ```",
        "a\nb\r\n# head\x00\u2028c",
        "[x](https://evil.example)",
        "![i](x)",
        "<!-- hidden",
        "&lt;b&gt;",
        "fixes #12",
        "www.evil.example",
        "**b** _i_ ~~s~~",
        "\u202eright to left",
    ],
)
def test_what_a_record_says_stays_text(said):
    made = escaped(said)
    assert not set("<>`[]|*~\n\r\x00\u2028\u202e") & set(made)
    assert "://" not in made
    assert "www." not in made
    assert not re.search(r"(?<![&\w])[@#]\w", made)
    shown = html.unescape(made).replace("\u2060", "")
    assert shown == " ".join("".join(c if c.isprintable() else " " for c in said).split())
