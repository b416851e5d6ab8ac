"""Verdicts never depend on other threads, tasks or greenlets; recursion of predicates ends."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from culpa import (
    ContractError,
    DefectError,
    PostconditionError,
    PreconditionError,
    RoutineError,
    check,
    ensure,
    on_violation,
    require,
    snapshot,
)
from harness.markers import lines_of
from harness.processes import printed, python, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AT = lines_of(__file__)
THREADS = 8
CALLS = 100_000 // THREADS


def is_small(n: int) -> bool:
    return n < 1_000


@require(lambda n: n >= 0)
@require(is_small)
@ensure(lambda n, result: result == n)
def down(n: int) -> int:
    return 0 if n == 0 else down(n - 1) + 1


@require(lambda n, limit: limit >= 0 and is_small(n))
def too_deep(n: int, limit: int) -> int:
    return n if n == 0 else too_deep(n - 1, limit - 1)


@require(lambda n: positive(n))
def nested(n: int) -> int:
    return strict(n)


@require(lambda n: n > 0)
def positive(n: int) -> bool:
    return n < 100


@require(lambda n: abs(n) == n and is_small(n))
@snapshot(was=lambda n: is_small(n))
@ensure(lambda result, old: result > 0 and old.was)
def strict(n: int) -> int:
    return n


@ensure(lambda result: is_small(result))
def broken(n: int) -> int:
    return 1_000 + n


@pytest.fixture(autouse=True)
def eager_switches() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def outcome(call: Callable[[], object]) -> str:
    try:
        return repr(call())
    except ContractError as error:
        return f"{type(error).__name__} of {type(error.root).__name__}"


CASES: list[tuple[Callable[[], object], str]] = [
    (lambda: down(5), "5"),
    (lambda: down(-1), "PreconditionError of PreconditionError"),
    (lambda: down(1_000), "PreconditionError of PreconditionError"),
    (lambda: too_deep(3, 3), "0"),
    (lambda: too_deep(5, 3), "RoutineError of PreconditionError"),
    (lambda: nested(5), "5"),
    (lambda: nested(100), "PreconditionError of PreconditionError"),
    (lambda: strict(-1), "PreconditionError of PreconditionError"),
    (lambda: broken(0), "PostconditionError of PostconditionError"),
]


def together(work: Callable[[int], None]) -> None:
    """Run `work` in some threads at once; raise what it raises."""
    start = threading.Barrier(THREADS)

    def run(number: int) -> None:
        start.wait()
        work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(run, number) for number in range(THREADS)]:
            done.result()


def test_no_violation_is_missed_and_none_is_false_in_many_threads() -> None:
    legal = [call for call in CASES if "Error" not in call[1]]

    def work(number: int) -> None:
        for turn in range(CALLS // 3):  # each legal case makes several checked calls
            call, expected = legal[(number + turn) % len(legal)]
            assert outcome(call) == expected
            if turn % 50 == 0:
                call, expected = CASES[(number + turn // 50) % len(CASES)]
                assert outcome(call) == expected

    together(work)


def test_each_thread_is_blamed_at_its_own_line() -> None:
    def one() -> None:
        strict(-1)  # @one

    def two() -> None:
        strict(-1)  # @two

    def work(number: int) -> None:
        call, line = ((one, AT["one"]), (two, AT["two"]))[number % 2]
        for _ in range(100):
            with pytest.raises(PreconditionError) as caught:
                call()
            assert caught.value.site.line == line
            assert caught.value.thread == threading.current_thread().name

    together(work)


def test_observers_hear_of_every_threads_violations_once() -> None:
    seen: list[ContractError] = []
    handle = on_violation(seen.append)

    def work(number: int) -> None:
        for _ in range(50):
            assert outcome(lambda: too_deep(5, 3)) == "RoutineError of PreconditionError"

    try:
        together(work)
    finally:
        handle.remove()

    assert len(seen) == len({id(error) for error in seen}) == THREADS * 50


@pytest.mark.parametrize("kind", ["require", "ensure", "snapshot"])
def test_a_slow_predicate_in_one_thread_lets_no_wrong_call_of_another_pass(kind: str) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(n: int) -> bool:
        if n == 5:
            started.set()
            assert go_on.wait(30)
        return n > 0

    def function(n: int) -> int:
        return n

    if kind == "require":
        slowly = require(slow)(function)
    elif kind == "ensure":
        slowly = ensure(slow)(function)
    else:
        slowly = snapshot(was=slow)(ensure(lambda old: old.was)(function))
    error = {"require": PreconditionError}.get(kind, PostconditionError)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(slowly, 5)
        assert started.wait(30)
        try:
            with pytest.raises(error):
                slowly(-1)
            with pytest.raises(PreconditionError):
                strict(-1)
            assert outcome(lambda: broken(0)) == "PostconditionError of PostconditionError"
        finally:
            go_on.set()
        assert waiting.result(30) == 5


def test_a_thread_that_a_predicate_starts_is_checked() -> None:
    found: list[str] = []

    def starts(n: int) -> bool:
        thread = threading.Thread(target=lambda: found.append(outcome(lambda: strict(-1))))
        thread.start()
        thread.join()
        return True

    @require(starts)
    def routine(n: int) -> int:
        return n

    assert routine(1) == 1
    assert found == ["PreconditionError of PreconditionError"]


# Recursion of predicates.


@require(lambda n: odd(n))
def even(n: int) -> bool:
    return n % 2 == 0


@require(lambda n: even(n))
def odd(n: int) -> bool:
    return n % 2 == 1


@require(lambda n: itself(n) > 0)
def itself(n: int) -> int:
    return n


@ensure(lambda n, result: after(n) == result)
def after(n: int) -> int:
    return n


@snapshot(was=lambda n: captures(n))
@ensure(lambda result, old: old.was == result)
def captures(n: int) -> int:
    return n


def test_predicates_that_call_each_other_do_not_recurse_for_ever() -> None:
    assert even(1) is False
    assert odd(2) is False
    for call, wrong in ((even, 2), (odd, 1)):
        with pytest.raises(PreconditionError):
            call(wrong)


def test_a_predicate_that_calls_its_own_routine_does_not_recurse_for_ever() -> None:
    assert (itself(1), after(1), captures(1)) == (1, 1, 1)
    with pytest.raises(PreconditionError):
        itself(0)


def test_operators_with_contracts_in_predicates_do_not_recurse_for_ever() -> None:
    class Money:
        def __init__(self, amount: int) -> None:
            self.amount = amount

        @require(lambda self, other: self == other or self != other)
        def __eq__(self, other: object) -> bool:
            return isinstance(other, Money) and self.amount == other.amount

        @ensure(lambda self, result: hash(self) == result)
        def __hash__(self) -> int:
            return hash(self.amount)

        @ensure(lambda self, result: len(self) == result)
        def __len__(self) -> int:
            return self.amount

        @ensure(lambda self, result: bool(self) == result)
        def __bool__(self) -> bool:
            return self.amount > 0

        @require(lambda self, name: getattr(self, "amount", 0) is not None)
        def __getattr__(self, name: str) -> int:
            return 7

    money = Money(3)

    assert money == Money(3)
    assert hash(money) == hash(3)
    assert len(money) == 3
    assert money
    assert money.anything == 7


def test_only_what_the_predicate_calls_is_unchecked_and_the_body_is_checked_again() -> None:
    seen: list[str] = []

    def calls(n: int) -> bool:
        seen.append(outcome(lambda: strict(-1)))
        return True

    @require(calls)
    def routine(n: int) -> str:
        return outcome(lambda: strict(-1))

    assert routine(1) == "PreconditionError of PreconditionError"
    assert seen == ["-1"]
    assert outcome(lambda: strict(-1)) == "PreconditionError of PreconditionError"


def test_a_predicate_that_raises_leaves_no_mark() -> None:
    def raises(n: int) -> bool:
        raise LookupError

    @require(raises)
    def routine(n: int) -> int:
        return n

    for _ in range(3):
        with pytest.raises(DefectError):
            routine(1)
    assert outcome(lambda: strict(-1)) == "PreconditionError of PreconditionError"


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, GeneratorExit, RecursionError, MemoryError])
def test_a_predicate_that_is_interrupted_leaves_no_mark(end: type[BaseException]) -> None:
    def interrupted(n: int) -> bool:
        raise end

    @require(interrupted)
    def routine(n: int) -> int:
        return n

    with pytest.raises(end) as caught:
        routine(1)

    assert type(caught.value) is end
    assert outcome(lambda: strict(-1)) == "PreconditionError of PreconditionError"


def test_a_check_inside_a_predicate_is_unchecked_and_the_next_is_not() -> None:
    def checks(n: int) -> bool:
        check(n > 100)
        return True

    @require(checks)
    def routine(n: int) -> int:
        check(n > 0)
        return n

    assert routine(1) == 1
    assert outcome(lambda: routine(0)) == "CheckError of CheckError"


def test_a_generator_that_a_predicate_leaves_half_way_is_checked_afterwards() -> None:
    made: list[Any] = []

    def items() -> Iterator[str]:
        while True:
            yield outcome(lambda: strict(-1))

    def starts(n: int) -> bool:
        made.append(items())
        return next(made[0]) == "-1"  # unchecked: a predicate runs

    @require(starts)
    def routine(n: int) -> str:
        return next(made[0])

    assert routine(1) == "PreconditionError of PreconditionError"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs an interval timer")
def test_a_signal_handler_is_checked_whenever_the_signal_comes(tmp_path: Path) -> None:
    main = script(
        tmp_path,
        """
        import signal
        from culpa import PreconditionError, require

        @require(lambda n: n > 0)
        def count(n):
            return n

        found = []

        def handler(number, frame):
            try:
                count(-1)
            except PreconditionError:
                found.append(True)
            else:
                found.append(False)

        try:
            count(-1)
        except PreconditionError:
            pass
        signal.signal(signal.SIGALRM, handler)
        for number in range(1, 201):
            signal.setitimer(signal.ITIMER_REAL, 0.0005)
            while len(found) < number:
                count(1)
        print(found.count(False))
        """,
    )

    assert printed(python(main)) == "0\n"


def test_what_interrupts_the_library_at_its_work_is_checked() -> None:
    """A tracer comes as deterministically as a signal or a finaliser does not."""
    found: list[str] = []

    def tracer(frame: Any, event: str, argument: Any) -> None:
        if frame.f_code.co_filename.endswith("_boundary.py"):
            found.append(outcome(lambda: strict(-1)))

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        outcome(lambda: strict(-1))
    finally:
        sys.settrace(before)

    assert len(found) > 2
    assert set(found) == {"PreconditionError of PreconditionError"}


def test_a_violation_while_the_first_one_is_being_made(tmp_path: Path) -> None:
    """A signal, a finaliser or an import hook may run contracted code while the library imports its own modules."""
    main = script(
        tmp_path,
        """
        import sys
        from culpa import PreconditionError, require

        @require(lambda n: n > 0)
        def count(n):
            return n

        class Finder:
            def find_spec(self, name, path=None, target=None):
                try:
                    count(-1)
                except PreconditionError:
                    found.append(name)

        found = []
        sys.meta_path.insert(0, Finder())
        try:
            count(-1)
        except PreconditionError as error:
            print(type(error).__name__)
        """,
    )

    assert printed(python(main)) == "PreconditionError\n"


# Tasks.


def test_tasks_that_interleave_are_each_checked() -> None:
    async def task(number: int) -> list[str]:
        found = []
        for turn in range(50):
            call, expected = CASES[(number + turn) % len(CASES)]
            found.append(outcome(call) == expected)
            await asyncio.sleep(0)
        return found

    async def main() -> list[list[bool]]:
        return await asyncio.gather(*(task(number) for number in range(9)))  # type: ignore[arg-type]

    assert all(all(found) for found in asyncio.run(main()))


def test_a_task_that_a_predicate_starts_is_checked() -> None:
    found: list[str] = []

    async def later() -> None:
        found.append(outcome(lambda: strict(-1)))

    def starts(n: int) -> bool:
        asyncio.get_running_loop().create_task(later())
        return True

    @require(starts)
    def routine(n: int) -> int:
        return n

    async def main() -> None:
        assert routine(1) == 1
        await asyncio.sleep(0)

    asyncio.run(main())

    assert found == ["PreconditionError of PreconditionError"]


def test_a_copied_context_carries_no_verdict() -> None:
    contexts: list[contextvars.Context] = []

    def copies(n: int) -> bool:
        contexts.append(contextvars.copy_context())
        return True

    @require(copies)
    def routine(n: int) -> int:
        return n

    assert routine(1) == 1
    assert contexts[0].run(outcome, lambda: strict(-1)) == "PreconditionError of PreconditionError"


def test_a_violation_in_a_task_names_the_line_in_the_task_never_the_loop() -> None:
    async def task() -> None:
        strict(-1)  # @task

    async def main() -> ContractError:
        with pytest.raises(PreconditionError) as caught:
            await asyncio.create_task(task())
        return caught.value

    assert asyncio.run(main()).site.line == AT["task"]


def test_a_callback_of_the_loop_is_called_by_the_runtime_through_the_loop() -> None:
    found: list[Any] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: found.append(context["exception"]))
        loop.call_soon(strict, -1)
        await asyncio.sleep(0)

    asyncio.run(main())  # @run

    [error] = found
    assert isinstance(error, PreconditionError)
    assert (error.site.line, "through asyncio." in str(error)) == (AT["run"], True)


def test_an_executor_is_passed_over() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(PreconditionError) as caught:
        pool.submit(strict, -1).result()

    assert caught.value.site.line is None
    assert "the runtime, through concurrent.futures.thread." in str(caught.value)


# Greenlets: two stacks in one thread.


def test_a_greenlet_that_waits_in_a_predicate_lets_no_wrong_call_of_another_pass() -> None:
    greenlet = pytest.importorskip("greenlet", reason="greenlet is not installed").greenlet
    found: list[str] = []

    def waits(n: int) -> bool:
        if n == 5:
            main.switch()
        return n > 0

    @require(waits)
    def slow(n: int) -> int:
        return n

    main = greenlet.getcurrent()
    waiting = greenlet(slow)
    waiting.switch(5)  # stands in its predicate now
    found.append(outcome(lambda: slow(-1)))
    found.append(outcome(lambda: strict(-1)))
    found.append(outcome(lambda: broken(0)))
    assert waiting.switch() == 5
    found.append(outcome(lambda: slow(-1)))

    bad = "PreconditionError of PreconditionError"
    assert found == [bad, bad, "PostconditionError of PostconditionError", bad]


def test_greenlets_that_leave_their_predicates_in_another_order_leave_no_mark() -> None:
    greenlet = pytest.importorskip("greenlet", reason="greenlet is not installed").greenlet

    def waits(n: int) -> bool:
        main.switch()
        return n > 0

    @require(waits)
    def slow(n: int) -> int:
        return n

    main = greenlet.getcurrent()
    first, second = greenlet(slow), greenlet(slow)
    first.switch(1)
    second.switch(2)
    assert first.switch() == 1
    assert outcome(lambda: strict(-1)) == "PreconditionError of PreconditionError"
    assert second.switch() == 2


def test_an_observer_that_switches_greenlets_hears_the_others() -> None:
    greenlet = pytest.importorskip("greenlet", reason="greenlet is not installed").greenlet
    main = greenlet.getcurrent()
    seen: list[int | None] = []

    def observer(error: ContractError) -> None:
        seen.append(error.site.line)
        if greenlet.getcurrent() is not main:
            main.switch()

    handle = on_violation(observer)
    try:
        other = greenlet(lambda: outcome(lambda: strict(-1)))
        other.switch()
        outcome(lambda: strict(-1))
        other.switch()
    finally:
        handle.remove()

    assert len(seen) == 2


def test_the_root_of_a_failure_in_a_thread_is_the_threads_own() -> None:
    def work(number: int) -> None:
        for _ in range(20):
            with pytest.raises(RoutineError) as caught:
                too_deep(5 + number, 3 + number)
            assert caught.value.root.values["limit"] == "-1"

    together(work)
