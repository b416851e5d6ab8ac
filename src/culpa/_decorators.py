"""Declares contracts: `require`, `ensure`, `snapshot`, `raises`; and `check`, the statement."""

from __future__ import annotations

import functools
import sys
from itertools import pairwise
from types import CodeType

from culpa._attach import Decorator
from culpa._model import Clause
from culpa._position import instructions
from culpa._predicates import read_predicate
from culpa.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, Generic, NoReturn, TypeVar, overload

    F = TypeVar("F", bound=Callable[..., Any])
    K = TypeVar("K")

    class _Require(Generic[K]):
        def __call__(self, function: F, /) -> F: ...

    class _Ensure(Generic[K]):
        def __call__(self, function: F, /) -> F: ...

    class _Snapshot:
        def __call__(self, function: F, /) -> F: ...

    class _Raises:
        def __call__(self, function: F, /) -> F: ...

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


def _public(declare: F) -> F:
    """Take the frames of the library out of the errors of a declaration: the next entry is the user's line."""

    @functools.wraps(declare)
    def declared(*arguments: Any, **keywords: Any) -> Any:
        try:
            return declare(*arguments, **keywords)
        except TypeError as error:
            error.__traceback__ = None
            raise

    return declared  # type: ignore[return-value]  # the same signature


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
@_public
def require(predicate: Callable[..., object], message: str | None = None, /) -> Any:
    """Demand what the caller must make true before the call.

    Blames the caller: `PreconditionError` at the call, before the body. `predicate` takes any of the parameters.

    >>> @require(lambda xs: len(xs) > 0, "an empty sample has no mean")
    ... def mean(xs):
    ...     return sum(xs) / len(xs)
    >>> mean([1.0, 2.0])
    1.5
    """
    return Decorator((_clause("require", predicate, message, sys._getframe(2)),))


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
@_public
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
    return Decorator((_clause("ensure", predicate, message, sys._getframe(2)),))


@_public
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
        raise _wrong("snapshot", "it keeps nothing; write snapshot(name=lambda ...: ...)", frame)
    return Decorator(tuple(_clause("snapshot", p, None, frame, name) for name, p in captures.items()))  # type: ignore[return-value]  # one class at run time


@_public
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
        if not _is_exception_class(exception):
            raise _wrong("raises", f"{exception!r:.80} is no exception class; write raises(ValueError)", frame)
    if when is None:
        text = ", ".join(exception.__name__ for exception in exceptions)
        place = (frame.f_code, frame.f_lasti)
        return Decorator((Clause("raises", None, (), None, text or None, place, None, exceptions),))  # type: ignore[return-value]  # one class at run time
    if not exceptions:
        raise _wrong("raises", "`when` without exceptions admits nothing; write raises(ValueError, when=...)", frame)
    return Decorator((_clause("raises", when, None, frame, None, exceptions),))  # type: ignore[return-value]  # one class at run time


@_public
def require_else(predicate: Callable[..., object], message: str | None = None, /) -> NoReturn:
    """Widen an inherited precondition. Not supported yet: raises `DeclarationError`."""
    raise _unsupported("require_else", "inheritance of contracts is", "write the whole precondition on the override")


@_public
def yields(predicate: Callable[..., object], message: str | None = None, /) -> NoReturn:
    """Promise something of every item that a generator yields. Not supported yet: raises `DeclarationError`."""
    raise _unsupported("yields", "contracts of generators are", "check() each item in the body")


@_public
def sends(predicate: Callable[..., object], message: str | None = None, /) -> NoReturn:
    """Demand something of every value sent into a generator. Not supported yet: raises `DeclarationError`."""
    raise _unsupported("sends", "contracts of generators are", "check() each item in the body")


@_public
def callback(name: str, /, *contracts: object) -> NoReturn:
    """State the contract of a callable argument. Not supported yet: raises `DeclarationError`."""
    raise _unsupported(
        "callback", "contracts of callbacks are", "check() its arguments and its result where you call it"
    )


@_public
def invariant(
    predicate: Callable[[Any], object], message: str | None = None, /, *, on_setattr: bool = False
) -> NoReturn:
    """State what every instance keeps true between public calls. Not supported yet: raises `DeclarationError`."""
    raise _unsupported("invariant", "invariants of classes are", "write the condition as @ensure on the methods")


def _clause(
    kind: str,
    predicate: Callable[..., object],
    message: str | None,
    frame: FrameType,
    name: str | None = None,
    exceptions: tuple[type[BaseException], ...] = (),
) -> Clause:
    reading = read_predicate(predicate, "capture" if kind == "snapshot" else "predicate")
    problem = reading.problem
    if problem is None and not _is_message(message):
        problem = f"its message is no string but {type(message).__name__}; write the message in quotes"
    if problem is not None:
        raise _wrong(kind, problem, frame)
    place = (frame.f_code, frame.f_lasti)
    return Clause(kind, predicate, reading.names, message, reading.text, place, name, exceptions)


def _is_message(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_exception_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


def _wrong(kind: str, problem: str, frame: FrameType) -> DeclarationError:
    function = _decorated(frame)
    where = f" on {function}()" if function else ""
    return DeclarationError(f"{kind}{where}: {problem}")


def _unsupported(kind: str, what: str, instead: str) -> DeclarationError:
    function = _decorated(sys._getframe(3))
    where = f" on {function}" if function else ""
    return DeclarationError(f"{kind}{where}: {what} not supported yet; {instead}")


def _decorated(frame: FrameType) -> str | None:
    """Return the name of what the declaration that is being made decorates, read off the code that follows."""
    steps = [step for step in instructions(frame.f_code) if step[0] > frame.f_lasti]
    for (_, name, argument), (_, following, _) in pairwise(steps):
        if name.startswith(("STORE", "POP_TOP", "RETURN")):
            return None
        value = frame.f_code.co_consts[argument] if name == "LOAD_CONST" else None
        if isinstance(value, CodeType) and following == "MAKE_FUNCTION" and value.co_name.isidentifier():
            return value.co_name
    return None
