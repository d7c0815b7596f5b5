"""The review as it stands: checked, pooled and drawn again after each save, with the last good page kept."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from msc_meta.errors import DataError, MscMetaError, Problem
from msc_meta.loading import check_studies
from msc_meta.protocol import Protocol
from msc_meta.protocol_files import load_protocol, protocol_of
from msc_meta.records.own_outcomes import own_outcomes_of
from msc_meta.report.page import report_html
from msc_meta.serve.live_section import live_section, page_without_report
from msc_meta.synthesis import synthesize


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page shows. ``page_version`` is that of the last good state, ``version`` that of the last look."""

    version: int
    page_version: int
    page: str
    problems: tuple[Problem, ...] = ()
    notice: str = ""
    """Why nothing newer is shown; empty where the page shows the records as they are."""


@final
class Review:
    """The records and the protocol of a review, and what is shown of them.

    Parameters
    ----------
    studies : Path
        What `load_studies` reads.
    protocol : Path, optional
        The protocol; the one that lies with the records, else the built-in one, if left out.
    without : collection of str, optional
        Plugins to leave out.
    """

    def __init__(self, studies: Path, protocol: Path | None = None, without: Collection[str] = ()) -> None:
        self.studies = studies
        self._protocol = protocol
        self._without = without
        self._one_at_a_time = threading.Lock()
        self._shown: Shown | None = None

    @property
    def watched(self) -> tuple[Path, ...]:
        """The folders and files whose change changes the page."""
        return (self.studies, *filter(None, (self._protocol or protocol_of(self.studies),)))

    @property
    def shown(self) -> Shown:
        """What to show now; looked up where nobody looked before."""
        with self._one_at_a_time:
            if self._shown is None:
                self._shown = self._look(None)
            return self._shown

    @property
    def version(self) -> int:
        """Version of the last look; 0 before the first."""
        return self._shown.version if self._shown is not None else 0

    def refresh(self) -> None:
        """Look at the records again. An error of any kind keeps the last good page, with a notice."""
        with self._one_at_a_time:
            self._shown = self._look(self._shown)

    def own_outcomes(self) -> frozenset[str]:
        """Return the outcomes that the protocol defines, as far as it can be read."""
        folder = self.studies if self.studies.is_dir() else self.studies.parent
        beside, _ = own_outcomes_of(folder)
        try:
            return beside | self._read_protocol().own_outcomes
        except MscMetaError:
            return beside

    def _read_protocol(self) -> Protocol:
        return load_protocol(self._protocol or protocol_of(self.studies))

    def _look(self, last: Shown | None) -> Shown:
        version = last.version + 1 if last else 1
        try:
            protocol = self._read_protocol()
            checked = check_studies(self.studies, without=self._without, own_outcomes=protocol.own_outcomes)
            evidence = checked.evidence()
            page = report_html(
                synthesize(evidence, protocol), problems=evidence.problems, live=live_section(version, self.studies)
            )
        except DataError as error:
            return self._kept(last, version, error.problems, "")
        except MscMetaError as error:
            return self._kept(last, version, (), str(error))
        except Exception as error:  # a fault of ours must not end the watching: the next save may avoid it
            return self._kept(last, version, (), f"a fault of msc_meta ({type(error).__name__}: {error})")
        return Shown(version=version, page_version=version, page=page, problems=evidence.problems)

    def _kept(self, last: Shown | None, version: int, problems: tuple[Problem, ...], why: str) -> Shown:
        errors = sum(problem.severity == "error" for problem in problems)
        found = why or f"{errors} {'error keeps' if errors == 1 else 'errors keep'} the records from being used"
        if last is None or last.page_version == 0:
            notice = f"There is no report yet: {found}."
            return Shown(
                version=version,
                page_version=0,
                page=page_without_report(self.studies),
                problems=problems,
                notice=notice,
            )
        notice = f"The page below is from before your last change: {found}."
        return replace(last, version=version, problems=problems, notice=notice)
