"""R20, R21, R22: who is to blame where a call does not run to its end at once."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import sys
from typing import TYPE_CHECKING, Any

import pytest

from culpa import (
    Blame,
    CalleeError,
    CallerError,
    ContractError,
    DeclarationError,
    DefectError,
    HierarchyError,
    InvariantError,
    OutsideError,
    PostconditionError,
    PreconditionError,
    RaisesError,
    RoutineError,
    contract_of,
    ensure,
    invariant,
    on_violation,
    raises,
    require,
    sends,
    snapshot,
    yields,
)
from harness.markers import lines_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

HERE = sys._getframe().f_code.co_filename
AT = lines_of(__file__)


def finished(awaitable: Any) -> Any:
    """Run an awaitable to its end, without a loop."""
    running = awaitable.__await__()
    try:
        while True:
            running.send(None)
    except StopIteration as stop:
        return stop.value


def resume(generator: Any, *sent: Any) -> Any:
    """Take the next item of a generator of either kind, and send a value if there is one."""
    if hasattr(generator, "asend"):
        return finished(generator.asend(*sent) if sent else anext(generator))
    return generator.send(*sent) if sent else next(generator)


def throw(generator: Any, error: BaseException) -> Any:
    return finished(generator.athrow(error)) if hasattr(generator, "athrow") else generator.throw(error)


def is_over(generator: Any) -> bool:
    """Return whether a generator of either kind has nothing more to give."""
    try:
        resume(generator)
    except (StopIteration, StopAsyncIteration):
        return True
    return False


def error_of(error_type: type[Any], call: Callable[[], Any]) -> Any:
    with pytest.raises(error_type) as caught:
        call()
    assert type(caught.value) is error_type
    return caught.value


def place(error: Any) -> tuple[str, int, str]:
    return error.site.file, error.site.line, error.site.function.rpartition("<locals>.")[2]


class Pause:
    """Something to wait for once."""

    def __await__(self) -> Iterator[None]:
        yield


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """Everything that observers hear of during the test."""
    seen: list[Any] = []
    handle = on_violation(seen.append)
    yield seen
    handle.remove()


@require(lambda n: n >= 0, "no debts")  # @count-require
@yields(lambda item, n: item < 10 * n)  # @count-yields
@sends(lambda sent: sent > 0)  # @count-sends
@ensure(lambda n, result: result < 100)  # @count-ensure
def count(n: int, items: list[Any], log: list[Any] | None = None) -> Any:  # @count
    for item in items:
        sent = yield item  # @count-item
        if log is not None:
            log.append(sent)
    return len(items) * n


@require(lambda n: n >= 0, "no debts")  # @stream-require
@yields(lambda item, n: item < 10 * n)  # @stream-yields
@sends(lambda sent: sent > 0)  # @stream-sends
async def stream(n: int, items: list[Any], log: list[Any] | None = None) -> Any:  # @stream
    for item in items:
        await Pause()
        sent = yield item  # @stream-item
        if log is not None:
            log.append(sent)


@require(lambda n: n >= 0, "no debts")
@ensure(lambda n, result: result == n + 1)
async def later(n: int, by: int = 1) -> int:  # @later
    await Pause()
    return n + by


FLOWS: list[Any] = [count, stream]
MAKERS: list[Any] = [lambda n: count(n, [1]), lambda n: stream(n, [1]), lambda n: later(n)]
NAMES = ["generator", "async generator", "coroutine"]


# What Python sees.


def test_R20_R21_the_kind_of_each_function_is_what_it_was() -> None:
    kinds = [inspect.isgeneratorfunction, inspect.isasyncgenfunction, inspect.iscoroutinefunction]

    assert [[kind(function) for kind in kinds] for function in (count, stream, later)] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]
    assert [asyncio.iscoroutinefunction(function) for function in (count, stream, later)] == [False, False, True]


BARE: list[Any] = [
    (require(lambda n: n > 0), "require"),
    (require(lambda n: n > 0 and all([n])), "called require"),
    (ensure(lambda n, result: True), "ensure"),
    (raises(KeyError), "raises"),
    (raises(KeyError, when=lambda n: n > 0), "when"),
    (lambda f: snapshot(n=lambda n: n)(ensure(lambda old: old.n > 0)(f)), "snapshot"),
]


@pytest.mark.parametrize("declare", [declare for declare, _ in BARE], ids=[name for _, name in BARE])
def test_R20_R21_under_any_one_declaration_the_kinds_and_the_names_stay(declare: Any) -> None:
    async def coroutine(n: int) -> int:
        """It waits."""
        return n

    def generator(n: int) -> Iterator[int]:
        yield n

    async def both(n: int) -> AsyncIterator[int]:
        yield n

    for function, kind in (
        (coroutine, inspect.iscoroutinefunction),
        (generator, inspect.isgeneratorfunction),
        (both, inspect.isasyncgenfunction),
    ):
        checked = declare(function)
        assert kind(checked)
        assert inspect.signature(checked) == inspect.signature(function)
        made = checked(1)
        assert (type(made), made.__name__, made.__qualname__) == (
            type(function(1)) if kind is not inspect.iscoroutinefunction else type(made),
            function.__name__,
            function.__qualname__,
        )
        assert checked.__doc__ == function.__doc__
        if kind is inspect.iscoroutinefunction:
            assert inspect.iscoroutine(made)
            assert finished(made) == 1
        else:
            assert (resume(made), is_over(made)) == (1, True)


def test_R20_R21_a_contract_lists_each_clause_once() -> None:
    assert [[clause.kind for clause in contract_of(f).clauses] for f in (count, stream, later)] == [
        ["require", "yields", "sends", "ensure"],
        ["require", "yields", "sends"],
        ["require", "ensure"],
    ]


# At the call.


def test_R20_a_generator_function_is_checked_where_it_is_called() -> None:
    error = error_of(PreconditionError, lambda: count(-1, []))  # @call-count

    assert (error.blame, place(error)) == (Blame.CALLER, (HERE, AT["call-count"], "<lambda>"))
    assert (error.clause.kind, error.clause.message) == ("require", "no debts")
    assert (error.clause.site.file, error.clause.site.line) == (HERE, AT["count-require"])
    assert error.root is error
    if error.clause.text is not None:
        assert (error.clause.text, error.values["n"]) == ("n >= 0", "-1")


def test_R20_an_async_generator_function_is_checked_where_it_is_called() -> None:
    error = error_of(PreconditionError, lambda: stream(-1, []))  # @call-stream

    assert (error.blame, place(error)) == (Blame.CALLER, (HERE, AT["call-stream"], "<lambda>"))
    assert error.clause.site.line == AT["stream-require"]


def test_R21_a_coroutine_function_is_checked_where_it_is_called() -> None:
    error = error_of(PreconditionError, lambda: later(-1))  # @call-later

    assert (error.blame, place(error)) == (Blame.CALLER, (HERE, AT["call-later"], "<lambda>"))


def test_R21_the_creating_line_is_blamed_and_never_the_loop() -> None:
    lines: list[Any] = []

    async def main() -> None:
        for start in (
            lambda: asyncio.create_task(later(-1)),  # @create-task
            lambda: asyncio.gather(later(-1)),  # @gather
            lambda: asyncio.wait_for(later(-1), 1),  # @wait-for
        ):
            with pytest.raises(PreconditionError) as caught:
                await start()  # type: ignore[no-untyped-call]
            lines.append((caught.value.site.line, "through" in str(caught.value)))

    asyncio.run(main())

    assert lines == [(AT[name], False) for name in ("create-task", "gather", "wait-for")]


@pytest.mark.parametrize("make", MAKERS, ids=NAMES)
def test_R20_R21_observers_hear_once_of_a_wrong_call(make: Any, told: list[Any]) -> None:
    error = error_of(PreconditionError, lambda: make(-1))

    assert told == [error]


def test_R20_R21_nothing_runs_before_it_is_asked_for() -> None:
    trace: list[str] = []

    @require(lambda n: trace.append("require") is None)
    @snapshot(n=lambda n: trace.append("capture"))
    @yields(lambda item: trace.append("yields") is None)
    @ensure(lambda result, old: old.n is None and trace.append("ensure") is None)
    def generator(n: int) -> Iterator[int]:
        trace.append("body")
        yield 1
        trace.append("end")

    made = generator(1)
    assert trace == ["require"]
    next(made)
    assert trace == ["require", "capture", "body", "yields"]
    next(made, None)
    assert trace[4:] == ["end", "ensure"]


def test_R21_captures_conditions_and_postconditions_belong_to_the_run() -> None:
    trace: list[str] = []

    @require(lambda n: trace.append("require") is None)
    @raises(KeyError, when=lambda n: trace.append("when") is None)
    @snapshot(n=lambda n: trace.append("capture"))
    @ensure(lambda result, old: old.n is None and trace.append("ensure") is None)
    async def coroutine(n: int) -> None:
        trace.append("body")

    made = coroutine(1)
    assert trace == ["require"]
    finished(made)

    assert trace[1:] == ["when", "capture", "body", "ensure"]


@pytest.mark.parametrize("number", [0, 1, 5])
def test_R20_items_come_one_by_one_as_they_are_asked_for(number: int) -> None:
    produced: list[int] = []

    @yields(lambda item: item >= 0)
    def endless() -> Iterator[int]:
        for item in range(1_000):
            produced.append(item)
            yield item

    generator = endless()
    taken = [next(generator) for _ in range(number)]

    assert taken == produced == list(range(number))


@pytest.mark.parametrize("bad", [{}, {"n": 1}, {"nn": 1, "items": []}])
def test_R20_R21_arguments_that_do_not_fit_are_pythons_own_error_at_the_call(bad: dict[str, Any]) -> None:
    for function in (count, stream):
        with pytest.raises(TypeError, match=f"{function.__name__}\\(\\)") as caught:
            function(**bad)
        assert not isinstance(caught.value, ContractError)


# `yields`, `sends`, `ensure`.


def test_R20_an_item_outside_yields_blames_the_yield_line_of_the_generator() -> None:
    generator = count(1, [9, 10])
    next(generator)

    error = error_of(PostconditionError, lambda: next(generator))

    assert isinstance(error, CalleeError)
    assert (error.blame, place(error)) == (Blame.CALLEE, (HERE, AT["count-item"], "count"))
    assert (error.clause.kind, error.clause.site.line) == ("yields", AT["count-yields"])
    if error.clause.text is not None:
        assert (error.clause.text, error.values["item"]) == ("item < 10 * n", "10")


def test_R20_an_item_outside_yields_blames_the_yield_line_of_the_async_generator() -> None:
    generator = stream(1, [9, 10])
    resume(generator)

    error = error_of(PostconditionError, lambda: resume(generator))

    assert (error.blame, place(error)) == (Blame.CALLEE, (HERE, AT["stream-item"], "stream"))
    assert (error.clause.kind, error.clause.site.line) == ("yields", AT["stream-yields"])


def test_R20_the_yield_that_gave_the_item_is_told_from_the_others() -> None:
    @yields(lambda item: item > 0)
    def items(first: int, second: int, third: list[int]) -> Iterator[int]:
        yield first  # @first-yield
        yield second  # @second-yield
        yield from third  # @yield-from

    for arguments, mark in (
        ((-1, 1, []), "first-yield"),
        ((1, -1, []), "second-yield"),
        ((1, 1, [1, -1]), "yield-from"),
    ):
        assert error_of(PostconditionError, lambda a=arguments: list(items(*a))).site.line == AT[mark]


def test_R20_a_bad_value_blames_the_line_that_sends_it() -> None:
    generator = count(1, [1, 2])
    next(generator)

    error = error_of(PreconditionError, lambda: generator.send(-1))  # @send

    assert isinstance(error, CallerError)
    assert (error.blame, place(error)) == (Blame.CALLER, (HERE, AT["send"], "<lambda>"))
    assert (error.clause.kind, error.clause.site.line) == ("sends", AT["count-sends"])
    if error.clause.text is not None:
        assert (error.clause.text, error.values["sent"]) == ("sent > 0", "-1")


def test_R20_a_bad_value_blames_the_line_that_awaits_its_sending() -> None:
    generator = stream(1, [1, 2])
    resume(generator)

    async def sending() -> None:
        await generator.asend(-1)  # @asend

    error = error_of(PreconditionError, lambda: finished(sending()))

    assert (error.blame, place(error)) == (
        Blame.CALLER,
        (HERE, AT["asend"], "sending"),
    )
    assert error.clause.site.line == AT["stream-sends"]


@pytest.mark.parametrize("function", FLOWS)
def test_R20_what_is_sent_arrives_and_next_sends_nothing(function: Any) -> None:
    log: list[Any] = []
    generator = function(1, [1, 2, 3], log)

    taken = [resume(generator), resume(generator, 7), resume(generator, None), is_over(generator)]

    assert taken == [1, 2, 3, True]
    assert log == [7, None, None]


@pytest.mark.parametrize("function", FLOWS)
def test_R20_a_value_that_is_refused_never_reaches_the_body(function: Any) -> None:
    log: list[Any] = []
    generator = function(1, [1, 2, 3], log)
    resume(generator)

    error_of(PreconditionError, lambda: resume(generator, -1))

    assert log == []


@pytest.mark.parametrize("value", [0, "", [], False])
def test_R20_false_values_are_sent_like_any_other(value: Any) -> None:
    asked: list[Any] = []

    @sends(lambda sent: asked.append(sent) is None)
    def echo() -> Any:
        value = None
        while True:
            value = yield value

    generator = echo()
    next(generator)

    assert generator.send(value) is value
    assert asked == [value]


def test_R20_ensure_sees_the_return_value_of_a_generator() -> None:
    @ensure(lambda result: result == "end")
    def generator(end: Any) -> Any:  # @returning
        yield 1
        return end

    good, bad = generator("end"), generator("other")
    assert (next(good), next(bad)) == (1, 1)
    with pytest.raises(StopIteration) as stopped:
        next(good)
    error = error_of(PostconditionError, lambda: next(bad))

    assert stopped.value.value == "end"
    assert (error.blame, place(error)) == (Blame.CALLEE, (HERE, AT["returning"], "generator"))
    if error.clause.text is not None:
        assert error.values["result"] == "'other'"


def test_R20_a_loop_over_a_generator_whose_postcondition_is_false_ends_in_the_violation() -> None:
    taken: list[int] = []

    def loop() -> None:
        for item in count(100, [1]):
            taken.append(item)  # noqa: PERF402 - what came before the violation counts

    assert error_of(PostconditionError, loop).site.line == AT["count"]
    assert taken == [1]


def test_R20_the_result_of_an_async_generator_is_none() -> None:
    seen: list[Any] = []

    @ensure(lambda result: seen.append(result) is None)
    async def generator() -> AsyncIterator[int]:
        yield 1

    made = generator()

    assert (resume(made), is_over(made), seen) == (1, True, [None])


def test_R20_a_postcondition_of_an_async_generator_blames_its_definition() -> None:
    @ensure(lambda n: n > 0)
    async def generator(n: int) -> AsyncIterator[int]:  # @async-ensure
        yield 1

    made = generator(-1)
    assert resume(made) == 1
    error = error_of(PostconditionError, lambda: resume(made))

    assert error.site.line == AT["async-ensure"]


@pytest.mark.parametrize("taken", [0, 1])
def test_R20_the_postcondition_is_not_asked_of_a_generator_that_is_closed(taken: int) -> None:
    @ensure(lambda: False)
    def generator() -> Iterator[int]:
        yield 1

    @ensure(lambda: False)
    async def asynchronous() -> AsyncIterator[int]:
        yield 1

    made, other = generator(), asynchronous()
    for _ in range(taken):
        resume(made)
        resume(other)
    made.close()
    finished(other.aclose())

    assert is_over(made)
    assert is_over(other)


def failed_yields() -> Any:
    generator = count(1, [10, 1])
    return generator, lambda: resume(generator)


def failed_async_yields() -> Any:
    generator = stream(1, [10, 1])
    return generator, lambda: resume(generator)


def failed_sends() -> Any:
    generator = count(1, [1, 2, 3])
    next(generator)
    return generator, lambda: resume(generator, -1)


def failed_async_sends() -> Any:
    generator = stream(1, [1, 2, 3])
    resume(generator)
    return generator, lambda: resume(generator, -1)


def failed_ensure() -> Any:
    generator = count(100, [1])
    next(generator)
    return generator, lambda: resume(generator)


@pytest.mark.parametrize("begin", [failed_yields, failed_async_yields, failed_sends, failed_async_sends, failed_ensure])
def test_R20_a_generator_whose_check_fails_is_finished(begin: Any, told: list[Any]) -> None:
    generator, step = begin()

    with pytest.raises(ContractError):
        step()

    assert is_over(generator)
    assert len(told) == 1


@pytest.mark.parametrize("begin", [failed_yields, failed_sends, failed_ensure])
def test_R20_a_check_that_fails_inside_a_delegating_generator_ends_both(begin: Any) -> None:
    generator, step = begin()

    def delegating() -> Any:
        yield from generator

    with pytest.raises(ContractError):
        step()

    assert list(delegating()) == []


@pytest.mark.parametrize("given", ["item", "value"])
def test_R20_the_body_has_cleaned_up_when_the_violation_arrives(given: str) -> None:
    trace: list[str] = []

    @yields(lambda item: item > 0)
    @sends(lambda sent: sent > 0)
    def generator() -> Iterator[int]:
        try:
            yield 1
            yield -1
        finally:
            trace.append("closed")

    made = generator()
    next(made)
    try:
        made.send(1 if given == "item" else -1)
    except ContractError:
        trace.append("caught")

    assert trace == ["closed", "caught"]


# Who made the call, and nesting.


@require(lambda n: n > 0)
def positive(n: int) -> int:
    return n


@require(lambda n: n > 0)
async def positive_later(n: int) -> int:
    return n


@require(lambda n: n < 100)
async def asks(n: int) -> int:
    await Pause()
    return await positive_later(n)  # @asks


@require(lambda n: n < 100)
def gives(n: int) -> Iterator[int]:
    yield 0
    yield positive(n)  # @gives


@require(lambda n: n < 100)
async def streams(n: int) -> AsyncIterator[int]:
    yield 0
    yield await positive_later(n)  # @streams


async def asks_between(n: int) -> int:
    return await positive_later(n)  # @asks-between


def gives_between(n: int) -> Iterator[int]:
    yield positive(n)  # @gives-between


@pytest.mark.parametrize(
    ("call", "mark"),
    [
        (lambda: finished(asks(-1)), "asks"),
        (lambda: list(gives(-1)), "gives"),
        (lambda: (made := streams(-1)) and [resume(made), resume(made)], "streams"),
    ],
    ids=["coroutine", "generator", "async generator"],
)
def test_R4_a_routine_that_breaks_an_inner_precondition_is_blamed_whatever_its_flow(
    call: Any, mark: str, told: list[Any]
) -> None:
    error = error_of(RoutineError, call)

    assert (error.blame, place(error)) == (Blame.CALLEE, (HERE, AT[mark], mark))
    assert not isinstance(error, CallerError)
    assert type(error.root) is PreconditionError
    assert place(error.root) == (HERE, AT[mark], mark)
    assert error.__cause__ is error.root
    assert told == [error.root]


@pytest.mark.parametrize(
    ("call", "mark"),
    [(lambda: finished(asks_between(-1)), "asks-between"), (lambda: list(gives_between(-1)), "gives-between")],
)
def test_R5_an_uncontracted_flow_between_is_blamed_at_its_own_line(call: Any, mark: str) -> None:
    error = error_of(PreconditionError, call)

    assert (error.root, place(error)) == (error, (HERE, AT[mark], mark.replace("-", "_")))


def test_R4_a_contracted_sender_is_blamed_for_what_it_sends() -> None:
    @require(lambda generator: True)
    def sends_badly(generator: Any) -> Any:
        next(generator)
        return generator.send(-1)  # @sends-badly

    error = error_of(RoutineError, lambda: sends_badly(count(1, [1, 2])))

    assert error.site.line == AT["sends-badly"]
    assert (type(error.root), error.root.site.line) == (PreconditionError, AT["sends-badly"])


def test_R6_a_violation_that_a_coroutine_catches_is_told_and_forgotten(told: list[Any]) -> None:
    @require(lambda n: n < 100)
    async def forgiving(n: int) -> int:
        try:
            return await positive_later(n)
        except PreconditionError:
            return 0

    assert finished(forgiving(-1)) == 0
    assert [type(error) for error in told] == [PreconditionError]


def test_R7_a_postcondition_of_an_inner_flow_passes_unchanged() -> None:
    @require(lambda n: n > 0)
    async def outer(n: int) -> int:
        return await later(n, by=5)

    error = error_of(PostconditionError, lambda: finished(outer(1)))

    assert (error.root, place(error)) == (error, (HERE, AT["later"], "later"))


@pytest.mark.parametrize("recurse", [lambda: finished(deep(5, 3)), lambda: list(deep_items(5, 3))])
def test_R20_R21_recursion_is_checked(recurse: Any) -> None:
    error = error_of(RoutineError, recurse)

    assert type(error.root) is PreconditionError
    if error.root.clause.text is not None:
        assert error.root.values["limit"] == "-1"


@require(lambda limit: limit >= 0)
async def deep(n: int, limit: int) -> int:
    return n if n == 0 else await deep(n - 1, limit - 1)


@require(lambda limit: limit >= 0)
def deep_items(n: int, limit: int) -> Iterator[int]:
    yield n
    yield from deep_items(n - 1, limit - 1) if n else ()


def test_R21_the_postcondition_sees_the_arguments_as_they_were_at_the_call() -> None:
    @ensure(lambda n, result: result == n + 1)
    async def rebinding(n: int) -> int:
        n += 1
        await Pause()
        return n

    assert finished(rebinding(1)) == 2


def test_R21_a_false_postcondition_blames_the_definition() -> None:
    error = error_of(PostconditionError, lambda: finished(later(1, by=2)))

    assert (error.blame, place(error)) == (Blame.CALLEE, (HERE, AT["later"], "later"))
    if error.clause.text is not None:
        assert error.values["result"] == "3"


# Context managers: a generator that others drive.


@contextlib.contextmanager
@require(lambda n: n > 0)
@yields(lambda item: item > 0)
def beneath(n: int, log: list[str]) -> Iterator[int]:
    try:
        yield n
    finally:
        log.append("left")


@require(lambda n: n > 0)
@contextlib.contextmanager
def above(n: int, log: list[str]) -> Iterator[int]:
    try:
        yield n
    finally:
        log.append("left")


@contextlib.asynccontextmanager
@require(lambda n: n > 0)
@yields(lambda item: item > 0)
async def async_beneath(n: int, log: list[str]) -> AsyncIterator[int]:
    try:
        yield n
    finally:
        log.append("left")


@require(lambda n: n > 0)
@contextlib.asynccontextmanager
async def async_above(n: int, log: list[str]) -> AsyncIterator[int]:
    try:
        yield n
    finally:
        log.append("left")


MANAGERS: list[Any] = [beneath, above, async_beneath, async_above]


def within(manager: Any, n: int, log: list[str], block: Callable[[int], Any]) -> Any:
    async def asynchronously() -> Any:
        async with manager(n, log) as item:
            return block(item)

    if manager in (async_beneath, async_above):
        return finished(asynchronously())
    with manager(n, log) as item:
        return block(item)


@pytest.mark.parametrize("manager", MANAGERS)
def test_R20_a_context_manager_function_works_as_ever(manager: Any) -> None:
    log: list[str] = []

    assert within(manager, 3, log, lambda item: item + 1) == 4
    assert log == ["left"]


@pytest.mark.parametrize("manager", MANAGERS)
def test_R20_a_wrong_call_of_a_context_manager_function_blames_its_caller(manager: Any) -> None:
    log: list[str] = []

    error = error_of(PreconditionError, lambda: manager(-1, log))  # @manager

    assert place(error)[:2] == (HERE, AT["manager"])
    assert ("through contextlib." in str(error)) is (manager in (beneath, async_beneath))
    assert log == []


@pytest.mark.parametrize("manager", MANAGERS)
def test_R20_an_exception_of_the_block_goes_through_the_generator_and_comes_out_itself(manager: Any) -> None:
    log: list[str] = []
    original = KeyError("block")

    def block(item: int) -> None:
        raise original

    with pytest.raises(KeyError) as caught:
        within(manager, 1, log, block)

    assert caught.value is original
    assert log == ["left"]


@pytest.mark.parametrize("manager", MANAGERS)
def test_R20_a_violation_of_the_block_is_the_blocks_and_not_the_generators(manager: Any) -> None:
    log: list[str] = []

    error = error_of(PreconditionError, lambda: within(manager, 1, log, lambda item: positive(-item)))  # @block

    assert (error.root, error.site.line) == (error, AT["block"])
    assert log == ["left"]


@pytest.mark.parametrize("function", FLOWS)
def test_R20_a_violation_that_somebody_throws_in_comes_out_unchanged(function: Any) -> None:
    generator = function(1, [1, 2])
    resume(generator)
    given = error_of(PreconditionError, lambda: positive(-1))

    with pytest.raises(ContractError) as caught:
        throw(generator, given)

    assert caught.value is given


# R3: undeclared exceptions.


@raises(KeyError)
async def fails_later(error: BaseException) -> None:
    await Pause()
    raise error  # @fails-later


@raises(KeyError)
def fails_between(error: BaseException) -> Iterator[int]:
    yield 1
    raise error  # @fails-between


@raises(KeyError)
async def fails_streaming(error: BaseException) -> AsyncIterator[int]:
    yield 1
    raise error  # @fails-streaming


def run_streaming(error: BaseException) -> Any:
    made = fails_streaming(error)
    return [resume(made), resume(made)]


FAILING: list[Any] = [
    (lambda error: finished(fails_later(error)), "fails-later"),
    (lambda error: list(fails_between(error)), "fails-between"),
    (run_streaming, "fails-streaming"),
]


@pytest.mark.parametrize(("call", "mark"), FAILING, ids=NAMES)
def test_R3_an_undeclared_exception_blames_the_line_that_raised_whatever_the_flow(call: Any, mark: str) -> None:
    original = ValueError("no")

    error = error_of(RaisesError, lambda: call(original))

    assert place(error) == (HERE, AT[mark], mark.replace("-", "_"))
    assert error.__cause__ is original


@pytest.mark.parametrize(
    "original", [KeyError("x"), asyncio.CancelledError(), KeyboardInterrupt(), SystemExit(), RecursionError()]
)
@pytest.mark.parametrize("call", [call for call, _ in FAILING], ids=NAMES)
def test_R3_what_is_declared_or_nobodys_violation_passes(call: Any, original: BaseException) -> None:
    with pytest.raises(type(original)) as caught:
        call(original)

    assert caught.value is original


@pytest.mark.parametrize("flow", ["generator", "async generator"])
def test_R3_closing_is_no_undeclared_exception(flow: str) -> None:
    trace: list[str] = []

    @raises()
    def generator() -> Iterator[int]:
        try:
            yield 1
        finally:
            trace.append("closed")

    @raises()
    async def asynchronous() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            trace.append("closed")

    made: Any = generator() if flow == "generator" else asynchronous()
    resume(made)
    made.close() if flow == "generator" else finished(made.aclose())

    assert trace == ["closed"]


def test_R3_the_condition_of_raises_is_read_when_the_run_begins() -> None:
    allowed = [False]

    @raises(KeyError, when=lambda: allowed[0])
    async def failing() -> None:
        allowed[0] = False
        raise KeyError

    made = failing()
    allowed[0] = True

    with pytest.raises(KeyError):
        finished(made)
    error_of(RaisesError, lambda: finished(failing()))


# Async predicates.


async def is_positive(n: int) -> bool:
    await Pause()
    return n > 0


class AsyncPositive:
    async def __call__(self, n: int) -> bool:
        await Pause()
        return n > 0


ASYNC_PREDICATES: list[Any] = [is_positive, functools.partial(is_positive), AsyncPositive(), AsyncPositive().__call__]


@pytest.mark.parametrize("predicate", ASYNC_PREDICATES, ids=["function", "partial", "object", "method"])
def test_R21_an_async_precondition_waits_for_the_first_await_and_blames_the_call(predicate: Any) -> None:
    ran: list[int] = []

    @require(predicate)
    async def coroutine(n: int) -> int:
        ran.append(n)
        return n

    good, bad = coroutine(1), coroutine(-1)  # @late-call
    assert finished(good) == 1
    error = error_of(PreconditionError, lambda: finished(bad))

    assert (place(error)[:2], error.site.function.rpartition(".")[2]) == (
        (HERE, AT["late-call"]),
        "test_R21_an_async_precondition_waits_for_the_first_await_and_blames_the_call",
    )
    assert ran == [1]


def test_R20_an_async_precondition_of_an_async_generator_blames_the_call() -> None:
    @require(is_positive)
    async def generator(n: int) -> AsyncIterator[int]:
        yield n

    good, bad = generator(1), generator(-1)  # @late-stream
    assert resume(good) == 1
    error = error_of(PreconditionError, lambda: resume(bad))

    assert place(error)[:2] == (HERE, AT["late-stream"])
    assert is_over(bad)
    finished(good.aclose())


def test_R21_one_async_precondition_lets_all_wait_in_their_order() -> None:
    trace: list[str] = []

    async def second(n: int) -> bool:
        trace.append("second")
        return n != 1

    @require(lambda n: trace.append("first") is None and n != 0)  # @first-of-three
    @require(second)  # @second-of-three
    @require(lambda n: trace.append("third") is None and n != 2)  # @third-of-three
    async def coroutine(n: int) -> int:
        return n

    found = []
    for n in (0, 1, 2):
        made = coroutine(n)
        assert trace == []
        found.append((error_of(PreconditionError, lambda made=made: finished(made)).clause.site.line, trace.copy()))
        trace.clear()

    assert found == [
        (AT["first-of-three"], ["first"]),
        (AT["second-of-three"], ["first", "second"]),
        (AT["third-of-three"], ["first", "second", "third"]),
    ]


def test_R21_an_async_postcondition_lets_no_precondition_wait() -> None:
    async def is_result(result: int) -> bool:
        await Pause()
        return result > 0

    @require(lambda n: n < 10)
    @ensure(is_result)
    async def coroutine(n: int) -> int:  # @async-post
        return n

    assert error_of(PreconditionError, lambda: coroutine(10)).blame is Blame.CALLER
    assert finished(coroutine(1)) == 1
    assert error_of(PostconditionError, lambda: finished(coroutine(-1))).site.line == AT["async-post"]


def test_R21_async_captures_are_awaited_before_the_body() -> None:
    async def doubled(n: int) -> int:
        await Pause()
        return 2 * n

    @snapshot(twice=doubled)
    @ensure(lambda result, old: result == old.twice)
    async def coroutine(n: int, given: int) -> int:
        return given

    assert finished(coroutine(2, 4)) == 4
    error_of(PostconditionError, lambda: finished(coroutine(2, 5)))


def test_R20_async_predicates_of_items_and_of_sent_values_are_awaited() -> None:
    async def is_small(item: int) -> bool:
        await Pause()
        return item < 10

    async def is_positive_value(sent: int) -> bool:
        await Pause()
        return sent > 0

    @yields(is_small)
    @sends(is_positive_value)
    async def generator(items: list[int]) -> AsyncIterator[int]:
        for item in items:
            yield item  # @async-item

    good, bad = generator([1, 2, 3]), generator([1, 10])
    assert [resume(good), resume(good, 1)] == [1, 2]
    resume(bad)

    assert error_of(PostconditionError, lambda: resume(bad)).site.line == AT["async-item"]
    error_of(PreconditionError, lambda: resume(good, -1))


def test_R11_an_async_predicate_that_raises_is_a_defect_of_the_contract() -> None:
    original = ZeroDivisionError("in the predicate")

    async def raising(n: int) -> bool:
        await Pause()
        raise original

    @require(raising)  # @raising
    async def coroutine(n: int) -> int:
        return n

    error = error_of(DefectError, lambda: finished(coroutine(1)))

    assert (error.blame, error.site.line) == (Blame.CONTRACT, AT["raising"])
    assert error.__cause__ is original


@pytest.mark.parametrize("end", [asyncio.CancelledError, KeyboardInterrupt, GeneratorExit])
def test_R21_an_async_predicate_that_is_cancelled_replaces_nothing(end: type[BaseException], told: list[Any]) -> None:
    @require(is_positive)
    async def coroutine(n: int) -> int:
        return n

    running = coroutine(1)
    running.send(None)
    with pytest.raises(end):
        running.throw(end())

    assert told == []


def test_R11_a_predicate_of_an_item_that_raises_is_a_defect_of_the_contract() -> None:
    @yields(lambda item: 1 / item)  # @dividing
    def generator() -> Iterator[int]:
        yield 0

    made = generator()
    error = error_of(DefectError, lambda: next(made))

    assert (error.blame, error.site.line) == (Blame.CONTRACT, AT["dividing"])
    assert type(error.__cause__) is ZeroDivisionError
    assert is_over(made)


def test_R12_an_async_capture_that_raises_counts_only_if_it_is_read() -> None:
    async def raising(n: int) -> int:
        await Pause()
        raise ZeroDivisionError

    @snapshot(lost=raising)
    @ensure(lambda n, old: n < 10 or old.lost)
    async def coroutine(n: int) -> int:
        return n

    assert finished(coroutine(1)) == 1
    assert type(error_of(DefectError, lambda: finished(coroutine(10))).__cause__) is ZeroDivisionError


def test_R21_calls_that_an_async_predicate_makes_run_unchecked_and_the_next_are_checked() -> None:
    found: list[int] = []

    async def calls(n: int) -> bool:
        found.append(positive(-1))
        await Pause()
        found.append(await positive_later(-1))
        return True

    @require(calls)
    async def coroutine(n: int) -> int:
        return positive(n)

    assert finished(coroutine(1)) == 1
    assert found == [-1, -1]
    error_of(PreconditionError, lambda: positive(-1))
    error_of(RoutineError, lambda: finished(coroutine(-1)))


def test_R21_async_predicates_that_call_each_other_end() -> None:
    async def asks_itself(n: int) -> bool:
        return await itself(n) > 0

    @require(asks_itself)
    async def itself(n: int) -> int:
        await Pause()
        return n

    assert finished(itself(1)) == 1
    error_of(PreconditionError, lambda: finished(itself(-1)))


def test_R20_a_generator_that_a_predicate_drives_is_unchecked_and_behaves_the_same() -> None:
    seen: list[Any] = []

    def drives(n: int) -> bool:
        generator = count(-1, [50, 60], seen)
        seen.append([next(generator), generator.send(-5)])
        seen.append(next(generator, "end"))
        return True

    @require(drives)
    def routine(n: int) -> int:
        return n

    assert routine(1) == 1
    assert seen == [-5, [50, 60], None, "end"]


# Invariants.


@invariant(lambda self: self.low <= self.high)
class Range:
    def __init__(self) -> None:
        self.low, self.high = 0, 1

    def walk(self, steps: list[tuple[int, int]], other: Any = None) -> Iterator[int]:  # @walk
        for low, high in steps:
            self.low = low
            if other is not None:
                other(self)  # @calls-out
            self.high = high
            yield low  # @walk-item

    async def stream(self, steps: list[tuple[int, int]]) -> AsyncIterator[int]:  # @range-stream
        for self.low, self.high in steps:
            await Pause()
            yield self.low

    async def shift(self, low: int, high: int, error: BaseException | None = None) -> int:  # @shift
        self.low = low
        await Pause()
        self.high = high
        if error is not None:
            raise error  # @shift-fails
        return low

    def read(self) -> tuple[int, int]:
        return self.low, self.high

    def read_by_steps(self) -> Iterator[int]:
        self.low = self.high + 1
        yield self.read()[0] - 1 if self._mend() else 0

    def _mend(self) -> bool:
        self.low = self.high
        return True


def ruin(obj: Any) -> None:
    vars(obj).update(low=5, high=-5)


@pytest.mark.parametrize(("walk", "mark"), [("walk", "walk"), ("stream", "range-stream")])
def test_R8_a_generator_method_that_suspends_while_its_object_is_broken_is_blamed(walk: str, mark: str) -> None:
    made = getattr(Range(), walk)([(0, 1), (3, 2)])
    assert resume(made) == 0

    error = error_of(InvariantError, lambda: resume(made))

    assert (error.blame, error.phase, error.site.file, error.site.function) == (
        Blame.CALLEE,
        "exit",
        HERE,
        f"Range.{walk}",
    )
    assert is_over(made)


@pytest.mark.parametrize("walk", ["walk", "stream"])
def test_R8_a_generator_method_may_break_its_object_between_suspensions(walk: str) -> None:
    made = getattr(Range(), walk)([(7, 8), (9, 9), (-1, 0)])

    assert [resume(made), resume(made), resume(made), is_over(made)] == [7, 9, -1, True]


def test_R10_an_object_that_somebody_breaks_while_its_generator_waits_is_found_where_it_resumes() -> None:
    obj = Range()
    made = obj.walk([(0, 1), (1, 2)])
    next(made)
    ruin(obj)

    error = error_of(OutsideError, lambda: next(made))  # @resume-broken

    assert (error.blame, place(error)) == (Blame.OUTSIDE, (HERE, AT["resume-broken"], "<lambda>"))
    assert not isinstance(error, CallerError)
    assert (obj.low, obj.high) == (5, -5)
    assert is_over(made)


def test_R10_an_object_that_somebody_breaks_while_its_async_generator_waits_is_found_where_it_resumes() -> None:
    obj = Range()
    made = obj.stream([(0, 1), (1, 2)])
    resume(made)
    ruin(obj)

    async def resumes() -> None:
        await anext(made)  # @aresume-broken

    error = error_of(OutsideError, lambda: finished(resumes()))

    assert (error.blame, place(error)[:2]) == (Blame.OUTSIDE, (HERE, AT["aresume-broken"]))


@pytest.mark.parametrize("call", [lambda it: it.walk([]), lambda it: it.stream([]), lambda it: it.shift(0, 1)])
def test_R10_an_object_that_is_broken_already_is_found_at_the_call(call: Any) -> None:
    obj = Range()
    ruin(obj)

    error = error_of(OutsideError, lambda: call(obj))

    assert error.blame is Blame.OUTSIDE


def test_R10_a_callback_that_comes_in_while_the_generator_method_runs_blames_the_method() -> None:
    @require(lambda call: callable(call))
    def through(call: Any) -> Any:
        return call()

    made = Range().walk([(5, 6)], other=lambda obj: through(obj.read))

    error = error_of(InvariantError, lambda: next(made))

    assert (error.phase, error.site.line) == ("reentry", AT["calls-out"])


def test_R10_other_calls_are_fine_while_a_generator_method_waits(told: list[Any]) -> None:
    obj = Range()
    made = obj.walk([(3, 4), (5, 6)])

    found = [next(made), obj.read(), next(made), obj.read(), next(made, "end")]

    assert found == [3, (3, 4), 5, (5, 6), "end"]
    assert told == []


def test_R8_a_self_call_of_a_generator_method_checks_nothing(told: list[Any]) -> None:
    assert list(Range().read_by_steps()) == [0]
    assert told == []


def test_R8_a_coroutine_method_is_checked_when_it_is_left() -> None:
    obj = Range()
    assert finished(obj.shift(5, 6)) == 5

    error = error_of(InvariantError, lambda: finished(obj.shift(9, 8)))

    assert (error.phase, place(error)) == ("exit", (HERE, AT["shift"], "Range.shift"))


def test_R9_a_coroutine_method_that_fails_leaves_its_object_whole() -> None:
    original = KeyError("x")

    error = error_of(InvariantError, lambda: finished(Range().shift(9, 8, original)))

    assert (error.phase, error.__cause__) == ("exception", original)


@pytest.mark.parametrize("end", [asyncio.CancelledError, KeyboardInterrupt])
def test_R9_a_cancellation_that_leaves_a_broken_object_passes_and_is_told(
    end: type[BaseException], told: list[Any]
) -> None:
    obj = Range()
    running = obj.shift(9, 10)
    running.send(None)

    with pytest.raises(end):
        running.throw(end())

    assert [(type(error), error.phase) for error in told] == [(InvariantError, "exception")]


def test_R9_closing_a_generator_method_whose_cleanup_breaks_its_object_is_told(told: list[Any]) -> None:
    @invariant(lambda self: self.n >= 0)
    class Spoiling:
        n = 0

        def items(self) -> Iterator[int]:
            try:
                yield 1
            finally:
                self.n = -1

    made = Spoiling().items()
    next(made)
    made.close()

    assert [(type(error), error.phase) for error in told] == [(InvariantError, "exception")]


@pytest.mark.parametrize("how", ["close", "throw"])
def test_R10_a_broken_object_keeps_no_generator_method_from_its_cleanup(how: str) -> None:
    trace: list[str] = []

    @invariant(lambda self: self.n >= 0)
    class Careful:
        n = 0

        def items(self) -> Iterator[int]:
            try:
                yield 1
            finally:
                trace.append("cleaned up")

    obj = Careful()
    made = obj.items()
    next(made)
    obj.n = -1
    if how == "close":
        made.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            made.throw(KeyboardInterrupt())

    assert trace == ["cleaned up"]


# Inheritance.


class Source:
    @require(lambda n: n >= 0)
    @ensure(lambda n, result: result >= n)
    async def fetch(self, n: int) -> int:
        return n

    @require(lambda n: n >= 0)
    @yields(lambda item: item >= 0)
    def items(self, n: int) -> Iterator[int]:
        yield n

    @require(lambda n: n >= 0)
    @yields(lambda item: item >= 0)
    async def stream(self, n: int) -> AsyncIterator[int]:
        yield n


def spoiled() -> Any:
    class Spoiled(Source):
        async def fetch(self, n: int) -> int:  # @spoiled-fetch
            await Pause()
            return n - 1

        def items(self, n: int) -> Iterator[int]:
            yield n - 1  # @spoiled-items

        async def stream(self, n: int) -> AsyncIterator[int]:
            yield n - 1  # @spoiled-stream

    return Spoiled()


@pytest.mark.parametrize("name", ["fetch", "items", "stream"])
def test_R18_an_override_inherits_the_precondition_at_the_call(name: str) -> None:
    spoiling = spoiled()

    error = error_of(PreconditionError, lambda: getattr(spoiling, name)(-1))  # @inherited

    assert error.site.line == AT["inherited"]


def test_R19_an_override_is_blamed_for_what_its_base_promised() -> None:
    spoiling = spoiled()
    stream = spoiling.stream(0)

    errors = [
        error_of(PostconditionError, lambda: finished(spoiling.fetch(0))),
        error_of(PostconditionError, lambda: list(spoiling.items(0))),
        error_of(PostconditionError, lambda: resume(stream)),
    ]

    assert [error.site.line for error in errors] == [
        AT["spoiled-fetch"],
        AT["spoiled-items"],
        AT["spoiled-stream"],
    ]


def test_R17_an_async_override_that_demands_more_is_at_fault_at_the_call() -> None:
    class Strict(Source):
        @require(lambda n: n > 10)
        async def fetch(self, n: int) -> int:
            return n

    assert finished(Strict().fetch(11)) == 11
    error_of(HierarchyError, lambda: Strict().fetch(5))
    error_of(PreconditionError, lambda: Strict().fetch(-1))


def test_R19_a_postcondition_of_the_base_binds_only_where_its_precondition_held() -> None:
    from culpa import require_else

    class Wide(Source):
        @require_else(lambda n: n > -10)
        async def fetch(self, n: int) -> int:
            return -20 if n < 0 else n - 1

    assert finished(Wide().fetch(-5)) == -20
    error_of(PostconditionError, lambda: finished(Wide().fetch(5)))
    error_of(PreconditionError, lambda: Wide().fetch(-10))


def test_R18_an_async_alternative_makes_all_wait() -> None:
    from culpa import require_else

    async def is_minus_one(n: int) -> bool:
        await Pause()
        return n == -1

    class Wide(Source):
        @require_else(is_minus_one)
        async def fetch(self, n: int) -> int:
            return n

    found = [finished(Wide().fetch(5)), finished(Wide().fetch(-1))]
    refused = Wide().fetch(-2)  # @refused

    assert found == [5, -1]
    assert error_of(PreconditionError, lambda: finished(refused)).site.line == AT["refused"]


def test_R20_R21_static_and_class_methods_are_routines_like_any_other() -> None:
    class Tools:
        @staticmethod
        @require(lambda n: n > 0)
        async def static(n: int) -> int:
            return n

        @require(lambda n: n > 0)
        @classmethod
        def of_class(cls, n: int) -> Iterator[int]:
            yield n

    assert (finished(Tools.static(1)), list(Tools.of_class(1))) == (1, [1])
    for call in (lambda: Tools.static(-1), lambda: Tools.of_class(-1)):
        error_of(PreconditionError, call)


# Wrong declarations.


def plain(n: int) -> int:
    return n


def bare_generator(n: int) -> Iterator[int]:
    yield n


async def bare_coroutine(n: int) -> int:
    return n


async def bare_stream(n: int) -> AsyncIterator[int]:
    yield n


async def never(n: int) -> bool:
    return False


async def never_item(item: int) -> bool:
    return False


WRONG: list[Any] = [
    (lambda: yields(lambda item: True)(plain), ["yields", "plain()", "generator"]),
    (lambda: sends(lambda sent: True)(plain), ["sends", "plain()", "generator"]),
    (lambda: yields(lambda item: True)(bare_coroutine), ["yields", "bare_coroutine()", "generator"]),
    (lambda: sends(lambda sent: True)(bare_coroutine), ["sends", "bare_coroutine()", "generator"]),
    (lambda: require(never)(plain), ["plain()", "async"]),
    (lambda: ensure(never)(plain), ["plain()", "async"]),
    (lambda: snapshot(n=never)(plain), ["plain()", "async"]),
    (lambda: raises(KeyError, when=never)(plain), ["plain()", "async"]),
    (lambda: require(never)(bare_generator), ["bare_generator()", "async"]),
    (lambda: yields(never_item)(bare_generator), ["bare_generator()", "async"]),
    (lambda: yields(lambda sent: True)(bare_generator), ["sent", "sends"]),
    (lambda: sends(lambda item: True)(bare_generator), ["item", "yields"]),
    (lambda: yields(lambda result: True)(bare_generator), ["result", "ensure"]),
    (lambda: ensure(lambda item: True)(bare_generator), ["item", "yields"]),
    (lambda: require(lambda item: True)(bare_stream), ["item", "yields"]),
    (lambda: yields(lambda itme: True)(bare_stream), ["itme", "item"]),
]


@pytest.mark.parametrize(("declare", "phrases"), WRONG)
def test_a_wrong_declaration_on_a_flow_says_what_to_do(declare: Any, phrases: list[str]) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare()

    for phrase in phrases:
        assert phrase in str(caught.value)


@pytest.mark.parametrize("base", [plain, bare_generator, bare_coroutine, bare_stream])
@pytest.mark.parametrize("other", [plain, bare_generator, bare_coroutine, bare_stream])
def test_an_override_of_another_flow_than_its_base_is_refused(base: Any, other: Any) -> None:
    class Parent:
        method = staticmethod(require(lambda n: n > 0)(base))

        @require(lambda n: n > 0)
        def declared(self, n: int) -> None: ...

    if base is other:
        assert type("Child", (Parent,), {"method": staticmethod(other)})
        return
    with pytest.raises(DeclarationError) as caught:
        type("Child", (Parent,), {"method": staticmethod(other)})

    assert "Child.method()" in str(caught.value)
    assert "Parent.method()" in str(caught.value)


# R22: groups. Each leaf is judged by its own rule.


def leaves(group: BaseException) -> Any:
    """Return the leaves of a group, nested as it is."""
    return [leaves(part) for part in group.exceptions] if isinstance(group, BaseExceptionGroup) else group


def group_of(call: Callable[[], Any]) -> Any:
    with pytest.raises(BaseExceptionGroup) as caught:
        call()
    return caught.value


def caught_from(call: Callable[[], Any]) -> BaseException:
    try:
        call()
    except BaseException as error:  # noqa: BLE001 - it is the answer, whatever it is
        return error
    raise AssertionError("it raised nothing")


@require(lambda calls: len(calls) > 0)
def gathers(calls: list[Callable[[], Any]], wrap: Any = None) -> None:  # @gathers
    group = ExceptionGroup("several", [caught_from(call) for call in calls])  # type: ignore[type-var]  # @gathers-call
    raise wrap(group) if wrap else group


@require(lambda calls: len(calls) > 0)
async def gathers_later(calls: list[Callable[[], Any]], wrap: Any = None) -> None:  # @gathers-later
    await Pause()
    group = ExceptionGroup("several", [caught_from(call) for call in calls])  # type: ignore[type-var]  # @gathers-later-call
    raise wrap(group) if wrap else group


@require(lambda calls: len(calls) > 0)
def gathers_items(calls: list[Callable[[], Any]], wrap: Any = None) -> Iterator[int]:
    yield 1
    group = ExceptionGroup("several", [caught_from(call) for call in calls])  # type: ignore[type-var]
    raise wrap(group) if wrap else group


GATHER: list[Any] = [
    lambda *given: gathers(*given),
    lambda *given: finished(gathers_later(*given)),
    lambda *given: list(gathers_items(*given)),
]


def failing(error: BaseException) -> Callable[[], Any]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize("gather", GATHER, ids=["plain", "coroutine", "generator"])
def test_R22_each_leaf_of_a_group_is_judged_by_its_own_rule(gather: Any, told: list[Any]) -> None:
    value = ValueError("nobody's")
    post = error_of(PostconditionError, lambda: finished(later(1, by=3)))

    group = group_of(lambda: gather([lambda: positive(-1), failing(value), failing(post)]))

    routine, same_value, same_post = leaves(group)
    assert (type(group), group.message) == (ExceptionGroup, "several")
    assert type(routine) is RoutineError
    assert type(routine.root) is PreconditionError
    assert same_value is value
    assert same_post is post
    assert told == [post, routine.root]


@pytest.mark.parametrize("gather", GATHER, ids=["plain", "coroutine", "generator"])
def test_R22_nesting_and_notes_are_kept(gather: Any) -> None:
    def wrap(group: Any) -> Any:
        group.add_note("inner note")
        outer = ExceptionGroup("outer", [group, KeyError("beside")])
        outer.add_note("outer note")
        return outer

    group = group_of(lambda: gather([lambda: positive(-1)], wrap))

    [[routine], beside] = leaves(group)
    assert (group.message, group.exceptions[0].message) == ("outer", "several")
    assert (group.__notes__, group.exceptions[0].__notes__) == (["outer note"], ["inner note"])
    assert (type(routine), type(beside)) == (RoutineError, KeyError)


def test_R22_a_group_of_somebodys_own_class_is_derived_by_itself() -> None:
    class Several(ExceptionGroup[Exception]):
        def derive(self, excs: Any) -> Any:
            return Several(self.message, excs)

    group = group_of(lambda: gathers([lambda: positive(-1)], lambda g: Several("own", g.exceptions)))

    assert (type(group), group.message) == (Several, "own")
    assert [type(leaf) for leaf in leaves(group)] == [RoutineError]


def test_R22_a_group_without_violations_is_the_very_same() -> None:
    made: list[Any] = []

    def wrap(group: Any) -> Any:
        made.append(group)
        return group

    group = group_of(lambda: gathers([failing(ValueError("x"))], wrap))

    assert leaves(group) == leaves(made[0])
    assert type(leaves(group)[0]) is ValueError


def test_R22_the_line_that_broke_the_inner_contract_is_blamed() -> None:
    group = group_of(lambda: gathers([lambda: positive(-1)]))  # @inner-break

    [routine] = leaves(group)
    assert routine.blame is Blame.CALLEE
    assert routine.root.site.line == AT["inner-break"]
    assert routine.site.function.endswith("gathers")


def test_R22_the_immediate_caller_catches_no_precondition_in_a_group() -> None:
    found: list[str] = []
    try:
        gathers([lambda: positive(-1)])
    except* PreconditionError:
        found.append("caller")
    except* RoutineError:
        found.append("callee")

    assert found == ["callee"]


def test_R22_cancellations_and_exits_in_a_group_stay_what_they_are() -> None:
    end = KeyboardInterrupt()

    group = group_of(
        lambda: gathers(
            [lambda: positive(-1)], lambda inner: BaseExceptionGroup("with an exit", [end, *inner.exceptions])
        )
    )

    interrupt, routine = leaves(group)
    assert interrupt is end
    assert (type(group), type(routine)) == (BaseExceptionGroup, RoutineError)


def test_R22_an_undeclared_leaf_of_a_group_is_a_raises_error() -> None:
    declared, undeclared = KeyError("declared"), ValueError("undeclared")

    @raises(KeyError)
    def several() -> None:
        raise ExceptionGroup("several", [declared, undeclared])

    first, second = leaves(group_of(several))

    assert first is declared
    assert (type(second), second.__cause__) == (RaisesError, undeclared)


def test_R22_a_group_that_crosses_two_contracted_routines_keeps_its_root() -> None:
    @require(lambda calls: True)
    def outer(calls: Any) -> None:
        gathers(calls)

    [leaf] = leaves(group_of(lambda: outer([lambda: positive(-1)])))

    assert (type(leaf), type(leaf.root)) == (RoutineError, PreconditionError)


def test_R22_a_task_group_in_a_contracted_coroutine() -> None:
    async def child() -> None:
        positive(-1)  # @child

    @require(lambda n: n > 0)
    async def parent(n: int) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(child())

    [leaf] = leaves(group_of(lambda: asyncio.run(parent(1))))

    assert (type(leaf), leaf.root.site.line) == (RoutineError, AT["child"])
