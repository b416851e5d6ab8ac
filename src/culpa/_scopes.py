"""Finds which names each scope of a parsed file binds, and where its decorators and call statements stand."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Binding:
    """Say what a name was given: an import's dotted name, or an expression or definition, or something opaque."""

    scope: Scope
    line: int
    dotted: str | None = None
    value: ast.expr | Definition | None = None


@dataclass(slots=True, eq=False)
class Scope:
    """Hold the bindings of a module, class, function (a lambda too) or comprehension."""

    kind: str
    qualname: str = ""
    parent: Scope | None = None
    bindings: dict[str, list[Binding]] = field(default_factory=dict[str, list[Binding]])
    global_names: set[str] = field(default_factory=set[str])
    nonlocal_names: set[str] = field(default_factory=set[str])
    stars: set[str] = field(default_factory=set[str])

    def root(self) -> Scope:
        """Return the scope of the module."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def owner(self, name: str) -> Scope | None:
        """Return the scope whose binding a use of `name` in this scope sees, as Python looks it up."""
        scope: Scope | None = self
        while scope is not None:
            if scope is self or scope.kind != "class":
                if name in scope.global_names:
                    scope = self.root()
                if name in scope.bindings:
                    return scope
            scope = scope.parent
        return None

    def inner_name(self, name: str) -> str:
        """Return the qualified name of something called `name` that is defined in this scope."""
        if not self.qualname:
            return name
        return f"{self.qualname}.<locals>.{name}" if self.kind == "function" else f"{self.qualname}.{name}"


@dataclass(frozen=True, slots=True)
class Survey:
    """Keep what a walk over one file found: each thing with the scope in which its names are looked up."""

    decorators: list[tuple[ast.expr, Scope, str]]
    statements: list[tuple[ast.Call, Scope]]


def survey(tree: ast.Module) -> Survey:
    """Return the decorators (each with the qualified name of its target) and call statements of a parsed file."""
    return _Walk().run(tree)


class _Walk:
    """Walk a tree with a work list: source nests deeper than Python recurses."""

    def __init__(self) -> None:
        self.found = Survey([], [])
        self.todo: list[tuple[ast.AST, Scope]] = []
        self.bound: list[tuple[Scope, str, Binding]] = []

    def run(self, tree: ast.Module) -> Survey:
        self.todo.append((tree, Scope("module")))
        while self.todo:
            node, scope = self.todo.pop()
            visit = _VISITS.get(type(node))
            if visit is None:
                self.push(ast.iter_child_nodes(node), scope)
            else:
                visit(self, node, scope)
        self.settle()
        return self.found

    def push(self, nodes: Iterable[ast.AST], scope: Scope) -> None:
        self.todo.extend((node, scope) for node in nodes)

    def bind(self, name: str, scope: Scope, line: int, *, dotted: str | None = None) -> None:
        self.bound.append((scope, name, Binding(scope, line, dotted)))

    def settle(self) -> None:
        """Give every binding to the scope that owns it, once all `global` and `nonlocal` statements are known."""
        self.bound.sort(key=lambda entry: (entry[1] in entry[0].nonlocal_names, entry[2].line))
        for scope, name, binding in self.bound:
            home = scope
            if name in scope.global_names:
                home = scope.root()
            elif name in scope.nonlocal_names:
                home = scope.owner(name) or scope
            home.bindings.setdefault(name, []).append(binding)

    def import_(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            dotted = alias.name if alias.asname else alias.name.partition(".")[0]
            self.bind(alias.asname or dotted, scope, node.lineno, dotted=dotted)

    def import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        base = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                scope.stars.add(base)
            else:
                self.bind(alias.asname or alias.name, scope, node.lineno, dotted=f"{base}.{alias.name}")

    def assignment(self, node: ast.Assign | ast.AnnAssign | ast.NamedExpr, scope: Scope) -> None:
        home = scope
        while isinstance(node, ast.NamedExpr) and home.kind == "comprehension" and home.parent is not None:
            home = home.parent
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if not isinstance(target, ast.Name):
                self.push([target], scope)
            elif node.value is not None:
                self.bound.append((home, target.id, Binding(scope, node.lineno, value=node.value)))
        if node.value is not None:
            self.push([node.value], scope)

    def name(self, node: ast.Name, scope: Scope) -> None:
        if isinstance(node.ctx, ast.Store):
            self.bind(node.id, scope, node.lineno)

    def captured(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar | ast.MatchMapping, scope: Scope) -> None:
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name:
            self.bind(name, scope, node.lineno)
        self.push(ast.iter_child_nodes(node), scope)

    def scope_rule(self, node: ast.Global | ast.Nonlocal, scope: Scope) -> None:
        names = scope.global_names if isinstance(node, ast.Global) else scope.nonlocal_names
        names.update(node.names)

    def definition(self, node: Definition, scope: Scope) -> None:
        qualname = scope.inner_name(node.name)
        inner = Scope("class" if isinstance(node, ast.ClassDef) else "function", qualname, scope)
        self.bound.append((scope, node.name, Binding(inner, node.lineno, value=node)))
        self.found.decorators.extend((decorator, scope, qualname) for decorator in node.decorator_list)
        self.push(node.decorator_list, scope)
        if isinstance(node, ast.ClassDef):
            self.push([*node.bases, *node.keywords], scope)
        else:
            self.parameters(node.args, inner, scope)
            self.push([node.returns] if node.returns else (), scope)
        type_parameters = getattr(node, "type_params", ())  # PEP 695, from Python 3.12
        self.bound.extend((inner, parameter.name, Binding(inner, node.lineno)) for parameter in type_parameters)
        self.push(node.body, inner)

    def lambda_(self, node: ast.Lambda, scope: Scope) -> None:
        inner = Scope("function", scope.inner_name("<lambda>"), scope)
        self.parameters(node.args, inner, scope)
        self.push([node.body], inner)

    def parameters(self, arguments: ast.arguments, inner: Scope, outer: Scope) -> None:
        for node in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
            if node is not None:
                self.bind(node.arg, inner, node.lineno)
        self.push([arguments], outer)

    def comprehension(self, node: ast.AST, scope: Scope) -> None:
        self.push(ast.iter_child_nodes(node), Scope("comprehension", scope.qualname, scope))

    def statement(self, node: ast.Expr, scope: Scope) -> None:
        if isinstance(node.value, ast.Call):
            self.found.statements.append((node.value, scope))
        self.push([node.value], scope)


_VISITS: dict[type[ast.AST], Callable[[_Walk, Any, Scope], None]] = {
    ast.Import: _Walk.import_,
    ast.ImportFrom: _Walk.import_from,
    **dict.fromkeys((ast.Assign, ast.AnnAssign, ast.NamedExpr), _Walk.assignment),
    ast.Name: _Walk.name,
    **dict.fromkeys((ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping), _Walk.captured),
    **dict.fromkeys((ast.Global, ast.Nonlocal), _Walk.scope_rule),
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef), _Walk.definition),
    ast.Lambda: _Walk.lambda_,
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), _Walk.comprehension),
    ast.Expr: _Walk.statement,
}
