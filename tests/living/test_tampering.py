"""One changed digit, wherever it is, is found; damaged files end in a sentence, never in a traceback."""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
import yaml

from msc_meta.cli import run
from msc_meta.report.manifest import sealed
from msc_meta.report.results_json import to_json

STUDIES = Path("studies").resolve()
FEW = ("monsel-2022", "zheng-2014", "matthay-2019", "martinez-munoz-2024", "lanzoni-2021")


def invoke(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(["--debug", *map(str, arguments)])  # which lets a fault be seen
    return code, out.getvalue() + err.getvalue()


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    """A small review: records with their protocol, and what a run made of them."""
    root = tmp_path_factory.mktemp("review")
    studies = root / "studies"
    studies.mkdir()
    for name in FEW:
        shutil.copy(STUDIES / f"{name}.yaml", studies)
    (studies / "protocol.yaml").write_text(invoke("protocol")[1], encoding="utf-8")
    code, said = invoke("run", studies, "-o", root / "out", "--format", "svg,png")
    assert code == 0, said
    return root


def verify(root, *more):
    return invoke("verify", root / "out", "--studies", root / "studies", *more)


def with_other_digit(path, chance):
    """Change one digit of a file, and return whether that changes what it says: a comment in YAML says nothing."""
    content = bytearray(path.read_bytes())
    places = [at for at, byte in enumerate(content) if chr(byte).isdigit()]
    at = chance.choice(places)
    before = bytes(content)
    content[at] = ord(chance.choice([digit for digit in "0123456789" if digit != chr(content[at])]))
    path.write_bytes(content)
    if path.suffix != ".yaml":
        return True
    try:
        return yaml.safe_load(before) != yaml.safe_load(bytes(content))
    except yaml.YAMLError:
        return True


def test_untouched_it_holds_to_the_byte(review):
    code, said = verify(review, "--redraw")
    assert code == 0, said
    assert "all hold" in said


@pytest.mark.parametrize("seed", range(16))
def test_one_digit_in_any_file_is_found(review, tmp_path, seed):
    chance = random.Random(seed)
    root = tmp_path / "copy"
    shutil.copytree(review, root)
    kinds: dict[str, list[Path]] = {}
    for path in sorted(path for path in root.rglob("*") if path.is_file() and any(map(str.isdigit, path.read_text(
        encoding="latin-1")))):  # fmt: skip
        kinds.setdefault(path.name if path.suffix in {".json", ".html"} else path.suffix, []).append(path)
    names = sorted(kinds)
    path = chance.choice(kinds[names[seed % len(names)]])
    says_another_thing = with_other_digit(path, chance)
    code, said = verify(root)
    assert (code != 0) == says_another_thing, f"{path.name}: {said}"


def test_a_digit_of_the_manifest_itself_is_found(review, tmp_path):
    text = (review / "out" / "manifest.json").read_text(encoding="utf-8")
    places = [at for at, letter in enumerate(text) if letter.isdigit()]
    for at in places[:: len(places) // 60]:
        other = text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :]
        found = json.loads(other)
        assert sealed(found)["sha256"] != found["sha256"]
    root = tmp_path / "copy"
    shutil.copytree(review, root)
    (root / "out" / "manifest.json").write_text(text.replace('"numpy": "', '"numpy": "9'), encoding="utf-8")
    assert "its own hash is another one" in verify(root)[1]


def test_a_forged_file_with_a_forged_manifest_is_found_by_redrawing_only(review, tmp_path):
    """What hashes without a signature can not prove is said in the documentation; this is it."""
    root = tmp_path / "copy"
    shutil.copytree(review, root)
    table, listing = root / "out" / "table_mortality.csv", root / "out" / "manifest.json"
    table.write_text(table.read_text(encoding="utf-8").replace("1", "2", 1), encoding="utf-8")
    manifest = json.loads(listing.read_text(encoding="utf-8"))
    manifest["files"][table.name] = hashlib.sha256(table.read_bytes()).hexdigest()
    listing.write_text(to_json(sealed(manifest)), encoding="utf-8")
    assert verify(root)[0] == 0
    code, said = verify(root, "--redraw")
    assert code == 1
    assert "table_mortality.csv: is not what the records give" in said


def test_only_layout_keeps_everything(review, tmp_path):
    """Comments, blank lines, and the order of keys are not what a record says."""
    root = tmp_path / "copy"
    shutil.copytree(review, root)
    path = root / "studies" / "zheng-2014.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    turned = yaml.safe_dump(dict(reversed(content.items())), sort_keys=False, allow_unicode=True)
    path.write_text(f"# seen again\n\n{turned}\n", encoding="utf-8")
    code, said = verify(root)
    assert code == 0, said
    assert invoke("diff", review / "studies", root / "studies")[0] == 0


DAMAGES = {
    "results.json": ["", "[]", "null", "{}", '{"outcomes": []}', '{"outcomes": {"x": 1}}', "{" * 9, "[" * 100_000,
                     '{"outcomes": {"x": {"measure": "RR", "k": "2"}}}', '{"outcomes": {"x": {"measure": [], "k": 2}}}',
                     '{"outcomes": {"x": {"measure": "RR", "k": 2, "display": {"estimate": "a"}, "studies": []}}}',
                     '{"outcomes": {"x": {"measure": "RR", "k": 2, "display": {"ci": [1]}, "studies": []}}}',
                     '{"outcomes": {"x": {"measure": "RR", "k": 1, "display": {}, "studies": [{"yi": 1}]}}}',
                     '{"outcomes": {"x": {"measure": "RR", "k": 1, "display": {}, "studies": [], "title": 3}}}'],
    "manifest.json": ["", "[]", "{}", '{"evidence": 3}', '{"evidence": {"sha256": "0"}, "protocol": {}}',
                      '{"evidence": {"sha256": "0"}, "protocol": {"sha256": "0"}, "files": ["a"]}',
                      '{"evidence": {"sha256": "0"}, "protocol": {"sha256": "0"}, "files": {"../x": 1}}',
                      '{"evidence": {"sha256": "0", "records": 1}, "protocol": {"sha256": "0"}}',
                      '{"evidence": {"sha256": "0"}, "protocol": {"sha256": "0"}, "libraries": 1}'],
}  # fmt: skip


@pytest.mark.parametrize(("name", "content"), [(name, text) for name, texts in DAMAGES.items() for text in texts])
def test_what_is_damaged_ends_in_a_sentence(review, tmp_path, name, content):
    root = tmp_path / "copy"
    shutil.copytree(review, root)
    (root / "out" / name).write_text(content, encoding="utf-8")
    assert verify(root)[0] in (1, 2)
    code, said = invoke("diff", root / "out", root / "studies")
    assert code == (2 if name == "results.json" else 0), said
    assert invoke("lock", root / "studies", "-o", root / "out" / name)[0] == 2, "nothing but a lock is overwritten"
    assert (root / "out" / name).read_text(encoding="utf-8") == content


def test_a_folder_in_place_of_a_file_and_a_link_to_nowhere(review, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(review, root)
    out = root / "out"
    for name in ("table_mortality.csv", "forest_mortality.svg"):
        (out / name).unlink()
    (out / "table_mortality.csv").mkdir()
    (out / "forest_mortality.svg").symlink_to(root / "nowhere")
    code, said = verify(root)
    assert code == 1
    assert "table_mortality.csv: can not be read" in said
    assert "forest_mortality.svg: can not be read" in said


def test_a_trial_that_is_only_renamed_neither_enters_nor_leaves(review, tmp_path):
    other = tmp_path / "studies"
    shutil.copytree(review / "studies", other)
    path = other / "zheng-2014.yaml"
    text = path.read_text(encoding="utf-8").replace("id: zheng-2014", "id: zheng-g-2014", 1)
    path.unlink()
    (other / "zheng-g-2014.yaml").write_text(text, encoding="utf-8")
    said = invoke("diff", review / "studies", other)[1]
    assert "Zheng 2014 (zheng-g-2014): renamed, was zheng-2014" in said
    assert "entered" not in said
    assert "left" not in said


def test_another_label_is_a_changed_field_and_no_other_trial(review, tmp_path):
    other = tmp_path / "studies"
    shutil.copytree(review / "studies", other)
    path = other / "zheng-2014.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("label: Zheng 2014", "label: Zheng G 2014", 1),
                    encoding="utf-8")  # fmt: skip
    said = invoke("diff", review / "studies", other)[1]
    assert "label: Zheng 2014 -> Zheng G 2014" in said
    assert "entered" not in said


def test_an_arm_that_has_another_name_moves_no_effect(review, tmp_path):
    other = tmp_path / "studies"
    shutil.copytree(review / "studies", other)
    path = other / "martinez-munoz-2024.yaml"
    text = path.read_text(encoding="utf-8")
    assert " placebo:" in text
    path.write_text(text.replace(" placebo:", " comparator:"), encoding="utf-8")
    code, said = invoke("diff", review / "studies", other)
    assert code == 1
    assert "arms.comparator.randomised: nothing -> 10" in said
    assert "another effect" not in said


def test_a_change_behind_the_printed_digits_is_said(review, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(review / "out", out)
    path = out / "results.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    found["outcomes"]["mortality"]["estimate"] += 1e-6
    path.write_text(to_json(found), encoding="utf-8")
    code, said = invoke("diff", review / "out", out)
    assert code == 1
    assert "as before; differs beyond these digits in estimate" in said


def forged(root, change):
    """Change the manifest of a run, and seal it again as a forger would."""
    listing = root / "out" / "manifest.json"
    manifest = json.loads(listing.read_text(encoding="utf-8"))
    change(manifest)
    listing.write_text(to_json(sealed(manifest)), encoding="utf-8")


def test_a_manifest_that_forgets_files_hides_none(review, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(review, root)
    page = root / "out" / "report.html"
    page.write_text(page.read_text(encoding="utf-8").replace("0.", "1.", 1), encoding="utf-8")
    forged(root, lambda manifest: manifest["files"].pop("report.html"))
    assert "report.html: is there and was not written by the run" in verify(root)[1]
    code, said = verify(root, "--redraw")
    assert code == 1
    assert "different report.html: is not what the records give" in said
    shutil.copy(review / "out" / "report.html", page)
    (root / "out" / "mine.pdf").write_bytes(b"%PDF a file of the reader's own")
    assert verify(root, "--redraw")[0] == 0
    forged(root, lambda manifest: manifest.pop("files"))
    code, said = verify(root)
    assert code == 1
    assert "manifest.json: lists no file" in said


def test_without_results_no_number_is_said_to_hold(review, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(review, root)
    (root / "out" / "results.json").unlink()
    forged(root, lambda manifest: manifest["files"].pop("results.json"))
    code, said = verify(root)
    assert code == 1
    assert "results.json: is not there, so no number can be compared" in said


def test_a_figure_under_faked_versions_does_not_hold(review, tmp_path):
    """Other versions excuse other bytes, so nothing is said to hold that nobody could judge."""
    root = tmp_path / "copy"
    shutil.copytree(review, root)
    figure = root / "out" / "forest_mortality.svg"
    figure.write_text(figure.read_text(encoding="utf-8").replace("0.", "1.", 1), encoding="utf-8")
    digest = hashlib.sha256(figure.read_bytes()).hexdigest()
    forged(root, lambda manifest: (manifest["files"].update({figure.name: digest}),
                                   manifest["libraries"].update({"numpy": "9.9"})))  # fmt: skip
    code, said = verify(root, "--redraw")
    assert code == 0
    assert "unjudged  forest_mortality.svg: is not what the records give with these versions" in said
    assert "2 could not be judged" in said, "the figure, and the manifest itself"
    assert "all hold" not in said
