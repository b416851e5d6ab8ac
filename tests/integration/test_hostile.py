"""Surroundings that are against it: no stack left, odd exceptions, callers written in C, changed globals."""

from __future__ import annotations

import bisect
import copy
import dataclasses
import functools
import heapq
import itertools
import json
import operator
import re
import sqlite3
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import culpa
from culpa import (
    ContractError,
    DefectError,
    PostconditionError,
    PreconditionError,
    RaisesError,
    RoutineError,
    contract_of,
    ensure,
    raises,
    require,
    snapshot,
    source_of,
)
from harness.markers import lines_of
from harness.processes import printed, python, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = sys._getframe().f_code.co_filename
AT = lines_of(__file__)
LIBRARY = str(Path(culpa.__file__).parent)
LIMIT = 0


def above_limit(n: int) -> bool:
    return n > LIMIT


@require(lambda n: n > 0)
def count(n: Any) -> Any:
    return n


@ensure(lambda result: result is not None)
def passing(function: Any) -> Any:
    return function()


@require(lambda function: function())
def asking(function: Any) -> Any:
    return True


# Callers written in C: the line that made them run is blamed.


def re_sub() -> object:
    return re.sub("a", lambda match: count(-1), "a")  # @re-sub


def sort_key() -> object:
    return sorted([2, -1], key=count)  # @sort-key


def list_sort() -> object:
    return [2, -1].sort(key=count)  # @list-sort


def min_key() -> object:
    return min([2, -1], key=count)  # @min-key


def max_of_a_map() -> object:
    return max(map(count, [2, -1]))  # @max-map


def filtered() -> object:
    return list(filter(count, [2, -1]))  # @filter


def json_hook() -> object:
    return json.loads('{"n": 1}', object_hook=lambda pairs: count(-1))  # @json-hook


def json_float() -> object:
    return json.loads("1.5", parse_float=lambda text: count(-1))  # @json-float


def json_default() -> object:
    return json.dumps(object(), default=lambda found: count(-1))  # @json-default


def bisected() -> object:
    return bisect.bisect([1, 2], 1, key=lambda n: count(-n))  # @bisect


def smallest() -> object:
    return heapq.nsmallest(1, [2, -1], key=count)  # @heap


def grouped() -> object:
    return list(itertools.groupby([1, -1], key=count))  # @group


def accumulated() -> object:
    return list(itertools.accumulate([1, -1], lambda a, b: count(b)))  # @accumulate


def reduced() -> object:
    return functools.reduce(lambda a, b: count(b), [1, -1])  # @reduce


def called_by_operator() -> object:
    return operator.call(count, -1)  # @operator


def iterated() -> object:
    return next(iter(functools.partial(count, -1), None))  # @iter


def dict_missing() -> object:
    class Missing(dict):  # type: ignore[type-arg]
        __missing__ = staticmethod(count)

    return Missing()[-1]  # @missing


def hashed() -> object:
    class Key:
        @require(lambda self: False)
        def __hash__(self) -> int:
            return 1

    return {Key(): 1}  # @hash


def compared() -> object:
    class Key:
        @require(lambda self, other: False)
        def __lt__(self, other: object) -> bool:
            return True

    return sorted([Key(), Key()])  # @compare


def formatted() -> object:
    class Text:
        @require(lambda self, spec: spec)
        def __format__(self, spec: str) -> str:
            return spec

    return f"{Text()}"  # @format


def with_statement() -> object:
    class Manager:
        @require(lambda self: False)
        def __enter__(self) -> None:
            return None

        def __exit__(self, *_: object) -> None:
            return None

    with Manager():  # @with
        return None


def loop() -> object:
    class Items:
        @require(lambda self: False)
        def __iter__(self) -> Iterator[int]:
            return iter([])

    return [item for item in Items()]  # noqa: C416  # @loop


def property_read() -> object:
    class Shop:
        @property
        @require(lambda self: False)
        def sold(self) -> int:
            return 1

    return Shop().sold  # @property


def class_made() -> object:
    class Shop:
        @require(lambda self, n: n > 0)
        def __init__(self, n: int) -> None:
            return None

    return Shop(-1)  # @class


def metaclass_called() -> object:
    class Base:
        @classmethod
        @require(lambda cls, n: n > 0)
        def __init_subclass__(cls, n: int) -> None:
            return None

    return type("Sub", (Base,), {}, n=-1)  # @subclass


C_CALLERS = {
    "re-sub": re_sub,
    "sort-key": sort_key,
    "list-sort": list_sort,
    "min-key": min_key,
    "max-map": max_of_a_map,
    "filter": filtered,
    "json-hook": json_hook,
    "json-float": json_float,
    "json-default": json_default,
    "bisect": bisected,
    "heap": smallest,
    "group": grouped,
    "accumulate": accumulated,
    "reduce": reduced,
    "operator": called_by_operator,
    "iter": iterated,
    "missing": dict_missing,
    "hash": hashed,
    "compare": compared,
    "format": formatted,
    "with": with_statement,
    "loop": loop,
    "property": property_read,
    "class": class_made,
}


def files(error: BaseException) -> list[str]:
    return [entry.filename for entry in traceback.extract_tb(BaseException.__traceback__.__get__(error))]


@pytest.mark.parametrize("name", [*C_CALLERS, "subclass"])
def test_a_caller_written_in_c_is_passed_over(name: str) -> None:
    with pytest.raises(PreconditionError) as caught:
        {**C_CALLERS, "subclass": metaclass_called}[name]()

    assert (caught.value.site.file, caught.value.site.line) == (HERE, AT[name])
    assert not any(file.startswith(LIBRARY) for file in files(caught.value))


def test_a_function_of_a_database_reports_the_databases_own_error_and_was_observed() -> None:
    seen: list[ContractError] = []
    handle = culpa.on_violation(seen.append)
    connection = sqlite3.connect(":memory:")
    connection.create_function("count", 1, count)
    try:
        assert connection.execute("select count(7)").fetchone() == (7,)
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("select count(-1)").fetchone()  # @sqlite
    finally:
        handle.remove()
        connection.close()

    [error] = seen
    assert (error.site.file, error.site.line) == (HERE, AT["sqlite"])


# No stack left.

DEEP = """
    import sys, traceback
    from culpa import PreconditionError, RoutineError, ensure, raises, require

    def deep(n):
        return deep(n + 1)

    @require(lambda n: n >= 0)
    @ensure(lambda result: True)
    def down(n):
        return down(n + 1)

    @require(lambda n: deep(n))
    def asks(n):
        return n

    @raises(KeyError)
    def declared(n):
        return deep(n)

    @require(lambda n: n > 0)
    def count(n):
        return n

    @ensure(lambda result: True)
    def fails(n):
        raise ValueError("ordinary")

    def at(depth, call):
        return at(depth - 1, call) if depth else call()

    def end(call):
        try:
            call()
        except BaseException as error:
            return error

    def is_clean(error):
        return not any("/culpa/_" in entry.filename for entry in traceback.extract_tb(error.__traceback__))

    sys.setrecursionlimit(400)
"""


def deep(tmp_path: Path, program: str) -> str:
    return printed(python(script(tmp_path, DEEP + program)))


@pytest.mark.parametrize("call", ["down(0)", "asks(0)", "declared(0)"])
def test_a_recursion_error_is_nobodys_violation(tmp_path: Path, call: str) -> None:
    assert deep(tmp_path, f"    print(type(end(lambda: {call})).__name__)\n") == "RecursionError\n"


@pytest.mark.parametrize(
    "call",
    [
        "down(0)",
        "asks(0)",
        "declared(0)",
    ],
)
@pytest.mark.skipif("coverage" in sys.modules, reason="a tracer in the process needs stack of its own")
def test_a_recursion_error_has_no_frame_of_the_library(tmp_path: Path, call: str) -> None:
    assert deep(tmp_path, f"    print(is_clean(end(lambda: {call})))\n") == "True\n"


def test_a_violation_at_any_depth_is_one_or_a_recursion_error(tmp_path: Path) -> None:
    found = deep(
        tmp_path,
        """
    end(lambda: count(-1))
    kinds = [type(end(lambda: at(depth, lambda: count(-1)))).__name__ for depth in range(400)]
    print(*dict.fromkeys(kinds))
    print(kinds.count("PreconditionError") > 340)
    """,
    )

    assert found == "PreconditionError RecursionError\nTrue\n"


def test_an_ordinary_exception_at_any_depth_is_itself_or_a_recursion_error(tmp_path: Path) -> None:
    found = deep(
        tmp_path,
        """
    kinds = [type(end(lambda: at(depth, lambda: fails(1)))).__name__ for depth in range(400)]
    print(*dict.fromkeys(kinds))
    """,
    )

    assert found == "ValueError RecursionError\n"


def test_after_the_stack_ran_out_all_is_checked_as_before(tmp_path: Path) -> None:
    found = deep(
        tmp_path,
        """
    for call in (lambda: down(0), lambda: asks(0), lambda: declared(0)):
        end(call)
    print(type(end(lambda: count(-1))).__name__, count(1), type(end(lambda: fails(1))).__name__)
    """,
    )

    assert found == "PreconditionError 1 ValueError\n"


# Exceptions that pass untouched.


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError, RecursionError])
@pytest.mark.parametrize("place", ["body", "require", "ensure", "snapshot", "under raises", "under raises()"])
def test_an_interruption_passes_the_very_same(end: type[BaseException], place: str) -> None:
    one = end()

    def stop(*_: object) -> Any:
        raise one

    call: Callable[[], Any] = {
        "body": lambda: passing(stop),
        "require": lambda: require(lambda: stop())(lambda: 1)(),
        "ensure": lambda: ensure(lambda result: stop())(lambda: 1)(),
        "snapshot": lambda: snapshot(was=lambda: stop())(ensure(lambda old: old.was)(lambda: 1))(),
        "under raises": lambda: raises(KeyError)(stop)(),
        "under raises()": lambda: raises()(stop)(),
    }[place]

    with pytest.raises(end) as caught:
        call()

    assert caught.value is one
    assert (one.__cause__, one.__context__) == (None, None)
    assert not any(file.startswith(LIBRARY) for file in files(one))


def test_a_generator_that_is_closed_inside_a_contracted_function() -> None:
    ends: list[str] = []

    def items() -> Iterator[int]:
        try:
            yield 1
        except GeneratorExit:
            ends.append("closed")
            raise

    @require(lambda it: it is not None)
    @ensure(lambda result: result == 1)
    def first(it: Any) -> Any:
        found = next(it)
        it.close()
        return found

    assert first(items()) == 1
    assert ends == ["closed"]


# Odd exceptions.


@dataclasses.dataclass(frozen=True)
class Refused(Exception):
    code: int


class NoAttributes(Exception):
    def __setattr__(self, name: str, value: object) -> None:
        raise TypeError("no attributes here")


class NoTraceback(Exception):
    @property
    def __traceback__(self) -> Any:  # type: ignore[override]
        raise TypeError("no traceback here")


class NoneForTraceback(Exception):
    __traceback__ = None


class NoClass(Exception):
    @property
    def __class__(self) -> Any:  # type: ignore[override]
        raise TypeError("no class here")


class NoAnswer(Exception):
    def __getattribute__(self, name: str) -> Any:
        raise TypeError("no answers here")


class OwnTraceback(Exception):
    def with_traceback(self, trace: Any) -> Any:
        raise TypeError("no other traceback")


class NoText(Exception):
    def __str__(self) -> str:
        raise TypeError("no text")

    __repr__ = __str__


class NoEquality(Exception):
    def __eq__(self, other: object) -> bool:
        raise TypeError("no equality")

    __hash__ = None  # type: ignore[assignment]


class Falsy(Exception):
    def __len__(self) -> int:
        return 0


class NoTruth(Exception):
    def __bool__(self) -> bool:
        raise TypeError("no truth")

    __len__ = __bool__


ODD = {
    "frozen dataclass": lambda: Refused(3),
    "no attributes": NoAttributes,
    "a traceback that raises": NoTraceback,
    "none for traceback": NoneForTraceback,
    "a class that raises": NoClass,
    "no answer": NoAnswer,
    "with_traceback": OwnTraceback,
    "no text": NoText,
    "no equality": NoEquality,
    "falsy": Falsy,
    "no truth": NoTruth,
}


def thrower(one: BaseException) -> Callable[[], Any]:
    def throw() -> Any:
        raise one  # @throw

    return throw


def caught_from(call: Callable[[], object]) -> BaseException:
    try:
        call()
    except BaseException as error:  # noqa: BLE001 - `pytest.raises` asks the exception
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_exception_of_the_body_passes(kind: str) -> None:
    one = ODD[kind]()

    found = caught_from(lambda: passing(thrower(one)))

    assert found is one
    assert not any(file.startswith(LIBRARY) for file in files(one))


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_exception_of_a_predicate_is_a_defect(kind: str) -> None:
    one = ODD[kind]()

    found = caught_from(lambda: asking(thrower(one)))

    assert type(found) is DefectError
    assert found.__cause__ is one


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_exception_that_is_not_declared_is_a_raises_error(kind: str) -> None:
    one = ODD[kind]()

    found = caught_from(lambda: raises(KeyError)(thrower(one))())

    assert type(found) is RaisesError
    assert found.__cause__ is one
    assert found.site.line == AT["throw"]


def test_an_instance_that_is_raised_twice_is_judged_twice() -> None:
    one = ValueError("once")
    undeclared = raises(KeyError)(thrower(one))

    for _ in range(2):
        found = caught_from(undeclared)
        assert type(found) is RaisesError
        assert found.__cause__ is one
        assert found.site.line == AT["throw"]


def test_an_instance_with_an_old_traceback_blames_the_line_that_raised_it_now() -> None:
    def before() -> Any:
        raise ValueError("old")

    old = caught_from(before)

    @raises(KeyError)
    def now() -> Any:
        raise old  # @now

    found = caught_from(now)

    assert type(found) is RaisesError
    assert found.site.line == AT["now"]


def test_a_violation_that_was_kept_and_is_raised_elsewhere_is_a_failure_of_that_routine() -> None:
    kept = caught_from(lambda: count(-1))

    @ensure(lambda result: True)
    def later() -> Any:
        raise kept  # @later

    for _ in range(2):
        found = caught_from(later)
        assert type(found) is RoutineError
        assert found.root is kept
        assert found.site.line == AT["later"]


def test_a_violation_that_a_body_turns_into_something_else_is_something_else() -> None:
    @ensure(lambda result: True)
    def turns() -> Any:
        try:
            count(-1)
        except PreconditionError as error:
            raise LookupError from error

    found = caught_from(turns)

    assert type(found) is LookupError
    assert type(found.__cause__) is PreconditionError


def test_a_violation_that_leaves_through_an_inner_handler_is_wrapped_once() -> None:
    @ensure(lambda result: True)
    def again() -> Any:
        try:
            count(-1)  # @first-time
        finally:
            AT.get("nothing")

    found = caught_from(again)

    assert type(found) is RoutineError
    assert found.site.line == AT["first-time"]
    assert type(found.__cause__) is PreconditionError


@pytest.mark.parametrize("copying", [copy.copy, copy.deepcopy])
def test_a_copied_violation_is_a_violation(copying: Any) -> None:
    kept = copying(caught_from(lambda: count(-1)))

    found = caught_from(lambda: passing(thrower(kept)))

    assert (type(found), found.root is kept) == (RoutineError, True)


# Globals that change, and names that mean something else.


def test_a_global_of_a_predicate_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = require(above_limit)(lambda n: n)
    inline = require(lambda n: n > LIMIT)(lambda n: n)
    for function in (checked, inline):
        assert function(5) == 5
    monkeypatch.setitem(globals(), "LIMIT", 10)
    for function in (checked, inline):
        with pytest.raises(PreconditionError):
            function(5)
    monkeypatch.setitem(globals(), "above_limit", lambda n: False)  # the object was handed over, not its name
    assert checked(11) == 11


NAMES = "len Exception isinstance require ensure culpa sys type getattr BaseException super bool __builtins__".split()


@pytest.mark.parametrize("name", NAMES)
def test_a_module_that_hides_a_name_of_the_library_or_of_python(name: str) -> None:
    text = """
@require(lambda n: n > 0)
@ensure(lambda n, result: result == n)
def count(n):
    if n == 7:
        raise ValueError
    return n
"""
    namespace: dict[str, Any] = {"require": require, "ensure": ensure}
    exec(compile(text, "<names>", "exec"), namespace)
    namespace[name] = {"ValueError": ValueError} if name == "__builtins__" else None

    assert namespace["count"](1) == 1
    assert type(caught_from(lambda: namespace["count"](-1))) is PreconditionError
    assert type(caught_from(lambda: namespace["count"](7))) in (ValueError, NameError)


@pytest.mark.parametrize(
    "what", ["__code__", "__defaults__", "__kwdefaults__", "__name__", "__qualname__", "__globals__"]
)
def test_attributes_of_the_original_function_that_change_leave_the_contract(what: str) -> None:
    def body(n: int = 1, *, k: int = 2) -> int:
        return n

    checked = require(lambda n: n > 0)(body)
    if what == "__globals__":
        body.__globals__["unused_name"] = 1
        del body.__globals__["unused_name"]
    else:
        other: Any = lambda n=3, *, k=4: n
        setattr(body, what, getattr(other, what))

    assert checked(5) == 5
    with pytest.raises(PreconditionError):
        checked(-1)


def test_a_file_name_that_is_no_file() -> None:
    for name in ("", "<", "a\nb", "/", "é" * 300, "C:\\x.py"):
        namespace: dict[str, Any] = {"require": require}
        exec(compile("@require(lambda n: n > 0)\ndef count(n):\n    return n\n", name, "exec"), namespace)
        found = caught_from(lambda: namespace["count"](-1))  # noqa: B023
        assert type(found) is PreconditionError
        assert found.clause.site.line == 1
        assert repr(source_of(namespace["count"]))
        assert contract_of(namespace["count"])


def test_a_thread_whose_name_cannot_be_read() -> None:
    class Nameless(threading.Thread):
        ready = False

        @property
        def name(self) -> str:  # type: ignore[override]
            if self.ready:
                raise TypeError("no name")
            return "nameless"

    found: list[BaseException] = []
    thread = Nameless(target=lambda: found.append(caught_from(lambda: count(-1))))
    thread.ready = True
    thread.start()
    thread.join()

    assert [type(error) for error in found] == [PreconditionError]


def test_a_value_whose_every_method_raises() -> None:
    class Hostile:
        def __getattribute__(self, name: str) -> Any:
            raise TypeError(name)

        def __bool__(self) -> bool:
            return False

        def __repr__(self) -> str:
            raise KeyboardInterrupt

    @require(lambda hostile: hostile)
    def take(hostile: object) -> None:
        return None

    assert type(caught_from(lambda: take(Hostile()))) is PreconditionError


def test_a_predicate_that_deletes_what_it_was_given() -> None:
    namespace: dict[str, Any] = {}

    def emptied(xs: list[int]) -> bool:
        xs.clear()
        namespace.clear()
        return False

    found = caught_from(lambda: require(emptied)(lambda xs: xs)([1, 2]))

    assert type(found) is PreconditionError


def test_frames_that_are_cleared_do_no_harm() -> None:
    found = caught_from(lambda: passing(lambda: count(-1)))
    for error in (found, found.__cause__):
        assert error is not None
        traceback.clear_frames(error.__traceback__)

    assert type(found) is RoutineError
    assert str(found)


def test_a_tracer_that_raises_stops_the_call_as_without_a_contract() -> None:
    before = sys.gettrace()

    def tracer(frame: Any, event: str, argument: Any) -> Any:
        if frame.f_code.co_name == "body":
            raise LookupError("from the tracer")
        return tracer

    def body(n: int) -> int:
        return n

    checked = ensure(lambda result: True)(body)
    sys.settrace(tracer)
    try:
        found = caught_from(lambda: checked(1))
    finally:
        sys.settrace(before)

    assert type(found) is LookupError


def test_a_postcondition_that_fails_in_a_callback_blames_the_callee_not_the_c_code() -> None:
    @ensure(lambda result: result > 0)
    def key(n: int) -> int:
        return -n

    found = caught_from(lambda: sorted([1, 2], key=key))

    assert type(found) is PostconditionError
    assert found.site.function.endswith("key")
