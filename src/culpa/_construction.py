"""Guards the construction of objects, whoever writes the constructor: the class, a base, a tool above, or nobody."""

from __future__ import annotations

import sys
from types import FunctionType, MethodType

from culpa._blame import is_foreign
from culpa._callable import class_of, put
from culpa._descriptors import MISSING, functions_of, relayed, with_functions, written
from culpa._frozen import replace
from culpa._guarded import ANY, Keeping, bare_call, guarded, guarded_callable
from culpa._guards import AFTER_INIT
from culpa._model import Parameter
from culpa._statement import is_maker
from culpa.errors import Site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from culpa._statement import Statement

INIT = "__init__"
NOBODYS_INIT = "_no_init_or_replace_init"
"""The constructor that `typing` gives to protocols: it looks for the next one."""
ALONE = (Parameter("self", "positional"),)
ONE, TWO = Parameter("name", "positional"), Parameter("value", "positional")
ASSIGNING = {
    "__setattr__": (*ALONE, ONE, TWO),
    "__delattr__": (*ALONE, ONE),
}


def guard_construction(cls: type, keeping: Keeping, statement: Statement) -> None:
    """Have the invariants checked when an object is complete, and after assignments, where they ask for that."""
    made_by = Maker(cls, keeping, statement)
    if "_member_map_" in vars(cls):
        made_by.check_members()
    elif not vars(cls).get("_is_protocol"):
        made_by.guard_init()
    if any(base is tuple for base in cls.__mro__) and hasattr(cls, "_fields"):
        made_by.guard_class_method("_make")
    hooked = [clause for clause in keeping.invariants if clause.on_setattr]
    for name in ASSIGNING if hooked else ():
        made_by.guard_assignment(name, replace(keeping, invariants=hooked, role="setattr"))


class Maker:
    """Guards what makes and changes the objects of one class."""

    def __init__(self, cls: type, keeping: Keeping, statement: Statement) -> None:
        self.cls = cls
        self.keeping = keeping
        self.statement = statement
        self.placed = (statement.file, statement.line)
        self.here = replace(keeping, placed=self.placed)

    def guard_init(self) -> None:
        """Guard `__init__`; if a tool above may still write it, what that will call at its end."""
        home, value = written(self.cls, INIT, NOBODYS_INIT)
        if home is self.cls:
            self._guard(INIT, home, value)
        elif self.statement.is_last:
            self._guard_inherited(home, value)
        else:
            for name in AFTER_INIT:
                home, value = written(self.cls, name)
                if value is MISSING or class_of(value) is Birth:
                    check = guarded_callable(_nothing, AFTER_INIT[0], ALONE, self.cls, self.here)
                    put(self.cls, name, Birth(name, check))
                else:
                    self._guard(name, home, value)

    def _guard_inherited(self, home: type, value: Any) -> None:
        for name in AFTER_INIT:
            if class_of(vars(self.cls).get(name)) is Birth and not vars(self.cls)[name].is_used:
                type.__delattr__(self.cls, name)
        call: Any = bare_call(value)
        if class_of(call) is FunctionType and call is not _nothing:
            self._guard(INIT, home, value)
            return
        before: Any = self.cls.__init__  # type: ignore[misc]  # of the class as it was until now
        parameters: tuple[Parameter, ...] = ANY
        if call in (vars(object)[INIT], _nothing):
            is_made_by_new = written(self.cls, "__new__")[0] is not object
            call, parameters = (_nothing, ANY) if is_made_by_new else (vars(object)[INIT], ALONE)
        made = guarded_callable(call, INIT, parameters, self.cls, self.here)
        made.__doc__ = before.__doc__
        if parameters is ANY or before is not vars(object)[INIT]:
            self._sign(made)
        # It steps aside for the constructor of another base, to which this class may be a mixin.
        put(self.cls, INIT, relayed(written(self.cls, INIT)[0], INIT, made))

    def _sign(self, made: FunctionType) -> None:
        """Give a constructor that takes anything the signature that the class has shown so far."""
        from inspect import Parameter as Given
        from inspect import signature

        try:
            shown = signature(self.cls)
        except (TypeError, ValueError):  # it showed none
            return
        own = Given("self", Given.POSITIONAL_ONLY)
        vars(made)["__signature__"] = shown.replace(parameters=[own, *shown.parameters.values()])

    def guard_class_method(self, name: str) -> None:
        """Guard a class method that makes an object: its result."""
        home, value = written(self.cls, name)
        if class_of(value) is classmethod:
            made = guarded(value.__func__, replace(self.here, role="make"))
            self._put(name, home, value, {"__func__": made})

    def guard_assignment(self, name: str, keeping: Keeping) -> None:
        """Guard `__setattr__` or `__delattr__`."""
        home, value = written(self.cls, name)
        if class_of(value) is FunctionType:
            self._put(name, home, value, {"": guarded(value, keeping)})
        else:
            here = replace(keeping, placed=self.placed)
            put(self.cls, name, relayed(home, name, guarded_callable(value, name, ASSIGNING[name], self.cls, here)))

    def check_members(self) -> None:
        """Check the members of an enumeration, which were made with their class."""
        check = guarded_callable(_nothing, INIT, ALONE, self.cls, self.here)
        members: dict[str, Any] = vars(self.cls)["_member_map_"]
        for member in members.values():
            check(member)

    def _guard(self, name: str, home: type, value: Any) -> None:
        functions = functions_of(value)
        is_own = home is self.cls
        keeping = self.here if is_own and any(map(self._is_generated, functions.values())) else self.keeping
        keeping = replace(
            keeping,
            definer=self.statement.body if is_own else None,
            completes=self._place(name, functions),
        )
        self._put(name, home, value, {place: guarded(f, keeping) for place, f in functions.items()})

    def _place(self, name: str, functions: dict[str, Any]) -> Site | None:
        """Return the class's own place for a constructor that a tool calls at its end, or that is somebody else's."""
        foreign = [is_foreign(_file_of(function) or "") for function in functions.values()]
        if name == INIT and (not any(foreign) or is_foreign(self.statement.file)):
            return None
        return Site(*self.placed, None, f"{self.cls.__qualname__}.{INIT}")

    def _is_generated(self, function: Any) -> bool:
        """Return whether a tool has written a constructor: it stands in another file than its class."""
        file = _file_of(function) or self.statement.file
        return file != self.statement.file and (file.startswith("<") or self.statement.body is not None)

    def _put(self, name: str, home: type, value: Any, made: dict[str, Any]) -> None:
        if any(made[place] is not function for place, function in functions_of(value).items()):
            checked = with_functions(value, made)
            put(self.cls, name, checked if home is self.cls else relayed(home, name, checked))


class Birth:
    """Stands in a class for `__post_init__`, which a tool that writes the constructor has it call at the end.

    To anybody else it is not there.
    """

    __slots__ = ("check", "is_used", "name")

    def __init__(self, name: str, check: FunctionType) -> None:
        self.name = name
        self.check = check
        self.is_used = False

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None and is_maker(sys._getframe(1)):
            self.is_used = True
        if not self.is_used:
            raise AttributeError(f"type object {owner.__name__!r} has no attribute {self.name!r}")
        return self.check if instance is None else MethodType(self.check, instance)


def _file_of(function: Any) -> str | None:
    code = getattr(bare_call(function), "__code__", None)
    return None if code is None else str(code.co_filename)


def _nothing(self: object, /, *arguments: object, **keywords: object) -> None:
    """Initialise nothing: `__new__` has done it all."""
