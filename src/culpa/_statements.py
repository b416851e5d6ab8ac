"""Builds the pieces of check statements: constants, locals, positions, the evaluation of a predicate."""

from __future__ import annotations

import ast

from culpa._frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from culpa._model import Clause

    Node = TypeVar("Node", bound=ast.AST)

VALUE, FALSE, BODY = ".value", ".false", ".body"
POSITION = ("lineno", "col_offset", "end_lineno", "end_col_offset")
RESULT = ".result"
"""The local that keeps the result for the postconditions. No user can name a local with a dot."""


@frozen
class Objects:
    """Objects that the code calls, by the names of the free variables that will hold them.

    They stand in cells, not among the constants: the garbage collector does not look into code, so that a constant
    which leads back to its function, as through the globals of a module, would never die. A call copies each of them
    (1-3 ns), so there are few: what is needed only where a check fails is an attribute of the boundary.
    """

    held: dict[str, object]

    def put(self, name: str, value: object) -> ast.expr:
        """Return a read of the free variable that holds `value`."""
        self.held[name] = value
        return local(name)


@frozen
class Predicate:
    """A clause ready to be emitted: the expression of its predicate and the objects that it calls.

    `is_marked`: it is no leaf, so the thread is marked while it is evaluated. `is_judged`: its value is looked at once
    more, for it may be an awaitable, which would count as true.
    """

    clause: Clause
    value: ast.expr
    is_inlined: bool
    is_marked: bool
    is_judged: bool
    failure: ast.expr
    boundary: ast.expr
    is_async: bool = False


def call(target: ast.expr, method: str, *arguments: ast.expr) -> ast.Call:
    """Return a call of a method."""
    return ast.Call(ast.Attribute(target, method, ast.Load()), list(arguments), [])


def local(name: str) -> ast.Name:
    """Return a read of a local."""
    return ast.Name(name, ast.Load())


def line_of(line: int) -> ast.expr:
    """Return a line as a place, without columns: a traceback shows the line, and marks nothing in it."""
    return ast.Constant(None, lineno=line, col_offset=-1, end_lineno=line, end_col_offset=-1)


def at(node: Node, place: ast.expr) -> Node:
    """Return `node` with the position of `place` down to where a part has one, and its parts with it."""
    known = vars(place)
    _put(node, {name: known[name] for name in POSITION})
    return node


def _put(node: ast.AST, position: dict[str, Any]) -> None:
    """Set positions (`ast.walk` with `ast.copy_location` takes ten times as long, half of what decoration costs)."""
    fields = vars(node)
    if "lineno" in fields:
        return
    for value in fields.values():
        if isinstance(value, ast.AST):
            _put(value, position)
        elif isinstance(value, list):
            parts: list[object] = [*value]
            for part in parts:
                if isinstance(part, ast.AST):
                    _put(part, position)
    if node._attributes:
        fields.update(position)


def assign(target: ast.Name, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Name(target.id, ast.Store())], value)


def unless(predicate: Predicate) -> list[ast.stmt]:
    """`if not <predicate>: raise failure.broken()`."""
    failure = predicate.failure
    if not predicate.is_judged:
        broken = ast.Raise(call(failure, "broken"))
        return [at(ast.If(ast.UnaryOp(ast.Not(), predicate.value), [broken], []), predicate.value)]
    untrue = ast.BoolOp(ast.Or(), [_is_false(predicate), call(failure, "awaits", local(VALUE))])
    broken = ast.Raise(call(failure, "broken", local(VALUE)))
    return evaluated(predicate, [ast.If(is_not_true(), [ast.If(untrue, [broken], [])], [])])


def when(predicate: Predicate, then: list[ast.stmt], otherwise: list[ast.stmt]) -> list[ast.stmt]:
    """Evaluate the predicate, then do one thing or the other; `otherwise` names its failure, as a check does."""
    if not predicate.is_judged:
        return [at(ast.If(predicate.value, then, otherwise), predicate.value)]
    awaits = ast.BoolOp(ast.And(), [is_not_true(), call(predicate.failure, "awaits", local(VALUE))])
    broken = ast.Raise(call(predicate.failure, "broken", local(VALUE)))
    return evaluated(predicate, [ast.If(awaits, [broken], []), ast.If(_is_false(predicate), otherwise, then)])


def evaluated(predicate: Predicate, then: list[ast.stmt]) -> list[ast.stmt]:
    """Evaluate into `.value`, then go on; a predicate that is no leaf only if none is being evaluated already.

    The thread's mark stands inline: the same in two calls of the library costs twice as much. To ask for the truth of
    what the predicate gave may call somebody's code as well.
    """
    evaluate = assign(local(VALUE), predicate.value)
    if not predicate.is_marked:
        return [at(statement, predicate.value) for statement in (evaluate, *then)]
    marks = ast.Attribute(predicate.boundary, "marks", ast.Load())
    thread = local(".thread")
    mark = ast.Assign([ast.Subscript(marks, thread, ast.Store())], ast.Constant(None))
    # Not `del`: with greenlets, which share a thread, another may have taken the mark away.
    unmark = ast.Expr(call(marks, "pop", thread, ast.Constant(None)))
    decide = ast.BoolOp(ast.And(), [is_not_true(), ast.UnaryOp(ast.Not(), local(VALUE))])
    guarded = ast.Try([evaluate, assign(local(FALSE), decide)], [], [], [unmark])
    unmarked = ast.Compare(thread, [ast.NotIn()], [marks])
    is_idle = ast.BoolOp(ast.Or(), [unmarked, call(predicate.boundary, "is_idle")])
    read = assign(thread, call(predicate.boundary, "thread"))
    return [at(statement, predicate.value) for statement in (read, ast.If(is_idle, [mark, guarded, *then], []))]


def _is_false(predicate: Predicate) -> ast.expr:
    return local(FALSE) if predicate.is_marked else ast.UnaryOp(ast.Not(), local(VALUE))


def is_not_true() -> ast.Compare:
    return ast.Compare(local(VALUE), [ast.IsNot()], [ast.Constant(True)])
