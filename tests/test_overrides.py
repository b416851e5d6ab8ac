"""Overrides under other decorators, with other parameters, of several bases; and a class that stays itself."""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import gc
import inspect
import pickle
import pydoc
import threading
import types
import unittest.mock
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from culpa import (
    DeclarationError,
    HierarchyError,
    PostconditionError,
    PreconditionError,
    contract_of,
    ensure,
    require,
    require_else,
    snapshot,
    source_of,
)
from harness.markers import lines_of
from harness.overrides import inherits, refuses

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = lines_of(__file__)

positive = require(lambda x: x > 0)
"""The precondition of most bases below."""


class Base:
    """The base of most classes below."""

    @positive
    @ensure(lambda x, result: result > x)
    def m(self, x: int) -> int:
        """Return more."""
        return x + 1


class Picklable(Base):
    def __init__(self, n: int = 0) -> None:
        self.n = n

    def m(self, x: int) -> int:
        return x + 1 + self.n


class PlainMixin:
    def m(self, x: int) -> int:
        return x + 1


class Mixing(PlainMixin, Base):
    pass


class Borrowing(Base):
    m = PlainMixin.m


# --- other people's decorators ---------------------------------------------------------------------------------------


def traced(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def rude(function: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def named(function: Any) -> Any:
    def wrapper(self: Any, value: Any) -> Any:
        return function(self, value)

    return wrapper


each_decorator = pytest.mark.parametrize("decorate", [traced, functools.lru_cache, functools.cache])


@pytest.mark.parametrize("decorate", [traced, rude, functools.lru_cache, functools.cache])
def test_an_override_under_the_decorator_of_somebody_else_inherits(decorate: Any) -> None:
    class Child(Base):
        @decorate
        def m(self, x: int) -> int:
            return x + 1

    class Grandchild(Child):
        @decorate
        def m(self, x: int) -> int:
            return x

    inherits(Child)
    refuses(Grandchild().m, 5, error=PostconditionError)
    assert hasattr(Child.m, "cache_info") == (decorate in (functools.lru_cache, functools.cache))


def test_an_override_whose_decorator_calls_its_parameter_otherwise_inherits() -> None:
    class Child(Base):
        @named
        def m(self, x: int) -> int:
            return x + 1

    refuses(Child().m, -1)
    refuses(Child().m, value=-1)
    assert Child().m(value=1) == 2


@each_decorator
def test_a_base_hands_its_contract_down_from_beneath_the_decorator_of_somebody_else(decorate: Any) -> None:
    class Root:
        @decorate
        @positive
        @ensure(lambda x, result: result > x)
        def m(self, x: int) -> int:
            return x + 1

    class Child(Root):
        def m(self, x: int) -> int:
            return x + 1 if x < 10 else x

    class Mixin:
        def m(self, x: int) -> int:
            return x + 1

    class Mixed(Mixin, Root):
        pass

    inherits(Child)
    refuses(Child().m, 10, error=PostconditionError)
    inherits(Mixed)


@each_decorator
def test_the_alternatives_of_an_override_count_beneath_the_decorator_of_somebody_else(decorate: Any) -> None:
    class Wide(Base):
        @decorate
        @require_else(lambda x: x == -1)
        @ensure(lambda result: result != 7)
        def m(self, x: int) -> int:
            return x + 1

    class Narrow(Base):
        @decorate
        @require(lambda x: x > 10)  # @narrow
        def m(self, x: int) -> int:
            return x + 1

    class WiderStill(Wide):
        @decorate
        @require_else(lambda x: x == -2)
        def m(self, x: int) -> int:
            return x + 1

    assert [Wide().m(x) for x in (-1, 5)] == [0, 6]
    refuses(Wide().m, -2)
    refuses(Wide().m, 6, error=PostconditionError)
    assert [Narrow().m(x) for x in (11,)] == [12]
    assert refuses(Narrow().m, 5, error=HierarchyError).site.line == AT["narrow"]
    refuses(Narrow().m, -1)
    assert [WiderStill().m(x) for x in (-2, -1, 5)] == [-1, 0, 6]
    refuses(WiderStill().m, -3)
    refuses(WiderStill().m, 6, error=PostconditionError)


def test_a_contract_above_and_one_beneath_the_decorator_of_somebody_else_are_both_handed_down() -> None:
    class Root:
        @positive
        @traced
        @ensure(lambda x, result: result > x)
        def m(self, x: int) -> int:
            return x + 1

    class Child(Root):
        def m(self, x: int) -> int:
            return x + 1 if x < 10 else x

    inherits(Child)
    refuses(Child().m, 10, error=PostconditionError)


def test_a_decorator_that_composes_contracts_hands_them_down_too() -> None:
    def counted(function: Any) -> Any:
        return positive(ensure(lambda x, result: result > x)(function))

    class Root:
        @counted
        def m(self, x: int) -> int:
            return x + 1

    class Child(Root):
        def m(self, x: int) -> int:
            return x + 1

    inherits(Child)


# --- parameters ------------------------------------------------------------------------------------------------------


class Wide:
    @require(lambda x, y: x > y)
    def m(self, x: int, y: int = 0) -> tuple[Any, ...]:
        return x, y


def test_an_override_that_takes_everything_may_take_more_than_its_base() -> None:
    class Everything(Wide):
        def m(self, *args: Any, **kwargs: Any) -> Any:
            return args, kwargs

    class Keyword(Wide):
        def m(self, *args: Any, extra: int = 1, **kwargs: Any) -> Any:
            return args, kwargs, extra

    class First(Wide):
        def m(self, first: int, *args: Any, **kwargs: Any) -> Any:
            return first, args, kwargs

    assert Everything().m(1) == ((1,), {})
    assert Everything().m(1, 0, 5, z=3) == ((1, 0, 5), {"z": 3})
    assert Keyword().m(1, extra=2) == ((1,), {}, 2)
    assert First().m(1, 0, 5, z=3) == (1, (0, 5), {"z": 3})
    assert First().m(first=1, y=0) == (1, (), {"y": 0})
    for cls in (Everything, Keyword, First):
        refuses(cls().m, -1)
        refuses(cls().m, 1, 2)
        refuses(cls().m, 1, y=2)
    assert str(inspect.signature(First.m)) == "(self, first: 'int', *args: 'Any', **kwargs: 'Any') -> 'Any'"


def test_an_override_that_takes_everything_may_have_a_contract_of_its_own() -> None:
    class Everything(Wide):
        @ensure(lambda result: result[0] != 7)
        def m(self, *args: Any, **kwargs: Any) -> Any:
            return super().m(*args, **kwargs)

    assert Everything().m(1) == (1, 0)
    refuses(Everything().m, -1)
    refuses(Everything().m, 7, error=PostconditionError)


def test_an_override_that_takes_everything_is_refused_where_nothing_can_be_read_by_name() -> None:
    with pytest.raises(DeclarationError, match=r"Own\.m\(\) .* no parameter 'x', which require of Wide\.m\(\) reads"):

        class Own(Wide):
            @ensure(lambda args, result: args)
            def m(self, *args: Any, **kwargs: Any) -> Any:
                return args

    with pytest.raises(DeclarationError, match=r"Unordered\.m\(\) .* no parameter 'y', which require of Strict\.m\(\)"):  # noqa: PT012 - the class statement is what raises

        class Strict:
            @require(lambda y: y)
            def m(self, x: int, y: int) -> Any:
                return x, y

        class Unordered(Strict):
            def m(self, x: int = 1, *args: Any, **kwargs: Any) -> Any:
                return x, args


def test_a_parameter_may_become_one_that_is_given_by_name_only() -> None:
    class Named(Wide):
        def m(self, x: int, *, y: int = 0) -> Any:
            return x, y

    assert Named().m(1, y=0) == (1, 0)
    refuses(Named().m, 1, y=2)


def test_a_renamed_parameter_is_no_new_one() -> None:
    class Renamed(Base):
        @require(lambda value: value > 10)  # @renamed
        def m(self, value: int) -> int:
            return value + 1

    assert refuses(Renamed().m, 5, error=HierarchyError).site.line == AT["renamed"]


def test_a_parameter_called_result_is_not_what_an_inherited_postcondition_means() -> None:
    with pytest.raises(DeclarationError, match=r"Child\.m\(\) .* has a parameter 'result'.*ensure of Base\.m\(\)"):

        class Child(Base):
            def m(self, result: int) -> int:
                return result + 1


def test_defaults_are_those_of_the_override() -> None:
    class Root:
        @positive
        def m(self, x: int) -> int:
            return x + 1

    class Child(Root):
        def m(self, x: int = -1) -> int:
            return x + 1

    refuses(Child().m)
    assert Child().m(1) == 2


# --- several bases ---------------------------------------------------------------------------------------------------


def test_bases_of_one_name_are_told_apart() -> None:
    def outer() -> Any:
        class Base:
            @require(lambda x: x < -10)
            def m(self, x: int) -> int:
                return x

        return Base

    other = outer()
    another = outer()

    class Both(Base, other, another):
        def m(self, x: int) -> int:
            return x + 1

    assert [Both().m(x) for x in (1, -11)] == [2, -10]
    error = refuses(Both().m, -5)
    if error.clause.text is not None:
        assert "x > 0" in str(error)
        assert f"x < -10  of {__name__}.{other.__qualname__}.m()" in str(error)
    origins = [clause.origin for clause in contract_of(Both.m)]
    assert len(set(origins)) == 3
    assert origins[0] == "Base.m"


def test_a_base_may_have_the_name_of_its_own_base() -> None:
    def outer() -> Any:
        class Base(globals()["Base"]):  # type: ignore[misc]
            @require_else(lambda x: x == -1)
            def m(self, x: int) -> int:
                return x + 1

        return Base

    class Child(outer()):  # type: ignore[misc]
        @require_else(lambda x: x == -2)
        def m(self, x: int) -> int:
            return x + 1

    assert [Child().m(x) for x in (5, -1, -2)] == [6, 0, -1]
    refuses(Child().m, -3)


def test_what_a_mixin_brings_in_does_not_hide_what_a_subclass_finds() -> None:  # noqa: C901 - many methods
    class Mixin:
        def m(self, x: int) -> str:
            return f"mixin {x}"

        @property
        def p(self) -> str:
            return "mixin"

    class Root:
        @positive
        def m(self, x: int) -> str:
            return f"root {x}"

        @property
        @ensure(lambda result: result)
        def p(self) -> str:
            return "root"

    class Mixed(Mixin, Root):
        pass

    class Sibling(Mixin):
        def m(self, x: int) -> str:
            return f"sibling {x}"

        @property
        def p(self) -> str:
            return "sibling"

        @p.setter
        def p(self, value: str) -> None:
            self.kept = value

    class Diamond(Mixed, Sibling):
        pass

    class Calling(Mixed, Sibling):
        def m(self, x: int) -> str:
            return super().m(x)

        @property
        def p(self) -> str:
            return super().p

    assert [cls.__name__ for cls in Diamond.__mro__] == ["Diamond", "Mixed", "Sibling", "Mixin", "Root", "object"]
    assert (Mixed().m(1), Mixed().p, Diamond().m(1), Diamond().p) == ("mixin 1", "mixin", "sibling 1", "sibling")
    assert (Calling().m(1), Calling().p) == ("sibling 1", "sibling")
    for cls in (Mixed, Diamond, Calling):
        refuses(cls().m, -1)
    assert Sibling().m(-1) == "sibling -1"
    diamond = Diamond()
    diamond.p = "kept"
    assert diamond.kept == "kept"
    with pytest.raises(AttributeError, match="has no setter"):
        Mixed().p = "none"
    with pytest.raises(AttributeError, match="has no deleter"):
        del Mixed().p


def test_a_mixin_that_is_given_another_routine_later_is_found() -> None:
    class Mixin:
        def m(self, x: int) -> str:
            return "mixin"

    class Root:
        @positive
        def m(self, x: int) -> str:
            return "root"

    class Mixed(Mixin, Root):
        pass

    def patched(self: Any, x: int) -> str:
        return "patched"

    class Third:
        @require(lambda x: x == -3)
        def m(self, x: int) -> str:
            return "third"

    class More(Mixed, Third):
        pass

    assert More().m(-3) == "mixin"
    with unittest.mock.patch.object(Mixin, "m", patched):
        assert Mixed().m(1) == "patched"
    assert Mixed().m(1) == "mixin"
    refuses(Mixed().m, -1)
    with unittest.mock.patch.object(Mixed, "m", patched):
        assert Mixed().m(-1) == "patched"
    refuses(Mixed().m, -1)
    del Mixin.m
    assert Mixed().m(1) == "root"
    del Root.m, Third.m

    class Late(Mixed):
        pass

    for cls in (Mixed, More, Late):
        assert not hasattr(cls(), "m")


def test_a_mixin_that_declares_nothing_is_bound_and_one_that_promises_something_for_nothing_is_not() -> None:
    class Silent:
        def m(self, x: int) -> int:
            return x + 1

    class Promising:
        @ensure(lambda result: result != 7)
        def m(self, x: int) -> int:
            return x + 1

    class First(Silent, Base):
        pass

    class Second(Promising, Base):
        pass

    refuses(First().m, -1)
    assert Second().m(-1) == 0  # a client of Promising may call it so
    refuses(Second().m, 6, error=PostconditionError)


def test_a_clause_of_a_mixin_is_handed_down_once_and_with_its_own_origin() -> None:
    class Mixin:
        @require_else(lambda x: x == -1)
        @ensure(lambda result: result != 7)
        def m(self, x: int) -> int:
            return x + 1

    class Mixed(Mixin, Base):
        pass

    class Plain(Mixed):
        pass

    class Child(Plain):
        def m(self, x: int) -> int:
            return x + 1

    class Third:
        @require(lambda x: x == -3)
        def m(self, x: int) -> int:
            return x + 1

    class More(Mixed, Third):
        pass

    assert [clause.origin for clause in contract_of(More.m)] == ["", "", "Base.m", "Base.m", "Third.m"]
    assert [More().m(x) for x in (-3, -1, 5)] == [-2, 0, 6]
    refuses(More().m, -2)
    assert "m" not in vars(Plain)
    assert [clause.origin for clause in contract_of(Child.m)] == ["Mixin.m", "Mixin.m", "Base.m", "Base.m"]
    assert [Child().m(x) for x in (-1, 5)] == [0, 6]
    refuses(Child().m, -2)
    refuses(Child().m, 6, error=PostconditionError)  # Mixed promises it wherever Base accepts a call


def test_super_in_all_its_forms_finds_the_routine_of_the_base() -> None:
    class Two(Base):
        def m(self, x: int) -> int:
            return super(Two, self).m(x)  # noqa: UP008 - the form that is tested

    class Named(Base):
        def m(self, x: int) -> int:
            return Base.m(self, x)

    class Nested(Base):
        def m(self, x: int) -> int:
            return sum(super(Nested, self).m(n) for n in (x,))

    class Got(Base):
        def m(self, x: int) -> int:
            return super().__getattribute__("m").__func__.__get__(self)(x) if x > 100 else super().m(x)

    class Left(Base):
        def m(self, x: int) -> int:
            return super().m(x) + 1

    class Right(Base):
        def m(self, x: int) -> int:
            return super().m(x) + 1

    class Cooperating(Left, Right):
        def m(self, x: int) -> int:
            return super().m(x) + 1

    for cls in (Two, Named, Nested, Got, Left, Cooperating):
        inherits(cls)
    assert Cooperating().m(1) == 5


# --- the class stays itself ------------------------------------------------------------------------------------------


def kept_by(cls: Any) -> dict[str, Any]:
    """Return what a class shows of itself, except its routines."""
    return {
        "keys": [name for name in vars(cls) if name != "__init_subclass__"],
        "names": (cls.__name__, cls.__qualname__, cls.__module__, cls.__doc__),
        "order": [base.__name__ for base in cls.__mro__],
        "annotations": vars(cls).get("__annotations__"),
    }


SOURCE = '''
class Root:
    """The root."""
    n: int = 0
    __slots__ = ()

    @contract
    def m(self, x: "int" = 1, *, y: int = 2) -> int:
        """Return x."""
        return x

    @contract
    @property
    def p(self) -> int:
        """How much."""
        return 1

class Child(Root):
    """The child."""
    __slots__ = ("o",)

    def m(self, x: "str" = 3, *, y: int = 4, z: int = 5) -> "str":
        """Return a string."""
        return x

    @property
    def p(self) -> int:
        return 2

    @classmethod
    def make(cls):
        return cls()
'''.replace("n: int = 0\n    __slots__ = ()", "__slots__ = ()\n    n: int")


def test_the_class_stays_itself() -> None:
    plain: dict[str, Any] = {"contract": lambda function: function, "__name__": "made"}
    checked: dict[str, Any] = {"contract": require(lambda: True), "__name__": "made"}
    for namespace in (plain, checked):
        exec(compile(SOURCE, "made.py", "exec", dont_inherit=True), namespace)

    for name in ("Root", "Child"):
        assert kept_by(checked[name]) == kept_by(plain[name])
    assert list(vars(plain["Child"])) == list(vars(checked["Child"]))
    own, inherited = plain["Child"].m, checked["Child"].m
    assert contract_of(inherited)
    assert inspect.signature(inherited) == inspect.signature(own)
    assert inherited.__annotations__ == own.__annotations__
    assert (inherited.__name__, inherited.__qualname__, inherited.__doc__, inherited.__module__) == (
        own.__name__,
        own.__qualname__,
        own.__doc__,
        own.__module__,
    )
    assert (inherited.__defaults__, inherited.__kwdefaults__, vars(inherited)) == (
        own.__defaults__,
        own.__kwdefaults__,
        vars(own),
    )
    assert (inherited.__code__.co_filename, inherited.__code__.co_firstlineno) == (
        "made.py",
        own.__code__.co_firstlineno,
    )
    assert type(vars(checked["Child"])["p"]) is property
    assert checked["Child"].p.__doc__ == plain["Child"].p.__doc__


def test_the_class_that_a_body_sees_is_the_class() -> None:
    seen: list[Any] = []

    class Watching(Base):
        def m(self, x: int) -> int:
            seen.append(__class__)  # type: ignore[name-defined]
            return super().m(x)

    Watching().m(1)
    assert seen == [Watching]


def test_contracts_and_their_sources_can_be_read_from_an_override() -> None:
    class Mixin:
        @require_else(lambda x: x == -1)
        def m(self, x: int) -> int:
            return x + 1

    class Middle(Base):
        @require_else(lambda x: x == 0)
        @snapshot(before=lambda self: 1)
        @ensure(lambda result, old: result != 7 * old.before)
        def m(self, x: int) -> int:
            return x + 1

    class Child(Mixin, Middle):
        @require(lambda x: x < 100)
        def m(self, x: int) -> int:
            return x + 1

        @property
        def p(self) -> int:
            return 1

    assert [(clause.kind, clause.origin) for clause in contract_of(Child.m)] == [
        ("require", ""),
        ("require_else", "Mixin.m"),
        ("require_else", "Middle.m"),
        ("snapshot", "Middle.m"),
        ("ensure", "Middle.m"),
        ("require", "Base.m"),
        ("ensure", "Base.m"),
    ]
    for routine in (Child.m, Child().m, Mixin.m, Base.m):
        text = source_of(routine)
        assert [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)] == ["m"]


def test_instances_pickle_and_copy() -> None:
    obj = Picklable(3)

    for other in (pickle.loads(pickle.dumps(obj)), copy.copy(obj), copy.deepcopy(obj)):
        assert (type(other), other.n) == (Picklable, 3)
        assert other.m(1) == 5
        refuses(other.m, -1)
    assert pickle.loads(pickle.dumps(Picklable.m)) is Picklable.m
    assert pickle.loads(pickle.dumps(obj.m))(1) == 5


@pytest.mark.parametrize("cls", [Mixing, Borrowing])
def test_what_comes_from_another_class_pickles_and_can_be_looked_at(cls: Any) -> None:
    assert pickle.loads(pickle.dumps(cls.m)) is cls.m
    assert pickle.loads(pickle.dumps(cls().m))(1) == 2
    inherits(cls)
    assert contract_of(cls.m) == contract_of(cls().m)
    assert inspect.signature(cls.m) == inspect.signature(PlainMixin.m)
    assert inspect.isfunction(cls.m)
    assert isinstance(vars(cls)["m"], types.FunctionType)
    assert vars(cls)["m"](cls(), 1) == 2
    assert "m" in dir(cls)
    assert "m(self, x: 'int') -> 'int'" in pydoc.plain(pydoc.render_doc(cls))
    assert cls.m.__name__ == "m"
    assert PlainMixin.m.__qualname__ == "PlainMixin.m"
    assert not contract_of(PlainMixin.m)
    autospecced = unittest.mock.create_autospec(cls)
    assert autospecced.return_value.m(1) is autospecced.return_value.m.return_value


def make_classes() -> Iterator[Any]:
    class Mixin:
        def m(self, x: int) -> int:
            return x + 1

    class Root:
        @positive
        def m(self, x: int) -> int:
            return x + 1

        @property
        @ensure(lambda result: result)
        def p(self) -> int:
            return 1

    class Child(Root):
        def m(self, x: int) -> int:
            return super().m(x)

        p = 5

    class Mixed(Mixin, Root):
        pass

    class Everything(Root):
        def m(self, *args: Any, **kwargs: Any) -> int:
            return super().m(*args, **kwargs)

    class Temporary(Base):
        @functools.lru_cache  # noqa: B019 - it dies with its class
        def m(self, x: int) -> int:
            return x + 1

    for cls in (Mixin, Root, Child, Mixed, Everything, Temporary):
        cls().m(1)
        if cls is not Mixin:
            with contextlib.suppress(PreconditionError):
                cls().m(-1)
        yield weakref.ref(cls)


def test_classes_that_are_made_in_a_loop_die() -> None:
    refs = [ref for _ in range(3) for ref in make_classes()]
    gc.collect()
    assert [ref() for ref in refs] == [None] * len(refs)
    assert not any(cls.__name__ == "Temporary" for cls in Base.__subclasses__())


def test_classes_may_be_made_in_many_threads() -> None:
    failed: list[Exception] = []

    def make() -> None:
        try:
            for _ in range(20):
                for _ in make_classes():
                    pass
        except Exception as error:  # noqa: BLE001 - it is shown by the thread that waits
            failed.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_class_that_is_refused_is_refused_at_its_own_line() -> None:
    with pytest.raises(DeclarationError) as caught:

        class Narrow(Base):  # @refused-class
            def m(self) -> int:
                return 1

    assert caught.value.__traceback__ is not None
    lines = [entry.lineno for entry in inspect.getinnerframes(caught.value.__traceback__)]
    assert lines[-1] in (AT["refused-class"], AT["refused-class"] - 2)
    assert len(lines) == 1
