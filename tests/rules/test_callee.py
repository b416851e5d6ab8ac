"""R2, R3, R7: a false postcondition and an undeclared exception blame the callee."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from culpa import (
    Blame,
    CalleeError,
    CallerError,
    CheckError,
    ContractError,
    PostconditionError,
    PreconditionError,
    RaisesError,
    check,
    ensure,
    raises,
    require,
)
from harness.markers import lines_of

HERE = sys._getframe().f_code.co_filename
AT = lines_of(__file__)


@ensure(lambda n, result: result > n)  # @promise
def increment(n: int) -> int:  # @increment
    return n - 1


class Table:
    @raises(KeyError, IndexError)  # @raises
    def look_up(self, key: Any) -> Any:
        found = {1: "one"}
        if key is None:
            raise TypeError("no key")  # @type-error
        return found[key]


def test_R2_the_definition_of_the_callee_is_blamed() -> None:
    with pytest.raises(PostconditionError) as caught:
        increment(1)

    error = caught.value
    assert isinstance(error, CalleeError)
    assert error.blame is Blame.CALLEE
    assert (error.site.file, error.site.line, error.site.function) == (HERE, AT["increment"], "increment")
    assert error.root is error
    assert error.clause is not None
    assert (error.clause.kind, error.clause.site.line) == ("ensure", AT["promise"])


def test_R2_the_postcondition_sees_the_arguments_as_they_were_at_the_call() -> None:
    @ensure(lambda n, result: result == n + 1)
    def rebinding(n: int) -> int:
        n += 1
        return n

    assert rebinding(1) == 2


def test_R2_none_is_a_result_like_any_other() -> None:
    @ensure(lambda result: result is None)
    def procedure() -> None:
        pass

    procedure()


def test_R2_the_postcondition_is_not_evaluated_when_the_body_raises() -> None:
    @ensure(lambda: False)
    def failing() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        failing()


def test_R2_a_nested_function_is_blamed_at_its_own_definition() -> None:
    def outer(limit: int) -> Any:
        @ensure(lambda result: result < limit)
        def inner() -> int:  # @inner
            return 10

        return inner

    assert outer(11)() == 10
    with pytest.raises(PostconditionError) as caught:
        outer(10)()

    assert caught.value.site.line == AT["inner"]


def test_R3_an_undeclared_exception_blames_the_line_that_raised() -> None:
    with pytest.raises(RaisesError) as caught:
        Table().look_up(None)

    error = caught.value
    assert isinstance(error, CalleeError)
    assert (error.site.file, error.site.line) == (HERE, AT["type-error"])
    assert error.site.function == "Table.look_up"
    assert type(error.__cause__) is TypeError
    assert error.clause is not None
    assert (error.clause.kind, error.clause.site.line) == ("raises", AT["raises"])


def test_R3_a_declared_exception_and_its_subclasses_pass_unchanged() -> None:
    class Missing(KeyError):
        pass

    original = Missing("x")

    @raises(LookupError)
    def look_up() -> None:
        raise original

    with pytest.raises(Missing) as caught:
        look_up()

    assert caught.value is original
    with pytest.raises(KeyError):
        Table().look_up(2)


def test_R3_several_raises_are_alternatives_each_with_its_condition_at_entry() -> None:
    @raises(KeyError, when=lambda n: n < 0)
    @raises(IndexError, when=lambda n: n > 10)
    @raises(OSError)
    def failing(n: int, error: type[Exception]) -> None:
        n = 0  # noqa: F841 - the condition was read at entry
        raise error

    for n, declared in ((-1, KeyError), (11, IndexError), (5, OSError), (-1, FileNotFoundError)):
        with pytest.raises(declared):
            failing(n, declared)
    for n, undeclared in ((-1, IndexError), (11, KeyError), (5, KeyError), (5, ValueError)):
        with pytest.raises(RaisesError):
            failing(n, undeclared)


def test_R3_raises_of_nothing_admits_nothing() -> None:
    @raises()
    def failing() -> None:
        raise KeyError

    with pytest.raises(RaisesError, match="raises no exception"):
        failing()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, RecursionError, MemoryError])
def test_R3_what_is_nobodys_violation_passes(error: type[BaseException]) -> None:
    @raises(KeyError)
    def failing() -> None:
        raise error

    with pytest.raises(error):
        failing()


def test_R3_violations_of_contracts_pass_whatever_is_declared() -> None:
    @require(lambda n: n > 0)
    def inner(n: int) -> int:
        return n

    @raises(KeyError)
    def outer(wrong: str) -> int:
        if wrong == "post":
            return increment(1)
        check(wrong != "check")
        return n_times(wrong)

    @raises(KeyError)
    @require(lambda wrong: wrong != "pre")
    def n_times(wrong: str) -> int:
        return 1

    for wrong, expected in (("post", PostconditionError), ("check", CheckError)):
        with pytest.raises(expected):
            outer(wrong)
    with pytest.raises(PreconditionError):
        n_times("pre")


def test_R7_the_postcondition_of_an_inner_call_passes_unchanged() -> None:
    @require(lambda n: n > 0)
    @ensure(lambda result: result > 0)
    def outer(n: int) -> int:
        return increment(n)

    with pytest.raises(PostconditionError) as caught:
        outer(1)

    error = caught.value
    assert error.root is error
    assert error.site.line == AT["increment"]
    assert error.site.function == "increment"


def test_a_check_blames_the_function_that_contains_it() -> None:
    def sorting(xs: list[int]) -> list[int]:
        check(xs == sorted(xs), "still unsorted")  # @check
        return xs

    assert sorting([1, 2]) == [1, 2]
    with pytest.raises(CheckError) as caught:
        sorting([2, 1])

    error = caught.value
    assert not isinstance(error, CallerError)
    assert (error.site.file, error.site.line) == (HERE, AT["check"])
    assert error.site.function.endswith("sorting")
    assert error.clause is not None
    assert (error.clause.kind, error.clause.message) == ("check", "still unsorted")
    assert isinstance(error, ContractError)
