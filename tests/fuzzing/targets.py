"""What every reader has to keep, whatever bytes it is given: records, or complaints with a place, and nothing else.

A target takes the content of a file and a folder that is empty, and raises if a reader breaks its word. The nightly
``make fuzz`` drives the targets with bytes of its own making; `test_corpus.py` with the ones that are kept.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msc_meta.errors import MscMetaError, Problem
from msc_meta.hookspecs import RawRecord, ReviewAdapter
from msc_meta.plugins import plugin_manager

NEXT_FILE = b"\n=====\n"
"""Stands between the files of a folder, for a reader that reads folders."""
PLUGINS = plugin_manager(entry_points=False)


class BrokenWordError(AssertionError):
    """A reader did something else than give records or complaints."""


@dataclass(frozen=True)
class Target:
    """One reader, by the way a user would come to it; ``adapter`` is empty for what is no record."""

    name: str
    files: tuple[str, ...]
    read: Callable[[Path], Iterable[Problem]]
    adapter: str = ""

    def meet(self, content: bytes, folder: Path) -> None:
        """Give the reader one input."""
        pieces = [content] if len(self.files) == 1 else content.split(NEXT_FILE)[: len(self.files)]
        given = dict(zip(self.files, pieces, strict=False))
        for name, piece in given.items():
            (folder / name).write_bytes(piece)
        path = folder if len(self.files) > 1 else folder / self.files[0]
        try:
            problems = list(self.read(path))
        except MscMetaError as error:
            keep(any(name in str(error) for name in (*self.files, folder.name)), f"no place: {error}")
        else:
            lines = max(len(piece.splitlines()) for piece in given.values()) + 2
            packed = self.files[0].endswith(".zip")
            for problem in problems:
                keep(problem.path.startswith(str(folder)), f"no place: {problem}")
                keep(packed or 0 <= problem.line <= lines, f"a line that is not there: {problem}")
                keep(str(problem).isprintable() or "\n" in str(problem), f"unreadable: {problem!r}")
        there = {file.name: file.read_bytes() for file in folder.iterdir()}
        keep(there == given, f"files were written or changed: {sorted(there)}")


def keep(kept: bool, otherwise: str) -> None:
    """Raise if the word is not kept; an assert would be no use under -O."""
    if not kept:
        raise BrokenWordError(otherwise[:2000])


def through_adapter(name: str) -> Callable[[Path], Iterable[Problem]]:
    """Read, check, and write down again what an adapter gives."""

    def read(path: Path) -> list[Problem]:
        from msc_meta.adapters.csv_text import records_from_text
        from msc_meta.exporting.csv_table import to_csv
        from msc_meta.importing.drafts import draft_text
        from msc_meta.importing.incoming import Incoming
        from msc_meta.records.cohorts import CohortEntry, check_cohort
        from msc_meta.records.schema import check_record

        for other in PLUGINS.adapters.values():
            other.accepts(path)
        adapter = PLUGINS.adapters[name]
        problems: list[Problem] = []
        entries: list[CohortEntry] = []
        raws = list(adapter.read(path))
        keep(bool(raws), "neither a record nor a complaint")
        for raw in raws:
            study, found = check_record(raw)
            problems += found
            keep(study is not None or bool(found), f"lost without a word: {raw}")
            if raw.data is not None:
                draft_text(Incoming(raw, study, tuple(found)), name)
            if study is not None:
                entries.append(CohortEntry.of(study, raw))
                table = to_csv([study]).decode("utf-8-sig")
                again = [check_record(one, raw.own_outcomes)[0] for one in records_from_text(table, "again.csv")]
                keep(again == [study], f"a table of the study is another study: {again} {study}")
        if isinstance(adapter, ReviewAdapter):
            adapter.decisions(path)
        return problems + list(check_cohort(entries, set()))

    return read


def through_record(path: Path) -> list[Problem]:
    """Read a record; mend it; and edit it as the page does."""
    from msc_meta.adapters.yaml_folder import read_record
    from msc_meta.records.edits import EditError, write_value
    from msc_meta.records.fixes import fix
    from msc_meta.records.schema import check_record
    from msc_meta.records.write_yaml import record_to_yaml
    from msc_meta.serve.drafts import Draft, plain_text

    content = path.read_bytes()
    raw = read_record(path)
    study, found = check_record(raw)
    keep(study is not None or any(one.severity == "error" for one in found), f"lost without a word: {raw}")
    fixed = fix(content, str(path)).content
    keep(fix(fixed, str(path)).content == fixed, "what was mended is mended again")
    if study is not None:
        from msc_meta.records.strict_yaml import read_yaml

        document = read_yaml(record_to_yaml(study), str(path))
        again = check_record(RawRecord(document.data, str(path), named=path.stem))[0]
        keep(again == study, f"the record of the study is another study: {again} {study}")
    if raw.data is not None:
        draft = Draft(path, content, plain_text(content))
        keep(draft.content == content and not draft.diff(), "a draft without a change changes the file")
        with contextlib.suppress(EditError):
            write_value(draft.text, ("label",), "Doe 2024")
    return found


def through_protocol(path: Path) -> list[Problem]:
    """Read a protocol, and the outcomes that it defines for the records beside it."""
    from msc_meta.errors import DataError
    from msc_meta.protocol_files import load_protocol
    from msc_meta.records.own_outcomes import own_outcomes_of

    own_outcomes_of(path.parent)
    try:
        load_protocol(path)
    except DataError as error:
        keep(bool(error.problems), "an error without a problem")
        return list(error.problems)
    return []


def through_screening(path: Path) -> list[Problem]:
    """Read the numbers of search and selection."""
    from msc_meta.errors import DataError
    from msc_meta.screening.screening_file import load_screening

    try:
        return list(load_screening(path).problems)
    except DataError as error:
        keep(bool(error.problems), "an error without a problem")
        return list(error.problems)


def through_style(path: Path) -> list[Problem]:
    """Read a style."""
    from msc_meta.figures.style import load_style

    load_style(path)
    return []


def through_results(path: Path) -> list[Problem]:
    """Compare results with themselves and with those they were made from, as diff and verify do."""
    from msc_meta.living import change_words
    from msc_meta.living.published import results_in
    from msc_meta.living.run_changes import State, changes
    from msc_meta.living.verification import number_findings, printed
    from msc_meta.report.results_json import to_json

    found = results_in(path.parent)
    keep(found is not None, "results that are there are not seen")
    assert found is not None
    empty = {"outcomes": {}, "evidence": {}, "protocol": {}}
    for old, new in ((found, empty), (empty, found), (found, found)):
        changed = changes(State(name="old", results=old), State(name="new", results=new))
        change_words.text(changed)
        change_words.markdown(changed)
        to_json(change_words.to_dict(changed))
        printed(number_findings(old, {**empty, **new}))
    return []


def through_manifest(path: Path) -> list[Problem]:
    """Verify a manifest, or a lock file, against the files beside it and against other evidence."""
    from msc_meta.evidence import Evidence
    from msc_meta.living.published import manifest_in, record_hashes_in
    from msc_meta.living.verification import (
        file_findings,
        input_findings,
        manifest_findings,
        printed,
        version_findings,
    )
    from msc_meta.protocol_files import load_protocol

    record_hashes_in(path.parent)
    found = manifest_in(path)
    findings = [
        *manifest_findings(found), *file_findings(path.parent, found), *version_findings(found),
        *input_findings(found, Evidence(()), load_protocol()),
    ]  # fmt: skip
    printed(findings)
    return []


TABLES = ("overall-estimates-and-settings.csv", "data-rows.csv", "study-information.csv", "subgroup-estimates.csv",
          "risk-of-bias.csv", "included.ris")  # fmt: skip
STUDY_TABLES = ("study-information.csv", "study-arms.csv", "study-results.csv", "risk-of-bias.csv")

TARGETS: Sequence[Target] = (
    Target("yaml_record", ("doe-2024.yaml",), through_record),
    Target("yaml_folder", ("doe-2024.yaml", "roe-2023.yaml", "protocol.yaml"), through_adapter("yaml_folder"),
           "yaml_folder"),
    Target("csv_table", ("trials.csv",), through_adapter("csv_table"), "csv_table"),
    Target("metafor_csv", ("trials.csv",), through_adapter("metafor_csv"), "metafor_csv"),
    Target("covidence_table", ("extraction.csv",), through_adapter("covidence"), "covidence"),
    Target("covidence_folder", STUDY_TABLES, through_adapter("covidence"), "covidence"),
    Target("clinicaltrials_gov", ("entries.json",), through_adapter("clinicaltrials_gov"), "clinicaltrials_gov"),
    Target("ris", ("references.ris",), through_adapter("citations"), "citations"),
    Target("bibtex", ("references.bib",), through_adapter("citations"), "citations"),
    Target("csl_json", ("references.json",), through_adapter("citations"), "citations"),
    Target("revman_rm5", ("review.rm5",), through_adapter("revman5"), "revman5"),
    Target("revman_zip", ("review.zip",), through_adapter("revman_web"), "revman_web"),
    Target("revman_folder", TABLES, through_adapter("revman_web"), "revman_web"),
    Target("protocol", ("protocol.yaml",), through_protocol),
    Target("screening", ("screening.yaml",), through_screening),
    Target("style", ("house.json",), through_style),
    Target("results", ("results.json",), through_results),
    Target("manifest", ("manifest.json",), through_manifest),
    Target("lock", ("evidence.lock",), through_manifest),
)  # fmt: skip


def target_of(name: str) -> Target:
    """Return the target of that name."""
    return next(target for target in TARGETS if target.name == name)


def adapters_without_target() -> Collection[str]:
    """Return the adapters of the package that no target reads with."""
    return PLUGINS.adapters.keys() - {target.adapter for target in TARGETS}
