"""R13 to R16: the contract of a callable that is handed over; its blame flips with the position."""

from __future__ import annotations

import asyncio
import copy
import functools
import logging
import pickle
import sys
import threading
from typing import Any

import pytest

from culpa import (
    Blame,
    CallbackError,
    CallbackMisuseError,
    CalleeError,
    CallerError,
    ContractError,
    DeclarationError,
    DefectError,
    PostconditionError,
    PreconditionError,
    RoutineError,
    callback,
    ensure,
    on_violation,
    raises,
    require,
)
from harness.markers import lines_of

HERE = sys._getframe().f_code.co_filename
AT = lines_of(__file__)
HAS_SOURCE = not HERE.startswith("<")
ANYTHING: Any = abs


def outcome(call: Any, *arguments: Any) -> Any:
    """Return the violation in which a call ends."""
    with pytest.raises(ContractError) as caught:
        call(*arguments)
    return caught.value


def place(error: ContractError) -> tuple[str, int | None]:
    return error.site.file, error.site.line


def negative(n: int) -> int:  # @negative
    return -1


@callback(
    "f",
    require(lambda n: n >= 0),  # @f-requires
    ensure(lambda result: result >= 0),  # @f-ensures
)
def apply(f: Any, n: int) -> Any:  # @apply
    return f(n)  # @apply-calls-f


@require(lambda x: x > 0)
def picky(x: int) -> int:
    return x


def breaks_picky(n: int) -> int:
    return picky(n - 10)  # @breaks-picky


class Bus:
    def __init__(self) -> None:
        self.listeners: list[Any] = []

    @callback("listener", require(lambda event: event), ensure(lambda result: result is None))
    def register(self, listener: Any) -> None:
        self.listeners.append(listener)

    @require(lambda: True)
    def fire(self, event: str) -> None:
        for listener in self.listeners:
            listener(event)  # @fire

    def fire_without_contract(self, event: str) -> None:
        for listener in self.listeners:
            listener(event)  # @bare-fire


# R13: what the callable gives is answered for by the one who handed it over.


def test_R13_a_callable_that_keeps_its_contract_changes_nothing() -> None:
    assert (apply(abs, 3), apply(lambda n: n, 0), apply(f=abs, n=1)) == (3, 0, 1)


def test_R13_a_bad_result_blames_who_brought_the_callable_at_the_call_of_the_function() -> None:
    error = outcome(lambda: apply(negative, 1))  # @brings-negative

    assert type(error) is CallbackError
    assert isinstance(error, CallerError)
    assert not isinstance(error, CalleeError)
    assert error.blame is Blame.CALLER
    assert place(error) == (HERE, AT["brings-negative"])
    assert error.root is error
    assert error.path == "argument f"
    assert error.clause is not None
    assert error.clause.kind == "ensure"
    assert error.clause.site.line == AT["f-ensures"]
    assert error.clause.text == ("result >= 0" if HAS_SOURCE else None)
    assert error.values == {"result": "-1"}


def test_R13_the_text_names_where_the_callable_is_defined() -> None:
    text = str(outcome(apply, negative, 1))

    assert f"negative at {HERE}:{AT['negative']}" in text
    assert "apply()" in text


def test_R13_a_contract_inside_that_the_callable_breaks_is_the_root_of_a_callback_error() -> None:
    error = outcome(lambda: apply(breaks_picky, 5))  # @brings-breaker

    assert type(error) is CallbackError
    assert place(error) == (HERE, AT["brings-breaker"])
    assert error.path == "argument f"
    root = error.root
    assert type(root) is PreconditionError
    assert place(root) == (HERE, AT["breaks-picky"])
    assert error.__cause__ is root
    assert root.path is None


def test_R13_a_callable_that_takes_less_than_its_contract_promises_is_the_fault_of_who_brought_it() -> None:
    @callback("f", ensure(lambda n, result: result >= n))
    def promising_nothing(f: Any, n: int) -> Any:
        return f(n)

    error = outcome(lambda: promising_nothing(picky, -1))  # @brings-picky

    assert type(error) is CallbackError
    assert error.site.line == AT["brings-picky"]
    assert type(error.root) is PreconditionError


def test_R13_a_routine_error_out_of_the_callable_is_not_the_callers_fault_as_no_caller_error_left_it() -> None:
    @require(lambda: True)
    def failing(n: int) -> int:
        return picky(-n)

    error = outcome(apply, failing, 1)

    assert type(error) is RoutineError
    assert type(error.root) is PreconditionError


def test_R13_an_ordinary_exception_of_the_callable_passes_unchanged() -> None:
    original = KeyError("x")

    def raising(n: int) -> int:
        raise original

    with pytest.raises(KeyError) as caught:
        apply(raising, 1)

    assert caught.value is original


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, RecursionError, MemoryError])
def test_R13_what_is_nobodys_violation_passes_the_callable_and_the_function(error: type[BaseException]) -> None:
    def raising(n: int) -> int:
        raise error

    with pytest.raises(error):
        apply(raising, 1)


def test_R13_a_callback_error_is_no_undeclared_exception() -> None:
    @raises(KeyError)
    @callback("f", ensure(lambda result: result >= 0))
    def under_raises(f: Any) -> Any:
        return f()

    error = outcome(lambda: under_raises(lambda: -1))  # @under-raises

    assert type(error) is CallbackError
    assert error.site.line == AT["under-raises"]


def test_R13_the_function_may_catch_the_error_and_go_on() -> None:
    @callback("f", ensure(lambda result: result >= 0))
    def forgiving(f: Any) -> Any:
        try:
            return f()
        except CallbackError as error:
            return error

    error = forgiving(lambda: -1)  # @forgiven

    assert type(error) is CallbackError
    assert error.site.line == AT["forgiven"]


def test_R13_a_callable_that_comes_by_way_of_a_partial_is_blamed_where_the_partial_is_called() -> None:
    prepared = functools.partial(apply, negative)

    error = outcome(lambda: prepared(1))  # @partial

    assert error.site.line == AT["partial"]


def test_R13_the_runtime_is_blamed_where_a_thread_hands_over_the_callable() -> None:
    caught: list[Any] = []

    def hook(arguments: Any) -> None:
        caught.append(arguments.exc_value)

    before, threading.excepthook = threading.excepthook, hook
    try:
        thread = threading.Thread(target=apply, args=(negative, 1))
        thread.start()
        thread.join()
    finally:
        threading.excepthook = before

    (error,) = caught
    assert type(error) is CallbackError
    assert error.site.line is None


def test_R13_each_of_several_calls_is_blamed_at_its_own_line() -> None:
    first = outcome(lambda: apply(negative, 1))  # @first-of-two
    second = outcome(lambda: apply(negative, 1))  # @second-of-two

    assert [first.site.line, second.site.line] == [AT["first-of-two"], AT["second-of-two"]]


def test_R13_a_predicate_of_the_callable_sees_arguments_and_result() -> None:
    @callback("f", ensure(lambda a, b, result: result == a - b))
    def subtracting(f: Any) -> Any:
        return f(5, 3)

    assert subtracting(lambda a, b: a - b) == 2
    error = outcome(subtracting, lambda a, b: b - a)

    assert {**error.values, "result": "-2", "a": "5", "b": "3"} == error.values


def test_R13_a_contract_that_names_no_argument_leaves_open_what_the_callable_is_called_with() -> None:
    @callback("f", ensure(lambda result: result >= 0))
    def calling_with_two(f: Any) -> Any:
        return f(5, 3)

    assert calling_with_two(lambda a, b: a - b) == 2
    assert type(outcome(calling_with_two, lambda a, b: b - a)) is CallbackError


def test_R11_a_predicate_of_the_callable_that_raises_is_a_defect_of_the_contract() -> None:
    @callback(
        "f",
        require(lambda n: 1 / n),  # @defective
    )
    def defective(f: Any) -> Any:
        return f(0)

    error = outcome(defective, abs)

    assert type(error) is DefectError
    assert error.blame is Blame.CONTRACT
    assert error.site.line == AT["defective"]
    assert type(error.__cause__) is ZeroDivisionError


def test_R13_the_path_travels_with_copies_pickles_and_plain_data() -> None:
    error = outcome(apply, negative, 1)

    assert pickle.loads(pickle.dumps(error)).path == "argument f"
    assert copy.copy(error).path == "argument f"
    assert copy.deepcopy(error).site == error.site
    assert error.to_dict()["path"] == "argument f"


# R14: how the callable is called is answered for by the function.


def test_R14_a_call_outside_the_callables_contract_blames_the_function_at_the_line_that_called() -> None:
    error = outcome(apply, abs, -1)

    assert type(error) is CallbackMisuseError
    assert isinstance(error, CalleeError)
    assert not isinstance(error, CallerError)
    assert error.blame is Blame.CALLEE
    assert place(error) == (HERE, AT["apply-calls-f"])
    assert error.site.function == "apply"
    assert error.root is error
    assert error.path == "argument f"
    assert error.clause is not None
    assert error.clause.kind == "require"
    assert error.clause.site.line == AT["f-requires"]
    assert error.values == {"n": "-1"}


def test_R14_the_callable_is_not_called_with_what_its_contract_forbids() -> None:
    calls: list[int] = []

    outcome(apply, calls.append, -1)

    assert calls == []


def test_R14_misuse_passes_further_boundaries_unchanged() -> None:
    @require(lambda: True)
    def outer() -> Any:
        return apply(abs, -1)

    error = outcome(outer)

    assert type(error) is CallbackMisuseError
    assert error.site.line == AT["apply-calls-f"]
    assert error.root is error


@pytest.mark.parametrize(
    "body",
    [
        lambda f: list(map(f, [1, -1])),  # @by-map
        lambda f: sorted([1, -1], key=f),  # @by-sorted
        lambda f: functools.partial(f, -1)(),  # @by-partial
        lambda f: [f(n) for n in (1, -1)],  # @by-comprehension
    ],
)
def test_R14_c_code_between_is_skipped(body: Any) -> None:
    function = callback("f", require(lambda n: n >= 0))(body)

    error = outcome(function, abs)

    assert type(error) is CallbackMisuseError
    assert place(error) == (HERE, body.__code__.co_firstlineno)


def test_R14_a_function_without_contract_that_calls_the_callable_is_named_by_its_line() -> None:
    def helper(f: Any) -> Any:
        return f(-1)  # @helper

    @callback("f", require(lambda n: n >= 0))
    def delegating(f: Any) -> Any:
        return helper(f)

    error = outcome(delegating, abs)

    assert type(error) is CallbackMisuseError
    assert error.site.line == AT["helper"]


def test_R14_misuse_out_of_a_stored_callable_blames_the_line_that_called_it() -> None:
    bus = Bus()
    bus.register(lambda event: None)

    error = outcome(bus.fire, "")

    assert type(error) is CallbackMisuseError
    assert error.site.line == AT["fire"]


def test_R14_keywords_bind_by_the_callables_own_names() -> None:
    @callback("f", require(lambda low, high: low < high))
    def by_name(f: Any, **keywords: int) -> Any:
        return f(**keywords)  # @by-name

    def spread(a: int, b: int) -> int:
        return b - a

    assert by_name(spread, b=3, a=1) == 2
    error = outcome(lambda: by_name(spread, b=1, a=3))

    assert type(error) is CallbackMisuseError
    assert error.site.line == AT["by-name"]


def test_R14_a_call_that_the_callable_itself_refuses_is_the_type_error_that_it_was() -> None:
    @callback("f", require(lambda n: n >= 0))
    def calling_with_two(f: Any) -> Any:
        return f(1, 2)

    with pytest.raises(TypeError, match="positional argument"):
        calling_with_two(lambda n: n)


def test_R14_the_first_clause_that_names_all_arguments_fixes_their_order() -> None:
    @callback(
        "f",
        require(lambda b: b != 0),
        require(lambda a, b: True),
        ensure(lambda b, a, result: result == a / b),
    )
    def dividing(f: Any, a: int, b: int) -> Any:
        return f(a, b)

    assert dividing(lambda x, y: x / y, 0, 2) == 0
    error = outcome(lambda: dividing(lambda x, y: x / y, 2, 0))

    assert type(error) is CallbackMisuseError
    assert error.values["b"] == "0"


# R15: stored callables.


def test_R15_a_stored_callable_that_fails_in_an_unrelated_routine_blames_the_registration() -> None:
    bus = Bus()
    bus.register(lambda event: event)  # @registration

    error = outcome(bus.fire, "now")

    assert type(error) is RoutineError
    assert not isinstance(error, CallerError)
    assert place(error) == (HERE, AT["fire"])
    root = error.root
    assert type(root) is CallbackError
    assert place(root) == (HERE, AT["registration"])
    assert root.path == "argument listener"
    assert error.__cause__ is root


def test_R15_without_a_contract_in_between_the_callback_error_itself_names_the_registration() -> None:
    bus = Bus()
    bus.register(lambda event: event)  # @other-registration

    error = outcome(bus.fire_without_contract, "now")

    assert type(error) is CallbackError
    assert error.site.line == AT["other-registration"]


def test_R15_a_stored_callable_that_breaks_another_contract_keeps_that_root() -> None:
    bus = Bus()
    bus.register(lambda event: breaks_picky(5))  # @registers-breaker

    error = outcome(bus.fire, "now")

    assert type(error) is RoutineError
    assert type(error.root) is PreconditionError
    assert error.root.site.line == AT["breaks-picky"]
    cause: Any = error.__cause__
    assert type(cause) is CallbackError
    assert cause.site.line == AT["registers-breaker"]


def test_R15_another_activation_of_the_same_function_was_not_given_the_callable() -> None:
    kept: list[Any] = []

    @callback("f", ensure(lambda result: result >= 0))
    def keeps_or_fires(f: Any = None) -> Any:
        if f is not None:
            return kept.append(f)
        return kept[0]()  # @fires-kept

    keeps_or_fires(lambda: -1)  # @kept-here
    error = outcome(keeps_or_fires)

    assert type(error) is RoutineError
    assert error.site.line == AT["fires-kept"]
    assert type(error.root) is CallbackError
    assert error.root.site.line == AT["kept-here"]


def test_R15_the_same_function_handed_over_twice_is_told_apart_by_activation() -> None:
    kept: list[Any] = []

    @callback("f", ensure(lambda result: result >= 0))
    def fires_the_first(f: Any) -> Any:
        kept.append(f)
        return kept[0]() if len(kept) > 1 else None

    def bad() -> int:
        return -1

    fires_the_first(bad)  # @handed-first
    error = outcome(lambda: fires_the_first(bad))

    assert type(error) is RoutineError
    assert error.root.site.line == AT["handed-first"]


# T1 and T2, for callables.


@callback("f", ensure(lambda result: result != 0))
def inner(f: Any) -> Any:
    return f()


@callback("f", ensure(lambda result: result >= 0))
def middle(f: Any) -> Any:
    return inner(f)  # @middle-passes-on


@callback("f", ensure(lambda result: result > -100))
def outer(f: Any) -> Any:
    return middle(f)  # @outer-passes-on


def test_T1_a_bad_callable_passed_on_reaches_who_brought_it_as_the_root_itself() -> None:
    error = outcome(lambda: middle(lambda: -1))  # @brings-to-middle

    assert type(error) is CallbackError
    assert error.root is error
    assert error.site.line == AT["brings-to-middle"]
    assert error.__cause__ is None


def test_T1_a_callable_passed_on_twice_reaches_who_brought_it_as_the_root_itself() -> None:
    error = outcome(lambda: outer(lambda: -100))  # @brings-to-outer

    assert type(error) is CallbackError
    assert error.root is error
    assert error.site.line == AT["brings-to-outer"]


def test_T1_who_promised_more_of_a_callable_than_it_was_promised_is_to_blame() -> None:
    error = outcome(lambda: middle(lambda: 0))

    assert type(error) is RoutineError
    assert error.site.line == AT["middle-passes-on"]
    assert type(error.root) is CallbackError
    assert error.root.site.line == AT["middle-passes-on"]


def test_T1_in_a_chain_the_one_in_the_middle_is_blamed_and_the_root_never_changes() -> None:
    error = outcome(lambda: outer(lambda: -1))

    assert type(error) is RoutineError
    assert error.site.line == AT["outer-passes-on"]
    root = error.root
    assert type(root) is CallbackError
    assert root.site.line == AT["outer-passes-on"]


def test_T1_a_routine_without_a_clause_for_the_callable_answers_for_it_itself() -> None:
    @require(lambda: True)
    def passing_on(f: Any) -> Any:
        return apply(f, 1)  # @passes-without-clause

    error = outcome(passing_on, negative)

    assert type(error) is RoutineError
    assert error.site.line == AT["passes-without-clause"]
    assert type(error.root) is CallbackError
    assert error.root.site.line == AT["passes-without-clause"]


def test_T1_a_function_without_contract_that_passes_the_callable_on_is_blamed() -> None:
    def bare(f: Any) -> Any:
        return apply(f, 1)  # @bare-passes-on

    error = outcome(bare, negative)

    assert type(error) is CallbackError
    assert error.site.line == AT["bare-passes-on"]


def test_T1_except_caller_error_in_who_brought_the_callable_fires() -> None:
    with pytest.raises(CallerError):
        middle(lambda: -1)


def test_T1_recursion_that_passes_the_callable_on_blames_the_outermost_call() -> None:
    @callback("f", ensure(lambda result: result >= 0))
    def deep(f: Any, n: int) -> Any:
        return f() if n == 0 else deep(f, n - 1)

    error = outcome(lambda: deep(lambda: -1, 5))  # @deep

    assert type(error) is CallbackError
    assert error.root is error
    assert error.site.line == AT["deep"]


def test_T1_recursion_that_wraps_the_callable_anew_blames_the_outermost_call() -> None:
    @callback("f", ensure(lambda result: result >= 0))
    def deep(f: Any, n: int) -> Any:
        return f() if n == 0 else deep(lambda: f(), n - 1)

    error = outcome(lambda: deep(lambda: -1, 5))  # @deep-and-wrapped

    assert type(error) is CallbackError
    assert error.root is error
    assert error.site.line == AT["deep-and-wrapped"]


def test_T1_recursion_that_brings_its_own_callable_blames_the_routine() -> None:
    @callback("f", ensure(lambda result: result >= 0))
    def deep(f: Any, n: int) -> Any:
        return f() if n == 0 else deep(lambda: -1, n - 1)  # @own-callable

    error = outcome(lambda: deep(lambda: 1, 1))

    assert type(error) is RoutineError
    assert error.root.site.line == AT["own-callable"]


def test_T1_two_clauses_for_one_argument_both_hold_and_their_root_reaches_who_brought_it() -> None:
    @callback("f", ensure(lambda result: result != 0))
    @callback("f", ensure(lambda result: result >= 0))
    def twice(f: Any) -> Any:
        return f()

    assert twice(lambda: 1) == 1
    for bad in (0, -1):
        error = outcome(lambda bad=bad: twice(lambda: bad))  # @twice

        assert type(error) is CallbackError
        assert error.root is error
        assert error.site.line == AT["twice"]


def test_T1_two_callables_of_one_call_are_told_apart_by_path() -> None:
    @callback("f", ensure(lambda result: result >= 0))
    @callback("g", ensure(lambda result: result >= 0))
    def both(f: Any, g: Any) -> Any:
        return f() + g()

    def bad() -> int:
        return -1

    assert outcome(both, bad, lambda: 1).path == "argument f"
    assert outcome(both, lambda: 1, bad).path == "argument g"


def test_T1_one_reused_clause_passes_a_callable_on_without_wrapping_it_again() -> None:
    promise = callback("f", require(lambda n: n >= 0), ensure(lambda result: result >= 0))
    seen: list[Any] = []

    @promise
    def second(f: Any, n: int) -> Any:
        seen.append(f)
        return f(n)  # @second-calls

    @promise
    def first(f: Any, n: int) -> Any:
        seen.append(f)
        return second(f, n)

    error = outcome(lambda: first(negative, 1))  # @first-of-chain

    assert seen[0] is seen[1]
    assert type(error) is CallbackError
    assert error.root is error
    assert error.site.line == AT["first-of-chain"]
    assert outcome(first, abs, -1).site.line == AT["second-calls"]


def test_T1_one_clause_reused_in_a_flipped_position_still_blames_the_other_side() -> None:
    promise = callback("x", require(lambda n: n >= 0))

    @promise
    @callback("f", promise)
    def both(f: Any, x: Any) -> Any:
        return f(x)

    error = outcome(lambda: both(lambda x: x(-1), abs))

    assert type(error) is CallbackError


def test_T1_a_foreign_decorator_between_two_contracts_belongs_to_the_function() -> None:
    def foreign(function: Any) -> Any:
        @functools.wraps(function)
        def forwarding(*arguments: Any, **keywords: Any) -> Any:
            return function(*arguments, **keywords)

        return forwarding

    @require(lambda n: n < 100)
    @foreign
    @callback("f", ensure(lambda a, result: result >= 0))
    def layered(f: Any, n: int) -> Any:
        return f(n)

    error = outcome(lambda: layered(negative, 1))  # @layered
    refused = outcome(lambda: layered(3, 1))  # @layered-refused

    assert type(error) is CallbackError
    assert error.site.line == AT["layered"]
    assert type(refused) is PreconditionError
    assert refused.site.line == AT["layered-refused"]


# R16: callables that are returned.


@callback("result", require(lambda n: n >= 0), ensure(lambda result: result >= 0))
def made(f: Any) -> Any:  # @made
    return f


def test_R16_a_returned_callable_that_works_badly_blames_the_function() -> None:
    returned = made(negative)

    error = outcome(lambda: returned(1))

    assert type(error) is PostconditionError
    assert error.blame is Blame.CALLEE
    assert place(error) == (HERE, AT["made"])
    assert error.path == "result"
    assert f"negative at {HERE}:{AT['negative']}" in str(error)


def test_R16_a_returned_callable_that_is_used_badly_blames_its_user() -> None:
    returned = made(abs)

    error = outcome(lambda: returned(-1))  # @user

    assert type(error) is PreconditionError
    assert error.blame is Blame.CALLER
    assert place(error) == (HERE, AT["user"])
    assert error.path == "result"


def test_R16_bad_use_inside_a_contracted_user_is_that_users_routine_error() -> None:
    returned = made(abs)

    @require(lambda: True)
    def user() -> Any:
        return returned(-1)  # @contracted-user

    error = outcome(user)

    assert type(error) is RoutineError
    assert error.site.line == AT["contracted-user"]
    assert type(error.root) is PreconditionError
    assert error.root.path == "result"


def test_R16_bad_work_inside_a_contracted_user_stays_the_functions_fault() -> None:
    returned = made(negative)

    @require(lambda: True)
    def user() -> Any:
        return returned(1)

    error = outcome(user)

    assert type(error) is PostconditionError
    assert error.site.line == AT["made"]


def test_R16_a_returned_callable_that_breaks_another_contract_is_the_functions_failure() -> None:
    error = outcome(made(breaks_picky), 5)

    assert type(error) is RoutineError
    assert isinstance(error, CalleeError)
    assert type(error.root) is PreconditionError
    assert error.root.site.line == AT["breaks-picky"]


def test_R16_who_passes_a_returned_callable_on_does_not_become_its_culprit() -> None:
    error = outcome(lambda: apply(made(negative), 1))

    assert type(error) is PostconditionError
    assert error.site.line == AT["made"]


def test_R16_an_argument_that_is_returned_under_contract_keeps_who_brought_it_as_root() -> None:
    @callback("f", ensure(lambda result: result >= 0))
    @callback("result", ensure(lambda result: result >= 0))
    def through(f: Any) -> Any:
        return f

    returned = through(lambda: -1)  # @brought-through
    error = outcome(returned)

    assert type(error) is RoutineError
    assert type(error.root) is CallbackError
    assert error.root.site.line == AT["brought-through"]


# The flip, at each level.


@callback("f", callback("x", require(lambda n: n >= 0), ensure(lambda result: result >= 0)))
def lends(f: Any, x: Any) -> Any:
    return f(x)  # @lends


def test_R13_R14_a_bad_argument_of_the_callable_is_the_functions_fault_where_it_called() -> None:
    error = outcome(lends, lambda x: x(1), negative)

    assert type(error) is CallbackMisuseError
    assert error.blame is Blame.CALLEE
    assert error.site.line == AT["lends"]
    assert error.path == "argument f → x"


def test_R13_R14_bad_use_of_the_callables_argument_is_the_fault_of_who_brought_the_callable() -> None:
    error = outcome(lambda: lends(lambda x: x(-1), abs))  # @lent-badly-used

    assert type(error) is CallbackError
    assert error.blame is Blame.CALLER
    assert error.root is error
    assert error.path == "argument f → x"


def test_R13_R14_the_report_on_a_bad_use_names_the_call_that_brought_the_callable() -> None:
    def misusing(x: Any) -> Any:
        return x(-1)

    error = outcome(lambda: lends(misusing, abs))  # @brings-misuser

    assert f"{HERE}:{AT['brings-misuser']}" in str(error)


@callback("f", callback("x", callback("y", require(lambda n: n >= 0), ensure(lambda result: result >= 0))))
def lends_deeply(f: Any, x: Any) -> Any:
    return f(x)


def test_R13_R14_the_third_level_flips_once_more() -> None:
    def uses_badly(y: Any) -> Any:
        return y(-1)  # @third-level-use

    given = outcome(lambda: lends_deeply(lambda x: x(negative), lambda y: y(1))).root
    used = outcome(lambda: lends_deeply(lambda x: x(abs), uses_badly))

    assert (type(given), given.path) == (CallbackError, "argument f → x → y")
    assert (type(used), used.path) == (CallbackMisuseError, "argument f → x → y")
    assert used.site.line == AT["third-level-use"]


@callback("f", callback("result", require(lambda n: n >= 0), ensure(lambda result: result >= 0)))
def asks(f: Any, n: int) -> Any:
    returned = f()
    return returned(n)  # @asks-uses-result


def test_R13_what_the_callables_result_gives_is_answered_for_by_who_brought_the_callable() -> None:
    assert asks(lambda: abs, 1) == 1
    error = outcome(lambda: asks(lambda: negative, 1))  # @brings-factory

    assert type(error) is CallbackError
    assert error.root is error
    assert error.site.line == AT["brings-factory"]
    assert error.path == "argument f → result"


def test_R14_how_the_callables_result_is_called_is_answered_for_by_the_function() -> None:
    error = outcome(asks, lambda: abs, -1)

    assert type(error) is CallbackMisuseError
    assert error.site.line == AT["asks-uses-result"]
    assert error.path == "argument f → result"


def test_R13_a_result_of_the_callable_that_is_no_callable_is_the_fault_of_who_brought_it() -> None:
    error = outcome(lambda: asks(lambda: 3, 1))  # @brings-bad-factory

    assert type(error) is CallbackError
    assert error.site.line == AT["brings-bad-factory"]


def test_R14_an_argument_of_the_callable_that_is_no_callable_is_the_functions_fault() -> None:
    error = outcome(lends, lambda x: x, 3)

    assert isinstance(error, CalleeError)
    assert error.site.line == AT["lends"]


@callback("result", callback("x", require(lambda n: n >= 0), ensure(lambda result: result >= 0)))
def makes_applier(n: int) -> Any:
    def applier(x: Any) -> Any:
        return x(n)  # @applier

    return applier


def test_R16_what_the_user_gives_to_a_returned_callable_is_answered_for_by_the_user() -> None:
    applier = makes_applier(1)

    error = outcome(lambda: applier(negative))  # @gives-to-result

    assert type(error) is CallbackError
    assert isinstance(error, CallerError)
    assert error.site.line == AT["gives-to-result"]
    assert error.path == "result → x"


def test_R16_how_a_returned_callable_calls_what_it_is_given_is_answered_for_by_the_function() -> None:
    error = outcome(makes_applier(-1), abs)

    assert type(error) is CallbackMisuseError
    assert error.site.line == AT["applier"]
    assert error.path == "result → x"


@callback("result", callback("result", require(lambda n: n >= 0), ensure(lambda result: result >= 0)))
def curried(f: Any) -> Any:  # @curried
    return lambda: f


def test_R16_a_result_of_a_result_keeps_the_sides() -> None:
    given = outcome(curried(negative)(), 1)
    used = outcome(lambda: curried(abs)()(-1))  # @uses-curried

    assert (type(given), given.site.line, given.path) == (PostconditionError, AT["curried"], "result → result")
    assert (type(used), used.site.line, used.path) == (PreconditionError, AT["uses-curried"], "result → result")


def test_R16_a_result_of_an_argument_of_a_result_is_the_users() -> None:
    @callback("result", callback("x", callback("result", ensure(lambda result: result >= 0))))
    def maker() -> Any:
        return lambda x: x()()

    error = outcome(lambda: maker()(lambda: lambda: -1))  # @deep-user

    assert type(error) is CallbackError
    assert error.site.line == AT["deep-user"]
    assert error.path == "result → x → result"


# What is no callable, what is left alone, and `*args`.


@pytest.mark.parametrize("value", [3, None, "abs", [abs]])
def test_R1_a_non_callable_is_the_callers_fault_as_a_precondition_error(value: Any) -> None:
    error = outcome(lambda: apply(value, 1))  # @non-callable

    assert type(error) is PreconditionError
    assert "apply() takes a callable as f" in str(error)
    assert error.site.line == AT["non-callable"]


def test_R4_a_non_callable_passed_by_a_contracted_function_is_its_routine_error() -> None:
    @require(lambda: True)
    def passing() -> Any:
        return apply(3, 1)  # @passes-non-callable

    error = outcome(passing)

    assert type(error) is RoutineError
    assert type(error.root) is PreconditionError
    assert error.site.line == AT["passes-non-callable"]


@pytest.mark.parametrize("value", [3, None])
def test_R16_a_result_that_is_no_callable_is_the_functions_fault(value: Any) -> None:
    error = outcome(made, value)

    assert type(error) is PostconditionError
    assert error.site.line == AT["made"]


@pytest.mark.parametrize("default", [None, 0, abs, negative])
def test_R13_the_parameters_own_default_passes_unguarded(default: Any) -> None:
    @callback("f", ensure(lambda result: result >= 0))
    def optional(n: int, f: Any = default) -> Any:
        return f

    @callback("f", ensure(lambda result: result >= 0))
    def keyword_only(*, f: Any = default) -> Any:
        return f

    assert optional(1) is default
    assert optional(1, default) is default
    assert keyword_only() is default


def test_R13_none_is_refused_where_the_default_is_another() -> None:
    @callback("f", ensure(lambda result: result >= 0))
    def optional(f: Any = abs) -> Any:
        return f

    assert type(outcome(optional, None)) is PreconditionError


@callback("fs", ensure(lambda result: result >= 0))
def every(*fs: Any) -> Any:
    return sum(f() for f in fs)


@callback("fs", ensure(lambda result: result >= 0))
def named(**fs: Any) -> Any:
    return {name: f() for name, f in fs.items()}


def test_R13_each_of_several_positional_callables_is_under_contract() -> None:
    assert every() == 0
    assert every(lambda: 1, lambda: 2) == 3
    error = outcome(lambda: every(lambda: 1, lambda: -1))  # @every

    assert type(error) is CallbackError
    assert error.site.line == AT["every"]
    assert str(error.path).startswith("argument fs")


def test_R13_each_of_several_keyword_callables_is_under_contract() -> None:
    assert named(a=lambda: 1, b=lambda: 2) == {"a": 1, "b": 2}
    error = outcome(lambda: named(a=lambda: 1, b=lambda: -1))  # @named

    assert type(error) is CallbackError
    assert error.site.line == AT["named"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: every(abs, 3),  # @every-non-callable
        lambda: named(a=abs, b=3),  # @named-non-callable
    ],
)
def test_R1_one_non_callable_among_several_is_the_callers_fault(call: Any) -> None:
    error = outcome(call)

    assert type(error) is PreconditionError
    assert error.site.line == call.__code__.co_firstlineno


# What is told to observers.


def heard_in(call: Any) -> tuple[Any, list[ContractError]]:
    """Return the violation of a call, and what an observer heard."""
    seen: list[ContractError] = []
    handle = on_violation(seen.append)
    try:
        error = outcome(call)
    finally:
        handle.remove()
    return error, seen


@pytest.mark.parametrize(
    "call",
    [
        lambda: apply(negative, 1),
        lambda: apply(abs, -1),
        lambda: apply(breaks_picky, 5),
        lambda: apply(3, 1),
        lambda: outer(lambda: -100),
        lambda: outer(lambda: -1),
        lambda: outer(lambda: 0),
        lambda: made(negative)(1),
        lambda: made(abs)(-1),
        lambda: made(breaks_picky)(5),
        lambda: lends(lambda x: x(1), negative),
        lambda: lends(lambda x: x(-1), abs),
        lambda: asks(lambda: negative, 1),
    ],
)
def test_R6_an_observer_hears_of_each_root_once(call: Any) -> None:
    error, seen = heard_in(call)

    assert seen == [error.root]


def test_R6_the_log_has_one_record_of_a_bad_callable(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="culpa"):
        outcome(outer, lambda: -100)

    (record,) = caplog.records
    assert vars(record)["contract"]["path"] == "argument f"


# Order and scope.


def test_R11_calls_that_a_predicate_makes_run_unchecked() -> None:
    @callback("f", require(lambda n: n >= 0))
    @ensure(lambda f, result: f(-1) == 1 + result)
    def asking(f: Any) -> Any:
        return 0

    assert asking(abs) == 0


def test_R1_a_precondition_comes_before_the_callable_is_taken() -> None:
    @callback("f", ensure(lambda n, result: n < 0))
    @require(lambda f: f is abs)
    def identical(f: Any) -> Any:
        return f

    assert identical(abs)(-1) == 1


def test_R16_a_result_that_breaks_the_postcondition_is_reported_by_it() -> None:
    @callback("result", ensure(lambda result: result >= 0))
    @ensure(lambda result: result is abs)
    def wrong() -> Any:  # @wrong
        return min

    error = outcome(wrong)

    assert type(error) is PostconditionError
    assert error.path is None
    assert error.site.line == AT["wrong"]


# Coroutines, generators, and groups.


@callback("f", require(lambda n: n >= 0), ensure(lambda result: result >= 0))
async def apply_later(f: Any, n: int) -> Any:
    return await f(n)  # @awaits-f


async def later_negative(n: int) -> int:
    return -1


async def later(n: int) -> int:
    return n


def test_R13_a_coroutine_function_answers_for_what_is_awaited() -> None:
    async def main() -> Any:
        coroutine = apply_later(later_negative, 1)  # @coroutine-made
        return await coroutine

    assert asyncio.run(apply_later(later, 1)) == 1
    error = outcome(lambda: asyncio.run(main()))

    assert type(error) is CallbackError
    assert error.root is error
    assert error.site.line == AT["coroutine-made"]


def test_R14_a_coroutine_function_is_misused_where_it_is_called() -> None:
    error = outcome(lambda: asyncio.run(apply_later(later, -1)))

    assert type(error) is CallbackMisuseError
    assert error.site.line == AT["awaits-f"]


def test_R21_a_non_callable_is_refused_where_the_coroutine_is_made() -> None:
    error = outcome(lambda: apply_later(3, 1))  # @not-awaitable

    assert type(error) is PreconditionError
    assert error.site.line == AT["not-awaitable"]


def test_R22_a_callback_error_in_a_task_group_is_a_leaf_that_blames_who_brought_the_callable() -> None:
    @callback("f", ensure(lambda n, result: result >= 0))
    async def in_tasks(f: Any) -> Any:
        async with asyncio.TaskGroup() as group:
            group.create_task(f(1))

    async def main() -> Any:
        await in_tasks(later_negative)  # @brought-to-tasks

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(main())

    (error,) = caught.value.exceptions
    assert type(error) is CallbackError
    assert error.site.line == AT["brought-to-tasks"]


def test_R22_a_stored_callables_error_in_a_group_is_a_routine_error() -> None:
    bus = Bus()
    bus.register(lambda event: event)  # @grouped-registration

    @require(lambda: True)
    def grouping() -> None:
        try:
            bus.fire_without_contract("now")
        except CallbackError as error:
            raise ExceptionGroup("several", [error]) from None

    with pytest.raises(ExceptionGroup) as caught:
        grouping()

    (error,) = caught.value.exceptions
    assert type(error) is RoutineError
    assert type(error.root) is CallbackError
    assert error.root.site.line == AT["grouped-registration"]


def test_R20_a_generator_that_was_given_a_bad_callable_blames_where_it_was_made() -> None:
    @callback("f", require(lambda n: n >= 0), ensure(lambda result: result >= 0))
    def mapping(f: Any, ns: list[int]) -> Any:
        for n in ns:
            yield f(n)  # @generator-calls-f

    good = mapping(abs, [1, 2])
    bad = mapping(negative, [1])  # @generator-made
    misused = mapping(abs, [-1])

    assert list(good) == [1, 2]
    error = outcome(list, bad)
    assert type(error) is CallbackError
    assert error.site.line == AT["generator-made"]
    error = outcome(list, misused)
    assert type(error) is CallbackMisuseError
    assert error.site.line == AT["generator-calls-f"]


def test_R20_a_non_callable_is_refused_where_the_generator_is_made() -> None:
    @callback("f", ensure(lambda result: result >= 0))
    def mapping(f: Any) -> Any:
        yield f(1)

    error = outcome(lambda: mapping(3))  # @generator-refused

    assert type(error) is PreconditionError
    assert error.site.line == AT["generator-refused"]


# Declarations that are wrong.


@pytest.mark.parametrize(
    ("declare", "advice"),
    [
        (lambda: callback("f"), "promises nothing"),
        (lambda: callback("f", abs), "require, ensure and callback"),
        (lambda: callback("f", lambda n: n > 0), "require, ensure and callback"),
        (lambda: callback("f", raises(KeyError)), "require, ensure and callback"),
        (lambda: callback(ANYTHING, require(lambda n: n)), "names no argument"),
        (lambda: callback("f", require(lambda a: a), require(lambda b: b)), "no clause names all"),
        (lambda: callback("f", require(lambda a: a), ensure(lambda b, result: b)), "no clause names all"),
        (lambda: callback("f", callback("x", require(lambda a: a), require(lambda b: b))), "no clause names all"),
        (lambda: callback("q", require(lambda n: n))(lambda f: f), "no parameter"),
    ],
)
def test_R13_a_wrong_declaration_fails_where_it_is_made(declare: Any, advice: str) -> None:
    with pytest.raises(DeclarationError, match=advice):
        declare()


def test_R13_a_declaration_whose_order_is_open_says_what_to_do() -> None:
    with pytest.raises(DeclarationError, match="lambda"):
        callback("f", require(lambda a: a), require(lambda b: b))


def test_R13_an_unknown_argument_is_named_with_the_nearest_legal_one() -> None:
    with pytest.raises(DeclarationError, match="handler"):

        @callback("hander", require(lambda n: n))
        def function(handler: Any) -> Any:
            return handler


def test_R13_result_in_the_require_of_a_callable_is_no_extra_name() -> None:
    @callback("f", require(lambda result: result >= 0))
    def with_argument(f: Any, n: int) -> Any:
        return f(n)

    assert with_argument(abs, 1) == 1
    assert type(outcome(with_argument, abs, -1)) is CallbackMisuseError
