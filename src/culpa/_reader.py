"""Reads the declarations in one parsed file, names resolved, without importing anything."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from culpa._scopes import Binding, Scope, survey
from culpa._words import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE_ENDS = re.compile("\r\n|\r|\n")
_KINDS = {f"culpa.{kind}": kind for kind in WORDS}


@dataclass(frozen=True, slots=True)
class Declaration:
    """One use of a declaration; its span is that of the decorator's expression, or of the `check` call.

    Lines count from 1 and columns from 0, in characters, as in a `Site`.
    """

    kind: str
    function: str
    text: str
    message: str | None
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class _Made:
    """The call that makes a declaration, and the scope in which its names are looked up."""

    kind: str
    call: ast.Call
    scope: Scope


@dataclass(frozen=True, slots=True)
class _Factory:
    """A function whose one statement returns a declaration."""

    made: _Made


# What an expression means to the reader: a dotted name of culpa, a declaration, a factory of them, a class.
_Meaning = str | _Made | _Factory | Scope | None
_Seen = frozenset[tuple[int, str]]


def declarations(tree: ast.Module, source: str) -> list[Declaration]:
    """Return the declarations in `tree`, parsed from `source`, in the order in which they stand.

    A name counts only if each of its bindings in its scope is a declaration, as Python looks names up.
    """
    text = _Text(source)
    found = survey(tree)
    declared: list[Declaration] = []
    for decorator, scope, target in found.decorators:
        made = _meaning(decorator, scope)
        if isinstance(made, _Made):
            declared.append(_declaration(made, target, decorator, text))
    for call, scope in found.statements:
        if _meaning(call.func, scope) == "culpa.check":
            declared.append(_declaration(_Made("check", call, scope), scope.qualname or "<module>", call, text))
    return sorted(declared, key=lambda each: (each.line, each.column))


def _declaration(made: _Made, function: str, span: ast.expr, text: _Text) -> Declaration:
    message = made.call.args[1] if len(made.call.args) > 1 else None
    literal = message.value if isinstance(message, ast.Constant) and isinstance(message.value, str) else None
    start = text.place(span.lineno, span.col_offset)
    end = text.place(span.end_lineno or span.lineno, span.end_col_offset or span.col_offset)
    return Declaration(made.kind, function, text.of(made), literal, *start, *end)


def _meaning(node: ast.AST, scope: Scope, seen: _Seen = frozenset()) -> _Meaning:
    if isinstance(node, ast.Call):
        return _called(node, scope, seen)
    members: list[str] = []
    while isinstance(node, ast.Attribute):
        members.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    meaning = _named(node.id, node.lineno, scope, seen)
    while members:
        meaning = _member(meaning, members.pop(), seen)
    return meaning


def _called(call: ast.Call, scope: Scope, seen: _Seen) -> _Meaning:
    if isinstance(call.func, ast.Call):
        return None
    function = _meaning(call.func, scope, seen)
    if isinstance(function, _Factory):
        return function.made
    if isinstance(function, str) and function in _KINDS and function != "culpa.check":
        return _Made(_KINDS[function], call, scope)
    return None


def _named(name: str, line: int, scope: Scope, seen: _Seen) -> _Meaning:
    home = scope.owner(name)
    if home is None:
        return _dotted(f"culpa.{name}") if "culpa" in scope.root().stars else None
    return _bound(name, line, home, seen)


def _member(meaning: _Meaning, name: str, seen: _Seen) -> _Meaning:
    if isinstance(meaning, Scope):
        return _bound(name, 0, meaning, seen)
    return _dotted(f"culpa.{name}") if meaning == "culpa" else None


def _bound(name: str, line: int, home: Scope, seen: _Seen) -> _Meaning:
    """Return what `name` means by the binding last above `line`, or None if any of its bindings is no declaration."""
    bindings, key = home.bindings.get(name, ()), (id(home), name)
    if key in seen or not bindings:
        return None
    meanings = [_value(binding, seen | {key}) for binding in bindings]
    if len({type(meaning) for meaning in meanings}) > 1 or (len(meanings) > 1 and isinstance(meanings[0], Scope)):
        return None
    above = [meaning for meaning, binding in zip(meanings, bindings, strict=True) if binding.line <= line]
    return above[-1] if above else meanings[0]


def _value(binding: Binding, seen: _Seen) -> _Meaning:
    if binding.dotted is not None:
        return _dotted(binding.dotted)
    if isinstance(binding.value, ast.ClassDef):
        return binding.scope
    if isinstance(binding.value, ast.FunctionDef):
        return _factory(binding.value, binding.scope, seen)
    return None if binding.value is None else _meaning(binding.value, binding.scope, seen)


def _factory(function: ast.FunctionDef, scope: Scope, seen: _Seen) -> _Factory | None:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    match body:
        case [ast.Return(value=ast.expr() as value)] if not function.decorator_list:
            made = _meaning(value, scope, seen)
            return _Factory(made) if isinstance(made, _Made) else None
        case _:
            return None


def _dotted(name: str) -> str | None:
    return name if name == "culpa" or name in _KINDS else None


class _Text:
    """Give the source text of expressions."""

    def __init__(self, source: str) -> None:
        # Not str.splitlines: it also splits at form feeds and U+2028, where Python's lines go on.
        self.lines = _LINE_ENDS.split(source)

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Return a position with its column in characters; `ast` counts the bytes of UTF-8."""
        return line, len(self.lines[line - 1].encode()[:column].decode())

    def of(self, made: _Made) -> str:
        """Return what a declaration says: a predicate, the captures, the exceptions, or a callback's clauses."""
        arguments, keywords = made.call.args, made.call.keywords
        if made.kind == "raises":
            exceptions = ", ".join(map(self.source, arguments)) or "nothing"
            return " when ".join([exceptions, *(self.predicate(word.value) for word in keywords)])
        if made.kind == "snapshot":
            return ", ".join(f"{f'{word.arg}=' if word.arg else '**'}{self.predicate(word.value)}" for word in keywords)
        if made.kind == "callback":
            return self.callback(arguments, made.scope)
        return self.predicate(arguments[0]) if arguments else ""

    def callback(self, arguments: Sequence[ast.expr], scope: Scope) -> str:
        inner = [(_meaning(argument, scope), argument) for argument in arguments[1:]]
        clauses = [
            f"{made.kind} {self.of(made)}" if isinstance(made, _Made) else self.source(argument)
            for made, argument in inner
        ]
        name = [self.source(argument) for argument in arguments[:1]]
        return ": ".join([*name, ", ".join(clauses)])

    def predicate(self, node: ast.expr) -> str:
        return self.source(node.body if isinstance(node, ast.Lambda) else node)

    def source(self, node: ast.expr) -> str:
        """Return the text of `node` as written; what stands on several lines is put on one, without comments."""
        if node.end_lineno != node.lineno:
            return ast.unparse(node)
        line = self.lines[node.lineno - 1].encode()
        return line[node.col_offset : node.end_col_offset].decode()
