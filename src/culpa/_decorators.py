"""Declares contracts: `require`, `require_else`, `ensure`, `snapshot`, `raises`, `invariant`."""

from __future__ import annotations

import sys

from culpa._misuse import decorated, is_exception_class, is_message, public, unsupported, wrong
from culpa.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, Generic, NoReturn, TypeVar, overload

    from culpa._model import Clause

    F = TypeVar("F", bound=Callable[..., Any])
    C = TypeVar("C", bound=type)
    K = TypeVar("K")

    class _Require(Generic[K]):
        def __call__(self, function: F, /) -> F: ...

    class _Ensure(Generic[K]):
        def __call__(self, function: F, /) -> F: ...

    class _RequireElse:
        def __call__(self, function: F, /) -> F: ...

    class _Snapshot:
        def __call__(self, function: F, /) -> F: ...

    class _Raises:
        def __call__(self, function: F, /) -> F: ...

    class _Invariant:
        def __call__(self, cls: C, /) -> C: ...

    Capture = (
        Callable[[Any], Any]
        | Callable[[Any, Any], Any]
        | Callable[[Any, Any, Any], Any]
        | Callable[[Any, Any, Any, Any], Any]
    )
else:

    def overload(function):
        """Stand in for `typing.overload`, which costs 9-16 ms to import."""
        return function


# Overloads by the number of parameters: the one form in which neither mypy nor pyright, both strict, says anything
# about a lambda that names a subset of the parameters. `object`: truth is Python truth.
@overload
def require(predicate: Callable[[Any], object], message: str | None = None, /) -> _Require[Any]: ...
@overload
def require(predicate: Callable[[Any, Any], object], message: str | None = None, /) -> _Require[Any]: ...
@overload
def require(predicate: Callable[[Any, Any, Any], object], message: str | None = None, /) -> _Require[Any]: ...
@overload
def require(predicate: Callable[[Any, Any, Any, Any], object], message: str | None = None, /) -> _Require[Any]: ...
@overload
def require(predicate: Callable[[Any, Any, Any, Any, Any], object], message: str | None = None, /) -> _Require[Any]: ...
@overload
def require(
    predicate: Callable[[Any, Any, Any, Any, Any, Any], object], message: str | None = None, /
) -> _Require[Any]: ...
@overload
def require(
    predicate: Callable[[Any, Any, Any, Any, Any, Any, Any], object], message: str | None = None, /
) -> _Require[Any]: ...
@overload
def require(predicate: Callable[..., object], message: str | None = None, /) -> _Require[Any]: ...  # type: ignore[overload-cannot-match]  # for keyword-only parameters
@public
def require(predicate: Callable[..., object], message: str | None = None, /) -> Any:
    """Demand what the caller must make true before the call.

    Blames the caller: `PreconditionError` at the call, before the body. `predicate` takes any of the parameters.

    >>> @require(lambda xs: len(xs) > 0, "an empty sample has no mean")
    ... def mean(xs):
    ...     return sum(xs) / len(xs)
    >>> mean([1.0, 2.0])
    1.5
    """
    return _decorator(_clause("require", predicate, message, sys._getframe(2)))


@overload
def ensure(predicate: Callable[[Any], object], message: str | None = None, /) -> _Ensure[Any]: ...
@overload
def ensure(predicate: Callable[[Any, Any], object], message: str | None = None, /) -> _Ensure[Any]: ...
@overload
def ensure(predicate: Callable[[Any, Any, Any], object], message: str | None = None, /) -> _Ensure[Any]: ...
@overload
def ensure(predicate: Callable[[Any, Any, Any, Any], object], message: str | None = None, /) -> _Ensure[Any]: ...
@overload
def ensure(predicate: Callable[[Any, Any, Any, Any, Any], object], message: str | None = None, /) -> _Ensure[Any]: ...
@overload
def ensure(
    predicate: Callable[[Any, Any, Any, Any, Any, Any], object], message: str | None = None, /
) -> _Ensure[Any]: ...
@overload
def ensure(
    predicate: Callable[[Any, Any, Any, Any, Any, Any, Any], object], message: str | None = None, /
) -> _Ensure[Any]: ...
@overload
def ensure(predicate: Callable[..., object], message: str | None = None, /) -> _Ensure[Any]: ...  # type: ignore[overload-cannot-match]  # for keyword-only parameters
@public
def ensure(predicate: Callable[..., object], message: str | None = None, /) -> Any:
    """Promise what the body makes true before it returns.

    Blames the callee: `PostconditionError`. `predicate` takes any of the parameters, as they were at the call,
    `result`, and `old`, whose attributes are what `snapshot` kept.

    >>> @ensure(lambda x, result: result >= x)
    ... def increment(x):
    ...     return x + 1
    >>> increment(1)
    2
    """
    return _decorator(_clause("ensure", predicate, message, sys._getframe(2)))


@public
def snapshot(**captures: Capture) -> _Snapshot:
    """Keep values from before the call; a postcondition reads them as `old.<name>`.

    Each capture takes any of the parameters, and runs after the preconditions, if some postcondition may read it.
    Nothing is copied unasked: write `lambda xs: xs[:]`. One that raises is the contract's fault: `DefectError`.

    >>> @snapshot(size=lambda xs: len(xs))
    ... @ensure(lambda xs, old: len(xs) == old.size + 1)
    ... def add(xs, x):
    ...     xs.append(x)
    """
    frame = sys._getframe(2)
    if not captures:
        raise wrong("snapshot", "it keeps nothing; write snapshot(name=lambda ...: ...)", frame)
    made: _Snapshot = _decorator(*(_clause("snapshot", p, None, frame, name) for name, p in captures.items()))
    return made


@public
def raises(*exceptions: type[BaseException], when: Capture | None = None) -> _Raises:
    """Promise that only these exceptions, and subclasses, escape; with `when`, only if it held at entry.

    Blames the callee: `RaisesError` from any other. Several `raises` on one function are alternatives. Violations of
    contracts, `RecursionError`, `MemoryError` and what is no `Exception` always pass. `raises()` admits nothing.

    >>> @raises(KeyError, when=lambda key, table: key not in table)
    ... def look_up(key, table):
    ...     return table[key]
    """
    frame = sys._getframe(2)
    for exception in exceptions:
        if not is_exception_class(exception):
            raise wrong(
                "raises",
                f"{exception!r:.80} is no exception class; write raises(ValueError) or raises(ValueError, KeyError)",
                frame,
            )
    if when is not None and not exceptions:
        raise wrong("raises", "`when` without exceptions admits nothing; write raises(ValueError, when=...)", frame)
    made: _Raises = _decorator(_clause("raises", when, None, frame, None, exceptions))
    return made


@public
def require_else(predicate: Capture, message: str | None = None, /) -> _RequireElse:
    """Accept more than the routine that a method overrides: an alternative precondition (Eiffel's `require else`).

    A call is legal if the inherited precondition or any `require_else` holds. Blames the caller if none does:
    `PreconditionError`, which lists them all.

    >>> class Store:
    ...     @require(lambda key: key != "")
    ...     def get(self, key): ...
    >>> class Forgiving(Store):
    ...     @require_else(lambda key: key == "")
    ...     def get(self, key): ...
    >>> Forgiving().get("")
    """
    frame = sys._getframe(2)
    if "__module__" not in frame.f_locals or "__qualname__" not in frame.f_locals:
        function = decorated(frame)
        where = f" on {function}()" if function else ""
        raise DeclarationError(
            f"require_else{where}: it overrides nothing, so there is nothing to widen; write @require"
        )
    made: _RequireElse = _decorator(_clause("require_else", predicate, message, frame))
    return made


@public
def yields(predicate: Callable[..., object], message: str | None = None, /) -> NoReturn:
    """Promise something of every item that a generator yields. Not supported yet: raises `DeclarationError`."""
    raise unsupported("yields", "contracts of generators are", "check() each item in the body")


@public
def sends(predicate: Callable[..., object], message: str | None = None, /) -> NoReturn:
    """Demand something of every value sent into a generator. Not supported yet: raises `DeclarationError`."""
    raise unsupported("sends", "contracts of generators are", "check() each item in the body")


@public
def callback(name: str, /, *contracts: object) -> NoReturn:
    """State the contract of a callable argument. Not supported yet: raises `DeclarationError`."""
    raise unsupported(
        "callback", "contracts of callbacks are", "check() its arguments and its result where you call it"
    )


@public
def invariant(
    predicate: Callable[[Any], object] | Callable[[], object],
    message: str | None = None,
    /,
    *,
    on_setattr: bool = False,
) -> _Invariant:
    """State what every instance keeps true between public calls (Meyer's class invariant).

    Checked after construction, before and after public methods, properties and special methods; a method may break it
    for a moment, and so may the calls that it makes on its own object. Blames the method that leaves the object
    broken: `InvariantError`. `OutsideError` where somebody else did. With `on_setattr`, an assignment or `del` from
    outside is checked, too, and undone. Subclasses inherit it; `predicate` takes `self`.

    >>> @invariant(lambda self: self.balance >= 0)
    ... class Account:
    ...     def __init__(self, balance):
    ...         self.balance = balance
    >>> Account(5).balance
    5
    """
    clause = _clause("invariant", predicate, message, sys._getframe(2), on_setattr=on_setattr)
    made: _Invariant = _decorator(clause)
    return made


def _decorator(*clauses: Clause) -> Any:
    """Return the decorator; what it is made of is loaded with the first one, for `import culpa` to be fast."""
    from culpa._attach import Decorator

    return Decorator(clauses)


def _clause(
    kind: str,
    predicate: Callable[..., object] | None,
    message: str | None,
    frame: FrameType,
    name: str | None = None,
    exceptions: tuple[type[BaseException], ...] = (),
    *,
    on_setattr: bool = False,
) -> Clause:
    from culpa._model import Clause
    from culpa._predicates import Reading, read_predicate

    if predicate is None and kind == "raises":
        reading = Reading(text=", ".join(exception.__name__ for exception in exceptions) or None)
    else:
        reading = read_predicate(predicate, "capture" if kind == "snapshot" else "predicate")
    problem = reading.problem
    if problem is None and not is_message(message):
        problem = f"its message is no string but {type(message).__name__}; write the message in quotes"
    if problem is not None:
        raise wrong(kind, problem, frame)
    place = (frame.f_code, frame.f_lasti)
    return Clause(kind, predicate, reading.names, message, reading.text, place, name, exceptions, on_setattr=on_setattr)
