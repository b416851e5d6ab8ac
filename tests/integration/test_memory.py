"""Violations and contracts leave nothing behind: no cycles, no frames, no arguments."""

from __future__ import annotations

import contextlib
import gc
import sys
import weakref
from types import CodeType, FunctionType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

import pytest

from culpa import ContractError, check, ensure, raises, require, snapshot
from harness.processes import printed, python, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Big:
    """Something whose death is watched."""

    size = -1


def is_big(big: Any) -> bool:
    return big.size > 0


def fails(big: Any) -> bool:
    raise LookupError(big)


@require(lambda big: big.size > 0)
def inlined(big: Any) -> Any:
    return big


@require(is_big)
def called(big: Any) -> Any:
    return big


@ensure(lambda result: result.size > 0)
def after(big: Any) -> Any:
    return big


@ensure(lambda result: True)
def routine(big: Any) -> Any:
    local = big
    return inlined(local)


@require(lambda big: True)
def outer(big: Any) -> Any:
    return routine(big)


@raises(KeyError)
def undeclared(big: Any) -> Any:
    raise ValueError(big)


@require(lambda big: big.missing > 0)
def defective(big: Any) -> Any:
    return big


@require(fails)
def defective_called(big: Any) -> Any:
    return big


@snapshot(was=lambda big: big.size)
@ensure(lambda big, old: old.was > 0 or is_big(big))
def with_old(big: Any) -> Any:
    return big


@snapshot(was=lambda big: big.missing)
@ensure(lambda old: old.was)
def lost(big: Any) -> Any:
    return big


@snapshot(was=lambda big: big.missing)
@ensure(lambda result, old: result or old.was)
def lost_unread(big: Any) -> Any:
    return big


def checks(big: Any) -> Any:
    check(big.size > 0)


@require(lambda big: True)
@ensure(lambda result: True)
def ordinary(big: Any) -> Any:
    raise ValueError(big)


def swallowed(big: Any) -> Any:
    try:
        inlined(big)
    except ContractError:
        return None


CALLS: list[Any] = [
    inlined,
    called,
    after,
    routine,
    outer,
    undeclared,
    defective,
    defective_called,
    with_old,
    lost,
    lost_unread,
    checks,
    ordinary,
    swallowed,
]


def run(call: Callable[[Any], object], big: Any) -> None:
    with contextlib.suppress(ContractError, ValueError):
        call(big)


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.usefixtures("no_collector")
def test_no_cycle_is_left_and_the_arguments_die_at_once(call: Any) -> None:
    run(call, Big())  # the modules of the report are loaded
    gc.collect()
    big = Big()
    watch = weakref.ref(big)

    run(call, big)
    del big

    assert watch() is None
    assert gc.collect() == 0


GROWTH = """
    import contextlib, gc, sys
    from culpa import ContractError, ensure, require

    class Big:
        size = -1

    def fails(big):
        raise LookupError(big)

    @require(lambda big: big.size > 0)
    def inlined(big):
        return big

    @ensure(lambda result: True)
    def outer(big):
        return inlined(big)

    @require(fails)
    def defective(big):
        return big

    def violate():
        for call in (inlined, outer, defective):
            with contextlib.suppress(ContractError):
                call(Big())

    def make():
        @require(lambda n: n > 0)
        @ensure(lambda result: result)
        def function(n):
            return n

    def grown(work, times):
        for _ in range(300):  # what is kept once is kept now
            work()
        gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(times):
            work()
        gc.collect()
        return sys.getallocatedblocks() - before

    print(grown(WORK, TIMES))
"""


@pytest.mark.parametrize(("work", "times"), [("violate", 3_334), ("make", 2_000)])
def test_ten_thousand_violations_and_many_contracts_need_no_more_memory_than_one(
    tmp_path: Path, work: str, times: int
) -> None:
    main = script(tmp_path, GROWTH.replace("WORK", work).replace("TIMES", str(times)))

    assert int(printed(python(main))) < 1_000  # blocks; one for each would be 3,334


@pytest.mark.parametrize("kind", ["recursive", "class", "super"])
def test_a_contract_in_a_cycle_is_collected(kind: str) -> None:
    def recursive() -> Any:
        @require(lambda n: n > 0)
        def function(n: int) -> int:
            return function(n - 1)

        return function

    def with_class() -> Any:
        class Shop:
            @require(lambda self: True)
            def buy(self) -> type:
                return Shop

        return Shop

    def with_super() -> Any:
        class Shop(Big):
            @require(lambda self: True)
            def __init__(self) -> None:
                super().__init__()

        return Shop

    watch = weakref.ref({"recursive": recursive, "class": with_class, "super": with_super}[kind]())
    gc.collect()

    assert watch() is None


def test_a_class_without_a_cycle_of_its_own_is_collected() -> None:
    def make() -> Any:
        class Shop:
            @require(lambda self, n: n > 0)
            def buy(self, n: int) -> int:
                return n

        return Shop

    watch = weakref.ref(make())
    gc.collect()

    assert watch() is None


def test_a_module_with_contracts_is_collected() -> None:
    namespace: dict[str, Any] = {"require": require, "big": Big()}
    exec("@require(lambda n: n > 0)\ndef count(n):\n    return n\n", namespace)
    watch = weakref.ref(namespace["big"])
    namespace = {}
    gc.collect()

    assert watch() is None


@pytest.mark.parametrize("call", [call for call in CALLS if call not in (swallowed, ordinary)])
def test_a_violation_that_is_kept_keeps_no_frame_beyond_its_traceback(call: Any) -> None:
    def make() -> tuple[Any, Any]:
        big = Big()
        try:
            call(big)
        except ContractError as error:
            return error, weakref.ref(big)
        return None, weakref.ref(big)

    error, watch = make()
    one: Any = error
    while one is not None:
        one.__traceback__ = None
        if not isinstance(one.__context__, ContractError):
            one.__context__ = one.__cause__ = None  # the program's own exception may hold what it likes
        one = one.__context__
    gc.collect()

    assert watch() is None
    assert error is None or error._activations == ()


@pytest.mark.parametrize("call", [inlined, called, after, outer, checks])
def test_a_violation_keeps_texts_and_no_values(call: Any) -> None:
    big = Big()
    with pytest.raises(ContractError) as caught:
        call(big)

    assert not any(found is big for found in reachable(caught.value))


def reachable(error: ContractError) -> Iterator[object]:
    """Yield what a violation holds, but for tracebacks, code and modules."""
    passed_over = type | ModuleType | FunctionType | CodeType | TracebackType
    seen: set[int] = set()
    todo: list[object] = [vars(error), error.args, error._activations]
    while todo:
        found = todo.pop()
        if id(found) not in seen and not isinstance(found, passed_over):
            seen.add(id(found))
            yield found
            todo += gc.get_referents(found)


def test_a_passing_call_allocates_nothing_that_stays() -> None:
    big = Big()
    big.size = 1
    count = sys.getrefcount(big)
    for call in (inlined, called, after, routine, outer, with_old):
        call(big)

    assert sys.getrefcount(big) == count


@pytest.mark.xfail(strict=True, reason="a wrapper's frame holds the arguments while the body runs")
def test_the_arguments_die_when_they_do_without_a_contract() -> None:
    """A wrapper must not hold what the body has let go."""
    died: list[bool] = []

    def body(big: Any) -> None:
        watch = weakref.ref(big)
        del big
        died.append(watch() is None)

    body(Big())
    ensure(lambda result: True)(body)(Big())
    require(lambda big: True)(body)(Big())

    assert died == [True, True, True]
