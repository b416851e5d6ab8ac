"""Declares contracts: `require`, `require_else`, `ensure`, `snapshot`, `raises`, `invariant`."""

from __future__ import annotations

import sys

from culpa._declared import clause_of, decorator
from culpa._misuse import decorated, is_exception_class, public, wrong
from culpa.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Generic, TypeVar, overload

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

    class _Callback:
        def __call__(self, function: F, /) -> F: ...

    class _Yields:
        def __call__(self, function: F, /) -> F: ...

    class _Sends:
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
    return decorator(clause_of("require", predicate, message, sys._getframe(2)))


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
    return decorator(clause_of("ensure", predicate, message, sys._getframe(2)))


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
    made: _Snapshot = decorator(*(clause_of("snapshot", p, None, frame, name) for name, p in captures.items()))
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
    made: _Raises = decorator(clause_of("raises", when, None, frame, None, exceptions))
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
    made: _RequireElse = decorator(clause_of("require_else", predicate, message, frame))
    return made


@public
def yields(predicate: Capture, message: str | None = None, /) -> _Yields:
    """Promise something of every item that a generator yields.

    Blames the callee: `PostconditionError` at the `yield`. `predicate` takes any of the parameters, and `item`.

    >>> @yields(lambda item: item > 0)
    ... def count(n):
    ...     yield from range(1, n + 1)
    >>> list(count(2))
    [1, 2]
    """
    made: _Yields = decorator(clause_of("yields", predicate, message, sys._getframe(2)))
    return made


@public
def sends(predicate: Capture, message: str | None = None, /) -> _Sends:
    """Demand something of every value that is sent into a generator; `next` sends nothing.

    Blames whoever sends it: `PreconditionError`. `predicate` takes any of the parameters, and `sent`.

    >>> @sends(lambda sent: sent >= 0)
    ... def total():
    ...     value = 0
    ...     while True:
    ...         value += (yield value) or 0
    """
    made: _Sends = decorator(clause_of("sends", predicate, message, sys._getframe(2)))
    return made


@public
def callback(name: str, /, *contracts: object) -> _Callback:
    """State what a callable keeps that is the argument `name`, or, as "result", is returned.

    `contracts` are `require`, `ensure` and `callback` objects. For an argument, the one who calls the function answers
    for what the callable gives (`CallbackError`), and the function for how it calls it (`CallbackMisuseError`); for a
    result it is the function (`PostconditionError`) and its user (`PreconditionError`). The first clause that names all
    arguments of the callable fixes their order. The parameter's own default passes as it is.

    >>> @callback("f", require(lambda n: n >= 0), ensure(lambda result: result >= 0))
    ... def apply(f, n):
    ...     return f(n)
    >>> apply(abs, 3)
    3
    """
    from culpa._contracts import clauses_of

    frame = sys._getframe(2)
    clauses, names, problem = clauses_of(name, contracts)
    if problem is not None:
        raise wrong("callback", problem, frame)
    from culpa._model import Clause

    place = (frame.f_code, frame.f_lasti)
    made: _Callback = decorator(Clause("callback", None, names, None, None, place, name, contracts=clauses))
    return made


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
    clause = clause_of("invariant", predicate, message, sys._getframe(2), on_setattr=on_setattr)
    made: _Invariant = decorator(clause)
    return made
