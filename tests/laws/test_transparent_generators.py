"""Law: a generator whose contract holds is driven, and ends, exactly as the bare one, step by step.

A program is the text of a body; the same body runs bare and under each contract, is driven by the same steps, and both
write down what happened: what each step gave or raised, and what the body itself saw.
"""

from __future__ import annotations

import gc
import os
import sys
import textwrap
from typing import TYPE_CHECKING, Any, Self

import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from culpa import ensure, raises, require, sends, snapshot, yields

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAMS = int(os.environ.get("CULPA_GENERATORS", "100"))

Events = list[Any]


class Odd(BaseException):
    """As a cancellation: no `Exception`."""


class Pause:
    """What an async body awaits: the driver sees its number, and answers."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __await__(self) -> Any:
        return (yield ("pause", self.number))


# The programs.

KINDS = ["ValueError", "KeyError", "Odd", "GeneratorExit", "StopIteration", "StopAsyncIteration"]
HANDLED = ["ValueError", "Exception", "BaseException", "GeneratorExit", "Odd"]
numbers = st.integers(0, 9)


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def tried(parts: tuple[list[str], str, list[str], list[str]]) -> list[str]:
    body, kind, handler, final = parts
    lines = ["try:", *indented(body)]
    if handler or not final:
        lines += [f"except {kind} as error:", *indented(["log.append(('caught', type(error).__name__))", *handler])]
    return [*lines, *(["finally:", *indented(final)] if final else [])]


def statements(is_async: bool) -> st.SearchStrategy[list[str]]:
    """Lists of lines that may stand in a body; what stands behind a `return` stays, and is never reached."""
    simple = [
        numbers.map(lambda n: [f"log.append(('said', {n}))"]),
        numbers.map(lambda n: [f"log.append(('got', (yield {n})))"]),
        numbers.map(lambda n: [f"yield {n}"]),
        st.sampled_from(KINDS).map(lambda kind: [f"raise {kind}('body')"]),
        st.just(["return"]) if is_async else numbers.map(lambda n: [f"return {n}"]),
    ]
    if is_async:
        simple.append(numbers.map(lambda n: [f"log.append(('answer', await Pause({n})))"]))
        simple.append(numbers.map(lambda n: ["async for item in inner(log):", "    yield item"]))
    else:
        simple.append(numbers.map(lambda n: [f"log.append(('from', (yield from [{n}, {n}])))"]))
        simple.append(st.just(["log.append(('from', (yield from inner(log))))"]))

    def composed(part: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
        return st.one_of(
            st.tuples(part, st.sampled_from(HANDLED), part, st.one_of(st.just([]), part)).map(tried),
            part.map(lambda body: ["for turn in range(2):", *indented(body)]),
            part.map(lambda body: ["try:", *indented(body), "finally:", "    log.append('left')"]),
            st.tuples(part, part).map(lambda both: [*both[0], *both[1]]),
        )

    return st.recursive(st.one_of(simple), composed, max_leaves=7)


INNER = """\
def inner(log):
    try:
        log.append(('inner got', (yield 'first')))
        yield 'second'
        return 'inner result'
    except ValueError:
        log.append('inner caught')
        yield 'third'
    finally:
        log.append('inner left')
"""
ASYNC_INNER = (
    INNER.replace("def", "async def")
    .replace("return 'inner result'", "return")
    .replace("        yield 'second'", "        yield await Pause('inner')")
)


def program(lines: list[str], is_async: bool) -> str:
    definition = "async def body(log, n):" if is_async else "def body(log, n):"
    unreached = ["if False:", "    yield"]
    text = "\n".join([definition, *indented(["log.append(('start', n))", *lines, *unreached])])
    return f"{ASYNC_INNER if is_async else INNER}{text}\n"


def made(text: str) -> Callable[..., Any]:
    names: dict[str, Any] = {"Pause": Pause, "Odd": Odd}
    exec(compile(text, "<program>", "exec", dont_inherit=True), names)
    body: Callable[..., Any] = names["body"]
    return body


def always(*values: object) -> bool:
    return True


async def eventually(item: object) -> bool:
    await Pause(-1)
    return True


CONTRACTS: dict[str, list[Any]] = {
    "require": [require(lambda n: n >= 0)],
    "called require": [require(lambda n: always(n))],
    "ensure": [ensure(lambda result: True)],
    "raises": [raises(BaseException)],
    "yields": [yields(lambda item: True)],
    "sends": [sends(lambda sent: sent is not None)],
    "all": [
        require(lambda n: n >= 0),
        snapshot(n=lambda n: n),
        yields(lambda item: item is not always),
        sends(lambda sent: sent is not None),
        ensure(lambda n, result, old: old.n == n and result is not always),
    ],
    "all, called": [
        require(lambda n: always(n)),
        yields(lambda item, n: always(item)),
        sends(lambda sent: always(sent)),
        ensure(lambda result: always(result)),
    ],
}


def contracted(body: Callable[..., Any], contract: str) -> Callable[..., Any]:
    for declaration in reversed(CONTRACTS[contract]):
        body = declaration(body)
    return body


# The drivers.


def told(error: BaseException | None, depth: int = 3) -> Any:
    """What can be told of an exception, and of those behind it."""
    if error is None or depth == 0:
        return None
    value = error.value if isinstance(error, StopIteration) else None
    chain = (told(error.__cause__, depth - 1), told(error.__context__, depth - 1), error.__suppress_context__)
    return type(error).__name__, error.args, value, chain


def outcome(step: Callable[[], Any], given: BaseException | None = None) -> Any:
    """What a step did, and whether what it raised is the very exception that it was given."""
    try:
        return "gave", step()
    except BaseException as error:  # noqa: BLE001 - exits and cancellations are told like any other
        return "raised", told(error), error is given


Step = tuple[str, Any]


def thrown(kind: str) -> BaseException:
    known: dict[str, type[BaseException]] = {"Odd": Odd}
    return (known.get(kind) or getattr(__import__("builtins"), kind))("thrown")


def performed(generator: Any, step: Step) -> Any:
    name, value = step
    if name == "next":
        return outcome(lambda: next(generator))
    if name == "send":
        return outcome(lambda: generator.send(value))
    if name == "throw":
        error = thrown(value)
        return outcome(lambda: generator.throw(error), error)
    return outcome(generator.close)


class Dropping:
    """Writes down what Python says of a generator that is dropped.

    One that goes on all the same is dropped a second time where another one drives it, as by Python's own `yield from`:
    that last drop counts for nothing.
    """

    def __init__(self, log: Events) -> None:
        self.log = log
        self.goes_on = False
        self.start = 0

    def __enter__(self) -> Self:
        self.before, sys.unraisablehook = sys.unraisablehook, self.ignored
        return self

    def __exit__(self, *error: object) -> None:
        if self.goes_on:
            gc.collect()
            del self.log[self.start :]
        sys.unraisablehook = self.before

    def begins(self) -> None:
        self.start = len(self.log)

    def ignored(self, hook: Any) -> None:
        self.log.append(("ignored", told(hook.exc_value)))
        self.goes_on = self.goes_on or "ignored GeneratorExit" in str(hook.exc_value)


def driven(function: Callable[..., Any], steps: list[Step]) -> Events:
    """Drive a generator and drop it; the events of the body stand between those of the steps."""
    log: Events = []
    with Dropping(log) as dropping:
        generator = function(log, 1)
        log.append(("made", type(generator).__name__, generator.__name__, generator.__qualname__))
        for step in steps:
            log.append((step, performed(generator, step)))
            log.append(("over", generator.gi_frame is None))
        dropping.begins()
        del generator
    return log


steps = st.lists(
    st.one_of(
        st.just(("next", None)),
        st.just(("next", None)),
        st.tuples(st.just("send"), st.one_of(st.none(), st.integers(1, 9))),
        st.tuples(st.just("throw"), st.sampled_from(KINDS)),
        st.just(("close", None)),
    ),
    min_size=1,
    max_size=6,
)
NEXT, CLOSE = ("next", None), ("close", None)
KEEPS_ON = ["try:", "    yield 1", "except GeneratorExit:", "    yield 2"]
RETURNS = ["try:", "    yield 1", "except GeneratorExit:", "    return 2"]


@pytest.mark.parametrize("contract", CONTRACTS)
@settings(max_examples=PROGRAMS, deadline=None, suppress_health_check=list(HealthCheck))
@example(lines=RETURNS, steps=[NEXT, CLOSE])
@example(lines=RETURNS, steps=[NEXT, ("throw", "GeneratorExit")])
@example(lines=KEEPS_ON, steps=[NEXT, ("throw", "GeneratorExit"), NEXT])
@example(lines=KEEPS_ON, steps=[NEXT, CLOSE, NEXT])
@example(lines=KEEPS_ON, steps=[NEXT])
@given(lines=statements(is_async=False), steps=steps)
def test_a_contracted_generator_behaves_as_the_bare_one(contract: str, lines: list[str], steps: list[Step]) -> None:
    text = program(lines, is_async=False)
    note(text)
    bare = driven(made(text), steps)

    assert driven(contracted(made(text), contract), steps) == bare


# Async generators, driven without a loop.

AsyncStep = tuple[str, Any, list[Step]]


def finished(awaitable: Any, answers: list[Step]) -> Events:
    """Run what a step gives to its end, answering each pause; what has no answer gets None."""
    found: Events = []
    running = awaitable.__await__()
    for name, value in [*answers, *[("send", None)] * 30]:
        if name == "throw" and found:
            error = thrown(value)
            found.append(outcome(lambda error=error: running.throw(error), error))
        else:
            found.append(outcome(lambda value=value: running.send(value if found else None)))
        if found[-1][0] == "raised":
            return found
    raise AssertionError("the program does not end")


def awaited(generator: Any, step: AsyncStep) -> Events:
    name, value, answers = step
    if name == "next":
        awaitable = anext(generator)
    elif name == "send":
        awaitable = generator.asend(value)
    elif name == "throw":
        awaitable = generator.athrow(thrown(value))
    else:
        awaitable = generator.aclose()
    return finished(awaitable, answers)


def async_driven(function: Callable[..., Any], steps: list[AsyncStep]) -> Events:
    """Drive an async generator, close it, and drop it."""
    log: Events = []
    with Dropping(log) as dropping:
        generator = function(log, 1)
        log.append(("made", type(generator).__name__, generator.__name__, generator.__qualname__))
        for step in [*steps, ("close", None, [])]:
            log.append((step, awaited(generator, step)))
            log.append(("over", generator.ag_frame is None, generator.ag_running))
        dropping.begins()
        del generator
    return log


answers = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.one_of(st.none(), st.integers(1, 9))),
        st.tuples(st.just("throw"), st.sampled_from(["ValueError", "Odd"])),
    ),
    max_size=3,
)
async_steps = st.lists(
    st.one_of(
        st.tuples(st.just("next"), st.none(), answers),
        st.tuples(st.just("next"), st.none(), answers),
        st.tuples(st.just("send"), st.one_of(st.none(), st.integers(1, 9)), answers),
        st.tuples(st.just("throw"), st.sampled_from(KINDS), answers),
        st.tuples(st.just("close"), st.none(), answers),
    ),
    min_size=1,
    max_size=5,
)
ANEXT, ACLOSE = ("next", None, []), ("close", None, [])
ASYNC_RETURNS = ["try:", "    yield 1", "except GeneratorExit:", "    return"]


@pytest.mark.parametrize("contract", CONTRACTS)
@settings(max_examples=PROGRAMS, deadline=None, suppress_health_check=list(HealthCheck))
@example(lines=ASYNC_RETURNS, steps=[ANEXT, ("throw", "GeneratorExit", [])])
@example(lines=KEEPS_ON, steps=[ANEXT, ("throw", "GeneratorExit", []), ANEXT])
@example(lines=KEEPS_ON, steps=[ANEXT, ACLOSE, ANEXT])
@example(lines=["try:", "    yield 1", "finally:", "    await Pause(1)"], steps=[ANEXT, ACLOSE, ANEXT])
@given(lines=statements(is_async=True), steps=async_steps)
def test_a_contracted_async_generator_behaves_as_the_bare_one(
    contract: str, lines: list[str], steps: list[AsyncStep]
) -> None:
    text = program(lines, is_async=True)
    note(text)
    bare = async_driven(made(text), steps)

    assert async_driven(contracted(made(text), contract), steps) == bare


@settings(max_examples=PROGRAMS, deadline=None, suppress_health_check=list(HealthCheck))
@given(lines=statements(is_async=True), steps=async_steps)
def test_an_async_predicate_of_the_items_adds_nothing_but_its_own_awaits(
    lines: list[str], steps: list[AsyncStep]
) -> None:
    steps = [(name, value, []) for name, value, _ in steps]  # an answer would reach another pause
    text = program(lines, is_async=True)
    note(text)
    bare = async_driven(made(text), steps)

    found = async_driven(yields(eventually)(made(text)), steps)

    own = ("gave", ("pause", -1))
    assert [
        (event[0], [part for part in event[1] if part != own]) if isinstance(event[1], list) else event
        for event in found
    ] == bare


def test_the_driver_tells_generators_apart_that_differ() -> None:
    texts = [program(lines, is_async=False) for lines in (KEEPS_ON, RETURNS, ["yield 1"], ["return 2"])]
    walks = [driven(made(text), [NEXT, ("throw", "GeneratorExit")]) for text in texts]

    assert all(walks[a] != walks[b] for a in range(4) for b in range(a))


def test_a_program_is_as_it_reads() -> None:
    text = program(tried((["yield 1"], "ValueError", ["return 2"], ["log.append('left')"])), is_async=False)

    assert text.removeprefix(INNER) == textwrap.dedent("""\
        def body(log, n):
            log.append(('start', n))
            try:
                yield 1
            except ValueError as error:
                log.append(('caught', type(error).__name__))
                return 2
            finally:
                log.append('left')
            if False:
                yield
        """)
