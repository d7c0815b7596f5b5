"""XML as plain elements with their places, read without document types, entities or anything outside the file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from msc_meta.hookspecs import Position

MAX_DEPTH: Final = 200
MAX_ELEMENTS: Final = 1_000_000
"""Elements and pieces of text together; the largest reviews have some 300,000."""


class XmlError(Exception):
    """Text that is no XML, or XML that is not read here."""

    def __init__(self, place: Position, message: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(slots=True)
class Element:
    """One element: its attributes, the text directly in it, and its children."""

    tag: str
    attributes: dict[str, str]
    place: Position
    pieces: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    def get(self, name: str) -> str:
        """Return an attribute, empty where it is not given."""
        return self.attributes.get(name, "")

    def child(self, tag: str) -> Element | None:
        """Return the first child of that name."""
        return next((child for child in self.children if child.tag == tag), None)

    def below(self, *tags: str) -> Iterator[Element]:
        """Yield the elements that a path of names leads to: children, their children, and so on."""
        for child in self.children:
            if child.tag == tags[0]:
                if len(tags) == 1:
                    yield child
                else:
                    yield from child.below(*tags[1:])

    def every(self, tag: str) -> Iterator[Element]:
        """Yield all elements of a name, however deep."""
        for child in self.children:
            if child.tag == tag:
                yield child
            yield from child.every(tag)

    def words(self) -> str:
        """Return all text in the element and below it, paragraphs apart."""
        return " ".join(part for part in self.all_pieces() if part.strip())

    def all_pieces(self) -> Iterator[str]:
        """Yield the texts of the element in the order of the file, as far as that order matters to a reader."""
        yield "".join(self.pieces)
        for child in self.children:
            yield from child.all_pieces()


def read_xml(content: bytes) -> Element:
    r"""Return the root of an XML text in any encoding that it declares.

    Raises
    ------
    XmlError
        Where the text is broken, unfinished, has a document type or goes too deep.

    Examples
    --------
    >>> read_xml(b"<a b='1'><c>x &amp; y</c></a>").child("c").words()
    'x & y'
    >>> read_xml(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    Traceback (most recent call last):
    msc_meta.adapters.xml_text.XmlError: it has a document type declaration, which is not read
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    roots: list[Element] = []
    stack: list[Element] = []
    parts = itertools.count(1)

    def here() -> Position:
        return Position(parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    def counted() -> None:
        if next(parts) > MAX_ELEMENTS:
            raise XmlError(here(), f"it has more than {MAX_ELEMENTS:,} elements")

    def start(tag: str, attributes: dict[str, str]) -> None:
        counted()
        element = Element(tag, attributes, here())
        if len(stack) >= MAX_DEPTH:
            raise XmlError(here(), f"its elements are nested more than {MAX_DEPTH} deep")
        (stack[-1].children if stack else roots).append(element)
        stack.append(element)

    def text(piece: str) -> None:
        counted()
        if stack:
            stack[-1].pieces.append(piece)

    def refuse(*_: object) -> None:
        raise XmlError(here(), "it has a document type declaration, which is not read")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _tag: stack.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        place = Position(error.lineno, error.offset + 1)
        raise XmlError(place, f"the XML is broken or unfinished: {expat.ErrorString(error.code)}") from None
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise XmlError(Position(1, 1), f"its encoding can not be read: {error}") from None
    return roots[0]
