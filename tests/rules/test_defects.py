"""R11, R12: a predicate or a capture that raises, or has no truth value, is the contract's fault."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from culpa import (
    Blame,
    CalleeError,
    CallerError,
    DeclarationError,
    DefectError,
    PostconditionError,
    check,
    ensure,
    raises,
    require,
    snapshot,
)
from harness.markers import lines_of

HERE = sys._getframe().f_code.co_filename
AT = lines_of(__file__)


def defect(call: Any) -> DefectError:
    with pytest.raises(DefectError) as caught:
        call()
    return caught.value


def test_R11_a_precondition_that_raises_blames_the_contract_at_its_clause() -> None:
    @require(lambda x: 1 / x > 0)  # @pre
    def routine(x: int) -> int:
        return x

    error = defect(lambda: routine(0))

    assert error.blame is Blame.CONTRACT
    assert not isinstance(error, CallerError | CalleeError)
    assert (error.site.file, error.site.line) == (HERE, AT["pre"])
    assert type(error.__cause__) is ZeroDivisionError
    assert error.root is error
    assert error.clause is not None
    assert error.clause.site == error.site


def test_R11_a_postcondition_that_raises() -> None:
    @require(lambda x: x == 0)
    @ensure(lambda x, result: result)
    @ensure(lambda x, result: result / x)  # @post
    def routine(x: int) -> int:
        return 1

    error = defect(lambda: routine(0))

    assert error.site.line == AT["post"]
    assert type(error.__cause__) is ZeroDivisionError


def test_R11_the_condition_of_raises_that_raises() -> None:
    @raises(KeyError, when=lambda x: 1 / x)  # @when
    def routine(x: int) -> int:
        return x

    assert routine(1) == 1
    assert defect(lambda: routine(0)).site.line == AT["when"]


def test_R11_a_predicate_that_calls_functions_and_raises() -> None:
    def reciprocal(x: int) -> float:
        return 1 / x

    @require(lambda x: reciprocal(x))  # @calls
    @ensure(lambda x, result: reciprocal(result))  # @calls-after
    def routine(x: int) -> int:
        return 0

    assert defect(lambda: routine(0)).site.line == AT["calls"]
    assert defect(lambda: routine(1)).site.line == AT["calls-after"]


def test_R11_a_value_without_truth() -> None:
    @require(lambda xs: xs > 0)  # @array
    def routine(xs: Any) -> Any:
        return xs

    error = defect(lambda: routine(np.array([1, 2])))

    assert error.site.line == AT["array"]
    assert type(error.__cause__) is ValueError
    assert routine(np.array([1])) == [1]


def test_R11_an_awaitable_would_always_be_true() -> None:
    async def is_positive(x: int) -> bool:
        return x > 0

    @require(lambda x: is_positive(x))  # @awaitable
    def routine(x: int) -> int:
        return x

    @raises(KeyError, when=lambda x: is_positive(x))  # @awaitable-when
    def conditional(x: int) -> int:
        return x

    error = defect(lambda: routine(1))

    assert error.site.line == AT["awaitable"]
    assert "awaitable" in str(error)
    assert defect(lambda: conditional(1)).site.line == AT["awaitable-when"]


def test_R11_the_truth_of_a_check() -> None:
    class Odd:
        def __bool__(self) -> bool:
            raise ArithmeticError("no truth")

    async def pending() -> None:
        pass

    error = defect(lambda: check(Odd()))  # @check
    assert error.site.line == AT["check"]
    assert type(error.__cause__) is ArithmeticError
    defect(lambda: check(pending()))


def test_R11_truth_is_python_truth() -> None:
    import re

    @require(lambda s: re.match("[a-z]+$", s))
    @require(lambda s: s)
    @ensure(lambda result: result)
    def name(s: str) -> list[str]:
        return [s]

    assert name("ada") == ["ada"]


def test_R11_the_first_false_clause_ends_the_evaluation_before_a_defect() -> None:
    @require(lambda x: x != 0)
    @require(lambda x: 1 / x)
    def routine(x: int) -> int:
        return x

    with pytest.raises(CallerError):
        routine(0)


@pytest.mark.parametrize("error", [RecursionError, MemoryError, KeyboardInterrupt, SystemExit])
def test_R11_what_is_nobodys_violation_passes_a_predicate(error: type[BaseException]) -> None:
    def failing() -> bool:
        raise error

    @require(lambda: failing())
    def routine() -> None:
        pass

    @snapshot(x=lambda: failing())
    @ensure(lambda old: old.x)
    def keeping() -> None:
        pass

    for call in (routine, keeping):
        with pytest.raises(error):
            call()


def test_R12_a_capture_that_raises_is_a_defect_only_where_it_is_read() -> None:
    @snapshot(first=lambda xs: xs[0])  # @capture
    @ensure(lambda xs, old: not xs or xs[0] >= old.first)
    def grow(xs: list[int]) -> list[int]:
        xs.extend(range(len(xs)))
        return xs

    assert grow([1]) == [1, 0]
    assert grow([]) == []


def test_R12_the_capture_is_blamed_not_the_clause_that_reads_it() -> None:
    @snapshot(first=lambda xs: xs[0], size=lambda xs: len(xs))  # @captures
    @ensure(lambda old: old.size >= 0)
    @ensure(lambda old: old.first)
    def routine(xs: list[int]) -> None:
        xs.clear()

    error = defect(lambda: routine([]))

    assert error.site.line == AT["captures"]
    assert type(error.__cause__) is IndexError
    assert error.clause is not None
    assert (error.clause.kind, error.clause.name) == ("snapshot", "first")
    routine([1])


def test_R12_a_called_predicate_reads_the_same_captures() -> None:
    def same_size(old: Any, xs: list[int]) -> bool:
        return bool(old.size == len(xs))

    def never_read(old: Any) -> bool:
        return hasattr(old, "size")

    @snapshot(size=lambda xs: len(xs))
    @snapshot(first=lambda xs: xs[0])
    @ensure(same_size)
    @ensure(never_read)
    def routine(xs: list[int], more: bool) -> None:
        if more:
            xs.append(1)

    routine([], False)
    with pytest.raises(PostconditionError) as caught:
        routine([1], True)
    assert caught.value.values["old.size"] == "1"


def test_R12_reading_a_capture_that_nothing_keeps_is_a_wrong_declaration() -> None:
    @snapshot(size=lambda xs: len(xs))
    @ensure(lambda old: old.sizes == 0)
    def routine(xs: list[int]) -> None:
        pass

    with pytest.raises(DeclarationError, match=r"old\.sizes.*snapshot\(sizes="):
        routine([])


def test_R12_a_capture_that_nothing_reads_is_not_evaluated() -> None:
    @snapshot(x=lambda: pytest.fail("not read"))
    @ensure(lambda: True)
    def routine() -> None:
        pass

    routine()
