"""A function under contract has, to a checker, the type that it has bare."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, assert_type, overload, reveal_type

from culpa import ensure, raises, require, snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence


def plain_bare(xs: Sequence[float], scale: int = 1, *, name: str = "") -> str:
    return f"{name}{sum(xs) * scale}"


@require(lambda xs: len(xs) > 0, "an empty sample has no sum")
@ensure(lambda result, name: result.startswith(name))
@snapshot(count=lambda xs: len(xs))
@ensure(lambda xs, old: len(xs) == old.count)
@raises(ValueError, when=lambda scale: scale < 0)
def plain(xs: Sequence[float], scale: int = 1, *, name: str = "") -> str:
    return f"{name}{sum(xs) * scale}"


reveal_type(plain_bare)
reveal_type(plain)  # same as above
assert_type(plain([1.0]), str)
assert_type(plain([1.0], 2, name="a"), str)
assert_type(plain(xs=[1.0], scale=2), str)


def wrong_calls() -> None:
    plain()  # E[mypy]: call-arg  # E[pyright]: reportCallIssue
    plain(1)  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
    plain([1.0], "2")  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
    plain([1.0], 2, "a")  # E[mypy]: call-arg  # E[pyright]: reportCallIssue
    plain([1.0], size=2)  # E[mypy]: call-arg  # E[pyright]: reportCallIssue


def keyword_only_bare(*, low: int, high: int = 9) -> int:
    return high - low


@require(lambda low, high: low <= high)
def keyword_only(*, low: int, high: int = 9) -> int:
    return high - low


reveal_type(keyword_only_bare)
reveal_type(keyword_only)  # same as above
assert_type(keyword_only(low=1), int)


def variadic_bare(*args: int, **kwargs: str) -> None: ...


@require(lambda args, kwargs: len(args) >= len(kwargs))
def variadic(*args: int, **kwargs: str) -> None: ...


reveal_type(variadic_bare)
reveal_type(variadic)  # same as above


@cache
def cached_bare(x: int) -> str:
    return str(x)


@require(lambda x: x > 0)
@cache
def cached(x: int) -> str:
    return str(x)


reveal_type(cached_bare)
reveal_type(cached)  # same as above
assert_type(cached(1), str)
assert_type(cached.cache_info().hits, int)
cached.cache_clear()


@cache
@require(lambda x: x > 0)
def cached_outside(x: int) -> str:
    return str(x)


reveal_type(cached_bare)
reveal_type(cached_outside)  # same as above


@overload
def overloaded_bare(x: int) -> int: ...
@overload
def overloaded_bare(x: str) -> str: ...
def overloaded_bare(x: int | str) -> int | str:
    return x


@overload
def overloaded(x: int) -> int: ...
@overload
def overloaded(x: str) -> str: ...
@require(lambda x: bool(x))
@ensure(lambda x, result: x == result)
def overloaded(x: int | str) -> int | str:
    return x


reveal_type(overloaded_bare)
reveal_type(overloaded)  # same as above
assert_type(overloaded(1), int)
assert_type(overloaded("a"), str)
