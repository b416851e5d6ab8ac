"""safe_repr: every value in one short line, whatever its own `__repr__` does."""

from __future__ import annotations

import contextvars
import enum
import os
import subprocess
import sys
import threading
import time
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MethodType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from culpa._redact import redact
from culpa._repr import safe_repr, safe_reprs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SRC = Path(__file__).parents[1] / "src"


class Color(enum.Enum):
    RED = 1


class Bare:
    pass


class Point(NamedTuple):
    x: int
    y: int


class Shouting(type):
    def __repr__(cls) -> str:
        raise AssertionError("user code ran")


class Loud(metaclass=Shouting):
    pass


class Vector(list[int]):
    def __len__(self) -> int:
        raise AssertionError("user code ran")

    __iter__ = __getitem__ = __len__  # type: ignore[assignment]


class Name(str):
    __slots__ = ()

    def __len__(self) -> int:
        raise AssertionError("user code ran")

    __str__ = __iter__ = __getitem__ = __len__  # type: ignore[assignment]


def shows(does: Callable[[], Any]) -> Any:
    """Make an object whose `repr` is what `does` does."""
    return type("Foo", (), {"__repr__": lambda self: does()})()


def fails(error: BaseException) -> Any:
    def does() -> str:
        raise error

    return shows(does)


def wait_for_workers() -> None:
    for thread in threading.enumerate():
        if thread.name == "culpa-repr":
            thread.join()


@pytest.fixture
def stuck() -> Iterator[Any]:
    """Make an object whose `repr` waits until the test is over."""
    over = threading.Event()
    yield shows(lambda: str(over.wait()))
    over.set()
    wait_for_workers()


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, ..., NotImplemented, 0, -7, 1.5, float("nan"), 2j, "", "it's", "é", b"\x00", bytearray(b"x")),
        *([], (), {}, set(), frozenset(), [1], (1,), (1, 2), {1}, frozenset({1}), deque([1]), deque()),
        *({"a": [1, {2: (3,)}]}, {1: 2}.keys(), {1: 2}.values(), {1: 2}.items(), range(3), range(0, 9, 2)),
        *(list(range(10)), Decimal("1.5"), Color.RED, Point(1, 2), ValueError("x"), Counter("aab"), len, 10**60),
    ],
    ids=repr,
)
def test_a_small_value_is_shown_as_python_shows_it(value: object) -> None:
    assert safe_repr(value) == repr(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (list(range(11)), "[0, 1, 2, 3, 4, 5, ...] (11 items)"),
        ([0] * 10_000_000, "[0, 0, 0, 0, 0, 0, ...] (10,000,000 items)"),
        (dict.fromkeys(range(20)), "{0: None, 1: None, 2: None, 3: None, 4: None, 5: None, ...} (20 items)"),
        (deque(range(20)), "deque([0, 1, 2, 3, 4, 5, ...]) (20 items)"),
        (range(10**6), "range(0, 1000000)"),
        (OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (defaultdict(int, a=1), "defaultdict({'a': 1})"),
        ([[[[[]]]]], "[[[[[]]]]]"),
        ([[[[[1]]]]], "[[[[[...]]]]]"),
        ("x" * 201, f"'{'x' * 178}'... (201 characters)"),
        (b"x" * 201, f"b'{'x' * 182}'... (201 bytes)"),
        ("\U000e0001" * 100, f"'{chr(92)}U000e0001{f'{chr(92)}U000e0001' * 16}'... (100 characters)"),
        (-(10**70), "-10000000000000000000... (71 digits)"),
        (10**5000, "int of 16,610 bits"),
        (-(10**5000), "-int of 16,610 bits"),
        (range(10**70), "range(0, 10000000000000000000... (71 digits))"),
        (["y" * 300], f"['{'y' * 70}'... (300 characters)]"),
        (int, "<class 'int'>"),
        (Loud, "<class 'Loud'>"),
        (Color, "<class 'Color'>"),
        (wait_for_workers, "<function wait_for_workers>"),
        (lambda: 0, "<function <lambda>>"),
        ("a".join, f"<built-in method join of str object at {id('a'):#x}>"),
        (Path().exists, f"<bound method {type(Path()).__name__}.exists>"),
        (type("m", (), {"f": type("Call", (), {"__call__": None})})().f, "<class 'Call'>"),
        (os, "<module 'os'>"),
        ([1, os], "[1, <module 'os'>]"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_large_or_special_value_is_shortened_not_dropped(value: object, text: str) -> None:
    assert safe_repr(value) == text


def test_subclasses_of_builtins_are_shown_without_running_their_methods() -> None:
    assert safe_repr(Vector([1, 2])) == "Vector([1, 2])"
    assert safe_repr(Vector([1, 2]), hide=True) == "<Vector, 2 items>"
    assert safe_repr(Name("it's")) == '"it\'s"'
    assert safe_repr(shows(lambda: Name("odd"))) == "odd"


def test_names_that_were_tampered_with_are_shown_in_one_line() -> None:
    def function() -> None: ...

    function.__name__ = "a\nb"
    module = type(os)("m")
    nameless = type(os)("n")
    module.__name__, nameless.__name__ = "c\x1b", 7  # type: ignore[assignment]

    assert safe_repr(function) == "<function a b>"
    assert safe_repr(module) == "<module 'c\\\\x1b'>"
    assert safe_repr(nameless) == "<module>"


def test_a_method_of_something_callable_is_named_after_its_class() -> None:
    called = type("Called", (), {"__call__": None})()

    assert safe_repr(MethodType(called, 1)) == "<bound method int.Called>"


def test_containers_that_contain_themselves_end() -> None:
    circle: list[Any] = [1]
    circle.append(circle)
    loop: dict[str, Any] = {}
    loop["loop"] = [loop, circle]

    assert safe_repr(circle) == "[1, [...]]"
    assert safe_repr(loop) == "{'loop': [{...}, [1, [...]]]}"
    assert safe_repr([[1], [1]]) == "[[1], [1]]"


def test_wide_and_deep_values_stay_short() -> None:
    wide = [[["x" * 50] * 50] * 50] * 50
    texts = {"y" * 90 + str(number): "z" * 90 for number in range(9)}

    assert safe_repr([list(range(10))] * 10).endswith(", ...] (10 items)")
    assert safe_repr(wide).endswith("...] (50 items)")
    assert safe_repr(texts).endswith("...} (9 items)")
    assert max(len(safe_repr(value)) for value in (wide, texts, [Bare()] * 10)) <= 200


def test_items_that_do_not_fit_are_cut() -> None:
    name = "N" * 40
    item = type(name, (list,), {})(["a"])

    assert safe_repr([item]) == f"[{name}(['a'])]"
    assert safe_repr([[[item]]]) == f"[[[{name[:21]}...]]]"


def test_an_object_without_a_repr_of_its_own_is_shown_without_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    value = Bare()
    monkeypatch.setattr(threading, "Thread", None)

    assert safe_repr([value]) == f"[<Bare object at {id(value):#x}>]"


@pytest.mark.parametrize(
    "error", [ValueError("x"), KeyboardInterrupt(), SystemExit(1), RecursionError(), GeneratorExit()], ids=repr
)
def test_what_a_repr_raises_is_told(error: BaseException) -> None:
    value = fails(error)

    assert safe_repr([value]) == f"[<Foo object at {id(value):#x}: repr raised {type(error).__name__}>]"


@pytest.mark.parametrize("result", [7, None, b"x"])
def test_a_result_that_is_no_string_is_told(result: object) -> None:
    value = shows(lambda: result)

    assert safe_repr(value) == f"<Foo object at {id(value):#x}: repr returned {type(result).__name__}>"


def test_a_repr_that_is_no_method_is_used_as_python_uses_it() -> None:
    class Answer:
        def __call__(self) -> str:
            return "42"

    assert safe_repr(type("Static", (), {"__repr__": staticmethod(lambda: "41")})()) == "41"
    assert safe_repr(type("Called", (), {"__repr__": Answer()})()) == "42"
    assert safe_repr(type("None_", (), {"__repr__": None})()).endswith(": repr raised TypeError>")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n  b\r\nc", "a b c"),
        ("a\x1b[31m\u2028\ud800", "a\\x1b[31m \\ud800"),
        ("x  y", "x  y"),
        ("z" * 10**6, "z" * 197 + "..."),
        ("", ""),
    ],
)
def test_what_a_repr_returns_becomes_one_printable_line(text: str, line: str) -> None:
    assert safe_repr(shows(lambda: text)) == line


def test_a_repr_that_blocks_is_told_after_half_a_second_with_the_values_around_it(stuck: Any) -> None:
    started, later = time.monotonic(), fails(ValueError())
    before = shows(lambda: "before")

    texts = safe_reprs({"a": [before, 1, stuck, later], "b": stuck, "c": 3})

    late = f"<Foo object at {id(stuck):#x}: repr took longer than 0.5 s>"
    assert texts == {"a": f"[before, 1, {late}, <Foo object at {id(later):#x}>]", "b": late, "c": "3"}
    assert time.monotonic() - started < 2


def test_one_thread_runs_all_reprs_in_a_copy_of_the_context() -> None:
    where: contextvars.ContextVar[str] = contextvars.ContextVar("where")
    threads: list[threading.Thread] = []

    def does() -> str:
        threads.append(threading.current_thread())
        told = where.get()
        where.set("changed")
        return told

    where.set("here")
    texts = safe_reprs({"a": [shows(does), {"x": shows(does)}], "b": shows(does)})

    assert texts == {"a": "[here, {'x': changed}]", "b": "changed"}
    assert len(set(threads)) == 1
    assert threads[0].daemon
    assert threads[0] is not threading.current_thread()
    assert where.get() == "here"


def test_a_repr_that_asks_for_a_report_starts_no_other_thread() -> None:
    inner = shows(lambda: "never")
    outer = shows(lambda: safe_repr([1, inner]))

    assert safe_repr(outer) == f"[1, <Foo object at {id(inner):#x}>]"


def test_no_foreign_code_runs_where_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    value = shows(lambda: "never")
    monkeypatch.setattr(threading.Thread, "start", refuse)

    assert safe_repr([1, value]) == f"[1, <Foo object at {id(value):#x}>]"


def test_no_foreign_code_runs_while_the_interpreter_shuts_down(monkeypatch: pytest.MonkeyPatch) -> None:
    value = shows(lambda: "never")
    monkeypatch.setattr(sys, "is_finalizing", lambda: True)

    assert safe_repr(value) == f"<Foo object at {id(value):#x}>"


def test_the_interpreter_may_be_shutting_down() -> None:
    program = """
import atexit
from culpa._repr import safe_repr
class Foo:
    def __repr__(self): return "late"
    def __del__(self): print("deleted", safe_repr([1, self])[:15], flush=True)
atexit.register(lambda: print("exit", safe_repr(1), safe_repr(Foo)))
kept = Foo()
kept.itself = kept
"""
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        env={**os.environ, "PYTHONPATH": str(SRC)},
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines() == ["exit 1 <class 'Foo'>", "deleted [1, <Foo object"]


def test_a_value_that_another_thread_changes_is_still_named() -> None:
    value = {"a": 1, "b": 2}

    def change(frame: Any, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name == "_pair":
            value.clear()

    sys.setprofile(change)  # stands in for the other thread
    text = safe_repr(value)
    sys.setprofile(None)

    assert text == f"<dict object at {id(value):#x}>"


def test_a_redacted_key_hides_its_value() -> None:
    redact("repr_pin")

    assert safe_repr([{"name": "ann", "repr_pin": "1234"}]) == "[{'name': 'ann', 'repr_pin': <redacted>}]"
    assert safe_repr({Name("repr_pin"): "1234", 1: 2}) == "{'repr_pin': <redacted>, 1: 2}"


def test_a_value_with_secrets_is_shown_by_type_and_length() -> None:
    redact("repr_token")

    @dataclass
    class User:
        name: str
        repr_token: str

    class Vault(dict[str, int]):
        repr_token: str

    class SecretStr(str):
        __slots__ = ()

    values = [User("ann", "x"), Vault(a=1, b=2, c=3), SecretStr("hunter2"), Vault(a=1)]

    assert safe_repr(values) == "[<User>, <Vault, 3 items>, <SecretStr>, <Vault, 1 item>]"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((5, "5"), ("a", "'a'"), (b"a", "b'a'"), (None, "None"), (1.5, "1.5"), (2j, "2j"), (True, "True")),
        *(([1, 2], "<list, 2 items>"), ({"a": 1}, "<dict, 1 item>"), (set(), "<set, 0 items>")),
        *((Bare(), "<Bare>"), (Color.RED, "<Color>"), (range(10**30), "<range>"), (Point(1, 2), "<Point, 2 items>")),
        *((int, "<class 'int'>"), (len, "<built-in function len>")),
        (fails(AssertionError("user code ran")), "<Foo>"),
    ],
)
def test_with_hide_compound_values_are_shown_by_type_and_length(value: object, text: str) -> None:
    assert safe_repr(value, hide=True) == text


def test_a_numpy_array_is_shown_in_one_line() -> None:
    numpy = pytest.importorskip("numpy")

    assert safe_repr(numpy.array([[1, 2], [3, 4]])) == "array([[1, 2], [3, 4]])"
    assert safe_repr(numpy.float64(1.5)) == "np.float64(1.5)"
    assert len(safe_repr(numpy.zeros((1000, 1000)))) <= 200


def test_an_object_that_lies_about_everything_is_shown() -> None:
    def lie(*_: object) -> Any:
        raise AssertionError("user code ran")

    meta = type("Meta", (type,), {"__getattribute__": lie, "__name__": property(lie), "__hash__": lie, "__eq__": lie})
    namespace = {"__getattribute__": lie, "__class__": property(lie), "__len__": lie, "__eq__": lie, "__hash__": None}
    value = meta("Liar", (), namespace)()
    told = type("Told", (), {**namespace, "__repr__": lambda self: "told"})()

    assert safe_repr([value, told]) == f"[<Liar object at {id(value):#x}>, told]"
    assert safe_repr(type(value)) == "<class 'Liar'>"
