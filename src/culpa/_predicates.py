"""Reads what a predicate takes, and says what is wrong with one that cannot be meant."""

from __future__ import annotations

from types import CodeType, FunctionType

from culpa._callable import code_of, given, inner_of, signature_of
from culpa._frozen import frozen
from culpa._position import instructions
from culpa._syntax import syntax_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

CO_VARARGS, CO_VARKEYWORDS, CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR = 0x4, 0x8, 0x20, 0x80, 0x200


@frozen
class Reading:
    """What a predicate takes and says; `problem` is what is wrong with it, and what to write instead."""

    names: tuple[str, ...] = ()
    text: str | None = None
    problem: str | None = None


def read_predicate(predicate: object, kind: str = "predicate") -> Reading:
    """Return the names and the text of a predicate, or the problem that forbids it; `kind` may be "capture".

    What a capture keeps may be anything; what a predicate gives must be meant as true or false.
    """
    if not callable(predicate):
        return Reading(problem=_not_callable(predicate, kind))
    if type(predicate).__module__ == "culpa._attach":
        return Reading(problem=f"its {kind} is a declaration; write one declaration a line, each with an @")
    names, problem = _names(predicate, kind)
    if kind == "predicate":
        problem = problem or _meant_otherwise(predicate)
    return Reading(names, _text(predicate, names), problem)


def is_async(predicate: object) -> bool:
    """Return whether calling the predicate gives a coroutine."""
    code = code_of(predicate)
    return code is not None and bool(code.co_flags & CO_COROUTINE)


def _not_callable(value: object, kind: str) -> str:
    if isinstance(value, str):
        return f"its {kind} is a string; write lambda ...: {value}"
    if value is True or value is False:
        return f"its {kind} is {value}, evaluated already; write lambda ...: with the condition behind it"
    behind = "condition" if kind == "predicate" else "value"
    return f"its {kind} is no callable but {type(value).__name__}; write lambda ...: with the {behind} behind it"


def _names(predicate: Any, kind: str) -> tuple[tuple[str, ...], str | None]:
    """Return the parameters that the predicate takes from the call: those that have no default of their own."""
    if type(predicate) is FunctionType and inner_of(predicate, "__wrapped__") is None:
        return _names_of_function(predicate, kind)
    signature = signature_of(predicate)
    if signature is None and type(predicate) is FunctionType:
        return _names_of_function(predicate, kind)
    wrapper = "wrap it: lambda x: " + _called_title(predicate, ("x",))
    if signature is None:
        return (), f"its {kind} tells no names of parameters; {wrapper}"
    parameters = list(signature.parameters.values())
    taken = [p for p in parameters if p.default is p.empty]
    if any(p.kind is p.POSITIONAL_ONLY for p in taken or parameters):  # `bool` has nothing but a default
        return (), f"its {kind}'s parameters are positional-only; {wrapper}"
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in taken):
        return (), f"its {kind}'s parameters have no names; {wrapper}"
    return tuple(p.name for p in taken), None


def _names_of_function(function: FunctionType, kind: str) -> tuple[tuple[str, ...], str | None]:
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount - len(function.__defaults__ or ())]
    keyword = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    names = (*positional, *(name for name in keyword if name not in (function.__kwdefaults__ or {})))
    stars = [(CO_VARARGS, "*", "a tuple"), (CO_VARKEYWORDS, "**", "a dict")]
    for flag, star, what in stars:
        if code.co_flags & flag:
            name = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
            return (), f"its {kind} takes {star}{name}; name the parameter: lambda {name}: ... gets {what}"
    if code.co_posonlyargcount:
        return (), f"its {kind}'s parameters are positional-only; write lambda {', '.join(names)}: without the /"
    return names, None


def _meant_otherwise(predicate: object) -> str | None:
    """Return what is wrong with a predicate of one `return` whose value is always true."""
    code = code_of(predicate)
    if code is None:
        return None
    if code.co_flags & (CO_GENERATOR | CO_ASYNC_GENERATOR):
        return "its predicate is a generator, which is always true; return one truth value"
    steps = [(name, code.co_consts[a] if name.endswith("CONST") else None) for _, name, a in instructions(code)]
    returns = [n for n, (name, _) in enumerate(steps) if name in ("RETURN_VALUE", "RETURN_CONST")]
    if len(returns) != 1 or returns[0] == 0:
        return None
    problem = _always_true(steps[: returns[0] + (steps[returns[0]][0] == "RETURN_CONST")])
    return None if problem is None or _is_jumped_to(code) else problem


def _always_true(steps: Sequence[tuple[str, object]]) -> str | None:
    """Return what is wrong with the value that the last of these steps leaves."""
    name, value = steps[-1]
    if name == "BUILD_TUPLE" or isinstance(value, tuple):
        return (
            "its predicate gives a tuple, which is always true; write the message behind the predicate, outside of it"
        )
    if name in ("MAKE_FUNCTION", "SET_FUNCTION_ATTRIBUTE"):
        return "its predicate gives a function, which is always true; write one lambda, or call the inner one"
    if isinstance(value, str) or name == "BUILD_STRING":
        return "its predicate gives a string; write the condition itself, without quotes"
    if _is_generator_expression(steps):
        return "its predicate gives a generator, which is always true; write all(...) or any(...) around it"
    return None


def _is_jumped_to(code: CodeType) -> bool:
    """Return whether the `return` may give another value too, as that of `x > 0 and "yes"`."""
    from dis import get_instructions

    return any(step.is_jump_target for step in get_instructions(code) if step.opname.startswith("RETURN_"))


def _is_generator_expression(steps: Sequence[tuple[str, object]]) -> bool:
    """Return whether the last step calls a generator expression: the call that follows its first `iter()`."""
    names = [name for name, _ in steps if name != "PRECALL"]
    made = [value.co_name for _, value in steps if isinstance(value, CodeType)]
    return names[-2:] == ["GET_ITER", "CALL"] and made[-1:] == ["<genexpr>"]


def _text(predicate: Any, names: tuple[str, ...]) -> str | None:
    if type(predicate) is FunctionType and predicate.__name__ == "<lambda>":
        syntax = syntax_of(predicate)
        return None if syntax is None else syntax.text
    return _called_title(predicate, names)


def _called_title(predicate: Any, names: tuple[str, ...]) -> str:
    title = given(predicate, "__name__", str) or type(predicate).__name__
    if given(predicate, "__objclass__", type) is not None and names:  # a method of a builtin class
        return f"{names[0]}.{title}()"
    return f"{title}({', '.join(names)})"
