"""All studies of a review, checked: a sequence that also finds a study by its id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final, overload

from msc_meta.errors import Problem
from msc_meta.plain_values import canonical, sha256_of

if TYPE_CHECKING:
    import pandas as pd

    from msc_meta.records.study import Study
    from msc_meta.screening.screening_file import Screening


@final
class Evidence(Sequence["Study"]):
    """The studies of a review, in the order of their ids, whatever order and format they came in.

    Parameters
    ----------
    studies : iterable of Study
        Each id once.
    sources : mapping of str to str, optional
        Study id -> the file it was read from.
    problems : iterable of Problem, optional
        Warnings about the records; errors never get this far.
    screening : Screening, optional
        The numbers of search and screening, where a file beside the records has them.

    Examples
    --------
    >>> import msc_meta as mm
    >>> evidence = mm.load_studies("studies/")
    >>> evidence["martinez-munoz-2024"].label
    'Martínez-Muñoz 2024'
    """

    def __init__(
        self,
        studies: Iterable[Study],
        *,
        sources: Mapping[str, str] | None = None,
        problems: Iterable[Problem] = (),
        screening: Screening | None = None,
    ) -> None:
        self._by_id = {study.id: study for study in sorted(studies, key=lambda study: study.id)}
        self._studies = tuple(self._by_id.values())
        self.sources: Mapping[str, str] = MappingProxyType(dict(sources or {}))
        self.problems = tuple(problems)
        self.screening = screening

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the studies, in order."""
        return tuple(self._by_id)

    @cached_property
    def sha256(self) -> str:
        """Fingerprint of the contents: the same for YAML and CSV, and whatever the order of files and keys.

        It is the SHA-256 of the records in the order of their ids, as one JSON list in UTF-8 with sorted keys and no
        blanks, without the fields that have their default value.
        """
        return sha256_of(f"[{','.join(self._contents.values())}]")

    @property
    def record_hashes(self) -> dict[str, str]:
        """Hash of the content of each record, by the id of its study, in the same form."""
        return {study: sha256_of(content) for study, content in self._contents.items()}

    @cached_property
    def _contents(self) -> dict[str, str]:
        return {study.id: _canonical(study) for study in self}

    @overload
    def __getitem__(self, key: int | str) -> Study: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Study, ...]: ...
    def __getitem__(self, key: int | str | slice) -> Study | tuple[Study, ...]:
        """Return a study by its id or its place, or a tuple of studies for a slice.

        Raises
        ------
        KeyError
            If no study has the id; names the nearest one.
        """
        if not isinstance(key, str):
            return self._studies[key]
        if key not in self._by_id:
            from difflib import get_close_matches

            near = get_close_matches(key, self._by_id, n=1)
            raise KeyError(f"no study has the id {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return self._by_id[key]

    def __len__(self) -> int:
        return len(self._studies)

    def __iter__(self) -> Iterator[Study]:
        return iter(self._studies)

    def __contains__(self, key: object) -> bool:
        return key in self._by_id if isinstance(key, str) else key in self._studies

    def __eq__(self, other: object) -> bool:
        return self._studies == other._studies if isinstance(other, Evidence) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __repr__(self) -> str:
        warnings = f", {len(self.problems)} warnings" if self.problems else ""
        return f"<Evidence: {len(self)} {'study' if len(self) == 1 else 'studies'}{warnings}>"

    def to_frame(self) -> pd.DataFrame:
        """Return a table with one row per study and what describes it.

        Returns
        -------
        pandas.DataFrame
            Columns ``id, label, status, year, doi, registrations, companion_of, allocation, masking, countries,
            condition, syndrome, severity, experimental, control`` (labels of the arms), ``n_experimental, n_control``
            (patients randomised; missing where one arm's number is), ``outcomes`` (those with numbers) and ``source``
            (the file).
        """
        import pandas as pd

        rows = [{**_study_row(study), "source": self.sources.get(study.id)} for study in self]
        frame = pd.DataFrame(rows, columns=[*STUDY_COLUMNS, "source"])
        return frame.astype(dict.fromkeys(("year", "n_experimental", "n_control"), "Int64"))

    def outcomes_frame(self) -> pd.DataFrame:
        """Return a table with one row per report of an outcome and arm, with the numbers as reported.

        Returns
        -------
        pandas.DataFrame
            ``study``, ``report`` (its number in the record, from 1), what identifies the report, ``arm`` and ``role``,
            the arm's numbers, and the source. A report without numbers per arm has one row with an empty ``arm``.
        """
        import pandas as pd

        from msc_meta.records.study import ArmData

        numbers = list(ArmData.model_fields)
        counts = ("report", "n", "events", "survivors")
        decimals = ("day", *(name for name in numbers if name not in {*counts, "ci", "statistic", "note"}))
        rows = [row for study in self for row in _report_rows(study)]
        frame = pd.DataFrame(rows, columns=[*REPORT_COLUMNS, *numbers, *SOURCE_COLUMNS])
        return frame.astype({**dict.fromkeys(counts, "Int64"), **dict.fromkeys(decimals, "float64")})


STUDY_COLUMNS = (
    "id", "label", "status", "year", "doi", "registrations", "companion_of", "allocation", "masking", "countries",
    "condition", "syndrome", "severity", "experimental", "control", "n_experimental", "n_control", "outcomes",
)  # fmt: skip
REPORT_COLUMNS = (
    "study", "report", "outcome", "day", "timepoint", "quantity", "kind", "unit", "subgroup", "reported", "preferred",
    "arm", "role",
)  # fmt: skip
SOURCE_COLUMNS = ("source_kind", "source_url", "source_where")


def _canonical(study: Study) -> str:
    return canonical(study.model_dump(mode="json", exclude_defaults=True))


def _study_row(study: Study) -> dict[str, Any]:
    experimental, control = study.arms_of("experimental"), study.arms_of("control")
    return {
        "id": study.id,
        "label": study.label,
        "status": study.status,
        "year": study.year,
        "doi": study.citation.doi,
        "registrations": "; ".join(study.registrations),
        "companion_of": study.companion_of,
        "allocation": study.design.allocation,
        "masking": study.design.masking,
        "countries": "; ".join(study.design.countries),
        "condition": study.population.condition,
        "syndrome": study.population.syndrome,
        "severity": study.population.severity,
        "experimental": "; ".join(arm.label for arm in experimental.values()),
        "control": "; ".join(arm.label for arm in control.values()),
        "n_experimental": _total([arm.randomised for arm in experimental.values()]),
        "n_control": _total([arm.randomised for arm in control.values()]),
        "outcomes": "; ".join(dict.fromkeys(report.outcome for report in study.outcomes if report.reported is None)),
    }


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def _report_rows(study: Study) -> Iterator[dict[str, Any]]:
    for number, report in enumerate(study.outcomes, start=1):
        common = {
            "study": study.id,
            "report": number,
            **{name: getattr(report, name) for name in REPORT_COLUMNS if hasattr(report, name)},
            "source_kind": report.source.kind,
            "source_url": report.source.url,
            "source_where": report.source.where,
        }
        if not report.arms:
            yield common
        for arm_id, data in report.arms.items():
            arm = study.arms.get(arm_id)
            yield {**common, **dict(data), "arm": arm_id, "role": arm.role if arm else None}
