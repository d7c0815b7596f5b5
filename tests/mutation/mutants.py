"""Mutants: the source of a module with one change, and which tests run the changed line.

The changes are mutmut's (its operators, on libcst), and two of ours: the condition of an ``if`` turned round, and every
whole number made one smaller too. Left out, with the reason:

- annotations, decorators and assertions, which tell a type checker what it can not see;
- what is raised, text with a space in it or in an f-string, and the names that complaints call arguments by: they are
  for people, and tests look at them where it matters;
- a value or an argument replaced by None, which ends in a crash and says little of a test;
- ``strict=True`` of zip, and what np.errstate keeps quiet.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider, WhitespaceInclusivePositionProvider
from mutmut.mutation.mutators import mutation_operators

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "msc_meta"
SEED = 8
CHECKS = {"one_of", "numbers", "require", "number", "positive", "patients", "level_of"}  # their first text is a name
QUIET = {"zip", "errstate"}


@dataclass(frozen=True)
class Mutant:
    """One change: characters ``start`` to ``end`` of a file become ``now``."""

    path: Path
    line: int
    last_line: int
    start: int
    end: int
    now: str
    function: str | None  # the outermost one, "name" or "Class.name"; None: it runs when the module is imported

    @property
    def file(self) -> str:
        """Path in the package."""
        return str(self.path.relative_to(PACKAGE))

    def source(self) -> str:
        """Return the whole changed file."""
        text = _text(self.path)
        return text[: self.start] + self.now + text[self.end :]

    def describe(self) -> dict[str, object]:
        """Return what identifies the change."""
        was = _text(self.path)[self.start : self.end]
        place = {"file": self.file, "line": self.line, "in": self.function or "", "at": self.start}
        return place | {"was": was, "now": self.now}


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def mutants_of(path: Path) -> list[Mutant]:
    """Return the mutants of one file, in an order drawn with a fixed seed, so that the first n are a sample."""
    visitor = _Visitor(path)
    MetadataWrapper(visitor.module, unsafe_skip_copy=True).visit(visitor)
    distinct = {(one.start, one.end, one.now): one for one in visitor.mutants}
    mutants = [one for one in distinct.values() if one.now != visitor.text[one.start : one.end]]
    random.Random(f"{SEED} {path.name}").shuffle(mutants)
    return mutants


class _Visitor(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider, WhitespaceInclusivePositionProvider, ParentNodeProvider)

    def __init__(self, path: Path) -> None:
        self.path, self.text = path, _text(path)
        self.starts = [0]
        for line in self.text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.scope: list[cst.FunctionDef | cst.ClassDef] = []
        self.mutants: list[Mutant] = []
        self.module = cst.parse_module(self.text)

    def on_visit(self, node: cst.CSTNode) -> bool:
        if self._left_out(node):
            return False
        for old, new in _changes(node):
            self._add(old, new)
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            self.scope.append(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if self.scope and self.scope[-1] is original_node:
            self.scope.pop()

    def _left_out(self, node: cst.CSTNode) -> bool:
        match node:
            case cst.Annotation() | cst.Decorator() | cst.Raise() | cst.Assert() | cst.FormattedString():
                return True
            case cst.If(test=cst.Name("TYPE_CHECKING")) | cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()):
                return True
            case cst.Call(func=cst.Name("ArgumentError")) | cst.Arg(keyword=cst.Name("strict")):
                return True
            case cst.SimpleString(value=value):
                return " " in value or value in {'""', "''"}
            case cst.Arg(value=cst.SimpleString(), keyword=None):
                call = self.get_metadata(ParentNodeProvider, node)
                return isinstance(call.func, cst.Name) and call.func.value in CHECKS
        return False

    def _add(self, node: cst.CSTNode, changed: cst.CSTNode) -> None:
        whole = self.get_metadata(WhitespaceInclusivePositionProvider, node)
        seen = self.get_metadata(PositionProvider, node)
        start, end = (self.starts[at.line - 1] + at.column for at in (whole.start, whole.end))
        now, function = self.module.code_for_node(changed), self._function(node)
        self.mutants.append(Mutant(self.path, seen.start.line, seen.end.line, start, end, now, function))

    def _function(self, node: cst.CSTNode) -> str | None:
        names: list[str] = []
        for scope in self.scope:
            names.append(scope.name.value)
            if isinstance(scope, cst.FunctionDef):
                return (
                    ".".join(names) if self._is_within(node, scope.body) else None
                )  # a default: made with the function
        return None

    def _is_within(self, node: cst.CSTNode, block: cst.CSTNode) -> bool:
        while not isinstance(node, cst.Module):
            if node is block:
                return True
            node = self.get_metadata(ParentNodeProvider, node)
        return False


def _changes(node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    """Return pairs of a node and what it becomes."""
    for kind, operator in mutation_operators:
        if isinstance(node, kind) and not _is_quiet(node):
            made = [changed for changed in operator(node) if not _puts_none_in(node, changed)]
            yield from ((node, changed) for changed in (made[:1] if isinstance(node, cst.SimpleString) else made))
    if isinstance(node, cst.Integer) and node.evaluated_value:
        yield node, node.with_changes(value=str(node.evaluated_value - 1))
    if isinstance(node, cst.If):
        within = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield node.test, cst.UnaryOperation(cst.Not(), within)


def _is_quiet(node: cst.CSTNode) -> bool:
    name = node.func if isinstance(node, cst.Call) else None
    return isinstance(name, (cst.Name, cst.Attribute)) and (getattr(name, "attr", name).value in QUIET)


def _puts_none_in(node: cst.CSTNode, changed: cst.CSTNode) -> bool:
    if isinstance(node, (cst.Assign, cst.AnnAssign)):
        return True
    if not (isinstance(node, cst.Call) and isinstance(changed, cst.Call) and len(node.args) == len(changed.args)):
        return False
    put_in = (new for old, new in zip(node.args, changed.args, strict=True) if old is not new)
    return any(isinstance(new.value, cst.Name) and new.value.value == "None" for new in put_in)
