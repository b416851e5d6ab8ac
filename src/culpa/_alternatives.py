"""Emits the preconditions of a routine: its own, or an alternative to them, or those of a base."""

from __future__ import annotations

import ast

from culpa._frozen import frozen
from culpa._statements import Predicate, assign, call, local, unless, when

TYPE_CHECKING = False
if TYPE_CHECKING:
    from culpa._model import Lineage

OWN, FAILED, MISSED = ".own", ".failed", ".missed"


@frozen
class Layer:
    """What one routine declared, ready to be emitted: the routine under contract itself, or one of its bases."""

    origin: str
    requires: list[Predicate]
    elses: list[Predicate]
    ensures: list[Predicate]


def preconditions(layers: list[Layer], lineage: Lineage) -> tuple[list[ast.stmt], dict[str, str]]:
    """Return the checks, and for each base whose precondition may not have held, the local that says so.

    A call is legal if one alternative holds: the routine's own clauses, each `require_else`, each base's precondition.
    """
    own, *bases = layers
    declares = bool(own.requires or own.elses)
    only = layers[-1] if not bases or (len(lineage.ancestors) == 1 and not declares) else None
    if only is not None and not only.elses:
        return [statement for predicate in only.requires for statement in unless(predicate)], {}
    # What reads a parameter that no base has cannot strengthen a base's precondition: it is checked by itself.
    fresh = [p for p in own.requires if lineage.added.intersection(p.clause.arguments or p.clause.names)]
    rest = [p for p in own.requires if p not in fresh]
    statements = [statement for predicate in fresh for statement in unless(predicate)]
    statements += _set(OWN, is_true=not (rest or own.elses or bases))
    statements += _any_of(rest, own.elses, OWN, FAILED)
    held, is_open = _ancestors({layer.origin: layer for layer in layers}, lineage, statements)
    reads: list[ast.expr] = [local(name) for name in held.values()]
    if rest:
        stronger: ast.stmt = ast.Raise(call(local(FAILED), "strengthened"))
        refuse: ast.stmt = ast.Raise(call(local(FAILED), "refused"))
        if reads:
            refuse = ast.If(_or(reads), [stronger], [refuse])
        statements.append(ast.If(ast.UnaryOp(ast.Not(), local(OWN)), [stronger if is_open else refuse], []))
    elif not is_open:
        # With nothing to widen, it may stand beneath a decorator of somebody else: then what stands above decides.
        reads = reads or [ast.Attribute(own.elses[0].boundary, "is_layered", ast.Load())]
        statements.append(ast.If(ast.UnaryOp(ast.Not(), _or([local(OWN), *reads])), [_refusal(own, bases)], []))
    return statements, held


def _refusal(own: Layer, bases: list[Layer]) -> ast.stmt:
    """Return the refusal of a call that nothing accepts, in the name of the first alternative: of a false clause."""
    layer = next(layer for layer in ([own] if own.elses else bases) if layer.requires or layer.elses)
    is_alone = layer is own or not layer.requires
    return ast.Raise(call(layer.elses[0].failure if is_alone else local(f"{FAILED}@{layer.origin}"), "refused"))


def _ancestors(layers: dict[str, Layer], lineage: Lineage, statements: list[ast.stmt]) -> tuple[dict[str, str], bool]:
    """Evaluate the preconditions of the bases, the remotest first: each accepts what its own bases accept, too.

    Returns the local that says for each layer whether its promise holds, if not always, and whether some base accepts
    every call: one that promises something for nothing.
    """
    held: dict[str, str] = {}
    free: set[str] = set()
    for ancestor in reversed(lineage.ancestors):
        layer, above = layers[ancestor.origin], ancestor.above
        demands = ancestor.name == layer.origin and bool(layer.requires or layer.elses)
        if free.intersection(above) or not (demands or held.keys() & above):
            free.add(ancestor.name)
        elif ancestor.name:
            held[ancestor.name] = name = f".held@{ancestor.name}"
            statements += _set(name, is_true=False)
            if demands:
                statements += _any_of(layer.requires, layer.elses, name, f"{FAILED}@{layer.origin}")
            if held.keys() & above:
                reads: list[ast.expr] = [local(name), *(local(held[other]) for other in above if other in held)]
                statements.append(assign(local(name), _or(reads)))
    return _guards(held, lineage, statements), bool(free)


def _guards(held: dict[str, str], lineage: Lineage, statements: list[ast.stmt]) -> dict[str, str]:
    """Return the local of each layer that says whether some ancestor which promises it accepts the call.

    Without one is what some ancestor promises for every call.
    """
    names: dict[str, list[str]] = {}
    for ancestor in lineage.ancestors:
        names.setdefault(ancestor.origin, []).append(ancestor.name)
    guards = {origin: held[origin] for origin, of_origin in names.items() if held.keys() >= {*of_origin}}
    for origin, guard in guards.items():
        reads: list[ast.expr] = [local(held[name]) for name in names[origin]]
        if len(reads) > 1:
            statements.append(assign(local(guard), _or(reads)))
    return guards


def _any_of(requires: list[Predicate], elses: list[Predicate], name: str, missed: str) -> list[ast.stmt]:
    """Set a local if all of the first hold, or one of the others."""
    statements = _all(requires, name, missed) if requires else []
    for predicate in elses:
        statements.append(ast.If(ast.UnaryOp(ast.Not(), local(name)), _all([predicate], name, MISSED), []))
    return statements


def _all(predicates: list[Predicate], name: str, missed: str) -> list[ast.stmt]:
    """Set a local if all of the predicates hold; keep the failure of the first that does not in `missed`."""
    then = _set(name, is_true=True)
    for predicate in reversed(predicates):
        then = when(predicate, then, [assign(local(missed), predicate.failure)])
    return then


def _set(name: str, *, is_true: bool) -> list[ast.stmt]:
    return [assign(local(name), ast.Constant(is_true))]


def _or(values: list[ast.expr]) -> ast.expr:
    return values[0] if len(values) == 1 else ast.BoolOp(ast.Or(), values)
