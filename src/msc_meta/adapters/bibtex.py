"""References in the BibTeX format: braces, quotes, joined pieces, named strings, and letters with TeX's accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from msc_meta.adapters.references import Reference, citation

MAX_VALUE: Final = 100_000
"""Characters of one value: @string can double a text with every line."""
_ENTRY: Final = re.compile(r"@\s*([A-Za-z]+)\s*([{(])")
_KEY: Final = re.compile(r"\s*([^\s,{}()=]*)\s*,")
_FIELD: Final = re.compile(r"[\s,]*([A-Za-z][\w:-]*)\s*=\s*")
_WORD: Final = re.compile(r"[\w.:+/-]+")
_ACCENTS: Final = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a",
}  # fmt: skip
_LETTERS: Final = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å",
    "AA": "Å", "i": "i", "j": "j", "&": "&", "%": "%", "_": "_", "$": "$", "#": "#",
}  # fmt: skip
_SYMBOL_ACCENT: Final = re.compile(r"""\\([`'^~"=.])\s*(?:\{\s*\\?([A-Za-z])\s*\}|\\?([A-Za-z]))""")
_WORD_ACCENT: Final = re.compile(r"\\([uvHckr])(?:\s*\{\s*\\?([A-Za-z])\s*\}|\s+([A-Za-z]))")
_COMMAND: Final = re.compile(r"\\(ss|ae|AE|oe|OE|aa|AA|[oOlLij])(?![A-Za-z])(?:\{\})?|\\([&%_$#])")


class _Broken(Exception):  # noqa: N818 (it carries a complaint about the text)
    """The text can not be read on from here."""


def references_of_bibtex(text: str) -> Iterator[Reference]:
    r"""Yield the references of a BibTeX file, in its order; what stands outside of entries is a comment there.

    Examples
    --------
    >>> [found] = references_of_bibtex(r"@article{doe, author = {M{\"u}ller, Jane and Roe, B}, year = 2022}")
    >>> found.citation
    {'authors': ['Müller J', 'Roe B'], 'year': 2022}
    """
    strings: dict[str, str] = {}
    place = begun = 0
    line = 1
    while found := _ENTRY.search(text, place):
        line += text.count("\n", begun, found.start())
        begun = found.start()
        kind, place = found[1].lower(), found.end()
        try:
            if kind in {"comment", "preamble"}:
                _, place = _braced(text, found.end() - 1)
            elif kind == "string":
                fields, place = _fields(text, place, strings)
                strings |= fields
            elif key := _KEY.match(text, place):
                fields, place = _fields(text, key.end(), strings)
                yield Reference(line, _citation(fields))
            else:
                raise _Broken("the entry has no key")
        except _Broken as error:
            yield Reference(line, complaint=f"the entry @{found[1]} can not be read: {error}")
            return


def _fields(text: str, place: int, strings: dict[str, str]) -> tuple[dict[str, str], int]:
    """Return the fields of an entry up to the bracket that closes it."""
    fields: dict[str, str] = {}
    while found := _FIELD.match(text, place):
        value, place = _value(text, found.end(), strings)
        fields.setdefault(found[1].lower(), value)
    rest = re.compile(r"[\s,]*([})])").match(text, place)
    if rest is None:
        raise _Broken(f"a field or the closing bracket is missing after {text[max(0, place - 30) : place]!r}")
    return fields, rest.end()


def _value(text: str, place: int, strings: dict[str, str]) -> tuple[str, int]:
    pieces = []
    length = 0
    while True:
        if text[place : place + 1] == "{":
            piece, place = _braced(text, place)
        elif text[place : place + 1] == '"':
            piece, place = _quoted(text, place)
        elif word := _WORD.match(text, place):
            piece, place = strings.get(word[0].lower(), word[0]), word.end()
        else:
            raise _Broken("a value is missing")
        pieces.append(piece)
        length += len(piece)
        if length > MAX_VALUE:
            raise _Broken(f"a value has more than {MAX_VALUE:,} characters")
        joined = re.compile(r"\s*#\s*").match(text, place)
        if joined is None:
            return "".join(pieces), place
        place = joined.end()


def _braced(text: str, start: int) -> tuple[str, int]:
    depth = 0
    opening, closing = ("(", ")") if text[start] == "(" else ("{", "}")
    for found in re.compile(r"\\.|[{}()]", re.DOTALL).finditer(text, start):
        depth += (found[0] == opening) - (found[0] == closing)
        if depth == 0:
            return text[start + 1 : found.start()], found.end()
    raise _Broken("a brace is never closed")


def _quoted(text: str, start: int) -> tuple[str, int]:
    depth = 0
    for found in re.compile(r'\\.|[{}"]', re.DOTALL).finditer(text, start + 1):
        depth += (found[0] == "{") - (found[0] == "}")
        if found[0] == '"' and depth == 0:
            return text[start + 1 : found.start()], found.end()
    raise _Broken("a quote is never closed")


def _citation(fields: dict[str, str]) -> dict[str, object]:
    def get(*names: str) -> str:
        return next((plain for name in names if (plain := plain_text(fields.get(name, "")))), "")

    names = re.split(r"\sand\s", " ".join(fields.get("author", "").split()))
    groups = [name for name in names if re.fullmatch(r"\s*\{.*\}\s*", name, re.DOTALL)]
    people = [plain_text(name) for name in names if name not in groups]
    return citation(
        authors=[name for name in people if name and name != "others"],
        collaboration=plain_text(groups[0]) if groups else "",
        title=get("title"),
        journal=get("journal", "journaltitle", "booktitle"),
        year=get("year", "date"),
        volume=get("volume"),
        issue=get("number", "issue"),
        pages=get("pages"),
        doi=get("doi") or (get("url") if "doi.org/" in get("url") else ""),
        pmid=get("pmid"),
        pmcid=get("pmcid", "pmc"),
    )


def plain_text(text: str) -> str:
    r"""Return a value without TeX: accents as letters, braces gone.

    Examples
    --------
    >>> plain_text(r"{MSC} in Espa{\~n}a: Mart{\'i}nez-Mu\~{n}oz \& Stra\ss{}e")
    'MSC in España: Martínez-Muñoz & Straße'
    """
    for pattern in (_SYMBOL_ACCENT, _WORD_ACCENT):
        text = pattern.sub(lambda found: (found[2] or found[3]) + _ACCENTS[found[1]], text)
    text = _COMMAND.sub(lambda found: _LETTERS[found[1] or found[2]], text)
    text = text.replace("{", "").replace("}", "").replace("~", " ")
    return " ".join(unicodedata.normalize("NFC", text).split())
