"""``msc-meta compare`` on files and folders."""

from __future__ import annotations

import json
import shutil


def two_folders(folder, tmp_path):
    other = tmp_path / "ben"
    shutil.copytree(folder, other)
    path = other / "martinez-munoz-2024.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("median: 28", "median: 29").replace("masking: double-blind", "masking: open-label"))
    return other


def test_folders_are_compared_and_a_consensus_is_written(msc, folder, tmp_path):
    other = two_folders(folder, tmp_path)
    out = tmp_path / "consensus"
    printed = msc("compare", folder, other, "-o", out, "--names", "Anna", "Ben")
    assert printed.code == 1
    assert "martinez-munoz-2024 outcomes[1].arms.placebo.median\n  a  28\n" in printed.out
    assert "4 trials" in printed.out
    assert "design.masking               n = 4    agree 75%   kappa" in printed.out
    assert "2 fields to decide" in printed.err
    assert {path.name for path in out.iterdir()} == {path.name for path in folder.iterdir()}
    assert msc("check", out).out.count("error E125") == 2
    assert msc("compare", folder, other, "-o", out).code == 2  # it exists
    printed = msc("compare", folder, other, "-o", out, "--force", "--take", "b", "median", "--take", "a", "masking")
    assert printed.code == 0
    assert msc("check", out).code == 0


def test_json_has_both_values_places_and_the_agreement(msc, folder, tmp_path):
    other = two_folders(folder, tmp_path)
    name = "martinez-munoz-2024.yaml"
    found = json.loads(msc("compare", folder / name, other / name, "--format", "json").out)
    numbers = [item for item in found["disagreements"] if item["kind"] == "number"]
    assert [(item["a"], item["b"], item["difference"], item["line_a"]) for item in numbers] == [(28, 29, 1.0, 64)]
    assert found["agreement"]["fields"] - found["agreement"]["agreeing"] == 2
    rows = msc("compare", folder / name, other / name, "--format", "csv").out.splitlines()
    assert len(rows) == 3
    assert rows[0].startswith("study,field,kind,a,b,difference")


def test_wrong_use_is_said(msc, folder, tmp_path):
    other = two_folders(folder, tmp_path)
    assert msc("compare", folder, other / "zhu-2021.yaml").code == 2
    assert "does not exist" in msc("compare", folder, tmp_path / "nowhere").err
    assert "did you mean median" in msc("compare", folder, other, "--take", "a", "medain").err
    (other / "zhu-2021.yaml").write_text("id: zhu-2021\n")
    printed = msc("compare", folder, other)
    assert printed.code == 1
    assert "error E202" in printed.err


def test_outcomes_of_the_review_are_compared_and_mended(msc, folder, tmp_path):
    protocol = msc("protocol").out + (
        "  deaths:\n    title: Deaths of any cause\n    numbers: events\n    better: lower\n    measure: RR\n"
        "    model: {method: REML, ci_method: hksj, prediction: t(k-1), level: 0.95}\n"
    )
    (folder / "protocol.yaml").write_text(protocol, encoding="utf-8")
    path = folder / "zhu-2021.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("outcome: mortality", "outcome: deaths"))
    before = path.read_bytes()
    assert msc("check", "--fix", folder).code == 0
    assert path.read_bytes() == before  # deaths is this review's word, and not a slip for mortality
    assert msc("compare", path, path).code == 0
