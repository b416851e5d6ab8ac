"""Turns a contract into check statements (`ast`), which do not know where they will stand."""

from __future__ import annotations

import ast
from types import FunctionType

from culpa._alternatives import Layer, preconditions
from culpa._flows import NONE, Pauses
from culpa._frozen import frozen
from culpa._inline import Scope, inlined, local_names
from culpa._leaf import gives_anything, is_leaf
from culpa._predicates import is_async
from culpa._statements import (
    RESULT,
    VALUE,
    Objects,
    Predicate,
    assign,
    at,
    call,
    evaluated,
    line_of,
    local,
    unless,
    when,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CellType, CodeType

    from culpa._boundary import Boundary
    from culpa._model import Clause, Contract, Routine


BEFORE, CALLED = ".before", ".called"
ASYNC = ("coroutine", "async generator")


@frozen
class Checks:
    """The check statements of one contract: `head` before the body, `tail` after it, on the local `.result`.

    `pauses` stand where a generator is suspended and resumed. `carried` are the values that the checks at the call give
    to those that run later.
    """

    head: list[ast.stmt]
    tail: list[ast.stmt]
    pauses: Pauses
    carried: dict[str, ast.expr]
    cells: dict[str, CellType]
    predicates: str


def emit(
    contract: Contract, routine: Routine, objects: Objects, boundary: Boundary, failure: Callable[[Clause, str], object]
) -> Checks:
    """Return the checks of `contract`: preconditions, conditions of `raises`, captures; then postconditions.

    Outermost, before and behind, stand the invariants.

    `boundary` and what `failure` makes for each clause are the objects that are called where a check fails.
    """
    readier = _Readier(contract, routine, objects, boundary, failure)
    layers, captures = readier.layers()
    head, held = preconditions(layers, contract.lineage)
    is_late = any(p.is_async for layer in layers for p in (*layer.requires, *layer.elses))
    carried: dict[str, ast.expr] = {CALLED: call(objects.put(".contract", boundary), "called")} if is_late else {}
    if not is_late:
        carried = {name: local(name) for name in held.values()}
    head = head if boundary.part == "whole" or is_late == (boundary.part == "run") else []
    entering, remembering, leaving = readier.invariants()
    head = [*head, *readier.taken()] if boundary.part != "run" else head
    place = line_of(routine.line)
    if boundary.part == "call":
        return _placed(Checks([*entering, *head], [], NONE, carried, readier.scope.cells, _summary(readier)), place)
    conditions = [readier.ready(clause, {}) for clause in contract.of_kind("raises") if clause.predicate is not None]
    for number, predicate in enumerate(conditions):
        keep = assign(local(f".when_{number}"), ast.Constant(True))
        refuse = assign(local(f".when_{number}"), ast.Attribute(predicate.failure, "no", ast.Load()))
        head += when(predicate, [keep], [refuse])
    head += _kept(layers, captures, objects.put(".contract", boundary))
    tail = [statement for layer in layers for statement in _postconditions(layer, held.get(layer.origin))]
    tail += readier.given()
    pauses = readier.pauses(entering, leaving)
    head = [*entering, *head, *remembering]
    return _placed(Checks(head, [*tail, *leaving], pauses, carried, readier.scope.cells, _summary(readier)), place)


def _placed(checks: Checks, place: ast.expr) -> Checks:
    """Give the statements positions, where they have none."""
    pauses = checks.pauses
    for statement in (*checks.head, *checks.tail, *pauses.suspended, *pauses.given, *pauses.resumed):
        at(statement, place)
    return checks


class _Readier:
    """Makes clauses ready to be emitted: each has its object, and its predicate is inlined or called."""

    def __init__(
        self,
        contract: Contract,
        routine: Routine,
        objects: Objects,
        boundary: Boundary,
        failure: Callable[[Clause, str], object],
    ) -> None:
        self.contract = contract
        self.routine = routine
        self.objects = objects
        self.boundary = boundary
        self.failure = failure
        self.scope = Scope({}, set())
        self.everything: list[Predicate] = []

    def ready(self, clause: Clause, kept: dict[str, Clause], phase: str = "") -> Predicate:
        routine, objects = self.routine, self.objects
        number = next(number for number, other in enumerate(self.contract.clauses, 1) if other is clause)
        name = f".{clause.kind}_{number}{phase}"
        setattr(self.boundary, name, self.failure(clause, phase))
        mark = objects.put(".contract", self.boundary)
        value = inlined(clause, routine, self.scope, kept)
        is_inlined = value is not None
        waits = routine.flow in ASYNC and is_async(clause.predicate)
        if value is None:
            value = _called(clause, routine, objects.put(f".{clause.kind}_{number}_holds", clause.predicate))
            value = at(ast.Await(value), value) if waits else value
        is_marked = clause.predicate is not None and not is_leaf(clause.predicate, routine.name, routine.siblings)
        is_judged = is_marked or (
            clause.predicate is not None and (gives_anything(clause.predicate) or is_async(clause.predicate) > waits)
        )
        failed = ast.Attribute(mark, name, ast.Load())
        self.everything.append(Predicate(clause, value, is_inlined, is_marked, is_judged, failed, mark, waits))
        return self.everything[-1]

    def layers(self) -> tuple[list[Layer], list[Predicate]]:
        """Return what the routine and each of its bases declare, and the captures that are read."""
        layers: list[Layer] = []
        captures: list[Predicate] = []
        for origin, clauses in self.contract.layers():
            kept = {clause.name: clause for clause in clauses if clause.kind == "snapshot" and clause.name}
            of_kind = {
                kind: [self.ready(c, kept) for c in clauses if c.kind == kind]
                for kind in ("require", "require_else", "ensure")
            }
            captures += [self.ready(kept[name], kept) for name in _read_captures(of_kind["ensure"], kept)]
            layers.append(Layer(origin, of_kind["require"], of_kind["require_else"], of_kind["ensure"]))
        return layers, captures

    def invariants(self) -> tuple[list[ast.stmt], list[ast.stmt], list[ast.stmt]]:
        """Return the checks at entry, what an assignment replaces, and the checks on the way out."""
        guards = self.boundary.guards
        if guards is None:
            return [], [], []
        leaving = _invariants([self.ready(clause, {}) for clause in guards.clauses])
        if guards.phase == "exit":
            return [_invariants([self.ready(clause, {}, "_at_entry") for clause in guards.clauses])], [], [leaving]
        if guards.phase == "birth":
            return [], [], [leaving]
        replaced = call(self.objects.put(".contract", self.boundary), "before", *map(local, self.routine.names[:2]))
        is_hooked = ast.Compare(local(BEFORE), [ast.IsNot()], [ast.Constant(None)])
        return [], [assign(local(BEFORE), replaced)], [ast.If(is_hooked, [leaving], [])]

    def taken(self) -> list[ast.stmt]:
        """Put the arguments that are callables under their contracts."""
        found: list[ast.stmt] = []
        handovers: list[ast.expr] = []
        for clause in self.contract.of_kind("callback"):
            if clause.name != "result":
                name = str(clause.name)
                handover, boundary = self._handover(clause)
                handovers.append(handover)
                default = ast.Attribute(boundary, "defaults", ast.Load())
                known = call(default, "get", ast.Constant(name), boundary)
                found += _handed(handover, boundary, name, "taken", local(name), known)
        if found and not self.routine.exact:
            names = [str(c.name) for c in self.contract.of_kind("callback") if c.name != "result"]
            forwarded = [local(".arguments"), local(".keywords")]
            passed = call(handovers[0], "substituted", *forwarded)
            passed.keywords = [ast.keyword(name, local(name)) for name in dict.fromkeys(names)]
            targets: list[ast.expr] = [ast.Name(".arguments", ast.Store()), ast.Name(".keywords", ast.Store())]
            found.append(ast.Assign([ast.Tuple(targets, ast.Store())], passed))
        return found

    def given(self) -> list[ast.stmt]:
        """Put the result, a callable, under its contract."""
        clauses = [clause for clause in self.contract.of_kind("callback") if clause.name == "result"]
        return [
            statement
            for clause in clauses
            for statement in _handed(*self._handover(clause), RESULT, "given", local(RESULT))
        ]

    def _handover(self, clause: Clause) -> tuple[ast.expr, ast.expr]:
        number = next(number for number, other in enumerate(self.contract.clauses, 1) if other is clause)
        name = f".callback_{number}"
        setattr(self.boundary, name, self.failure(clause, ""))
        contract = self.objects.put(".contract", self.boundary)
        return ast.Attribute(contract, name, ast.Load()), contract

    def pauses(self, entering: list[ast.stmt], leaving: list[ast.stmt]) -> Pauses:
        """Return the checks of what a generator yields and is sent, and of its object while it is suspended."""
        yields = [self.ready(clause, {}) for clause in self.contract.of_kind("yields")]
        sends = [self.ready(clause, {}) for clause in self.contract.of_kind("sends")]
        if self.routine.flow not in ("generator", "async generator"):
            return NONE
        return Pauses([*self._on_the_way(yields), *leaving], self._on_the_way(sends), entering)

    def _on_the_way(self, predicates: list[Predicate]) -> list[ast.stmt]:
        """Check a generator where it is suspended: one that a predicate uses goes on, whatever the checks find."""
        if not predicates:
            return []
        counts = ast.If(call(predicates[0].boundary, "counts"), [ast.Raise()], [])
        checks = [statement for predicate in predicates for statement in unless(predicate)]
        return [ast.Try(checks, [ast.ExceptHandler(None, None, [counts])], [], [])]


def _handed(handover: ast.expr, boundary: ast.expr, name: str, method: str, *arguments: ast.expr) -> list[ast.stmt]:
    """Replace a callable by the same under its contract, or refuse what is none."""
    refused = ast.Compare(local(VALUE), [ast.Is()], [ast.Attribute(boundary, "refused", ast.Load())])
    return [
        assign(local(VALUE), call(handover, method, *arguments)),
        ast.If(refused, [ast.Raise(call(handover, "refused"))], []),
        assign(local(name), local(VALUE)),
    ]


def _invariants(predicates: list[Predicate]) -> ast.stmt:
    """Check the invariants, top first; whether a false one counts is decided when it has been found false."""
    count = ast.Attribute(predicates[0].boundary, "guards", ast.Load())
    handler = ast.ExceptHandler(None, None, [ast.If(call(count, "count"), [ast.Raise()], [])])
    return ast.Try([statement for predicate in predicates for statement in unless(predicate)], [handler], [], [])


def _postconditions(layer: Layer, held: str | None) -> list[ast.stmt]:
    """Check a layer's postconditions; a base's bind only where its own precondition held (Meyer)."""
    checks = [statement for predicate in layer.ensures for statement in unless(predicate)]
    return [ast.If(local(held), checks, [])] if held is not None and checks else checks


def _kept(layers: list[Layer], captures: list[Predicate], contract: ast.expr) -> list[ast.stmt]:
    """Evaluate the captures; where a predicate is called that reads them, keep them in an object, too."""
    needing = {p.clause.old for layer in layers for p in layer.ensures if "old" in p.clause.names and not p.is_inlined}
    made: list[ast.stmt] = [assign(local(old), call(contract, "old")) for old in sorted(needing)]
    return made + [_capture(predicate, predicate.clause.old in needing) for predicate in captures]


def _capture(predicate: Predicate, needs_old: bool) -> ast.stmt:
    """Keep a value in a local; one that raises leaves the local unbound for the clause that reads it (R12)."""
    clause = predicate.clause
    targets: list[ast.expr] = [ast.Name(clause.kept, ast.Store())]
    if needs_old:
        targets.append(ast.Attribute(local(clause.old), str(clause.name), ast.Store()))
    keep = ast.Assign(targets, local(VALUE) if predicate.is_marked else predicate.value)
    kept: list[ast.stmt] = [keep]
    if predicate.is_marked:
        kept = evaluated(predicate, kept)
    passes = ast.If(call(predicate.failure, "passes"), [ast.Raise()], [])
    lost = assign(local(f"{clause.kept}_lost"), call(predicate.failure, "lost"))
    handler = ast.ExceptHandler(None, None, [passes, lost])
    return at(ast.Try(kept, [handler], [], []), predicate.value)


def _called(clause: Clause, routine: Routine, predicate: ast.expr) -> ast.expr:
    """Return a call of the predicate, at its own first line if that is in the routine's file."""
    is_plain = type(clause.predicate) is FunctionType and not hasattr(clause.predicate, "__wrapped__")
    code: CodeType | None = getattr(clause.predicate, "__code__", None) if is_plain else None
    # What is no plain function is called by names alone: any of its parameters may be keyword-only.
    only = clause.names if code is None else code.co_varnames[code.co_argcount :]
    value = ast.Call(predicate, [], [])
    for name, own in local_names(clause, routine).items():
        argument = local(own)
        if name in only:
            value.keywords.append(ast.keyword(name, argument))
        else:
            value.args.append(argument)
    line = code.co_firstlineno if code is not None and code.co_filename == routine.file else routine.line
    return at(value, line_of(line))


def _read_captures(ensures: list[Predicate], captures: dict[str, Clause]) -> list[str]:
    """Return the captures that some postcondition may read: only these are evaluated."""
    read: set[str] = set()
    for predicate in ensures:
        if "old" in predicate.clause.names:
            names = {node.id for node in ast.walk(predicate.value) if isinstance(node, ast.Name)}
            read.update(name for name, c in captures.items() if not predicate.is_inlined or c.kept in names)
    return [name for name in captures if name in read]


def _summary(readier: _Readier) -> str:
    predicates = readier.everything
    inlined = sum(predicate.is_inlined for predicate in predicates)
    if not predicates:
        return "nothing to evaluate"
    return "inlined" if inlined == len(predicates) else "partly inlined" if inlined else "called"
