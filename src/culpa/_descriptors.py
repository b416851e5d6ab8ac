"""Takes the functions out of what stands in a class body, and puts others in."""

from __future__ import annotations

import functools

from culpa._callable import class_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MISSING: Any = object()


def functions_of(value: Any) -> dict[str, Any]:
    """Return the functions of a descriptor by the names of their places; any other callable under an empty name."""
    kind = class_of(value)
    if issubclass(kind, Relay):
        return functions_of(value.__wrapped__)
    if issubclass(kind, staticmethod | classmethod):
        return {"__func__": value.__func__}
    if issubclass(kind, property):
        found = {"getter": value.fget, "setter": value.fset, "deleter": value.fdel}
        return {name: function for name, function in found.items() if function is not None}
    if issubclass(kind, functools.cached_property):
        return {"getter": value.func}
    if issubclass(kind, functools.partialmethod):
        return {"func": value.func}
    return {"": value} if callable(value) and not issubclass(kind, type) else {}


def with_functions(value: Any, made: dict[str, Any]) -> Any:
    """Return a descriptor like `value` around other functions."""
    kind: Any = class_of(value)
    if "" in made:
        return made[""]
    if kind is property:
        for place, function in made.items():
            value = getattr(value, place)(function)
        return value
    if "func" in made:
        return kind(made["func"], *value.args, **value.keywords)
    copied: Any = kind.__new__(kind)  # not called: a subclass may be made of something else than functions
    base: Any = next(base for base in (property, staticmethod, classmethod, object) if issubclass(kind, base))
    if base is property:
        getter, setter, deleter = ({"getter": value.fget, "setter": value.fset, "deleter": value.fdel} | made).values()
        base.__init__(copied, getter, setter, deleter, value.__doc__)
    elif base is not object:
        base.__init__(copied, made["__func__"])
    known: dict[str, Any] = copied.__dict__
    old: dict[str, Any] = value.__dict__
    known.update({name: kept for name, kept in old.items() if base is property or name not in known})
    if base is object:
        known["func"] = made["getter"]  # of a `cached_property`, which may be bound to its name already
    return copied


class Relay:
    """Stands in a class for what one of its bases brings in, checked; the class has written nothing of that name.

    It steps aside wherever Python would find something else without it: in a subclass with another order of
    resolution, or when the base was given something else since.
    """

    __slots__ = ("__wrapped__", "name", "value")

    def __init__(self, home: type, name: str, checked: Any) -> None:
        self.name = name
        self.value = vars(home)[name]
        self.__wrapped__ = checked

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        cls = class_of(instance) if owner is None else owner
        if issubclass(class_of(instance), type) and not any(vars(b).get(self.name) is self for b in cls.__mro__):
            cls = instance  # `inspect` of 3.13 asks a constructor as if the class were the instance
        found = self.found(cls)
        kind: Any = class_of(found)
        return kind.__get__(found, instance, owner) if hasattr(kind, "__get__") else found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    # To who looks into the class, it is the function or the descriptor.
    __class__: Any = property(lambda self: class_of(self.__wrapped__))

    def found(self, cls: type) -> Any:
        """Return what a class has for the name where it has this. Every call of the routine comes along here."""
        name, first, is_below = self.name, MISSING, False
        for base in cls.__mro__:
            namespace = base.__dict__
            if name not in namespace:
                continue
            value = namespace[name]
            if not is_below:
                is_below = value is self
                continue
            if first is MISSING:
                first = value
            if not issubclass(type(value), Relay):
                return self.__wrapped__ if value is self.value else first
        if first is MISSING:
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        return first


class DataRelay(Relay):
    """A relay for a property, which takes assignments as well."""

    __slots__ = ()

    def __set__(self, instance: Any, value: Any) -> None:
        found = self.found(class_of(instance))
        class_of(found).__set__(found, instance, value)

    def __delete__(self, instance: Any) -> None:
        found = self.found(class_of(instance))
        class_of(found).__delete__(found, instance)


class FunctionRelay(Relay):
    """A relay for what can be called as it stands."""

    __slots__ = ()

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self.__wrapped__(*arguments, **keywords)


def relayed(home: type, name: str, checked: Any) -> Relay:
    """Return what stands in a class for what the base `home` brings in."""
    is_data = hasattr(class_of(vars(home)[name]), "__set__")
    return (DataRelay if is_data else FunctionRelay if callable(checked) else Relay)(home, name, checked)


def written(cls: type, name: str, stub: str = "") -> tuple[type, Any]:
    """Return the class that wrote what `cls` has for a name, and that; `object` and `MISSING` if nobody did.

    Of a relay in the class itself it is what that relays, checked as far as it is. Relays of its bases are theirs. A
    function called `stub` only stands for what comes after it.
    """
    checked = MISSING
    for base in cls.__mro__:
        value = vars(base).get(name, MISSING)
        if issubclass(class_of(value), Relay):
            checked = value.__wrapped__ if base is cls else checked
        elif value is not MISSING and not (stub and getattr(value, "__name__", "") == stub):
            return base, value if checked is MISSING else checked
    return object, MISSING


def resolved(cls: type, name: str) -> Any:
    """Return what stands for a name in a class and its bases, past relays that step aside; None if nothing does."""
    value: Any = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    while issubclass(class_of(value), Relay):
        value = value.found(cls)
    return value
