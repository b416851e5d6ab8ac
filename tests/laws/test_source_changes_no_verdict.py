"""Law: with its source, without it, and called by hand, a predicate has one verdict; and its text is its own.

Programs are drawn as text: any signature, closures over cells that change, methods with private names, names that are
parameters here and globals there, several lambdas on a line, over many lines, behind letters of several bytes.
"""

from __future__ import annotations

import inspect
import itertools
import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, note, reject, settings

import culpa
from culpa import DefectError, PostconditionError, PreconditionError
from harness.tape import Tape, taped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PROGRAMS = int(os.environ.get("CULPA_PROGRAMS", "500"))

Outcome = tuple[Any, ...]

# Each of these is a global, too; `floor` may be a variable of the function around, and `_Box__p` is a private name.
PARAMETERS = ["n", "limit", "floor", "len", "path", "é", "result", "old", "w"]
HEAD = """\
import re
import os.path as path
from os import path as imported
n, limit, floor, é, result, old, w = 3, 2, 1, 0, 5, 4, 2
def helper(value): return value > 2
class Vague:
    def __bool__(self): raise ArithmeticError
vague = Vague()
def second(first, other): return other
class Base:
    def size(self): return 2
"""


@dataclass
class Parameter:
    name: str
    kind: str  # "positional", "standard", "star", "keyword" or "double star"
    default: int | None = None

    def __str__(self) -> str:
        stars = {"star": "*", "double star": "**"}.get(self.kind, "")
        return f"{stars}{self.name}" + (f"={self.default}" if self.default is not None else "")


@dataclass
class Program:
    source: str
    calls: list[tuple[list[int], dict[str, int]]]


def written(parameters: list[Parameter]) -> str:
    kinds = [parameter.kind for parameter in parameters]
    told = [str(parameter) for parameter in parameters]
    if "keyword" in kinds and "star" not in kinds:
        told.insert(kinds.index("keyword"), "*")
    if "positional" in kinds:
        told.insert(kinds.count("positional"), "/")
    return ", ".join(told)


def _before(parameters: list[Parameter], parameter: Parameter) -> int:
    """Return how many arguments stand before that of `parameter`."""
    return sum(other.name != "self" for other in parameters[: parameters.index(parameter)])


GAPS = (" ", " ", " ", " ", "\n        ", "  # why (\n  ", " # ) é\n")
SIGNS = "< + - * // % == != <= > >= in and or and or & |"


class Author:
    """Writes programs by a tape."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    def gap(self) -> str:
        return self.tape.pick(GAPS)

    def atom(self, names: list[str]) -> str:
        own = names * 4 or ["n"]
        private = ["self.__x", "self.__x", "self"] if "self" in names else []
        of_class = ["super().size()", "__class__.__name__"] if "self" in names[:1] else []
        other = "n limit floor é result old w 0 1 2 3 undefined vague".split()
        return self.tape.pick([*own, *other, *private, *private, *of_class])

    def expression(self, names: list[str], depth: int = 3) -> str:
        if depth == 0 or self.tape.chance(4):
            return self.atom(names)
        a, b, gap = self.expression(names, depth - 1), self.expression(names, depth - 1), self.gap()
        left, right = self.tape.pick([("", ""), ("(", ")"), ("((", "))")])
        infix = f"{left}{a}{right}{gap}{self.tape.word(SIGNS)}{self.gap()}{b}"
        return self.tape.pick(
            [
                *[infix] * 5,
                f"{a} < {b}{gap}<= {self.atom(names)}",
                f"({a}){gap}if ({b}) else {self.gap()}({self.atom(names)})",
                f"not {left}{a}{right}",
                f"not {left}{a}{right} is {b}",
                f"(-{self.atom(names)})",
                f"[{a}, *[{gap}y for y in (1, 2, {b}) if y]][0]",
                f"all(y != {a}{gap}for y in ({b}, 1))",
                f"(lambda z, k=2: {gap}z or {a})({b})",
                f"len(f'é({{{self.atom(names)}!r:>3}}')",
                f"(w := {a})",
                f"helper({gap}{a})",
                f"re.match('[(]', str({gap}{a})) is None",
                f"imported.join('é', str({a})) == ')'",
                f"{{{gap}1: {a}}}[1]",
                f"(1 // ({a}))",
            ]
        )

    def predicate(self, names: list[str]) -> str:
        text, parameters = self.expression(names), ", ".join(names)
        form = self.tape.number(0, 4)
        if form == 3 and names and names[0] != "self":
            parameters = f"*, {parameters}"
        elif form == 4:
            parameters = ", ".join([*names, f"k={self.tape.word('limit 2')}"])
            text = f"({text}){self.gap()}!= k"
        opened, closed = self.tape.pick([("", ""), ("", ""), ("(", ")"), ("((", ") )")])
        return f"lambda {parameters}:{self.gap()}{opened}{text}{closed}".replace("lambda :", "lambda:")

    def declaration(self, parameters: list[str], number: int) -> str:
        kind = self.tape.word("require require ensure")
        legal = [name for name in parameters if kind == "require" or name not in ("result", "old")]
        names = sorted(self.tape.subset(legal, 3), key=lambda name: name != "self")
        if kind == "ensure" and "result" not in parameters and self.tape.chance(2):
            names.append("result")
        made = f'{kind}({self.predicate(names)}, "c{number}")'
        decoy = f"lambda {', '.join(names)}: ({self.expression(names, 1)})".replace("lambda :", "lambda:")
        behind = f"second('é\U0001f40d(', {made})"
        return self.tape.pick([made, made, made, f"second({decoy}, {made})", behind, f"({made})"])

    def value(self) -> int:
        return self.tape.number(-1, 4)

    def signature(self, is_method: bool) -> list[Parameter]:
        names = self.tape.subset(PARAMETERS, 6)
        count = self.tape.number(0, len(names))
        positional = names[:count] + (["__p"] if is_method and self.tape.chance(2) else [])
        only, first_default = self.tape.number(0, len(positional)), self.tape.number(0, len(positional))
        found = [Parameter("self", "positional" if only else "standard")] if is_method else []
        for number, name in enumerate(positional):
            default = self.value() if number >= first_default else None
            found.append(Parameter(name, "positional" if number < only else "standard", default))
        found += [Parameter("args", "star")] if self.tape.chance(2) else []
        found += [Parameter(name, "keyword", self.value() if self.tape.chance(2) else None) for name in names[count:]]
        return found + ([Parameter("kw", "double star")] if self.tape.chance(2) else [])

    def call(self, parameters: list[Parameter]) -> tuple[list[int], dict[str, int]]:
        """Return the arguments of a legal call; a private name is given as the class mangles it."""
        given: list[int] = []
        named: dict[str, int] = {}
        for parameter in parameters:
            name = parameter.name.replace("__p", "_Box__p")
            is_next = len(given) == _before(parameters, parameter)
            if parameter.name == "self" or (parameter.default is not None and self.tape.chance(3)):
                continue
            if parameter.kind == "star":
                given += self.tape.some(self.value, 0, 2) if is_next else []
            elif parameter.kind == "double star":
                named |= {"other": self.value()} if self.tape.chance(2) else {}
            elif is_next and (parameter.kind == "positional" or self.tape.chance(2)) and parameter.kind != "keyword":
                given.append(self.value())
            elif parameter.kind != "positional":
                named[name] = self.value()
        return given, named

    def program(self) -> Program:
        shape = self.tape.pick(["plain", "plain", "closure", "method", "method in closure"])
        is_method = "method" in shape
        parameters = self.signature(is_method)
        names = [parameter.name for parameter in parameters]
        clauses = [self.declaration(names, number) for number in range(self.tape.number(1, 3))]
        is_shared = not is_method and bool(names) and self.tape.chance(2)
        body = f"    {names[0]} = 99\n" if names and not is_method and self.tape.chance(2) else ""
        define = f"def target({written(parameters)}):\n{body}    return [{', '.join(names)}]\n"
        if self.tape.chance(3):
            define += f"target = stacked({', '.join(clauses)})(target)\n"
        else:
            define = "".join(f"@{clause}\n" for clause in clauses) + ("@shared\n" if is_shared else "") + define
        shared = f'shared = require(lambda {names[0]}: {names[0]} != floor and limit, "c9")\n' if is_shared else ""
        if is_method:
            members = "def __init__(self): self.__x = 2\ndef __repr__(self): return 'box'\n" + define
            define = f"class _Box(Base):\n{indented(members)}"
        if "closure" in shape:
            change = self.tape.pick(["pass", "floor = floor + 1", "limit = floor", "del floor"])
            result = "_Box" if is_method else "target"
            define = f"def outer(floor, limit):\n{indented(define)}    {change}\n    return {result}\n"
            define += f"{result} = outer(2, 3)\n"
        after = ("target = _Box().target\n" if is_method else "") + self.tape.pick(["", "limit = 4\n"])
        return Program(HEAD + shared + define + after, [self.call(parameters) for _ in range(4)])


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def stacked(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Apply decorators as if they stood above a function, the first on top."""

    def decorate(function: Any) -> Any:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


class Verdict(Exception):
    """What the oracle says: (kind, clause) or ("defect", clause, exception)."""


class Oracle:
    """Calls predicates by hand, as anybody would who has read what they take."""

    def __init__(self) -> None:
        self.called: list[tuple[str, Any, dict[str, Any], Any]] = []

    def declaration(self, kind: str) -> Any:
        return lambda predicate, message: lambda target: self.checked((kind, predicate, message), target)

    def checked(self, clause: tuple[str, Any, str], target: Any) -> Any:
        bare = getattr(target, "bare", target)
        clauses = (clause, *getattr(target, "clauses", ()))

        def call(*given: Any, **named: Any) -> Any:
            bound = inspect.signature(bare).bind(*given, **named)
            bound.apply_defaults()
            values = bound.arguments
            self.check("require", clauses, values)
            result = bare(*given, **named)
            self.check("ensure", clauses, {"result": result, **values})
            return result

        call.bare, call.clauses = bare, clauses  # type: ignore[attr-defined]
        return call

    def check(self, kind: str, clauses: tuple[Any, ...], values: dict[str, Any]) -> None:
        for word, predicate, message in clauses:
            if word != kind:
                continue
            told = inspect.signature(predicate).parameters.values()
            taken = {p.name: values[p.name] for p in told if p.default is p.empty}
            try:
                value = outcome(lambda predicate=predicate, taken=taken: predicate(**taken))
                self.called.append((message, predicate, taken, value))
                holds = bool(value[1])
            except Exception as error:  # noqa: BLE001 - whatever a truth value raises
                raise Verdict("defect", message, type(error).__name__) from None
            if value[0] == "raised":
                raise Verdict("defect", message, value[1])
            if not holds:
                raise Verdict(kind, message)


def outcome(call: Callable[[], Any]) -> Outcome:
    try:
        return "gave", call()
    except Verdict as verdict:
        return verdict.args
    except (PreconditionError, PostconditionError) as error:
        clause: Any = error.clause
        return clause.kind, clause.message
    except DefectError as error:
        clause = error.clause
        return "defect", clause.message, type(error.__cause__).__name__
    except Exception as error:  # noqa: BLE001 - whatever a predicate raises
        return "raised", type(error).__name__


def run(program: Program, file: str, **declared: Any) -> tuple[Any, list[Outcome]]:
    namespace: dict[str, Any] = {"require": culpa.require, "ensure": culpa.ensure, "stacked": stacked, **declared}
    namespace["__name__"] = "generated"
    exec(compile(program.source, file, "exec", dont_inherit=True), namespace)
    target = namespace["target"]
    # Methods are told apart by text: each run has an object of its own.
    found = [outcome(lambda given=given, named=named: target(*given, **named)) for given, named in program.calls]
    return target, [tuple(map(str, parts)) for parts in found]


def value_of_text(text: str, predicate: Any, taken: dict[str, Any]) -> Outcome:
    """Evaluate the text of a predicate in a lambda of its own, in a class of the same name."""
    code = predicate.__code__
    free = dict(zip(code.co_freevars, predicate.__closure__ or (), strict=True))
    told = [str(p) for p in inspect.signature(predicate).parameters.values()]
    source = (
        f"def made({', '.join(free)}):\n class _Box:\n  f = lambda {', '.join(told)}: ({text}\n)\n"
        f" return _Box.__dict__['f']\n"
    )
    namespace: dict[str, Any] = {}
    exec(source, predicate.__globals__, namespace)
    return outcome(lambda: namespace["made"](*(cell.cell_contents for cell in free.values()))(**taken))


serial = itertools.count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    logger = logging.getLogger("culpa")
    logger.disabled = True
    yield tmp_path_factory.mktemp("programs")
    logger.disabled = False


@settings(max_examples=PROGRAMS, deadline=None, suppress_health_check=list(HealthCheck))
@given(program=taped(lambda tape: Author(tape).program(), 300))
def test_source_changes_no_verdict(program: Program, folder: Path) -> None:
    note(program.source)
    try:
        compile(program.source, "<is it Python>", "exec")
    except SyntaxError:  # a walrus in a place where it may not stand
        reject()
    oracle = Oracle()
    file = folder / f"program{next(serial)}.py"
    file.write_text(program.source, encoding="utf-8")

    _, expected = run(program, "<by hand>", require=oracle.declaration("require"), ensure=oracle.declaration("ensure"))
    target, found = run(program, str(file))
    _, without = run(program, "<no source>")

    assert without == expected
    assert found == expected
    texts = {clause.message: clause.text for clause in culpa.contract_of(target)}
    for message, predicate, taken, value in oracle.called:
        text = texts[message]
        if text is not None and "super" not in text and "__class__" not in text and "del floor" not in program.source:
            assert str(value_of_text(text, predicate, taken)) == str(value), text
