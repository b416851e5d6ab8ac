"""Law: a checked function looks like the bare one, and takes the same calls; it refuses others in the same words.

Each program runs twice: with the declarations of the library, and with declarations that do nothing.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, note, settings

import culpa
from harness.tape import Tape, taped

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = int(os.environ.get("CULPA_PROGRAMS", "500"))

NAMES = ["a", "b", "c", "é", "self_", "len", "args_", "_", "result_", "method"]
MADE = {"functools": functools, "marked": object(), "given": [1], "passed_on": lambda function: passing(function)}
SHAPES = "plain plain closure method static class property_like wrapped partial cached"


def passing(function: Any) -> Any:
    """Stand for somebody's decorator, which passes all calls on."""

    @functools.wraps(function)
    def passed(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return passed


class Author:
    """Writes programs by a tape."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    def parameter(self, name: str, has_default: bool) -> str:
        told = name + self.tape.pick(["", "", ": int", ": 'list[int] | None'", ": marked"])
        return f"{told} = {self.tape.pick(['1', 'None', 'given', 'marked', '(1, 2)'])}" if has_default else told

    def signature(self, first: str) -> tuple[str, list[str]]:
        names = self.tape.subset(NAMES, 6)
        count = self.tape.number(0, len(names))
        only, first_default = self.tape.number(0, count), self.tape.number(0, count)
        told = [first] if first else []
        told += [self.parameter(name, number >= first_default) for number, name in enumerate(names[:count])]
        if only:
            told.insert(only + bool(first), "/")
        star = self.tape.chance(2)
        if star or names[count:]:
            told.append(self.parameter("*args", False) if star else "*")
        told += [self.parameter(name, self.tape.chance(2)) for name in names[count:]]
        every = [*names, *(["args"] if star else [])]
        if self.tape.chance(2):
            told.append(self.parameter("**kwargs", False))
            every.append("kwargs")
        return ", ".join(told), every

    def clauses(self, names: list[str]) -> str:
        captures = itertools.count()

        def declared() -> str:
            taken = self.tape.subset(names, 3)
            kind, more = self.tape.pick([("require", []), ("ensure", []), ("ensure", ["result"]), ("snapshot", [])])
            head = f"lambda {', '.join([*taken, *more])}:".replace(" :", ":")
            holds = f"{head} [{', '.join([*taken, *more])}] is not None"
            prefix = f"k{next(captures)}=" if kind == "snapshot" else ""
            return f"@{kind}({prefix}{holds})\n"

        made = self.tape.some(declared, 1, 3)
        return "".join(dict.fromkeys(made))

    def program(self) -> tuple[str, list[tuple[list[int], dict[str, int]]]]:
        shape = self.tape.word(SHAPES)
        first = {"method": "self", "class": "cls", "property_like": "self"}.get(shape, "")
        signature, names = self.signature(first)
        returns = self.tape.pick(["", " -> int", " -> 'tuple[int, ...]'"])
        doc = self.tape.pick(["", '    """Say what it does."""\n', "    'é'\n"])
        body = f"{doc}    return [{', '.join(names)}]\n"
        above = {
            "static": "@staticmethod\n",
            "class": "@classmethod\n",
            "wrapped": "@passed_on\n",
            "cached": "@functools.cache\n",
        }
        definition = f"def target({signature}){returns}:\n{body}"
        clauses = self.clauses(names)
        order = self.tape.chance(2)
        mark = "target.mark = marked\n" if shape in ("plain", "closure", "wrapped") and self.tape.chance(2) else ""
        if shape == "partial":
            bare = definition + "target = functools.partial(target)\n"
            text = bare + "".join(f"target = {row[1:]}(target)\n" for row in reversed(clauses.splitlines()))
        elif order or shape in ("plain", "closure", "method", "property_like"):
            text = clauses + above.get(shape, "") + definition
        else:
            text = above[shape] + clauses + definition
        if first or shape == "static":
            text = f"class Holder:\n{indented(text)}target = {self.tape.word('Holder Holder()')}.target\n"
        if shape == "closure":
            text = f"def outer(len):\n{indented(text)}    return target\ntarget = outer(1)\n"
        text = self.tape.pick(["", "from __future__ import annotations\n"]) + text + mark
        return text, [self.call(names) for _ in range(6)]

    def call(self, names: list[str]) -> tuple[list[int], dict[str, int]]:
        """Return a call, legal or not."""
        named = self.tape.subset([*names, "other", "self"], 3)
        return self.tape.some(lambda: self.tape.number(0, 9), 0, 5), {name: self.tape.number(0, 9) for name in named}


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def run(source: str, file: str, **declared: Any) -> Any:
    namespace: dict[str, Any] = {**MADE, **declared, "__name__": "generated"}
    exec(compile(source, file, "exec", dont_inherit=True), namespace)
    return namespace["target"]


def nothing(*_: Any, **__: Any) -> Any:
    return lambda function: function


KEPT = (
    "__name__ __qualname__ __module__ __doc__ __annotations__ __type_params__ __defaults__ __kwdefaults__ mark".split()
)
CODE = "co_name co_qualname co_argcount co_posonlyargcount co_kwonlyargcount co_filename co_firstlineno".split()
ASKED = [
    inspect.isfunction,
    inspect.ismethod,
    inspect.isbuiltin,
    inspect.isroutine,
    inspect.iscoroutinefunction,
    inspect.isgeneratorfunction,
    inspect.isasyncgenfunction,
    inspect.getdoc,
]


def looks(target: Any) -> dict[str, Any]:
    """Return what can be seen of a function without calling it."""
    seen: dict[str, Any] = {"signature": str(inspect.signature(target))}
    if not (inspect.isfunction(target) or inspect.ismethod(target)):  # an object that stands in for another one
        return {**seen, "class": target.__class__, "doc": target.__doc__, "name": getattr(target, "__name__", None)}
    seen |= {name: getattr(target, name, "none") for name in KEPT}
    seen |= {ask.__name__: ask(target) for ask in ASKED}
    wrapped = getattr(target, "__wrapped__", None)
    code = None if wrapped is not None else getattr(target, "__code__", None)
    if code is not None:
        count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
        seen |= {name: getattr(code, name) for name in CODE}
        seen |= {"names": code.co_varnames[:count], "flags": code.co_flags & 0xEC}  # *args, **kwargs, kind
    return {**seen, "wrapped": None if wrapped is None else wrapped.__qualname__}


def outcome(target: Any, given: list[int], named: dict[str, int]) -> tuple[str, str]:
    try:
        return "gave", repr(target(*given, **named))
    except TypeError as error:
        return "refused", str(error)


serial = itertools.count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("programs")


@settings(max_examples=PROGRAMS, deadline=None, suppress_health_check=list(HealthCheck))
@given(program=taped(lambda tape: Author(tape).program(), 160))
def test_a_checked_function_is_like_the_bare_one(program: Any, folder: Path) -> None:
    source, calls = program
    note(source)
    file = folder / f"program{next(serial)}.py"
    file.write_text(source, encoding="utf-8")
    declared = {name: getattr(culpa, name) for name in ("require", "ensure", "snapshot")}
    for name in (str(file), "<no source>"):
        bare = run(source, name, **dict.fromkeys(declared, nothing))
        checked = run(source, name, **declared)

        assert culpa.contract_of(checked)
        assert looks(checked) == looks(bare)
        for given_, named in calls:
            assert outcome(checked, given_, named) == outcome(bare, given_, named)
