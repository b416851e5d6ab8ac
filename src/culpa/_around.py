"""Places checks around a routine: a wrapper with the exact signature whose body is one call."""

from __future__ import annotations

import ast

from culpa._load import function_definition
from culpa._model import Parameter
from culpa._statements import BODY, RESULT, Objects, at, call, line_of, local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from culpa._checks import Checks
    from culpa._model import Routine

FORWARDED = (Parameter(".arguments", "star"), Parameter(".keywords", "double star"))
"""The parameters of a wrapper that passes calls on as they were made."""


def wrapper(routine: Routine, checks: Checks, objects: Objects, boundary: object) -> ast.FunctionDef:
    """Return the definition of the wrapper, which calls the routine itself as `.body`."""
    parameters = routine.parameters if routine.exact else FORWARDED
    contract = objects.put(".contract", boundary)
    objects.put(BODY, routine.call)
    statements = [] if routine.exact else _binding(routine, contract)
    handler = ast.ExceptHandler(None, None, _handler(contract, bool(checks.tail)))
    run = _run(parameters, local(BODY))
    statements.append(ast.Try([*checks.head, *_body(run, checks.tail)], [handler], [], []))
    statements.append(ast.Return(_run(parameters, local(BODY))))
    return define(routine, parameters, statements)


def _binding(routine: Routine, contract: ast.expr) -> list[ast.stmt]:
    """Give the predicates their names, where calls are passed on as they were made.

    A call that the signature does not take is made all the same: the callable says what is wrong, in its own words.
    """
    bound = local(".bound")
    names: list[ast.expr] = [ast.Name(name, ast.Store()) for name in routine.names]
    refused = ast.Compare(bound, [ast.Is()], [ast.Constant(None)])
    return [
        ast.Assign([ast.Name(bound.id, ast.Store())], _run(FORWARDED, ast.Attribute(contract, "bound", ast.Load()))),
        ast.If(refused, [ast.Expr(_run(FORWARDED, local(BODY))), ast.Raise(call(contract, "unbound"))], []),
        ast.Assign([ast.Tuple(names, ast.Store())], bound),
    ]


def _body(run: ast.expr, tail: list[ast.stmt]) -> list[ast.stmt]:
    if not tail:
        return [ast.Return(run)]
    return [ast.Assign([ast.Name(RESULT, ast.Store())], run), *tail, ast.Return(local(RESULT))]


def _handler(contract: ast.expr, has_tail: bool) -> list[ast.stmt]:
    """Raise what the boundary says, or leave: the checks of a call that a predicate makes count for nothing.

    No exception is bound to a name: that costs 2-3 ns a call, and would leave a cycle.
    """
    returned: list[ast.stmt] = [ast.If(call(contract, "has_returned"), [ast.Return(local(RESULT))], [])]
    return [
        ast.If(call(contract, "passes"), [ast.Raise()], []),
        ast.If(ast.UnaryOp(ast.Not(), call(contract, "is_unchecked")), [ast.Raise(call(contract, "verdict"))], []),
        *(returned if has_tail else []),
    ]


def _run(parameters: Sequence[Parameter], target: ast.expr) -> ast.Call:
    """Return a call that passes all parameters on, each in its own way."""
    run = ast.Call(target, [], [])
    for parameter in parameters:
        value = local(parameter.name)
        if parameter.kind in ("positional", "standard"):
            run.args.append(value)
        elif parameter.kind == "star":
            run.args.append(ast.Starred(value, ast.Load()))
        else:
            run.keywords.append(ast.keyword(parameter.name if parameter.kind == "keyword" else None, value))
    return run


def binder(routine: Routine) -> ast.FunctionDef:
    """Return a definition with the routine's signature that returns its arguments in a tuple.

    Where calls are forwarded, it gives the predicates their names, and raises Python's own `TypeError`.
    """
    values = ast.Tuple([local(name) for name in routine.names], ast.Load())
    return define(routine, routine.parameters, [ast.Return(values)])


def define(routine: Routine, parameters: Sequence[Parameter], body: list[ast.stmt]) -> ast.FunctionDef:
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
    return at(function_definition("wrapper", arguments, body), line_of(routine.line))
