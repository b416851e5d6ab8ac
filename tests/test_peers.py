"""What icontract 2.7.3 and deal 4.24.6 get wrong, a test a sentence: here it is right.

The sentences are those at the head of design/semantics.md; the peers are not run, so none of them need be installed.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from culpa import (
    CalleeError,
    CallerError,
    CheckError,
    ContractError,
    DefectError,
    PostconditionError,
    PreconditionError,
    RaisesError,
    RoutineError,
    check,
    ensure,
    raises,
    require,
    snapshot,
)
from harness.markers import lines_of
from harness.processes import printed, python

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = sys._getframe().f_code.co_filename
AT = lines_of(__file__)


@require(lambda n: n > 0)  # @inner-clause
def inner(n: int) -> int:
    return n


@require(lambda n: n > 0)
def correct_call(n: int) -> int:
    return inner(n - 10)  # @bad-call-inside


@ensure(lambda result: result > 0)
def bad_result() -> int:
    return -1


@raises(KeyError)
def bad_exception() -> None:
    raise ValueError("no")


@require(lambda n: 1 / n > 0)  # @raising-clause
def divided(n: int) -> int:
    return n


def checked() -> None:
    check(inner is None)


def broken(call: Callable[[], object]) -> ContractError:
    with pytest.raises(ContractError) as caught:
        call()
    return caught.value


# "icontract raises one `ViolationError` for everything"


def test_each_kind_of_violation_has_a_type_of_its_own() -> None:
    calls = (lambda: inner(0), bad_result, bad_exception, lambda: divided(0), checked, lambda: correct_call(5))
    types = [type(broken(call)) for call in calls]

    assert types == [PreconditionError, PostconditionError, RaisesError, DefectError, CheckError, RoutineError]
    for one in types:
        others = [other for other in types if other is not one]
        assert not any(issubclass(one, other) for other in others)


def test_an_except_clause_for_the_callers_fault_catches_no_fault_of_the_callee() -> None:
    assert issubclass(PreconditionError, CallerError)
    for call in (bad_result, bad_exception, checked, lambda: correct_call(5)):
        error = broken(call)
        assert isinstance(error, CalleeError)
        assert not isinstance(error, CallerError)


def test_no_violation_looks_like_a_failed_assertion_or_a_bad_value() -> None:
    """icontract's is an AssertionError, which pydantic and test runners take for theirs."""
    for call in (lambda: inner(0), bad_result, lambda: divided(0)):
        assert not isinstance(broken(call), AssertionError | ValueError | TypeError)


# "a precondition broken *inside* a correct call reaches the outer caller looking like the outer caller's fault"


def test_a_precondition_broken_inside_a_correct_call_is_not_the_outer_callers_fault() -> None:
    error = broken(lambda: correct_call(5))

    assert type(error) is RoutineError
    assert (error.site.file, error.site.line, error.site.function) == (HERE, AT["bad-call-inside"], "correct_call")
    assert type(error.root) is PreconditionError
    assert error.root.site.line == AT["bad-call-inside"]


def test_the_same_precondition_broken_by_the_outer_caller_is() -> None:
    error = broken(lambda: correct_call(0))  # @bad-call-outside

    assert type(error) is PreconditionError
    assert error.site.line == AT["bad-call-outside"]


# "recursion runs unchecked"


@require(lambda n: n >= 0)
@ensure(lambda result: result < 5)
def countdown(n: int, step: int = 1) -> int:
    return 0 if n == 0 else countdown(n - step, step) + 1  # @recursive-call


def test_recursive_calls_are_checked_for_their_preconditions() -> None:
    error = broken(lambda: countdown(4, 3))

    assert type(error) is RoutineError
    assert error.root.values["n"] == "-2"
    assert error.site.line == AT["recursive-call"]


def test_recursive_calls_are_checked_for_their_postconditions() -> None:
    error = broken(lambda: countdown(20))

    assert type(error) is PostconditionError
    assert error.values["result"] == "5"  # the first one that is wrong, sixteen calls deep


def test_a_call_between_methods_of_one_object_is_checked() -> None:
    class Shop:
        @require(lambda self, n: n > 0)
        def buy(self, n: int) -> int:
            return n

        @require(lambda self, n: n > 0)
        def buy_less(self, n: int) -> int:
            return self.buy(n - 10)

    assert type(broken(lambda: Shop().buy_less(5))) is RoutineError


# Sibling tasks in icontract, and other threads in deal, run unchecked.


def test_sibling_tasks_are_checked() -> None:
    async def sibling() -> str:
        await asyncio.sleep(0)
        return type(broken(lambda: inner(-1))).__name__

    @ensure(lambda result: result == ["PreconditionError"] * 2)
    def run_both() -> list[str]:
        async def both() -> list[str]:
            return await asyncio.gather(sibling(), sibling())

        return asyncio.run(both())

    assert run_both() == ["PreconditionError"] * 2


def test_a_task_is_checked_while_a_contract_of_another_one_is_evaluated() -> None:
    found: list[str] = []

    async def sibling() -> None:
        found.append(type(broken(lambda: inner(-1))).__name__)

    def drive(n: int) -> bool:
        asyncio.run_coroutine_threadsafe(sibling(), loop).result(30)
        return True

    @require(drive)
    def routine(n: int) -> int:
        return n

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        assert routine(1) == 1
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    assert found == ["PreconditionError"]


def test_other_threads_are_checked_while_a_contract_is_evaluated() -> None:
    found: list[str] = []

    def in_a_thread(n: int) -> bool:
        thread = threading.Thread(target=lambda: found.append(type(broken(lambda: inner(-1))).__name__))
        thread.start()
        thread.join()
        return True

    @require(in_a_thread)
    def routine(n: int) -> int:
        return n

    assert routine(1) == 1
    assert found == ["PreconditionError"]


def test_no_flag_of_the_process_is_flipped_while_a_predicate_runs() -> None:
    """deal switches itself off for the whole process meanwhile."""
    at_work, go_on = threading.Event(), threading.Event()

    def slow(n: int) -> bool:
        at_work.set()
        return go_on.wait(30)

    thread = threading.Thread(target=require(slow)(lambda n: n), args=(1,))
    thread.start()
    try:
        assert at_work.wait(30)
        assert type(broken(lambda: inner(-1))) is PreconditionError
        assert type(broken(bad_result)) is PostconditionError
    finally:
        go_on.set()
        thread.join()


# "an invariant broken on the way out by an exception is missed": see the rules of invariants, R9, once there are any


# "a predicate that raises escapes as a raw `ZeroDivisionError`"


def test_a_predicate_that_raises_is_a_defect_of_the_contract_not_a_raw_exception() -> None:
    error = broken(lambda: divided(0))

    assert type(error) is DefectError
    assert not isinstance(error, ArithmeticError)
    assert (error.site.file, error.site.line) == (HERE, AT["raising-clause"])
    assert type(error.__cause__) is ZeroDivisionError


def test_a_postcondition_and_a_capture_that_raise_are_defects_too() -> None:
    after: Any = ensure(lambda result: result / 0)(lambda: 1)
    before: Any = snapshot(was=lambda: 1 / 0)(ensure(lambda old: old.was)(lambda: 1))

    for call in (after, before):
        assert type(broken(call)) is DefectError


# "neither names a caller"


def test_the_caller_is_named_by_file_and_line() -> None:
    def buyer() -> int:
        return inner(-1)  # @buyer

    error = broken(buyer)

    assert (error.site.file, error.site.line) == (HERE, AT["buyer"])
    assert error.site.function.endswith("<locals>.buyer")
    assert f"blame the caller    {HERE}:{AT['buyer']} in " in str(error)
    assert f"promised at         {HERE}:{AT['inner-clause']}" in str(error)


# "and tracebacks end in library code"


@pytest.mark.parametrize(
    "call", [lambda: inner(-1), bad_result, bad_exception, lambda: divided(0), checked, lambda: correct_call(5)]
)
def test_no_traceback_has_an_entry_of_the_library(call: Callable[[], object]) -> None:
    error: BaseException | None = broken(call)

    while error is not None:
        files = [entry.filename for entry in traceback.extract_tb(error.__traceback__)]
        assert set(files) <= {HERE}
        error = error.__cause__


def test_no_excepthook_is_installed_to_make_tracebacks_short() -> None:
    """deal replaces `sys.excepthook` when it is imported."""
    program = (
        "import sys, threading; before = sys.excepthook, threading.excepthook, sys.unraisablehook; "
        "import culpa; culpa.require(lambda n: n > 0)(lambda n: n)(1); "
        "print((sys.excepthook, threading.excepthook, sys.unraisablehook) == before, "
        "sys.excepthook is sys.__excepthook__)"
    )

    assert printed(python("-c", program)) == "True True\n"


# And what both share: checks that can be switched off from outside.


@pytest.mark.parametrize("options", [["-O"], ["-OO"]])
@pytest.mark.parametrize("variable", ["ICONTRACT_SLOW", "ICONTRACT_DISABLE", "DEAL_DISABLE", "CULPA_DISABLE", "CI"])
def test_no_option_and_no_variable_switches_contracts_off(options: list[str], variable: str) -> None:
    program = (
        "import culpa\n"
        "try: culpa.require(lambda n: n > 0)(lambda n: n)(-1)\n"
        "except culpa.PreconditionError: print('checked')\n"
    )

    assert printed(python(*options, "-c", program, env={variable: "1"})) == "checked\n"
