"""From a path to Evidence, and what is said when the path leads nowhere."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from msc_meta.errors import DataError, UsageError
from msc_meta.evidence import Evidence
from msc_meta.hookspecs import RawRecord, hookimpl
from msc_meta.loading import check_studies, load_studies

RECORD = """\
id: {id}
label: Example
status: completed
design: {{allocation: randomised}}
population: {{condition: COVID-19, syndrome: ARDS}}
arms:
  msc: {{role: experimental, label: MSC, randomised: {n}, product: cells}}
  control: {{role: control, label: placebo, randomised: 20}}
outcomes:
  - outcome: mortality
    day: 28
    arms: {{msc: {{n: {n}, events: {events}}}, control: {{n: 20, events: 6}}}}
    source: {{kind: primary, url: "https://doi.org/10.1000/{id}", where: Table 2}}
"""


def write(folder: Path, name: str, *, n: int = 20, events: int = 4, file: str | None = None) -> Path:
    path = folder / (file or f"{name}.yaml")
    path.write_text(RECORD.format(id=name, n=n, events=events), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "records"
    path.mkdir()
    write(path, "b-2021", n=21)
    write(path, "a-2020")
    return path


def test_a_folder(folder):
    evidence = load_studies(folder)
    assert evidence.ids == ("a-2020", "b-2021")
    assert evidence["b-2021"].arms["msc"].randomised == 21
    assert evidence.sources["a-2020"] == str(folder / "a-2020.yaml")
    assert repr(evidence) == "<Evidence: 2 studies>"


@pytest.mark.parametrize("form", [str, Path, lambda path: [path]], ids=["str", "Path", "list"])
def test_one_file_in_every_form_of_a_path(folder, form):
    assert load_studies(form(folder / "a-2020.yaml")).ids == ("a-2020",)


def test_a_file_that_two_paths_lead_to_is_read_once(folder):
    checked = check_studies([folder, folder / "a-2020.yaml", folder / ".." / "records"])
    assert len(checked.files) == 2
    assert checked.problems == ()


def test_hidden_files_and_a_readme_are_no_records(folder):
    for name in (".a-2020.yaml", "README.yaml", "readme.yml", "notes.txt", "a-2020.yaml~"):
        (folder / name).write_text("not a record")
    (folder / "sub").mkdir()
    assert load_studies(folder).ids == ("a-2020", "b-2021")


def test_yml_and_capitals_are_records_too(folder):
    write(folder, "c-2022", n=22, file="c-2022.yml")
    write(folder, "d-2023", n=23, file="d-2023.YAML")
    assert load_studies(folder).ids == ("a-2020", "b-2021", "c-2022", "d-2023")


def test_all_problems_of_all_files_come_at_once(folder):
    write(folder, "c-2022", n=30, events=31)
    write(folder, "d-2023", n=40, events=41)
    (folder / "e-2024.yaml").write_text("id: [\n")
    with pytest.raises(DataError) as caught:
        load_studies(folder)
    assert {Path(problem.path).stem for problem in caught.value.problems} == {"c-2022", "d-2023", "e-2024"}
    checked = check_studies(folder)
    assert [study.id for study in checked.studies] == ["a-2020", "b-2021"]
    assert checked.problems == caught.value.problems
    assert len(checked.files) == 5


def test_warnings_stay_with_the_evidence(project):
    evidence = load_studies(project / "studies")
    assert evidence.problems
    assert {problem.severity for problem in evidence.problems} == {"warning"}
    assert f"{len(evidence.problems)} warnings" in repr(evidence)


def test_progress_is_told(folder):
    seen: list[str] = []
    check_studies(folder, progress=seen.append)
    assert [Path(path).stem for path in seen] == ["a-2020", "b-2021"]


def test_one_file_of_a_folder_may_have_a_companion_beside_it(folder):
    path = folder / "c-2022.yaml"
    write(folder, "c-2022", n=25)
    path.write_text(path.read_text().replace("status:", "companion_of: a-2020\nstatus:"))
    assert check_studies(path).errors == ()
    path.write_text(path.read_text().replace("a-2020\n", "z-2020\n"))
    assert [problem.code for problem in check_studies(path).errors] == ["E505"]


# what can be wrong with a path


def test_a_path_that_does_not_exist(tmp_path):
    with pytest.raises(UsageError, match="studdies does not exist"):
        load_studies(tmp_path / "studdies")


def test_no_path_at_all():
    with pytest.raises(UsageError, match="no path was given"):
        check_studies([])


def test_an_empty_folder_says_what_was_looked_for(tmp_path):
    with pytest.raises(
        UsageError, match=r"(?s)is empty; looked for.*yaml_folder: .*\(\*\.yaml, \*\.yml\).*csv_table: "
    ):
        load_studies(tmp_path)


def test_a_folder_without_records_names_what_could_be_meant(folder):
    with pytest.raises(UsageError) as caught:
        load_studies(folder.parent)
    assert "holds no records; looked for" in str(caught.value)
    assert f"it holds {folder}: name one of these" in str(caught.value)


def test_a_file_in_no_known_format_lists_the_formats(tmp_path):
    path = tmp_path / "trials.docx"
    path.write_bytes(b"PK")
    with pytest.raises(UsageError, match=r"(?s)trials.docx is in no format that can be read; there is.*csv_table"):
        load_studies(path)


def test_a_link_that_leads_nowhere_is_a_problem_of_its_own(folder):
    (folder / "c-2022.yaml").symlink_to(folder / "gone.yaml")
    (folder / "d-2023.yaml").symlink_to(folder / "d-2023.yaml")
    checked = check_studies(folder)
    assert [(Path(problem.path).stem, problem.code) for problem in checked.problems] == [
        ("c-2022", "E150"),
        ("d-2023", "E150"),
    ]
    assert len(checked.studies) == 2


def test_a_folder_and_a_pipe_with_the_name_of_a_record(folder):
    (folder / "c-2022.yaml").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "d-2023.yaml")
    messages = [problem.message for problem in check_studies(folder).problems]
    assert messages[0] == "this is a folder, not a file"
    assert messages[1:] in ([], ["this is a pipe or a device, not a file"])


def refuse(path, *args, **kwargs):
    raise PermissionError(13, "Permission denied", str(path))


def test_a_file_without_permission(folder, monkeypatch):
    # simulated: the superuser of a container may read every file
    really = os.open
    monkeypatch.setattr(
        os,
        "open",
        lambda path, *args, **kwargs: refuse(path) if "a-2020" in str(path) else really(path, *args, **kwargs),
    )
    checked = check_studies(folder)
    (problem,) = checked.problems
    assert (problem.code, problem.message) == ("E150", "the file can not be read: Permission denied")
    assert [study.id for study in checked.studies] == ["b-2021"]


def test_a_folder_without_permission(folder, monkeypatch):
    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(UsageError, match="records can not be read: Permission denied"):
        load_studies(folder)


def test_a_large_file_is_not_read(folder):
    path = folder / "c-2022.yaml"
    path.write_bytes(b"# " + b"x" * (20 * 1024 * 1024))
    tracemalloc.start()
    try:
        (problem,) = check_studies(folder).problems
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert problem.code == "E103"
    assert "20,971,522 bytes" in problem.message
    assert peak < 10 * 1024 * 1024


# adapters that misbehave


class Adapter:
    name = "notes"
    description = "notes (*.notes)"

    def __init__(self, accepts=lambda path: path.suffix == ".notes", read=lambda path: iter(())):
        self.accepts = accepts
        self.read = read


def plugin(adapter):
    class NotesPlugin:
        @hookimpl
        def register_adapters(self, register):
            register(adapter)

    return NotesPlugin()


def fails(path):
    raise KeyError("sheet 2")


def fails_later(path):
    yield RawRecord({"id": "x"}, str(path))
    fails(path)


@pytest.mark.parametrize(("read", "count"), [(fails, 1), (fails_later, 2), (lambda path: [{"id": "x"}], 1)])
def test_an_adapter_that_fails_is_named_and_the_rest_is_checked(folder, read, count):
    notes = folder / "x.notes"
    notes.write_text("")
    checked = check_studies([notes, folder], plugins=[plugin(Adapter(read=read))])
    assert [study.id for study in checked.studies] == ["a-2020", "b-2021"]
    assert len({problem.code for problem in checked.problems} & {"E151", "E202"}) == count
    failure = next(problem for problem in checked.problems if problem.code == "E151")
    assert failure.message.startswith("adapter notes of plugin NotesPlugin failed: ")
    assert "--no-plugin NotesPlugin" in failure.help


def test_an_adapter_that_can_not_say_what_it_accepts(folder):
    checked = check_studies(folder, plugins=[plugin(Adapter(accepts=fails))])
    assert len(checked.studies) == 2
    assert checked.warnings == (f"adapter notes of plugin NotesPlugin failed on {folder}: KeyError: 'sheet 2'",)


def test_two_adapters_that_accept_a_path(folder):
    with pytest.raises(
        UsageError, match=r"in more than one way: yaml_folder \(plugin .*\) and notes \(plugin NotesPlugin\)"
    ):
        check_studies(folder, plugins=[plugin(Adapter(accepts=lambda path: True))])


# Evidence


@pytest.fixture(scope="module")
def evidence(project) -> Evidence:
    return load_studies(project / "studies")


def test_evidence_is_a_sequence_that_knows_ids(evidence):
    assert list(evidence.ids) == sorted(evidence.ids)
    assert evidence[0].id == evidence.ids[0]
    assert evidence[-1] is evidence[evidence.ids[-1]]
    assert [study.id for study in evidence[:2]] == list(evidence.ids[:2])
    assert "martinez-munoz-2024" in evidence
    assert evidence[0] in evidence
    assert "nobody-1900" not in evidence
    with pytest.raises(KeyError, match="did you mean 'martinez-munoz-2024'"):
        evidence["martinez-munoz-2023"]


def test_evidence_can_not_be_changed(evidence):
    with pytest.raises(TypeError):
        evidence.sources["x"] = "y"
    with pytest.raises(TypeError):
        evidence[0] = evidence[1]


def test_the_fingerprint_is_that_of_the_contents(evidence):
    assert Evidence(reversed(evidence)).sha256 == evidence.sha256
    assert Evidence(evidence[1:]).sha256 != evidence.sha256
    changed = evidence[0].model_copy(update={"label": "Another"})
    assert Evidence([changed, *evidence[1:]]).sha256 != evidence.sha256


def test_the_fingerprint_does_not_tell_how_a_default_was_written(folder):
    before = load_studies(folder).sha256
    path = folder / "a-2020.yaml"
    path.write_text(path.read_text() + "companion_of: null\nregistrations: []\n# a comment\n")
    assert load_studies(folder).sha256 == before


def test_the_frame_has_a_row_per_study(evidence):
    frame = evidence.to_frame().set_index("id")
    assert list(frame.index) == list(evidence.ids)
    seed = frame.loc["martinez-munoz-2024"]
    assert (seed["n_experimental"], seed["n_control"], seed["year"], seed["allocation"]) == (10, 10, 2024, "randomised")
    assert "discharge_time" in seed["outcomes"]


def test_the_frame_of_reports_has_a_row_per_arm(evidence):
    frame = evidence.outcomes_frame()
    stay = frame[(frame["study"] == "martinez-munoz-2024") & (frame["outcome"] == "discharge_time")]
    assert dict(zip(stay["role"], stay["median"], strict=True)) == {"experimental": 17.5, "control": 28}
    expected = sum(max(1, len(report.arms)) for study in evidence for report in study.outcomes)
    assert len(frame) == expected


def test_frames_of_nothing_have_their_columns():
    assert "n_experimental" in Evidence([]).to_frame().columns
    assert "events" in Evidence([]).outcomes_frame().columns


def test_companions_of_each_other_are_an_error_and_no_trial_is_lost(project, tmp_path):
    for name, other in (("doe-2024", "roe-2023"), ("roe-2023", "doe-2024")):
        text = (project / "examples/invented-review" / f"{name}.yaml").read_text(encoding="utf-8")
        (tmp_path / f"{name}.yaml").write_text(f"{text}companion_of: {other}\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_studies(tmp_path)
    assert [one.code for one in caught.value.problems] == ["E506", "E506"]
    assert "take companion_of out" in str(caught.value)
