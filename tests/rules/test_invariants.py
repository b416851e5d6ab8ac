"""R8, R9, R10: who broke the object, and on which way out; R11 and R19 for invariants."""

from __future__ import annotations

import abc
import asyncio
import contextlib
import copy
import dataclasses
import functools
import pickle
import sys
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar

import pytest

from culpa import (
    Blame,
    CalleeError,
    CallerError,
    ContractError,
    DeclarationError,
    DefectError,
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
    snapshot,
)
from harness.markers import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = sys._getframe().f_code.co_filename
AT = lines_of(__file__)
T = TypeVar("T")


def error_of(error_type: type[Any], call: Any) -> Any:
    with pytest.raises(error_type) as caught:
        call()
    assert type(caught.value) is error_type
    return caught.value


def broken_at(call: Any, phase: str = "exit") -> int:
    """Return the line of the InvariantError that the call ends in."""
    error = error_of(InvariantError, call)
    assert (error.phase, error.site.file) == (phase, HERE)
    return int(error.site.line)


def ruin(obj: Any, **fields: Any) -> None:
    """Change an object behind its back."""
    vars(obj).update(fields)


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """Everything that observers hear of during the test."""
    seen: list[Any] = []
    handle = on_violation(seen.append)
    yield seen
    handle.remove()


@require(lambda call: callable(call))
def contracted(call: Any) -> Any:
    return call()


def uncontracted(call: Any) -> Any:
    return call()


class Bell:
    @require(lambda call: callable(call))
    def ring(self, call: Any) -> Any:
        return call()


@invariant(lambda self: self.times >= 0)
class CheckedBell:
    def __init__(self) -> None:
        self.times = 0

    @require(lambda call: callable(call))
    def ring(self, call: Any) -> Any:
        return call()


@invariant(lambda self: self.times >= 0)
class GuardedBell:
    times = 0

    def ring(self, call: Any) -> Any:
        return call()


@invariant(lambda self: self.balance >= 0, "no overdraft")  # @promise
class Account:
    def __init__(self, balance: int = 0) -> None:  # @init
        self.balance = balance

    def add(self, amount: int) -> None:  # @add
        self.balance += amount

    def read(self) -> int:
        return self.balance

    def fail(self, balance: int, error: BaseException) -> None:
        self.balance = balance
        raise error  # @fails

    def fail_within(self, balance: int, error: BaseException) -> None:
        self._fail(balance, error)  # @fails-within

    def _fail(self, balance: int, error: BaseException) -> None:
        self.balance = balance
        raise error

    def _set(self, balance: int) -> None:
        self.balance = balance


@invariant(lambda self: self.low <= self.high)  # @range
class Range:
    """Its methods break it for a moment, and let somebody else run meanwhile."""

    def __init__(self, low: int = 0, high: int = 1) -> None:
        self.low, self.high = low, high

    def read(self) -> tuple[int, int]:
        return self.low, self.high

    def shift(self, by: int, through: Any) -> Any:
        self.low += by
        found = through(self.read)  # @calls-out
        self.high += by
        return found

    def shift_privately(self, by: int, through: Any) -> Any:
        found = self._begin(by, through)
        self.high += by
        return found

    def _begin(self, by: int, through: Any) -> Any:
        self.low += by
        return through(self.read)  # @private-calls-out

    def forgive(self, by: int, through: Any) -> None:
        self.low += by
        with contextlib.suppress(InvariantError):
            through(self.read)
        self.high += by

    def lose(self) -> None:  # @lose
        self.low = self.high + 1

    def hand_over(self, through: Any) -> None:
        through(self.lose)


# R8: at exit.


def test_R8_the_method_that_leaves_its_object_broken_is_blamed_at_its_definition() -> None:
    account = Account(1)

    error = error_of(InvariantError, lambda: account.add(-3))

    assert isinstance(error, CalleeError)
    assert (error.blame, error.phase, error.concurrent) == (Blame.CALLEE, "exit", False)
    assert (error.site.file, error.site.line, error.site.function) == (HERE, AT["add"], "Account.add")
    assert (error.clause.kind, error.clause.message) == ("invariant", "no overdraft")
    assert (error.clause.site.file, error.clause.site.line) == (HERE, AT["promise"])
    assert error.root is error
    assert error.__cause__ is None
    assert error.to_dict()["phase"] == "exit"
    if error.clause.text is not None:
        assert error.clause.text == "self.balance >= 0"
        assert error.values["self.balance"] == "-2"


def test_R8_a_method_that_keeps_the_invariant_returns_what_it_returns(told: list[Any]) -> None:
    account = Account(1)
    account.add(4)

    assert account.read() == 5
    assert told == []


def test_R8_observers_hear_of_it_once(told: list[Any]) -> None:
    error = error_of(InvariantError, lambda: Account(1).add(-3))

    assert told == [error]


def test_R8_a_contracted_function_between_lets_it_pass_unchanged() -> None:
    error = error_of(InvariantError, lambda: contracted(lambda: Account(1).add(-3)))

    assert (error.root, error.site.line) == (error, AT["add"])


@invariant(lambda self: self.n >= 0)
class Every:
    """Each public routine breaks the object."""

    def __init__(self) -> None:
        self.n = 0

    def method(self) -> None:  # @method
        self.n = -1

    @property
    def value(self) -> int:  # @getter
        self.n = -1
        return 0

    @value.setter
    def value(self, value: int) -> None:  # @setter
        self.n = -1

    @value.deleter
    def value(self) -> None:  # @deleter
        self.n = -1

    def __call__(self) -> None:  # @call
        self.n = -1

    def __len__(self) -> int:  # @len
        self.n = -1
        return 0

    def __bool__(self) -> bool:  # @bool
        self.n = -1
        return True

    def __getitem__(self, key: int) -> int:  # @getitem
        self.n = -1
        return 0

    def __setitem__(self, key: int, value: int) -> None:  # @setitem
        self.n = -1

    def __delitem__(self, key: int) -> None:  # @delitem
        self.n = -1

    def __contains__(self, key: int) -> bool:  # @contains
        self.n = -1
        return False

    def __iter__(self) -> Iterator[int]:  # @iter
        self.n = -1
        return iter(())

    def __enter__(self) -> None:  # @enter
        self.n = -1

    def __exit__(self, *raised: object) -> None:  # @exit
        self.n = -1

    def __eq__(self, other: object) -> bool:  # @eq
        self.n = -1
        return False

    def __hash__(self) -> int:  # @hash
        self.n = -1
        return 0

    def __add__(self, other: object) -> int:  # @add-operator
        self.n = -1
        return 0

    @require(lambda x: x > 0)
    @ensure(lambda result: True)
    def with_contract(self, x: int) -> None:  # @with-contract
        self.n = -1

    written_elsewhere = lambda self: vars(self).update(n=-1)  # @lambda


ROUTINES: list[Any] = [
    ("method", lambda it: it.method()),
    ("getter", lambda it: it.value),
    ("setter", lambda it: setattr(it, "value", 1)),
    ("deleter", lambda it: delattr(it, "value")),
    ("call", lambda it: it()),
    ("len", lambda it: len(it)),
    ("bool", lambda it: bool(it)),
    ("getitem", lambda it: it[0]),
    ("setitem", lambda it: it.__setitem__(0, 1)),
    ("delitem", lambda it: it.__delitem__(0)),
    ("contains", lambda it: 0 in it),
    ("iter", lambda it: iter(it)),
    ("enter", lambda it: it.__enter__()),
    ("exit", lambda it: it.__exit__(None, None, None)),
    ("eq", lambda it: it == 1),
    ("hash", lambda it: hash(it)),
    ("add-operator", lambda it: it + 1),
    ("with-contract", lambda it: it.with_contract(1)),
    ("lambda", lambda it: it.written_elsewhere()),
]


@pytest.mark.parametrize(("mark", "call"), ROUTINES, ids=[mark for mark, _ in ROUTINES])
def test_R8_every_kind_of_public_routine_is_checked_at_exit(mark: str, call: Any) -> None:
    assert broken_at(lambda: call(Every())) == AT[mark]


@pytest.mark.parametrize(("mark", "call"), ROUTINES, ids=[mark for mark, _ in ROUTINES])
def test_R10_every_kind_of_public_routine_is_checked_at_entry(mark: str, call: Any) -> None:
    it = Every()
    ruin(it, n=-2)

    error = error_of(OutsideError, lambda: call(it))

    assert (error.site.file, error.site.function) == (HERE, "<lambda>")
    assert it.n == -2, "the body must not have run"


@invariant(lambda self: self.n >= 0)
class Unchecked:
    """None of its routines is one that an invariant watches."""

    def __init__(self) -> None:
        self.n = 0

    def _private(self) -> None:
        self.n = -1

    def __mangled(self) -> None:
        self.n = -1

    @property
    def _value(self) -> int:
        self.n = -1
        return 0

    @staticmethod
    def static(it: Any) -> None:
        it.n = -1

    @classmethod
    def of_class(cls, it: Any) -> None:
        it.n = -1

    def __repr__(self) -> str:
        self.n = -1
        return ""

    def __str__(self) -> str:
        self.n = -1
        return ""

    def __getattr__(self, name: str) -> int:
        self.n = -1
        return 0

    def __setattr__(self, name: str, value: Any) -> None:
        vars(self)[name] = value

    def __delattr__(self, name: str) -> None:
        self.n = -1

    def __sizeof__(self) -> int:
        self.n = -1
        return 0

    def __dir__(self) -> list[str]:
        self.n = -1
        return []

    def __reduce_ex__(self, protocol: Any) -> Any:
        self.n = -1
        return str, ()

    def __getstate__(self) -> Any:
        self.n = -1
        return {}

    def __setstate__(self, state: Any) -> None:
        self.n = -1

    def __copy__(self) -> Any:
        self.n = -1
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        self.n = -1
        return self

    def __del__(self) -> None:
        self.n = -1

    def read(self) -> int:
        return self.n


UNCHECKED: list[Any] = [
    lambda it: it._private(),
    lambda it: it._Unchecked__mangled(),
    lambda it: it._value,
    lambda it: it.static(it),
    lambda it: it.of_class(it),
    lambda it: repr(it),
    lambda it: str(it),
    lambda it: it.missing,
    lambda it: setattr(it, "n", -1),
    lambda it: delattr(it, "n"),
    lambda it: it.__sizeof__(),
    lambda it: dir(it),
    lambda it: pickle.dumps(it),
    lambda it: it.__getstate__(),
    lambda it: it.__setstate__({}),
    lambda it: copy.copy(it),
    lambda it: copy.deepcopy(it),
    lambda it: it.__del__(),
]


@pytest.mark.parametrize("call", UNCHECKED)
def test_R8_other_routines_are_checked_neither_at_entry_nor_at_exit(call: Any, told: list[Any]) -> None:
    it = Unchecked()

    call(it)
    assert vars(it)["n"] == -1
    call(it)

    assert told == []
    error_of(OutsideError, lambda: it.read())


def test_R8_methods_that_come_from_a_base_without_contracts_are_checked_in_the_class_with_the_invariant() -> None:
    class Plain:
        n = 0

        def put(self, n: int) -> None:  # @put
            self.n = n

        def _set(self, n: int) -> None:  # @inherited-setter
            self.n = n

        value = property(put, _set)

    written = dict(vars(Plain))

    @invariant(lambda self: self.n >= 0)
    class Checked(Plain):
        pass

    assert broken_at(lambda: Checked().put(-1)) == AT["put"]
    assert broken_at(lambda: setattr(Checked(), "value", -1)) == AT["inherited-setter"]
    Plain().put(-1)
    assert {name: vars(Plain)[name] for name in written} == written


def test_R8_what_a_builtin_base_breaks_is_found_at_the_next_public_call() -> None:
    @invariant(lambda self: all(value >= 0 for value in self.values()))
    class Stock(dict[str, int]):
        def total(self) -> int:
            return sum(self.values())

    stock = Stock(nuts=1)
    assert stock.total() == 1
    stock["nuts"] = -1

    assert error_of(OutsideError, lambda: stock.total()).blame is Blame.OUTSIDE


def test_R8_a_chain_of_super_calls_is_one_call() -> None:
    @invariant(lambda self: self.n % 2 == 0)
    class Even:
        n = 0

        def step(self) -> None:
            self.n += 1

    class Fixing(Even):
        def step(self) -> None:
            super().step()
            self.n += 1

    class Spoiling(Fixing):
        def step(self) -> None:  # @spoiling
            super().step()
            super().step()
            self.n += 1

    fixing = Fixing()
    fixing.step()

    assert fixing.n == 2
    assert broken_at(lambda: Spoiling().step()) == AT["spoiling"]


def test_R8_a_method_that_calls_itself_is_checked_when_the_outermost_call_ends(told: list[Any]) -> None:
    @invariant(lambda self: self.depth == 0)
    class Diver:
        depth = 0

        def dive(self, times: int, up: int) -> None:  # @dive
            self.depth += 1
            if times > 1:
                self.dive(times - 1, up)
            self.depth -= up

    Diver().dive(5, 1)
    assert told == []

    assert broken_at(lambda: Diver().dive(5, 2)) == AT["dive"]
    assert len(told) == 1


def test_R8_a_method_behind_somebodys_decorator_is_a_method_like_any_other() -> None:
    def passed_on(function: Any) -> Any:
        def forwarding(*arguments: Any) -> Any:
            return function(*arguments)

        forwarding.__wrapped__ = function  # type: ignore[attr-defined]  # as functools.wraps leaves it
        return forwarding

    @invariant(lambda self: self.n >= 0)
    class Decorated:
        n = 0

        def read(self) -> int:
            return self.n

        @passed_on
        def put(self, n: int) -> None:
            self.n = -1
            self.read()
            self.n = n

    decorated = Decorated()
    decorated.put(3)

    assert decorated.read() == 3
    assert error_of(InvariantError, lambda: decorated.put(-3)).phase == "exit"


def test_R8_the_first_of_the_stacked_invariants_that_is_false_is_named() -> None:
    @invariant(lambda self: self.n != 1, "not one")
    @invariant(lambda self: self.n < 2, "small")  # @small
    @invariant(lambda self: self.n < 3, "smaller than three")
    class Stacked:
        n = 0

        def put(self, n: int) -> None:
            self.n = n

    found = {n: error_of(InvariantError, lambda n=n: Stacked().put(n)).clause for n in (1, 2, 3)}

    assert [found[n].message for n in (1, 2, 3)] == ["not one", "small", "small"]
    assert found[2].site.line == AT["small"]


def test_R8_a_later_invariant_alone_is_enough() -> None:
    @invariant(lambda self: True)
    @invariant(lambda self: self.n < 3, "small")
    class Stacked:
        n = 0

        def put(self, n: int) -> None:
            self.n = n

    assert error_of(InvariantError, lambda: Stacked().put(3)).clause.message == "small"


def test_R8_any_callable_serves_and_the_message_is_kept() -> None:
    def is_fine(self: Any) -> bool:
        return bool(self.n >= 0)

    class Limit:
        def __call__(self) -> bool:
            return False

    for predicate in (is_fine, lambda self: is_fine(self), lambda self, least=0: self.n >= least):

        class Box:
            n = 0

            def put(self, n: int) -> None:
                self.n = n

        checked = invariant(predicate, "words")(Box)

        assert checked is Box
        assert error_of(InvariantError, lambda box=Box: box().put(-1)).clause.message == "words"
    never = invariant(Limit())(type("Never", (), {}))
    assert error_of(InvariantError, never).phase == "exit"


def test_R8_the_order_is_entry_precondition_captures_body_postcondition_exit() -> None:
    seen: list[str] = []

    def note(name: str) -> bool:
        seen.append(name)
        return True

    @invariant(lambda self: note("invariant 1"))
    @invariant(lambda self: note("invariant 2"))
    class Noting:
        @ensure(lambda old: old.x and note("post"))
        @snapshot(x=lambda: note("capture"))
        @require(lambda: note("pre"))
        def method(self) -> None:
            note("body")

    noting = Noting()
    seen.clear()
    noting.method()

    invariants = ["invariant 1", "invariant 2"]
    assert seen == [*invariants, "pre", "capture", "body", "post", *invariants]


def test_R8_a_broken_object_is_found_before_a_wrong_argument() -> None:
    @invariant(lambda self: self.n >= 0)
    class Ordered:
        n = 0

        @require(lambda x: x > 0)
        def method(self, x: int) -> None:
            pass

    ordered = Ordered()
    error_of(PreconditionError, lambda: ordered.method(-1))
    ruin(ordered, n=-1)

    error_of(OutsideError, lambda: ordered.method(-1))


# R8: constructors.


def test_R8_a_constructor_is_checked_when_it_is_complete() -> None:
    assert Account(1).read() == 1

    assert broken_at(lambda: Account(-1)) == AT["init"]


def test_R8_a_constructor_that_is_called_again_is_checked_again() -> None:
    account = Account(1)
    ruin(account, balance=-1)

    account.__init__(2)  # type: ignore[misc]  # no entry check: it may repair the object

    assert account.read() == 2
    assert broken_at(lambda: account.__init__(-1)) == AT["init"]  # type: ignore[misc]


def test_R8_the_constructor_of_a_subclass_is_checked_once_when_it_is_complete(told: list[Any]) -> None:
    class Late(Account):
        def __init__(self, balance: int) -> None:  # @late
            super().__init__(-1)
            self.balance = balance

    class Later(Late):
        def __init__(self, balance: int) -> None:  # @later
            super().__init__(-2)
            self.balance = balance

    assert (Late(1).balance, Later(2).balance) == (1, 2)
    assert told == []
    assert broken_at(lambda: Late(-3)) == AT["late"]
    assert broken_at(lambda: Later(-3)) == AT["later"]
    assert len(told) == 2


def test_R8_the_constructor_of_a_subclass_that_calls_no_other_is_checked_too() -> None:
    class Own(Account):
        def __init__(self) -> None:  # @own
            self.balance = -1

    assert broken_at(Own) == AT["own"]


def test_R8_a_subclass_without_a_constructor_is_checked_by_the_one_that_it_inherits() -> None:
    class Same(Account):
        pass

    assert Same(1).balance == 1
    assert broken_at(lambda: Same(-1)) == AT["init"]


def test_R8_a_constructor_that_comes_from_a_base_without_contracts_is_checked() -> None:
    class Plain:
        def __init__(self, n: int) -> None:  # @plain-init
            self.n = n

    @invariant(lambda self: self.n >= 0)
    class Checked(Plain):
        pass

    assert Checked(1).n == 1
    assert broken_at(lambda: Checked(-1)) == AT["plain-init"]
    assert Plain(-1).n == -1


def test_R8_a_class_without_a_constructor_is_blamed_at_its_own_line() -> None:
    @invariant(lambda self: self.n >= 0)
    class Nobodys:  # @nobodys
        n = -1

    assert broken_at(Nobodys) == AT["nobodys"]


def test_R8_generated_constructors_are_blamed_at_the_line_of_the_class() -> None:
    @invariant(lambda self: self.n >= 0)
    @dataclasses.dataclass
    class Above:  # @above
        n: int

    @dataclasses.dataclass
    @invariant(lambda self: self.n >= 0)
    class Below:  # @below
        n: int

    @invariant(lambda self: self.n >= 0)
    @dataclasses.dataclass(frozen=True, slots=True)
    class Frozen:  # @frozen
        n: int

    for cls, mark in ((Above, "above"), (Below, "below"), (Frozen, "frozen")):
        assert cls(1).n == 1
        assert broken_at(lambda cls=cls: cls(-1)) == AT[mark]
    assert broken_at(lambda: dataclasses.replace(Frozen(1), n=-1)) == AT["frozen"]


def test_R8_what_a_post_init_repairs_was_never_broken(told: list[Any]) -> None:
    @invariant(lambda self: self.n >= 0)
    @dataclasses.dataclass
    class Repaired:
        n: int

        def __post_init__(self) -> None:
            self.n = abs(self.n)

    assert Repaired(-1).n == 1
    assert told == []


def test_R8_subclasses_of_builtins_are_checked_when_they_are_built() -> None:
    @invariant(lambda self: self > 0)
    class Positive(int):
        pass

    @invariant(lambda self: len(self) < 3)
    class Short(list[int]):
        pass

    @invariant(lambda self: self.args)
    class Told(Exception):
        pass

    assert (Positive(1), Short([1]), Told("why").args) == (1, [1], ("why",))
    for call in (lambda: Positive(-1), lambda: Short([1, 2, 3]), Told):
        assert error_of(InvariantError, call).phase == "exit"


def test_R8_a_constructor_that_builds_another_object_of_its_class_hides_nothing() -> None:
    @invariant(lambda self: self.n >= 0)
    class Node:
        def __init__(self, n: int, child: int = 0) -> None:  # @node
            self.found = broken_at(lambda: Node(child)) if child else 0
            self.n = n

    assert Node(1, child=-1).found == AT["node"]


def test_R8_copies_are_checked_at_their_first_public_call() -> None:
    account = Account(1)
    ruin(account, balance=-1)

    copies = [copy.copy(account), copy.deepcopy(account)]

    for it in copies:
        error_of(OutsideError, lambda it=it: it.read())


# R9: by an exception.


def test_R9_a_method_that_leaves_by_an_exception_with_its_object_broken_is_blamed_at_the_line() -> None:
    original = KeyError("x")

    error = error_of(InvariantError, lambda: Account(1).fail(-1, original))

    assert (error.phase, error.blame, error.concurrent) == ("exception", Blame.CALLEE, False)
    assert (error.site.file, error.site.line, error.site.function) == (HERE, AT["fails"], "Account.fail")
    assert error.__cause__ is original
    assert error.root is error
    assert error.clause.site.line == AT["promise"]


def test_R9_the_line_is_the_methods_own_however_deep_the_exception_came_from() -> None:
    error = error_of(InvariantError, lambda: Account(1).fail_within(-1, KeyError()))

    assert (error.site.line, error.site.function) == (AT["fails-within"], "Account.fail_within")


def test_R9_observers_hear_of_it_once(told: list[Any]) -> None:
    error = error_of(InvariantError, lambda: Account(1).fail(-1, KeyError()))

    assert told == [error]


def test_R9_an_exception_that_leaves_a_sound_object_passes_unchanged(told: list[Any]) -> None:
    original = KeyError("x")

    with pytest.raises(KeyError) as caught:
        Account(1).fail(0, original)

    assert caught.value is original
    assert told == []


ENDS = [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError]


@pytest.mark.parametrize("end", ENDS)
def test_R9_what_is_no_exception_passes_untouched_and_the_violation_is_only_told(
    end: type[BaseException], told: list[Any]
) -> None:
    original = end("why")

    with pytest.raises(end) as caught:
        Account(1).fail(-1, original)

    assert caught.value is original
    assert (original.__cause__, original.__context__) == (None, None)
    [error] = told
    assert (type(error), error.phase, error.site.line) == (InvariantError, "exception", AT["fails"])


@pytest.mark.parametrize("end", ENDS)
def test_R9_what_is_no_exception_leaves_a_sound_object_without_a_word(
    end: type[BaseException], told: list[Any]
) -> None:
    with pytest.raises(end):
        Account(1).fail(0, end())

    assert told == []


@pytest.mark.parametrize("end", [KeyError, *ENDS])
def test_R9_a_constructor_that_raises_is_not_checked(end: type[BaseException], told: list[Any]) -> None:
    class Stillborn(Account):
        def __init__(self) -> None:
            super().__init__(-1)
            raise end

    with pytest.raises(end):
        Stillborn()

    assert told == []


def test_R9_a_constructor_that_survives_the_failure_of_its_bases_is_checked_in_the_end() -> None:
    class Failing(Account):
        def __init__(self) -> None:
            self.balance = -1
            raise KeyError

    class Surviving(Failing):
        def __init__(self, balance: int) -> None:  # @surviving
            with contextlib.suppress(KeyError):
                super().__init__()
            self.balance += balance

    assert Surviving(1).balance == 0
    assert broken_at(lambda: Surviving(0)) == AT["surviving"]


def test_R9_an_exception_that_is_itself_a_violation_is_the_cause() -> None:
    @require(lambda x: x > 0)
    def positive(x: int) -> int:
        return x

    @invariant(lambda self: self.n >= 0)
    class Careless:
        n = 0

        def wrong_call(self, n: int) -> None:
            self.n = n
            positive(-1)  # @wrong-call

        def wrong_object(self, n: int) -> None:
            self.n = n
            Account(1).add(-3)  # @wrong-object

    error = error_of(InvariantError, lambda: Careless().wrong_call(-1))
    other = error_of(InvariantError, lambda: Careless().wrong_object(-1))

    assert (error.phase, error.site.line) == ("exception", AT["wrong-call"])
    assert type(error.__cause__.root) is PreconditionError
    assert (other.phase, other.site.line) == ("exception", AT["wrong-object"])
    assert (type(other.__cause__), other.__cause__.site.line) == (InvariantError, AT["add"])


@pytest.mark.parametrize("error", [RecursionError(), MemoryError()])
def test_R9_what_is_nobodys_violation_passes_untouched(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        Account(1).fail(-1, error)

    assert caught.value is error
    assert error.__cause__ is None


def test_R4_a_method_that_an_invariant_guards_is_a_contracted_routine() -> None:
    @invariant(lambda self: self.n >= 0)
    class Caller:
        n = 0

        def method(self) -> None:
            contracted(3)  # @calls-wrongly

    error = error_of(RoutineError, lambda: Caller().method())

    assert (error.site.line, type(error.root)) == (AT["calls-wrongly"], PreconditionError)


def test_R9_a_violation_that_leaves_a_sound_object_keeps_its_culprit() -> None:
    @invariant(lambda self: self.n >= 0)
    class Innocent:
        n = 0

        def method(self) -> None:
            Account(1).add(-3)

    error = error_of(InvariantError, lambda: Innocent().method())

    assert (error.phase, error.site.line, error.__cause__) == ("exit", AT["add"], None)


@invariant(lambda self: self.n >= 0)
class Raising:
    n = 0

    @raises(KeyError)
    def method(self, n: int, error: Exception | None) -> None:  # @raising
        self.n = n
        if error is not None:
            raise error  # @raising-raises


def test_R9_a_declared_exception_leaves_a_sound_object_only() -> None:
    original = KeyError()

    with pytest.raises(KeyError) as caught:
        Raising().method(0, original)
    error = error_of(InvariantError, lambda: Raising().method(-1, original))

    assert caught.value is original
    assert (error.phase, error.site.line, error.__cause__) == ("exception", AT["raising-raises"], original)


def test_R9_an_undeclared_exception_that_leaves_a_broken_object_is_among_the_causes() -> None:
    original = ValueError()

    error_of(RaisesError, lambda: Raising().method(0, original))
    error: Any = error_of(InvariantError, lambda: Raising().method(-1, original))

    assert (error.phase, error.site.line) == ("exception", AT["raising-raises"])
    while error.__cause__ is not None:
        error = error.__cause__
    assert error is original


def test_R8_a_violation_at_exit_is_no_undeclared_exception() -> None:
    assert broken_at(lambda: Raising().method(-1, None)) == AT["raising"]


def test_R9_a_method_that_repairs_its_object_on_the_way_out_is_not_blamed(told: list[Any]) -> None:
    @invariant(lambda self: self.n >= 0)
    class Repairing:
        n = 0

        def method(self) -> None:
            self.n = -1
            try:
                raise KeyError
            finally:
                self.n = 0

    with pytest.raises(KeyError):
        Repairing().method()

    assert told == []


# R10: at entry.


def test_R10_whoever_changed_the_object_from_outside_is_at_fault_never_the_reader(told: list[Any]) -> None:
    account = Account(1)
    account.add(5)
    account.balance = -1

    error = error_of(OutsideError, lambda: account.read())  # @witness

    assert not isinstance(error, CallerError | CalleeError)
    assert (error.blame, error.concurrent) == (Blame.OUTSIDE, False)
    assert (error.site.file, error.site.line) == (HERE, AT["witness"])
    assert error.site.function.endswith("<lambda>")
    assert (error.clause.kind, error.clause.site.line) == ("invariant", AT["promise"])
    assert error.root is error
    assert told == [error]


def test_R10_the_body_does_not_run_and_the_object_stays_as_it_was() -> None:
    account = Account(1)
    ruin(account, balance=-1)

    error_of(OutsideError, lambda: account.add(5))

    assert account.balance == -1


def test_R10_a_repair_from_outside_is_as_good_as_any() -> None:
    account = Account(1)
    account.balance = -1
    account.balance = 1

    assert account.read() == 1


def test_R10_a_contracted_function_whose_call_finds_it_is_not_at_fault() -> None:
    account = Account(1)
    ruin(account, balance=-1)

    error = error_of(OutsideError, lambda: contracted(account.read))

    assert (error.root, error.site.function) == (error, "contracted")


def test_R10_a_private_method_called_from_outside_breaks_it_from_outside() -> None:
    account = Account(1)

    account._set(-1)

    assert error_of(OutsideError, lambda: account.read()).site.function.endswith("<lambda>")


THROUGH: list[Any] = [contracted, Bell().ring, CheckedBell().ring, lambda call: contracted(lambda: uncontracted(call))]


@pytest.mark.parametrize("through", THROUGH)
def test_R10_a_method_that_calls_out_while_its_object_is_broken_is_blamed_at_its_line(
    through: Any, told: list[Any]
) -> None:
    error = error_of(InvariantError, lambda: Range().shift(5, through))

    assert (error.phase, error.blame, error.concurrent) == ("reentry", Blame.CALLEE, False)
    assert (error.site.file, error.site.line, error.site.function) == (HERE, AT["calls-out"], "Range.shift")
    assert error.clause.site.line == AT["range"]
    assert error.root is error
    assert told == [error], "it is not told a second time when it leaves the method"


def test_R10_a_method_that_another_objects_invariant_guards_is_a_contracted_one() -> None:
    error = error_of(InvariantError, lambda: Range().shift(5, GuardedBell().ring))

    assert (error.phase, error.site.line) == ("reentry", AT["calls-out"])


def test_R10_a_setter_or_a_dunder_that_called_out_is_blamed_as_any_method() -> None:
    @invariant(lambda self: self.n >= 0)
    class Calling:
        n = 0

        def read(self) -> int:
            return self.n

        @property
        def value(self) -> int:
            return self.n

        @value.setter
        def value(self, n: int) -> None:
            self.n = n
            contracted(self.read)  # @setter-calls-out

        def __len__(self) -> int:
            self.n = -1
            return int(contracted(self.read))  # @len-calls-out

    assert broken_at(lambda: setattr(Calling(), "value", -1), "reentry") == AT["setter-calls-out"]
    assert broken_at(lambda: len(Calling()), "reentry") == AT["len-calls-out"]


@pytest.mark.parametrize("through", THROUGH)
def test_R10_a_callback_that_comes_back_into_a_sound_object_is_welcome(through: Any, told: list[Any]) -> None:
    assert Range(0, 10).shift(5, through) == (5, 10)
    assert told == []


@pytest.mark.parametrize("through", THROUGH)
def test_R10_a_private_method_that_called_out_is_the_one_that_is_blamed(through: Any) -> None:
    error = error_of(InvariantError, lambda: Range().shift_privately(5, through))

    assert (error.phase, error.site.line, error.site.function) == (
        "reentry",
        AT["private-calls-out"],
        "Range._begin",
    )


@pytest.mark.parametrize("through", THROUGH)
def test_R10_a_method_may_forgive_and_repair(through: Any, told: list[Any]) -> None:
    it = Range()

    it.forgive(5, through)

    assert it.read() == (5, 6)
    assert [error.phase for error in told] == ["reentry"]


@pytest.mark.parametrize("through", [uncontracted, lambda call: call(), lambda call: sorted("x", key=lambda n: call())])
def test_R10_without_a_contract_between_it_is_a_call_of_its_own(through: Any, told: list[Any]) -> None:
    Range().shift(5, through)

    assert told == []


@pytest.mark.parametrize("through", THROUGH)
def test_R10_a_call_that_comes_back_and_breaks_the_object_is_blamed_itself(through: Any) -> None:
    assert broken_at(lambda: Range().hand_over(through)) == AT["lose"]


def test_R10_a_call_that_came_back_may_call_its_own_object_as_any_other(told: list[Any]) -> None:
    @invariant(lambda self: self.n >= 0)
    class Nested:
        n = 0

        def outer(self) -> None:
            contracted(self.inner)

        def inner(self) -> None:
            self.n = -1
            self.read()
            self.n = 0

        def read(self) -> int:
            return self.n

    Nested().outer()

    assert told == []


def test_R10_an_object_that_is_broken_is_found_through_the_method_of_another() -> None:
    """The other object's own method runs further out; this object's does not."""
    account = Account(1)
    ruin(account, balance=-1)

    error = error_of(OutsideError, lambda: Bell().ring(account.read))

    assert error.site.function == "Bell.ring"


def test_R10_two_objects_of_one_class_are_two_objects() -> None:
    @invariant(lambda self: self.n >= 0)
    class Pair:
        n = 0

        def read_other(self, other: Any) -> int:
            return int(other.read())  # @reads-other

        def read(self) -> int:
            return self.n

        def spoil(self, other: Any) -> None:
            other.lose()

        def lose(self) -> None:  # @pair-lose
            self.n = -1

    broken = Pair()
    ruin(broken, n=-1)

    assert error_of(OutsideError, lambda: Pair().read_other(broken)).site.line == AT["reads-other"]
    assert broken_at(lambda: Pair().spoil(Pair())) == AT["pair-lose"]


# Free functions are no methods, whatever their first parameter is.


def drive(account: Account, amount: int) -> None:
    account.add(amount)


def add(account: Account, amount: int) -> int:
    account.balance += amount
    return account.read()  # @free-add


def read(self: Account) -> int:
    return self.read()  # @free-read


def test_R8_a_free_function_whose_first_parameter_is_the_object_hides_no_violation() -> None:
    assert broken_at(lambda: drive(Account(1), -3)) == AT["add"]


@pytest.mark.parametrize(("call", "mark"), [(lambda it: add(it, 1), "free-add"), (read, "free-read")])
def test_R10_a_free_function_that_is_named_as_a_method_is_none(call: Any, mark: str) -> None:
    account = Account(1)
    ruin(account, balance=-5)

    error = error_of(OutsideError, lambda: call(account))

    assert error.site.line == AT[mark]


def test_R10_a_function_within_a_function_that_is_named_as_a_method_is_none() -> None:
    def read(self: Account) -> int:
        return self.read()  # @inner-read

    account = Account(1)
    ruin(account, balance=-1)

    assert error_of(OutsideError, lambda: read(account)).site.line == AT["inner-read"]


def test_R8_a_method_whose_object_a_free_function_broke_is_blamed_when_it_ends(told: list[Any]) -> None:
    @invariant(lambda self: self.balance >= 0)
    class Trusting:
        balance = 0

        def trust(self, function: Any) -> None:  # @trust
            function(self)

        def read(self) -> int:
            return self.balance

    def take(trusting: Any) -> None:
        trusting.balance -= 5
        trusting.read()  # a call of its own: the method trusts this function

    assert broken_at(lambda: Trusting().trust(take)) == AT["trust"]
    assert len(told) == 1


@pytest.mark.parametrize("name", ["sell_by_class", "sell_statically"])
def test_R8_a_class_or_static_method_is_no_method_of_the_object_that_it_works_on(name: str) -> None:
    @invariant(lambda self: self.n >= 0)
    class Shop:
        n = 0

        def sell(self, number: int) -> None:  # @sell
            self.n -= number

        @classmethod
        def sell_by_class(cls, shop: Any) -> None:
            shop.sell(5)

        @staticmethod
        def sell_statically(shop: Any) -> None:
            shop.sell(5)

    assert broken_at(lambda: getattr(Shop, name)(Shop())) == AT["sell"]


def for_a_moment(self: Any) -> None:
    self.n = -1
    self.read()
    self.n = 0


def busy(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(self: Any) -> None:
        self.n = -1
        self.read()
        function(self)
        self.n = 0

    return wrapper


@invariant(lambda self: self.n >= 0)
class Assembled:
    """Its routines are found in it under other names than their code has."""

    n = 0
    run = for_a_moment
    value = property(for_a_moment)

    def read(self) -> int:
        return self.n

    @busy
    def decorated(self) -> None:
        self.read()


@pytest.mark.parametrize("name", ["run", "value", "decorated"])
def test_R8_a_routine_may_have_another_name_in_the_class_than_its_code_has(name: str, told: list[Any]) -> None:
    found = getattr(Assembled(), name)
    if callable(found):
        found()

    assert told == []


def test_R8_a_function_that_was_put_into_the_class_later_is_a_method_of_it(told: list[Any]) -> None:
    @invariant(lambda self: self.n >= 0)
    class Open:
        n = 0

        def read(self) -> int:
            return self.n

    def added(self: Any) -> int:
        self.n = -1
        found = self.read()
        self.n = 0
        return int(found)

    Open.added = added  # type: ignore[attr-defined]

    assert Open().added() == -1  # type: ignore[attr-defined]
    assert told == []


# Broken for a moment.


@invariant(lambda self: self.low <= self.high)
class Busy:
    """Each of its methods breaks the object, calls another public one, and repairs it."""

    def __init__(self) -> None:
        self.low, self.high = 1, 0
        self.read()
        self.low = 0

    def read(self) -> int:
        return self.low + len(self)

    def __len__(self) -> int:
        return 1

    @property
    def span(self) -> int:
        return self.high - self.low

    @span.setter
    def span(self, span: int) -> None:
        self.low = self.high + 1
        self.read()
        self.low = self.high - span

    def by_public(self) -> None:
        self.low = 5
        self.read()
        self.low = 0

    def by_property(self) -> None:
        self.low = 5
        assert self.span == -5
        self.low = 0

    def by_setter(self) -> None:
        self.low = 5
        self.span = 3

    def by_private(self) -> None:
        self._break()
        self.read()
        self.low = 0

    def _break(self) -> None:
        self.low = 5
        self.read()

    def by_static(self) -> None:
        self.low = 5
        self.read_of(self)
        self.low = 0

    @staticmethod
    def read_of(it: Any) -> None:
        it.read()

    def by_function(self) -> None:
        self.low = 5
        uncontracted(self.read)
        sorted([1, 2], key=lambda n: self.read())
        [self.read() for _ in "x"]
        self.low = 0

    def by_closure(self) -> None:
        def inner() -> None:
            self.low = 5
            self.read()

        inner()
        self.low = 0

    def by_generator(self) -> None:
        for _ in self._items():
            self.read()
        self.low = 0

    def _items(self) -> Iterator[int]:
        self.low = 5
        self.read()
        yield 1

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        self.low = 5
        self.read()
        yield
        self.read()
        self.low = 0

    def by_context_manager(self) -> None:
        with self.suspended():
            self.read()

    def by_rebinding(self) -> None:
        it, self = self, None  # noqa: PLW0642 - that is what is tried
        it.low = 5
        it.read()
        it.low = 0

    def by_star(*arguments: Any) -> None:
        arguments[0].low = 5
        arguments[0].read()
        arguments[0].low = 0

    def by_exception(self) -> None:
        try:
            self.low = 5
            self.fail()
        except KeyError:
            self.read()
        self.low = 0

    def fail(self) -> None:
        raise KeyError

    @require(lambda x: x > 0)
    @ensure(lambda result: result is None)
    def by_contract(self, x: int = 1) -> None:
        self.low = 5
        self.read()
        self.low = 0


MOMENTS = [name for name in vars(Busy) if name.startswith("by_")]


@pytest.mark.parametrize("name", MOMENTS)
def test_R8_an_object_that_is_broken_for_a_moment_is_not_broken(name: str, told: list[Any]) -> None:
    busy = Busy()

    getattr(busy, name)()

    assert busy.low <= busy.high
    assert told == []


def test_R8_a_setter_may_break_its_object_for_a_moment(told: list[Any]) -> None:
    busy = Busy()

    busy.span = 3

    assert busy.span == 3
    assert told == []


def test_R8_a_constructor_that_calls_an_override_which_reads_what_is_not_there_yet(told: list[Any]) -> None:
    @invariant(lambda self: self.size >= 0)
    class Base:
        def __init__(self) -> None:
            self.set_up()
            self.size = self.describe()

        def set_up(self) -> None:
            pass

        def describe(self) -> int:
            return 0

    @invariant(lambda self: self.limit >= self.size)
    class Sub(Base):
        def __init__(self) -> None:
            super().__init__()
            self.limit = 5

        def set_up(self) -> None:
            self.found = getattr(self, "size", None)

        def describe(self) -> int:
            return 1 if self.found is None else 2

    sub = Sub()

    assert (sub.size, sub.limit, sub.found) == (1, 5, None)
    assert told == []


def test_R10_a_constructor_that_calls_out_while_its_object_is_broken_is_blamed() -> None:
    class Leaking(Account):
        def __init__(self) -> None:
            self.balance = -1
            contracted(self.read)  # @leaks
            self.balance = 0

    assert broken_at(Leaking, "reentry") == AT["leaks"]


def test_R11_a_half_built_object_that_comes_back_counts_for_nothing(told: list[Any]) -> None:
    class Leaking(Account):
        def __init__(self) -> None:
            contracted(self.hello)
            self.balance = 0

        def hello(self) -> str:
            return "hello"

    assert Leaking().balance == 0
    assert told == []


# on_setattr.


def fits(self: Any) -> bool:
    return getattr(self, "x", 0) >= 0 and hasattr(self, "y") and not hasattr(self, "extra")


@invariant(fits, on_setattr=True)
class Watched:
    x = 0

    def __init__(self, x: int = 1, y: int = 1) -> None:
        self.x = -1
        self.x, self.y = x, y

    def move(self, x: int) -> None:  # @move
        self.x = -5
        self._move(x)

    def _move(self, x: int) -> None:
        self.x = -6
        self.x = x

    @property
    def double(self) -> int:
        return self.x * 2

    @double.setter
    def double(self, value: int) -> None:  # @double
        self.x = -7
        self.x = value // 2

    @property
    def fixed(self) -> int:
        return 3


class WatchedChild(Watched):
    pass


@invariant(fits, on_setattr=True)
class Slotted:
    __slots__ = ("extra", "x", "y")

    def __init__(self) -> None:
        self.x, self.y = 1, 1


WATCHED: list[Any] = [Watched, WatchedChild, Slotted]


def assign(it: Any, x: int) -> None:
    it.x = x  # @assigns


def delete(it: Any) -> None:
    del it.y  # @deletes


def add_extra(it: Any) -> None:
    it.extra = 1  # @adds


@pytest.mark.parametrize("cls", WATCHED)
def test_R10_an_assignment_from_outside_that_breaks_the_object_is_undone(cls: Any, told: list[Any]) -> None:
    it = cls()
    assign(it, 2)

    error = error_of(InvariantError, lambda: assign(it, -2))

    assert (error.phase, error.blame, error.concurrent) == ("setattr", Blame.OUTSIDE, False)
    assert (error.site.file, error.site.line, error.site.function) == (HERE, AT["assigns"], "assign")
    assert error.clause.kind == "invariant"
    assert it.x == 2
    assert told == [error]


@pytest.mark.parametrize("cls", WATCHED)
def test_R10_a_deletion_from_outside_that_breaks_the_object_is_undone(cls: Any) -> None:
    it = cls()

    error = error_of(InvariantError, lambda: delete(it))

    assert (error.phase, error.blame, error.site.line) == ("setattr", Blame.OUTSIDE, AT["deletes"])
    assert it.y == 1


@pytest.mark.parametrize("cls", WATCHED)
def test_R10_an_attribute_that_was_not_there_before_is_removed_again(cls: Any) -> None:
    it = cls()

    error = error_of(InvariantError, lambda: add_extra(it))

    assert (error.phase, error.site.line) == ("setattr", AT["adds"])
    assert not hasattr(it, "extra")
    it.x = 3


def test_R10_an_attribute_that_only_the_class_had_is_the_classs_again() -> None:
    it = Watched()
    del it.x
    assert (it.x, "x" in vars(it)) == (0, False)

    error_of(InvariantError, lambda: assign(it, -1))

    assert (it.x, "x" in vars(it)) == (0, False)


def test_R10_setattr_is_an_assignment_as_any_other() -> None:
    it = Watched()

    error = error_of(InvariantError, lambda: setattr(it, "x", -1))  # @by-setattr

    assert (error.phase, error.site.line, it.x) == ("setattr", AT["by-setattr"], 1)


def test_R8_assignments_inside_the_methods_are_free_and_checked_when_they_end(told: list[Any]) -> None:
    it = Watched()
    it.move(2)
    it.double = 8

    assert (it.x, told) == (4, [])
    assert broken_at(lambda: it.move(-1)) == AT["move"]
    it.x = 1
    assert broken_at(lambda: setattr(it, "double", -2)) == AT["double"]


def twin() -> Any:
    class Twin:
        __slots__ = ("x",)

        @property
        def fixed(self) -> int:
            return 3

    return Twin


REFUSED: list[Any] = [
    lambda it: setattr(it, "fixed", 1),
    lambda it: delattr(it, "fixed"),
    lambda it: setattr(it, "unknown", 1),
    lambda it: delattr(it, "unknown"),
    lambda it: delattr(it, "x"),
    lambda it: setattr(it, 3, 1),
]


UNHOOKED = " and no __dict__ for setting new attributes"
"""What Python 3.13 adds for classes in which nobody has written a `__setattr__`."""


@pytest.mark.parametrize("refused", REFUSED)
def test_R10_what_python_refuses_to_assign_is_refused_in_its_own_words(refused: Any) -> None:
    plain, checked = twin(), invariant(lambda self: True, on_setattr=True)(twin())

    with pytest.raises((AttributeError, TypeError)) as expected:
        refused(plain())
    with pytest.raises((AttributeError, TypeError)) as found:
        refused(checked())

    words = str(expected.value).removesuffix(UNHOOKED)
    assert (type(found.value), str(found.value)) == (type(expected.value), words)


def test_R10_a_data_descriptor_is_not_hooked() -> None:
    class Into:
        def __get__(self, it: Any, owner: Any = None) -> Any:
            return vars(it)["kept"]

        def __set__(self, it: Any, value: Any) -> None:
            vars(it)["kept"] = value

    @invariant(lambda self: self.n >= 0, on_setattr=True)
    class Described:
        n = Into()

        def __init__(self) -> None:
            self.n = 0

        def read(self) -> int:
            return int(self.n)

    it = Described()
    it.n = -1

    assert vars(it) == {"kept": -1}
    error_of(OutsideError, lambda: it.read())


def test_R10_a_setattr_of_the_classs_own_does_what_it_did() -> None:
    @invariant(lambda self: self.n >= 0, on_setattr=True)
    class Rounding:
        def __init__(self) -> None:
            self.n = 0

        def __setattr__(self, name: str, value: float) -> None:
            super().__setattr__(name, round(value))

    it = Rounding()
    it.n = 1.2

    assert it.n == 1
    error_of(InvariantError, lambda: setattr(it, "n", -1.2))
    assert it.n == 1


def test_R10_a_setattr_that_a_subclass_writes_is_watched_too() -> None:
    class Passing(Watched):
        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)

    class Replacing(Watched):
        def __setattr__(self, name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

    for it in (Passing(), Replacing()):
        error = error_of(InvariantError, lambda it=it: assign(it, -1))
        assert (error.phase, error.site.line, it.x) == ("setattr", AT["assigns"], 1)


def test_R10_an_augmented_assignment_is_one() -> None:
    def reduce(it: Any) -> None:
        it.x -= 5  # @reduces

    it = Watched()

    assert broken_at(lambda: reduce(it), "setattr") == AT["reduces"]
    assert it.x == 1


def test_R10_without_on_setattr_an_assignment_is_found_at_the_next_call_only() -> None:
    account = Account(1)
    account.balance = -1

    assert account.balance == -1
    error_of(OutsideError, lambda: account.read())


def test_R11_an_assignment_whose_check_raises_is_undone() -> None:
    @invariant(lambda self: 1 / self.n, on_setattr=True)  # @divides
    class Divided:
        def __init__(self) -> None:
            self.n = 1

    it = Divided()

    assert error_of(DefectError, lambda: setattr(it, "n", 0)).site.line == AT["divides"]
    assert it.n == 1


# R11: the contract itself.


@invariant(lambda self: 10 / self.n > 0)  # @defect
class Fragile:
    def __init__(self, n: int) -> None:
        self.n = n

    def put(self, n: int) -> None:
        self.n = n

    def put_for_a_moment(self, n: int) -> None:
        self.put(n)
        self.n = 1


def test_R11_an_invariant_that_raises_is_at_fault_itself(told: list[Any]) -> None:
    fragile = Fragile(1)
    found = [error_of(DefectError, lambda: Fragile(0)), error_of(DefectError, lambda: fragile.put(0))]
    found.append(error_of(DefectError, lambda: fragile.put(1)))

    for error in found:
        assert (error.blame, error.site.file, error.site.line) == (Blame.CONTRACT, HERE, AT["defect"])
        assert type(error.__cause__) is ZeroDivisionError
        assert error.clause.kind == "invariant"
    assert told == found


def test_R11_an_invariant_that_raises_while_a_method_runs_counts_for_nothing(told: list[Any]) -> None:
    Fragile(1).put_for_a_moment(0)

    assert told == []


def test_R11_an_invariant_without_truth_is_at_fault_itself() -> None:
    class Vague:
        def __bool__(self) -> bool:
            raise ArithmeticError

    async def later() -> bool:
        return True

    @invariant(lambda self: self.value)
    class Box:
        def __init__(self, value: Any) -> None:
            self.value = value

    coroutine = later()
    for value in (Vague(), coroutine):
        assert error_of(DefectError, lambda value=value: Box(value)).blame is Blame.CONTRACT
    coroutine.close()


def test_R11_an_invariant_that_reads_what_a_constructor_forgot_is_at_fault() -> None:
    @invariant(lambda self: self.missing)  # @forgotten
    class Forgetful:
        def __init__(self) -> None:
            pass

    error = error_of(DefectError, Forgetful)

    assert (error.site.line, type(error.__cause__)) == (AT["forgotten"], AttributeError)


# Invariants that call what they watch.


@invariant(lambda self: self.is_valid())
@invariant(lambda self: len(self) <= self.limit)
@invariant(lambda self: self.size >= 0 and bool(self) and self == self)  # noqa: PLR0124 - the operator is tried
class Reflexive:
    def __init__(self) -> None:
        self.items: list[int] = []
        self.limit = 2

    def is_valid(self) -> bool:
        return all(item > 0 for item in self.items) and len(self) == self.size

    def __len__(self) -> int:
        return len(self.items)

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return len(self)

    @property
    def size(self) -> int:
        return len(self)

    def add(self, item: int) -> None:  # @reflexive
        self.items.append(item)


def test_R8_an_invariant_may_call_the_public_routines_of_its_object(told: list[Any]) -> None:
    it = Reflexive()
    it.add(1)
    it.add(2)

    assert (it.is_valid(), len(it), it.size, bool(it), it == it, hash(it)) == (True, 2, 2, True, True, 2)  # noqa: PLR0124
    assert told == []


def test_R8_an_invariant_that_calls_its_object_is_found_broken_all_the_same() -> None:
    it = Reflexive()

    assert broken_at(lambda: it.add(-1)) == AT["reflexive"]
    for call in (lambda: it.is_valid(), lambda: len(it), lambda: it.size, lambda: bool(it), lambda: hash(it)):
        error_of(OutsideError, call)


def test_R8_what_a_predicate_calls_of_another_object_is_unchecked_too(told: list[Any]) -> None:
    account = Account(1)
    ruin(account, balance=-1)

    @invariant(lambda self: account.read() < 0)
    class Owner:
        def method(self) -> str:
            return "fine"

    assert Owner().method() == "fine"
    assert told == []


# R19: inheritance.


def test_R19_an_override_that_breaks_what_it_inherits_is_blamed_itself() -> None:
    class Careless(Account):
        def add(self, amount: int) -> None:  # @careless
            self.balance -= amount

    error = error_of(InvariantError, lambda: Careless(1).add(3))

    assert (error.site.line, error.clause.site.line) == (AT["careless"], AT["promise"])
    assert error.site.function.endswith("Careless.add")


def test_R19_a_subclass_needs_no_mark_for_its_own_methods_to_be_checked() -> None:
    class Plain(Account):
        @property
        def half(self) -> float:
            return self.balance / 2

        @half.setter
        def half(self, half: int) -> None:  # @half
            self.balance = 2 * half

        def lose(self) -> None:  # @plain-lose
            self.balance = -1

    class Deeper(Plain):
        def sink(self) -> None:  # @sink
            self.balance = -1

    plain, deeper = Plain(1), Deeper(1)
    assert broken_at(lambda: plain.lose()) == AT["plain-lose"]
    error_of(OutsideError, lambda: plain.half)
    assert broken_at(lambda: setattr(Plain(1), "half", -1)) == AT["half"]
    assert broken_at(lambda: deeper.sink()) == AT["sink"]


def test_R19_a_subclass_adds_an_invariant_which_binds_it_alone() -> None:
    @invariant(lambda self: self.balance < 100, "capped")
    class Capped(Account):
        pass

    class Sibling(Account):
        pass

    capped = error_of(InvariantError, lambda: Capped(1).add(100))
    inherited = error_of(InvariantError, lambda: Capped(1).add(-100))

    assert [error.clause.message for error in (capped, inherited)] == ["capped", "no overdraft"]
    assert [error.site.line for error in (capped, inherited)] == [AT["add"]] * 2
    assert broken_at(lambda: Capped(100)) == AT["init"]
    for cls in (Account, Sibling):
        cls(100).add(100)


def test_R19_two_bases_add_up() -> None:
    @invariant(lambda self: self.n >= 0, "left")
    class Left:
        n = 0

        def put(self, n: int) -> None:  # @left-put
            self.n = n

    @invariant(lambda self: self.n <= 10, "right")
    class Right:
        n = 0

        def store(self, n: int) -> None:  # @right-store
            self.n = n

    class Both(Left, Right):
        pass

    class Starting(Both):
        def __init__(self, n: int) -> None:  # @starting
            self.n = n

    for n, message in ((-1, "left"), (11, "right")):
        for call, mark in (
            (lambda n=n: Both().put(n), "left-put"),
            (lambda n=n: Both().store(n), "right-store"),
            (lambda n=n: Starting(n), "starting"),
        ):
            error = error_of(InvariantError, call)
            assert (error.clause.message, error.site.line) == (message, AT[mark])
    Left().put(11)
    Right().store(-1)


def test_R19_a_mixin_without_contracts_is_watched_where_it_is_mixed_in() -> None:
    class Mixin:
        def halve(self) -> None:  # @halve
            self.balance = -1

    class Mixed(Mixin, Account):
        pass

    assert broken_at(lambda: Mixed(1).halve()) == AT["halve"]
    Mixin().halve()


def test_R19_through_abcs_and_generic_classes() -> None:
    @invariant(lambda self: self.n >= 0)
    class Shape(abc.ABC, Generic[T]):
        n = 0

        @abc.abstractmethod
        def put(self, n: int) -> None: ...

    class Square(Shape[int]):
        def put(self, n: int) -> None:  # @square
            self.n = n

    with pytest.raises(TypeError, match="abstract"):
        Shape()
    assert broken_at(lambda: Square().put(-1)) == AT["square"]


def test_R19_the_contract_of_a_class_lists_its_own_invariants_and_then_those_of_its_bases() -> None:
    @invariant(lambda self: self.balance < 100, "capped")
    @invariant(lambda self: self.balance != 7)
    class Capped(Account):
        pass

    class Plain(Account):
        pass

    clauses = contract_of(Capped).clauses

    assert [(clause.kind, clause.message, clause.origin) for clause in clauses] == [
        ("invariant", "capped", ""),
        ("invariant", None, ""),
        ("invariant", "no overdraft", "Account"),
    ]
    assert [clause.origin for clause in contract_of(Account)] == [""]
    assert [clause.origin for clause in contract_of(Plain)] == ["Account"]
    assert not contract_of(Account.add)
    assert not contract_of(type("Empty", (), {}))


def test_R19_a_postcondition_and_an_invariant_of_one_method_are_told_apart() -> None:
    @invariant(lambda self: self.n >= 0)
    class Both:
        n = 0

        @ensure(lambda result: result > 0)
        def method(self, n: int, answer: int) -> int:  # @method-of-both
            self.n = n
            return answer

    assert Both().method(1, 1) == 1
    assert error_of(PostconditionError, lambda: Both().method(1, -1)).site.line == AT["method-of-both"]
    assert broken_at(lambda: Both().method(-1, 1)) == AT["method-of-both"]


# Wrong declarations.


class Movie(TypedDict):
    title: str


def make(**members: Any) -> Any:
    return type("Shop", (), members)


async def later(self: Any) -> None: ...


def items(self: Any) -> Any:
    yield


async def stream(self: Any) -> Any:
    yield


always = lambda self: True
WRONG: list[Any] = [
    (lambda: invariant(lambda account: True)(make()), ["invariant", "account", "self"]),
    (lambda: invariant(lambda self, other: True)(make()), ["other", "self"]),
    (lambda: invariant(lambda self, result: True)(make()), ["result"]),
    (lambda: invariant(lambda self, old: True)(make()), ["old"]),
    (lambda: invariant(lambda *selves: True)(make()), ["*selves", "name the parameter"]),
    (lambda: invariant(len)(make()), ["wrap it: lambda "]),
    (lambda: invariant("self.n")(make()), ["is a string"]),
    (lambda: invariant(True)(make()), ["evaluated already"]),
    (lambda: invariant(lambda self: (self.n, "text"))(make()), ["tuple", "message behind the predicate"]),
    (lambda: invariant(later)(make()), ["async"]),
    (lambda: invariant(always, 3)(make()), ["message is no string", "in quotes"]),
    (lambda: invariant()(make()), ["write @invariant(lambda"]),
    (lambda: invariant(always, None, True)(make()), ["write @invariant(lambda"]),
    (lambda: invariant(always)(uncontracted), ["invariant", "uncontracted", "class"]),
    (lambda: invariant(always)(Account(1)), ["invariant", "class"]),
    (lambda: invariant(always)(None), ["invariant", "class"]),
    (lambda: invariant(always)(invariant(always)), ["invariant", "class"]),
    (lambda: invariant(always)(Movie), ["Movie", "TypedDict"]),
    (lambda: invariant(always)(int), ["int"]),
    (lambda: invariant(always)(Exception), ["Exception"]),
]


@pytest.mark.parametrize(("declare", "phrases"), WRONG)
def test_a_wrong_declaration_says_what_to_do(declare: Any, phrases: list[str]) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare()

    assert not isinstance(caught.value, ContractError)
    for phrase in phrases:
        assert phrase in str(caught.value)


@pytest.mark.parametrize("wrong", [lambda other: other.n >= 0, later])
def test_a_class_that_is_refused_stays_as_it_was(wrong: Any) -> None:
    def method(self: Any) -> None:
        self.n = -1

    cls = make(method=method, n=0)
    before = dict(vars(cls))

    with pytest.raises(DeclarationError):
        invariant(wrong)(cls)

    assert dict(vars(cls)) == before
    cls().method()


@pytest.mark.parametrize("routine", [later, items, stream])
def test_private_routines_of_every_kind_are_no_concern_of_an_invariant(routine: Any) -> None:
    cls = make(_private=routine)

    assert invariant(always)(cls) is cls


@pytest.mark.parametrize("predicate", [lambda: True, lambda self: True, lambda self: self is not None, always])
def test_a_legal_declaration_gives_the_very_class_back(predicate: Any) -> None:
    cls = make(method=lambda self: 3)

    assert invariant(predicate)(cls) is cls
    assert (cls.__name__, cls.__qualname__, cls().method()) == ("Shop", "Shop", 3)


class Door:
    n = 0

    def spoil(self) -> None:  # @spoil-within
        self.n = -1

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:  # @door-exit
        self.closed = True


class NamedDoor(Door):
    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.closed = True


@pytest.mark.parametrize("cls", [Door, NamedDoor])
def test_R8_what_leaves_a_with_block_of_the_object_is_not_masked_by_its_cleanup(cls: Any) -> None:
    invariant(lambda self: self.n >= 0)(cls)
    door = cls()

    def enter() -> None:
        with door:
            door.spoil()

    assert broken_at(enter) == AT["spoil-within"]
    assert door.closed
    with pytest.raises(OutsideError), cls() as other:
        other.n = -1
