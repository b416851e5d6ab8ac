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
    is_relayed = any(not origin for origin, _ in lineage.ancestry)
    only = layers[-1] if not bases or (len(bases) == 1 and not declares and not is_relayed) else None
    if only is not None and not only.elses:
        return [statement for predicate in only.requires for statement in unless(predicate)], {}
    # What reads a parameter that no base has cannot strengthen a base's precondition: it is checked by itself.
    fresh = [p for p in own.requires if lineage.added.intersection(p.clause.arguments or p.clause.names)]
    rest = [p for p in own.requires if p not in fresh]
    statements = [statement for predicate in fresh for statement in unless(predicate)]
    statements += _set(OWN, is_true=not (rest or own.elses or bases))
    statements += _any_of(rest, own.elses, OWN, FAILED)
    held, open_bases = _bases(bases, lineage, statements)
    is_open = bool(open_bases) or (is_relayed and not declares and not held.keys() & lineage.above(""))
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


def _bases(bases: list[Layer], lineage: Lineage, statements: list[ast.stmt]) -> tuple[dict[str, str], set[str]]:
    """Evaluate each base's precondition, the remotest first: a base accepts what its own bases accept, too.

    Returns the local of each, and the bases that accept every call: those that promise something for nothing.
    """
    held: dict[str, str] = {}
    open_bases: set[str] = set()
    for base in reversed(bases):
        above = lineage.above(base.origin)
        if open_bases.intersection(above) or not (base.requires or base.elses or held.keys() & above):
            open_bases.add(base.origin)
            continue
        held[base.origin] = name = f".held@{base.origin}"
        statements += _set(name, is_true=False)
        statements += _any_of(base.requires, base.elses, name, f"{FAILED}@{base.origin}")
        inherited: list[ast.expr] = [local(held[origin]) for origin in above if origin in held]
        if inherited:
            statements.append(assign(local(name), _or([local(name), *inherited])))
    return held, open_bases


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
