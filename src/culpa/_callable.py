"""Looks into callables of any kind, some of which answer to every name and some of which raise when asked."""

from __future__ import annotations

from types import CodeType, FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from inspect import Signature
    from typing import Any, TypeVar

    T = TypeVar("T")


NAMESPACE: type[dict[str, Any]] = dict
"""What holds attributes and globals, told to type checkers with its values."""


def class_of(value: object) -> type[Any]:
    """Return the true class of an object: `isinstance` and `__class__` ask the object, and some lie."""
    return type(value)


def put(cls: type, name: str, value: object) -> None:
    """Give a class an attribute, past what its metaclass makes of assignments, if that is written in Python."""
    try:
        type.__setattr__(cls, name, value)
    except TypeError:  # of a metaclass in C, as that of `ctypes`
        setattr(cls, name, value)


def given(obj: object, name: str, kind: type[T]) -> T | None:
    """Return an attribute if it is a `kind`: some objects answer to every name, and some raise."""
    try:
        value = getattr(obj, name, None)
    except Exception:  # noqa: BLE001 - a `__getattr__` of somebody's, which may raise anything
        return None
    return value if issubclass(type(value), kind) else None


def signature_of(target: Any) -> Signature | None:
    """Return what `inspect.signature` says; if that is nothing, what the class of the object says of its calls.

    It says nothing of objects that answer to every name, of descriptors that can be called, of cycles of `__wrapped__`.
    """
    from inspect import signature
    from types import MethodType

    asked = [target]
    if type(target) is not FunctionType:
        asked.append(MethodType(type(target).__call__, target))
    for told in asked:
        try:
            return signature(told)
        except Exception:  # noqa: BLE001, S112 - of a builtin, or of somebody's `__getattr__`, which may raise anything
            continue
    return None


def code_of(target: Any) -> CodeType | None:
    """Return the code that runs when `target` is called, as far as it is Python's."""
    for _ in range(100):
        inner = inner_of(target, "__func__")
        if inner is None:
            break
        target = inner
    if type(target) is not FunctionType:
        target = given(class_of(target), "__call__", object)
    return given(target, "__code__", CodeType)


def unwrapped(target: Any) -> Any:
    """Return what stands beneath other people's decorators, `partial`s and bound methods."""
    for _ in range(100):  # a cycle of `__wrapped__` is somebody's bug, not a reason to hang
        inner = inner_of(target, "__wrapped__", "__func__")
        if inner is None:
            break
        target = inner
    return target


def inner_of(target: Any, *names: str) -> Any:
    """Return the first callable among these attributes, or what a `partial` calls."""
    if type(target).__name__ == "partial":
        names = (*names, "func")
    found: list[Any] = [given(target, name, object) for name in names]
    return next((inner for inner in found if callable(inner)), None)
