"""msc-meta gosh, multiverse, bayes, sequential, next-trial: text, JSON, CSV, figures, and what to do instead."""

from __future__ import annotations

import csv
import io
import json

import pytest

from msc_meta.figures.trust_plots import COMMANDS

LIGHT = {"next-trial": ("--simulations", "200", "--sizes", "100,400")}
NAMES = ("gosh", "multiverse", "bayes", "sequential", "next-trial")


@pytest.mark.parametrize("name", NAMES)
def test_every_command_prints_an_answer_and_draws_it(msc, project, tmp_path, name):
    args = (name, "mortality", project / "studies", *LIGHT.get(name, ()))
    text = msc("-q", *args, "-o", tmp_path)
    assert (text.code, text.err) == (0, "")
    assert text.out.startswith("All-cause mortality: ")
    assert "Assumed" in text.out
    kinds = [kind for kind, command in COMMANDS.items() if command == name]
    assert sorted(path.name for path in tmp_path.glob("*.svg")) == sorted(f"{kind}_mortality.svg" for kind in kinds)


@pytest.mark.parametrize(("name", "rows"), [("gosh", 4095), ("bayes", 15), ("sequential", 12), ("next-trial", 2)])
def test_the_whole_table_is_csv_and_the_short_answer_json(msc, project, name, rows):
    args = ("-q", name, "mortality", project / "studies", *LIGHT.get(name, ()), "--format")
    table = list(csv.reader(io.StringIO(msc(*args, "csv").out)))
    assert len(table) == rows + 1
    assert len({len(line) for line in table}) == 1
    answer = json.loads(msc(*args, "json").out)["mortality"]
    assert answer["k"] == 12
    assert answer["verdict"]
    if name == "next-trial":
        assert answer["seed"] == 1


def test_several_processes_give_the_same_answer(msc, project):
    args = ("-q", "gosh", "mortality", project / "studies", "--subsets", "40000", "--seed", "7", "--format", "json")
    one, two = msc(*args), msc(*args, "--workers", "2")
    assert one.out == two.out
    assert json.loads(one.out)["mortality"]["seed"] == 7


def test_few_studies_are_an_answer(msc, project):
    printed = msc("-q", "gosh", "oxygenation", project / "studies")
    assert printed.code == 0
    assert "needs 3 studies or more, and one is pooled" in printed.out
    assert msc("-q", "gosh", "oxygenation", project / "studies", "--format", "csv").out == ""


def test_options_change_what_is_assumed(msc, project):
    found = msc("-q", "sequential", "mortality", project / "studies", "--effect", "0.7", "--control-risk", "0.4",
                "--adjust", "none", "--futility", "binding", "--spending", "pocock")  # fmt: skip
    for words in ("RR 0.7, as given", "Control risk 0.4, as given", "grown by nothing", "futility binding", "pocock"):
        assert words in found.out
    believed = msc("-q", "bayes", "mortality", project / "studies", "--prior", "half-normal(1)", "--mu-prior",
                   "normal(0, 1)", "--mid", "0.9")  # fmt: skip
    for words in (
        "half-normal(1), as given",
        "normal(0, 1) on the analysis scale",
        "difference of 0.90",
        "no mean effect",
    ):
        assert words in believed.out


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("gosh", "mortalty"), "Did you mean 'mortality'?"),
        (("bayes", "mortality", "--prior", "half-norml(1)"), "half-norml"),
        (("bayes", "mortality", "--mu-prior", "wide"), 'no prior of the mean effect, as "normal(0, 1)"'),
        (("sequential", "mortality", "--effect", "1"), "an effect other than none is needed"),
        (("sequential", "mortality", "--effect", "-2"), "effect is -2"),
        (("next-trial", "mortality", "--sizes", "100,many"), "no list of whole numbers"),
        (("next-trial", "mortality", "--sizes", "2"), "two or more each are needed"),
        (("next-trial", "mortality", "--allocation", "2"), "no allocation, as 1:1 or 2:1"),
        (("next-trial", "mortality", "--effect", "large"), "neither a number nor predictive or posterior"),
    ],
)
def test_wrong_uses_say_what_to_do(msc, project, args, sentence):
    name, outcome, *options = args
    printed = msc("-q", name, outcome, project / "studies", *options)
    assert printed.code == 2
    assert sentence in printed.err
