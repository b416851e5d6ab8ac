"""The evaluator: what it evaluates again gives what Python gives, and the rest it leaves alone."""

from __future__ import annotations

import ast
import math
from abc import ABC
from collections import deque
from types import SimpleNamespace
from typing import Any
from weakref import proxy

import pytest

from culpa._evaluate import Evaluator
from culpa._redact import MISSING


class Plain:
    def __init__(self) -> None:
        self.x = 1
        self.items = [1, 2]

    @property
    def computed(self) -> int:
        raise AssertionError("user code ran")

    def method(self) -> int:
        raise AssertionError("user code ran")


class Meddler:
    """Answers every operator and builtin with an exception."""

    def meddle(self, *_: object) -> Any:
        raise AssertionError("user code ran")

    __eq__ = __lt__ = __contains__ = __bool__ = __len__ = __iter__ = __getitem__ = meddle
    __add__ = __radd__ = __neg__ = __abs__ = __index__ = __int__ = __float__ = __round__ = __str__ = meddle
    __call__ = meddle

    def __hash__(self) -> int:
        return 1


class Liar:
    @property
    def __class__(self) -> type:
        raise AssertionError("user code ran")

    @__class__.setter
    def __class__(self, _: type) -> None: ...


class Abstract(ABC):  # noqa: B024 - its metaclass is the point
    pass


class Int(int):
    pass


NAMES: dict[str, Any] = {
    "p": Plain(),
    "m": Meddler(),
    "liar": Liar(),
    "xs": [3, 1, 2],
    "mixed": [1, Meddler()],
    "d": {"a": 1, 2: "b"},
    "odd": {Meddler(): 1},
    "values": {1: Meddler()},
    "s": "text",
    "b": b"ab",
    "n": 7,
    "f": 1.5,
    "none": None,
    "t": (1, 2),
    "q": deque([1, 2]),
    "r": range(5),
    "u": {1, 2},
    "own": Int(3),
    "big": 1 << 5000,
    "long": "x" * 20_000,
    "many": [0] * 20_000,
    "math": math,
    "Abstract": Abstract,
    "Plain": Plain,
    "size": len,
    "sum": Plain,
    "space": SimpleNamespace(x=2),
}


def evaluated(text: str) -> object:
    return Evaluator(NAMES, {}).value(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    "text",
    """
    n
    'constant'
    p.x
    p.items[0]
    space.x + p.x
    math.pi * 2
    len(xs) + len(d) + len(q) + len(r) + len(u) + len(s) + len(b) + len(mixed) + len(many)
    size(xs)
    xs[0], xs[-1], t[1], s[2], b[0], r[3], d['a'], d[2]
    xs[1:], s[:-1], t[::2]
    [n, f]
    {n, f}
    n < 8 <= 9 != f
    n > 8 > 1
    s == 'text' and s >= 'a' and b == b'ab' and none is None and p is not None
    p is p
    n in xs or n not in t
    1 in d and 's' in s and 1 in u
    xs == [3, 1, 2]
    d == {}
    {n: p, 'a': 1}
    none == n
    not xs
    not n
    n or p
    xs and n
    n and none
    -n + +n - ~n
    n + f - 2 * n / 3 // 1 % 5
    n & 3 | 4 ^ 1 >> 1
    1j * n
    s + 'more'
    b + b
    n if xs else p.computed
    p.computed if none else n
    min(xs) + max(xs) + min(n, 3)
    sorted(xs)
    any(xs) and all(xs)
    any(d)
    abs(-n), int('5'), int('ff', 16), float('1.5'), str(n), bool(xs)
    round(f), round(f, 1), round(n, -1)
    type(n), type(p) is Plain
    isinstance(n, int), isinstance(n, (str, int)), isinstance(n, str), isinstance(xs, dict)
    isinstance(p, Plain), isinstance(p, int)
    """.strip().splitlines(),
)
def test_what_is_evaluated_again_is_what_python_says(text: str) -> None:
    expected = eval(text, {}, NAMES)

    assert evaluated(text.strip()) == expected
    assert expected is not MISSING


@pytest.mark.parametrize(
    "text",
    """
    nowhere
    p.computed
    p.method()
    p.nowhere
    m()
    m == 1
    1 < m
    m in xs
    m in u
    1 in m
    1 in mixed
    1 in values
    mixed == mixed
    not m
    m and 1
    1 if m else 2
    -m
    -True
    m + 1
    own + 1
    own == 3
    xs + xs
    xs * 2
    s * 3
    s % n
    s + b
    s + n
    s + long
    2 ** 8
    1 << 4
    big + 1
    m @ m
    n / 0
    len(m)
    len(p)
    len(xs, xs)
    abs(m)
    int(m)
    int(long)
    sum(xs)
    min(mixed)
    max(many)
    min(xs, key=m)
    sorted(*t)
    int('x')
    round(m)
    round(f, m)
    round(n, -1000)
    isinstance(liar, int)
    isinstance(liar, m)
    isinstance(p, Abstract)
    isinstance(p, (int, Abstract))
    isinstance(own, m)
    print(n)
    (lambda: 1)()
    m[0]
    xs[m]
    xs[True]
    xs[9]
    many[1:]
    xs[f:]
    d[m]
    odd[1]
    d['nowhere']
    {m}
    {**d}
    {m: 1}
    [*xs]
    f'{n}'
    [x for x in xs]
    (y := n)
    Plain.x
    nowhere.x
    """.strip().splitlines(),
)
def test_the_rest_is_left_alone(text: str) -> None:
    assert evaluated(text.strip()) is MISSING


def test_an_object_behind_a_proxy_is_not_asked_for_its_class() -> None:
    liar = Liar()
    names = {"x": proxy(liar)}

    assert Evaluator(names, {}).value(ast.parse("isinstance(x, int)", mode="eval").body) is MISSING


def offender(text: str, **names: object) -> tuple[str, object]:
    call: Any = ast.parse(text, mode="eval").body
    return Evaluator(names, {}).offender(call.args[0])


def test_the_first_item_against_the_condition_is_found() -> None:
    assert offender("all(x > low for x in xs)", xs=[3, -3, -4], low=0) == ("x", -3)
    assert offender("all(x > 0 for x in d)", d={1: 2, 0: 3}) == ("x", 0)
    assert offender("all(item.x for item in xs)", xs=(NAMES["p"], SimpleNamespace(x=0))) == (
        "item",
        SimpleNamespace(x=0),
    )


@pytest.mark.parametrize(
    "text",
    [
        "all(x > 0 for x in [1, 2])",
        "all(x > 0 for x in [])",
        "all(x > 0 for x in m)",
        "all(x > 0 for x in mixed)",
        "all(x > 0 for x in range(-1, -5, -1) if x)",
        "all(x > y for x in t for y in t)",
        "all(x > y for x, y in pairs)",
        "all(x < 1500 for x in range(2000))",
    ],
)
def test_no_item_is_found_where_that_is_not_safe_or_there_is_none(text: str) -> None:
    assert offender(text, **{**NAMES, "mixed": NAMES["mixed"][1:], "pairs": [(1, 2)]}) == ("", MISSING)
