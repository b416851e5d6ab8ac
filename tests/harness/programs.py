"""Defines small programs as data, and writes their source text: each part is told the line on which it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Expression = tuple[Any, ...]
"""("const", 3), ("name", "n"), ("plus", e, 1), ("call", "f3", form, e), ("compare", ">", e, 2), ("divide", e, 2),
("vague", e, 2), ("boom", "KeyError", e, 2), ("and", e, e), ("or", e, e)"""


@dataclass(eq=False)
class Clause:
    """A declaration; `form` is how its predicate is written: "lambda", "lines" or "def"."""

    kind: str
    predicate: Expression | None
    form: str = "lambda"
    exceptions: tuple[str, ...] = ()
    line: int = 0


@dataclass(eq=False)
class Statement:
    """`kind` is "let", "check", "if", "raise", "again" (raise what a handler kept) or "try"."""

    kind: str
    value: Any = None
    name: str = "x"
    inner: list[Statement] = field(default_factory=list)
    caught: str = ""
    action: tuple[Any, ...] = ()
    last: list[Statement] = field(default_factory=list)
    line: int = 0


@dataclass(eq=False)
class Function:
    """A function of `n` and of `d`, the depth of calls that is left."""

    name: str
    clauses: list[Clause]
    body: list[Statement]
    line: int = 0


@dataclass(eq=False)
class Program:
    """Functions, and the declarations made once above them, which several functions may have.

    `main_f3` calls `f3` with `start`, on the line `mains["f3"]`.
    """

    functions: list[Function]
    shared: list[Clause]
    start: int
    mains: dict[str, int] = field(default_factory=dict)


def names_in(expression: Expression) -> list[str]:
    """Return the parameters that a predicate takes."""
    found = {expression[1].partition(".")[0]} if expression[0] == "name" else set[str]()
    if expression[0] == "call":
        found.add("d")
    for part in expression:
        if isinstance(part, tuple):
            found.update(names_in(part))
    return sorted(found)


def text_of(e: Expression) -> str:
    match e:
        case ("const" | "name", value):
            return str(value)
        case ("plus", inner, number):
            return f"{text_of(inner)} + {number}"
        case ("call", function, form, argument):
            return _call(function, text_of(argument))[form]
        case ("compare", sign, inner, number):
            return f"{text_of(inner)} {sign} {number}"
        case ("divide", inner, number):
            return f"6 // ({text_of(inner)} - {number})"
        case ("vague", inner, number):
            return f"(vague if {text_of(inner)} == {number} else {text_of(inner)})"
        case ("boom", exception, inner, number):
            return f"(boom({exception}) if {text_of(inner)} == {number} else True)"
        case (word, left, right):
            return f"({text_of(left)} {word} {text_of(right)})"
    raise AssertionError(e)


def _call(function: str, argument: str) -> dict[str, str]:
    return {
        "plain": f"{function}({argument}, d - 1)",
        "lines": f"{function}(\n        {argument},\n        d - 1,\n    )",
        "map": f"[*map({function}, [{argument}], [d - 1])][0]",
        "genexpr": f"sum({function}(k, d - 1) for k in [{argument}])",
        "lambda": f"(lambda k: {function}(k, d - 1))({argument})",
    }


def render(program: Program) -> str:
    """Return the source text of a program, and note in its parts where each of them stands."""
    text = _Text()
    for number, clause in enumerate(program.shared):
        text.define(clause, f"shared{number}_p")
        text.declare(clause, f"shared{number} = ", f"shared{number}_p")
    for function in program.functions:
        text.function(function, program.shared)
    for function in program.functions:
        text.add(f"def main_{function.name}():")
        program.mains[function.name] = text.add(f"    return {function.name}({program.start}, 3)\n\n")
    return "\n".join(text.lines) + "\n"


class _Text:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, text: str) -> int:
        """Append text of one or more lines, and return the number of its first."""
        first = len(self.lines) + 1
        self.lines += text.split("\n")
        return first

    def define(self, clause: Clause, name: str) -> None:
        if clause.form == "def" and clause.predicate is not None:
            self.add(f"def {name}({', '.join(names_in(clause.predicate))}):")
            self.add(f"    return {text_of(clause.predicate)}\n\n")

    def declare(self, clause: Clause, before: str, name: str) -> None:
        told = list(clause.exceptions)
        if clause.predicate is not None:
            parameters, body = ", ".join(names_in(clause.predicate)), text_of(clause.predicate)
            head = f"lambda {parameters}:".replace(" :", ":")
            lines = f"\n    {head} (  # why not (\n        {body}\n    )\n"
            written = {"def": name, "lambda": f"{head} {body}", "lines": lines}[clause.form]
            told.append({"raises": "when=", "snapshot": "k="}.get(clause.kind, "") + written)
        clause.line = self.add(f"{before}{clause.kind}({', '.join(told)})")

    def function(self, function: Function, shared: list[Clause]) -> None:
        own = [clause for clause in function.clauses if clause not in shared]
        for clause in own:
            self.define(clause, f"{function.name}_p{own.index(clause)}")
        for clause in function.clauses:
            if clause in shared:
                self.add(f"@shared{shared.index(clause)}")
            else:
                self.declare(clause, "@", f"{function.name}_p{own.index(clause)}")
        function.line = self.add(f"def {function.name}(n, d):")
        self.add(f'    trace.append("{function.name}")\n    x = n\n    if d <= 0:\n        return x')
        self.block(function.body, "    ")
        self.add("    return x\n\n")

    def block(self, statements: list[Statement], space: str) -> None:
        if not statements:
            self.add(f"{space}pass")
        for statement in statements:
            self.statement(statement, space)

    def statement(self, s: Statement, space: str) -> None:
        if s.kind == "let":
            s.line = self.add(f"{space}{s.name} = {text_of(s.value)}")
        elif s.kind == "check":
            s.line = self.add(f"{space}check({text_of(s.value)})")
        elif s.kind == "raise":
            s.line = self.add(f"{space}raise {s.value}")
        elif s.kind == "again":
            s.line = self.add(f"{space}if kept:\n{space}    raise kept.pop()") + 1
        elif s.kind == "if":
            s.line = self.add(f"{space}if {text_of(s.value)}:")
            self.block(s.inner, f"{space}    ")
        else:
            self.attempt(s, space)

    def attempt(self, s: Statement, space: str) -> None:
        """Write a `try`; its line is that of what its handler does."""
        self.add(f"{space}try:")
        self.block(s.inner, f"{space}    ")
        if s.caught:
            self.add(f"{space}except {s.caught} as error:\n{space}    seen(error)")
            s.line = self.add(f"{space}    {_action(s.action)}")
        if s.last or not s.caught:
            self.add(f"{space}finally:")
            self.block(s.last, f"{space}    ")


def _action(action: tuple[Any, ...]) -> str:
    match action:
        case ("convert", other):
            return f"raise {other} from error"
        case ("run", expression):
            return f"x = {text_of(expression)}"
        case (word,):
            return {"swallow": "x = 1", "reraise": "raise", "raise": "raise error", "keep": "kept.append(error)"}[word]
    raise AssertionError(action)
