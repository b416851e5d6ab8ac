"""Law: whatever objects do to each other, a broken one is found when, where and with the culprit that R8-R10 say.

The expectation is computed by `Machine`, an interpreter that shares no code with the library: it runs the program's own
data by the rules of design/semantics.md. Each program is two classes, one derived from the other, and steps that use
two objects from outside; it runs twice, with its source and without.
"""

from __future__ import annotations

import itertools
import logging
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, note, settings

import culpa
from culpa import ContractError
from harness.tape import Tape, taped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAMS = int(os.environ.get("CULPA_OBJECTS", "300"))

METHODS = ["m0", "_p0", "m1", "_p1", "m2"]
"""Each may call those that follow it, so that every program ends."""

SOUND = ["self.a >= 0", "self.a <= self.b", "self.a + self.b < 9", "self.b != 3"]
DEFECT = "9 // self.a != 4"
REPAIRED = {"a": 1, "b": 4}
"""Fields of which all of these are true."""

# `m0` is a free function that is named as a method, and its first parameter is the object.
PRELUDE = """\
def m0(obj, name):
    return getattr(obj, name)()
@require(lambda name: name != "")
def notify(obj, name):
    return getattr(obj, name)()
"""
FREE = {"m0": 2, "notify": 5}
"""The line on which each free function calls the object."""

Place = tuple[int, str]
Verdict = tuple[Any, ...]


@dataclass(frozen=True)
class Action:
    """One line of a method or of a step; a tried one stands in a `try` that swallows every `Exception`."""

    kind: str
    name: str = ""
    value: int = 0
    is_tried: bool = False
    line: int = 0

    def text(self) -> str:
        match self.kind:
            case "set" | "add":
                return f"self.{self.name} {'+' * (self.kind == 'add')}= {self.value}"
            case "call":
                return f"self.{self.name}()"
            case "m0" | "notify":
                return f'{self.kind}(self, "{self.name}")'
            case "peer":
                return f"OBJECTS[{self.value}].{self.name}()"
            case "super":
                return f"super().{self.name}()"
            case "raise":
                return f"raise {self.name}"
        return "return"


@dataclass(frozen=True)
class Method:
    name: str
    owner: str
    actions: tuple[Action, ...]
    has_contract: bool = False
    line: int = 0

    @property
    def qualname(self) -> str:
        return f"{self.owner}.{self.name}"


@dataclass(frozen=True)
class Class:
    name: str
    invariants: tuple[tuple[str, int], ...]
    """Each with its line."""
    methods: dict[str, Method]


@dataclass(frozen=True)
class Step:
    """What happens to an object from outside: one line of a function of its own."""

    kind: str
    target: int
    name: str = ""
    values: tuple[int, ...] = ()
    line: int = 0

    def text(self) -> str:
        it = f"OBJECTS[{self.target}]"
        match self.kind:
            case "call":
                return f"{it}.{self.name}()"
            case "m0" | "notify":
                return f'{self.kind}({it}, "{self.name}")'
            case "assign":
                return f"{it}.{self.name} = {self.values[0]}"
            case "repair":
                return f"vars({it}).update({', '.join(f'{name}={value}' for name, value in REPAIRED.items())})"
        return f"{it} = {self.name}({self.values[0]}, {self.values[1]})"


@dataclass(frozen=True)
class Program:
    classes: dict[str, Class]
    steps: tuple[Step, ...]
    born: tuple[tuple[int, int], ...]
    """The fields of the first two objects, a C and a D, which no constructor made."""
    on_setattr: bool


class Author:
    """Writes programs from a tape."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.has_peers = tape.chance(2)
        self.has_defect = tape.chance(4)
        self.on_setattr = not self.has_defect and tape.chance(2)

    def program(self) -> Program:
        tape = self.tape
        own = tuple((text, 0) for text in tape.subset(SOUND, 2))
        base = Class("C", (own or ((SOUND[0], 0),)) + ((DEFECT, 0),) * self.has_defect, {})
        added = () if self.has_defect else tuple((text, 0) for text in tape.subset(SOUND, 1))
        sub = Class("D", added, {})
        for name in ["__init__", *METHODS]:
            base.methods[name] = self.method(name, "C")
            if tape.chance(2):
                sub.methods[name] = self.method(name, "D")
        steps = tape.some(self.step, 2, 10)
        born = tuple((tape.number(0, 3), 4 + tape.number(0, 3)) for _ in range(2))
        return Program({"C": base, "D": sub}, tuple(steps), born, self.on_setattr)

    def method(self, name: str, owner: str) -> Method:
        actions = self.tape.some(lambda: self.action(name, owner), 0, 3)
        if name != "__init__" and self.tape.chance(4):
            actions += [self.change(self.tape.word("set add")), self.failure()]
        if owner == "D" and name != "__init__" and self.tape.chance(2):
            actions.insert(self.tape.number(0, len(actions)), Action("super", name, is_tried=self.tape.chance(4)))
        is_public = not name.startswith("_")
        return Method(name, owner, tuple(actions), is_public and (self.has_peers or self.tape.chance(3)))

    def action(self, caller: str, owner: str) -> Action:
        tape = self.tape
        kind = tape.word("set set add call call m0 notify notify raise return" + " peer peer" * self.has_peers)
        is_tried = tape.chance(3)
        if kind in ("set", "add"):
            return self.change(kind)
        if kind == "raise":
            return self.failure()
        later = METHODS[METHODS.index(caller) + 1 :] if caller in METHODS else METHODS
        called = later if kind == "call" else [name for name in later if not name.startswith("_")]
        if kind == "return" or not called:
            return Action("return")
        value = tape.number(0, 1) if kind == "peer" else 0
        return Action(kind, tape.pick(called), value, is_tried)

    def change(self, kind: str) -> Action:
        return Action(kind, self.tape.word("a b"), self.tape.number(0, 9) - 3)

    def failure(self) -> Action:
        return Action("raise", self.tape.word("ValueError ValueError" + " KeyboardInterrupt" * (not self.has_defect)))

    def step(self) -> Step:
        tape = self.tape
        kind = tape.word("call call call call m0 notify assign assign construct repair repair repair")
        target = tape.number(0, 1)
        if kind == "assign":
            return Step(kind, target, tape.word("a b"), (tape.number(0, 9) - 2,))
        if kind == "construct":
            return Step(kind, target, tape.word("C D"), (tape.number(0, 5) - 1, tape.number(0, 7)))
        return Step(kind, target, tape.pick(METHODS) if kind != "repair" else "")


def render(program: Program) -> tuple[str, Program]:
    """Return the program's text, and the program with the lines on which its parts stand."""
    lines = PRELUDE.splitlines()
    classes = {cls.name: write_class(cls, lines, program.on_setattr) for cls in program.classes.values()}
    steps = []
    for number, step in enumerate(program.steps):
        lines += [f"def step_{number}():", f"    {step.text()}"]
        steps.append(replace(step, line=len(lines)))
    return "\n".join(lines) + "\n", replace(program, classes=classes, steps=tuple(steps))


def write_class(cls: Class, lines: list[str], on_setattr: bool) -> Class:
    invariants = []
    for text, _ in cls.invariants:
        lines.append(f"@invariant(lambda self: {text}{', on_setattr=True' * on_setattr})")
        invariants.append((text, len(lines)))
    lines += ["class C:" if cls.name == "C" else "class D(C):", "    pass"]
    return Class(cls.name, tuple(invariants), {name: write_method(m, lines) for name, m in cls.methods.items()})


def write_method(method: Method, lines: list[str]) -> Method:
    if method.has_contract:
        lines.append("    @require(lambda self: self is not None)")
    is_constructor = method.name == "__init__"
    lines.append(f"    def {method.name}(self{', a, b' * is_constructor}):")
    placed = replace(method, line=len(lines))
    if is_constructor:
        lines.append("        self.a, self.b = a, b" if method.owner == "C" else "        super().__init__(a, b)")
    else:
        lines.append("        pass")
    actions = []
    for action in method.actions:
        lines += ["        try:", f"            {action.text()}"] if action.is_tried else [f"        {action.text()}"]
        actions.append(replace(action, line=len(lines)))
        lines += ["        except Exception:", "            pass"] if action.is_tried else []
    return replace(placed, actions=tuple(actions))


class Raised(Exception):
    """An exception of the program that the machine runs; `about` is the object whose invariant it reports on."""

    def __init__(self, kind: str, verdict: Verdict = (), about: Object | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.verdict = (kind, *verdict)
        self.about = about


class UndecidedError(Exception):
    """A method is left by an exception, and then a predicate raises: R9 and R11 do not say which of the two counts."""


@dataclass(eq=False)
class Object:
    cls: str
    fields: dict[str, int]


@dataclass(eq=False)
class Frame:
    """One activation: of a method of `it`, or of a free function."""

    it: Object | None
    qualname: str
    is_checked: bool
    line: int = 0


@dataclass
class Machine:
    """Runs a program by the rules."""

    program: Program
    stack: list[Frame] = field(default_factory=list)
    observed: list[Verdict] = field(default_factory=list)

    def run(self) -> list[Any]:
        fields = [dict(zip("ab", values, strict=True)) for values in self.program.born]
        self.objects = [Object(cls, given) for cls, given in zip("CD", fields, strict=True)]
        trace: list[Any] = []
        for number, step in enumerate(self.program.steps):
            end: Verdict = ("returns",)
            try:
                self.step(step, (step.line, f"step_{number}"))
            except Raised as raised:
                end = raised.verdict
            except UndecidedError:
                break
            trace.append((end, tuple(self.observed), [dict(it.fields) for it in self.objects]))
            self.observed.clear()
        return trace

    def step(self, step: Step, at: Place) -> None:
        it = self.objects[step.target]
        if step.kind == "call":
            self.call(it, step.name, at)
        elif step.kind == "assign":
            self.assign(it, step.name, step.values[0], at)
        elif step.kind == "repair":
            it.fields.update(REPAIRED)
        elif step.kind == "construct":
            self.objects[step.target] = self.construct(step.name, step.values)
        else:
            self.call_through(step.kind, it, step.name)

    # The rules.

    def enter(self, it: Object, at: Place) -> None:
        """R10, R11: a public call begins, at this place."""
        state, line = self.state(it)
        running, is_reentry = self.running(it)
        if state == "raises" and running is None:
            raise self.defect(it, line)
        if state == "false" and running is None:
            raise self.violation("OutsideError", None, "outside", at, it)
        if state == "false" and running is not None and is_reentry:
            raise self.violation("InvariantError", "reentry", "callee", (running.line, running.qualname), it)

    def leave(self, it: Object, method: Method) -> None:
        """R8, R11: a public call or a constructor returns."""
        state, line = self.state(it)
        running, is_reentry = self.running(it)
        if state == "raises" and running is None:
            raise self.defect(it, line)
        if state == "false" and (running is None or is_reentry):
            raise self.violation("InvariantError", "exit", "callee", (method.line, method.qualname), it)

    def leave_by(self, raised: Raised, it: Object, frame: Frame) -> Raised:
        """R9: a public call ends in an exception; return the one that the caller sees."""
        state, _ = self.state(it)
        running, is_reentry = self.running(it)
        if raised.about is it or state == "holds" or (running is not None and not is_reentry):
            return raised
        if state == "raises":
            if running is None:
                raise UndecidedError
            return raised
        place = (frame.line, frame.qualname)
        if raised.kind == "KeyboardInterrupt":
            self.violation("InvariantError", "exception", "callee", place, it, raised.kind)
            return raised
        return self.violation("InvariantError", "exception", "callee", place, it, raised.kind)

    def running(self, it: Object) -> tuple[Frame | None, bool]:
        """Return the object's nearest method that is running, and whether it called out: another's contract between."""
        is_left = False
        for frame in reversed(self.stack):
            if frame.it is it:
                return frame, is_left
            is_left = is_left or frame.is_checked
        return None, False

    def state(self, it: Object) -> tuple[str, int]:
        """Return how the invariants of the object stand: "holds", "false", or "raises" and the line of that one."""
        for cls in "DC" if it.cls == "D" else "C":
            for text, line in self.program.classes[cls].invariants:
                try:
                    if not eval(text.replace("self.", ""), {}, dict(it.fields)):
                        return "false", line
                except ZeroDivisionError:
                    return "raises", line
        return "holds", 0

    def violation(
        self, kind: str, phase: str | None, party: str, at: Place, it: Object, cause: str | None = None
    ) -> Raised:
        raised = Raised(kind, (phase, party, *at, cause), it)
        self.observed.append(raised.verdict)
        return raised

    def defect(self, it: Object, line: int) -> Raised:
        return self.violation("DefectError", None, "contract", (line, ""), it, "ZeroDivisionError")

    # What programs do.

    def assign(self, it: Object, name: str, value: int, at: Place) -> None:
        before = it.fields[name]
        it.fields[name] = value
        if self.program.on_setattr and self.state(it)[0] == "false":
            it.fields[name] = before
            raise self.violation("InvariantError", "setattr", "outside", at, it)

    def construct(self, cls: str, values: tuple[int, ...]) -> Object:
        it = Object(cls, {})
        method = self.find(cls, "__init__")
        self.body(it, method, Frame(it, method.qualname, is_checked=True), values)  # one that raises is not checked
        self.leave(it, method)
        return it

    def find(self, cls: str, name: str) -> Method:
        own = self.program.classes[cls].methods
        return own[name] if name in own else self.program.classes["C"].methods[name]

    def call(self, it: Object, name: str, at: Place) -> None:
        method = self.find(it.cls, name)
        is_public = not name.startswith("_")
        frame = Frame(it, method.qualname, is_checked=is_public)
        if is_public:
            self.enter(it, at)
        try:
            self.body(it, method, frame)
        except Raised as raised:
            seen = self.leave_by(raised, it, frame) if is_public else raised
        else:
            if is_public:
                self.leave(it, method)
            return
        raise seen

    def call_through(self, function: str, it: Object, name: str) -> None:
        self.stack.append(Frame(None, function, is_checked=function == "notify", line=FREE[function]))
        try:
            self.call(it, name, (FREE[function], function))
        finally:
            self.stack.pop()

    def body(self, it: Object, method: Method, frame: Frame, values: tuple[int, ...] = ()) -> None:
        self.stack.append(frame)
        try:
            if method.qualname == "C.__init__":
                it.fields.update(a=values[0], b=values[1])
            elif method.qualname == "D.__init__":
                frame.line = method.line + 1
                base = self.program.classes["C"].methods["__init__"]
                self.body(it, base, Frame(it, base.qualname, is_checked=True), values)
            for action in method.actions:
                frame.line = action.line
                if action.kind == "return":
                    return
                try:
                    self.act(it, action, (action.line, method.qualname))
                except Raised as raised:
                    if not action.is_tried or raised.kind == "KeyboardInterrupt":
                        raise
        finally:
            self.stack.pop()

    def act(self, it: Object, action: Action, at: Place) -> None:
        match action.kind:
            case "set":
                it.fields[action.name] = action.value
            case "add":
                it.fields[action.name] += action.value
            case "call":
                self.call(it, action.name, at)
            case "peer":
                self.call(self.objects[action.value], action.name, at)
            case "super":
                method = self.program.classes["C"].methods[action.name]  # a call of its own: nothing is checked
                self.body(it, method, Frame(it, method.qualname, is_checked=True))
            case "raise":
                raise Raised(action.name)
            case _:
                self.call_through(action.kind, it, action.name)


def verdict(error: BaseException, file: str) -> Verdict:
    kind = type(error).__name__
    if not isinstance(error, ContractError):
        return (kind,)
    is_defect = kind == "DefectError"
    cause = None if error.__cause__ is None else type(error.__cause__).__name__
    assert error.site.file == file
    assert error.root is error
    function = "" if is_defect else error.site.function
    return kind, getattr(error, "phase", None), error.blame.value, error.site.line, function, cause


def outcome(source: str, file: str, program: Program) -> list[Any]:
    """Run a program under the library, and return how each step ended, what was told, and the objects after it."""
    observed: list[ContractError] = []
    namespace: dict[str, Any] = {name: getattr(culpa, name) for name in culpa.__all__}
    namespace["__name__"] = "generated"
    exec(compile(source, file, "exec", dont_inherit=True), namespace)
    objects = namespace["OBJECTS"] = [object.__new__(namespace[cls]) for cls in "CD"]
    for it, (a, b) in zip(objects, program.born, strict=True):
        vars(it).update(a=a, b=b)
    trace: list[Any] = []
    handle = culpa.on_violation(observed.append)
    try:
        for number in range(len(program.steps)):
            end: Verdict = ("returns",)
            try:
                namespace[f"step_{number}"]()
            except BaseException as error:  # noqa: BLE001 - programs raise it
                end = verdict(error, file)
            told = tuple(verdict(error, file) for error in observed)
            trace.append((end, told, [dict(vars(it)) for it in objects]))
            observed.clear()
    finally:
        handle.remove()
    return trace


serial = itertools.count()
seen: Counter[Any] = Counter()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The place of the programs; in the end, every verdict must have occurred: the law has been tried on all."""
    logger = logging.getLogger("culpa")
    logger.disabled = True
    yield tmp_path_factory.mktemp("objects")
    logger.disabled = False
    phases = {("InvariantError", phase) for phase in "exit exception reentry setattr".split()}
    assert {key[:2] for key in seen} >= {("returns",), ("ValueError",), ("OutsideError", None), *phases}
    assert seen["DefectError", None] > 0


@settings(max_examples=PROGRAMS, deadline=None, suppress_health_check=list(HealthCheck))
@given(program=taped(lambda tape: Author(tape).program(), 400))
def test_R8_R9_R10_a_broken_object_is_found_and_blamed_as_the_rules_say(program: Program, folder: Path) -> None:
    source, placed = render(program)
    note("\n".join(f"{number:4} {line}" for number, line in enumerate(source.splitlines(), 1)))
    expected = Machine(placed).run()
    note(f"born {program.born}")
    file = folder / f"objects{next(serial)}.py"
    file.write_text(source, encoding="utf-8")

    assert outcome(source, str(file), placed)[: len(expected)] == expected
    assert outcome(source, "<no source>", placed)[: len(expected)] == expected
    file.unlink()
    seen.update(end[:2] for end, _, _ in expected)
