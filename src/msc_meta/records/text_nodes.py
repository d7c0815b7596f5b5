"""The nodes of a record's text with their places as offsets, so that an edit knows where each begins and ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import yaml

from msc_meta.hookspecs import FieldPath

_PARSER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Step(NamedTuple):
    """One key or item on the way to a value; ``at`` is its place among its neighbours."""

    holder: Any
    at: int
    key: Any  # None for an item of a list
    node: Any


class TextNodes:
    """A text that can be read, and its nodes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Any = yaml.compose(text, Loader=_PARSER)
        self.starts: list[int] = [0]
        for line in text.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)

    def offset(self, mark: Any) -> int:
        """Return the place of a mark of the parser."""
        return self.starts[int(mark.line)] + int(mark.column)

    def start(self, node: Any) -> int:
        """Return where the first letter of a node stands."""
        return self.offset(node.start_mark)

    def end(self, node: Any) -> int:
        """Return where the last letter of a node ends; what follows it, a comment say, is not part of it."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            last = node.value[-1]
            if not isinstance(last, tuple):
                return self.end(last)
            key, value = last
            return self.colon(key) if is_nothing(value) else self.end(value)
        begin, after = self.offset(node.start_mark), self.offset(node.end_mark)
        return begin + len(self.text[begin:after].rstrip())

    def colon(self, key: Any) -> int:
        """Return the place after a key's colon."""
        return self.text.index(":", self.offset(key.end_mark)) + 1

    def line_start(self, offset: int) -> int:
        """Return the place of a line's first letter."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Return the place after a line and its end."""
        found = self.text.find("\n", offset)
        return len(self.text) if found < 0 else found + 1

    def way(self, field: FieldPath) -> list[Step]:
        """Return the steps to a field, as far as they are in the text."""
        steps: list[Step] = []
        node = self.root
        for part in field:
            if isinstance(node, yaml.MappingNode):
                found = [(at, key, value) for at, (key, value) in enumerate(node.value) if key.value == part]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                found = [(part, None, node.value[part])]
            else:
                found = []
            if not found:
                break
            at, key, value = found[0]
            steps.append(Step(node, at, key, value))
            node = value
        return steps


def is_nothing(node: Any) -> bool:
    """Whether a key has no value at all, not even null."""
    return isinstance(node, yaml.ScalarNode) and not node.value and node.style is None


def in_brackets(steps: Sequence[Step]) -> bool:
    """Whether a value stands between brackets or braces, where a comma ends it."""
    return any(step.holder.flow_style for step in steps)
