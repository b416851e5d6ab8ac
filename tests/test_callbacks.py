"""What a callable under contract still is: its identity, its kind, its life, and where it may be declared."""

from __future__ import annotations

import abc
import asyncio
import contextlib
import functools
import gc
import inspect
import operator
import threading
import types
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from culpa import (
    CallbackError,
    CallbackMisuseError,
    ContractError,
    PostconditionError,
    PreconditionError,
    RoutineError,
    callback,
    contract_of,
    ensure,
    require,
    source_of,
)
from harness.markers import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AT = lines_of(__file__)


@callback("f", require(lambda n: n >= 0), ensure(lambda n, result: result is not None))
def take(f: Any) -> Any:
    return f


@callback("result", require(lambda n: n >= 0), ensure(lambda n, result: result is not None))
def give(f: Any) -> Any:
    return f


def plain(n: int, *, step: int = 1) -> int:
    """Return a number."""
    return n * step


class Number:
    """A number."""

    def __init__(self, n: int) -> None:
        self.n = n

    def method(self, n: int) -> int:
        """Return a number of mine."""
        return n

    @classmethod
    def class_method(cls, n: int) -> int:
        return n

    @staticmethod
    def static_method(n: int) -> int:
        return n


class Caller:
    """Calls."""

    def __call__(self, n: int) -> int:
        return n


async def coroutine(n: int) -> int:
    return n


def generator(n: int) -> Iterator[int]:
    yield n


async def async_generator(n: int) -> Any:
    yield n


NUMBER = Number(1)
PLAIN_KINDS = {
    "function": plain,
    "lambda": lambda n: n,
    "class": Number,
    "method": NUMBER.method,
    "class method": Number.class_method,
    "static method": Number.static_method,
    "callable object": Caller(),
    "partial": functools.partial(plain, step=2),
    "cached": functools.cache(plain),
    "builtin": abs,
    "type": str,
    "bound builtin": [5, 6, 7].__getitem__,
    "operator": operator.attrgetter("real"),
    "contracted": require(lambda n: n < 100)(plain),
}
FLOWS = {"coroutine": coroutine, "generator": generator, "async generator": async_generator}
EVERY_KIND = {**PLAIN_KINDS, **FLOWS, "partial coroutine": functools.partial(coroutine)}


def outcome(call: Any, *arguments: Any) -> Any:
    """Return the violation in which a call ends."""
    with pytest.raises(ContractError) as caught:
        call(*arguments)
    return caught.value


@pytest.fixture
def no_gc() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Thing:
    """Something with a weak reference."""


# Identity and signature.


@pytest.mark.parametrize("handed", [take, give])
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_guard_is_a_function_with_name_doc_and_wrapped_of_the_callable(kind: str, handed: Any) -> None:
    call = EVERY_KIND[kind]

    guard: Any = handed(call)

    assert type(guard) is types.FunctionType
    assert vars(guard)["__wrapped__"] is call
    assert guard.__name__ == getattr(call, "__name__", type(call).__name__)
    assert guard.__doc__ == call.__doc__
    assert guard.__module__ == getattr(call, "__module__", guard.__module__)


@pytest.mark.parametrize("kind", [kind for kind in EVERY_KIND if kind not in ("type", "operator", "bound builtin")])
def test_a_guard_has_the_signature_of_the_callable(kind: str) -> None:
    call: Any = EVERY_KIND[kind]

    assert inspect.signature(take(call)) == inspect.signature(call)


def test_a_guard_is_not_equal_to_the_callable() -> None:
    guard = take(plain)

    assert guard is not plain
    assert guard != plain
    assert hash(guard) is not None


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_guard_is_not_wrapped_twice_by_the_same_clause(kind: str) -> None:
    for handed in (take, give):
        guard = handed(EVERY_KIND[kind])

        assert handed(guard) is guard


def test_a_guard_of_another_clause_is_wrapped_again() -> None:
    guard = take(plain)

    assert give(guard).__wrapped__ is guard


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_introspection_sees_the_kind_of_the_callable(kind: str) -> None:
    call = EVERY_KIND[kind]
    guard = take(call)

    for question in (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction):
        assert question(guard) == question(call)


def test_attributes_of_the_callable_are_those_of_the_guard() -> None:
    def marked(n: int) -> int:
        return n

    marked.mark = "here"  # type: ignore[attr-defined]

    assert take(marked).mark == "here"
    assert take(marked).__annotations__ == marked.__annotations__
    assert marked.__dict__ == {"mark": "here"}


# Kinds of callables.


@pytest.mark.parametrize("handed", [take, give])
@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_every_kind_of_callable_serves_and_is_checked(kind: str, handed: Any) -> None:
    call: Any = PLAIN_KINDS[kind]

    guard = handed(call)

    assert type(guard(1)) is type(call(1))
    error = outcome(guard, -1)
    assert type(error) is (CallbackMisuseError if handed is take else PreconditionError)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_kind_of_callable_is_refused_what_its_contract_forbids_at_the_call(kind: str) -> None:
    assert type(outcome(take(EVERY_KIND[kind]), -1)) is CallbackMisuseError


@pytest.mark.parametrize("kind", ["coroutine", "partial coroutine"])
def test_a_coroutine_function_gives_what_it_awaits(kind: str) -> None:
    guard = take(EVERY_KIND[kind])

    assert asyncio.run(guard(5)) == 5


def test_a_generator_function_gives_its_items_and_its_return_value_is_checked() -> None:
    @callback("f", ensure(lambda n, result: result == n))
    def takes(f: Any) -> Any:
        return list(f(1))

    def counting(n: int) -> Any:
        yield from range(3)
        return n

    def miscounting(n: int) -> Any:
        yield from range(3)
        return n + 1

    assert takes(counting) == [0, 1, 2]
    assert type(outcome(takes, miscounting)) is CallbackError


def test_an_async_generator_function_gives_its_items() -> None:
    @callback("f", require(lambda n: n >= 0))
    async def items(f: Any, n: int) -> list[int]:
        return [item async for item in f(n)]

    assert asyncio.run(items(async_generator, 3)) == [3]
    assert type(outcome(lambda: asyncio.run(items(async_generator, -1)))) is CallbackMisuseError


def test_an_async_callable_object_is_checked_before_it_is_awaited() -> None:
    class Later:
        async def __call__(self, n: int) -> int:
            return n

    guard = take(Later())

    assert asyncio.run(guard(2)) == 2
    assert type(outcome(guard, -1)) is CallbackMisuseError


def test_a_class_is_a_factory_whose_instance_is_its_result() -> None:
    @callback("factory", ensure(lambda n, result: result.n > 0))
    def build(factory: Any, n: int) -> Any:
        return factory(n)

    assert build(Number, 1).n == 1
    assert type(outcome(build, Number, -1)) is CallbackError


def test_a_contracted_callable_keeps_its_own_contract() -> None:
    error = outcome(take(PLAIN_KINDS["contracted"]), 100)

    assert type(error) is CallbackError
    assert type(error.root) is PreconditionError


def test_a_callable_called_with_its_own_default_is_checked_with_it() -> None:
    def defaulting(n: int = 3) -> int:
        return n

    def wrongly_defaulting(n: int = -3) -> int:
        return n

    assert take(defaulting)() == 3
    assert type(outcome(take(wrongly_defaulting))) is CallbackMisuseError


def test_more_arguments_of_the_callable_than_the_contract_names_pass_on() -> None:
    guard = take(plain)

    assert guard(2, step=5) == 10
    assert guard(n=2, step=5) == 10
    assert guard(step=5, n=2) == 10


@pytest.mark.parametrize("arguments", [{"n": 1}, {"x": 1}, {"value": 1}])
def test_keyword_arguments_bind_by_the_callables_own_names(arguments: dict[str, int]) -> None:
    (name,) = arguments
    namespace: dict[str, Any] = {}
    exec(f"def call({name}): return {name}", namespace)
    guard = take(namespace["call"])

    assert guard(**arguments) == 1
    assert type(outcome(lambda: guard(**{name: -1}))) is CallbackMisuseError


@pytest.mark.parametrize("arguments", [(), (1, 2, 3)])
def test_a_call_that_does_not_fit_the_callable_is_its_own_type_error(arguments: tuple[int, ...]) -> None:
    with pytest.raises(TypeError) as bare:
        plain(*arguments)
    with pytest.raises(TypeError) as guarded:
        take(plain)(*arguments)

    assert type(guarded.value) is TypeError
    assert str(guarded.value) == str(bare.value)


def test_a_parameter_of_any_kind_may_be_the_callable() -> None:
    promise = callback("f", ensure(lambda n, result: result >= 0))

    @promise
    def positional(f: Any, /) -> Any:
        return f(1)

    @promise
    def keyword(*, f: Any) -> Any:
        return f(1)

    @promise
    def after_star(*rest: int, f: Any = abs, **more: int) -> Any:
        return f(1)

    assert (positional(abs), keyword(f=abs), after_star(), after_star(1, f=abs, x=2)) == (1, 1, 1, 1)
    for call in (lambda: positional(lambda n: -n), lambda: keyword(f=lambda n: -n), lambda: after_star(f=lambda n: -n)):
        assert type(outcome(call)) is CallbackError


def test_a_callable_object_that_lies_about_its_class_is_served() -> None:
    class Liar:
        @property  # type: ignore[misc]
        def __class__(self) -> Any:
            return int

        def __call__(self, n: int) -> int:
            return n

    assert take(Liar())(1) == 1


def test_a_callable_whose_attributes_raise_is_served() -> None:
    class Hostile:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        __hash__ = None  # type: ignore[assignment]

        def __call__(self, n: int) -> int:
            return n

    guard = take(Hostile())

    assert guard(1) == 1
    assert type(outcome(guard, -1)) is CallbackMisuseError


def test_equality_of_star_arguments_is_never_asked() -> None:
    class Hostile:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        __hash__ = None  # type: ignore[assignment]

        def __call__(self, n: int) -> int:
            return n

    @callback("fs", require(lambda n: n >= 0))
    def stars(*fs: Any, **named: Any) -> Any:
        return [f(1) for f in fs]

    @callback("fs", require(lambda n: n >= 0))
    def double_stars(**fs: Any) -> Any:
        return [f(1) for f in fs.values()]

    assert stars(Hostile(), Hostile()) == [1, 1]
    assert double_stars(a=Hostile(), b=Hostile()) == [1, 1]


# Memory.


def closing_over(thing: Any) -> Callable[[int], int]:
    def call(n: int) -> int:
        return n if thing else -1

    return call


def async_closing_over(thing: Any) -> Any:
    async def call(n: int) -> int:
        return n if thing else -1

    return call


def generating_over(thing: Any) -> Any:
    def call(n: int) -> Iterator[int]:
        yield n if thing else -1

    return call


@pytest.mark.usefixtures("no_gc")
@pytest.mark.parametrize("handed", [take, give])
@pytest.mark.parametrize("closing", [closing_over, async_closing_over, generating_over])
def test_a_guarded_callable_dies_with_its_last_use(closing: Any, handed: Any) -> None:
    for _ in range(3):
        thing = Thing()
        alive = weakref.ref(thing)
        guard = handed(closing(thing))
        del thing
        assert alive() is not None

        del guard

        assert alive() is None


@pytest.mark.usefixtures("no_gc")
def test_a_guarded_callable_that_was_called_dies_with_its_last_use() -> None:
    @callback("f", require(lambda n: n >= 0), callback("result", ensure(lambda result: True)))
    def calls(f: Any) -> Any:
        return f(1)

    def returning(thing: Any) -> Any:
        return lambda n: lambda: thing and n

    thing = Thing()
    alive = weakref.ref(thing)
    result = calls(returning(thing))
    del thing
    assert alive() is not None

    del result

    assert alive() is None


@pytest.mark.xfail(reason="around a routine, the checks hold its arguments until it returns")
@pytest.mark.usefixtures("no_gc")
def test_an_argument_dropped_inside_the_body_dies_there() -> None:
    seen: list[bool] = []

    @callback("f", require(lambda n: n >= 0))
    def dropping(f: Any, alive: Any) -> None:
        f = None  # noqa: F841 - the last reference
        seen.append(alive() is None)

    def main() -> None:
        thing = Thing()
        call = closing_over(thing)
        alive = weakref.ref(thing)
        del thing
        box = [call]
        del call
        dropping(box.pop(), alive)

    main()

    assert seen == [True]


@pytest.mark.xfail(reason="around a routine, the checks hold its arguments until it returns")
@pytest.mark.usefixtures("no_gc")
def test_an_argument_of_the_callable_dies_when_the_callable_drops_it() -> None:
    seen: list[bool] = []

    @callback("f", require(lambda thing, alive: thing is not None))
    def lending(f: Any) -> None:
        box = [Thing()]
        alive = weakref.ref(box[0])
        f(box.pop(), alive)

    def dropping(thing: Any, alive: Any) -> None:
        del thing
        seen.append(alive() is None)

    lending(dropping)

    assert seen == [True]


@pytest.mark.usefixtures("no_gc")
@pytest.mark.parametrize(
    "fail",
    [
        lambda call: take(call)(-1),
        lambda call: give(call)(-1),
        lambda call: take(lambda n: call and None)(1),
        lambda call: give(lambda n: call and None)(1),
    ],
)
def test_a_violation_that_was_dropped_leaves_nothing(fail: Any) -> None:
    thing = Thing()
    alive = weakref.ref(thing)
    with contextlib.suppress(ContractError):
        fail(closing_over(thing))

    del thing

    assert alive() is None


@pytest.mark.usefixtures("no_gc")
@pytest.mark.parametrize("bad", [True, False])
def test_a_violation_that_is_kept_keeps_no_frame_beyond_its_traceback(bad: bool) -> None:
    @callback("f", require(lambda n: n >= 0), ensure(lambda n, result: result >= 0))
    def calling(f: Any) -> Any:
        local = Thing()
        found.append(weakref.ref(local))
        return f(1 if bad else -1)

    found: list[Any] = []

    def main() -> ContractError:
        try:
            calling(lambda n: -1)
        except ContractError as error:
            return error.with_traceback(None)
        raise AssertionError

    error = main()

    assert type(error) is (CallbackError if bad else CallbackMisuseError)
    assert found[0]() is None


@pytest.mark.usefixtures("no_gc")
def test_an_unwrapped_root_keeps_no_frame_of_what_had_wrapped_it() -> None:
    found: list[Any] = []

    @callback("f", ensure(lambda result: result is None))
    def second(f: Any) -> Any:
        return f()

    @callback("f", ensure(lambda result: result >= 0))
    def first(f: Any) -> Any:
        local = Thing()
        found.append(weakref.ref(local))
        return second(f)

    def main() -> ContractError:
        try:
            first(lambda: -1)
        except ContractError as error:
            return error.with_traceback(None)
        raise AssertionError

    error = main()

    assert type(error) is CallbackError
    assert found[0]() is None
    context = error.__context__  # what had wrapped it, with nothing left in it
    assert context is None or (context.__traceback__, context.__cause__) == (None, None)


@pytest.mark.parametrize("kind", ["function", "class", "partial", "builtin", "coroutine", "generator"])
def test_two_thousand_callbacks_leave_no_garbage(kind: str) -> None:
    call = EVERY_KIND[kind]
    for _ in range(10):
        take(call)
        give(call)
    gc.collect()
    before = len(gc.get_objects())

    gc.disable()
    try:
        for _ in range(1000):
            take(call)
            give(call)
        after = len(gc.get_objects())
        collected = gc.collect()
    finally:
        gc.enable()

    assert after - before < 100
    assert collected < 100


def test_two_thousand_failing_callbacks_leave_no_garbage() -> None:
    def fail() -> None:
        with contextlib.suppress(ContractError):
            take(plain)(-1)
        with contextlib.suppress(ContractError):
            take(lambda n: None)(1)

    for _ in range(10):
        fail()
    gc.collect()
    gc.disable()
    try:
        for _ in range(1000):
            fail()
        collected = gc.collect()
    finally:
        gc.enable()

    assert collected < 100


def test_the_first_callable_is_not_kept_by_what_was_compiled_for_it() -> None:
    @callback("f", require(lambda n: n >= 0))
    def fresh(f: Any) -> None:
        f(1)

    thing = Thing()
    alive = weakref.ref(thing)
    fresh(closing_over(thing))
    del thing
    fresh(plain)

    gc.collect()

    assert alive() is None


# Inheritance.


class Base:
    @callback("f", require(lambda n: n >= 0), ensure(lambda n, result: result >= 0))
    def run(self, f: Any) -> Any:
        return f(1)


def test_a_method_names_itself_in_the_report() -> None:
    error = outcome(lambda: Base().run(lambda n: -1))  # @method

    assert type(error) is CallbackError
    assert error.site.line == AT["method"]
    assert "argument f of Base.run()" in str(error)


def test_an_override_inherits_the_contract_of_a_callable() -> None:
    class Sub(Base):
        def run(self, f: Any) -> Any:
            return f(-1)  # @sub-misuses

    error = outcome(Sub().run, abs)

    assert type(error) is CallbackMisuseError
    assert error.site.line == AT["sub-misuses"]


def test_an_override_that_renames_the_parameter_inherits_the_contract_of_a_callable() -> None:
    class Sub(Base):
        def run(self, action: Any) -> Any:
            return action(2)

    assert Sub().run(lambda n: n) == 2
    error = outcome(lambda: Sub().run(action=lambda n: -1))  # @renamed

    assert type(error) is CallbackError
    assert error.site.line == AT["renamed"]
    assert error.path in ("argument f", "argument action")


def test_an_override_refuses_what_is_no_callable() -> None:
    class Sub(Base):
        def run(self, action: Any) -> Any:
            return action

    assert type(outcome(Sub().run, 3)) is PreconditionError


def test_the_default_of_an_override_passes_unguarded() -> None:
    class Sub(Base):
        def run(self, f: Any = None) -> Any:
            return f

    assert Sub().run() is None
    assert Sub().run(None) is None
    assert type(outcome(Base().run, None)) is PreconditionError


def test_an_override_adds_to_the_contract_of_a_callable() -> None:
    class Sub(Base):
        @callback("f", ensure(lambda n, result: result < 10))
        def run(self, f: Any) -> Any:
            return f(1)

    assert Sub().run(lambda n: 5) == 5
    for bad in (-1, 10):
        error = outcome(lambda bad=bad: Sub().run(lambda n: bad))  # @both-clauses
        assert type(error) is CallbackError
        assert error.site.line == AT["both-clauses"]


def test_an_override_that_calls_super_passes_the_callable_on() -> None:
    class Sub(Base):
        def run(self, f: Any) -> Any:
            return super().run(f)

    assert Sub().run(lambda n: 5) == 5
    error = outcome(lambda: Sub().run(lambda n: -1))  # @through-super

    assert type(error) is CallbackError
    assert error.root is error
    assert error.site.line == AT["through-super"]


def test_a_constructor_of_a_subclass_that_calls_super_passes_the_callable_on() -> None:
    class Button:
        @callback("handler", ensure(lambda result: result is None))
        def __init__(self, handler: Any) -> None:
            self.handler = handler
            handler()

    class Named(Button):
        def __init__(self, name: str, handler: Any) -> None:
            super().__init__(handler)  # @super-init
            self.name = name

    assert Named("ok", lambda: None).name == "ok"
    error = outcome(lambda: Named("ok", lambda: 1))

    assert type(error) is CallbackError
    assert error.site.line == AT["super-init"]


def test_an_override_inherits_the_contract_of_the_callable_it_returns() -> None:
    class Factory:
        @callback("result", require(lambda n: n >= 0), ensure(lambda n, result: result >= 0))
        def make(self) -> Any:
            return abs

    class Sub(Factory):
        def make(self) -> Any:  # @sub-makes
            return lambda n: -1

    error = outcome(lambda: Sub().make()(1))

    assert type(error) is PostconditionError
    assert error.site.line == AT["sub-makes"]
    assert type(outcome(Sub().make(), -1)) is PreconditionError


def test_an_abstract_method_and_a_protocol_pass_the_contract_down() -> None:
    class Runner(abc.ABC):
        @abc.abstractmethod
        @callback("f", ensure(lambda result: result >= 0))
        def run(self, f: Any) -> Any: ...

    class Walker(Protocol):
        @callback("f", ensure(lambda result: result >= 0))
        def run(self, f: Any) -> Any: ...

    class Runs(Runner):
        def run(self, f: Any) -> Any:
            return f()

    class Walks(Walker):
        def run(self, f: Any) -> Any:
            return f()

    for cls in (Runs, Walks):
        assert cls().run(lambda: 1) == 1
        assert type(outcome(cls().run, lambda: -1)) is CallbackError


def test_class_methods_and_static_methods_take_callables() -> None:
    class Holder:
        @classmethod
        @callback("f", ensure(lambda result: result >= 0))
        def below(cls, f: Any) -> Any:
            return f()

        @callback("f", ensure(lambda result: result >= 0))
        @classmethod
        def above(cls, f: Any) -> Any:
            return f()

        @callback("f", ensure(lambda result: result >= 0))
        @staticmethod
        def static(f: Any) -> Any:
            return f()

    for call in (Holder.below, Holder.above, Holder.static, Holder().static):
        assert call(lambda: 1) == 1
        assert type(outcome(call, lambda: -1)) is CallbackError


def test_a_property_returns_a_callable_under_contract() -> None:
    class Holder:
        @property
        @callback("result", require(lambda n: n >= 0))
        def call(self) -> Any:
            return abs

    assert Holder().call(1) == 1
    assert type(outcome(lambda: Holder().call(-1))) is PreconditionError


# Foreign decorators.


def foreign(function: Any) -> Any:
    @functools.wraps(function)
    def forwarding(*arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)  # @forwards

    return forwarding


@pytest.mark.parametrize("call", [lambda g: g(abs, 2), lambda g: g(f=abs, n=2), lambda g: g(abs, n=2)])
def test_a_foreign_decorator_beneath_is_handed_the_guard(call: Any) -> None:
    got: list[Any] = []

    @callback("f", require(lambda n: n >= 0))
    @foreign
    def beneath(f: Any, n: int) -> Any:
        got.append(f)
        return f(n)

    assert call(beneath) == 2
    assert got[0].__wrapped__ is abs


def test_a_foreign_decorator_beneath_lets_both_sides_be_blamed() -> None:
    @callback("f", require(lambda n: n >= 0), ensure(lambda n, result: result >= 0))
    @foreign
    def beneath(f: Any, n: int) -> Any:
        return f(n)  # @beneath-calls

    bad = outcome(lambda: beneath(lambda n: -1, 1))  # @beneath-bad
    misused = outcome(beneath, abs, -1)

    assert (type(bad), bad.site.line) == (CallbackError, AT["beneath-bad"])
    assert (type(misused), misused.site.line) == (CallbackMisuseError, AT["beneath-calls"])


def test_a_foreign_decorator_above_made_the_call() -> None:
    @foreign
    @callback("f", ensure(lambda result: result >= 0))
    def above(f: Any) -> Any:
        return f()

    error = outcome(above, lambda: -1)

    assert (type(error), error.site.line) == (CallbackError, AT["forwards"])


def test_a_context_manager_function_takes_a_callable() -> None:
    @contextlib.contextmanager
    @callback("f", ensure(lambda result: result >= 0))
    def managed(f: Any) -> Iterator[Any]:
        yield f()

    with managed(lambda: 1) as value:
        assert value == 1
    with pytest.raises(CallbackError) as caught, managed(lambda: -1):  # @managed
        pytest.fail("never entered")

    assert caught.value.site.line == AT["managed"]


def test_a_cached_function_caches_by_the_callable_that_was_handed_over() -> None:
    runs: list[int] = []

    @functools.cache
    @callback("f", ensure(lambda result: result >= 0))
    def cached(f: Any) -> Any:
        runs.append(1)
        return f()

    def one() -> int:
        return 1

    assert (cached(one), cached(one)) == (1, 1)
    assert runs == [1]


def test_a_decorator_that_is_a_contracted_function_returns_callables_under_contract() -> None:
    @callback("function", ensure(lambda n, result: result >= 0))
    @callback("result", require(lambda n: n < 100))
    def doubled(function: Any) -> Any:
        @functools.wraps(function)
        def twice(n: int) -> Any:
            return 2 * function(n)

        return twice

    @doubled  # @decorates
    def negated(n: int) -> int:
        return -n

    assert negated.__name__ == "negated"
    assert negated(-1) == 2
    assert type(outcome(negated, 100)) is PreconditionError
    error = outcome(negated, 1)
    assert type(error) is RoutineError
    assert error.root.site.line == AT["decorates"]


# Threads, recursion, looking.


def test_threads_do_not_mix_their_callables() -> None:
    @callback("f", ensure(lambda n, result: result == n))
    def calling(f: Any, n: int) -> Any:
        return f(n)

    def attempt(n: int) -> bool:
        def call(given: int) -> int:
            barrier.wait()
            return given if n % 2 else given + 1

        try:
            return bool(calling(call, n) == n)
        except CallbackError as error:
            return error.values["n"] != str(n)

    workers = 8
    barrier = threading.Barrier(workers)
    with ThreadPoolExecutor(workers) as pool:
        for _ in range(20):
            assert list(pool.map(attempt, range(workers))) == [bool(n % 2) for n in range(workers)]


def test_a_callable_called_by_another_thread_is_checked() -> None:
    @callback("f", require(lambda n: n >= 0))
    def elsewhere(f: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(f, -1).result()

    error = outcome(elsewhere, abs)

    assert type(error) is CallbackMisuseError


def test_recursion_through_a_callable_is_checked_at_every_depth() -> None:
    @callback("f", require(lambda n: n >= 0))
    def loop(f: Any, n: int) -> Any:
        return f(n)  # @loops

    def step(n: int) -> int:
        return n if n == 0 else loop(step, n - 2)

    assert loop(step, 10) == 0
    error = outcome(lambda: loop(step, 5))

    assert type(error) is CallbackMisuseError
    assert error.site.line == AT["loops"]


def test_mutual_recursion_of_callables_ends_in_a_recursion_error() -> None:
    @callback("f", require(lambda n: n >= 0))
    def forever(f: Any) -> Any:
        return f(1)

    def again(n: int) -> Any:
        return forever(again)

    with pytest.raises(RecursionError):
        forever(again)

    assert forever(abs) == 1


def test_a_guard_handed_on_a_thousand_times_does_not_grow() -> None:
    @callback("f", require(lambda n: n >= 0))
    def same(f: Any) -> Any:
        return f

    guard = same(plain)
    for _ in range(1000):
        guard = same(guard)

    assert guard.__wrapped__ is plain


def test_the_contract_and_the_source_of_a_function_show_its_callbacks() -> None:
    kinds = [clause.kind for clause in contract_of(take).clauses]

    assert kinds == ["callback"]
    assert "f" in source_of(take)


@pytest.mark.parametrize("handed", [take, give])
def test_the_contract_of_a_guard_is_the_callables(handed: Any) -> None:
    kinds = [clause.kind for clause in contract_of(handed(plain)).clauses]

    assert kinds == ["require", "ensure"]


def test_the_functions_own_signature_is_unchanged() -> None:
    assert str(inspect.signature(take)) == "(f: 'Any') -> 'Any'"
    assert take.__name__ == "take"


def test_a_declaration_decorates_any_number_of_functions() -> None:
    promise = callback("f", ensure(lambda result: result >= 0))
    functions: list[Any] = [promise(lambda f: f()), promise(lambda g, f: f()), promise(lambda *, f: f())]

    assert functions[0](lambda: 1) == functions[1](0, lambda: 1) == functions[2](f=lambda: 1) == 1
    assert type(outcome(functions[1], 0, lambda: -1)) is CallbackError
    assert type(outcome(lambda: functions[2](f=lambda: -1))) is CallbackError


def test_who_got_the_same_callable_before_is_not_confused_with_who_gets_it_now() -> None:
    guards = [take(plain) for _ in range(3)]

    assert len({id(guard) for guard in guards}) == 3
