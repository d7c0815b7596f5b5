"""The other formats: headers, formulas, round trips through the adapters, and what is said to be left out."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest

from msc_meta import load_studies, synthesize
from msc_meta.cli import run
from msc_meta.effects.measures import effect_size
from msc_meta.exporting.citations import csl_json, included, ris
from msc_meta.exporting.gradepro import gradepro_table
from msc_meta.exporting.revman import DATA_ROWS, INFORMATION, SETTINGS, revman_tables
from msc_meta.exporting.trial_tables import meta_table, metafor_table
from msc_meta.hookspecs import Exported
from msc_meta.plugins import exporters_of, plugin_manager

FORMULAS = ("=", "+", "-", "@")


@pytest.fixture(scope="module")
def synthesis():
    return synthesize(load_studies("studies/"))


def rows_of(content: str | bytes) -> list[dict[str, str]]:
    text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", exporters_of(plugin_manager(entry_points=False)))
def test_every_exporter_keeps_its_side(synthesis, name):
    exporter = exporters_of(plugin_manager(entry_points=False))[name]
    first = exporter.export(synthesis)
    assert isinstance(first, Exported)
    assert first == exporter.export(synthesis), "the same input gives the same bytes"
    assert (len(first.files) == 1) == bool(exporter.suffix)
    assert all(file.endswith(exporter.suffix) and "/" not in file for file in first.files)
    empty = exporter.export(synthesize([]))
    assert set(empty.files) == {file for file in first.files if not file.endswith(".pdf")}, "but figures of nothing"


@pytest.mark.parametrize("label", ["=cmd|'/c calc'!A1", "@SUM(1)", "+1", '-1",x'])
def test_no_cell_is_a_formula(label):
    studies = [study.model_copy(update={"label": label}) for study in load_studies("studies/")]
    made = synthesize(studies)
    for exported in (metafor_table(made), meta_table(made), gradepro_table(made), revman_tables(made)):
        for content in exported.files.values():
            for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
                bad = [cell for cell in row if cell.startswith(FORMULAS) and not is_number(cell)]
                assert bad == []


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_the_metafor_table_gives_the_effects_that_it_holds(synthesis):
    rows = [
        row for row in rows_of(metafor_table(synthesis).files["metafor.csv"]) if row["measure"] == "RR" and row["yi"]
    ]
    counts = {ours: [float(row[theirs]) for row in rows] for ours, theirs in
              (("event_e", "ai"), ("n_e", "n1i"), ("event_c", "ci"), ("n_c", "n2i"))}  # fmt: skip
    effects = effect_size("RR", **counts)
    assert effects.yi.tolist() == pytest.approx([float(row["yi"]) for row in rows])
    assert effects.vi.tolist() == pytest.approx([float(row["vi"]) for row in rows])
    assert [row["slab"] for row in rows] == [row.label for row in synthesis["mortality"].pooled]


@pytest.mark.parametrize(("make", "name"), [(metafor_table, "metafor.csv"), (meta_table, "meta.csv")])
def test_the_numbers_of_the_arms_come_back(synthesis, tmp_path, make, name):
    """A trial of the table comes back with its label, year and counts; design and sources were never in it."""
    rows = [row for row in rows_of(make(synthesis).files[name]) if row["outcome"] == "mortality"]
    path = tmp_path / name
    path.write_bytes(make(synthesis).files[name])
    about_the_table, *trials = raw_records(path)
    assert [problem.code for problem in about_the_table.problems] == ["W171"]  # effects that follow from the counts
    came = {record.data["label"]: record.data for record in trials}
    for row in synthesis["mortality"].pooled:
        (report,) = [one for one in came[row.label]["outcomes"] if one["outcome"] == "mortality"]
        assert report["arms"]["experimental"]["events"] == row.e.events
        assert report["arms"]["experimental"]["n"] == row.e.n
        assert report["arms"]["control"]["events"] == row.c.events
        assert report["arms"]["control"]["n"] == row.c.n
        assert came[row.label]["citation"]["year"] == row.year
        assert report.get("day") == (None if row.day != row.day else row.day)
    assert len(rows) == 13  # with the trial without any event


def raw_records(path):
    from msc_meta.plugins import adapters_of

    (adapter,) = [one for one in adapters_of(plugin_manager(entry_points=False)) if one.accepts(path)]
    return list(adapter.read(path))


@pytest.mark.parametrize(("make", "name"), [(ris, "included.ris"), (csl_json, "included.json")])
def test_citations_come_back(synthesis, tmp_path, make, name):
    path = tmp_path / name
    path.write_text(make(synthesis).files[name], encoding="utf-8", newline="")
    records = raw_records(path)
    assert len(records) == len(included(synthesis))
    for study, record in zip(included(synthesis), records, strict=True):
        came, said = record.data["citation"], study.citation
        for field in ("title", "journal", "year", "volume", "pages", "doi"):
            assert came.get(field) == getattr(said, field), (study.id, field)
        assert list(came.get("authors", ()))[: len(said.authors)] == list(said.authors)


def test_revman_files_have_the_headers_that_revman_has(synthesis):
    files = revman_tables(synthesis).files
    assert all(content.startswith(b"\xef\xbb\xbf") for content in files.values())
    headers = {
        name: tuple(next(csv.reader([content.decode("utf-8-sig").splitlines()[0]]))) for name, content in files.items()
    }
    assert headers["study-information.csv"] == INFORMATION
    assert headers["data-rows.csv"] == DATA_ROWS
    assert headers["overall-estimates-and-settings.csv"] == SETTINGS
    assert headers["risk-of-bias.csv"][0] == "Study"
    rows = rows_of(files["data-rows.csv"])
    assert [row["Study"] for row in rows if row["Analysis number"] == "1"] == [
        row.label for row in synthesis["mortality"].pooled
    ]
    assert {row["Experimental mean"] for row in rows if row["Analysis number"] == "1"} == {"0.0"}


def test_grade_rows_state_the_absolute_effect(synthesis):
    row = rows_of(gradepro_table(synthesis).files["gradepro.csv"])[0]
    assert row["Certainty"] == ""
    expected = float(row["Control risk per 1000"]) * (float(row["Relative effect"]) - 1)
    assert float(row["Difference per 1000"]) == pytest.approx(expected)


def test_what_is_left_out_is_written_beside(tmp_path, capsys):
    assert run(["export", "ris", "studies", "-o", str(tmp_path / "a.ris")]) == 0
    beside = (tmp_path / "a.ris.NOT_EXPORTED.txt").read_text(encoding="utf-8")
    assert "everything but the citations" in beside
    assert "everything but the citations" in capsys.readouterr().err
    assert run(["export", "revman", "studies", "-o", str(tmp_path / "rv")]) == 0
    assert "sensitivity analyses" in (tmp_path / "rv" / "NOT_EXPORTED.txt").read_text(encoding="utf-8")


def test_the_exporter_of_the_how_to_works(project, synthesis):
    page = (project / "docs/how-to/export-and-verify.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    plugin = type("Plugin", (), {})
    scope: dict[str, object] = {}
    exec(code, scope)
    plugin.register_exporters = staticmethod(scope["register_exporters"])
    exporter = exporters_of(plugin_manager(plugin, entry_points=False))["slide"]
    (content,) = exporter.export(synthesis).files.values()
    assert "RR 0.78" in content


def test_a_data_package_of_the_revman_tables_comes_back(synthesis, tmp_path):
    """The four tables, packed as RevMan Web packs them, give the same arms of every pooled trial."""
    folders = {"study-information": "study-data", "risk-of-bias": "study-data"}
    path = tmp_path / "review.zip"
    with zipfile.ZipFile(path, "w") as package:
        for name, content in revman_tables(synthesis).files.items():
            folder = folders.get(name.removesuffix(".csv"), "analysis-data")
            package.writestr(f"review-{folder}/review-{name}", content)
    came = {record.data["label"]: record.data.get("outcomes", ()) for record in raw_records(path)}
    assert set(came) == {study.label for study in synthesis.studies}
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, content in (revman_tables(synthesis).files | {"NOT_EXPORTED.txt": b"words"}).items():
        (folder / name).write_bytes(content)
    assert [record.data["arms"] for record in raw_records(folder)] == [
        record.data["arms"] for record in raw_records(path)
    ]
    assert any("tau2 by REML and the interval hksj" in text for text in revman_tables(synthesis).left_out)
    for outcome in synthesis.values():
        names = ("events", "n") if outcome.rules.measure == "RR" else ("mean", "sd", "n")
        for row in outcome.pooled:
            wanted = [{name: getattr(arm, name) for name in names} for arm in (row.e, row.c)]
            found = [
                [{name: arm.get(name) for name in names} for arm in one["arms"].values()] for one in came[row.label]
            ]
            assert any(alike(one, wanted) for one in found), row.label


def alike(found, wanted):
    complete = len(found) == 2 and all(None not in arm.values() for arm in found)
    return complete and all(arm == pytest.approx(other) for arm, other in zip(found, wanted, strict=True))
