"""Finds the syntax of a live lambda, verified by compiling it to the same code; or finds nothing."""

from __future__ import annotations

import sys

from culpa._frozen import frozen
from culpa._position import instructions

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from types import CodeType, FunctionType
    from typing import Any

NESTED = 0x10  # CO_NESTED: the one legitimate difference between a lambda compiled here and the live one
FUTURE = 0x1FE0000  # every `from __future__` feature that has a flag
ONLY_SYNTAX = 0x400  # `ast.PyCF_ONLY_AST`
METHOD_BIT = sys.version_info >= (3, 12)  # a method call is LOAD_ATTR with its lowest bit set; before, LOAD_METHOD
OPEN, CLOSE = b"()"
COMPREHENSIONS = ("GeneratorExp", "ListComp", "SetComp", "DictComp")
UNMOVABLE = ("NamedExpr", "Await", "Yield", "YieldFrom")


@frozen
class Syntax:
    """The body of a lambda: its text, and its tree with the positions of the source and private names mangled.

    `names` are all variables in it, `nested` those in scopes of their own (the first iterable of a comprehension is
    evaluated outside of it). One that is not movable means something else elsewhere: it binds a name, or awaits.
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
    if span[2] > len(lines):
        return None
    # Parentheses in a string or a comment mislead the first; then the instructions' own span may do.
    for widen in (True, False):
        text, line, column = _text(lines, *span, widen=widen)
        if _is_same(text, code):
            return _syntax(text, line, column, code)
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
    return None if first is None else (*first, *last)


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


def _text(lines: list[bytes], line: int, column: int, last: int, end: int, *, widen: bool) -> tuple[str, int, int]:
    """Return the text of the span, widened by the parentheses that no instruction covers, and where it starts."""
    text = b"".join(lines[line - 1 : last])
    stop = len(text) - len(lines[last - 1]) + end
    depth = lowest = 0
    for byte in text[column:stop] if widen else b"":
        depth += (byte == OPEN) - (byte == CLOSE)
        lowest = min(lowest, depth)
    while lowest < 0 and column > 0:
        column -= 1
        lowest += text[column] == OPEN
        depth += text[column] == OPEN
    while depth > 0 and stop < len(text):
        depth -= text[stop] == CLOSE
        stop += 1
    return text[column:stop].decode(errors="replace"), line, column


def _is_same(text: str, code: CodeType) -> bool:
    """Compile `text` as the lambda in its context, and compare with the live code."""
    top = _compiled(_in_context(text, code), "exec", code.co_flags & FUTURE)
    return top is not None and _bare(_innermost(top)) == _bare(code)


def _compiled(text: str, mode: str, flags: int) -> CodeType | None:
    """Return what `text` compiles to (the tree, if the flags ask for it), None if that is nothing."""
    from contextlib import nullcontext
    from warnings import catch_warnings

    # What the author was warned of once is not said again; elsewhere the filters, which are everybody's, stay alone.
    may_warn = "\\" in text or " is " in text
    with catch_warnings(action="ignore") if may_warn else nullcontext():
        try:
            code: CodeType = compile(text, "", mode, flags, True)
        except (SyntaxError, ValueError):
            return None
        return code


def _in_context(text: str, code: CodeType) -> str:
    names = code.co_varnames
    positional, keyword = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    only = code.co_posonlyargcount
    star = bool(code.co_flags & 4)
    parameters = [*names[:only], *(["/"] if only else []), *names[only:positional]]
    parameters += [f"*{names[keyword]}"] if star else ["*"] * (keyword > positional)
    parameters += names[positional:keyword]
    parameters += [f"**{names[keyword + star]}"] if code.co_flags & 8 else []
    body = f"(lambda {', '.join(parameters)}: ({text}\n))"
    holder = _enclosing_class(code)
    if holder is not None and ("__" in text or "__class__" in code.co_freevars):
        outside = "" if holder in code.co_freevars else f" global {holder}\n"
        body = f"{outside} class {holder}:\n  {body}"
    free = [name for name in code.co_freevars if name != "__class__"]
    imports = "".join(f"import {name}\n" for name in sorted(_imported(code))) if "." in text else ""
    return f"{imports}def _({', '.join(free)}):\n {body.lstrip()}"


def _imported(code: CodeType) -> set[str]:
    """Return variables that the module may import: for attributes of these, the compiler emits no method calls."""
    plain: set[str] = set()
    called: set[str] = set()
    codes = [code]
    for each in codes:
        variable = ""
        for _, name, argument in instructions(each):
            is_method = name == "LOAD_METHOD" or (METHOD_BIT and argument & 1)
            if name in ("LOAD_METHOD", "LOAD_ATTR"):
                (called if is_method else plain).add(variable)
            variable = _variable(each, name, argument)
        codes += [value for value in each.co_consts if isinstance(value, type(code))]
    return plain - called - {""}


def _variable(code: CodeType, name: str, argument: int) -> str:
    """Return the variable that an instruction loads last, "" if it loads none."""
    if name == "LOAD_GLOBAL":
        return code.co_names[argument >> 1]
    if not name.startswith("LOAD_") or ("FAST" not in name and "DEREF" not in name):
        return ""
    cells = (cell for cell in code.co_cellvars if cell not in code.co_varnames)
    number = argument & 15 if name == "LOAD_FAST_LOAD_FAST" else argument  # 3.13: two at once
    return (*code.co_varnames, *cells, *code.co_freevars)[number]


def _enclosing_class(code: CodeType) -> str | None:
    """Return the class in whose body, or in whose method, the lambda stands: it mangles private names."""
    scopes = [scope.split(".")[:-1] for scope in code.co_qualname.split(".<locals>.")]
    classes = [name for scope in scopes for name in scope if name.isidentifier()]  # no <listcomp>
    return classes[-1] if classes else None


def _innermost(code: CodeType) -> CodeType:
    """Return the lambda: the last code object that each level of the context defines."""
    while code.co_name != "<lambda>":
        code = next(value for value in reversed(code.co_consts) if isinstance(value, type(code)))
    return code


def _bare(code: CodeType) -> CodeType:
    constants = tuple(_bare(value) if isinstance(value, type(code)) else value for value in code.co_consts)
    return code.replace(
        co_filename="",
        co_qualname="",
        co_firstlineno=1,
        co_linetable=b"",
        co_flags=code.co_flags & ~NESTED,
        co_consts=constants,
    )


def _syntax(text: str, line: int, column: int, code: CodeType) -> Syntax:
    import ast

    flags = ONLY_SYNTAX | code.co_flags & FUTURE
    tree: Any = _compiled(f"({text}\n)", "eval", flags)
    has_strings = "'" in text or '"' in text  # in which parentheses are counted, too
    is_whole = "\n" not in text and not (has_strings and _compiled(text, "eval", flags) is None)
    survey = _Survey(line - 1, column - 1, _enclosing_class(code))
    survey.visit(tree.body, False)
    shown = text if is_whole else ast.unparse(tree.body)
    return Syntax(shown, tree.body, frozenset(survey.names), frozenset(survey.nested), survey.is_movable)


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

    def visit(self, node: ast.AST, is_nested: bool) -> None:
        fields = vars(node)
        if "lineno" in fields:
            self.move(fields)
        if self.prefix:
            self.mangle(fields)
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
            for part in value if isinstance(value, list) else (value,):
                if isinstance(part, self.node):
                    self.visit(part, is_nested)

    def move(self, fields: dict[str, Any]) -> None:
        if fields["lineno"] == 1:
            fields["col_offset"] += self.columns
        if fields["end_lineno"] == 1:
            fields["end_col_offset"] += self.columns
        fields["lineno"] += self.lines
        fields["end_lineno"] += self.lines

    def mangle(self, fields: dict[str, Any]) -> None:
        for field in ("id", "attr", "arg"):
            name = fields.get(field)
            if isinstance(name, str) and name.startswith("__") and not name.endswith("__"):
                fields[field] = self.prefix + name
