"""Describes a callable under contract: its parameters, its definition, and whether it can have a wrapper of its own."""

from __future__ import annotations

from types import CodeType, FunctionType

from culpa._callable import given, inner_of, signature_of, unwrapped
from culpa._model import Parameter, Routine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    Described = tuple[tuple[Parameter, ...], tuple[Any, ...], dict[str, Any]]

CO_VARARGS, CO_VARKEYWORDS = 0x4, 0x8
OPEN = (Parameter("args", "star"), Parameter("kwargs", "double star"))
"""The parameters of a callable that tells none."""


def describe(target: Callable[..., Any], frame: FrameType) -> tuple[Routine, tuple[Any, ...], dict[str, Any]]:
    """Return the facts about `target`, which is decorated in `frame`, and its defaults."""
    is_function = type(target) is FunctionType
    is_plain = is_function and "__signature__" not in vars(target) and inner_of(target, "__wrapped__") is None
    told = None if is_plain else _told(target)
    exact = is_function and told is None
    parameters, defaults, keyword_defaults = _of_function(target) if exact else told or (OPEN, (), {})
    origin = unwrapped(target)
    code = given(origin, "__code__", CodeType)
    name = given(target, "__name__", str) or given(origin, "__name__", str) or type(target).__name__
    routine = Routine(
        call=target,
        name=name,
        qualname=given(target, "__qualname__", str) or given(origin, "__qualname__", str) or name,
        parameters=parameters,
        exact=exact,
        code=code,
        definer=frame.f_code,
        annotations=dict(given(origin, "__annotations__", dict) or {}),
        namespace=target.__globals__ if exact else frame.f_globals,
        file=frame.f_code.co_filename if code is None else code.co_filename,
        line=frame.f_lineno if code is None else code.co_firstlineno,
    )
    return routine, defaults, keyword_defaults


def _of_function(function: Any) -> Described:
    """Read the parameters off the code, where private names are mangled as the body knows them."""
    code = function.__code__
    defaults, keyword_defaults = function.__defaults__ or (), function.__kwdefaults__ or {}
    names = iter(code.co_varnames)
    first_default = code.co_argcount - len(defaults)
    found = [
        Parameter(next(names), "positional" if i < code.co_posonlyargcount else "standard", i >= first_default)
        for i in range(code.co_argcount)
    ]
    keyword = [next(names) for _ in range(code.co_kwonlyargcount)]
    if code.co_flags & CO_VARARGS:
        found.append(Parameter(next(names), "star"))
    found += [Parameter(name, "keyword", name in keyword_defaults) for name in keyword]
    if code.co_flags & CO_VARKEYWORDS:
        found.append(Parameter(next(names), "double star"))
    return tuple(found), defaults, {name: keyword_defaults[name] for name in keyword if name in keyword_defaults}


def _told(target: Any) -> Described | None:
    signed = signature_of(target)
    if signed is None:
        return None
    kinds = ("positional", "standard", "star", "keyword", "double star")
    found = list(signed.parameters.values())
    given_defaults = [p for p in found if p.default is not p.empty]
    positional = tuple(p.default for p in given_defaults if kinds[p.kind] != "keyword")
    keyword = {p.name: p.default for p in given_defaults if kinds[p.kind] == "keyword"}
    return tuple(Parameter(p.name, kinds[p.kind], p.default is not p.empty) for p in found), positional, keyword
