"""Contracts of coroutines and generators where others run them: loops, threads, greenlets, pytest, the collector."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import sys
import threading
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
import trio

from culpa import (
    ContractError,
    PostconditionError,
    PreconditionError,
    RoutineError,
    ensure,
    invariant,
    on_violation,
    raises,
    require,
    sends,
    yields,
)
from harness.markers import lines_of
from harness.processes import printed, python, script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

AT = lines_of(__file__)
CALLS = 100_000
THREADS, TASKS = 4, 10


@require(lambda n: n >= 0)
@ensure(lambda n, result: result == n)
async def echo(n: int, by: int = 0) -> int:  # @echo
    await asyncio.sleep(0)
    return n + by


@require(lambda n: n > 0)
def positive(n: int) -> int:
    return n


@require(lambda n: n >= 0)
@yields(lambda item: item >= 0)
@sends(lambda sent: sent > 0)
def items(n: int, *more: int) -> Iterator[int]:
    yield n
    yield from more


@require(lambda n: n >= 0)
@yields(lambda item: item >= 0)
async def stream(n: int, *more: int) -> AsyncIterator[int]:
    for item in (n, *more):
        await asyncio.sleep(0)
        yield item  # @stream-item


async def is_small(n: int) -> bool:
    await asyncio.sleep(0)
    return n < 1_000


@require(is_small)
async def small(n: int) -> int:
    return n


async def outcome(call: Callable[[], Any]) -> str:
    try:
        found = call()
        return repr(await found if hasattr(found, "__await__") else found)
    except ContractError as error:
        return f"{type(error).__name__} of {type(error.root).__name__}"


BAD = "PreconditionError of PreconditionError"
POST = "PostconditionError of PostconditionError"


# asyncio.


STARTS: list[Any] = [
    ("create-task", lambda n: asyncio.create_task(echo(n))),  # @create-task
    ("gather", lambda n: asyncio.gather(echo(1), echo(n))),  # @gather
    ("wait-for", lambda n: asyncio.wait_for(echo(n), 5)),  # @wait-for
    ("shield", lambda n: asyncio.shield(echo(n))),  # @shield
    ("ensure-future", lambda n: asyncio.ensure_future(echo(n))),  # @ensure-future
]


@pytest.mark.filterwarnings("ignore:coroutine 'echo' was never awaited:RuntimeWarning")
@pytest.mark.parametrize(("mark", "start"), STARTS, ids=[mark for mark, _ in STARTS])
def test_a_wrong_call_raises_where_the_coroutine_is_made(mark: str, start: Any) -> None:
    async def main() -> Any:
        with pytest.raises(PreconditionError) as caught:
            start(-1)
        right = await start(1)
        return caught.value, right

    error, right = asyncio.run(main())

    assert (error.site.file, error.site.line) == (__file__, AT[mark])
    assert right in (1, [1, 1])


def test_a_wrong_call_in_a_task_group_is_the_one_leaf_of_its_group() -> None:
    async def main() -> Any:
        with pytest.raises(ExceptionGroup) as caught:  # noqa: PT012 - the group raises where its block ends
            async with asyncio.TaskGroup() as group:
                group.create_task(echo(1))
                group.create_task(echo(-1))  # @task-group
        return caught.value.exceptions

    [error] = asyncio.run(main())

    assert (type(error), error.site.line) == (PreconditionError, AT["task-group"])


def test_an_async_precondition_in_a_task_blames_the_line_that_made_it() -> None:
    async def main() -> Any:
        task = asyncio.create_task(small(1_000))  # @late
        return (await asyncio.gather(task, return_exceptions=True))[0]

    error = asyncio.run(main())

    assert (type(error), error.site.line, error.site.file) == (PreconditionError, AT["late"], __file__)


def test_each_of_many_tasks_gets_its_own_verdict() -> None:
    async def main() -> list[Any]:
        return await asyncio.gather(*(echo(n, by=n % 2) for n in range(10)), return_exceptions=True)

    found = asyncio.run(main())

    assert [type(value) for value in found] == [int, PostconditionError] * 5
    assert {error.site.line for error in found[1::2]} == {AT["echo"]}


class Broken(Exception):
    pass


def cancelled_at(make: Callable[[asyncio.Event, asyncio.Event], Any]) -> tuple[bool, list[Any]]:
    """Cancel a task once it waits; return whether it ended cancelled, and what observers heard of."""
    told: list[Any] = []

    async def main() -> bool:
        waits, never = asyncio.Event(), asyncio.Event()
        task = asyncio.ensure_future(make(waits, never))
        await asyncio.wait_for(waits.wait(), 5)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return task.cancelled()

    handle = on_violation(told.append)
    try:
        return asyncio.run(main()), told
    finally:
        handle.remove()


async def waiting(waits: asyncio.Event, never: asyncio.Event) -> bool:
    waits.set()
    return await never.wait()


def in_the_body(waits: asyncio.Event, never: asyncio.Event) -> Any:
    @require(lambda: True)
    @raises(Broken)
    @ensure(lambda: False)
    async def routine() -> None:
        await waiting(waits, never)

    return routine()


def in_an_async_precondition(waits: asyncio.Event, never: asyncio.Event) -> Any:
    async def predicate() -> bool:
        return await waiting(waits, never)

    @require(predicate)
    @raises(Broken)
    async def routine() -> None: ...

    return routine()


def in_an_async_postcondition(waits: asyncio.Event, never: asyncio.Event) -> Any:
    async def predicate() -> bool:
        return await waiting(waits, never)

    @raises(Broken)
    @ensure(predicate)
    async def routine() -> None: ...

    return routine()


def in_an_async_generator(waits: asyncio.Event, never: asyncio.Event) -> Any:
    @yields(lambda item: False)
    @raises(Broken)
    async def routine() -> AsyncIterator[int]:
        await waiting(waits, never)
        yield 1

    return anext(routine())


def in_an_async_check_of_an_item(waits: asyncio.Event, never: asyncio.Event) -> Any:
    async def predicate(item: int) -> bool:
        return await waiting(waits, never)

    @yields(predicate)
    @raises(Broken)
    async def routine() -> AsyncIterator[int]:
        yield 1

    return anext(routine())


def in_a_nested_routine(waits: asyncio.Event, never: asyncio.Event) -> Any:
    @require(lambda: True)
    @raises(Broken)
    async def routine() -> None:
        await in_the_body(waits, never)

    return routine()


PLACES: list[Any] = [
    in_the_body,
    in_an_async_precondition,
    in_an_async_postcondition,
    in_an_async_generator,
    in_an_async_check_of_an_item,
    in_a_nested_routine,
]


@pytest.mark.parametrize("place", PLACES)
def test_a_cancellation_is_never_replaced(place: Any) -> None:
    async def as_coroutine(*events: Any) -> Any:
        return await place(*events)

    assert cancelled_at(as_coroutine) == (True, [])


def test_a_timeout_ends_a_contracted_coroutine_as_a_bare_one() -> None:
    @require(lambda: True)
    @raises(Broken)
    async def slow() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(slow(), 0.001)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await slow()

    asyncio.run(main())


def test_a_shielded_coroutine_runs_on_and_is_checked_at_its_end() -> None:
    async def main() -> Any:
        go_on = asyncio.Event()

        @ensure(lambda result: result > 0)
        async def routine() -> int:
            await go_on.wait()
            return -1

        inner = asyncio.ensure_future(routine())
        outer = asyncio.shield(inner)
        outer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await outer
        go_on.set()
        return (await asyncio.gather(inner, return_exceptions=True))[0]

    assert type(asyncio.run(main())) is PostconditionError


def test_a_coroutine_that_catches_its_cancellation_is_checked_when_it_returns() -> None:
    @ensure(lambda result: result == "cleaned up")
    async def stubborn(answer: str) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return answer
        return "unreached"

    async def main(answer: str) -> Any:
        task = asyncio.create_task(stubborn(answer))
        await asyncio.sleep(0)
        task.cancel()
        return (await asyncio.gather(task, return_exceptions=True))[0]

    assert asyncio.run(main("cleaned up")) == "cleaned up"
    assert type(asyncio.run(main("other"))) is PostconditionError


# One waits inside a contract, the other calls it wrongly.


@pytest.mark.parametrize("where", ["body", "require", "ensure", "yields"])
def test_a_task_that_waits_inside_a_contract_lets_no_wrong_call_of_another_pass(where: str) -> None:
    async def main() -> list[str]:
        waits, go_on = asyncio.Event(), asyncio.Event()

        async def wait_at(place: str, n: int) -> bool:
            if place == where and n == 5:
                waits.set()
                await go_on.wait()
            return n > 0

        async def at_require(n: int) -> bool:
            return await wait_at("require", n)

        async def at_ensure(n: int) -> bool:
            return await wait_at("ensure", n)

        async def at_yields(item: int) -> bool:
            return await wait_at("yields", item)

        @require(at_require)
        @ensure(at_ensure)
        async def slow(n: int) -> int:
            await wait_at("body", n)
            return n

        @yields(at_yields)
        async def slow_items(n: int) -> AsyncIterator[int]:
            yield n

        start = slow_items if where == "yields" else slow

        async def run(n: int) -> Any:
            return await anext(start(n)) if start is slow_items else await start(n)  # type: ignore[operator]

        task = asyncio.create_task(run(5))
        await asyncio.wait_for(waits.wait(), 5)
        found = [await outcome(lambda: run(-1)), await outcome(lambda: echo(-1)), await outcome(lambda: positive(-1))]
        found += [await outcome(lambda: list(items(1, -1))), await outcome(lambda: run(1))]
        go_on.set()
        return [*found, repr(await task)]

    first = POST if where == "yields" else BAD
    assert asyncio.run(main()) == [first, BAD, BAD, POST, "1", "5"]


def test_a_generator_that_waits_in_one_task_is_no_cover_for_another() -> None:
    async def main() -> list[str]:
        held = items(1, 2, 3)
        next(held)
        other = stream(1, 2)
        await anext(other)
        found = [await outcome(lambda: positive(-1)), await outcome(lambda: echo(-1)), await outcome(lambda: items(-1))]
        await other.aclose()  # type: ignore[attr-defined]
        return found

    assert asyncio.run(main()) == [BAD, BAD, BAD]


def test_a_task_that_an_async_predicate_starts_is_checked() -> None:
    async def main() -> list[str]:
        tasks: list[Any] = []

        async def starts(n: int) -> bool:
            tasks.append(asyncio.create_task(outcome(lambda: echo(-1))))
            tasks.append(asyncio.create_task(outcome(lambda: positive(-1))))
            await asyncio.gather(*tasks)
            return True

        @require(starts)
        async def routine(n: int) -> int:
            return n

        assert await routine(1) == 1
        return [task.result() for task in tasks]

    assert asyncio.run(main()) == [BAD, BAD]


def test_what_a_predicate_sends_to_a_thread_is_checked_there() -> None:
    async def main() -> list[str]:
        found: list[str] = []

        async def sends_away(n: int) -> bool:
            found.append(await asyncio.to_thread(lambda: asyncio.run(outcome(lambda: positive(-1)))))
            return True

        @require(sends_away)
        async def routine(n: int) -> int:
            return n

        assert await routine(1) == 1
        return found

    assert asyncio.run(main()) == [BAD]


def test_a_context_that_is_copied_while_a_predicate_runs_carries_no_verdict() -> None:
    contexts: list[contextvars.Context] = []

    async def copies(n: int) -> bool:
        await asyncio.sleep(0)
        contexts.append(contextvars.copy_context())
        return True

    @require(copies)
    async def routine(n: int) -> int:
        return n

    async def main() -> str:
        assert await routine(1) == 1
        return await asyncio.get_running_loop().create_task(outcome(lambda: positive(-1)), context=contexts[0])

    assert asyncio.run(main()) == BAD


def test_to_thread_blames_the_runtime_for_what_it_calls_and_the_line_for_what_it_makes() -> None:
    async def main() -> list[Any]:
        found = []
        for function in (positive, items):
            with pytest.raises(PreconditionError) as caught:
                await asyncio.to_thread(function, -1)
            found.append((caught.value.site.line, "the runtime, through" in str(caught.value)))
        return found

    assert asyncio.run(main()) == [(None, True)] * 2


def test_a_generator_may_move_between_threads() -> None:
    generator = items(1, 2, -3)

    with ThreadPoolExecutor(1) as pool:
        found = [pool.submit(next, generator).result(), next(generator)]
        with pytest.raises(PostconditionError) as caught:
            pool.submit(next, generator).result()

    assert found == [1, 2]
    assert caught.value.thread != threading.current_thread().name


def test_no_violation_is_missed_and_none_is_false_over_tasks_and_threads() -> None:
    @require(lambda n: n > 0)
    async def breaks(n: int) -> int:
        return await echo(-n)

    async def collected(*numbers: int) -> list[int]:
        return [item async for item in stream(*numbers)]

    cases: list[tuple[Callable[[], Any], str]] = [
        (lambda: echo(1), "1"),
        (lambda: echo(-1), BAD),
        (lambda: echo(1, by=1), POST),
        (lambda: breaks(1), "RoutineError of PreconditionError"),
        (lambda: breaks(-1), BAD),
        (lambda: list(items(1, 2)), "[1, 2]"),
        (lambda: list(items(1, -2)), POST),
        (lambda: items(-1), BAD),
        (lambda: collected(1, 2), "[1, 2]"),
        (lambda: collected(1, -2), POST),
        (lambda: collected(-1), BAD),
        (lambda: small(1), "1"),
        (lambda: small(1_000), BAD),
    ]
    legal = [case for case in cases if "Error" not in case[1]]
    turns = CALLS // (THREADS * TASKS)

    async def task(number: int) -> int:
        wrong = 0
        for turn in range(turns):
            kind = cases if turn % 8 == 0 else legal  # a report takes long
            call, expected = kind[(number + turn // 8) % len(kind)]
            wrong += await outcome(call) != expected
        return wrong

    async def main(first: int) -> int:
        return sum(await asyncio.gather(*(task(first + number) for number in range(TASKS))))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            wrong = list(pool.map(lambda thread: asyncio.run(main(thread)), range(THREADS)))
    finally:
        sys.setswitchinterval(interval)

    assert wrong == [0] * THREADS
    assert THREADS * TASKS * turns == CALLS


# anyio and trio.


@require(lambda n: n >= 0)
@ensure(lambda n, result: result == n)
async def anywhere(n: int, by: int = 0) -> int:  # @anywhere
    await anyio.lowlevel.checkpoint()
    return n + by


async def is_even(n: int) -> bool:
    await anyio.lowlevel.checkpoint()
    return n % 2 == 0


@require(is_even)
@yields(lambda item: item < 10)
async def anywhere_items(n: int) -> AsyncIterator[int]:
    for item in (n, n + 2, n + 100):
        await anyio.lowlevel.checkpoint()
        yield item  # @anywhere-item


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_coroutines_are_checked_on_any_loop(backend: str) -> None:
    async def main() -> list[Any]:
        found: list[Any] = [await anywhere(1)]
        for call in (
            lambda: anywhere(-1),  # @anywhere-wrong
            lambda: anywhere(1, by=1),
        ):
            with pytest.raises(ContractError) as caught:
                await call()  # type: ignore[no-untyped-call]
            found.append((type(caught.value), caught.value.site.line))
        return found

    assert anyio.run(main, backend=backend) == [
        1,
        (PreconditionError, AT["anywhere-wrong"]),
        (PostconditionError, AT["anywhere"]),
    ]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_generators_are_checked_on_any_loop(backend: str) -> None:
    async def main() -> list[Any]:
        found: list[Any] = []
        odd = anywhere_items(1)  # @anywhere-odd
        for generator in (anywhere_items(2), odd):
            try:
                async for item in generator:
                    found.append(item)  # noqa: PERF401 - what came before it failed counts
            except ContractError as error:
                found.append((type(error), error.site.line))
        return found

    assert anyio.run(main, backend=backend) == [
        2,
        4,
        (PostconditionError, AT["anywhere-item"]),
        (PreconditionError, AT["anywhere-odd"]),
    ]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancel_scope_ends_contracted_coroutines_as_bare_ones(backend: str) -> None:
    ended: list[str] = []

    @require(lambda: True)
    @raises(Broken)
    @ensure(lambda: False)
    async def sleeps() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("cleaned up")

    async def main() -> bool:
        async with anyio.create_task_group() as group:
            group.start_soon(sleeps)
            await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        with anyio.move_on_after(0.001) as scope:
            await sleeps()
        return scope.cancelled_caught

    assert anyio.run(main, backend=backend) is True
    assert ended == ["cleaned up"] * 2


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_wrong_call_that_a_task_group_makes_is_the_leaf_of_its_group(backend: str) -> None:
    async def main() -> Any:
        with pytest.raises(ExceptionGroup) as caught:
            async with anyio.create_task_group() as group:
                group.start_soon(anywhere, 1, 1)
        return caught.value.exceptions

    [error] = anyio.run(main, backend=backend)

    assert (type(error), error.site.line) == (PostconditionError, AT["anywhere"])


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_thread_of_any_loop_is_checked(backend: str) -> None:
    async def main() -> None:
        with pytest.raises(PreconditionError):
            await anyio.to_thread.run_sync(positive, -1)

    anyio.run(main, backend=backend)


def test_trio_takes_a_contracted_coroutine_function_for_one() -> None:
    assert trio.run(anywhere, 3) == 3
    with pytest.raises(PreconditionError):
        trio.run(anywhere, -3)


# Greenlets.


def test_a_greenlet_that_waits_in_a_generator_lets_no_wrong_call_of_another_pass() -> None:
    greenlet = pytest.importorskip("greenlet", reason="greenlet is not installed").greenlet
    main = greenlet.getcurrent()

    def switches(item: int) -> bool:
        main.switch()
        return item > 0

    @yields(switches)
    def slow(n: int) -> Iterator[int]:
        yield n

    waiting = greenlet(lambda: next(slow(5)))
    waiting.switch()
    with pytest.raises(PreconditionError):
        positive(-1)
    with pytest.raises(PreconditionError):
        items(-1)
    assert waiting.switch() == 5


# pytest and context managers.


def test_pytest_takes_a_contracted_generator_for_a_yield_fixture(tmp_path: Path) -> None:
    test = script(
        tmp_path,
        """
        import pytest
        from culpa import ensure, require, yields

        @pytest.fixture
        @require(lambda request: request is not None)
        @yields(lambda item: item > 0)
        def fine(request):
            yield 3
            print("torn down")

        @pytest.fixture
        @yields(lambda item: item > 0)
        def broken():
            yield -3

        def test_fine(fine):
            assert fine == 3

        def test_broken(broken):
            pass
        """,
        "test_fixtures.py",
    )

    done = python("-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", test, cwd=tmp_path)

    assert "torn down" in done.stdout
    assert "1 passed, 1 error" in done.stdout
    assert "PostconditionError" in done.stdout


def test_an_async_exit_stack_closes_contracted_managers() -> None:
    log: list[Any] = []

    @contextlib.asynccontextmanager
    @require(lambda n: n > 0)
    @yields(lambda item: item > 0)
    async def opened(n: int) -> AsyncIterator[int]:
        try:
            yield n
        except Broken:
            log.append(("suppressed", n))
        finally:
            await asyncio.sleep(0)
            log.append(("closed", n))

    async def main() -> None:
        async with contextlib.AsyncExitStack() as stack:
            for n in (1, 2):
                log.append(await stack.enter_async_context(opened(n)))  # noqa: PERF401 - others write there, too
            raise Broken

    asyncio.run(main())

    assert log == [1, 2, ("suppressed", 2), ("closed", 2), ("closed", 1)]


# The garbage collector.


def test_a_half_consumed_generator_is_closed_when_it_is_dropped() -> None:
    log: list[str] = []

    @require(lambda n: n > 0)
    @yields(lambda item: item > 0)
    def closing(n: int) -> Iterator[int]:
        try:
            yield n
        finally:
            log.append("closed")

    generator = closing(1)
    next(generator)
    gc.disable()
    try:
        del generator
        assert log == ["closed"]
    finally:
        gc.enable()


@require(lambda n: n > 0)
@yields(lambda item: item > 0)
async def closing_later(n: int, log: list[str]) -> AsyncIterator[int]:
    try:
        yield n
    finally:
        await asyncio.sleep(0)
        log.append("closed")


async def bare_closing_later(n: int, log: list[str]) -> AsyncIterator[int]:
    try:
        yield n
    finally:
        await asyncio.sleep(0)
        log.append("closed")


CLOSING: list[Any] = [bare_closing_later, closing_later]


@pytest.mark.parametrize("function", CLOSING, ids=["bare", "contracted"])
def test_the_loop_closes_a_half_consumed_async_generator_that_is_dropped(function: Any) -> None:
    async def main() -> list[str]:
        log: list[str] = []
        problems: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: problems.append(context))
        async for _ in function(1, log):
            break
        gc.collect()
        for _ in range(5):
            await asyncio.sleep(0)
        assert problems == []
        return log

    assert asyncio.run(main()) == ["closed"]


@pytest.mark.parametrize("function", CLOSING, ids=["bare", "contracted"])
def test_the_loop_closes_a_half_consumed_async_generator_when_it_shuts_down(function: Any) -> None:
    log: list[str] = []
    problems: list[Any] = []
    kept: list[Any] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: problems.append(context["message"]))
        kept.append(function(1, log))
        await anext(kept[0])

    asyncio.run(main())

    assert (log, problems) == (["closed"], [])


def test_an_async_generator_whose_check_fails_cleans_up_within_the_failing_step() -> None:
    log: list[str] = []

    @yields(lambda item: item > 0)
    async def generator() -> AsyncIterator[int]:
        try:
            yield -1
        finally:
            await asyncio.sleep(0)
            log.append("cleaned up")

    async def main() -> list[str]:
        with contextlib.suppress(PostconditionError):
            await anext(generator())
        return log.copy()

    assert asyncio.run(main()) == ["cleaned up"]


@pytest.mark.parametrize("function", CLOSING, ids=["bare", "contracted"])
def test_the_hooks_hear_of_one_async_generator_and_of_the_one_that_the_user_holds(function: Any) -> None:
    first: list[Any] = []
    final: list[str] = []
    before = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(first.append, lambda generator: final.append(generator.__name__))
    try:
        generator = function(1, [])
        with pytest.raises(StopIteration):
            anext(generator).send(None)
        is_held = [entry is generator for entry in first]
        first.clear()
        del generator
        gc.collect()
    finally:
        sys.set_asyncgen_hooks(*before)

    assert is_held == [True]
    assert final == [function.__name__]


def test_trio_closes_a_half_consumed_async_generator_when_it_ends() -> None:
    log: list[str] = []

    @require(lambda n: n > 0)
    @yields(lambda item: item > 0)
    async def generator(n: int) -> AsyncIterator[int]:
        try:
            yield n
        finally:
            log.append("closed")

    async def main() -> Any:
        made = generator(1)
        await anext(made)
        return made

    assert trio.run(main) is not None
    assert log == ["closed"]


@pytest.mark.parametrize("function", [echo, small])
def test_the_warning_of_a_coroutine_that_is_never_awaited_names_the_function_once(function: Any) -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        function(1)
        gc.collect()

    assert [str(warning.message) for warning in seen] == [f"coroutine '{function.__name__}' was never awaited"]


def test_a_wrong_call_leaves_no_coroutine_that_is_never_awaited() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with pytest.raises(PreconditionError):
            echo(-1)  # type: ignore[unused-coroutine]
        gc.collect()

    assert seen == []


class Argument:
    pass


def test_arguments_die_with_the_generator_that_was_given_them() -> None:
    @require(lambda argument: argument is not None)
    @yields(lambda item: item > 0)
    def routine(argument: Argument) -> Iterator[int]:
        yield 1
        yield 2

    argument = Argument()
    alive = weakref.ref(argument)
    generator = routine(argument)
    next(generator)
    del argument
    assert alive() is not None
    gc.disable()
    try:
        del generator
        assert alive() is None
    finally:
        gc.enable()


def by_hand(awaitable: Any) -> Any:
    """Run an awaitable to its end; a loop has cycles of its own."""
    running = awaitable.__await__()
    try:
        while True:
            running.send(None)
    except StopIteration as stop:
        return stop.value


@ensure(lambda n, result: result == n)
async def by_hand_echo(n: int, by: int) -> int:
    return n + by


@yields(lambda item: item > 0)
async def by_hand_items(n: int) -> AsyncIterator[int]:
    yield n


@pytest.mark.parametrize(
    "step",
    [
        lambda: list(items(1, -1)),
        lambda: items(-1),
        lambda: by_hand(echo(-1)),
        lambda: by_hand(by_hand_echo(1, by=1)),
        lambda: stream(-1),
        lambda: by_hand(anext(by_hand_items(-1))),
    ],
)
def test_a_violation_that_is_dropped_leaves_no_cycle(step: Any) -> None:
    def failed() -> weakref.ref[Any] | None:
        try:
            step()
        except ContractError as error:
            return weakref.ref(error)
        return None

    failed()
    gc.collect()
    gc.disable()
    try:
        dropped = failed()
        assert dropped is not None
        assert dropped() is None
    finally:
        gc.enable()


# Objects.


def test_tasks_that_share_an_object_are_each_checked() -> None:
    @invariant(lambda self: self.n >= 0)
    class Counter:
        n = 0

        async def add(self, by: int) -> int:
            await asyncio.sleep(0)
            self.n += by
            return self.n

        def items(self) -> Iterator[int]:
            while True:
                yield self.n

    async def main() -> list[str]:
        counter = Counter()
        walk = counter.items()
        found = [await outcome(lambda: counter.add(1)) for _ in range(3)]
        found.append(repr(next(walk)))
        found += await asyncio.gather(*(outcome(lambda: counter.add(1)) for _ in range(3)))
        found.append(repr(next(walk)))
        found.append(await outcome(lambda: counter.add(-100)))
        found.append(await outcome(lambda: next(walk)))
        return found

    assert asyncio.run(main()) == [
        *("1", "2", "3", "3", "4", "5", "6", "6"),
        "InvariantError of InvariantError",
        "OutsideError of OutsideError",
    ]


def test_a_routine_that_makes_tasks_of_wrong_calls_is_blamed() -> None:
    @require(lambda n: n > 0)
    async def starts(n: int) -> None:
        await asyncio.create_task(echo(-n))  # @starts

    async def main() -> Any:
        with pytest.raises(RoutineError) as caught:
            await starts(1)
        return caught.value

    error = asyncio.run(main())

    assert (error.site.line, error.root.site.line) == (AT["starts"], AT["starts"])


def test_a_program_that_ends_with_half_consumed_generators_says_nothing(tmp_path: Path) -> None:
    main = script(
        tmp_path,
        """
        import asyncio
        from culpa import require, yields

        @require(lambda n: n > 0)
        @yields(lambda item: item > 0)
        def items(n):
            try:
                yield n
            finally:
                print("closed")

        @require(lambda n: n > 0)
        @yields(lambda item: item > 0)
        async def stream(n):
            try:
                yield n
            finally:
                await asyncio.sleep(0)
                print("closed later")

        async def run():
            global held
            held = stream(1)
            await anext(held)

        kept = items(1)
        next(kept)
        asyncio.run(run())
        """,
    )

    assert printed(python(main)) == "closed later\nclosed\n"
