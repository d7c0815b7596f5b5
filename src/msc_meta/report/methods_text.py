"""The methods section of the review, written from the settings that were really used.

Every sentence follows from the protocol and from what the synthesis did with it; nothing is said of an analysis that
was not done, but that a planned one could not be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from msc_meta.report import methods_data, methods_models
from msc_meta.report.method_references import numbered

if TYPE_CHECKING:
    from msc_meta.synthesis import Synthesis


@final
@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph with the heading it would stand under."""

    topic: str
    text: str


@final
@dataclass(frozen=True, slots=True)
class Methods:
    """The methods section: ``references`` are numbered from 1, as ``paragraphs`` cite them."""

    paragraphs: tuple[Paragraph, ...]
    references: tuple[str, ...]


TOPICS: dict[str, Callable[[Synthesis], str]] = {
    "Eligibility": methods_data.eligibility,
    "Outcomes": methods_data.outcomes,
    "Effect measures": methods_data.measures,
    "Preparation of data": methods_data.preparation,
    "Synthesis": methods_models.model,
    "Heterogeneity": methods_models.heterogeneity,
    "Robustness": methods_models.robustness,
    "Small-study effects": methods_models.small_studies,
    "Risk of bias and certainty": methods_models.judgements,
    "Software": methods_models.software,
}
"""Heading -> what is said under it; an empty paragraph is left out."""


def methods(synthesis: Synthesis) -> Methods:
    """Return the methods section with its headings and references.

    Examples
    --------
    >>> import msc_meta as mm
    >>> section = methods(mm.synthesize(mm.load_studies("studies/")))
    >>> section.paragraphs[2].topic
    'Effect measures'
    """
    written = [(topic, write(synthesis)) for topic, write in TOPICS.items()]
    said = [(topic, text) for topic, text in written if text]
    texts, references = numbered(text for _, text in said)
    paragraphs = tuple(Paragraph(topic, text) for (topic, _), text in zip(said, texts, strict=True))
    return Methods(paragraphs, references)


def methods_paragraphs(synthesis: Synthesis) -> tuple[str, ...]:
    """Return the methods section, a text per paragraph; numbers in brackets are those of `method_references`.

    Parameters
    ----------
    synthesis : Synthesis
        What was done; a changed setting changes its sentence.
    """
    return tuple(paragraph.text for paragraph in methods(synthesis).paragraphs)


def method_references(synthesis: Synthesis) -> tuple[str, ...]:
    """Return the references of the methods section in Vancouver style, the first one with the number 1."""
    return methods(synthesis).references
