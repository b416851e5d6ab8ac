"""Sees the subclasses of a class whose body declares contracts, without a base class, a metaclass or a mark.

A decorator that runs in a class body leaves one object in the body's namespace, whose `__set_name__` chains an
`__init_subclass__` onto the class when it is made.
"""

from __future__ import annotations

from types import FunctionType

from culpa._callable import NAMESPACE, class_of, put
from culpa.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from culpa._model import Clause

    _ClassMethod = classmethod[Any, ..., None]
else:
    _ClassMethod = classmethod

NAME, METHOD = "__culpa_hook__", "__init_subclass__"
CO_OPTIMIZED = 0x1
"""The flag of code that has locals of its own: a function's, not the body of a class or a module."""


def watch(frame: FrameType | None, inherit: Callable[[type], None]) -> None:
    """Have `inherit` called with each subclass, if `frame` is the body of a class, or a function that it called."""
    while frame is not None and frame.f_code.co_flags & CO_OPTIMIZED:
        frame = frame.f_back
    if frame is None or "__module__" not in frame.f_locals or "__qualname__" not in frame.f_locals:
        return
    body = frame.f_locals
    if NAME not in body:
        # `NamedTuple` copies its namespace, and calls `__set_name__` on 3.13 only: then the method itself is there.
        method = Chained(inherit, None, str(body["__module__"]), str(body["__qualname__"]))
        for name, value in ((NAME, Hook(inherit)), (METHOD, method)):
            if issubclass(class_of(body), dict):
                NAMESPACE.setdefault(body, name, value)  # past what a metaclass makes of assignments
            elif name not in body:
                body[name] = value


def hooks_of(cls: type) -> list[Chained]:
    """Return those of a class and its bases, in order."""
    return [hook for base in cls.__mro__ if isinstance(hook := vars(base).get(METHOD), Chained)]


class Hook:
    """Chains an `__init_subclass__` onto the class in whose body it was left, and disappears."""

    def __init__(self, inherit: Callable[[type], None]) -> None:
        self.inherit = inherit

    def __set_name__(self, owner: type, name: str) -> None:
        if name in vars(owner):
            type.__delattr__(owner, name)
        chain(owner, self.inherit)


def chain(owner: type, inherit: Callable[[type], None]) -> Chained:
    """Give a class an `__init_subclass__` that does what it did, and then calls `inherit`; return that."""
    written = vars(owner).get(METHOD)
    if isinstance(written, Chained):
        return written
    chained = Chained(inherit, written, owner.__module__, owner.__qualname__)
    put(owner, METHOD, chained)
    return chained


class Chained(_ClassMethod):
    """The `__init_subclass__` of a class that is watched: does what was `written`, or what a base does.

    It keeps the class's own invariants, too: so a second class, made of the first, has them.
    """

    def __init__(self, inherit: Callable[[type], None], written: Any, module: str, owner: str) -> None:
        hook = self
        self.invariants: tuple[Clause, ...] = ()

        def __init_subclass__(cls: type, /, **keywords: Any) -> None:  # noqa: N807 - it becomes that method
            try:
                # Looked up, not closed over: `dataclass(slots=True)` and attrs make a second class of the first.
                order = [base for base in cls.__mro__ if METHOD in vars(base)]
                place = next(i for i, base in enumerate(order) if vars(base)[METHOD] is hook)
                above: Any = written if written is not None else vars(order[place + 1])[METHOD]
                above.__get__(None, cls)(**keywords)
                if NAME in vars(order[place]):
                    type.__delattr__(order[place], NAME)
                inherit(cls)
                if cls is order[0]:
                    chain(cls, inherit)  # it may call no `super()`: its subclasses inherit all the same
            except BaseException as error:
                # Without the entry of this frame; for a wrong declaration, the next entry is the line of the class.
                trace = None if error.__traceback__ is None else error.__traceback__.tb_next
                BaseException.with_traceback(error, None if isinstance(error, DeclarationError) else trace)
                raise

        __init_subclass__.__module__, __init_subclass__.__qualname__ = module, f"{owner}.{METHOD}"
        function = getattr(written, "__func__", None)
        if class_of(function) is FunctionType:
            vars(__init_subclass__)["__wrapped__"] = function
            __init_subclass__.__doc__ = function.__doc__
        super().__init__(__init_subclass__)

    def add(self, invariant: Clause) -> None:
        """Have the class keep one more invariant, which stands above those that it has."""
        self.invariants = (invariant, *self.invariants)
