"""Turns a contract into check statements (`ast`), which do not know where they will stand."""

from __future__ import annotations

import ast
from types import FunctionType

from culpa._frozen import frozen
from culpa._inline import inlined
from culpa._leaf import gives_anything, is_leaf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CellType, CodeType
    from typing import Any, TypeVar

    from culpa._model import Clause, Contract, Routine

    Node = TypeVar("Node", bound=ast.AST)

VALUE = ".value"
POSITION = ("lineno", "col_offset", "end_lineno", "end_col_offset")
RESULT = ".result"
"""The local that keeps the result for the postconditions. No user can name a local with a dot."""


@frozen
class Constants:
    """Objects that the code will hold among its constants, by the placeholder that stands for each in the syntax."""

    objects: dict[str, object]
    titles: dict[str, str]

    def put(self, value: object, title: str) -> ast.expr:
        """Return the constant for `value`; `title` is how `source_of` prints it."""
        placeholder = f"\0culpa{id(value)}\0"
        self.objects[placeholder] = value
        self.titles[placeholder] = title
        return ast.Constant(placeholder)


@frozen
class Checks:
    """The check statements of one contract: `head` before the body, `tail` after it, on the local `.result`."""

    head: list[ast.stmt]
    tail: list[ast.stmt]
    cells: dict[str, CellType]
    predicates: str


@frozen
class Predicate:
    """A clause ready to be emitted: the expression of its predicate and the constants that it calls.

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


def emit(
    contract: Contract, routine: Routine, constants: Constants, boundary: object, failure: Callable[[Clause], object]
) -> Checks:
    """Return the checks of `contract`: preconditions, conditions of `raises`, captures; then postconditions.

    `boundary` and what `failure` makes for each clause are the objects that are called where a check fails.
    """
    cells: dict[str, CellType] = {}
    captures = {clause.name: clause for clause in contract.of_kind("snapshot") if clause.name}

    def ready(clause: Clause) -> Predicate:
        constant = constants.put(failure(clause), f"{clause.kind}_{contract.clauses.index(clause) + 1}")
        value = inlined(clause, routine, cells, captures)
        is_inlined = value is not None
        if value is None:
            value = _called(clause, routine, constant)
        is_marked = clause.predicate is not None and not is_leaf(clause.predicate, routine.name)
        is_judged = is_marked or (clause.predicate is not None and gives_anything(clause.predicate))
        mark = constants.put(boundary, "contract")
        return Predicate(clause, value, is_inlined, is_marked, is_judged, constant, mark)

    ensures = [ready(clause) for clause in contract.of_kind("ensure")]
    kept = [ready(captures[name]) for name in _read_captures(ensures, captures)]
    requires = [ready(clause) for clause in contract.of_kind("require")]
    conditions = [ready(clause) for clause in contract.of_kind("raises") if clause.predicate is not None]
    needs_old = any("old" in p.clause.names and not p.is_inlined for p in ensures)
    head = [statement for predicate in requires for statement in _check(predicate)]
    head += [statement for number, predicate in enumerate(conditions) for statement in _condition(predicate, number)]
    if needs_old:
        make = _assign(local(".old"), call(constants.put(boundary, "contract"), "old"))
        head.append(at(make, line_of(routine.line)))
    head += [_capture(predicate, needs_old, constants) for predicate in kept]
    tail = [statement for predicate in ensures for statement in _check(predicate)]
    return Checks(head, tail, cells, _summary([*requires, *conditions, *kept, *ensures]))


def call(target: ast.expr, method: str, *arguments: ast.expr) -> ast.Call:
    """Return a call of a method: the placeholder of a constant, called itself, would draw a warning."""
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
            parts: list[object] = value
            for part in parts:
                if isinstance(part, ast.AST):
                    _put(part, position)
    if node._attributes:
        fields.update(position)


def _assign(target: ast.Name, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Name(target.id, ast.Store())], value)


def _check(predicate: Predicate) -> list[ast.stmt]:
    """`if not <predicate>: raise failure.broken()`."""
    failure = predicate.failure
    if not predicate.is_judged:
        broken = ast.Raise(call(failure, "broken"))
        return [at(ast.If(ast.UnaryOp(ast.Not(), predicate.value), [broken], []), predicate.value)]
    untrue = ast.BoolOp(ast.Or(), [ast.UnaryOp(ast.Not(), local(VALUE)), call(failure, "awaits", local(VALUE))])
    broken = ast.Raise(call(failure, "broken", local(VALUE)))
    return _evaluated(predicate, [ast.If(_is_not_true(), [ast.If(untrue, [broken], [])], [])])


def _condition(predicate: Predicate, number: int) -> list[ast.stmt]:
    """Keep whether the condition of a `raises` held at entry."""
    no = ast.Attribute(predicate.failure, "no", ast.Load())
    target = local(f".when_{number}")
    if not predicate.is_judged:
        return [at(_assign(target, ast.IfExp(predicate.value, ast.Constant(True), no)), predicate.value)]
    awaits = ast.BoolOp(ast.And(), [_is_not_true(), call(predicate.failure, "awaits", local(VALUE))])
    broken = ast.Raise(call(predicate.failure, "broken", local(VALUE)))
    keep = _assign(target, ast.IfExp(local(VALUE), ast.Constant(True), no))
    return _evaluated(predicate, [ast.If(awaits, [broken], []), keep])


def _capture(predicate: Predicate, needs_old: bool, constants: Constants) -> ast.stmt:
    """Keep a value in a local; one that raises leaves the local unbound for the clause that reads it (R12)."""
    name = predicate.clause.name
    targets: list[ast.expr] = [ast.Name(f".old_{name}", ast.Store())]
    if needs_old:
        targets.append(ast.Attribute(local(".old"), str(name), ast.Store()))
    keep = ast.Assign(targets, local(VALUE) if predicate.is_marked else predicate.value)
    kept: list[ast.stmt] = [keep]
    if predicate.is_marked:
        kept = _evaluated(predicate, kept)
    passes = ast.If(call(predicate.failure, "passes"), [ast.Raise()], [])
    lost = _assign(local(f".lost_{name}"), call(predicate.failure, "lost"))
    handler = ast.ExceptHandler(constants.put(Exception, "Exception"), None, [passes, lost])
    return at(ast.Try(kept, [handler], [], []), predicate.value)


def _evaluated(predicate: Predicate, then: list[ast.stmt]) -> list[ast.stmt]:
    """Evaluate into `.value`, then go on; a predicate that is no leaf only if none is being evaluated already.

    The thread's mark stands inline: the same in two calls of the library costs twice as much.
    """
    evaluate = _assign(local(VALUE), predicate.value)
    if not predicate.is_marked:
        return [at(statement, predicate.value) for statement in (evaluate, *then)]
    marks = ast.Attribute(predicate.boundary, "marks", ast.Load())
    thread = local(".thread")
    mark = ast.Assign([ast.Subscript(marks, thread, ast.Store())], ast.Constant(None))
    unmark = ast.Delete([ast.Subscript(marks, thread, ast.Del())])
    guarded = ast.Try([evaluate], [], [], [unmark])
    unmarked = ast.Compare(thread, [ast.NotIn()], [marks])
    is_idle = ast.BoolOp(ast.Or(), [unmarked, call(predicate.boundary, "is_idle")])
    read = _assign(thread, call(predicate.boundary, "thread"))
    return [at(statement, predicate.value) for statement in (read, ast.If(is_idle, [mark, guarded, *then], []))]


def _is_not_true() -> ast.Compare:
    return ast.Compare(local(VALUE), [ast.IsNot()], [ast.Constant(True)])


def _called(clause: Clause, routine: Routine, failure: ast.expr) -> ast.expr:
    """Return `failure.holds(...)`, at the predicate's own first line if it is in the routine's file."""
    is_plain = type(clause.predicate) is FunctionType and not hasattr(clause.predicate, "__wrapped__")
    code: CodeType | None = getattr(clause.predicate, "__code__", None) if is_plain else None
    # What is no plain function is called by names alone: any of its parameters may be keyword-only.
    only = clause.names if code is None else code.co_varnames[code.co_argcount :]
    value = call(failure, "holds")
    for name in clause.names:
        argument = local(name if name in routine.names else f".{name}")
        if name in only:
            value.keywords.append(ast.keyword(name, argument))
        else:
            value.args.append(argument)
    line = code.co_firstlineno if code is not None and code.co_filename == routine.file else routine.line
    return at(value, line_of(line))


def _read_captures(ensures: list[Predicate], captures: dict[str, Clause]) -> list[str]:
    """Return the captures that some postcondition may read: only these are evaluated."""
    read: set[str] = set()
    for predicate in ensures:
        if "old" in predicate.clause.names:
            names = {node.id for node in ast.walk(predicate.value) if isinstance(node, ast.Name)}
            read.update(captures if not predicate.is_inlined else (n.removeprefix(".old_") for n in names))
    return [name for name in captures if name in read]


def _summary(predicates: list[Predicate]) -> str:
    inlined = sum(predicate.is_inlined for predicate in predicates)
    if not predicates:
        return "nothing to evaluate"
    return "inlined" if inlined == len(predicates) else "partly inlined" if inlined else "called"
