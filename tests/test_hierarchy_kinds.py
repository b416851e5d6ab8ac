"""Contracts reach the overrides of every kind of class and routine."""

from __future__ import annotations

import abc
import collections
import dataclasses
import enum
import functools
import inspect
import sys
import types
import typing
import unittest.mock
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import pytest

from culpa import (
    DeclarationError,
    HierarchyError,
    PostconditionError,
    RoutineError,
    contract_of,
    ensure,
    require,
)
from harness.markers import lines_of
from harness.overrides import inherits, refuses

AT = lines_of(__file__)
T = TypeVar("T")

positive = require(lambda x: x > 0)
"""The precondition of most bases below."""


class Base:
    """The base of most classes below."""

    @positive
    @ensure(lambda x, result: result > x)
    def m(self, x: int) -> int:
        """Return more."""
        return x + 1


# --- how a class comes to be -----------------------------------------------------------------------------------------


def test_through_a_chain_of_init_subclass_written_as_a_plain_def_a_classmethod_and_with_keywords() -> None:
    seen: list[tuple[str, Any]] = []

    class Registered(Base):
        def __init_subclass__(cls, tag: str = "", **keywords: Any) -> None:
            super().__init_subclass__(**keywords)
            seen.append((cls.__name__, tag))

        @positive
        def n(self, x: int) -> int:
            return x

    class Colored(Registered):
        @classmethod
        def __init_subclass__(cls, *, color: str, **keywords: Any) -> None:
            super().__init_subclass__(**keywords)
            seen.append((cls.__name__, color))

        @positive
        def o(self, x: int) -> int:
            return x

    class Child(Colored, color="red", tag="child"):
        def m(self, x: int) -> int:
            return x + 1

        def n(self, x: int) -> int:
            return x

        def o(self, x: int) -> int:
            return x

    assert seen == [("Colored", ""), ("Child", "child"), ("Child", "red")]
    inherits(Child)
    for routine in (Child().n, Child().o):
        refuses(routine, -1)
    with pytest.raises(TypeError, match=r"\.Child2\.__init_subclass__\(\) takes no keyword arguments$"):

        class Child2(Base, tag="none takes it"):
            pass

    with pytest.raises(TypeError, match=r"missing 1 required keyword-only argument: 'color'$"):

        class Child3(Colored):
            pass


def test_an_init_subclass_that_does_not_call_super_does_not_break_the_chain() -> None:
    class Mute(Base):
        def __init_subclass__(cls, **keywords: Any) -> None:
            pass

    class Child(Mute):
        def m(self, x: int) -> int:
            return x + 1

    class Grandchild(Child):
        def m(self, x: int) -> int:
            return x + 2

    inherits(Child)
    inherits(Grandchild)


def test_an_init_subclass_that_raises_makes_no_class() -> None:
    class Closed:
        def __init_subclass__(cls) -> None:
            raise LookupError("closed")

        @positive
        def m(self, x: int) -> int:
            return x

    with pytest.raises(LookupError, match=r"^closed$"):

        class Child(Closed):
            pass


def test_an_init_subclass_of_any_descriptor_does_what_it_did() -> None:
    seen: list[str] = []

    class Static:
        __init_subclass__ = staticmethod(lambda **keywords: seen.append("static"))

        @positive
        def m(self, x: int) -> int:
            return x

    class Child(Static):
        def m(self, x: int) -> int:
            return x

    assert seen == ["static"]
    refuses(Child().m, -1)


def test_an_init_subclass_that_is_written_keeps_its_name_its_words_and_its_signature() -> None:
    class Tagged:
        def __init_subclass__(cls, tag: str = "") -> None:
            """Take a tag."""

        @positive
        def m(self, x: int) -> int:
            return x

    assert Tagged.__init_subclass__.__doc__ == "Take a tag."
    assert Tagged.__init_subclass__.__qualname__.endswith("<locals>.Tagged.__init_subclass__")
    assert list(inspect.signature(Tagged.__init_subclass__).parameters) == ["tag"]
    assert Base.__init_subclass__.__qualname__ == "Base.__init_subclass__"
    assert Base.__init_subclass__.__module__ == __name__


def test_through_abcs_with_abstract_routines_of_every_kind() -> None:
    class Store(abc.ABC):
        @property
        @abc.abstractmethod
        @ensure(lambda result: result >= 0)
        def size(self) -> int: ...

        @classmethod
        @abc.abstractmethod
        @positive
        def make(cls, x: int) -> Any: ...

        @staticmethod
        @abc.abstractmethod
        @positive
        def check(x: int) -> int: ...

    class Half(Store):
        @property
        def size(self) -> int:
            return -1

    class Full(Half):
        @classmethod
        def make(cls, x: int) -> Any:
            return cls

        @staticmethod
        def check(x: int) -> int:
            return x

    assert Store.__abstractmethods__ == {"size", "make", "check"}
    assert Half.__abstractmethods__ == {"make", "check"}
    refuses(lambda: Full().size, error=PostconditionError)
    assert (Full.make(1), Full.check(1)) == (Full, 1)
    for routine in (Full.make, Full.check, Full().make, Full().check):
        refuses(routine, -1)


def test_a_mixin_that_implements_an_abstract_method_leaves_nothing_abstract() -> None:
    class Store(abc.ABC):
        @abc.abstractmethod
        @positive
        def m(self, x: int) -> int: ...

    class Mixin:
        def m(self, x: int) -> int:
            return x + 1

    class AbstractMixin(abc.ABC):
        @abc.abstractmethod
        def m(self, x: int) -> int: ...

    class Mixed(Mixin, Store):
        pass

    class Unfinished(AbstractMixin, Store):
        pass

    assert not Mixed.__abstractmethods__
    inherits(Mixed)
    with pytest.raises(TypeError, match="abstract"):
        Unfinished()


def test_through_protocols_that_are_subclassed() -> None:
    @typing.runtime_checkable
    class Sized(Protocol):
        @positive
        def m(self, x: int) -> int: ...

    class Wide(Sized, Protocol[T]):
        @property
        @ensure(lambda result: result > 0)
        def width(self) -> int: ...

    class Child(Wide[int]):
        def m(self, x: int) -> int:
            return x + 1

        @property
        def width(self) -> int:
            return 0

    child = inherits(Child)
    refuses(lambda: child.width, error=PostconditionError)
    assert isinstance(child, Sized)
    assert not isinstance(object(), Sized)


def test_through_generic_classes() -> None:
    class Box(Generic[T]):
        @positive
        def m(self, x: T) -> T:
            return x

    class Pair(Box[T]):
        pass

    class Ints(Pair[int]):
        def m(self, x: int) -> int:
            return x + 1

    inherits(Ints)
    inherits(Ints[()] if hasattr(Ints, "__parameters__") and Ints.__parameters__ else Ints)
    assert Box[int].__origin__ is Box  # type: ignore[attr-defined]
    assert Pair[int]().m(1) == 1
    refuses(Pair[int]().m, -1)


def test_through_classes_made_by_type_and_by_types_new_class() -> None:
    def m(self: Any, x: int) -> int:
        return x + 1

    made = type("Made", (Base,), {"m": m})
    populated = types.new_class("Populated", (Base,), {}, lambda namespace: namespace.update(m=m))
    dynamic = dataclasses.make_dataclass("Dynamic", ["n"], bases=(Base,), namespace={"m": m})
    for cls, *arguments in ((made,), (populated,), (dynamic, 1)):
        inherits(cls, *arguments)
    assert m(None, -1) == 0


def test_named_tuples_hand_their_contracts_down() -> None:
    class Point(NamedTuple):
        n: int = 0

        @positive
        @ensure(lambda x, result: result > x)
        def m(self, x: int) -> int:
            return x + 1

    class Child(Point):
        def m(self, x: int) -> int:
            return x + 1

    class Inner(collections.namedtuple("Inner", "n", defaults=[0])):  # noqa: PYI024, SLOT002 - what others wrote
        @positive
        def m(self, x: int) -> int:
            return x

    class InnerChild(Inner):
        def m(self, x: int) -> int:
            return x + 1

    inherits(Point)
    inherits(Child)
    inherits(InnerChild)
    assert (Point(1), Child(2).n, Point(3)._asdict()) == ((1,), 2, {"n": 3})
    assert [name for name in vars(Point) if "culpa" in name] == []


def test_enums_hand_their_contracts_down() -> None:
    class Level(enum.Enum):
        @positive
        def m(self, x: int) -> int:
            return x

    class Grade(Level):
        LOW = 1
        HIGH = 2

        def m(self, x: int) -> int:
            return x + self.value

    class Weight(int, Base, enum.Enum):
        LIGHT = 1

        def m(self, x: int) -> int:
            return x + 1

    assert [grade.name for grade in Grade] == ["LOW", "HIGH"]
    assert Grade(1) is Grade.LOW
    for member in (Grade.LOW, Weight.LIGHT):
        assert member.m(1) == 2
        refuses(member.m, -1)
        assert "__culpa_hook__" not in type(member).__members__


def test_dataclasses_hand_their_contracts_down_with_and_without_slots() -> None:
    @dataclasses.dataclass
    class Plain(Base):
        n: int = 0

        def m(self, x: int) -> int:
            return x + 1

    @dataclasses.dataclass(slots=True)
    class Slotted:
        n: int = 0

        @positive
        def m(self, x: int) -> int:
            return x + 1

    @dataclasses.dataclass(slots=True)
    class Child(Slotted):
        o: int = 0

        def m(self, x: int) -> int:
            return x + 1

    class Mixin:
        __slots__ = ()

        def m(self, x: int) -> int:
            return x + 2

    @dataclasses.dataclass(slots=True)
    class Mixed(Mixin, Slotted):
        p: int = 0

    class Grandchild(Mixed):
        def m(self, x: int) -> int:
            return x + 3

    for cls in (Plain, Child, Mixed, Grandchild):
        inherits(cls)
    assert not hasattr(Child(), "__dict__")
    assert Mixed().m(1) == 3
    assert dataclasses.replace(Child(1, 2), o=3) == Child(1, 3)


def test_attrs_classes_hand_their_contracts_down() -> None:
    attrs = pytest.importorskip("attrs", reason="attrs is not installed")

    @attrs.define
    class Slotted:
        n: int = 0

        @positive
        def m(self, x: int) -> int:
            return x + 1

    @attrs.define
    class Child(Slotted):
        def m(self, x: int) -> int:
            return super(Child, self).m(x) + 1  # noqa: UP008 - the form that attrs leaves alone

    @attrs.define(slots=False)
    class Plain(Base):
        n: int = 0

        def m(self, x: int) -> int:
            return super().m(x) + self.n

    @attrs.frozen
    class Frozen(Child):
        def m(self, x: int) -> int:
            return x + 1

    for cls in (Slotted, Child, Plain, Frozen):
        inherits(cls)
    assert Child(1) == Child(1)


def test_super_finds_the_class_that_attrs_made() -> None:
    attrs = pytest.importorskip("attrs", reason="attrs is not installed")

    @attrs.define
    class Slotted(Base):
        def m(self, x: int) -> int:
            return super().m(x) + 1

    inherits(Slotted)


def test_pydantic_models_hand_their_contracts_down() -> None:
    pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")

    class Model(pydantic.BaseModel):
        n: int = 0

        @positive
        def m(self, x: int) -> int:
            return x + 1

    class Child(Model):
        o: int = 0

        def m(self, x: int) -> int:
            return x + 1

    class Mixin:
        def m(self, x: int) -> int:
            return x + 2

    class Mixed(Mixin, Model):
        pass

    for cls in (Model, Child, Mixed):
        inherits(cls)
    assert list(Child.model_fields) == ["n", "o"]
    assert Child(n=1).model_dump() == {"n": 1, "o": 0}


def test_metaclasses_keep_their_arguments_and_their_refusals() -> None:  # noqa: C901 - many methods
    class Strict(type):
        def __new__(mcs, name: str, bases: Any, namespace: Any, *, tag: str = "", **keywords: Any) -> Any:
            cls = super().__new__(mcs, name, bases, namespace, **keywords)
            type.__setattr__(cls, "tag", tag)
            return cls

        def __init__(cls, name: str, bases: Any, namespace: Any, *, tag: str = "", **keywords: Any) -> None:
            super().__init__(name, bases, namespace)

        def __setattr__(cls, name: str, value: Any) -> None:
            raise AttributeError(f"{cls.__name__} is closed")

        def __delattr__(cls, name: str) -> None:
            raise AttributeError(f"{cls.__name__} is closed")

        def __eq__(cls, other: object) -> bool:
            raise RuntimeError("classes are not compared")

        __hash__ = type.__hash__

    class Closed(metaclass=Strict, tag="base"):
        def __init_subclass__(cls, color: str = "", **keywords: Any) -> None:
            super().__init_subclass__(**keywords)

        @positive
        def m(self, x: int) -> int:
            return x + 1

    class Mixin:
        def m(self, x: int) -> int:
            return x + 1

    class Child(Closed, tag="child", color="red"):
        def m(self, x: int) -> int:
            return x + 1

    class Mixed(Mixin, Closed):
        pass

    for cls in (Closed, Child, Mixed):
        inherits(cls)
    assert (Closed.tag, Child.tag) == ("base", "child")
    with pytest.raises(AttributeError, match="closed"):
        Closed.m = None


def test_a_namespace_that_a_metaclass_prepares_may_be_any_mapping() -> None:
    class Namespace(collections.UserDict[str, Any]):
        def setdefault(self, *arguments: Any) -> Any:
            raise NotImplementedError

    class Prepared(type):
        @classmethod
        def __prepare__(cls, name: str, bases: Any, **keywords: Any) -> Any:
            return Namespace()

        def __new__(mcs, name: str, bases: Any, namespace: Any) -> Any:
            return super().__new__(mcs, name, bases, dict(namespace))

    class Root(metaclass=Prepared):
        @positive
        def m(self, x: int) -> int:
            return x + 1

    class Written(metaclass=Prepared):
        @classmethod
        def __init_subclass__(cls) -> None:
            cls.tag = "written"

        @positive
        def m(self, x: int) -> int:
            return x + 1

    class Child(Root):
        def m(self, x: int) -> int:
            return x + 1

    class WrittenChild(Written):
        def m(self, x: int) -> int:
            return x + 1

    inherits(Child)
    inherits(WrittenChild)
    assert WrittenChild.tag == "written"


def test_a_metaclass_may_tell_names_a_second_time() -> None:
    class Telling(type):
        def __new__(mcs, name: str, bases: Any, namespace: dict[str, Any]) -> Any:
            cls = super().__new__(mcs, name, bases, namespace)
            for key, value in namespace.items():
                if hasattr(type(value), "__set_name__"):
                    value.__set_name__(cls, key)
            return cls

    class Root(metaclass=Telling):
        @positive
        def m(self, x: int) -> int:
            return x + 1

    class Child(Root):
        def m(self, x: int) -> int:
            return x + 1

    inherits(Child)


def test_slots_without_a_dict_and_names_looked_up_by_getattr() -> None:
    class Slotted:
        __slots__ = ("n",)

        @positive
        def m(self, x: int) -> int:
            return x + 1

    class Child(Slotted):
        __slots__ = ()

        def m(self, x: int) -> int:
            return x + 1

        def __getattr__(self, name: str) -> Any:
            return name

    child = inherits(Child)
    assert child.anything == "anything"
    assert not hasattr(Slotted(), "__dict__")


def test_subclasses_of_builtins_hand_their_contracts_down() -> None:
    class Int(int):
        @require(lambda other: other != 0)
        def __floordiv__(self, other: int) -> int:
            return int(self) // other

    class Child(Int):
        def __floordiv__(self, other: int) -> int:
            return int(self) // other

    class Table(dict[str, int]):
        @require(lambda key: key)
        def __getitem__(self, key: str) -> int:
            return super().__getitem__(key)

    class Upper(Table):
        def __getitem__(self, key: str) -> int:
            return dict.__getitem__(self, key.upper())

    class Failed(Exception):
        @ensure(lambda result: result)
        def __str__(self) -> str:
            return "failed"

    class Silent(Failed):
        def __str__(self) -> str:
            return ""

    assert Child(7) // 2 == 3
    refuses(lambda: Child(7) // 0)
    assert Upper(A=1)["a"] == 1
    refuses(lambda: Upper(A=1)[""])
    refuses(lambda: str(Silent()), error=PostconditionError)
    assert str(Failed()) == "failed"


# --- kinds of routines -----------------------------------------------------------------------------------------------


def test_getter_setter_and_deleter_inherit_each_for_itself() -> None:  # noqa: C901 - many methods
    class Shape:
        def __init__(self) -> None:
            self.n = 0
            self.is_locked = False

        @property
        @ensure(lambda result: result >= 0)
        def area(self) -> int:
            """How large."""
            return self.n

        @area.setter
        @require(lambda value: value >= 0)
        def area(self, value: int) -> None:
            self.n = value

        @area.deleter
        @require(lambda self: not self.is_locked)
        def area(self) -> None:
            self.n = 0

    class Child(Shape):
        @property
        def area(self) -> int:
            """As large as that."""
            return self.n

        @area.setter
        def area(self, value: int) -> None:
            self.n = value

        @area.deleter
        def area(self) -> None:
            self.n = 0

    class ReadOnly(Shape):
        @property
        def area(self) -> int:
            return -1

    class NewSetter(Shape):
        @Shape.area.setter
        def area(self, value: int) -> None:
            self.n = value

    for cls in (Child, NewSetter):
        shape = cls()
        shape.area = 3
        assert shape.area == 3
        refuses(setattr, shape, "area", -1)
        shape.n = -1
        refuses(lambda shape=shape: shape.area, error=PostconditionError)
        shape.is_locked = True
        refuses(delattr, shape, "area")
        shape.is_locked = False
        del shape.area
        assert shape.n == 0
    refuses(lambda: ReadOnly().area, error=PostconditionError)
    with pytest.raises(AttributeError, match=r"^property 'area' of '.*ReadOnly' object has no setter$"):
        ReadOnly().area = 1
    assert Child.area.__doc__ == "As large as that."


def test_a_property_may_be_overridden_by_a_cached_one_and_the_reverse() -> None:
    class Shape:
        @property
        @ensure(lambda result: result >= 0)
        def area(self) -> int:
            return 0

        @functools.cached_property
        @ensure(lambda result: result >= 0)
        def width(self) -> int:
            return 0

    class Child(Shape):
        @functools.cached_property
        def area(self) -> int:
            return -1

        @property
        def width(self) -> int:
            return -1

    refuses(lambda: Child().area, error=PostconditionError)
    refuses(lambda: Child().width, error=PostconditionError)


def test_subclasses_of_descriptors_stay_what_they_are() -> None:
    class Labelled(property):
        def __init__(self, label: str, getter: Any) -> None:
            super().__init__(getter)
            self.label = label

    class Traced(staticmethod):  # type: ignore[type-arg]
        def __init__(self, label: str, function: Any) -> None:
            super().__init__(function)
            self.label = label

    class Cached(functools.cached_property):  # type: ignore[type-arg]
        pass

    class Root:
        @property
        @ensure(lambda result: result >= 0)
        def area(self) -> int:
            return 0

        @staticmethod
        @positive
        def make(x: int) -> int:
            return x

        @functools.cached_property
        @ensure(lambda result: result >= 0)
        def width(self) -> int:
            return 0

    class Child(Root):
        area = Labelled("a", lambda self: -1)
        make = Traced("m", lambda x: x)
        width = Cached(lambda self: -1)

    assert (type(vars(Child)["area"]), vars(Child)["area"].label) == (Labelled, "a")
    assert (type(vars(Child)["make"]), vars(Child)["make"].label) == (Traced, "m")
    assert (type(vars(Child)["width"]), vars(Child)["width"].attrname) == (Cached, "width")
    refuses(lambda: Child().area, error=PostconditionError)
    refuses(Child.make, -1)
    refuses(lambda: Child().width, error=PostconditionError)


def test_static_and_class_methods_see_the_class_that_they_are_called_on() -> None:
    class Root:
        @classmethod
        @positive
        def build(cls, x: int) -> Any:
            return cls

        @staticmethod
        @positive
        def make(x: int) -> int:
            return x

    class Child(Root):
        @classmethod
        def build(cls, x: int) -> Any:
            return super().build(x)

        @staticmethod
        def make(x: int) -> int:
            return Root.make(x)

    class Grandchild(Child):
        pass

    assert Grandchild.build(1) is Grandchild
    assert Grandchild().build(1) is Grandchild
    assert Grandchild.make(1) == 1
    for routine in (Grandchild.build, Grandchild.make, Child().build):
        refuses(routine, -1)


def test_a_routine_of_another_kind_is_no_override() -> None:
    class Root:
        @positive
        def m(self, x: int) -> int:
            return x

        @property
        @ensure(lambda result: result > 0)
        def n(self) -> int:
            return 1

    class Child(Root):
        @staticmethod
        def m(x: int) -> int:
            return x

        def n(self) -> int:
            return -1

    assert Child().m(-1) == -1
    assert Child().n() == -1


def test_partial_methods_inherit_and_hand_down() -> None:
    class Root:
        @positive
        @ensure(lambda factor, result: result % factor == 0)
        def scale(self, x: int, factor: int) -> int:
            return x * factor

        m = functools.partialmethod(scale, factor=2)

    class Child(Root):
        def m(self, x: int) -> int:
            return x + 1

    class Again(Base):
        def more(self, n: int, x: int) -> int:
            return x + n

        m = functools.partialmethod(more, 1)

    class Built(Base):
        @classmethod
        def build(cls, n: int, x: int) -> Any:
            return cls, x + n

        made = functools.partialmethod(build, 1)

    class BuiltChild(Built):
        pass

    class Mixin:
        def more(self, n: int, x: int) -> int:
            return x + n

        m = functools.partialmethod(more, 1)

    class Mixed(Mixin, Base):
        pass

    inherits(Mixed)
    assert Mixin().m(-1) == 0
    assert Root().m(3) == 6
    refuses(Child().m, -1)
    assert Child().m(2) == 3
    inherits(Again)
    assert BuiltChild().made(1) == (BuiltChild, 2)


def test_calls_and_dunders_inherit_and_constructors_do_not() -> None:  # noqa: C901 - many methods
    class Root:
        @require(lambda n: n >= 0)
        def __init__(self, n: int) -> None:
            self.n = n

        @require(lambda n: n >= 0)
        def __new__(cls, n: int) -> Any:
            return super().__new__(cls)

        @positive
        def __call__(self, x: int) -> int:
            return x

        @ensure(lambda result: result >= 0)
        def __len__(self) -> int:
            return self.n

        @require(lambda other: isinstance(other, Root))
        def __eq__(self, other: object) -> bool:
            return True

        @ensure(lambda result: result == 1)
        def __hash__(self) -> int:
            return 1

        @require(lambda key: key)
        def __getitem__(self, key: str) -> str:
            return key

        @require(lambda item: item)
        def __contains__(self, item: str) -> bool:
            return True

        @require(lambda self: self.n)
        def __enter__(self) -> Any:
            return self

        def __exit__(self, *details: object) -> None:
            pass

        @classmethod
        @require(lambda item: item)
        def __class_getitem__(cls, item: Any) -> Any:
            return item

    class Child(Root):
        def __new__(cls, n: int) -> Any:
            return object.__new__(cls)

        def __init__(self, n: int) -> None:
            self.n = n

        def __call__(self, x: int) -> int:
            return x

        def __len__(self) -> int:
            return 7

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 2

        def __getitem__(self, key: str) -> str:
            return key

        def __contains__(self, item: str) -> bool:
            return True

        def __enter__(self) -> Any:
            return self

        @classmethod
        def __class_getitem__(cls, item: Any) -> Any:
            return item

    class Strict(Root):
        def __new__(cls, n: int) -> Any:
            return object.__new__(cls)

        @require(lambda n: n < 10)
        def __init__(self, n: int) -> None:
            super().__init__(n)  # @own-constructor

    assert Child(-1).n == -1
    refuses(Strict, 10)
    assert refuses(Strict, -1, error=RoutineError).site.line == AT["own-constructor"]
    child = Child(0)
    assert (child(1), len(child), child == Child(1), child["a"], "a" in child, Child[1]) == (1, 7, True, "a", True, 1)
    for call in (
        lambda: child(-1),
        lambda: child == 1,
        lambda: child[""],
        lambda: "" in child,
        lambda: child.__enter__(),
        lambda: Child[0],
    ):
        refuses(call)
    refuses(lambda: hash(child), error=PostconditionError)


def test_constructors_of_dataclasses_inherit_nothing_from_a_base() -> None:
    @dataclasses.dataclass
    class Root:
        n: int

        @require(lambda self: self.n > 0)
        def __post_init__(self) -> None:
            pass

    @dataclasses.dataclass
    class Child(Root):
        def __post_init__(self) -> None:
            pass

    assert Child(-1).n == -1
    refuses(Root, -1)


def test_single_dispatch_methods_stay_what_they_are() -> None:
    class Root:
        @functools.singledispatchmethod
        @positive
        def m(self, x: Any) -> Any:
            return "any"

        @m.register
        def _(self, x: str) -> Any:
            return "str"

    class Child(Root):
        @functools.singledispatchmethod
        def m(self, x: Any) -> Any:
            return "child"

        @m.register
        def _(self, x: str) -> Any:
            return "str of child"

    class Plain(Base):
        @functools.singledispatchmethod
        def m(self, x: Any) -> Any:
            return 10

    assert (Root().m(1), Root().m("a"), Child().m(1), Child().m("a"), Plain().m(1)) == (
        "any",
        "str",
        "child",
        "str of child",
        10,
    )
    refuses(Root().m, -1)


def test_what_is_no_routine_overrides_without_a_word() -> None:
    class Root:
        @positive
        def m(self, x: int) -> int:
            return x

        @ensure(lambda result: True)
        def __hash__(self) -> int:
            return 1

        @positive
        def n(self, x: int) -> int:
            return x

    class Child(Root):
        m = None
        __hash__ = None  # type: ignore[assignment]

        class n:  # noqa: N801 - it stands in the place of a method
            def __init__(self, x: int) -> None:
                self.x = x

    class Again(Child):
        def m(self, x: int) -> int:
            return x

    assert Child.m is None
    assert Child.__hash__ is None
    assert Child().n(-1).x == -1
    refuses(Again().m, -1)


def test_an_override_may_be_a_lambda_or_come_from_another_class() -> None:
    class Other:
        def m(self, x: int) -> int:
            return x + 1

    class Strict:
        @require(lambda x: x > 10)
        def m(self, x: int) -> int:
            return x + 1

    class Borrowing(Base):
        m = Other.m

    class Lambda(Base):
        m = lambda self, x: x + 1

    class Demanding(Base):
        m = Strict.m

    inherits(Borrowing)
    inherits(Lambda)
    assert Other().m(-1) == 0
    refuses(Demanding().m, 5, error=HierarchyError)
    refuses(Strict().m, 5)
    assert len(contract_of(Strict.m)) == 1


def test_an_override_may_be_any_callable_that_is_no_function() -> None:
    class Root:
        @positive
        def m(self, x: int) -> int:
            return x

        @require(lambda self, x: x > 0)
        def n(self, x: int) -> int:
            return x

    class Doubling:
        def __call__(self, x: int) -> int:
            return x * 2

    class Power:
        def __call__(self, x: int) -> int:
            return 2**x

    class Child(Root):
        m = Doubling()

    class Faking(Root):
        m = unittest.mock.Mock(return_value=7)

    class Partial(Root):
        m = functools.partial(pow, 2) if sys.version_info < (3, 13) else Power()

    assert Child().m(2) == 4
    refuses(Child().m, -1)
    assert Faking().m(2) == Faking().m(x=2) == 7
    refuses(Faking().m, -1)
    assert Faking.m.call_count == 2
    assert Partial().m(3) == 8
    with pytest.raises(DeclarationError, match=r"Blind\.n\(\) .* no parameter 'self', which require of Root\.n\(\)"):

        class Blind(Root):
            n = Doubling()
