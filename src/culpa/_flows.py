"""Runs a coroutine or a generator on behalf of its caller: what is sent, thrown, closed and returned goes through."""

from __future__ import annotations

import ast

from culpa._frozen import frozen
from culpa._statements import RESULT, local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ITEM, SENT = ".item", ".sent"

# PEP 380's `yield from`, written out, so that checks may stand where a generator is suspended and resumed; one that
# fails closes it. Nothing is asked of the generator ahead, and nothing is kept back. `GeneratorExit` is thrown in as
# any other exception, so that what the generator makes of it is seen (`yield from` closes it, and goes on). The names
# become locals that begin with a dot.
GENERATOR = """
_gen = BODY
_send, _sent, _thrown = _gen.send, None, []
while True:
    try:
        _item = _gen.throw(_thrown.pop()) if _thrown else _send(_sent)
    except StopIteration as _stop:
        _result = _stop.value
        break
    try:
        SUSPENDED
    except:
        _gen.close()
        raise
    try:
        _sent = yield _item
    except BaseException as _error:
        _sent = None
        _thrown.append(_error)  # and taken out again: a frame that holds its exception would be a cycle
        continue
    try:
        if _sent is not None:
            GIVEN
        RESUMED
    except:
        _gen.close()
        raise
"""
ASYNC_GENERATOR = (
    GENERATOR.replace("_gen.throw(_thrown.pop()) if _thrown else _send(_sent)", "await NEXT")
    .replace("NEXT", "(_gen.athrow(_thrown.pop()) if _thrown else _send(_sent))")
    .replace("_gen.send, None", "BEGUN, None")
    .replace("    try:\n        SUSPENDED", "    _send = _gen.asend\n    try:\n        SUSPENDED")
    .replace("StopIteration as _stop", "StopAsyncIteration")
    .replace("_stop.value", "None")
    .replace("_gen.close()", "await _gen.aclose()")
)


@frozen
class Pauses:
    """The checks of a generator where it is suspended, where it is given a value, and where it is resumed.

    One that is resumed by an exception is not checked: it has to clean up.
    """

    suspended: list[ast.stmt]
    given: list[ast.stmt]
    resumed: list[ast.stmt]


NONE = Pauses([], [], [])


def run(call: ast.Call, flow: str, pauses: Pauses, contract: ast.expr) -> list[ast.stmt]:
    """Return the statements that run the routine to its end, and keep its result."""
    value: ast.expr = call
    if flow == "coroutine":
        value = ast.Await(call)
    elif flow != "plain":
        begun = ast.Call(ast.Attribute(contract, "begun", ast.Load()), [local(".gen")], [])
        return _expanded(GENERATOR if flow == "generator" else ASYNC_GENERATOR, {"BODY": call, "BEGUN": begun}, pauses)
    return [ast.Assign([ast.Name(RESULT, ast.Store())], value)]


def returned(flow: str) -> ast.stmt:
    """Return the statement that gives the result to the caller; an async generator has none."""
    return ast.Return(None if flow == "async generator" else local(RESULT))


def _expanded(template: str, calls: dict[str, ast.Call], pauses: Pauses) -> list[ast.stmt]:
    holes = {"SUSPENDED": pauses.suspended, "GIVEN": pauses.given, "RESUMED": pauses.resumed}
    tree: Any = ast.parse(template)
    return [_filled(statement, calls, holes) for statement in tree.body]


def _is_hole(statement: Any, holes: dict[str, list[ast.stmt]]) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Name) and statement.value.id in holes


def _filled(node: Any, calls: dict[str, ast.Call], holes: dict[str, list[ast.stmt]]) -> Any:
    """Return a part of a template without positions, with the checks in its holes and its names made unspeakable."""
    if isinstance(node, ast.Name) and node.id in calls:
        return calls[node.id]
    for field, value in list(vars(node).items()):
        if field in node._attributes:
            delattr(node, field)
        elif isinstance(value, list):
            parts: list[Any] = []
            whole: list[Any] = [*value]
            for part in whole:
                if _is_hole(part, holes):
                    parts += holes[part.value.id] or [ast.Pass()]
                else:
                    parts.append(_filled(part, calls, holes) if isinstance(part, ast.AST) else part)
            setattr(node, field, parts)
        elif isinstance(value, ast.AST):
            setattr(node, field, _filled(value, calls, holes))
        elif isinstance(value, str) and field in ("id", "name") and value.startswith("_"):
            setattr(node, field, f".{value[1:]}")
    return node
