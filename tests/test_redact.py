"""Redaction: which names and types are secret, and that finding out runs nobody's code."""

from __future__ import annotations

from collections import deque, namedtuple
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Annotated, Any, ForwardRef, Generic, NamedTuple, NewType, Optional, TypeVar

import pytest

from culpa._redact import (
    MISSING,
    attribute_is_secret,
    class_has_secrets,
    find,
    has_secret_type,
    holds_secrets,
    instance_dict,
    is_redacted,
    plain_attribute,
    redact,
    secret_names,
    type_name,
)

T = TypeVar("T")


class SecretStr(str):
    __slots__ = ()


class Secret(Generic[T]):
    pass


class Password(SecretStr):
    __slots__ = ()


class Code(str):
    __slots__ = ()

    def __hash__(self) -> int:
        raise AssertionError("user code ran")


def meddling_class() -> Any:
    """Make a class that answers every question about it or its instances with an exception."""

    def meddle(*_: object) -> Any:
        raise AssertionError("user code ran")

    dunders = ("__getattribute__", "__hash__", "__eq__", "__instancecheck__", "__subclasscheck__")
    meta = type("Meddling", (type,), dict.fromkeys(dunders, meddle))
    return meta("Meddler", (), {"__getattribute__": meddle})


def test_a_name_is_redacted_once_it_was_given() -> None:
    assert not is_redacted("redact_pin")

    redact("redact_pin", Code("redact_cvc"))

    assert is_redacted("redact_pin")
    assert is_redacted("redact_cvc")
    assert not is_redacted("redact_pi")


@pytest.mark.parametrize("wrong", [7, None, b"pin", ["pin"]])
def test_what_is_no_name_is_refused_and_nothing_is_registered(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"^{type(wrong).__name__} is no name: redact\\(\\) takes the names themselves"):
        redact("redact_never", wrong)

    assert not is_redacted("redact_never")


@pytest.mark.parametrize(
    "annotation",
    [
        SecretStr,
        Password,
        Secret,
        Secret[str],
        list[SecretStr],
        dict[str, list[Secret[int]]],
        SecretStr | None,
        Optional["SecretStr"],
        ForwardRef("pydantic.SecretBytes"),
        Annotated[str, Secret()],
        Annotated[Secret[str], 1],
        NewType("SecretName", str),
        NewType("Name", SecretStr),
        "SecretStr",
        "pydantic.SecretStr | None",
        Code("list[Secret]"),
        Secret(),
    ],
    ids=lambda value: type_name(type(value)),
)
def test_an_annotation_that_names_a_secret_anywhere_is_secret(annotation: object) -> None:
    assert has_secret_type(annotation)


@pytest.mark.parametrize(
    "annotation",
    [str, list[int], int | None, Optional["str"], "int", "1 / 0", None, T, Annotated[int, "x"], Any],
    ids=lambda value: type_name(type(value)),
)
def test_other_annotations_are_not_secret(annotation: object) -> None:
    assert not has_secret_type(annotation)


def test_a_class_that_answers_no_question_is_not_secret() -> None:
    meddler = meddling_class()

    assert not has_secret_type(meddler)
    assert not has_secret_type(meddler())
    assert not class_has_secrets(meddler)


def test_an_annotation_that_contains_itself_is_searched_once() -> None:
    circle = SimpleNamespace()
    circle.__args__ = (circle, SimpleNamespace(__origin__=circle))

    assert not has_secret_type(circle)


def test_the_secret_names_of_a_signature_include_its_result() -> None:
    annotations = {"user": str, "password": SecretStr, "token": "Secret[str]", "return": SecretStr}

    assert secret_names(annotations) == {"password", "token", "result"}


@dataclass
class User:
    name: str
    password: SecretStr


class Admin(User):
    pass


def test_a_class_has_the_secrets_that_it_or_a_base_is_annotated_with() -> None:
    assert class_has_secrets(User)
    assert class_has_secrets(Admin)
    assert class_has_secrets(SecretStr)
    assert not class_has_secrets(SimpleNamespace)


def test_a_class_has_the_redacted_names_among_its_fields() -> None:
    class Declared:
        redact_field: str

    class Slotted:
        __slots__ = ("redact_field",)

    class Computed:
        @property
        def redact_field(self) -> str:
            raise AssertionError("user code ran")

    untyped = namedtuple("untyped", "redact_field")  # noqa: PYI024 - without annotations is the point

    class Typed(NamedTuple):
        redact_field: str

    fields = (Declared, Slotted, Computed, untyped, Typed)
    assert not any(map(class_has_secrets, fields))

    redact("redact_field")

    assert all(map(class_has_secrets, fields))


def test_methods_of_a_redacted_name_are_no_secret() -> None:
    class Queue(deque[int]):
        def redact_method(self) -> None: ...

    redact("redact_method", "count")

    assert not class_has_secrets(Queue)
    assert not class_has_secrets(list)


@pytest.mark.parametrize("annotations", [{1: SecretStr}, {1: 2, "x": int}, [SecretStr], None])
def test_annotations_that_are_no_dict_of_names_are_ignored(annotations: Any) -> None:
    odd = type("Odd", (), {"__annotations__": annotations})

    assert not class_has_secrets(odd)


def test_a_value_holds_secrets_by_its_class_or_by_what_it_was_given() -> None:
    redact("redact_given")
    plain, given = SimpleNamespace(x=1), SimpleNamespace(redact_given=1)
    given.__dict__[5] = 5  # type: ignore[index]

    assert holds_secrets(User("ann", SecretStr("x")))
    assert holds_secrets(given)
    assert not holds_secrets(plain)
    assert not holds_secrets(5)


def test_an_attribute_is_secret_by_type_or_name() -> None:
    redact("redact_attribute")

    assert attribute_is_secret(Admin, "password")
    assert attribute_is_secret(object, "redact_attribute")
    assert not attribute_is_secret(Admin, "name")


class Plain:
    constant = 3
    __slots__ = ("__dict__", "empty", "slot")

    def __init__(self) -> None:
        self.slot = 1
        self.stored = 2

    @property
    def computed(self) -> int:
        raise AssertionError("user code ran")

    @cached_property
    def kept(self) -> int:
        raise AssertionError("user code ran")

    def method(self) -> None: ...


class Deleter:
    def __delete__(self, instance: object) -> None: ...


@pytest.mark.parametrize(("name", "value"), [("slot", 1), ("stored", 2), ("constant", 3)])
def test_stored_attributes_are_read(name: str, value: int) -> None:
    assert plain_attribute(Plain(), name) == value


@pytest.mark.parametrize("name", ["empty", "computed", "kept", "method", "nowhere"])
def test_other_attributes_are_missing_and_not_computed(name: str) -> None:
    assert plain_attribute(Plain(), name) is MISSING


def test_what_an_instance_stores_wins_as_it_does_in_python() -> None:
    class Hidden(Plain):
        deleter = Deleter()

    value = Hidden()
    value.__dict__.update(kept=4, computed=5, deleter=6, constant=7)

    assert plain_attribute(value, "kept") == 4
    assert plain_attribute(value, "constant") == 7
    assert plain_attribute(value, "computed") is MISSING
    assert plain_attribute(value, "deleter") is MISSING


def test_modules_namespaces_and_exceptions_are_plain_and_meddlers_are_not() -> None:
    assert plain_attribute(pytest, "MonkeyPatch") is pytest.MonkeyPatch
    assert plain_attribute(SimpleNamespace(x=1), "x") == 1
    assert plain_attribute(OSError(), "nowhere") is MISSING
    assert plain_attribute(meddling_class()(), "x") is MISSING
    assert plain_attribute(User, "name") is MISSING


def test_an_instance_dict_is_read_only_where_it_is_a_real_one() -> None:
    class Lying:
        @property
        def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
            raise AssertionError("user code ran")

    assert instance_dict(Plain()) == {"stored": 2}
    assert instance_dict(Lying()) == {}
    assert instance_dict(5) == {}


def test_a_class_is_asked_for_a_name_without_its_metaclass() -> None:
    assert find(bool, "bit_length") is int.__dict__["bit_length"]
    assert find(meddling_class(), "nowhere") is MISSING
    assert type_name(meddling_class()) == "Meddler"
    assert type_name(type("a\nb" + "c" * 90, (), {})) == "a\\nb" + "c" * 37


def test_the_fields_of_a_named_tuple_are_plain_data() -> None:
    class Point(NamedTuple):
        x: int

    assert plain_attribute(Point(3), "x") == 3
