"""Order, and Eiffel's rule: calls made while a predicate is evaluated run unchecked, in that thread only."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from culpa import CheckError, ContractError, PreconditionError, check, ensure, on_violation, raises, require, snapshot

SEEN: list[str] = []


def note(name: str) -> bool:
    SEEN.append(name)
    return True


@pytest.fixture(autouse=True)
def forget() -> None:
    SEEN.clear()


def test_order_preconditions_captures_body_postconditions_top_first() -> None:
    @ensure(lambda: note("post 1"))
    @require(lambda: note("pre 1"))
    @snapshot(x=lambda: note("capture"))
    @raises(KeyError, when=lambda: note("when"))
    @ensure(lambda old: old.x and note("post 2"))
    @require(lambda: note("pre 2"))
    def routine() -> None:
        SEEN.append("body")

    routine()

    assert SEEN == ["pre 1", "pre 2", "when", "capture", "body", "post 1", "post 2"]


@require(lambda x: x > 0)
@ensure(lambda result: result < 0)
def strict(x: int) -> int:
    SEEN.append("strict")
    return x


@require(lambda xs: all(strict(x) for x in xs) or True)
def use(xs: list[int]) -> int:
    return len(xs)


def test_calls_that_a_predicate_makes_run_unchecked() -> None:
    observed: list[ContractError] = []
    handle = on_violation(observed.append)
    try:
        assert use([-1, 1]) == 2
    finally:
        handle.remove()

    assert SEEN == ["strict", "strict"]
    assert observed == []
    with pytest.raises(PreconditionError):
        strict(-1)


def test_a_defect_and_an_undeclared_exception_in_such_a_call_count_for_nothing() -> None:
    @require(lambda x: 1 / x)
    @raises(KeyError)
    def fragile(x: int) -> bool:
        check(False, "a check counts for nothing there either")
        raise ValueError

    def is_fragile(x: int) -> bool:
        try:
            return fragile(x)
        except ValueError:
            return True

    @require(lambda x: is_fragile(x))
    def routine(x: int) -> int:
        return x

    assert routine(0) == 0
    with pytest.raises(ContractError):
        fragile(0)
    with pytest.raises(CheckError):
        fragile(1)


def test_a_postcondition_that_cannot_be_answered_gives_the_result_in_such_a_call() -> None:
    calls: list[int] = []

    @ensure(lambda result: 1 / result)
    def zero() -> int:
        calls.append(1)
        return 0

    @require(lambda: zero() == 0)
    def routine() -> str:
        return "done"

    assert routine() == "done"
    assert calls == [1]


def test_a_contracted_predicate_does_not_recurse_for_ever() -> None:
    @require(lambda n: is_even(n) or True)
    def is_odd(n: int) -> bool:
        return n % 2 == 1

    @require(lambda n: is_odd(n) or True)
    def is_even(n: int) -> bool:
        return n % 2 == 0

    @require(lambda n: own(n) or True)
    def own(n: int) -> bool:
        return n > 0

    assert is_odd(3)
    assert is_even(2)
    assert own(1)


def test_a_property_that_its_own_predicate_reads_does_not_recurse_for_ever() -> None:
    class Box:
        @property
        @require(lambda self: self.size >= 0)
        def size(self) -> int:
            return 1

    assert Box().size == 1


def test_a_special_method_that_its_own_predicate_uses_does_not_recurse_for_ever() -> None:
    class Money:
        def __init__(self, amount: int) -> None:
            self.amount = amount

        @require(lambda self, other: self != other or True)
        def __eq__(self, other: object) -> bool:
            return isinstance(other, Money) and self.amount == other.amount

        def __hash__(self) -> int:
            return self.amount

        @require(lambda self: len(self) < 10)
        def __len__(self) -> int:
            return self.amount

    assert Money(1) == Money(1)
    assert len(Money(1)) == 1


def test_the_body_runs_checked_after_a_predicate_was_evaluated() -> None:
    @require(lambda n: strict(1) == 1)
    def routine(n: int) -> int:
        return strict(n)

    with pytest.raises(ContractError):
        routine(-1)


def test_a_predicate_that_raises_leaves_the_thread_checked() -> None:
    def failing() -> bool:
        raise KeyError

    @require(lambda: failing())
    def routine() -> None:
        pass

    for _ in range(2):
        with pytest.raises(ContractError):
            routine()
    with pytest.raises(PreconditionError):
        strict(-1)


def test_another_thread_is_checked_while_a_predicate_is_evaluated_here() -> None:
    inside, done = threading.Event(), threading.Event()
    outcome: list[Any] = []

    def slow() -> bool:
        inside.set()
        return done.wait(10)

    @require(lambda: slow())
    def routine() -> str:
        return "passed"

    def other() -> None:
        inside.wait(10)
        for x in (-1, 1):
            try:
                outcome.append(strict(x))
            except ContractError as error:
                outcome.append(type(error).__name__)
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    assert routine() == "passed"
    thread.join()

    assert outcome == ["PreconditionError", "PostconditionError"]


def test_what_a_callback_of_the_observer_calls_is_checked_but_not_told() -> None:
    told: list[ContractError] = []

    def observer(error: ContractError) -> None:
        told.append(error)
        with pytest.raises(PreconditionError):
            strict(-2)

    handle = on_violation(observer)
    try:
        with pytest.raises(PreconditionError):
            strict(-1)
    finally:
        handle.remove()

    assert len(told) == 1
