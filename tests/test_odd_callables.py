"""Objects that answer to every name, wrap themselves or have no builtins are checked like any other."""

from __future__ import annotations

import types
from typing import Any
from unittest import mock

import pytest

from culpa import PreconditionError, require
from harness.verdicts import checks, violation

positive = require(lambda x: x > 0)


class Answers:
    """Answers to every name with the same thing."""

    def __init__(self, answer: Any) -> None:
        vars(self)["answer"] = answer

    def __getattr__(self, name: str) -> Any:
        return self.answer

    def __call__(self, x: int) -> int:
        return x


class Refuses:
    """Raises when it is asked for a name, as an unbound `werkzeug` proxy does."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"working outside of a context: {name}")

    def __call__(self, x: int) -> int:
        return x


class Cyclic:
    """Wraps itself."""

    def __init__(self) -> None:
        self.__wrapped__ = self

    def __call__(self, x: int) -> int:
        return x


ODD = {
    "None": Answers(None),
    "text": Answers("text"),
    "number": Answers(5),
    "function": Answers(print),
    "list": Answers([]),
    "error": Refuses(),
    "cycle": Cyclic(),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_object_is_checked(odd: Any) -> None:
    assert checks(positive(odd))


@pytest.mark.parametrize("odd", ["None", "cycle"])
def test_an_odd_object_is_a_predicate(odd: str) -> None:
    @require(ODD[odd])
    def routine(x: int) -> int:
        return x

    assert routine(1) == 1
    violation(lambda: routine(0))


@pytest.mark.parametrize("odd", ["text", "number", "function", "list", "error"])
def test_an_odd_object_with_any_attribute_is_a_predicate(odd: str) -> None:
    @require(ODD[odd])
    def routine(x: int) -> int:
        return x

    assert routine(1) == 1
    violation(lambda: routine(0))


@pytest.mark.parametrize("garbage", [5, "text", None, object(), int, [], "itself"])
def test_a_function_whose_wrapped_is_garbage_is_checked(garbage: Any) -> None:
    def routine(x: int) -> int:
        return x

    routine.__wrapped__ = routine if garbage == "itself" else garbage  # type: ignore[attr-defined]

    if garbage is int:
        assert require(lambda: True)(routine)(1) == 1
    else:
        assert checks(positive(routine))


def test_functions_that_wrap_each_other_are_checked() -> None:
    def first(x: int) -> int:
        return x

    def second(x: int) -> int:
        return x

    first.__wrapped__, second.__wrapped__ = second, first  # type: ignore[attr-defined]

    assert checks(positive(first))
    assert require(second)(lambda x: x)(1) == 1


def test_mocks_are_checked() -> None:
    plain = mock.Mock(return_value=1)
    checked = require(lambda args: args[0] > 0)(plain)

    assert checks(checked)
    plain.assert_called_once_with(1)
    checked.assert_called_once_with(1)
    assert isinstance(checked, mock.Mock)


def test_a_magic_mock_is_checked() -> None:
    plain = mock.MagicMock(return_value=1)
    checked = require(lambda args: args[0] > 0)(plain)
    plain.__len__.return_value = 3

    assert checks(checked)
    assert len(checked) == 3
    assert checked.anything.at.all(1) is plain.anything.at.all.return_value


def test_an_autospecced_mock_is_checked_under_the_names_of_its_specification() -> None:
    assert checks(positive(mock.create_autospec(lambda x: x, return_value=1)))


def test_a_mock_that_claims_to_be_a_property_is_no_property() -> None:
    claims = mock.Mock(spec=property(), return_value=1)
    claims.__class__ = property
    assert isinstance(claims, property)

    assert checks(require(lambda args: args[0] > 0)(claims))


def test_a_function_without_builtins() -> None:
    namespace: dict[str, Any] = {"__builtins__": {}}
    exec("routine = lambda x: x", namespace)

    assert checks(positive(namespace["routine"]))
    assert checks(positive(types.FunctionType((lambda x: x).__code__, {})))


def test_builtins_that_somebody_replaces_later(monkeypatch: pytest.MonkeyPatch) -> None:
    @require(lambda xs: len(xs) > 0)
    def routine(xs: list[int]) -> int:
        return 1

    monkeypatch.setitem(globals(), "len", lambda xs: 0)
    monkeypatch.setitem(globals(), "Exception", None)

    violation(lambda: routine([1]))


def test_executed_code() -> None:
    namespace: dict[str, Any] = {"require": require, "__name__": "<weird>"}
    text = "@require(lambda x: x > 0)\ndef routine(x):\n    return x\ndef use(x):\n    return routine(x)"
    exec(compile(text, "<weird>", "exec"), namespace)

    assert namespace["use"](1) == 1
    with pytest.raises(PreconditionError) as caught:
        namespace["use"](0)
    assert (caught.value.site.file, caught.value.site.line) == ("<weird>", 5)


@pytest.mark.parametrize("name", ["__init__", "__getattribute__", "__repr__", "__hash__", "__contains__"])
def test_a_special_method_called_by_a_predicate_of_its_own(name: str) -> None:
    class Thing:
        pass

    original = getattr(object, name, lambda self, *args: True)

    def method(self: Any, *args: Any) -> Any:
        return original(self, *args)

    method.__name__ = name
    checked = require(lambda self: self is not None and repr(self) and hash(self) is not None)(method)
    setattr(Thing, name, checked)

    thing = Thing()
    assert thing.__class__ is Thing
    assert isinstance(repr(thing), str)
    assert isinstance(hash(thing), int)
