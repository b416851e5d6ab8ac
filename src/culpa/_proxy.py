"""Stands in for a callable that is no function: the same attributes and type, with calls checked."""

from __future__ import annotations

from culpa._callable import NAMESPACE, class_of, given

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType
    from typing import Any

    from culpa._model import Routine

OWN = frozenset(
    """__call__ __get__ __getattribute__ __getattr__ __setattr__ __delattr__ __dir__ __repr__ __new__ __init__ __del__
    __init_subclass__ __subclasshook__ __class_getitem__ __reduce__ __reduce_ex__ __getstate__ __setstate__
    __copy__ __deepcopy__ __sizeof__ __dict__ __weakref__ __slots__ __class__ __doc__ __module__""".split()
)
"""What a proxy does not take from the class of its target: it has its own, or should have none."""


class Proxy:
    """The base of all proxies. `__call__` of each is the checked function."""

    __slots__ = ("__weakref__",)


def proxied(function: FunctionType, routine: Routine, again: Callable[[Any], Any]) -> Any:
    """Return an object that calls `function` and is otherwise the routine's callable: `cache_clear`, `func`, ...

    It has a class of its own, whose `__call__` is `function` itself: so no frame of the library stands between. It
    binds as a method if the callable does, as `functools.cache` and not as a `partial`. It is pickled by its name, and
    a copy stands in for a copy of the callable, which `again` checks.
    """
    target: Any = routine.call
    cls: Any = class_of(target)
    of_itself: dict[str, Callable[[Any], Any]] = {
        "__dir__": lambda self: dir(target),
        "__repr__": lambda self: repr(target),
        "__reduce__": lambda self: _global_name(self, routine),
        "__copy__": lambda self: _copied(self, target, again),
    }
    of_one: dict[str, Callable[[Any, Any], Any]] = {
        "__getattr__": lambda self, name: getattr(target, name),
        "__delattr__": lambda self, name: delattr(target, name),
        "__deepcopy__": lambda self, memo: _copied(self, target, again, memo),
    }
    of_two: dict[str, Callable[[Any, Any, Any], Any]] = {
        "__setattr__": lambda self, name, value: setattr(target, name, value),
    }
    members: dict[str, Any] = {name: _forwarded(name, target) for name in _special(cls)}
    if cls.__hash__ is None:
        members["__hash__"] = None
    if hasattr(cls, "__get__"):
        members["__get__"] = _binding(target)
    members |= of_itself | of_one | of_two
    members |= {
        "__slots__": (),
        "__module__": _module(target, routine),
        "__call__": staticmethod(function),
        "__wrapped__": property(lambda self: target),
        "__class__": property(lambda self: class_of(target)),
        "__doc__": property(lambda self: target.__doc__),
    }
    return type(cls.__name__, (Proxy,), members)()


def _special(cls: type) -> list[str]:
    """Return the special methods that a class defines, which Python looks up in the class and not in the object."""
    names = [name for name in dir(cls) if name.startswith("__") and name.endswith("__") and name not in OWN]
    found = {name: getattr(cls, name, None) for name in names}
    return [name for name, value in found.items() if callable(value) and value is not getattr(object, name, None)]


def _forwarded(name: str, target: Any) -> Any:
    def forwarded(_self: object, /, *arguments: Any, **keywords: Any) -> Any:
        return getattr(target, name)(*arguments, **keywords)

    return forwarded


def _module(target: Any, routine: Routine) -> str:
    """Return the module in which pickle finds it: the one that it names itself, or else that of the contract."""
    own = given(target, "__dict__", NAMESPACE) or {}
    return str(own.get("__module__") or routine.namespace.get("__name__"))


def _global_name(proxy: Any, routine: Routine) -> str:
    return next((name for name, value in routine.namespace.items() if value is proxy), routine.qualname)


def _copied(proxy: Any, target: Any, again: Callable[[Any], Any], memo: dict[int, Any] | None = None) -> Any:
    from copy import copy, deepcopy

    copied = copy(target) if memo is None else deepcopy(target, memo)
    return proxy if copied is target else again(copied)


def _binding(target: Any) -> Any:
    """Return a `__get__` that gives a method, if the callable binds (a `partial` of 3.13 does not)."""
    from types import MethodType

    def bound(proxy: Any, instance: object, owner: object = None) -> Any:
        is_method = class_of(target).__get__(target, instance, owner) is not target and instance is not None
        return MethodType(proxy, instance) if is_method else proxy

    return bound
