"""Compiles a text as the lambda that it may be the body of, in the same context, and compares it with the live code."""

from __future__ import annotations

import sys

from culpa._position import instructions

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from types import CodeType
    from typing import Any

NESTED = 0x10  # CO_NESTED: the one legitimate difference between a lambda compiled here and the live one
FUTURE = 0x1FE0000  # every `from __future__` feature that has a flag
ONLY_SYNTAX = 0x400  # `ast.PyCF_ONLY_AST`
METHOD_BIT = sys.version_info >= (3, 12)  # a method call is LOAD_ATTR with its lowest bit set; before, LOAD_METHOD


def expression(text: str, code: CodeType) -> ast.expr | None:
    """Return the tree of a text as it would be in parentheses, None if it is no expression.

    It stands in brackets: a text that closes a parenthesis too much, and so could leave the lambda in which it is
    compiled, does not fit in.
    """
    tree: Any = _compiled(f"_[{text}\n]", "eval", ONLY_SYNTAX | code.co_flags & FUTURE)
    body: ast.expr | None = None if tree is None else tree.body.slice
    return body


def is_same_lambda(text: str, code: CodeType) -> bool:
    """Compile `text` as the lambda in its context, and compare with the live code."""
    top = _compiled(_in_context(text, code), "exec", code.co_flags & FUTURE)
    return top is not None and _bare(_innermost(top)) == _bare(code)


def enclosing_class(code: CodeType) -> str | None:
    """Return the class in whose body, or in whose method, the lambda stands: it mangles private names."""
    scopes = [scope.split(".")[:-1] for scope in code.co_qualname.split(".<locals>.")]
    classes = [name for scope in scopes for name in scope if name.isidentifier()]  # no <listcomp>
    return classes[-1] if classes else None


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
    holder = enclosing_class(code)
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
    if "LOAD_FAST" not in name and "LOAD_DEREF" not in name:
        return ""
    cells = (cell for cell in code.co_cellvars if cell not in code.co_varnames)
    number = argument & 15 if name.endswith("_FAST_LOAD_FAST") else argument  # 3.13: two at once
    return (*code.co_varnames, *cells, *code.co_freevars)[number]


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
