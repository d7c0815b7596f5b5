"""The recipe for GitHub: its script from end to end as a server runs it, and its workflows as what they may do."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

RECIPE = Path("examples/living-review").resolve()
STUDIES = Path("studies").resolve()
WORKFLOWS = sorted((RECIPE / ".github" / "workflows").glob("*.yml"))
NASTY = "</details></code></pre><script>x</script> @all `b` | c | [d](http://e.example) # f\\nfixes #1"

pytestmark = pytest.mark.skipif(
    not (shutil.which("git") and shutil.which("bash")), reason="git or bash is not installed"
)


def environment():
    names = {f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **names, "PATH": path, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def call(root, *command, check=True):
    return subprocess.run(command, cwd=root, check=check, capture_output=True, text=True, env=environment())


@pytest.fixture
def review(tmp_path):
    """A review on a branch main, and a branch on which a pull request is to be made."""
    root = tmp_path / "review"
    (root / "studies").mkdir(parents=True)
    for name in ("monsel-2022", "zheng-2014", "martinez-munoz-2024"):
        shutil.copy(STUDIES / f"{name}.yaml", root / "studies")
    shutil.copy(RECIPE / "evidence.sh", root)
    call(root, "git", "init", "-q", "-b", "main")
    call(root, "git", "add", ".")
    call(root, "git", "commit", "-q", "-m", "review")
    call(root, "git", "switch", "-q", "-c", "new-trial")
    return root


def add_trial(root, label="Doe 2026", events=2):
    """Write a record of an invented trial, and commit it."""
    source = '{kind: primary, url: "https://doi.org/10.1000/invented", where: "Table 2, page 4"}'
    record = f"""id: doe-2026
label: "{label}"
status: completed
citation: {{authors: [Doe J], title: Invented for a test, year: 2026}}
design: {{allocation: randomised, masking: double-blind, countries: [ES]}}
population: {{condition: COVID-19, syndrome: ARDS, severity: severe}}
arms:
  msc: {{role: experimental, label: MSC, randomised: 40, product: cells, source: bone marrow, infusions: 1}}
  placebo: {{role: control, label: placebo, randomised: 40}}
outcomes:
  - outcome: mortality
    day: 28
    arms: {{msc: {{n: 40, events: {events}}}, placebo: {{n: 40, events: 14}}}}
    source: {source}
"""
    (root / "studies" / "doe-2026.yaml").write_text(record, encoding="utf-8")
    call(root, "git", "add", ".")
    call(root, "git", "commit", "-q", "-m", "new trial")


def merged(root):
    """Check out what GitHub checks out for a pull request: its merge into the base branch."""
    call(root, "git", "switch", "-q", "--detach", "main")
    call(root, "git", "merge", "-q", "--no-ff", "-m", "merge", "new-trial")


def comment(root):
    return (root / "evidence" / "comment.md").read_text(encoding="utf-8")


def test_a_new_trial_is_checked_redrawn_and_commented(review):
    add_trial(review)
    merged(review)
    done = call(review, "./evidence.sh", "pull-request", "HEAD^1", check=False)
    assert done.returncode == 0, done.stderr
    said = comment(review)
    assert said.startswith("<!-- msc-meta evidence -->\n## What this does to the evidence\n")
    assert "- Doe 2026 (doe-2026): added" in said
    assert "entered: Doe 2026" in said
    moved = r"- All-cause mortality: RR 1\.11 \(.*\), 2 comparisons, .* -> RR 0\.\d\d \(.*\), 3 comparisons"
    assert re.search(moved, html.unescape(said))
    made = {path.name for path in (review / "evidence").iterdir()}
    assert {"moved.svg", "moved.png", "moved.csv", "entry.md", "out"} <= made
    assert "Entered: Doe 2026." in (review / "evidence" / "moved.svg").read_text(encoding="utf-8")
    assert (review / "evidence" / "entry.md").read_text(encoding="utf-8").startswith("## 20")
    assert (review / "evidence" / "out" / "report.html").is_file()


def test_nothing_changed_is_said(review):
    (review / "README.md").write_text("words", encoding="utf-8")
    assert call(review, "./evidence.sh", "pull-request", "main").returncode == 0
    assert "Nothing changed" in comment(review)


def test_a_broken_record_is_a_failure_with_its_problem_in_the_comment(review):
    add_trial(review, events=41)
    done = call(review, "./evidence.sh", "pull-request", "main", check=False)
    assert done.returncode == 1
    said = comment(review)
    assert "The records have problems, so nothing was pooled" in said
    assert "studies/doe-2026.yaml:13:33: error E302 outcomes[0].arms.msc.events: 41 events among 40 patients" in said
    assert not (review / "evidence" / "out").exists()


@pytest.mark.parametrize("events", [2, 41])
def test_what_a_record_says_stays_text(review, events):
    """In the comparison of a good record, and in the problems of a broken one."""
    add_trial(review, label=NASTY, events=events)
    call(review, "./evidence.sh", "pull-request", "main", check=False)
    said = comment(review).removeprefix("<!-- msc-meta evidence -->\n")
    tags = set(re.findall(r"<[^>]*>?", said))
    assert tags <= {"<pre>", "<code>", "</code>", "</pre>"}
    outside = re.sub(r"<pre>.*?</pre>", "", said, flags=re.DOTALL)
    assert not re.search(r"(?<![&\w])[@#]\w", outside), "a mention, or the number of an issue"
    assert "`" not in outside
    assert "](" not in outside
    assert "://" not in outside
    assert not [line for line in outside.splitlines() if line and not line.startswith(("- ", "#", "**"))]
    if events == 2:
        assert "@all" in html.unescape(said).replace("\u2060", ""), "it is shown, letter by letter"


def test_a_long_problem_list_fits_into_a_comment(review):
    folder = review / "studies"
    text = (folder / "zheng-2014.yaml").read_text(encoding="utf-8")
    for number in range(150):
        name = f"zheng-{number:04}"
        (folder / f"{name}.yaml").write_text(
            text.replace("id: zheng-2014", f"id: {name}").replace("status: ", "unknown: <&>\nstatus: <"),
            encoding="utf-8",
        )
    assert call(review, "./evidence.sh", "pull-request", "main", check=False).returncode == 1
    said = comment(review)
    assert len(said) < 60_000
    assert "and more, which the artifact of this run has in full" in said
    assert said.count("</pre>") == 1


def test_a_base_without_records_still_gets_an_answer(review):
    call(review, "git", "switch", "-q", "--orphan", "empty")
    call(review, "git", "commit", "-q", "--allow-empty", "-m", "empty")
    call(review, "git", "switch", "-q", "new-trial")
    assert call(review, "./evidence.sh", "pull-request", "empty").returncode == 0
    said = comment(review)
    assert "The state before could not be read" in said
    assert "All-cause mortality" in said


def test_what_was_published_is_verified_and_a_later_record_found(review):
    assert "There is no evidence.lock" in call(review, "./evidence.sh", "published").stdout
    call(review, "msc-meta", "run", "studies", "-o", "out", "--format", "svg")
    call(review, "msc-meta", "lock", "studies")
    done = call(review, "./evidence.sh", "published")
    assert "all hold" in done.stdout
    add_trial(review)
    done = call(review, "./evidence.sh", "published", check=False)
    assert done.returncode == 1
    assert "doe-2026: is a record that the run did not have" in done.stdout


def test_wrong_use_of_the_script_is_said(review):
    assert call(review, "./evidence.sh", check=False).returncode == 2
    assert call(review, "./evidence.sh", "pull-request", check=False).returncode != 0


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that is there twice."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), keys
        return super().construct_mapping(node, deep)


def loaded(path):
    found = yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader)
    found["on"] = found.pop(True)  # YAML 1.1 reads the key "on" as a truth value, GitHub does not
    return found


def steps_of(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_do_little_and_name_what_they_run(path):
    workflow = loaded(path)
    assert set(workflow) == {"name", "on", "permissions", "concurrency", "jobs"}
    assert workflow["permissions"] == {}, "nothing, unless a job says so"
    assert "pull_request_target" not in workflow["on"]
    assert "secrets." not in path.read_text(encoding="utf-8")
    for job in workflow["jobs"].values():
        assert set(job) <= {"if", "runs-on", "timeout-minutes", "permissions", "steps"}
        assert job["timeout-minutes"] <= 20
    for step in steps_of(workflow):
        assert ("run" in step) != ("uses" in step)
        script = step.get("run", "") + step.get("with", {}).get("script", "")
        assert "${{" not in script, "what an event says never becomes a part of a program"
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
    for line in path.read_text(encoding="utf-8").splitlines():
        assert ("uses:" in line) == bool(re.search(r"# v\d+\.\d+\.\d+$", line)), line


def test_what_runs_a_pull_request_only_reads_and_what_writes_runs_nothing_of_it():
    checks, writes = loaded(RECIPE / ".github/workflows/evidence.yml"), loaded(
        RECIPE / ".github/workflows/evidence-comment.yml")  # fmt: skip
    assert {name for job in checks["jobs"].values() for name in job["permissions"].items()} == {("contents", "read")}
    for step in steps_of(checks):
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False
    assert writes["on"] == {"workflow_run": {"workflows": [checks["name"]], "types": ["completed"]}}
    (job,) = writes["jobs"].values()
    assert job["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert [step["uses"].partition("@")[0] for step in job["steps"]] == [
        "actions/download-artifact", "actions/github-script",
    ]  # fmt: skip
    marker = re.search(r"MARKER='(.*)'", (RECIPE / "evidence.sh").read_text(encoding="utf-8"))[1]
    assert f"const marker = '{marker}'" in job["steps"][1]["with"]["script"]


def test_the_commands_of_the_workflow_are_those_of_the_script():
    commands = [step["run"] for step in steps_of(loaded(RECIPE / ".github/workflows/evidence.yml")) if "run" in step]
    assert [command for command in commands if command.startswith("./")] == [
        "./evidence.sh pull-request HEAD^1", "./evidence.sh published",
    ]  # fmt: skip
    assert os.access(RECIPE / "evidence.sh", os.X_OK)


def test_the_comment_is_written_once_and_then_brought_up_to_date(tmp_path):
    """The script of the comment, with a GitHub that only remembers what it was asked."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    script = loaded(RECIPE / ".github/workflows/evidence-comment.yml")["jobs"]["comment"]["steps"][1]["with"]["script"]
    harness = tmp_path / "harness.cjs"
    harness.write_text(HARNESS.replace("SCRIPT", script), encoding="utf-8")
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "comment.md").write_text("<!-- msc-meta evidence -->\nmoved", encoding="utf-8")
    done = subprocess.run([node, harness], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "createComment 7 moved=true", "updateComment 70 moved=true", "createComment 7 moved=false", "nothing",
        "refused: comment.md is no file of that size", "refused: comment.md does not begin with its marker",
    ]  # fmt: skip


HARNESS = """
const fs0 = require('fs')
const calls = []
function world({files, comments, sha = 'abc'}) {
  const rest = {
    pulls: {list: [{number: 7, head: {sha}}], listFiles: files.map((filename) => ({filename}))},
    issues: {listComments: comments},
  }
  const github = {
    rest: {
      pulls: {list: 'pulls.list', listFiles: 'pulls.listFiles'},
      issues: {
        listComments: 'issues.listComments',
        createComment: async (a) => calls.push(`createComment ${a.issue_number} moved=${a.body.includes('moved')}`),
        updateComment: async (a) => calls.push(`updateComment ${a.comment_id} moved=${a.body.includes('moved')}`),
      },
    },
    paginate: async (name) => { const [part, one] = name.split('.'); return rest[part][one] },
  }
  const run = {head_sha: 'abc', head_branch: 'x', head_repository: {owner: {login: 'o'}}, html_url: 'https://run'}
  const context = {payload: {workflow_run: run}, repo: {owner: 'o', repo: 'r'}}
  return {github, context, core: {notice: () => calls.push('nothing')}}
}
async function body({github, context, core}) {
SCRIPT
}
const stranger = {id: 1, user: {login: 'someone'}, body: '<!-- msc-meta evidence -->'}
const own = {id: 70, user: {login: 'github-actions[bot]'}, body: '<!-- msc-meta evidence --> old'}
const one = ['studies/doe-2026.yaml']
async function all() {
  await body(world({files: one, comments: [stranger]}))
  await body(world({files: one, comments: [stranger, own]}))
  await body(world({files: [...one, 'evidence.sh'], comments: []}))
  await body(world({files: one, comments: [], sha: 'newer'}))
  const path = 'found/comment.md'
  for (const damage of [() => fs0.symlinkSync('/etc/hostname', path), () => fs0.writeFileSync(path, 'x')]) {
    fs0.unlinkSync(path)
    damage()
    await body(world({files: one, comments: []})).catch((error) => calls.push(`refused: ${error.message}`))
  }
  console.log(calls.join('\\n'))
}
all()
"""


def test_problems_in_the_records_of_before_are_said(review):
    """`diff` ends with 1 for them too, and without a word of what changed the comment would be empty."""
    record = review / "studies" / "zheng-2014.yaml"
    good = record.read_text(encoding="utf-8")
    record.write_text(f"{good}no_such_field: 1\n", encoding="utf-8")
    call(review, "git", "commit", "-q", "-a", "-m", "broken")
    record.write_text(good, encoding="utf-8")
    assert call(review, "./evidence.sh", "pull-request", "HEAD").returncode == 0
    said = comment(review)
    assert "The state before could not be read" in said
    assert "no_such_field" in said
    assert "The answers now:" in said
