"""Any callable serves as a predicate, whatever it returns; a declaration is a value that serves many times."""

from __future__ import annotations

import re
from functools import partial
from typing import assert_type

from culpa import check, ensure, raises, require, snapshot

positive = require(lambda n: n > 0, "counts are positive")
unchanged = ensure(lambda items, old: items == old.items)
kept = snapshot(items=lambda items: list(items))
only_lookup_errors = raises(LookupError)


@positive
def half(n: int) -> float:
    return n / 2


@positive
def digits(n: int) -> str:
    return str(n)


@only_lookup_errors
@kept
@unchanged
def at(items: list[str], n: int) -> str:
    return items[n]


assert_type(half(1), float)
assert_type(digits(1), str)
assert_type(at(["a"], 0), str)


@require(lambda: True)
@require(lambda a: a)
@require(lambda a, b: a <= b)
@require(lambda a, b, c: a <= b <= c)
@require(lambda a, b, c, d: a <= b <= c <= d)
@ensure(lambda a, b, c, d, result: result == [a, b, c, d])
def ordered(a: int, b: int, c: int, d: int) -> list[int]:
    return [a, b, c, d]


assert_type(ordered(1, 2, 3, 4), list[int])


def is_short(text: str) -> bool:
    return len(text) < 10


def is_below(limit: int, text: str) -> bool:
    return len(text) < limit


class Matches:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def __call__(self, text: str) -> re.Match[str] | None:
        return re.match(self.pattern, text)

    def method(self, text: str) -> bool:
        return self(text) is not None


@require(lambda text: re.match(r"\w+", text))
@require(lambda text: text and text[0])
@require(is_short)
@require(partial(is_below, 10))
@require(Matches(r"\w+"))
@require(Matches(r"\w+").method, "a word")
@ensure(is_short, None)
def word(text: str) -> str:
    check(text, "still there")
    check(re.match(r"\w", text))
    return text


assert_type(word("a"), str)


@snapshot(low=lambda low: low, span=lambda low, high: high - low)
@ensure(lambda low, high, old: high - low == old.span and low == old.low)
@raises(ValueError, LookupError, when=lambda low, high: low > high)
@raises()
def spread(low: int, high: int) -> int:
    return high - low


assert_type(spread(1, 2), int)
