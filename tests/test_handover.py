"""Callables that change hands in odd ways: what the rules of callbacks do not need."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import pytest

from culpa import (
    CallbackError,
    CallbackMisuseError,
    DeclarationError,
    DefectError,
    PostconditionError,
    PreconditionError,
    RoutineError,
    callback,
    ensure,
    require,
)

natural = callback("f", require(lambda n: n >= 0), ensure(lambda result: result >= 0))


@natural
def apply(f: Any, *arguments: Any, **keywords: Any) -> Any:
    return f(*arguments, **keywords)


class Untold:
    """Calls of it tell no signature."""

    __signature__ = "none"

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return len(arguments) + len(keywords)


class Unreadable:
    __signature__ = "none"

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return len(arguments) + len(keywords)

    __call__.__signature__ = "none"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("declare", "words"),
    [
        (lambda: callback(3, require(lambda n: n)), "names no argument but 3"),
        (lambda: callback("f"), "promises nothing of f"),
        (lambda: callback("f", lambda n: n), "keeps require, ensure and callback, not"),
        (lambda: callback("f", ensure(lambda n, old: n)), "no snapshots"),
        (lambda: callback("result", require(lambda n: n))(lambda result: result), "rename the parameter"),
        (lambda: callback("g", require(lambda n: n))(lambda f: f), "'g', which is no parameter"),
    ],
)
def test_a_contract_of_a_callable_that_cannot_be_meant_is_refused(declare: Any, words: str) -> None:
    with pytest.raises(DeclarationError, match=words):
        declare()


def test_an_override_has_the_argument_that_a_callback_is_about() -> None:
    class Base:
        @natural
        def run(self, f: Any) -> Any:
            return f(1)

    class Renamed(Base):
        def run(self, g: Any) -> Any:
            return g(-1)

    with pytest.raises(CallbackMisuseError):
        Renamed().run(abs)
    with pytest.raises(DeclarationError, match="no parameter 'f'"):

        class Lacking(Base):
            def run(self) -> Any:
                return None


def test_each_of_the_keywords_is_a_callable() -> None:
    @callback("steps", ensure(lambda result: result > 0))
    def run(**steps: Any) -> list[Any]:
        return [step() for step in steps.values()]

    assert run(a=lambda: 1, b=lambda: 2) == [1, 2]
    with pytest.raises(CallbackError):
        run(a=lambda: 1, b=lambda: -1)
    with pytest.raises(PreconditionError, match="takes a callable as steps"):
        run(a=3)


def test_a_default_beneath_a_decorator_is_left_alone() -> None:
    def passing(function: Any) -> Any:
        @functools.wraps(function)
        def passed(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return passed

    @natural
    @passing
    def run(f: Any = None, n: int = 1) -> Any:
        return None if f is None else f(n)

    assert run() is None
    assert run(abs) == 1
    assert run(f=abs, n=2) == 2
    with pytest.raises(CallbackError):
        run(lambda n: -1)


def test_a_callable_that_tells_no_signature_is_asked_by_position_alone() -> None:
    assert apply(Untold(), 1) == 1
    assert apply(Unreadable(), 1) == 1
    with pytest.raises(DefectError, match="the call has less"):
        apply(Unreadable(), n=1)


def test_a_call_with_less_than_the_contract_is_about_is_the_callables_own_affair() -> None:
    with pytest.raises(TypeError):
        apply(lambda n: n)
    with pytest.raises(DefectError, match=r"it is about \(n\), and the call has less"):
        apply(lambda *numbers: 1)


def test_an_awaitable_is_no_truth_of_a_callable_either() -> None:
    async def fits(n: int) -> bool:
        return False

    @callback("f", require(fits))
    def run(f: Any) -> Any:
        return f(1)

    with pytest.raises(DefectError, match="an awaitable"):
        run(abs)


def test_a_group_leaves_a_callable_leaf_by_leaf() -> None:
    @require(lambda n: n > 0)
    def strict(n: int) -> int:
        return n

    def several(n: int) -> int:
        found: list[Exception] = []
        for number in (-1, -2):
            try:
                strict(number)
            except PreconditionError as error:
                found.append(error)
        raise ExceptionGroup("several", found)

    @natural
    def run(f: Any) -> Any:
        return f(1)

    with pytest.raises(ExceptionGroup) as caught:
        run(several)

    assert [type(leaf) for leaf in caught.value.exceptions] == [RoutineError, RoutineError]


def test_a_violation_of_this_very_call_stays_itself_in_a_group() -> None:
    @require(lambda n: n > 0)
    def strict(n: int) -> int:
        return n

    caught: list[Any] = []

    @ensure(lambda: True)
    def outer() -> None:
        try:
            strict(-1)
        except PreconditionError as error:
            caught.append(error)
        raise ExceptionGroup("one", caught)

    with pytest.raises(ExceptionGroup) as found:
        outer()

    assert type(found.value.exceptions[0]) is RoutineError
    assert found.value.exceptions[0].root is caught[0]


def test_an_async_precondition_of_a_callable_keeps_the_line_of_its_call() -> None:
    async def fits(n: int) -> bool:
        return n > 0

    async def echo(n: int) -> int:
        return n

    @callback("f", require(fits))
    async def run(f: Any, n: int) -> Any:
        return await f(n)

    assert asyncio.run(run(echo, 1)) == 1
    with pytest.raises(CallbackMisuseError):
        asyncio.run(run(echo, -1))


def test_a_result_that_is_no_callable_is_the_functions_fault() -> None:
    @callback("result", ensure(lambda result: result))
    def make() -> Any:
        return 3

    with pytest.raises(PostconditionError, match="returns a callable"):
        make()


def test_the_arguments_of_a_callable_that_tells_none_are_put_under_contract_too() -> None:
    run = callback("args", ensure(lambda result: result > 0))(Unreadable())

    assert run(abs, max) == 2
    with pytest.raises(PreconditionError, match="takes a callable as args"):
        run(3)


def test_an_exception_out_of_an_object_that_is_called_as_a_coroutine_function_passes() -> None:
    class Failing:
        async def __call__(self, n: int) -> int:
            raise KeyError(n)

    checked = require(lambda n: n > 0)(Failing())

    with pytest.raises(KeyError):
        asyncio.run(checked(1))
    with pytest.raises(PreconditionError):
        checked(-1)
