"""R1: a false precondition blames the caller, at the call expression."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import functools
import sys
import threading
from typing import Any, NamedTuple

import pytest

from culpa import Blame, CallerError, PreconditionError, require
from harness.markers import lines_of

HERE = sys._getframe().f_code.co_filename
AT = lines_of(__file__)


@require(lambda n: n > 0, "n is a count")  # @clause
def count(n: int) -> int:
    return n


def violation(call: Any) -> PreconditionError:
    with pytest.raises(PreconditionError) as caught:
        call()
    return caught.value


def test_R1_the_call_expression_is_blamed() -> None:
    def buyer() -> int:
        return count(-1)  # @plain

    error = violation(buyer)

    assert isinstance(error, CallerError)
    assert error.blame is Blame.CALLER
    assert (error.site.file, error.site.line) == (HERE, AT["plain"])
    assert error.site.function.endswith("<locals>.buyer")
    assert error.site.column == 15
    assert error.root is error


def test_R1_the_clause_is_named_with_its_own_site() -> None:
    error = violation(lambda: count(-1))

    clause = error.clause
    assert clause is not None
    assert (clause.kind, clause.message) == ("require", "n is a count")
    assert (clause.site.file, clause.site.line, clause.site.column) == (HERE, AT["clause"], 1)


def test_R1_an_expression_over_many_lines_is_blamed_where_it_starts() -> None:
    def buyer() -> int:
        return count(  # @many-lines
            -1
        )

    assert violation(buyer).site.line == AT["many-lines"]


@pytest.mark.parametrize("consume", [list, tuple, sum, lambda xs: [*xs]])
def test_R1_calls_from_c_code_blame_the_frame_that_made_it_run(consume: Any) -> None:
    def buyer() -> Any:
        made = map(count, [1, -1])
        return consume(made) if consume is not sum else sum(made)

    assert violation(buyer).site.file == HERE


def test_R1_a_sort_key_blames_the_sort() -> None:
    def buyer() -> Any:
        return sorted([2, -1], key=count)  # @sort

    assert violation(buyer).site.line == AT["sort"]


def test_R1_a_comprehension_is_blamed() -> None:
    def buyer() -> Any:
        return [count(n) for n in (1, -1)]  # @comprehension

    assert violation(buyer).site.line == AT["comprehension"]


def test_R1_a_class_body_is_blamed() -> None:
    def buyer() -> Any:
        class Shop:
            stock = count(-1)  # @class-body

        return Shop

    error = violation(buyer)

    assert error.site.line == AT["class-body"]
    assert error.site.function.endswith("Shop")


def test_R1_executed_text_is_blamed_by_its_own_name() -> None:
    error = violation(lambda: exec(compile("\ncount(-1)", "<cell 3>", "exec"), {"count": count}))

    assert (error.site.file, error.site.line, error.site.function) == ("<cell 3>", 2, "<module>")


def test_R1_code_of_the_standard_library_is_passed_over_and_named() -> None:
    def buyer() -> Any:
        return functools.reduce(lambda a, b: a, [1]), run_in_library()

    def run_in_library() -> Any:
        with contextlib.ExitStack() as stack:
            stack.callback(count, -1)  # called by the library when the block ends
            return None  # @exit-stack

    error = violation(buyer)

    assert error.site.file == HERE
    assert error.site.function.endswith("run_in_library")
    assert "through contextlib." in str(error)


def test_R1_a_generated_constructor_is_passed_over() -> None:
    @dataclasses.dataclass
    class Line:
        amount: int

        def __post_init__(self) -> None:
            check_amount(self)

    def check_amount(line: Line) -> None:
        count(line.amount)  # @post-init

    @dataclasses.dataclass
    class Order:
        size: int = dataclasses.field(default_factory=lambda: count(-1))  # @factory

    @dataclasses.dataclass
    class Direct:
        size: int = dataclasses.field(default_factory=functools.partial(count, -1))

    assert violation(lambda: Line(-1)).site.line == AT["post-init"]
    assert violation(Order).site.line == AT["factory"]

    error = violation(lambda: Direct())  # @direct
    assert error.site.line == AT["direct"]
    assert "through a generated __init__" in str(error)


def test_R1_a_named_tuple_is_passed_over() -> None:
    class Point(NamedTuple):
        x: int

    def buyer() -> Any:
        return Point(count(-1))  # @tuple

    assert violation(buyer).site.line == AT["tuple"]


def test_R1_the_target_of_a_thread_is_called_by_the_runtime() -> None:
    caught: list[Any] = []
    hook, threading.excepthook = threading.excepthook, lambda arguments: caught.append(arguments.exc_value)
    try:
        thread = threading.Thread(target=count, args=(-1,), name="worker-7")
        thread.start()
        thread.join()
    finally:
        threading.excepthook = hook

    (error,) = caught
    assert isinstance(error, PreconditionError)
    assert error.site.line is None
    assert "blame the caller    the runtime, through threading.Thread.run" in str(error)
    assert "worker-7" in str(error)


def test_R1_an_exit_function_is_called_by_the_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: unraisable.append(args.exc_value))
    atexit.register(count, 1)  # a legal call: what is registered here runs when the tests end

    assert count(1) == 1  # see tests/integration/test_exit.py for a violation at exit, in a process of its own
    assert not unraisable


def test_R1_a_finaliser_is_called_by_the_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: unraisable.append(args.exc_value))

    class Handle:
        closed = False

        @require(lambda self: self.closed)
        def __del__(self) -> None:
            raise AssertionError("the body must not run")

    def drop() -> None:
        handle = Handle()
        del handle

    drop()

    (error,) = unraisable
    assert isinstance(error, PreconditionError)
    assert error.site.line is None


def test_R1_a_finaliser_called_by_name_blames_that_call() -> None:
    class Handle:
        closed = False

        @require(lambda self: self.closed)
        def __del__(self) -> None:
            pass

    handle = Handle()
    error = violation(lambda: handle.__del__())  # @explicit-del
    Handle.closed = True

    assert error.site.line == AT["explicit-del"]


def test_R1_the_body_does_not_run_and_later_clauses_are_not_evaluated() -> None:
    seen: list[str] = []

    def note(name: str, value: bool) -> bool:
        seen.append(name)
        return value

    @require(lambda: note("first", True))
    @require(lambda: note("second", False))
    @require(lambda: note("third", True))
    def routine() -> None:
        seen.append("body")

    violation(routine)

    assert seen == ["first", "second"]
