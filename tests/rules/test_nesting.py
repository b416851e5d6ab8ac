"""R4, R5, R6, T1, T2: the type is relative to who catches it, the root is absolute."""

from __future__ import annotations

import functools
import sys
from typing import Any

import pytest

from culpa import (
    Blame,
    CalleeError,
    CallerError,
    ContractError,
    DefectError,
    PostconditionError,
    PreconditionError,
    RoutineError,
    ensure,
    on_violation,
    raises,
    require,
)
from harness.markers import lines_of

HERE = sys._getframe().f_code.co_filename
AT = lines_of(__file__)


@require(lambda x: x > 0)  # @promise
def h(x: int) -> int:
    return x


@require(lambda n: n > 0)
def g(n: int) -> int:
    return h(n - 10)  # @g-calls-h


def between(n: int) -> int:
    return h(n)  # @between-calls-h


@ensure(lambda result: True)
def through_between(n: int) -> int:
    return between(n)  # @calls-between


@require(lambda n: n >= 0)
def countdown(n: int, step: int) -> int:
    return n if n == 0 else countdown(n - step, step)  # @recursion


def test_R4_the_routine_that_broke_a_promise_is_blamed() -> None:
    with pytest.raises(RoutineError) as caught:
        g(5)

    error = caught.value
    assert isinstance(error, CalleeError)
    assert not isinstance(error, CallerError)
    assert error.blame is Blame.CALLEE
    assert (error.site.file, error.site.line, error.site.function) == (HERE, AT["g-calls-h"], "g")
    root = error.root
    assert type(root) is PreconditionError
    assert (root.site.line, root.site.function) == (AT["g-calls-h"], "g")
    assert error.__cause__ is root
    assert error.clause == root.clause
    assert error.values == root.values


def test_R4_the_callers_own_fault_stays_a_precondition_error() -> None:
    with pytest.raises(PreconditionError) as caught:
        g(-1)  # @own-fault

    assert caught.value.site.line == AT["own-fault"]


def test_R4_except_precondition_error_in_the_outer_caller_does_not_fire() -> None:
    def main() -> int:
        try:
            return g(5)
        except PreconditionError:
            pytest.fail("the outer caller is not at fault")

    with pytest.raises(RoutineError):
        main()


def test_R4_the_text_says_the_roots_culprit_first_so_a_function_between_is_named() -> None:
    with pytest.raises(RoutineError) as caught:
        through_between(-1)

    error = caught.value
    assert error.site.line == AT["calls-between"]
    assert error.root.site.line == AT["between-calls-h"]
    text = str(error)
    assert text.index(str(error.root.site)) < text.index(str(error.site))


def test_R5_an_uncontracted_function_between_is_blamed_never_its_caller() -> None:
    with pytest.raises(PreconditionError) as caught:
        between(-1)

    error = caught.value
    assert (error.site.line, error.site.function) == (AT["between-calls-h"], "between")


def test_R6_a_violation_that_is_caught_stays_caught_but_was_observed() -> None:
    seen: list[ContractError] = []
    handle = on_violation(seen.append)

    @ensure(lambda result: result == 0)
    def forgiving(n: int) -> int:
        try:
            return h(n)
        except PreconditionError:
            return 0

    try:
        assert forgiving(-1) == 0
    finally:
        handle.remove()

    (violation,) = seen
    assert type(violation) is PreconditionError


def test_R6_an_observer_hears_of_a_root_once_and_never_of_a_label() -> None:
    seen: list[ContractError] = []
    handle = on_violation(seen.append)
    try:
        with pytest.raises(RoutineError) as caught:
            through_between(-1)
    finally:
        handle.remove()

    assert seen == [caught.value.root]


def test_recursion_is_checked_and_blames_the_recursive_call() -> None:
    assert countdown(10, 2) == 0
    with pytest.raises(RoutineError) as caught:
        countdown(10, 3)

    error = caught.value
    assert (error.site.line, error.site.function) == (AT["recursion"], "countdown")
    assert error.root.site.line == AT["recursion"]
    assert error.root.values["n"] == "-2"


def test_T1_a_routine_error_passes_further_boundaries_unchanged() -> None:
    @require(lambda: True)
    def outermost() -> int:
        return g(5)

    with pytest.raises(RoutineError) as caught:
        outermost()

    assert caught.value.site.line == AT["g-calls-h"]
    assert type(caught.value.__cause__) is PreconditionError


def test_T1_a_violation_that_was_kept_and_is_raised_again_elsewhere_is_not_that_callers_fault() -> None:
    with pytest.raises(PreconditionError) as kept:
        h(-1)

    @require(lambda: True)
    def unrelated() -> None:
        raise kept.value  # @raised-again

    with pytest.raises(RoutineError) as caught:
        unrelated()

    assert caught.value.root is kept.value
    assert caught.value.site.line == AT["raised-again"]


def test_T2_the_root_keeps_its_culprit_through_ten_boundaries() -> None:
    call: Any = g
    for _ in range(10):
        call = require(lambda n: n > 0)(functools.partial(call))

    with pytest.raises(RoutineError) as caught:
        call(5)

    root = caught.value.root
    assert (type(root), root.site.line) == (PreconditionError, AT["g-calls-h"])


def test_T1_a_defect_and_a_postcondition_are_never_the_callers_fault() -> None:
    @require(lambda x: 1 / x)
    def divided(x: int) -> int:
        return x

    @ensure(lambda: False)
    def wrong() -> None:
        pass

    for call, expected in ((lambda: divided(0), DefectError), (wrong, PostconditionError)):
        with pytest.raises(expected) as caught:
            call()
        assert not isinstance(caught.value, CallerError)


def passed_on(function: Any) -> Any:
    @functools.wraps(function)
    def forwarding(*arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)  # @forwarding

    return forwarding


def test_T1_a_foreign_decorator_between_two_contracts_belongs_to_the_routine() -> None:
    @require(lambda n: n < 100)
    @passed_on
    @require(lambda n: n > 0)
    def routine(n: int) -> int:
        return n if n == 1 else routine(n - 5)  # @layered-recursion

    assert routine(1) == 1
    with pytest.raises(PreconditionError) as inner:
        routine(-1)  # @inner-layer
    with pytest.raises(PreconditionError) as outer:
        routine(100)  # @outer-layer
    with pytest.raises(RoutineError) as recursive:
        routine(4)

    assert inner.value.site.line == AT["inner-layer"]
    assert outer.value.site.line == AT["outer-layer"]
    assert recursive.value.root.site.line == AT["layered-recursion"]
    assert recursive.value.site.line == AT["layered-recursion"]


def test_R1_a_foreign_decorator_on_top_made_the_call() -> None:
    @passed_on
    @require(lambda n: n > 0)
    def routine(n: int) -> int:
        return n

    with pytest.raises(PreconditionError) as caught:
        routine(-1)

    assert caught.value.site.line == AT["forwarding"]


def test_R4_with_raises_a_routine_error_is_no_undeclared_exception() -> None:
    @raises(KeyError)
    def routine() -> int:
        return h(-1)  # @under-raises

    with pytest.raises(RoutineError) as caught:
        routine()

    assert caught.value.site.line == AT["under-raises"]
