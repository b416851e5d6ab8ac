"""Decides whether a predicate's expression means the same inside its routine, and returns it with locals renamed."""

from __future__ import annotations

import ast

from culpa._frozen import frozen
from culpa._syntax import syntax_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import CellType, FunctionType
    from typing import Any, TypeGuard

    from culpa._model import Clause, Routine
    from culpa._syntax import Syntax

# What means something else in another function: its own class, its own locals.
IMPLICIT = {"super", "__class__", "locals", "vars", "dir", "eval", "exec"}


@frozen
class Scope:
    """What the names of the predicates that were inlined before mean in one routine: cells that it shares, globals."""

    cells: dict[str, CellType]
    others: set[str]


def inlined(clause: Clause, routine: Routine, scope: Scope, captures: Mapping[str, object]) -> ast.expr | None:
    """Return the predicate's expression with the locals of the routine, its names added to `scope`; or None.

    None means that the predicate has to be called: no verified source, other globals or another file, defaults of its
    own, a name that means something else in the routine, a nested scope that would turn a parameter into a cell.
    """
    predicate = clause.predicate
    if type(predicate).__name__ != "function":
        return None
    function: FunctionType = predicate  # type: ignore[assignment]  # its type was just read, without `types`
    if not _is_at_home(function, routine):
        return None
    syntax = syntax_of(function)
    own = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    if syntax is None or not _fits(syntax, clause, routine, scope, own):
        return None
    if "old" in _extras(clause, routine) and not _reads_only_captures(syntax.body, captures):
        return None
    scope.cells.update(own)
    scope.others.update(syntax.names.difference(clause.names, own))
    renamed = {name: other for name, other in local_names(clause, routine).items() if name != other}
    return _renamed(syntax.body, renamed) if renamed else syntax.body


def local_names(clause: Clause, routine: Routine) -> dict[str, str]:
    """Return the routine's local for each name that the predicate takes."""
    extras = {"result": ".result", "old": clause.old, "item": ".item", "sent": ".sent"}
    arguments = clause.arguments or clause.names
    return {
        name: own if own in routine.names else extras[own] for name, own in zip(clause.names, arguments, strict=True)
    }


def _extras(clause: Clause, routine: Routine) -> set[str]:
    return {"result", "old"} & set(clause.arguments or clause.names) - set(routine.names)


def _is_at_home(function: FunctionType, routine: Routine) -> bool:
    return (
        function.__globals__ is routine.namespace
        and function.__code__.co_filename == routine.file
        and not function.__defaults__
        and not function.__kwdefaults__
        and not hasattr(function, "__wrapped__")
    )


def _fits(syntax: Syntax, clause: Clause, routine: Routine, scope: Scope, own: dict[str, CellType]) -> bool:
    others = syntax.names.difference(clause.names)
    return (
        syntax.is_movable
        and others.isdisjoint(routine.names)
        and others.isdisjoint(IMPLICIT)
        and all(scope.cells.get(name, cell) is cell and name not in scope.others for name, cell in own.items())
        and others.difference(own).isdisjoint(scope.cells)
        and syntax.nested.isdisjoint(clause.names)
    )


def _reads_only_captures(body: ast.expr, captures: Mapping[str, object]) -> bool:
    """Return whether `old` stands only in `old.<name>`, with a capture of that name."""
    uses = sum(isinstance(node, ast.Name) and node.id == "old" for node in ast.walk(body))
    read = [
        node.attr
        for node in ast.walk(body)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "old"
    ]
    return uses == len(read) and captures.keys() >= set(read)


def _renamed(node: Any, names: dict[str, str]) -> Any:
    """Return the tree with `names` renamed, where `old.x` becomes one local; what has none of them is shared."""
    if isinstance(node, ast.Name):
        return ast.copy_location(ast.Name(names[node.id], node.ctx), node) if node.id in names else node
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        old = names.get(node.value.id, "")
        if old.startswith(".old"):
            return ast.copy_location(ast.Name(f"{old}_{node.attr}", node.ctx), node)
    fields: dict[str, Any] = vars(node)
    changed = {field: _renamed_field(value, names) for field, value in fields.items()}
    if all(changed[field] is value for field, value in fields.items()):
        return node
    copy = node.__class__.__new__(node.__class__)
    vars(copy).update(changed)
    return copy


def _renamed_field(value: Any, names: dict[str, str]) -> Any:
    if _is_list(value):
        changed = [_renamed_field(part, names) for part in value]
        return changed if any(new is not part for new, part in zip(changed, value, strict=True)) else value
    return _renamed(value, names) if isinstance(value, ast.AST) else value


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
