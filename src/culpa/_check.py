"""Checks a condition inside a body: `check`, the statement."""

from __future__ import annotations

import sys
from itertools import islice

from culpa.errors import CheckError, ContractError, DefectError

FUTURE = 0x1FE0000  # every `from __future__` feature that has a flag
OPTIMIZED = 0x1  # the code of a function, not of a module or of a class body

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType


def check(condition: object, message: str | None = None, /) -> None:
    """State inside a body what must be true there (Eiffel's `check`).

    Blames the function that contains the statement: `CheckError`. A condition without a truth value, and an
    awaitable, is a `DefectError`.

    >>> check(1 + 1 == 2, "arithmetic holds")
    """
    if condition is True:
        return
    from culpa._failure import is_awaitable
    from culpa._link import is_evaluating
    from culpa._raised import NOBODYS

    reason = None
    try:
        if condition and not is_awaitable(condition):
            return
    except NOBODYS:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a truth value raises, the contract is at fault
        reason = error
        BaseException.with_traceback(reason, None)
    frame = sys._getframe(1)
    if is_evaluating(frame):
        return
    try:
        raise _failed(condition, message, reason, frame)
    except ContractError as error:
        error.__traceback__ = None  # the next entry is the line of the statement
        raise


def _failed(condition: object, message: str | None, reason: Exception | None, frame: FrameType) -> ContractError:
    from culpa._blame import site_of
    from culpa._failure import is_awaitable
    from culpa._model import Clause
    from culpa._redact import secret_names
    from culpa._report import AWAITABLE, violation
    from culpa._values import values_of

    code = frame.f_code
    site = site_of(code, frame.f_lasti)
    text = _condition_text(code, frame)
    clause = Clause("check", None, (), message, text, site)
    callee = code.co_qualname.rpartition("<locals>.")[2]
    title = f"{callee}()" if code.co_flags & OPTIMIZED else callee.strip("<>")
    note = "" if message is None or text is None else f"      ({message})"
    promise = text or message or "a condition"
    lookup = {**frame.f_globals, **frame.f_locals}
    function = frame.f_globals.get(code.co_name)
    secrets = secret_names(getattr(function, "__annotations__", {}))
    values = values_of(text, code.co_varnames[: code.co_argcount], lookup, secrets, {})
    if reason is None and not is_awaitable(condition):
        return violation(CheckError, f"{title} checks  {promise}{note}", clause, site, values, callee=callee)
    why = AWAITABLE if reason is None else ("it raised", type(reason).__name__)
    headline = f"a check of {title} is wrong:  {promise}{note}"
    error = violation(DefectError, headline, clause, site, values, callee=callee, lines=[why])
    error.__cause__ = reason
    return error


def _condition_text(code: CodeType, frame: FrameType) -> str | None:
    """Return the text of the first argument of the call that is running, None where it is not at hand."""
    import ast

    line, last, start, end = next(islice(code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    if line is None or last is None or start is None or end is None:
        return None
    lines = [text.encode() for text in _verified_lines(code, frame)[line - 1 : last]]
    if not lines:
        return None
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    call = ast.parse(b"".join(lines).decode(), mode="eval").body
    return ast.unparse(call.args[0]) if isinstance(call, ast.Call) and call.args else None


def _verified_lines(code: CodeType, frame: FrameType) -> list[str]:
    """Return the lines of the source if it compiles to this very code, which says that it was not edited since."""
    import linecache

    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, frame.f_globals)
    try:
        found = [compile("".join(lines), code.co_filename, "exec", code.co_flags & FUTURE, True)]
    except (SyntaxError, ValueError):
        return []
    for compiled in found:
        if compiled == code:
            return lines
        found += [constant for constant in compiled.co_consts if isinstance(constant, type(code))]
    return []
