"""Places checks around a routine: a wrapper with the exact signature whose body is one call."""

from __future__ import annotations

import ast

from culpa._flows import NONE, returned, run
from culpa._load import function_definition
from culpa._model import Parameter
from culpa._statements import BODY, Objects, at, call, line_of, local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from culpa._boundary import Boundary
    from culpa._checks import Checks
    from culpa._model import Routine

FORWARDED = (Parameter(".arguments", "star"), Parameter(".keywords", "double star"))
"""The parameters of a wrapper that passes calls on as they were made."""


def wrapper(
    routine: Routine, checks: Checks, objects: Objects, boundary: Boundary, body: object
) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """Return the definition of the wrapper, which calls the routine itself, or what else checks it, as `.body`."""
    parameters = routine.parameters if routine.exact else FORWARDED
    contract = objects.put(".contract", boundary)
    objects.put(BODY, body)
    flow = "plain" if boundary.part == "call" else routine.flow
    statements = [] if routine.exact else _binding(routine, contract, flow)
    has_tail = bool(checks.tail)
    handler = ast.ExceptHandler(None, None, _handler(contract, has_tail, flow))
    carried = [ast.keyword(name, value) for name, value in checks.carried.items()] if boundary.part == "call" else []
    statements.append(
        ast.Try(
            [*checks.head, *_body(_run(parameters, local(BODY), carried), checks, flow, contract)], [handler], [], []
        )
    )
    statements += _unchecked(_run(parameters, local(BODY), carried), flow, contract)
    own = [Parameter(name, "keyword", default=True) for name in checks.carried] if boundary.part == "run" else []
    return define(
        routine, _with_keywords(parameters, own), statements, is_async=flow in ("coroutine", "async generator")
    )


def _with_keywords(parameters: Sequence[Parameter], more: list[Parameter]) -> list[Parameter]:
    """Return parameters with some more that are given by keyword."""
    return sorted([*parameters, *more], key=lambda p: p.kind == "double star")


def _binding(routine: Routine, contract: ast.expr, flow: str) -> list[ast.stmt]:
    """Give the predicates their names, where calls are passed on as they were made.

    A call that the signature does not take is made all the same: the callable says what is wrong, in its own words.
    """
    bound = local(".bound")
    names: list[ast.expr] = [ast.Name(name, ast.Store()) for name in routine.names]
    refused = ast.Compare(bound, [ast.Is()], [ast.Constant(None)])
    unfit = run(_run(FORWARDED, local(BODY)), flow, NONE, contract)
    return [
        ast.Assign([ast.Name(bound.id, ast.Store())], _run(FORWARDED, ast.Attribute(contract, "bound", ast.Load()))),
        ast.If(refused, [*unfit, ast.Raise(call(contract, "unbound"))], []),
        ast.Assign([ast.Tuple(names, ast.Store())], bound),
    ]


def _body(run_it: ast.Call, checks: Checks, flow: str, contract: ast.expr) -> list[ast.stmt]:
    if flow == "plain" and not checks.tail:
        return [ast.Return(run_it)]
    return [*run(run_it, flow, checks.pauses, contract), *checks.tail, returned(flow)]


def _unchecked(run_it: ast.Call, flow: str, contract: ast.expr) -> list[ast.stmt]:
    """Run the routine where a predicate has called it: nothing is checked."""
    return [ast.Return(run_it)] if flow == "plain" else [*run(run_it, flow, NONE, contract), returned(flow)]


def _handler(contract: ast.expr, has_tail: bool, flow: str) -> list[ast.stmt]:
    """Raise what the boundary says, or leave: the checks of a call that a predicate makes count for nothing.

    No exception is bound to a name: that costs 2-3 ns a call, and would leave a cycle.
    """
    leave: list[ast.stmt] = [ast.If(call(contract, "has_returned"), [returned(flow)], [])]
    return [
        ast.If(call(contract, "passes"), [ast.Raise()], []),
        ast.If(ast.UnaryOp(ast.Not(), call(contract, "is_unchecked")), [ast.Raise(call(contract, "verdict"))], []),
        *(leave if has_tail or flow != "plain" else []),
    ]


def _run(parameters: Sequence[Parameter], target: ast.expr, carried: Sequence[ast.keyword] = ()) -> ast.Call:
    """Return a call that passes all parameters on, each in its own way."""
    run = ast.Call(target, [], list(carried))
    for parameter in parameters:
        value = local(parameter.name)
        if parameter.kind in ("positional", "standard"):
            run.args.append(value)
        elif parameter.kind == "star":
            run.args.append(ast.Starred(value, ast.Load()))
        else:
            run.keywords.append(ast.keyword(parameter.name if parameter.kind == "keyword" else None, value))
    return run


def binder(routine: Routine) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """Return a definition with the routine's signature that returns its arguments in a tuple.

    Where calls are forwarded, it gives the predicates their names, and raises Python's own `TypeError`.
    """
    values = ast.Tuple([local(name) for name in routine.names], ast.Load())
    return define(routine, routine.parameters, [ast.Return(values)])


def define(
    routine: Routine, parameters: Sequence[Parameter], body: list[ast.stmt], *, is_async: bool = False
) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """Return a function definition with these parameters; what stands for a default is replaced on loading."""
    of_kind = {
        kind: [ast.arg(p.name) for p in parameters if p.kind == kind]
        for kind in ("positional", "standard", "star", "keyword", "double star")
    }
    nothing = ast.Constant(None)
    arguments = ast.arguments(
        of_kind["positional"],
        of_kind["standard"],
        next(iter(of_kind["star"]), None),
        of_kind["keyword"],
        [nothing if p.default else None for p in parameters if p.kind == "keyword"],
        next(iter(of_kind["double star"]), None),
        [nothing for p in parameters if p.default and p.kind != "keyword"],
    )
    return at(function_definition("wrapper", arguments, body, is_async=is_async), line_of(routine.line))
