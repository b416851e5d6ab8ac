"""Shows any value in one short line, whatever its own `__repr__` does."""

from __future__ import annotations

import sys
from collections import OrderedDict, defaultdict, deque
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

from culpa._redact import MISSING, find, holds_secrets, instance_dict, is_a, is_redacted, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

REDACTED = "<redacted>"
SECONDS = 0.5
_ROOM = 200  # characters of one value
_LEAST_ROOM = 24  # enough for the start of a string and its length
_DEPTH = 4
_ALL, _SOME = 10, 6  # up to ten items are all shown, of more the first six
_NODES = 60  # of the whole value: no more are walked, so no more foreign reprs are run than could be read
_SHORT_INT, _LONG_INT = 200, 2000  # bits; 2000 are 602 digits, below any limit that Python lets a program set
_SOURCE = 1000  # characters read of what a foreign `__repr__` returns
_LONGEST_ESCAPE = 10  # `\\U0010ffff`
_workers: set[int] = set()


def safe_repr(value: object, *, hide: bool = False) -> str:
    """Return a value's `repr` in one line of at most 200 characters; never raise, never wait longer than 0.5 s.

    Foreign `__repr__`s run in one daemon thread. What is redacted is left out; with `hide`, all but scalars.
    """
    return safe_reprs({"": value}, hide=hide)[""]


def safe_reprs(values: Mapping[str, object], *, hide: bool = False) -> dict[str, str]:
    """Return `safe_repr` of several values, with one thread and 0.5 s for all of them."""
    painted = {key: _painted(value, hide, {}) for key, value in values.items()}
    foreign = {key: value for _, found in painted.values() for key, value in found.items()}
    texts = _foreign_reprs(foreign) if foreign else {}
    return {key: _painted(values[key], hide, texts)[0] if found else text for key, (text, found) in painted.items()}


def _painted(value: object, hide: bool, texts: dict[int, str]) -> tuple[str, dict[int, object]]:
    painter = _Painter(hide, texts)
    try:
        return painter.text(value, _ROOM, 0), painter.foreign
    except Exception:  # noqa: BLE001 - another thread may change what is being walked; a report never breaks
        return _noted(value), {}


class _Painter:
    """Paint one value: without running foreign code, and with the texts that it gave before in its place."""

    __slots__ = ("foreign", "hide", "nodes", "open", "texts")

    def __init__(self, hide: bool, texts: dict[int, str]) -> None:
        self.hide = hide
        self.texts = texts
        self.foreign: dict[int, object] = {}
        self.nodes = _NODES
        self.open: list[int] = []

    def text(self, value: object, room: int, depth: int) -> str:
        return _cut(self._uncut(value, room, depth), room)

    def _uncut(self, value: object, room: int, depth: int) -> str:
        if is_a(value, type):
            return f"<class '{type_name(value)}'>"
        if holds_secrets(value):
            return _by_type(value)
        kind = id(find(type(value), "__repr__"))
        if kind in _ATOMS:
            return _ATOMS[kind](value, room)
        if self.hide:
            return _by_type(value)
        if kind in _WALKED:
            return self._container(value, room, depth, _WALKED[kind])
        if kind in _OTHERS:
            return _OTHERS[kind](value)
        self.foreign[id(value)] = value
        return self.texts.get(id(value), _noted(value))

    def _container(self, value: object, room: int, depth: int, walk: tuple[Any, Any, tuple[str, str]]) -> str:
        base, iterate, (before, after) = walk
        if id(type(value)) not in _BARE:
            before, after = f"{type_name(type(value))}({before}", f"{after})"
        total = base.__len__(value)
        if total == 0:
            return f"{type_name(type(value))}()" if iterate in _SETS else before + after
        if id(value) in self.open or depth == _DEPTH:
            return f"{before}...{after}"
        self.open.append(id(value))
        items = islice(iterate(value), total if total <= _ALL else _SOME)
        paint = self._pair if iterate is _dict.items else self.text
        parts = list(self._parts(items, paint, max(room // 2 - 8, _LEAST_ROOM), depth + 1))
        self.open.pop()
        return _joined(parts, total, before, after, room)

    def _parts(self, items: Iterable[Any], paint: Callable[..., str], room: int, depth: int) -> Iterable[str]:
        for item in items:
            if self.nodes == 0:
                return
            self.nodes -= 1
            yield paint(item, room, depth)

    def _pair(self, item: tuple[object, object], room: int, depth: int) -> str:
        key, value = item
        name = str.__str__(key) if is_a(key, str) else ""
        shown = REDACTED if is_redacted(name) else self.text(value, room, depth)
        return f"{self.text(key, max(room // 2, _LEAST_ROOM), depth)}: {shown}"


def _joined(parts: list[str], total: int, before: str, after: str, room: int) -> str:
    body = ", ".join(parts)
    if len(parts) == total and len(before) + len(body) + len(after) < room:
        return f"{before}{body}{',' * (before == '(' and total == 1)}{after}"
    length = f" ({_items(total)})"
    left = room - len(before) - len(after) - len(length) - len(", ...")
    while parts and len(", ".join(parts)) > left:
        parts.pop()
    return f"{before}{', '.join([*parts, '...'])}{after}{length}"


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count:,} items"


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 3]}..."


def _by_type(value: object) -> str:
    name = type_name(type(value))
    for base in _SIZED:
        if issubclass(type(value), base):
            return f"<{name}, {_items(base.__len__(value))}>"
    return f"<{name}>"


def _noted(value: object, note: str = "") -> str:
    return f"<{type_name(type(value))} object at {id(value):#x}{note and ': '}{note}>"


def _one_line(text: str) -> str:
    lines = " ".join(line.strip() for line in text.splitlines()) if len(text.splitlines()) > 1 else text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in lines)


def _foreign_reprs(objects: dict[int, object]) -> dict[int, str]:
    texts: dict[int, str] = {}
    if sys.is_finalizing():  # nothing can be imported, no thread would ever run
        return texts
    from contextvars import copy_context
    from threading import Thread, get_ident
    from time import monotonic

    if get_ident() in _workers:  # a `repr` that itself breaks a contract would start thread after thread
        return texts
    deadline = monotonic() + SECONDS

    def run() -> None:
        _workers.add(get_ident())
        for key, value in objects.items():
            if monotonic() > deadline:
                break
            texts[key] = _noted(value, f"repr took longer than {SECONDS} s")
            texts[key] = _foreign_repr(value)
        _workers.discard(get_ident())

    thread = Thread(target=copy_context().run, args=(run,), name="culpa-repr", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the interpreter is shutting down, or out of threads
        return texts
    thread.join(SECONDS)
    return texts


def _foreign_repr(value: object) -> str:
    try:
        text: object = _bound_repr(value)()
    except BaseException as error:  # noqa: BLE001 - a `repr` may raise KeyboardInterrupt or SystemExit too
        return _noted(value, f"repr raised {type_name(type(error))}")
    if not is_a(text, str):
        return _noted(value, f"repr returned {type_name(type(text))}")
    return _one_line(str.__getitem__(text, slice(_SOURCE)))


def _bound_repr(value: object) -> Any:
    # By hand and not by `repr`, which turns a wrong result into a TypeError like any other.
    raw = find(type(value), "__repr__")
    callable_: Any = raw
    return callable_.__get__(value, type(value)) if find(type(raw), "__get__") is not MISSING else raw


def _int_text(value: int, room: int) -> str:
    bits = int.bit_length(value)
    if bits <= _SHORT_INT:
        return int.__repr__(value)
    sign = "-" if int.__lt__(value, 0) else ""
    if bits > _LONG_INT:
        return f"{sign}int of {bits:,} bits"
    digits = int.__repr__(value).removeprefix("-")
    return f"{sign}{digits[: min(room // 3, 20)]}... ({len(digits)} digits)"


def _string_text(base: Any, unit: str) -> Callable[[Any, int], str]:
    def text_of(value: Any, room: int) -> str:
        length, end = base.__len__(value), room
        text = repr(base.__getitem__(value, slice(end)))
        if length <= room and len(text) <= room:
            return text
        tail = f"... ({length:,} {unit})"
        while end > 0 and len(text) + len(tail) > room:
            end -= max(1, (len(text) + len(tail) - room) // _LONGEST_ESCAPE)
            text = repr(base.__getitem__(value, slice(max(end, 0))))
        return text + tail

    return text_of


def _plain_text(value: object, _room: int) -> str:
    raw: Any = find(type(value), "__repr__")
    return str(raw(value))


def _function_text(value: Any, _room: int) -> str:
    return f"<function {_label(value.__name__)}>"


def _method_text(value: Any, _room: int) -> str:
    owner: object = value.__self__
    function: object = value.__func__
    name = function.__name__ if type(function) is FunctionType else type_name(type(function))
    return f"<bound method {type_name(type(owner))}.{_label(name)}>"


def _module_text(value: Any, _room: int) -> str:
    name = instance_dict(value).get("__name__")
    return f"<module {_label(name)!r}>" if type(name) is str else "<module>"


def _label(name: str) -> str:
    return _one_line(str.__getitem__(name, slice(60)))


def _range_text(value: range) -> str:
    numbers = (value.start, value.stop) if value.step == 1 else (value.start, value.stop, value.step)
    return f"range({', '.join(_int_text(number, _ROOM // 3) for number in numbers)})"


def _repr_of(cls: type) -> int:
    return id(cls.__dict__["__repr__"])


def _untyped(*classes: Any) -> tuple[Any, ...]:
    return classes


_list, _tuple, _dict, _set, _frozenset, _deque = _untyped(list, tuple, dict, set, frozenset, deque)
_BARE = frozenset(map(id, (list, tuple, dict, set)))
_SIZED = (_list, _tuple, _dict, _set, _frozenset, _deque)
_SETS = (_set.__iter__, _frozenset.__iter__)
_VIEWS = map(type, ({}.keys(), {}.values(), {}.items()))  # pyright: ignore[reportUnknownArgumentType]
_LIST, _TUPLE, _DICT = ("[", "]"), ("(", ")"), ("{", "}")
# By the `__repr__` that a class has or inherits: a subclass of `list` without its own is walked like a list.
_ATOMS: dict[int, Callable[[Any, int], str]] = {
    **{_repr_of(type(value)): _plain_text for value in (None, True, 1.5, 1j, ..., NotImplemented)},
    _repr_of(int): _int_text,
    _repr_of(str): _string_text(str, "characters"),
    _repr_of(bytes): _string_text(bytes, "bytes"),
    _repr_of(bytearray): _string_text(bytearray, "bytes"),
    _repr_of(FunctionType): _function_text,
    _repr_of(BuiltinFunctionType): _plain_text,
    _repr_of(MethodType): _method_text,
    _repr_of(ModuleType): _module_text,
}
_WALKED: dict[int, tuple[Any, Any, tuple[str, str]]] = {
    **{_repr_of(base): (base, base.__iter__, _LIST) for base in (_list, _deque, *_untyped(*_VIEWS))},
    **{_repr_of(base): (base, base.__iter__, _DICT) for base in (_set, _frozenset)},
    **{_repr_of(cls): (_dict, _dict.items, _DICT) for cls in (dict, OrderedDict, defaultdict)},
    _repr_of(tuple): (_tuple, _tuple.__iter__, _TUPLE),
}
_OTHERS: dict[int, Callable[[Any], str]] = {_repr_of(range): _range_text, _repr_of(object): _noted}
