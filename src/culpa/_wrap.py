"""Wraps a routine in its checks, and finds the checks that are there."""

from __future__ import annotations

import functools
from types import FunctionType

from culpa._callable import class_of, inner_of
from culpa._frozen import replace
from culpa._link import boundary_of
from culpa._load import adopt
from culpa._proxy import Proxy, proxied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from culpa._boundary import Boundary
    from culpa._model import Contract, Routine


def checked_function(target: Any) -> FunctionType | None:
    """Return the function whose code may hold a boundary: `target` itself, or what its proxy calls."""
    if type(target) is FunctionType:
        return target
    cls = class_of(target)
    return vars(cls)["__call__"].__func__ if issubclass(cls, Proxy) else None


def boundary_in(target: Any) -> Boundary | None:
    """Return the boundary of a function, if it is a checked one itself."""
    function = checked_function(target)
    return None if function is None else boundary_of(function.__code__)


def boundary_beneath(target: Any) -> Boundary | None:
    """Return the boundary of the function in `target`, beneath descriptors and other people's decorators."""
    for _ in range(100):
        boundary = boundary_in(target)
        if target is None or boundary is not None:
            return boundary
        if issubclass(type(target), property):
            target = target.fget
        elif issubclass(type(target), functools.cached_property | functools.partialmethod):
            target = target.func
        else:
            target = inner_of(target, "__func__", "__wrapped__")
    return None


def with_contract(
    contract: Contract,
    routine: Routine,
    target: Any,
    defaults: tuple[Any, ...],
    keyword_defaults: dict[str, Any],
    bind: Callable[..., Any] | None = None,
) -> Any:
    """Return `target` with the contract of its `routine` checked: a function, or a proxy for what is none."""
    from culpa._build import build  # `ast` comes with it, at the first contract and not before

    beneath = inner_of(routine.call, "__wrapped__", "__func__")
    if beneath is None and type(routine.call) is not FunctionType:
        beneath = type(routine.call).__call__
    inner = boundary_beneath(beneath)  # of one call of several contracts there is one caller
    function = build(contract, routine, inner, bind, defaults, keyword_defaults)
    if type(target) is FunctionType:
        adopt(function, target)
        return function

    def again(copied: Any) -> Any:
        return with_contract(contract, replace(routine, call=copied), copied, defaults, keyword_defaults, bind)

    return proxied(function, routine, again)
