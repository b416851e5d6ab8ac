"""Finds the syntax of a live lambda, verified by compiling it to the same code; or finds nothing."""

from __future__ import annotations

from culpa._frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from types import CodeType, FunctionType

NESTED = 0x10  # CO_NESTED: the one legitimate difference between a lambda compiled here and the live one
FUTURE = 0x1FE0000  # every `from __future__` feature that has a flag


@frozen
class Syntax:
    """The body of a lambda: its text, and its tree with the positions of the source and private names mangled."""

    text: str
    body: ast.expr


# The decorators of one function follow each other, and each rebuilds. Equal code may come from two files.
_recent: dict[tuple[str, CodeType], Syntax | None] = {}
_lines: tuple[object, list[bytes]] = (None, [])  # the lines of one file at most


def syntax_of(function: FunctionType) -> Syntax | None:
    """Return the syntax of a lambda if its text compiles to exactly this code, else None.

    Positions (PEP 657) give the text and equality of code decides: a stale file, two lambdas in one line or another
    tool's import hook can only lead to None, never to another predicate's text.
    """
    key = (function.__code__.co_filename, function.__code__)
    if key not in _recent:
        if len(_recent) >= 32:
            _recent.clear()
        _recent[key] = _verified(function)
    return _recent[key]


def _verified(function: FunctionType) -> Syntax | None:
    import ast

    code = function.__code__
    span = _span(code)
    if code.co_name != "<lambda>" or span is None:
        return None
    found = _balanced(_source(code.co_filename, function.__globals__), *span)
    if found is None or not _is_same(found[0], function):
        return None
    text, line, column = found
    tree = ast.parse(f"({text}\n)", mode="eval").body
    _move(tree, line - 1, column - 1, _enclosing_class(code))
    return Syntax(text if "\n" not in text else ast.unparse(tree), tree)


def _span(code: CodeType) -> tuple[int, int, int, int] | None:
    """Return the first and the last line and column of the instructions; the first one, RESUME, has no width."""
    at = [p for p in code.co_positions() if None not in p and (p[0], p[2]) != (p[1], p[3])]
    if not at:
        return None
    start = min((p[0] or 0, p[2] or 0) for p in at)
    return *start, *max((p[1] or 0, p[3] or 0) for p in at)


def _source(file: str, namespace: dict[str, object]) -> list[bytes]:
    global _lines
    import linecache
    import os

    try:
        facts = os.stat(file)
        key: object = (file, facts.st_mtime_ns, facts.st_size)
    except (OSError, ValueError):
        key = None
    if key is None or _lines[0] != key:
        known = file in linecache.cache
        linecache.checkcache(file)
        _lines = key, [line.encode() for line in linecache.getlines(file, namespace)]
        if not known:
            linecache.cache.pop(file, None)  # so that a checked module costs no copy of its source
    return _lines[1]


def _balanced(lines: list[bytes], line: int, column: int, last: int, end: int) -> tuple[str, int, int] | None:
    """Return the text of the span with the parentheses that no instruction covers, and where it starts."""
    if last > len(lines):
        return None
    text = b"".join(lines[line - 1 : last])
    stop = len(text) - len(lines[last - 1]) + end
    depth = lowest = 0
    for byte in text[column:stop]:
        depth += (byte == 0x28) - (byte == 0x29)
        lowest = min(lowest, depth)
    while lowest < 0 and column > 0:
        column -= 1
        lowest += text[column] == 0x28
        depth += text[column] == 0x28
    while depth > 0 and stop < len(text):
        depth -= text[stop] == 0x29
        stop += 1
    return text[column:stop].decode(errors="replace"), line, column


def _is_same(text: str, function: FunctionType) -> bool:
    """Compile `text` as the lambda in its context, and compare with the live code."""
    code = function.__code__
    live = _bare(code)
    modules = [name for name in code.co_names if type(function.__globals__.get(name)).__name__ == "module"]
    # Since 3.12 the compiler emits other calls for names that the module imports.
    for imported in (modules, [], [name for name in code.co_names if name.isidentifier()]):
        top = _compiled(_in_context(text, code, imported), code.co_flags & FUTURE)
        if top is None:
            return False
        if _bare(_innermost(top)) == live:
            return True
    return False


def _compiled(text: str, flags: int) -> CodeType | None:
    from contextlib import nullcontext
    from warnings import catch_warnings

    # What the author was warned of once is not said again; elsewhere the filters, which are everybody's, stay alone.
    may_warn = "\\" in text or " is " in text
    with catch_warnings(action="ignore") if may_warn else nullcontext():
        try:
            return compile(text, "", "exec", flags, True)
        except (SyntaxError, ValueError):
            return None


def _in_context(text: str, code: CodeType, imported: list[str]) -> str:
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
    if holder is not None:
        outside = "" if holder in code.co_freevars else f" global {holder}\n"
        body = f"{outside} class {holder}:\n  {body}"
    free = [name for name in code.co_freevars if name != "__class__"]
    return f"{''.join(f'import {name}{chr(10)}' for name in imported)}def _({', '.join(free)}):\n {body.lstrip()}"


def _enclosing_class(code: CodeType) -> str | None:
    holder = code.co_qualname.rpartition(".")[0].rpartition(".")[2]
    return holder if holder.isidentifier() else None


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


def _move(tree: ast.expr, lines: int, columns: int, holder: str | None) -> None:
    """Shift positions to those of the source, and mangle private names as the enclosing class would."""
    import ast

    prefix = f"_{holder.lstrip('_')}" if holder and holder.strip("_") else ""
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.arg | ast.keyword):
            if node.lineno == 1:
                node.col_offset += columns
            if node.end_lineno == 1 and node.end_col_offset is not None:
                node.end_col_offset += columns
            node.lineno += lines
            node.end_lineno = (node.end_lineno or node.lineno) + lines
        for field in ("id", "attr", "arg"):
            name = getattr(node, field, None)
            if prefix and isinstance(name, str) and name.startswith("__") and not name.endswith("__"):
                setattr(node, field, prefix + name)
