"""What holds the project together: versions, ranges and tracked files agree with each other."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

# Written so that this file does not match itself.
MACHINE_PATH = re.compile(r"/wor[k]/|/tm[p]/|/roo[t]/|/hom[e]/\w|/Use[r]s/\w|[A-Z]:\\Use[r]s|\.\./share[d]")
PERMISSIVE = {"0BSD", "Apache-2.0", "BSD", "HPND", "MIT", "PSF"}  # may be used and passed on with the MIT licence
MAX_BYTES = 1024 * 1024


@pytest.fixture(scope="module")
def metadata(project):
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def ranges(metadata):
    return {requirement.name: requirement.specifier for requirement in map(Requirement, metadata["dependencies"])}


@pytest.fixture(scope="module")
def ranges_with_extras(metadata):
    """Return the ranges of all that runs in the tests: libraries, extras for users, tools of the tests."""
    extras = metadata["optional-dependencies"]
    named = [*metadata["dependencies"], *extras["distributed"], *extras["docx"], *extras["serve"], *extras["test"]]
    return {requirement.name: requirement.specifier for requirement in map(Requirement, named)}


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


def test_the_lowest_pins_are_the_lower_ends(project, ranges_with_extras):
    lower = {name: next(s.version for s in bounds if s.operator == ">=") for name, bounds in ranges_with_extras.items()}
    lowest = pins(project / "constraints-lowest.txt")
    assert {name: Version(pin) for name, pin in lowest.items()} == {name: Version(v) for name, v in lower.items()}


def test_the_newest_pins_are_in_range(project, metadata):
    newest = pins(project / "constraints.txt")
    extras = metadata["optional-dependencies"].values()
    named = [Requirement(text) for group in (metadata["dependencies"], *extras) for text in group]
    outside = {one.name: newest.get(one.name) for one in named if newest.get(one.name, "0") not in one.specifier}
    assert outside == {}


def test_every_supported_python_is_named_alike(project, metadata):
    versions = re.findall(r"Python :: (3\.\d+)", "\n".join(metadata["classifiers"]))
    made = re.search(r"^PYTHONS \?= (.*)", (project / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert made[1].split() == [f"python{version}" for version in versions]
    assert metadata["requires-python"] == f">={versions[0]}"


def test_every_library_has_its_reason(project, ranges):
    text = (project / "docs/explanation/dependencies.md").read_text(encoding="utf-8")
    assert {name for name in ranges if f"\n### {name}" not in text} == set()


def needed(name, *extras):
    """Return the names of a distribution and of all that it brings along here, as their own metadata write them."""
    found, todo = {}, [(name, extras)]
    while todo:
        name, extras = todo.pop()
        distribution = importlib.metadata.distribution(name)
        if found.get(own := distribution.metadata["Name"], set()) >= {*extras, ""}:
            continue
        found[own] = found.get(own, set()) | {*extras, ""}
        for text in distribution.requires or ():
            one = Requirement(text)
            if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                todo.append((one.name, tuple(one.extras)))
    return set(found)


def test_what_comes_along_may_be_used_by_everybody(project):
    text = (project / "docs/explanation/dependencies.md").read_text(encoding="utf-8").partition("## Licences")[2]
    rows = re.findall(r"^\| (\S+) \| ([\w, .-]+) \|$", text, re.MULTILINE)
    listed = {name: licence for licence, names in rows for name in names.split(", ")}
    found = {}
    for name in needed("msc-meta", "distributed", "docx", "serve") - {"msc-meta"}:
        said = importlib.metadata.metadata(name)
        classifiers = [one for one in said.get_all("Classifier", []) if one.startswith("License ::")]
        licence = said.get("License-Expression") or " ".join(classifiers) or said.get("License", "").partition("\n")[0]
        if listed.get(name) not in PERMISSIVE or re.search(r"GPL|GNU|EUPL|proprietary", licence, re.IGNORECASE):
            found[name] = (listed.get(name, "not in the table"), licence)
    assert found == {}


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
