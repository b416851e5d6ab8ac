"""values_of: which parts of a failed predicate are shown, under which text, and what is kept back."""

from __future__ import annotations

import math
import re
from types import SimpleNamespace
from typing import Any

import pytest

from culpa._redact import redact
from culpa._values import values_of

NONE: frozenset[str] = frozenset()


class SecretStr(str):
    __slots__ = ()


class Account:
    token: SecretStr

    def __init__(self) -> None:
        self.balance = 3
        self.token = SecretStr("hunter2")

    def __repr__(self) -> str:
        return "Account()"


class Bare:
    def __init__(self) -> None:
        self.balance = 3

    def __repr__(self) -> str:
        return "Bare()"


def is_sorted(xs: list[int]) -> bool:
    raise AssertionError("user code ran")


def shown(text: str | None, /, **names: Any) -> dict[str, str]:
    lookup = {"is_sorted": is_sorted, "re": re, "math": math, "limit": 5, **names}
    return values_of(text, tuple(names), lookup, NONE)


@pytest.mark.parametrize(
    ("text", "names", "values"),
    [
        ("len(xs) > 0", {"xs": []}, {"len(xs)": "0", "xs": "[]"}),
        (
            "min(xs) <= result <= max(xs)",
            {"xs": [1, 2], "result": 9},
            {"min(xs)": "1", "xs": "[1, 2]", "result": "9", "max(xs)": "2"},
        ),
        ("xs", {"xs": []}, {"xs": "[]"}),
        ("n % 2", {"n": 4}, {"n % 2": "0", "n": "4"}),
        ("self.balance", {"self": Bare()}, {"self.balance": "3", "self": "Bare()"}),
        ("not n", {"n": 4}, {"n": "4"}),
        ("n > 5 and is_sorted(xs)", {"n": 1, "xs": [1]}, {"n > 5": "False", "n": "1", "xs": "[1]"}),
        ("n < limit", {"n": 7}, {"n": "7", "limit": "5"}),
        ("n < math.pi", {"n": 7}, {"n": "7", "math.pi": "3.141592653589793"}),
        ("n is math.sin", {"n": 7}, {"n": "7"}),
        ("re.match('a', s)", {"s": "b"}, {"s": "'b'"}),
        ("s.strip().isdigit()", {"s": "b"}, {"s": "'b'"}),
        (
            "callbacks[0](n)",
            {"callbacks": [len], "n": 1},
            {"callbacks[0]": "<built-in function len>", "callbacks": "[<built-in function len>]", "n": "1"},
        ),
        ("f is None", {"f": is_sorted}, {"f": "<function is_sorted>"}),
        ("type(n) is str", {"n": 7}, {"type(n)": "<class 'int'>", "n": "7"}),
        ("n == -1 and 2 * 3", {"n": 7}, {"n == -1": "False", "n": "7"}),
        ("(a +\n   b) > n  # why", {"a": 1, "b": 2, "n": 7}, {"a + b": "3", "a": "1", "b": "2", "n": "7"}),
        ("a\n and b", {"a": 0, "b": 2}, {"a": "0", "b": "2"}),
        ("max(a,\n    b)", {"a": 0, "b": 0}, {"max(a, b)": "0", "a": "0", "b": "0"}),
        ("a if b else c", {"a": 1, "b": 2, "c": 3}, {"a": "1", "b": "2", "c": "3"}),
        ("n == {'k': v, **rest}", {"n": 1, "v": 2, "rest": {}}, {"n": "1", "v": "2", "rest": "{}"}),
        ("sorted(xs, key=k) == xs", {"xs": [2, 1], "k": 5}, {"xs": "[2, 1]", "k": "5"}),
        ("f'{n}' == s", {"n": 1, "s": "2"}, {"s": "'2'"}),
        ("é > n", {"é": 1, "n": 2}, {"é": "1", "n": "2"}),
    ],
)
def test_parts_are_shown_outermost_first_then_from_left_to_right(
    text: str, names: dict[str, Any], values: dict[str, str]
) -> None:
    assert list(shown(text, **names).items()) == list(values.items())


def test_names_that_the_predicate_binds_itself_are_not_taken_for_others() -> None:
    assert shown("[x for x in xs] == ys", xs=[1], ys=[2], x=7) == {"xs": "[1]", "ys": "[2]"}
    assert shown("any(x > y for x, y in xs)", xs=[(1, 2)]) == {"xs": "[(1, 2)]"}
    assert shown("f(lambda x, *y: x + n)", f=len, n=1, x=7, y=8) == {"n": "1"}
    assert shown("(y := len(xs)) > y", xs=[1], y=7) == {"len(xs)": "1", "xs": "[1]"}
    assert shown("{k: v for k, v in d.items()} == {k for k in d}", d={1: 2}, k=7) == {"d": "{1: 2}"}


def test_the_item_that_broke_a_quantifier_is_shown_first() -> None:
    assert shown("all(v > 0 for v in xs)", xs=[3, -3, 1]) == {"v": "-3", "xs": "[3, -3, 1]"}
    assert shown("xs and all([v > 0 for v in xs])", xs=[-3]) == {"xs": "[-3]"}
    assert shown("not any(v > 0 for v in xs)", xs=[3]) == {"xs": "[3]"}
    assert shown("all(v > 0 for v in xs)", xs=[-3], all=len) == {"xs": "[-3]"}
    assert shown("all(x in ys for x in xs)", xs=[1], ys=[]) == {"x": "1", "ys": "[]", "xs": "[1]"}


def test_a_shadowed_builtin_is_not_called() -> None:
    assert shown("len(xs) > 0", xs=[], len=is_sorted) == {"xs": "[]"}


@pytest.mark.parametrize(
    "text", [None, "", "(", "is_sorted", "True", "x\0", "lambda xs: xs", "+".join(["n"] * 200), "(" * 3000]
)
def test_without_a_part_to_show_the_parameters_are_shown(text: str | None) -> None:
    assert shown(text, xs=[2, 1], n=1) == {"xs": "[2, 1]", "n": "1"}


def test_a_parameter_without_a_value_is_left_out() -> None:
    assert values_of(None, ("xs", "gone"), {"xs": 1}, NONE) == {"xs": "1"}


def test_at_most_twelve_are_shown() -> None:
    names = {f"x{number}": number for number in range(20)}

    assert list(shown(" < ".join(names), **names)) == list(names)[:12]
    assert list(shown(None, **names)) == list(names)[:12]


def test_old_is_shown_by_what_was_captured() -> None:
    lookup = {"self": Bare(), "old": SimpleNamespace(balance=1), "amount": 7}
    captures = {"balance": frozenset({"self"}), "gone": NONE}
    text = "self.balance == old.balance + amount and check(old)"

    assert values_of(text, ("self", "old", "amount"), lookup, NONE, captures) == {
        "self.balance == old.balance + amount": "False",
        "self.balance": "3",
        "self": "Bare()",
        "old.balance + amount": "8",
        "old.balance": "1",
        "amount": "7",
    }
    assert values_of(None, ("old", "amount"), lookup, NONE, captures) == {"old.balance": "1", "amount": "7"}


def test_without_captures_old_is_a_name_like_any_other() -> None:
    assert shown("old < new", old=3, new=2) == {"old": "3", "new": "2"}


def test_what_reads_a_secret_parameter_is_redacted_and_compound_values_are_hidden() -> None:
    lookup = {"password": "hunter2", "xs": [1], "n": 1}

    assert values_of("len(password) > n + len(xs)", tuple(lookup), lookup, frozenset({"password"})) == {
        "len(password)": "<redacted>",
        "password": "<redacted>",
        "n + len(xs)": "2",
        "n": "1",
        "len(xs)": "1",
        "xs": "<list, 1 item>",
    }
    assert values_of(None, tuple(lookup), lookup, frozenset({"password"})) == {
        "password": "<redacted>",
        "xs": "<list, 1 item>",
        "n": "1",
    }


def test_what_reads_a_registered_name_is_redacted() -> None:
    redact("values_pin")
    names = {"user": SimpleNamespace(values_pin=1234, n=1), "d": {"values_pin": 1234, "n": 1}, "xs": [1]}
    text = "user.values_pin + user.n == d['values_pin'] + d['n'] + d[xs[0]]"

    assert shown(text, **names, k=5) == {
        "user.values_pin + user.n": "<redacted>",
        "user.values_pin": "<redacted>",
        "user": "<SimpleNamespace>",
        "user.n": "1",
        "d['values_pin'] + d['n']": "<redacted>",
        "d['values_pin']": "<redacted>",
        "d": "{'values_pin': <redacted>, 'n': 1}",
        "d['n']": "1",
        "xs[0]": "1",
        "xs": "[1]",
    }
    assert shown("values_pin > len(xs)", values_pin=1, xs=[1]) == {
        "values_pin": "<redacted>",
        "len(xs)": "1",
        "xs": "<list, 1 item>",
    }


def test_what_reads_an_attribute_annotated_as_secret_is_redacted() -> None:
    assert shown("len(account.token) > account.balance", account=Account()) == {
        "account.token": "<redacted>",
        "account": "<Account>",
        "account.balance": "3",
    }


def test_a_secret_item_that_broke_a_quantifier_is_redacted() -> None:
    lookup = {"pins": ["x"], "n": 3}

    found = values_of("all(len(pin) > n for pin in pins)", ("pins", "n"), lookup, frozenset({"pins"}))

    assert found == {"pin": "<redacted>", "n": "3", "pins": "<redacted>"}


def test_what_was_captured_from_a_secret_is_redacted() -> None:
    lookup = {"old": SimpleNamespace(size=7, n=1, values_secret=2)}
    redact("values_secret")
    captures = {"size": frozenset({"password"}), "n": frozenset({"n"}), "values_secret": NONE}
    texts = {"old.size": "<redacted>", "old.n": "1", "old.values_secret": "<redacted>"}

    for text in ("old.size < old.n < old.values_secret", None):
        assert values_of(text, ("old",), lookup, frozenset({"password"}), captures) == texts
