"""What a program took over and no person has looked at yet."""

from __future__ import annotations

from collections.abc import Iterator

from msc_meta.errors import counted
from msc_meta.records.findings import Finding, field_name
from msc_meta.records.rules.reading import sources
from msc_meta.records.study import Source, Study

DRAFTED_BY = "msc-meta"
"""How ``extracted_by`` begins where a program took the values over: ``msc-meta (clinicaltrials_gov)``."""


def unchecked_drafts(study: Study) -> Iterator[Finding]:
    """Expect a person's name under ``checked_by`` of every source whose values a program took over."""
    drafted = [field for field, source in sources(study) if _is_draft(source)]
    if drafted:
        names = ", ".join(field_name(field) for field in drafted[:3])
        rest = f" and {len(drafted) - 3} more" if len(drafted) > 3 else ""
        yield Finding("W414", drafted[0],
                      f"what {counted(len(drafted), 'source')} gave was drafted by msc-meta and is unchecked"
                      f" ({names}{rest})",
                      "compare the values with the source, then add checked_by with your initials",
                      at_key=True)  # fmt: skip


def _is_draft(source: Source) -> bool:
    return source.checked_by is None and (source.extracted_by or "").startswith(DRAFTED_BY)


RULES = (unchecked_drafts,)
