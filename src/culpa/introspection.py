"""Looks at contracts: which clauses a function has, and the code that really runs."""

from __future__ import annotations

from culpa._attach import boundary_beneath
from culpa._model import Contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from typing import Any

    from culpa._boundary import Boundary


def contract_of(obj: object, /) -> Contract:
    """Return the contract of a function or method; an empty one, which is false, for code without one.

    >>> contract_of(len).clauses
    ()
    """
    boundary = boundary_beneath(obj)
    if boundary is None:
        return Contract(str(getattr(obj, "__qualname__", type(obj).__name__)))
    layers = boundary.layers()
    clauses = tuple(clause for layer in layers for clause in layer.contract.clauses)
    return Contract(boundary.contract.function, clauses, boundary.contract.placement)


def source_of(f: object, /) -> str:
    """Return the code that really runs when `f` is called, checks included, as readable Python.

    Raises `TypeError` for what is no Python function, `OSError` where a function without a contract has no source.
    """
    import inspect

    boundary = boundary_beneath(f)
    if boundary is None:
        if inspect.isbuiltin(f):
            raise TypeError(f"{f.__name__} is built in: it has no Python source")
        return inspect.getsource(f)  # type: ignore[arg-type]  # it raises the TypeError that is documented
    return "\n".join(_text(layer) for layer in boundary.layers())


def _text(boundary: Boundary) -> str:
    """Return the code of one layer; the head says what the code alone does not show."""
    import ast

    from culpa._build import plan, syntax

    made = plan(boundary.contract, boundary.routine, boundary.inner)
    definition = syntax(made)
    definition.name = boundary.routine.name
    for node in ast.walk(definition):
        _make_readable(node, made.constants.titles)
    head = f"# {boundary.contract.placement}: `body` is the function as it was written"
    if boundary.inner is not None:
        head += ", with the decorators and the contract beneath"
    head += "; `contract` and the others say what a failure means\n"
    for clause in boundary.raises:
        head += f"# raises {', '.join(e.__name__ for e in clause.exceptions) or 'nothing'}: see contract.passes()\n"
    return head + ast.unparse(ast.fix_missing_locations(definition)) + "\n"


def _make_readable(node: ast.AST, titles: dict[str, str]) -> None:
    """Give names to constants and to locals with a dot, so that the text is Python."""
    import ast

    for field, value in list(vars(node).items()):
        if isinstance(value, str) and value.startswith(".") and not isinstance(node, ast.Constant):
            setattr(node, field, value.replace(".", "_", 1))
        elif isinstance(value, list):
            setattr(node, field, [_named(item, titles) for item in vars(node)[field]])
        else:
            setattr(node, field, _named(value, titles))


def _named(item: Any, titles: dict[str, str]) -> Any:
    """Return the name of a constant that is one of ours, and anything else unchanged."""
    import ast

    title = titles.get(item.value) if isinstance(item, ast.Constant) and isinstance(item.value, str) else None
    return item if title is None else ast.Name(title, ast.Load())
