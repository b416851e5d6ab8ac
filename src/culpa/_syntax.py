"""Finds the syntax of a live lambda, verified by compiling it to the same code; or finds nothing."""

from __future__ import annotations

from culpa._frozen import frozen
from culpa._recompile import enclosing_class, expression, is_same_lambda

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator
    from types import CodeType, FunctionType
    from typing import Any

OPEN, CLOSE = b"()"
STRING_OR_COMMENT = rb"#[^\n]*|'''(?:\\.|.)*?'''|\"\"\"(?:\\.|.)*?\"\"\"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\""
AROUND = 5  # lines before and behind the instructions, where parentheses are looked for
DEEPEST = 100  # nesting of a tree, which several functions walk down
COMPREHENSIONS = ("GeneratorExp", "ListComp", "SetComp", "DictComp")
PRIVATE = ("id", "attr", "arg")  # the fields in which a class mangles names
UNMOVABLE = ("NamedExpr", "Await", "Yield", "YieldFrom")


@frozen
class Syntax:
    """The body of a lambda: its text, and its tree with the positions of the source and private names mangled.

    `names` are all variables in it, `nested` those in scopes of their own (the first iterable of a comprehension is
    evaluated outside of it). One that is not movable means something else elsewhere: it binds a name, or awaits, or
    its truth is a constant's, so that the compiler drops one way out of an `if`.
    """

    text: str
    body: ast.expr
    names: frozenset[str]
    nested: frozenset[str]
    is_movable: bool


# The decorators of one function follow each other, and each rebuilds. Equal code may come from two files.
_recent: dict[tuple[str, CodeType], Syntax | None] = {}
RECENT = 32
_lines: dict[object, list[bytes]] = {}  # of one file at most, by its name, time and size


def syntax_of(function: FunctionType) -> Syntax | None:
    """Return the syntax of a lambda if its text compiles to exactly this code, else None.

    Positions (PEP 657) give the text and equality of code decides: a stale file, two lambdas in one line or another
    tool's import hook can only lead to None, never to another predicate's text.
    """
    key = (function.__code__.co_filename, function.__code__)
    if key not in _recent:
        if len(_recent) >= RECENT:
            _recent.clear()
        _recent[key] = _verified(function)
    return _recent[key]


def _verified(function: FunctionType) -> Syntax | None:
    code = function.__code__
    span = _span(code)
    if code.co_name != "<lambda>" or span is None:
        return None
    lines = _source(code.co_filename, function.__globals__)
    for text, line, column in _texts(lines, *span):
        body = expression(text, code)
        if body is not None and is_same_lambda(text, code):
            try:
                return _syntax(text, line, column, body, enclosing_class(code))
            except RecursionError:
                return None
    return None


def _span(code: CodeType) -> tuple[int, int, int, int] | None:
    """Return the first and the last line and column of the instructions; the first one, RESUME, has no width."""
    first: tuple[int, int] | None = None
    last = (0, 0)
    for line, end_line, column, end_column in set(code.co_positions()):
        if line is None or end_line is None or column is None or end_column is None:
            continue
        start, end = (line, column), (end_line, end_column)
        if start != end:
            first = start if first is None or start < first else first
            last = max(end, last)
    return None if first is None else (first[0], first[1], last[0], last[1])


def _source(file: str, namespace: dict[str, object]) -> list[bytes]:
    import linecache
    import os

    try:
        facts = os.stat(file)
        key: object = (file, facts.st_mtime_ns, facts.st_size)
    except (OSError, ValueError):
        key = None
    if key not in _lines:
        known = file in linecache.cache
        linecache.checkcache(file)
        _lines.clear()
        _lines[key] = [line.encode() for line in linecache.getlines(file, namespace)]
        if not known:
            linecache.cache.pop(file, None)  # so that a checked module costs no copy of its source
    return _lines[key] if key is not None else _lines.pop(key)


def _texts(lines: list[bytes], line: int, column: int, last: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Give the texts that the span may mean, and where each starts: with the parentheses that no instruction covers.

    Before a comparison there may be a `not` that was compiled into it: `not x in y`. Parentheses in a nested f-string
    mislead the first two: then the instructions' own span may do.
    """
    if last > len(lines):
        return
    first = max(line - AROUND, 1)
    text = b"".join(lines[first - 1 : last + AROUND])
    start = sum(map(len, lines[first - 1 : line - 1])) + column
    stop = sum(map(len, lines[first - 1 : last - 1])) + end
    counted = text[:start] + _blanked(text[start:])
    spans = [_widened(counted, start, stop), (start, stop)]
    before = text[:start].rstrip(b" \t(")
    if before.endswith(b"not"):
        spans.insert(1, _widened(counted, len(before) - len(b"not"), stop))
    for begin, until in spans:
        line_start = text.rfind(b"\n", 0, begin) + 1
        yield text[begin:until].decode(errors="replace"), first + text.count(b"\n", 0, begin), begin - line_start


def _widened(text: bytes, start: int, stop: int) -> tuple[int, int]:
    """Return a span with as many parentheses around it as it lacks."""
    depth = lowest = 0
    for byte in text[start:stop]:
        depth += (byte == OPEN) - (byte == CLOSE)
        lowest = min(lowest, depth)
    while lowest < 0 and start > 0:
        start -= 1
        lowest += text[start] == OPEN
        depth += text[start] == OPEN
    while depth > 0 and stop < len(text):
        depth -= text[stop] == CLOSE
        stop += 1
    return start, stop


def _blanked(text: bytes) -> bytes:
    """Return the text with strings and comments blanked out: their parentheses do not count."""
    if not (b"'" in text or b'"' in text or b"#" in text):
        return text
    import re

    return re.sub(STRING_OR_COMMENT, lambda found: b" " * len(found[0]), text, flags=re.DOTALL)


def _syntax(text: str, line: int, column: int, body: ast.expr, holder: str | None) -> Syntax:
    from ast import unparse

    # On many lines, or a walrus, it would be no expression without what stands around it.
    shown = unparse(body) if "\n" in text or type(body).__name__ == "NamedExpr" else text
    survey = _Survey(line - 1, column - len("_["), holder)
    survey.visit(body, False, 0)
    is_movable = survey.is_movable and len(_truths(body)) == len((True, False))
    return Syntax(shown, body, frozenset(survey.names), frozenset(survey.nested), is_movable)


def _truths(node: ast.AST) -> set[bool]:
    """Return what the truth of an expression may be, as far as a compiler may know it."""
    from ast import AST, Name, walk

    fields = vars(node)
    kind = type(node).__name__
    parts = [_truths(part) for part in fields.get("values", ()) if isinstance(part, AST) and kind == "BoolOp"]
    if kind == "Constant":
        return {bool(fields["value"])}
    if kind == "UnaryOp" and type(fields["op"]).__name__ == "Not":
        return {not truth for truth in _truths(fields["operand"])}
    if kind == "IfExp":
        return _truths(fields["body"]) | _truths(fields["orelse"])
    if parts:
        is_and = type(fields["op"]).__name__ == "And"  # each must be able to leave it to the next
        return set[bool]().union(*parts) if all(is_and in part for part in parts) else {not is_and}
    is_known = not any(isinstance(part, Name) and part.id != "__debug__" for part in walk(node))
    return set() if is_known else {True, False}


class _Survey:
    """A walk over a tree: positions are shifted to those of the source, private names mangled, facts collected."""

    def __init__(self, lines: int, columns: int, holder: str | None) -> None:
        from ast import AST

        self.node = AST
        self.lines = lines
        self.columns = columns
        self.prefix = f"_{holder.lstrip('_')}" if holder and holder.strip("_") else ""
        self.names: set[str] = set()
        self.nested: set[str] = set()
        self.is_movable = True
        self.outside: dict[int, bool] = {}  # the first iterables of comprehensions: whether they are nested otherwise

    def visit(self, node: ast.AST, is_nested: bool, depth: int) -> None:
        if depth > DEEPEST:
            raise RecursionError
        fields = vars(node)
        self.settle(fields)
        is_nested = self.outside.pop(id(node), is_nested)
        kind = type(node).__name__
        if kind == "Name":
            self.names.add(fields["id"])
            self.nested.update([fields["id"]] if is_nested else [])
        elif kind in COMPREHENSIONS:
            self.outside[id(fields["generators"][0].iter)] = is_nested
        is_nested |= kind in COMPREHENSIONS or kind == "Lambda"
        self.is_movable &= kind not in UNMOVABLE
        for value in fields.values():
            parts: list[Any] = [*value] if isinstance(value, list) else [value]
            for part in parts:
                if isinstance(part, self.node):
                    self.visit(part, is_nested, depth + 1)

    def settle(self, fields: dict[str, Any]) -> None:
        if "lineno" in fields:
            fields["col_offset"] += self.columns if fields["lineno"] == 1 else 0
            fields["end_col_offset"] += self.columns if fields["end_lineno"] == 1 else 0
            fields["lineno"] += self.lines
            fields["end_lineno"] += self.lines
        for field in PRIVATE if self.prefix else ():
            name = fields.get(field)
            if isinstance(name, str) and name.startswith("__") and not name.endswith("__"):
                fields[field] = self.prefix + name
