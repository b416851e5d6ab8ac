"""What a report says where little is known, and what happens if it cannot be made."""

from __future__ import annotations

import ast
import functools
import linecache
import math
import types
from typing import Any

import pytest

from culpa import (
    DeclarationError,
    DefectError,
    HierarchyError,
    PostconditionError,
    PreconditionError,
    RaisesError,
    check,
    contract_of,
    ensure,
    raises,
    require,
    require_else,
    source_of,
)
from culpa._callable import code_of


def error_of(error_type: type[Any], call: Any) -> Any:
    with pytest.raises(error_type) as caught:
        call()
    return caught.value


def test_a_builtin_is_blamed_where_it_was_given_its_contract() -> None:
    root = ensure(lambda result: result > 1)(math.sqrt)
    silent = raises(KeyError)(math.sqrt)

    error = error_of(PostconditionError, lambda: root(1))
    undeclared = error_of(RaisesError, lambda: silent(-1))

    assert (error.site.function, error.site.line) == ("sqrt", undeclared.site.line - 1)
    assert "ValueError: math domain error" in str(undeclared)


def test_what_a_decorator_beneath_raises_before_the_function_runs_blames_the_function() -> None:
    def refusing(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*args: Any) -> Any:
            raise ValueError("never")

        return wrapper

    @raises(KeyError)
    @refusing
    def routine() -> None:
        pass

    error = error_of(RaisesError, routine)

    assert error.site.function.endswith("routine")


def test_a_name_that_is_not_bound_yet_is_left_out_of_the_values() -> None:
    @require(lambda x: x > 0 and later)
    def routine(x: int) -> int:
        return x

    error = error_of(PreconditionError, lambda: routine(-1))
    later = True

    assert "later" not in error.values
    assert routine(1) == later


def test_what_keeps_a_report_from_being_made_is_not_taken_for_the_bodys(monkeypatch: pytest.MonkeyPatch) -> None:
    @require(lambda x: x > 0)
    def routine(x: int) -> int:
        return x

    def failing(*_: object) -> str:
        raise RuntimeError("no source today")

    monkeypatch.setattr(linecache, "getline", failing)

    with pytest.raises(RuntimeError, match="no source today"):
        routine(-1)


def test_the_checks_of_an_override_count_for_nothing_in_a_call_that_a_predicate_makes() -> None:
    class Base:
        @require(lambda x: x > 0)
        def m(self, x: int) -> bool:
            return True

    class Stronger(Base):
        @require(lambda x: x > 10)
        def m(self, x: int) -> bool:
            return True

    @require(lambda x: Stronger().m(x))
    def routine(x: int) -> int:
        return x

    assert [routine(x) for x in (11, 5, -5)] == [11, 5, -5]
    error_of(HierarchyError, lambda: Stronger().m(5))
    error_of(PreconditionError, lambda: Stronger().m(-5))


def test_an_awaitable_that_is_no_coroutine_is_a_defect_too() -> None:
    class Later:
        def __await__(self) -> Any:
            yield

    @require(lambda x: x)
    def routine(x: Any) -> Any:
        return x

    error_of(DefectError, lambda: routine(Later()))


@pytest.mark.parametrize("error", [MemoryError, RecursionError])
def test_what_is_nobodys_passes_the_truth_of_a_check(error: type[Exception]) -> None:
    class Full:
        def __bool__(self) -> bool:
            raise error

    with pytest.raises(error):
        check(Full())


def test_the_contract_of_a_descriptor_is_that_of_its_function() -> None:
    class Box:
        @property
        @ensure(lambda result: result > 0)
        def size(self) -> int:
            return 1

        @functools.cached_property
        @ensure(lambda result: result > 0)
        def weight(self) -> int:
            return 1

    assert len(contract_of(vars(Box)["size"])) == 1
    assert len(contract_of(vars(Box)["weight"])) == 1
    assert contract_of(Box).clauses == ()


def test_the_source_shows_every_layer_and_says_what_only_raises() -> None:
    def passed_on(function: Any) -> Any:
        return functools.wraps(function)(lambda *args: function(*args))

    @raises(KeyError)
    @passed_on
    @require(lambda x: x > 0)
    def routine(x: int) -> int:
        return x

    text = source_of(routine)

    assert text.count("def routine(") == 2
    assert "# raises KeyError" in text
    assert "the decorators and the contract beneath" in text
    ast.parse(text)


def test_misuse_of_a_declaration_says_what_to_write() -> None:
    for call in (
        lambda: require(),  # type: ignore[call-overload]  # the misuse
        lambda: require(lambda x: x, message="m"),  # type: ignore[call-overload]  # the misuse
        lambda: require(5),  # type: ignore[call-overload]  # the misuse
        lambda: require(min),
    ):
        error_of(DeclarationError, call)
    with pytest.raises(DeclarationError, match=r"write @require\(lambda"):
        require()  # type: ignore[call-overload]  # the misuse
    with pytest.raises(DeclarationError, match="overrides nothing"):
        require_else(lambda: True)


def test_a_bound_method_of_a_bound_method_has_no_end() -> None:
    def predicate(x: int) -> bool:
        return x > 0

    target: Any = predicate
    for _ in range(101):
        target = types.MethodType(target, object())

    with pytest.raises((DeclarationError, TypeError)):
        require(target)(lambda x: x)(1)


def test_a_callable_that_tells_no_parameters_is_refused_as_a_predicate() -> None:
    class Odd:
        __call__ = min

    with pytest.raises(DeclarationError, match="tells no names of parameters"):
        require(Odd())


def test_a_chain_of_bound_methods_that_is_too_long_has_no_code() -> None:
    target: Any = len
    for _ in range(101):
        target = types.MethodType(target, object())

    assert code_of(target) is None


def test_a_callable_that_cannot_be_hashed_stays_so() -> None:
    class Unhashable:
        def __eq__(self, other: object) -> bool:
            return self is other

        __hash__ = None  # type: ignore[assignment]  # as Python sets it

        def __call__(self, x: int) -> int:
            return x

    checked = require(lambda x: x > 0)(Unhashable())

    with pytest.raises(TypeError, match="unhashable"):
        hash(checked)
    assert checked(1) == 1


def test_a_predicate_whose_truth_is_a_constant_is_blamed_for_what_it_raises() -> None:
    @require(lambda x: -x or 1)
    def routine(x: str) -> str:
        return x

    assert routine(2) == 2  # type: ignore[arg-type, comparison-overlap]
    error_of(DefectError, lambda: routine("a"))


def test_a_constant_that_is_false_leaves_a_body_that_never_runs() -> None:
    @require(lambda x: 1 / x)
    @require(lambda: 0)
    def routine(x: int) -> int:
        return x

    error_of(PreconditionError, lambda: routine(1))
    error_of(DefectError, lambda: routine(0))
