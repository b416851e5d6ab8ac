"""Describes a callable under contract: its parameters, its definition, and whether it can have a wrapper of its own."""

from __future__ import annotations

from types import CodeType, FunctionType

from culpa._callable import NAMESPACE, code_of, given, inner_of, signature_of, unwrapped
from culpa._model import FLOWS, Parameter, Routine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    Described = tuple[tuple[Parameter, ...], tuple[Any, ...], dict[str, Any]]

CO_VARARGS, CO_VARKEYWORDS = 0x4, 0x8
LONGEST = 100  # more decorators are a cycle of `__wrapped__`: somebody's bug, not a reason to hang
OPEN = (Parameter("args", "star"), Parameter("kwargs", "double star"))
"""The parameters of a callable that tells none."""


def describe(target: Callable[..., Any], frame: FrameType | None) -> tuple[Routine, tuple[Any, ...], dict[str, Any]]:
    """Return the facts about `target`, which is decorated in `frame`, and its defaults.

    Without a frame it is the override of a routine with a contract, itself without one.
    """
    is_function = type(target) is FunctionType
    is_plain = is_function and "__signature__" not in vars(target) and inner_of(target, "__wrapped__") is None
    told = None if is_plain else _told(target)
    exact = is_function and told is None
    parameters, defaults, keyword_defaults = _of_function(target) if exact else told or (OPEN, (), {})
    origin = unwrapped(target)
    code = given(origin, "__code__", CodeType)
    name = given(target, "__name__", str) or given(origin, "__name__", str) or type(target).__name__
    namespace = given(target if exact else origin, "__globals__", NAMESPACE) or {}
    file, line = "<unknown>", 1
    if frame is not None:
        namespace = namespace if exact else frame.f_globals
        file, line = frame.f_code.co_filename, frame.f_lineno
    routine = Routine(
        call=target,
        name=name,
        qualname=given(target, "__qualname__", str) or given(origin, "__qualname__", str) or name,
        parameters=parameters,
        exact=exact,
        code=code,
        definer=None if frame is None else frame.f_code,
        annotations=dict(given(origin, "__annotations__", NAMESPACE) or {}),
        namespace=namespace,
        file=file if code is None else code.co_filename,
        line=line if code is None else code.co_firstlineno,
        flow=flow_of(target),
    )
    return routine, defaults, keyword_defaults


def flow_of(target: Any) -> str:
    """Return how a callable runs: one of `FLOWS`, or "plain"."""
    code = code_of(target)
    flags = 0 if code is None else code.co_flags
    return next((flow for flag, flow in FLOWS.items() if flags & flag), "plain")


def _of_function(function: Any) -> Described:
    """Read the parameters off the code, where private names are mangled as the body knows them."""
    code = function.__code__
    defaults = function.__defaults__ or ()
    keyword_defaults: dict[str, Any] = function.__kwdefaults__ or {}
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
    """Return what the signature says, which is that of the innermost function, as far as its decorators keep to it."""
    signed = signature_of(target)
    if signed is None:
        return None
    kinds = ("positional", "standard", "star", "keyword", "double star")
    found = [Parameter(p.name, kinds[p.kind], p.default is not p.empty) for p in signed.parameters.values()]
    defaults = {p.name: p.default for p in signed.parameters.values() if p.default is not p.empty}
    for wrapper in _wrappers(target):
        own, own_defaults, own_keywords = _of_function(wrapper)
        if wrapper is target and len(own) != len(found) and not any("star" in p.kind for p in own):
            return own, own_defaults, own_keywords  # it names all that it takes, and takes something else
        names = {p.name for p in found}
        found += [p for p in own if p.kind == "keyword" and p.name not in names]
        defaults = own_keywords | defaults
    found.sort(key=lambda p: kinds.index(p.kind))
    keywords = {p.name: defaults[p.name] for p in found if p.kind == "keyword" and p.default}
    return tuple(found), tuple(defaults[p.name] for p in found if p.kind != "keyword" and p.default), keywords


def _wrappers(target: Any) -> list[Any]:
    """Return the functions of other people's decorators, outermost first, that a signature leaves out."""
    found: list[Any] = []
    while len(found) < LONGEST and type(target) is FunctionType and "__signature__" not in vars(target):
        inner = inner_of(target, "__wrapped__")
        if inner is None:
            break
        found.append(target)
        target = inner
    return found
