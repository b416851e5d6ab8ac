"""Law: T1 and T2 hold in every program: a violation has the type, the culprit, the root and the sites of the calculus.

The expectation is computed by `Machine`, an interpreter that shares no code with the library: it runs the program's own
data by the rules of design/semantics.md (R1-R7, R11, R12). Each program runs twice, with its source and without.
"""

from __future__ import annotations

import itertools
import logging
import operator
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, note, settings

import culpa
from culpa import ContractError
from harness.programs import Clause, Expression, Function, Program, Statement, render
from harness.tape import Tape, taped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAMS = int(os.environ.get("CULPA_PROGRAMS", "500"))

BASES = {
    "PreconditionError": "CallerError",
    "PostconditionError": "CalleeError",
    "RaisesError": "CalleeError",
    "CheckError": "CalleeError",
    "RoutineError": "CalleeError",
    "CallerError": "ContractError",
    "CalleeError": "ContractError",
    "DefectError": "ContractError",
    "ContractError": "Exception",
    "KeyError": "LookupError",
    "LookupError": "Exception",
    "ValueError": "Exception",
    "ZeroDivisionError": "ArithmeticError",
    "ArithmeticError": "Exception",
    "RecursionError": "Exception",
    "MemoryError": "Exception",
    "Exception": "BaseException",
    "KeyboardInterrupt": "BaseException",
    "BaseException": "",
}
PARTIES = {"CallerError": "caller", "CalleeError": "callee", "DefectError": "contract"}
VIOLATIONS = {name for name in BASES if name.endswith("Error") and BASES[name] in PARTIES} | {"DefectError"}
OPERATORS = {">": operator.gt, "!=": operator.ne, "<=": operator.le}


class Fault(Exception):
    """An exception of the program that the machine runs; `lines` has its line in each activation that it left."""

    def __init__(self, kind: str, site: tuple[int, str] | None = None, cause: Fault | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.site = site
        self.cause = cause
        self.root = self
        self.lines: dict[Activation, int] = {}

    def is_a(self, *names: str) -> bool:
        kind = self.kind
        while kind and kind not in names:
            kind = BASES[kind]
        return bool(kind)

    def verdict(self) -> tuple[Any, ...]:
        cause = None if self.cause is None else self.cause.kind
        if self.site is None:
            return self.kind, cause
        party = next(word for name, word in PARTIES.items() if self.is_a(name))
        return self.kind, party, *self.site, self.root.kind, *(self.root.site or ()), cause


class Activation:
    """One call of a function, while its body runs."""

    def __init__(self, function: str) -> None:
        self.function = function


class Machine:
    """Runs a program by the rules."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.functions = {function.name: function for function in program.functions}
        self.trace: list[Any] = []
        self.kept: list[Fault] = []
        self.observed: list[str] = []
        self.is_evaluating = False

    def run(self) -> list[Any]:
        for name, line in self.program.mains.items():
            try:
                end: Any = self.call(name, self.program.start, 3, (line, f"main_{name}"))
            except Fault as fault:
                end = fault.verdict()
            self.trace += [end, ("observed", *self.observed)]
        return self.trace

    def call(self, name: str, n: Any, d: int, caller: tuple[int, str]) -> Any:
        function, given = self.functions[name], {"n": n, "d": d}
        activation = Activation(name)
        if self.is_evaluating or not function.clauses:
            return self.body(function, activation, given)
        of_kind = {kind: [c for c in function.clauses if c.kind == kind] for kind in ("require", "raises", "snapshot")}
        for clause in of_kind["require"]:
            if not self.holds(clause, given):
                raise self.violation("PreconditionError", caller)  # R1
        admitted = [clause.exceptions for clause in of_kind["raises"] if self.holds(clause, given)]
        old = {f"old.{name}": self.captured(c, given) for c in of_kind["snapshot"] for name in "k"}
        try:
            result = self.body(function, activation, given)
        except Fault as fault:
            site = (fault.lines[activation], name)
            if fault.is_a("CallerError"):  # of a call that this body made: its own fault, not its caller's (T1, R4)
                failed = Fault("RoutineError", site, fault)
                failed.root = fault.root
                raise failed from fault
            is_free = fault.is_a("ContractError", "RecursionError", "MemoryError") or not fault.is_a("Exception")
            if of_kind["raises"] and not is_free and not any(fault.is_a(*names) for names in admitted):
                raise self.violation("RaisesError", site, fault) from fault  # R3
            raise
        for clause in function.clauses:
            if clause.kind == "ensure" and not self.holds(clause, {**given, **old, "result": result}):
                raise self.violation("PostconditionError", (function.line, name))  # R2
        return result

    def violation(self, kind: str, site: tuple[int, str], cause: Fault | None = None) -> Fault:
        self.observed.append(kind)
        return Fault(kind, site, cause)

    def holds(self, clause: Clause, env: dict[str, Any]) -> bool:
        """Return the truth of a predicate. Calls that it makes count for nothing; if it raises, that is R11."""
        if clause.predicate is None:
            return True
        read: list[Capture] = []
        try:
            return bool(self.predicate(clause, {**env, "read": read}))
        except Fault as fault:
            if not fault.is_a("Exception") or fault.is_a("RecursionError", "MemoryError"):
                raise
            capture = next((c for c in read if c.lost is not None), None)
            guilty, cause = (clause, fault) if capture is None else (capture.clause, capture.lost)
            raise self.violation("DefectError", (guilty.line, "<module>"), cause) from None

    def predicate(self, clause: Clause, env: dict[str, Any]) -> Any:
        self.is_evaluating = True
        try:
            value = self.value(clause.predicate or (), env, (0, ""))
            return value if clause.kind == "snapshot" else truth(value)
        finally:
            self.is_evaluating = False

    def captured(self, clause: Clause, env: dict[str, Any]) -> Capture:
        try:
            return Capture(clause, self.predicate(clause, env), None)
        except Fault as fault:
            if not fault.is_a("Exception") or fault.is_a("RecursionError", "MemoryError"):
                raise
            return Capture(clause, None, fault)

    def body(self, function: Function, activation: Activation, env: dict[str, Any]) -> Any:
        self.trace.append(function.name)
        env = {**env, "x": env["n"]}
        if env["d"] > 0:
            self.block(function.body, activation, env)
        return env["x"]

    def block(self, statements: list[Statement], activation: Activation, env: dict[str, Any]) -> None:
        for statement in statements:
            if statement.kind == "try":
                self.attempt(statement, activation, env)
                continue
            try:
                is_chosen = self.statement(statement, activation, env)
            except Fault as fault:
                fault.lines[activation] = statement.line
                raise
            if is_chosen:
                self.block(statement.inner, activation, env)

    def statement(self, s: Statement, activation: Activation, env: dict[str, Any]) -> bool:
        """Run what stands on the statement's own line, and return whether its block runs next."""
        place = (s.line, activation.function)
        if s.kind == "raise":
            raise Fault(s.value)
        if s.kind == "again" and self.kept:
            raise self.kept.pop()
        if s.kind == "again":
            return False
        value = self.value(s.value, env, place)
        if s.kind == "let":
            env[s.name] = value
        elif s.kind == "check":
            self.check(value, place)
        return s.kind == "if" and truth(value)

    def check(self, value: Any, place: tuple[int, str]) -> None:
        if self.is_evaluating:
            return
        try:
            holds = truth(value)
        except Fault as fault:
            raise self.violation("DefectError", place, fault) from None
        if not holds:
            raise self.violation("CheckError", place)

    def attempt(self, s: Statement, activation: Activation, env: dict[str, Any]) -> None:
        try:
            self.block(s.inner, activation, env)
        except Fault as fault:
            if not s.caught or not fault.is_a(s.caught):
                raise
            self.trace.append(fault.verdict())
            self.handler(s, fault, activation, env)
        finally:
            self.block(s.last, activation, env)

    def handler(self, s: Statement, fault: Fault, activation: Activation, env: dict[str, Any]) -> None:
        match s.action:
            case ("swallow",):
                env["x"] = 1
            case ("reraise",):
                raise fault  # at the line that it came from
            case ("raise",):
                fault.lines[activation] = s.line
                raise fault
            case ("keep",):
                self.kept.append(fault)
            case ("convert", other):
                converted = Fault(other, None, fault)
                converted.lines[activation] = s.line
                raise converted
            case ("run", expression):
                self.block([Statement("let", expression, line=s.line)], activation, env)

    def value(self, e: Expression, env: dict[str, Any], place: tuple[int, str]) -> Any:  # noqa: C901 - flat: a row a form
        match e:
            case ("const", number):
                return number
            case ("name", name):
                return env[name].read(env) if name == "old.k" else env[name]
            case ("plus", inner, number):
                return self.value(inner, env, place) + number
            case ("call", function, form, argument):
                line, home = place
                home += {"genexpr": ".<locals>.<genexpr>", "lambda": ".<locals>.<lambda>"}.get(form, "")
                return self.call(function, self.value(argument, env, place), env["d"] - 1, (line, home))
            case ("compare", sign, inner, number):
                return OPERATORS[sign](self.value(inner, env, place), number)
            case ("divide", inner, number):
                divisor = self.value(inner, env, place) - number
                if divisor == 0:
                    raise Fault("ZeroDivisionError")
                return 6 // divisor
            case ("vague", inner, number):
                value = self.value(inner, env, place)
                return "vague" if value == number else self.value(inner, env, place)
            case ("boom", exception, inner, number):
                if self.value(inner, env, place) == number:
                    raise Fault(exception)
                return True
            case (word, left, right):
                value = self.value(left, env, place)
                return self.value(right, env, place) if truth(value) is (word == "and") else value
        raise AssertionError(e)


class Capture:
    """What a snapshot kept, or what it raised."""

    def __init__(self, clause: Clause, kept: Any, lost: Fault | None) -> None:
        self.clause = clause
        self.kept = kept
        self.lost = lost

    def read(self, env: dict[str, Any]) -> Any:
        env["read"].append(self)
        if self.lost is not None:
            raise Fault("LookupError")
        return self.kept


def truth(value: Any) -> bool:
    if value == "vague":
        raise Fault("ArithmeticError")
    return bool(value)


NAMES = [f"f{number}" for number in range(12)]
RAISED = "KeyError KeyError ValueError ZeroDivisionError RecursionError KeyboardInterrupt"
CAUGHT = (
    "Exception BaseException ContractError CallerError PreconditionError CalleeError RoutineError DefectError KeyError "
    "LookupError Exception PreconditionError"
)


class Author:
    """Writes programs by a tape. Any function may call any other: what ends a program is the depth of calls."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    def program(self) -> Program:
        shared = [Clause("require", self.condition("n"), self.form()) for _ in range(2)]
        functions = [self.function(name, shared) for name in NAMES]
        return Program(functions, shared, self.tape.number(-2, 5))

    def function(self, name: str, shared: list[Clause]) -> Function:
        clauses = [clause for declared in self.tape.some(self.declared, 0, 2) for clause in declared]
        if sum(clause.kind == "snapshot" for clause in clauses) > 1:
            clauses = []
        return Function(name, clauses + self.tape.pick([[], [], shared[:1], shared[1:]]), self.block(2))

    def declared(self) -> list[Clause]:
        kind = self.tape.word("require require ensure raises snapshot")
        if kind == "snapshot":
            return [Clause(kind, self.capture(), self.form()), Clause("ensure", self.condition("old.k"), self.form())]
        if kind == "raises":
            admitted = tuple(self.tape.subset(["KeyError", "LookupError", "ValueError"], 2))
            when = self.condition("n") if admitted and self.tape.chance(2) else None
            return [Clause(kind, when, self.form(), admitted)]
        name = self.tape.word("result result n") if kind == "ensure" else "n"
        return [Clause(kind, self.condition(name), self.form())]

    def form(self) -> str:
        return self.tape.word("lambda lambda lines def")

    def condition(self, name: str) -> Expression:
        if self.tape.number(0, 2) < 2:
            return self.simple(name)
        return (self.tape.word("and or"), self.simple(name), self.simple(name))

    def simple(self, name: str) -> Expression:
        kind = self.tape.word("compare compare compare divide vague boom call")
        if kind == "boom":
            return (kind, self.tape.word(RAISED), self.sum(name), self.number())
        if kind == "call":
            return ("compare", ">", self.call(self.sum(name), "plain plain genexpr map lambda"), self.number())
        if kind == "compare":
            return (kind, self.tape.word("> != <="), self.sum(name), self.number())
        return (kind, self.sum(name), self.number())

    def capture(self) -> Expression:
        kind = self.tape.word("sum boom call")
        if kind == "boom":
            return (kind, self.tape.word(RAISED), self.sum("n"), self.number())
        return self.sum("n") if kind == "sum" else self.call(self.sum("n"), "plain")

    def number(self) -> int:
        return self.tape.number(0, 7) - 2

    def sum(self, name: str) -> Expression:
        return ("plus", ("name", name), self.number()) if self.tape.chance(2) else ("name", name)

    def call(self, argument: Expression, forms: str) -> Expression:
        return ("call", self.tape.pick(NAMES), self.tape.word(forms), argument)

    def value(self) -> Expression:
        kind = self.tape.number(0, 3)
        if kind == 0:
            return self.sum("x")
        if kind == 3:
            return self.call(self.call(self.sum("x"), "plain"), "plain genexpr")
        return self.call(self.sum("x"), "plain plain lines map genexpr lambda")

    def block(self, depth: int) -> list[Statement]:
        return self.tape.some(lambda: self.statement(depth), 1, 3 if depth == 2 else 2)

    def statement(self, depth: int) -> Statement:
        kind = self.tape.word("let let let check raise again" + " if try try" * bool(depth))
        if kind == "let":
            return Statement(kind, self.value(), self.tape.pick("xxn"))
        if kind == "raise":
            return Statement(kind, self.tape.word(RAISED))
        if kind in ("check", "if"):
            return Statement(kind, self.condition("x"), inner=self.block(depth - 1) if kind == "if" else [])
        return Statement(kind) if kind == "again" else self.attempt(depth)

    def attempt(self, depth: int) -> Statement:
        last = self.block(0) if self.tape.chance(2) else []
        caught = "" if last and self.tape.chance(4) else self.tape.word(CAUGHT)
        action: tuple[Any, ...] = (self.tape.word("swallow reraise raise keep convert run"),)
        if action[0] in ("convert", "run"):
            action += (self.tape.word(RAISED) if action[0] == "convert" else self.value(),)
        return Statement("try", inner=self.block(depth - 1), caught=caught, action=action, last=last)


class Vague:
    """A value without truth."""

    def __bool__(self) -> bool:
        raise ArithmeticError


def boom(exception: type[BaseException]) -> None:
    raise exception


def verdict(error: BaseException, file: str) -> tuple[Any, ...]:
    cause = None if error.__cause__ is None else type(error.__cause__).__name__
    if not isinstance(error, ContractError):
        return type(error).__name__, cause
    root = error.root
    parties = [name for name in PARTIES if isinstance(error, getattr(culpa, name))]
    assert len(parties) == 1, "one party is blamed"
    assert error.site.file == root.site.file == file
    assert root.root is root
    places = error.site.line, error.site.function, type(root).__name__, root.site.line, root.site.function
    return type(error).__name__, error.blame.value, *places, cause


def outcome(source: str, file: str) -> list[Any]:
    """Run a program under the library, and return what it did and how it ended."""
    trace: list[Any] = []
    observed: list[str] = []
    names = {name: getattr(culpa, name) for name in culpa.__all__}
    own = {"trace": trace, "kept": [], "vague": Vague(), "boom": boom, "seen": lambda e: trace.append(verdict(e, file))}
    handle = culpa.on_violation(lambda error: observed.append(type(error).__name__))
    try:
        namespace: dict[str, Any] = {**names, **own, "__name__": "generated"}
        exec(compile(source, file, "exec", dont_inherit=True), namespace)
        for name in NAMES:
            try:
                end = namespace[f"main_{name}"]()
            except BaseException as error:  # noqa: BLE001 - programs raise it
                end = verdict(error, file)
            trace += [end, ("observed", *observed)]
    finally:
        handle.remove()
    return trace


serial = itertools.count()
seen: Counter[str] = Counter()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The place of the programs; in the end, every violation must have occurred: the law has been tried on all."""
    logger = logging.getLogger("culpa")
    logger.disabled = True
    yield tmp_path_factory.mktemp("programs")
    logger.disabled = False
    assert seen.keys() >= VIOLATIONS - {"CallerError", "CalleeError"}


@settings(max_examples=PROGRAMS, deadline=None, suppress_health_check=list(HealthCheck))
@given(program=taped(lambda tape: Author(tape).program(), 800))
def test_a_violation_is_blamed_as_the_calculus_says(program: Program, folder: Path) -> None:
    source = render(program)
    note("\n".join(f"{number:4} {line}" for number, line in enumerate(source.splitlines(), 1)))
    expected = Machine(program).run()
    file = folder / f"program{next(serial)}.py"
    file.write_text(source, encoding="utf-8")

    assert outcome(source, str(file)) == expected
    assert outcome(source, "<no source>") == expected
    file.unlink()
    seen.update(part[0] for part in expected if isinstance(part, tuple) and part)
