"""What holds the project together: versions, ranges and tracked files agree with each other."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

# Written so that this file does not match itself.
MACHINE_PATH = re.compile(r"/wor[k]/|/tm[p]/|/roo[t]/|/hom[e]/\w|/Use[r]s/\w|[A-Z]:\\Use[r]s|\.\./share[d]")
MAX_BYTES = 1024 * 1024


@pytest.fixture(scope="module")
def metadata(project):
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def ranges(metadata):
    return {requirement.name: requirement.specifier for requirement in map(Requirement, metadata["dependencies"])}


@pytest.fixture(scope="module")
def tracked(project):
    if not (project / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=project, check=True, capture_output=True, text=True)
    return [project / name for name in listing.stdout.split("\0") if name and (project / name).is_file()]


def pins(path):
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return dict(line.split("==") for line in lines if line)


def test_the_version_has_a_changelog_heading(project, metadata):
    headings = re.findall(r"^## (\S+)", (project / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == metadata["version"]


def test_the_citation_is_of_this_version(project, metadata):
    citation = yaml.safe_load((project / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation.keys() >= {"message", "title", "authors", "type"}
    assert str(citation["version"]) == metadata["version"]
    assert citation["license"] == metadata["license"]


def test_the_package_knows_its_version(metadata):
    import msc_meta

    assert msc_meta.__version__ == metadata["version"]


def test_the_package_says_that_it_is_typed(project):
    assert (project / "src/msc_meta/py.typed").is_file()


def test_the_lowest_pins_are_the_lower_ends(project, ranges):
    lower = {name: next(s.version for s in bounds if s.operator == ">=") for name, bounds in ranges.items()}
    lowest = pins(project / "constraints-lowest.txt")
    assert {name: Version(pin) for name, pin in lowest.items()} == {name: Version(v) for name, v in lower.items()}


def test_the_newest_pins_are_in_range(project, ranges):
    newest = pins(project / "constraints.txt")
    outside = {name: newest.get(name) for name, bounds in ranges.items() if newest.get(name, "0") not in bounds}
    assert outside == {}


def test_every_library_has_its_reason(project, ranges):
    text = (project / "docs/explanation/dependencies.md").read_text(encoding="utf-8")
    assert {name for name in ranges if f"\n### {name}" not in text} == set()


def test_tracked_files_name_no_machine(tracked, project):
    named = []
    for path in tracked:
        content = path.read_bytes()
        if b"\0" not in content and (found := MACHINE_PATH.search(content.decode("utf-8", "replace"))):
            named.append(f"{path.relative_to(project)}: {found[0]}")
    assert named == []


def test_tracked_files_are_small(tracked, project):
    assert [path.relative_to(project) for path in tracked if path.stat().st_size > MAX_BYTES] == []


def test_the_figure_of_the_readme_is_what_the_evidence_gives(project, tmp_path):
    from msc_meta.loading import load_studies
    from msc_meta.synthesis import synthesize

    drawn = tmp_path / "forest.svg"
    synthesize(load_studies(project / "studies"), outcomes=["mortality"], sensitivity=False)["mortality"].forest(drawn)
    shown = project / "docs" / "images" / "forest_mortality.svg"
    assert drawn.read_text(encoding="utf-8") == shown.read_text(encoding="utf-8"), "`make readme-figure` draws it again"
