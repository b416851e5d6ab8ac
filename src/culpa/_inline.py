"""Decides whether a predicate's expression means the same inside its routine, and returns it with locals renamed."""

from __future__ import annotations

import ast

from culpa._syntax import syntax_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import CellType, FunctionType

    from culpa._model import Clause, Routine

SCOPES = (ast.Lambda, ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)
UNMOVABLE = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
IMPLICIT = {"super", "__class__"}


def inlined(
    clause: Clause, routine: Routine, cells: dict[str, CellType], captures: Mapping[str, object]
) -> ast.expr | None:
    """Return a copy of the predicate's expression for the routine's scope, its cells added to `cells`; or None.

    None means that the predicate has to be called: no verified source, other globals or another file, defaults of its
    own, a name that the routine binds otherwise, a nested scope that would turn a parameter into a cell.
    """
    predicate = clause.predicate
    if type(predicate).__name__ != "function":
        return None
    function: FunctionType = predicate  # type: ignore[assignment]  # its type was just read, without `types`
    if not _is_at_home(function, routine):
        return None
    syntax = syntax_of(function)
    own = cells_of(function)
    if syntax is None or not _fits(syntax.body, clause, routine, cells, own):
        return None
    if "old" in _extras(clause, routine) and not _reads_only_captures(syntax.body, captures):
        return None
    cells.update(own)
    names = {name: f".{name}" for name in _extras(clause, routine)}
    return _renamed(syntax.body, names)


def cells_of(function: FunctionType) -> dict[str, CellType]:
    """Return the cells of a function by the names of its free variables."""
    return dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))


def attributes_of(name: str, body: ast.expr) -> list[str]:
    """Return the attributes that are read of the variable `name`."""
    return [
        node.attr
        for node in ast.walk(body)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    ]


def _extras(clause: Clause, routine: Routine) -> set[str]:
    return {"result", "old"} & set(clause.names) - set(routine.names)


def _is_at_home(function: FunctionType, routine: Routine) -> bool:
    return (
        function.__globals__ is routine.namespace
        and function.__code__.co_filename == routine.file
        and not function.__defaults__
        and not function.__kwdefaults__
        and not hasattr(function, "__wrapped__")
    )


def _fits(
    body: ast.expr, clause: Clause, routine: Routine, cells: dict[str, CellType], own: dict[str, CellType]
) -> bool:
    taken = set(clause.names)
    others = {node.id for node in ast.walk(body) if isinstance(node, ast.Name)} - taken
    return not (
        others & {*routine.names, *IMPLICIT}
        or any(isinstance(node, UNMOVABLE) for node in ast.walk(body))
        or any(cells.get(name, cell) is not cell for name, cell in own.items())
        or (others - set(own)) & set(cells)
        or _captured(body) & taken
    )


def _captured(body: ast.expr) -> set[str]:
    """Return the names that nested scopes read; the first iterable of a comprehension is evaluated outside of it."""
    names: set[str] = set()
    for scope in ast.walk(body):
        if isinstance(scope, SCOPES):
            outside = () if isinstance(scope, ast.Lambda) else ast.walk(scope.generators[0].iter)
            skipped = {id(node) for node in outside}
            names.update(node.id for node in ast.walk(scope) if isinstance(node, ast.Name) and id(node) not in skipped)
    return names


def _reads_only_captures(body: ast.expr, captures: Mapping[str, object]) -> bool:
    """Return whether `old` stands only in `old.<name>`, with a capture of that name."""
    read = attributes_of("old", body)
    uses = sum(isinstance(node, ast.Name) and node.id == "old" for node in ast.walk(body))
    return uses == len(read) and captures.keys() >= set(read)


def _renamed(node: ast.expr, names: dict[str, str]) -> ast.expr:
    """Return a copy with `names` renamed, where `old.x` becomes one local (`copy.deepcopy` is 20 times slower)."""
    if isinstance(node, ast.Name) and node.id in names:
        return ast.copy_location(ast.Name(names[node.id], node.ctx), node)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and names.get(node.value.id) == ".old":
        return ast.copy_location(ast.Name(f".old_{node.attr}", node.ctx), node)
    copy = node.__class__.__new__(node.__class__)
    for field, value in vars(node).items():
        setattr(copy, field, _renamed_field(value, names))
    return copy


def _renamed_field(value: object, names: dict[str, str]) -> object:
    if isinstance(value, list):
        return [_renamed_field(item, names) for item in value]
    return _renamed(value, names) if isinstance(value, ast.AST) else value  # type: ignore[arg-type]  # any node
