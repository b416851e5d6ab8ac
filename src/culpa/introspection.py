"""Looks at contracts: which clauses a function has, and the code that really runs."""

from __future__ import annotations

from culpa._model import Contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast

    from culpa._boundary import Boundary


def contract_of(obj: object, /) -> Contract:
    """Return the contract of a function, method or class; an empty one, which is false, for code without one.

    That of a class are its invariants, its own before those that it inherits, whose `origin` is their class.

    >>> contract_of(len).clauses
    ()
    """
    from culpa._wrap import boundary_beneath

    if issubclass(type(obj), type):
        return _contract_of_class(obj)  # type: ignore[arg-type]  # not `isinstance`: some lie
    boundary = boundary_beneath(obj)
    if boundary is None:
        return Contract(str(getattr(obj, "__qualname__", type(obj).__name__)))
    layers = boundary.layers()
    once = [
        layer for above, layer in zip([None, *layers], layers, strict=False) if above is None or above.part != "call"
    ]
    clauses = tuple(c for layer in once for c in layer.contract.clauses if c.kind != "invariant")
    return Contract(boundary.contract.function, clauses, boundary.contract.placement)


def _contract_of_class(cls: type) -> Contract:
    from culpa._frozen import replace
    from culpa._invariants import invariants_of, own_invariants_of

    own = {id(clause) for clause in own_invariants_of(cls)}
    clauses = invariants_of(cls)
    return Contract(cls.__qualname__, tuple(replace(c, origin="") if id(c) in own else c for c in clauses))


def source_of(f: object, /) -> str:
    """Return the code that really runs when `f` is called, checks included, as readable Python.

    Raises `TypeError` for what is no Python function, `OSError` where a function without a contract has no source.
    """
    import inspect

    from culpa._wrap import boundary_beneath

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

    made = plan(boundary.contract, boundary.routine, boundary.inner, boundary.part)
    definition = syntax(made)
    definition.name = boundary.routine.name
    for node in ast.walk(definition):
        _make_readable(node)
    head = f"# {boundary.contract.placement}: `_body` is the function as it was written"
    if boundary.inner is not None:
        head += ", with the decorators and the contract beneath"
    head += "; `_contract` and the others say what a failure means\n"
    for clause in boundary.raises:
        head += f"# raises {', '.join(e.__name__ for e in clause.exceptions) or 'nothing'}: see _contract.passes()\n"
    return head + ast.unparse(ast.fix_missing_locations(definition)) + "\n"


def _make_readable(node: ast.AST) -> None:
    """Give names that are Python to the locals and free variables that begin with a dot."""
    import ast
    import re

    for field, value in vars(node).items():
        if isinstance(value, str) and value.startswith(".") and not isinstance(node, ast.Constant):
            setattr(node, field, re.sub(r"\W", "_", value))
