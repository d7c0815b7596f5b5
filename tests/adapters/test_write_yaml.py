"""A record that is written looks like one that a person wrote."""

from __future__ import annotations

import pytest

from msc_meta.loading import load_studies
from msc_meta.records.strict_yaml import read_yaml
from msc_meta.records.write_yaml import WIDTH, record_to_yaml


@pytest.fixture(scope="module")
def texts(project):
    return {study.id: record_to_yaml(study) for study in load_studies(project / "studies")}


def test_the_seed_reads_like_the_record_it_was_made_from(texts):
    text = texts["martinez-munoz-2024"]
    assert text.startswith("id: martinez-munoz-2024\nlabel: Martínez-Muñoz 2024\nstatus: completed\n")
    assert "\nregistrations: [NCT04615429, EudraCT 2020-002193-27]\n" in text
    assert '  volume: "' in text
    assert "\n    unit: days\n    arms:\n      msc: {n: 10, median: 17.5}\n      placebo: {n: 10, median: 28}\n" in text
    assert "null" not in text


def test_lines_are_short_where_words_allow(texts):
    long = [line for text in texts.values() for line in text.splitlines() if len(line) > WIDTH]
    assert all('"' in line or " " not in line.strip() for line in long), long


def test_nothing_was_quoted_that_needs_no_quotes(texts):
    for text in texts.values():
        assert '"randomised"' not in text
        assert '"mortality"' not in text


def test_every_written_record_reads_without_a_problem(texts):
    assert [problem for name, text in texts.items() for problem in read_yaml(text, name).problems] == []
