"""Type variables and parameter specifications pass through a contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar, assert_type, reveal_type

from culpa import ensure, require

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
N = TypeVar("N", int, float)
P = ParamSpec("P")


def first_bare(items: Sequence[T]) -> T:
    return items[0]


@require(lambda items: len(items) > 0)
@ensure(lambda items, result: result in items)
def first(items: Sequence[T]) -> T:
    return items[0]


reveal_type(first_bare)
reveal_type(first)  # same as above
assert_type(first([1]), int)
assert_type(first("a"), str)


@require(lambda x: x > 0)
def doubled(x: N) -> N:
    return x + x


assert_type(doubled(1), int)
assert_type(doubled(1.5), float)


@require(lambda times: times > 0)
def repeat(times: int, f: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> list[T]:
    return [f(*args, **kwargs) for _ in range(times)]


assert_type(repeat(2, first, [1]), list[int])


class Stack(Generic[T]):
    def __init__(self) -> None:
        self.items: list[T] = []

    @ensure(lambda self, item: self.items[-1] is item)
    def push(self, item: T) -> None:
        self.items.append(item)

    @require(lambda self: len(self.items) > 0)
    def pop(self) -> T:
        return self.items.pop()


stack: Stack[str] = Stack()
stack.push("a")
assert_type(stack.pop(), str)


def wrong_calls() -> None:
    first(3)  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
    doubled("a")  # E[mypy]: type-var  # E[pyright]: reportArgumentType
    stack.push(1)  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
