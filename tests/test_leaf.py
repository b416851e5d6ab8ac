"""is_leaf: which predicates can call no checked function; gives_anything: which may give what they were handed."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import pytest

from culpa._leaf import gives_anything, is_leaf

Function = Callable[..., Any]


class Account:
    pass


def helper(x: Any) -> Any:
    return x


def closing(limit: int, function: Function) -> tuple[Function, Function]:
    return lambda n: n < limit, lambda n: function(n)


LIMIT = 3
READS_A_CELL, CALLS_A_CELL = closing(LIMIT, helper)
xs: Any = []

LEAVES: list[Function] = [
    lambda: True,
    lambda x: x,
    lambda x: x.a.b,
    lambda x: x[0],
    lambda x: x[1:2],
    lambda x: 0 < x.n <= 5,
    lambda x, y: x * 2 + y % 3 - (-x) // 1 == ~y,
    lambda x, y: (x and y) or not x,
    lambda x: 1 if x else 2,
    lambda x: x in (1, 2),
    lambda x: x is None,
    lambda x: (x, 1) == (1, 2),
    lambda x: {"a": x} == {} and [x] == [] and {x} == {1},
    lambda x: [*x] == [1],
    lambda x: f"{x!r:>10}" == "1",
    lambda x: (y := x) > 1 and y < 9,
    lambda x: x < LIMIT,
    READS_A_CELL,
    lambda x: isinstance(x, Account),
    lambda x: x is int,
    lambda x: len(x) > 0,
    lambda x: sorted(x) == x and sum(x) > 1,
    lambda n: n in range(3),
    lambda x: int(x) > 1 and str(x) == "1",
    lambda x: x < math.pi,
    lambda x: sum(y for y in x) > 1,
    lambda x: all(y > z for y in x for z in y),
    lambda x: [y for y in x if y] == [],
    lambda x: {y for y in x} == {1},  # noqa: C416 - a comprehension is what is tried
    lambda x: {y: 1 for y in x} == {},  # noqa: C420 - as above
    lambda x: any([y.a for y in x]),  # noqa: C419 - as above
]

NO_LEAVES: list[Function] = [
    lambda s: s.strip(),
    lambda s: s.startswith("a"),
    lambda x: len(x.keys()) > 0,
    lambda x: helper(x),
    lambda x: any(helper(y) for y in x),
    lambda x: [helper(y) for y in x],
    lambda x: (lambda y: y)(x),  # noqa: PLC3002 - it is what is tried
    lambda x: Account(),
    lambda f: f(1),
    lambda x: x[0](1),
    lambda x: type(x)(1),
    CALLS_A_CELL,
    lambda x: math.sin(x),
    lambda x: list(map(helper, x)),
    lambda x: list(filter(None, x)),
    lambda x: sorted(x, key=helper),
    lambda x: sorted(x, reverse=True),
    lambda x: max(*x),
    lambda x: max(**x),
    lambda x: getattr(x, "a"),  # noqa: B009 - the builtin is what is tried
    lambda x: print(x),
    lambda x: super(Account, x).a,
    lambda x: x is helper,
    lambda x: x < undefined,  # type: ignore[name-defined]  # noqa: F821 - bound later, to anything
    lambda x: __import__("os"),
]


@pytest.mark.parametrize("predicate", LEAVES)
def test_names_attributes_comparisons_arithmetic_and_safe_builtins_are_a_leaf(predicate: Function) -> None:
    assert is_leaf(predicate, "owner")


@pytest.mark.parametrize("predicate", NO_LEAVES)
def test_calls_of_anything_else_are_no_leaf(predicate: Function) -> None:
    assert not is_leaf(predicate, "owner")


def importing() -> Any:
    import os

    return os


def from_importing() -> Any:
    from os import path

    return path


async def awaiting(x: Any) -> Any:
    return await x


async def iterating(x: Any) -> Any:
    return [y async for y in x]


@pytest.mark.parametrize("predicate", [importing, from_importing, awaiting, iterating])
def test_imports_and_awaits_are_no_leaf(predicate: Function) -> None:
    assert not is_leaf(predicate, "owner")


class Checker:
    def __call__(self, x: Any) -> bool:
        return True

    def method(self, x: Any) -> bool:
        return True


@functools.wraps(helper)
def wrapped(x: Any) -> bool:
    return x > 1


class Coded:
    """Not a function, but says that it has code."""

    __code__ = helper.__code__


@pytest.mark.parametrize(
    "predicate", [Checker(), Checker().method, functools.partial(helper, 1), len, wrapped, Coded(), str.isdigit]
)
def test_what_is_no_plain_function_is_no_leaf(predicate: Any) -> None:
    assert not is_leaf(predicate, "owner")


def test_a_plain_function_is_judged_as_a_lambda() -> None:
    assert is_leaf(helper, "owner")


def test_a_builtin_that_the_module_defines_itself_is_no_leaf() -> None:
    namespace: dict[str, Any] = {"len": helper, "int": helper}
    exec("call = lambda x: len(x) > 1\nname = lambda x: x is int\nother = lambda x: abs(x) > 1", namespace)

    assert not is_leaf(namespace["call"], "owner")
    assert not is_leaf(namespace["name"], "owner")
    assert is_leaf(namespace["other"], "owner")


def test_code_of_a_class_body_is_no_leaf() -> None:
    body = helper.__code__.replace(co_code=compile("x", "", "eval").co_code, co_names=("x",))

    assert not is_leaf(type(helper)(body, {"x": 1}), "owner")


@pytest.mark.parametrize(
    "predicate",
    [lambda self: self.size > 0, lambda x: x < size, lambda x: all(y.size for y in x)],  # type: ignore[name-defined]  # noqa: F821
)
def test_what_reads_its_owners_name_may_come_back_to_it(predicate: Function) -> None:
    assert not is_leaf(predicate, "size")


@pytest.mark.parametrize(
    "predicate",
    [
        lambda x, y: x == y,
        lambda x, y: x + y,
        lambda x: -x,
        lambda x, y: x in y,
        lambda x: len(x),
        lambda x: x[0],
        lambda x: f"{x}",
        lambda x: [1 for _ in x],
        lambda x: all(y for y in x),
    ],
)
def test_operators_may_come_back_to_a_special_method(predicate: Function) -> None:
    assert not is_leaf(predicate, "__eq__")
    assert is_leaf(predicate, "__eq")


@pytest.mark.parametrize("predicate", [lambda x: x, lambda x: x.a, lambda x: x is None])
def test_what_uses_no_operator_is_a_leaf_of_a_special_method(predicate: Function) -> None:
    assert is_leaf(predicate, "__eq__")


@pytest.mark.parametrize(
    "predicate",
    [
        lambda x: x,
        lambda x: x.a,
        lambda x: x[0],
        lambda x: x[1:],
        lambda: LIMIT,
        lambda x, y: x.a or y > 1,
        lambda x, y: y > 1 or x,
        lambda x, y: x if y else y > 1,
        lambda x, y: y > 1 if y else x,
        lambda x, y: y > 1 and x,
    ],
)
def test_a_value_that_was_handed_in_may_be_anything(predicate: Function) -> None:
    assert gives_anything(predicate)


@pytest.mark.parametrize(
    "predicate",
    [
        lambda: True,
        lambda x: x > 1,
        lambda x: 0 < x < 9,
        lambda x: not x,
        lambda x: len(x),
        lambda x, y: x > 1 or y > 1,
        lambda x, y: x > 1 and y > 1,
        lambda x: x in LEAVES,
        lambda x: x + 1,
        operator.not_,
    ],
)
def test_a_value_that_an_operator_made_is_known(predicate: Function) -> None:
    assert not gives_anything(predicate)
