"""Law: in every hierarchy of classes, each call is accepted, refused and blamed as sets of integers say (R17-R19).

The expectation is set logic over the calls: what each class accepts, what each of its bases promises for what. Python
itself computes the order of resolution and the results, of twins without contracts; nothing of the library is used. A
body may call `super()`, which is an ordinary call (R4, R5). Each hierarchy runs twice, with its source and without.
"""

from __future__ import annotations

import itertools
import logging
import os
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

import culpa
from culpa import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HIERARCHIES = int(os.environ.get("CULPA_HIERARCHIES", "300"))
CALLS = range(-4, 8)
LEVELS = 4
CALLER = "def call(cls, x):\n    return cls().m(x)\n"

Outcome = tuple[Any, ...]


@dataclass(frozen=True)
class Clause:
    """A declaration; `{}` in its predicate stands for the parameter, or the result."""

    kind: str
    predicate: str
    line: int = 0

    def holds(self, value: int) -> bool:
        return bool(eval(self.predicate.format(value)))


@dataclass(frozen=True)
class Routine:
    """What one class has for `m`; `is_passed` if it calls what it overrides."""

    parameter: str
    clauses: tuple[Clause, ...]
    body: str
    is_passed: bool
    line: int = 0

    def of(self, kind: str) -> list[Clause]:
        return [clause for clause in self.clauses if clause.kind == kind]


@dataclass(frozen=True)
class Class:
    name: str
    bases: tuple[str, ...]
    routine: Routine | None


def render(classes: list[Class], *, with_contracts: bool) -> tuple[str, list[Class]]:
    """Return the text of the classes, and the classes with the lines on which their clauses and routines stand."""
    lines = CALLER.splitlines()
    placed = []
    for cls in classes:
        lines.append(f"class {cls.name}({', '.join(cls.bases)}):")
        routine = cls.routine
        if routine is None:
            lines.append("    pass")
        else:
            own, clauses = routine.parameter, []
            for clause in routine.clauses if with_contracts else ():
                name = "result" if clause.kind == "ensure" else own
                lines.append(f"    @{clause.kind}(lambda {name}: {clause.predicate.format(name)})")
                clauses.append(Clause(clause.kind, clause.predicate, len(lines)))
            lines.append(f"    def m(self, {own}):")
            line = len(lines)
            value = f"super().m({own})" if routine.is_passed else own
            lines.append(f"        return {routine.body.format(value)}")
            routine = Routine(own, tuple(clauses), routine.body, routine.is_passed, line)
        placed.append(Class(cls.name, cls.bases, routine))
    return "\n".join(lines) + "\n", placed


class Oracle:
    """Says by sets what a call does; `twins` are the same classes without contracts."""

    def __init__(self, classes: list[Class], twins: dict[str, Any]) -> None:
        self.routines = {cls.name: cls.routine for cls in classes if cls.routine is not None}
        self.orders = {c.name: [base.__name__ for base in twins[c.name].__mro__[:-1]] for c in classes}
        self.twins = twins
        self.accepted: dict[str, set[int]] = {}
        for cls in classes:
            self.accepted[cls.name] = self.accepts(cls.name)

    def home(self, cls: str) -> str | None:
        return next((name for name in self.orders[cls] if name in self.routines), None)

    def promising(self, cls: str) -> list[tuple[str, str]]:
        """The bases whose routines, of a home each, have clauses of their own."""
        pairs = [(base, self.home(base)) for base in self.orders[cls][1:]]
        return [(base, home) for base, home in pairs if home and self.routines[home].clauses]

    def alternatives(self, home: str) -> list[set[int]]:
        """What a routine's own clauses accept: all of its `require`, or any `require_else`."""
        routine = self.routines[home]
        requires = routine.of("require")
        groups = [requires] * bool(requires) + [[clause] for clause in routine.of("require_else")]
        return [{x for x in CALLS if all(clause.holds(x) for clause in group)} for group in groups]

    def accepts(self, cls: str) -> set[int]:
        home = self.home(cls)
        own = self.alternatives(home) if home else []
        alternatives = own + [self.accepted[base] for base, _ in self.promising(cls)]
        return set().union(*alternatives) if alternatives else set(CALLS)

    def outcome(self, cls: str, x: int, site: tuple[int, str]) -> Outcome:
        """What the call of `m` of an object of `cls` does, made at `site`."""
        return self.call(cls, cls, x, site)

    def call(self, cls: str, view: str, x: int, site: tuple[int, str]) -> Outcome:
        """A call that the contract of `view` governs, a base of `cls` or that class itself."""
        home = self.home(view)
        if home is None:
            return ("AttributeError",)
        routine = self.routines[home]
        bases = self.promising(view)
        inherited = {x for base, _ in bases for x in self.accepted[base]}
        if x not in self.accepted[view]:
            return ("PreconditionError", *site, self.false_at(view, x))
        if routine.of("require") and not any(x in group for group in self.alternatives(home)):
            assert x in inherited
            clause = next(clause for clause in routine.of("require") if not clause.holds(x))
            return ("HierarchyError", clause.line, home, [clause.line])
        result = self.body(cls, home, x)
        if result[0] == "PreconditionError" and (routine.clauses or bases):
            return ("RoutineError", *result[1:])
        if result[0] != "returns":
            return result
        promised = [(None, home)] + [pair for pair in bases if pair[1] != home]
        for base, owner in promised:
            if base is None or x in self.accepted[base]:
                for clause in self.routines[owner].of("ensure"):
                    if not clause.holds(result[1]):
                        lines = [c.line for b, o in promised for c in self.routines[o].of("ensure")]
                        return ("PostconditionError", routine.line, f"{home}.m", sorted(set(lines)))
        return result

    def body(self, cls: str, home: str, x: int) -> Outcome:
        routine = self.routines[home]
        inner: Outcome = ("returns", x)
        if routine.is_passed:
            below = self.orders[cls][self.orders[cls].index(home) + 1 :]
            found = next(name for name in below if name in self.routines)
            # A class between that has no routine of its own may have joined the next one with somebody else's contract.
            view = next(name for name in below if name == found or self.joins(name, found))
            inner = self.call(cls, view, x, (routine.line + 1, f"{home}.m"))
        return ("returns", eval(routine.body.format(inner[1]))) if inner[0] == "returns" else inner

    def joins(self, cls: str, found: str) -> bool:
        return self.home(cls) == found and any(home != found for _, home in self.promising(cls))

    def false_at(self, view: str, x: int) -> list[int]:
        """The lines of the preconditions that are false: one of them is named, where no alternative holds."""
        homes = {self.home(view), *(home for _, home in self.promising(view))}
        clauses = [c for home in homes if home for c in self.routines[home].clauses if c.kind != "ensure"]
        return [clause.line for clause in clauses if not clause.holds(x)]


numbers = st.integers(-3, 6)
predicates = st.one_of(
    st.builds("{{}} > {}".format, numbers),
    st.builds("{{}} > {}".format, st.integers(-3, 1)),
    st.builds("{{}} < {}".format, numbers),
    st.builds("{{}} % {} == {}".format, st.integers(2, 3), st.integers(0, 1)),
    st.builds("{{}} in {}".format, st.sets(st.sampled_from(CALLS), min_size=1, max_size=5).map(sorted)),
    st.builds("{{}} != {}".format, numbers),
)
clauses = st.builds(Clause, st.sampled_from("require require require_else ensure ensure".split()), predicates)


@st.composite
def routines(draw: st.DrawFn, *, may_pass: bool, declares: bool) -> Routine:
    own = tuple(draw(st.lists(clauses, min_size=int(declares), max_size=draw(st.sampled_from([1, 1, 3])))))
    body = draw(st.sampled_from(["{}", "{} + 1", "3 - {}", "abs({})", "{} * 2"]))
    return Routine(draw(st.sampled_from("xxy")), own, body, may_pass and draw(st.integers(0, 3)) == 0)


SHAPES = [
    # What a mixin brings in before a base, with a class that overrides the mixin, or both.
    "yes() clauses() no(0,1) yes(0) any(2,3) any(4)",
    "yes() clauses() no(0,1) clauses(0) any(2,3) yes(4)",
    "clauses() clauses() no(0,1) no(2) clauses(3)",
    "clauses() clauses() no(0,1) clauses(0) clauses(2,3) any(4)",
    "clauses() clauses(0) yes() no(2,1) clauses(3)",
    # Diamonds, four levels, mixins on every level.
    "clauses() clauses(0) clauses(0) any(1,2) any(3)",
    "clauses() no(0) clauses(0) clauses(1,2) clauses(3)",
    "clauses() any(0) clauses(1) clauses(2)",
    "clauses() clauses() no(0,1) clauses(2) clauses() any(3,4)",
    "any() clauses() any() any(0,1) any(1,2) any(3,4)",
]
"""Whether each class has a routine, maybe with clauses for certain, and its bases by their numbers."""


@st.composite
def shapes(draw: st.DrawFn) -> str:
    """Any hierarchy on up to four levels; the order of the bases is one that Python can resolve."""
    shape: list[str] = []
    twins: list[type] = []
    level: list[int] = []
    for number in range(draw(st.integers(2, 7))):
        legal = [other for other in range(number) if level[other] < LEVELS]
        bases = tuple(draw(st.lists(st.sampled_from(legal), max_size=3, unique=True))) if legal else ()
        try:
            twins.append(type("Twin", tuple(twins[base] for base in bases), {}))
        except TypeError:  # no consistent order
            bases = bases[:1]
            twins.append(type("Twin", tuple(twins[base] for base in bases), {}))
        level.append(1 + max((level[base] for base in bases), default=0))
        shape.append(f"any({','.join(map(str, bases))})")
    return " ".join(shape)


@st.composite
def hierarchies(draw: st.DrawFn) -> list[Class]:
    """Classes that have a routine or none; one whose base has one may call `super()`."""
    classes: list[Class] = []
    found: set[int] = set()
    shape = draw(st.one_of(shapes(), st.sampled_from(SHAPES), st.sampled_from(SHAPES)))
    for number, (has, listed) in enumerate(re.findall(r"(\w+)\((.*?)\)", shape)):
        bases = [int(base) for base in listed.split(",") if base]
        may_pass = not found.isdisjoint(bases)
        has_one = draw(st.booleans()) if has == "any" else has != "no"
        routine = draw(routines(may_pass=may_pass, declares=has == "clauses")) if has_one else None
        if routine is not None or may_pass:
            found.add(number)
        classes.append(Class(f"C{number}", tuple(f"C{base}" for base in bases), routine))
    return classes


def run(text: str, file: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {name: getattr(culpa, name) for name in culpa.__all__}
    namespace["__name__"] = "generated"
    exec(compile(text, file, "exec", dont_inherit=True), namespace)
    return namespace


def ended(namespace: dict[str, Any], cls: str, x: int) -> Outcome:
    try:
        return ("returns", namespace["call"](namespace[cls], x))
    except AttributeError:
        return ("AttributeError",)
    except ContractError as error:
        found = error
    is_refused = type(found) is culpa.PreconditionError and found.site.function == "call"
    assert found.clause is not None
    if is_refused and found.clause.text is not None:
        assert all(clause.text in str(found) for clause in others(namespace[cls], found.clause)), str(found)
    return (type(found).__name__, found.site.line, found.site.function, found.clause.site.line)


def others(cls: Any, named: Any) -> list[Any]:
    """Return the clauses of the other alternatives: a report names one clause, and lists those."""
    return [
        clause
        for clause in culpa.contract_of(cls.m)
        if clause.kind == "require_else" or (clause.kind == "require" and clause.origin != named.origin)
    ]


serial = itertools.count()
seen: Counter[str] = Counter()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The place of the programs; in the end, every outcome must have occurred: the law has been tried on all."""
    logger = logging.getLogger("culpa")
    logger.disabled = True
    yield tmp_path_factory.mktemp("hierarchies")
    logger.disabled = False
    outcomes = "returns PreconditionError HierarchyError PostconditionError RoutineError AttributeError"
    assert seen.keys() == set(outcomes.split())


@settings(max_examples=HIERARCHIES, deadline=None, suppress_health_check=list(HealthCheck))
@given(classes=hierarchies())
def test_each_call_is_accepted_and_blamed_as_the_sets_say(classes: list[Class], folder: Path) -> None:
    text, placed = render(classes, with_contracts=True)
    note("\n".join(f"{number:4} {line}" for number, line in enumerate(text.splitlines(), 1)))
    twins = run(render(classes, with_contracts=False)[0], "<twins>")
    oracle = Oracle(placed, twins)
    file = folder / f"hierarchy{next(serial)}.py"
    file.write_text(text, encoding="utf-8")

    with_source, without_source = run(text, str(file)), run(text, "<no source>")
    for cls in placed:
        for x in CALLS:
            expected = oracle.outcome(cls.name, x, (2, "call"))
            if expected[0] == "returns":
                assert expected == ended(twins, cls.name, x)
            for namespace in (with_source, without_source):
                found = ended(namespace, cls.name, x)
                if len(expected) == 4:
                    assert (cls.name, x, *found[:3]) == (cls.name, x, *expected[:3])
                    assert found[3] in expected[3], "the clause that is named was false"
                else:
                    assert (cls.name, x, *found) == (cls.name, x, *expected)
            seen[expected[0]] += 1
    file.unlink()
