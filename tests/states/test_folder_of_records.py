"""Load, edit, save, load: a folder of records through every door that changes one, in any order.

The model knows what each record says and each line that nobody touched; HYPOTHESIS_PROFILE=nightly takes longer walks.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from msc_meta.errors import OutputError
from msc_meta.exporting.csv_table import to_csv
from msc_meta.loading import check_studies, load_studies
from msc_meta.records.edits import write_value
from msc_meta.records.fixes import fix
from msc_meta.records.strict_yaml import read_yaml
from msc_meta.records.study import Study
from msc_meta.records.write_yaml import record_to_yaml
from msc_meta.serve.drafts import Draft, check, fingerprint, plain_text
from msc_meta.serve.records import RecordFiles
from tests.records.example_files import problems_of, record_of

STAY = """  - outcome: discharge_time
    unit: days
    day: {day}  # as printed
    arms: {{msc: {{n: 10, mean: {mean}, sd: 5}}, control: {{n: 10, mean: 22, sd: 5}}}}
    source: {{kind: primary, url: "https://doi.org/10.1000/example", where: Table 3}}
"""
ARM = "  high-dose: {role: experimental, label: High dose, randomised: 9, product: cells}  # third arm\n"
IDS = [f"{name}-{year}" for name in ("doe", "roe", "poe", "martinez-munoz") for year in (2019, 2024)]
EDITS = {
    ("label",): st.sampled_from(["Doe 2020", "Müller 2021", "O'Neil: a trial", "59", "NO", "a #b"]),
    ("arms", "msc", "randomised"): st.integers(10, 99).map(str),
    ("outcomes", 0, "arms", "msc", "events"): st.integers(0, 10).map(str),
    ("outcomes", 0, "arms", "msc", "n"): st.integers(3, 10).map(str),
    ("population", "condition"): st.sampled_from(["COVID-19", "sepsis, or trauma", "59"]),
    ("note",): st.sampled_from([None, "a note", "yes: no", "two  blanks"]),
    ("outcomes", 0, "day"): st.sampled_from([None, "28", "90", "14"]),
}
SLIPS = {"randomised: 10": "randomised:10", "role: control": "role: Control"}


class FolderOfRecords(RuleBasedStateMachine):
    """What is in the folder is what was put there, whichever way it came."""

    names = Bundle("names")

    @initialize(marked=st.booleans(), end=st.sampled_from(["\n", "\r\n"]))
    def begin(self, marked, end):
        self.place = tempfile.TemporaryDirectory()
        self.folder = Path(self.place.name) / "studies"
        self.folder.mkdir()
        self.files = RecordFiles(self.folder)
        self.model: dict[str, bytes] = {}
        self.marked, self.end = marked, end

    def teardown(self):
        if hasattr(self, "place"):
            if self.model:
                self.frames_agree()
            self.place.cleanup()

    # what people do

    @rule(target=names, study_id=st.sampled_from(IDS))
    def add_record(self, study_id):
        if study_id in self.model:
            return multiple()
        text = record_of("note: as entered").replace("doe-2024", study_id).replace("Doe 2024", study_id.title())
        text = f"# Entered by hand: {study_id}\n\n" + text.replace("outcomes:", "# Table 2, as printed\noutcomes:")
        content = ("\ufeff" if self.marked else "").encode() + text.replace("\n", self.end).encode()
        (self.folder / f"{study_id}.yaml").write_bytes(content)
        self.model[study_id] = content
        return study_id

    @rule(study_id=names, edit=st.sampled_from(sorted(EDITS, key=str)), data=st.data())
    def edit_a_field(self, study_id, edit, data):
        value = data.draw(EDITS[edit])
        before = self.model[study_id]
        draft = Draft(self.path(study_id), before, write_value(plain_text(before), edit, value))
        self.save(study_id, draft)
        there = read_yaml(draft.content, "").data
        for step in edit:
            there = there.get(step) if isinstance(there, dict) else there[step]
        is_text = value is None or edit in {("label",), ("note",), ("population", "condition")}
        assert there == (value if is_text else int(value))
        assert sum(line.old is None or line.new is None for line in draft.diff()) <= 2

    @rule(study_id=names, day=st.integers(1, 90), mean=st.integers(1, 60))
    def add_an_outcome(self, study_id, day, mean):
        before = self.model[study_id]
        text = plain_text(before)
        if "discharge_time" in text:  # a second report of it needs a reason to be preferred
            return
        entry = STAY.format(day=day, mean=mean)
        last = re.search(r"^outcomes:\n(?:[ ].*\n)+", text, re.MULTILINE)  # what stands after it is no outcome
        assert last is not None, text
        self.save(study_id, Draft(self.path(study_id), before, text[: last.end()] + entry + text[last.end() :]))

    @rule(study_id=names)
    def add_an_arm(self, study_id):
        before = self.model[study_id]
        text = plain_text(before)
        if "high-dose" not in text and "\n  msc: {" in text:
            self.save(study_id, Draft(self.path(study_id), before, text.replace("arms:\n", f"arms:\n{ARM}", 1)))

    @rule(study_id=names, slip=st.sampled_from(sorted(SLIPS)))
    def slip_and_fix(self, study_id, slip):
        sound = self.model[study_id]
        slipped = sound.replace(slip.encode(), SLIPS[slip].encode(), 1)
        if slipped == sound:
            return
        fixed = fix(slipped, f"{study_id}.yaml").content
        assert read_yaml(fixed, "").data == read_yaml(sound, "").data
        self.files.write(f"{study_id}.yaml", fixed)
        self.model[study_id] = fixed
        assert fixed.count(b"#") == sound.count(b"#")

    @rule(study_id=names)
    def write_it_anew(self, study_id):
        """What a program writes says the same; comments are lost by it, and by it alone."""
        study = self.study(study_id)
        content = record_to_yaml(study).encode()
        self.files.write(f"{study_id}.yaml", content)
        self.model[study_id] = content
        assert self.study(study_id) == study

    @rule(target=names, study_id=consumes(names), to=st.sampled_from(IDS))
    def rename(self, study_id, to):
        if to in self.model:
            return study_id
        before = self.model.pop(study_id)
        text = write_value(plain_text(before), ("id",), to)
        content = Draft(self.path(study_id), before, text).content
        self.path(study_id).unlink()
        self.path(to).write_bytes(content)
        self.model[to] = content
        return to

    @rule(study_id=consumes(names))
    def delete(self, study_id):
        self.path(study_id).unlink()
        del self.model[study_id]

    @rule(study_id=names, step=st.sampled_from(["pathlib.Path.replace", "pathlib.Path.write_bytes"]))
    def the_disk_is_full(self, study_id, step):
        with mock.patch(step, side_effect=OSError(28, "No space left on device")), pytest.raises(OutputError):
            self.files.write(f"{study_id}.yaml", b"half")

    @rule(decimal=st.sampled_from([".", ","]))
    def through_a_table(self, decimal):
        if not self.model:
            return
        table = Path(self.place.name) / "table.csv"
        table.write_bytes(to_csv(load_studies(self.folder), decimal=decimal))
        assert list(load_studies(table)) == list(load_studies(self.folder))

    # what has to hold after each

    @invariant()
    def every_byte_is_the_one_that_was_saved(self):
        if hasattr(self, "place"):
            there = {path.name: path.read_bytes() for path in self.folder.iterdir()}
            assert there == {f"{name}.yaml": content for name, content in self.model.items()}

    @invariant()
    def every_way_to_check_says_the_same(self):
        if not getattr(self, "model", None):
            return
        checked = check_studies(self.folder)
        assert not checked.errors
        whole = {f"{name}.yaml": content for name, content in self.model.items()}
        by_name = [str(one).replace(f"{self.folder}/", "") for one in checked.problems]
        assert by_name == problems_of(whole)
        for name, content in self.model.items():
            path = self.path(name)
            alone = check_studies(path).problems
            assert sorted(map(str, check(content, path, ()))) == sorted(map(str, alone))
        assert {study.id for study in checked.studies} == set(self.model)
        assert list(checked.studies) == [self.study(name) for name in sorted(self.model)]

    def frames_agree(self):
        table = Path(self.place.name) / "table.csv"
        evidence = load_studies(self.folder)
        table.write_bytes(to_csv(evidence))
        frames = [one.to_frame().drop(columns="source") for one in (evidence, load_studies(table))]
        assert frames[0].equals(frames[1])

    # and how

    def path(self, study_id):
        return self.folder / f"{study_id}.yaml"

    def study(self, study_id):
        return Study.model_validate(read_yaml(self.model[study_id], study_id).data)

    def save(self, study_id, draft):
        """Save as the page does: no new error, and nobody saved it meanwhile."""
        assert draft.new_errors() == []
        assert fingerprint(self.path(study_id).read_bytes()) == fingerprint(draft.base)
        assert draft.content.count(b"# ") >= draft.base.count(b"# ") - (b"a #b" in draft.base)  # no comment is lost
        self.files.write(f"{study_id}.yaml", draft.content)
        self.model[study_id] = draft.content
        assert draft.content.startswith(b"\xef\xbb\xbf") == draft.base.startswith(b"\xef\xbb\xbf")
        assert (b"\r" in draft.content) == (b"\r" in draft.base)


NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
TestFolderOfRecords = FolderOfRecords.TestCase
TestFolderOfRecords.settings = settings(
    max_examples=100 if NIGHTLY else 20, stateful_step_count=30 if NIGHTLY else 15, derandomize=not NIGHTLY
)
