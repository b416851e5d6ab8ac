"""Read the house rules off parsed modules: every check takes trees and returns its complaints."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import TypeGuard

LINES_A_FILE = 300
CODE_LINES_A_FUNCTION = 40
COMPLEXITY = 10

# Lowest first. A module imports only from floors below its own; what is not named here is a tool, on the top floor.
_NAMES = (
    "_words _frozen _position _redact _scopes _callable _raised _contracts",
    "_recompile _old _assignment _link _thrown",
    "errors _syntax _reader _repr _leaf _evaluate _descriptors _proxy _statement",
    "_model _values _observe _regions _predicates _hook _misuse _running _failure",
    "_inline _statements _inherit _load _blame _routine _boundary _guards _refuse",
    "_alternatives _report _flows",
    "_checks _unkept _groups",
    "_inside _around _verdict",
    "_parties",
    "_handover",
    "_build",
    "_wrap",
    "_guarded",
    "_construction",
    "_invariants",
    "_classes",
    "_attach",
    "_declared",
    "_decorators _check introspection",
)
FLOORS = (*(frozenset(f"culpa.{name}" for name in names.split()) for names in _NAMES), frozenset({"culpa"}))
TOP = len(FLOORS)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One parsed source file under its dotted name."""

    name: str
    source: str
    tree: ast.Module


@dataclass(frozen=True, slots=True)
class Import:
    """One module named by an import statement that runs, and whether it waits for a call."""

    target: str
    line: int
    lazy: bool


def parse(name: str, source: str) -> Module:
    """Parse one module's source."""
    return Module(name, source, ast.parse(source))


def read_package(root: Path) -> list[Module]:
    """Parse every source file of a package directory, `__init__.py` under the package's own name."""
    return [parse(_dotted(root, path), path.read_text(encoding="utf-8")) for path in sorted(root.rglob("*.py"))]


def _dotted(root: Path, path: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(name: str) -> int:
    """Return the floor of a module, `TOP` for a tool."""
    return next((number for number, names in enumerate(FLOORS) if name in names), TOP)


def long_files(module: Module) -> list[str]:
    """Report a file over the ceiling of lines."""
    count = len(module.source.splitlines())
    return [f"{module.name}: {count} lines"] if count > LINES_A_FILE else []


def long_functions(module: Module) -> list[str]:
    """Report functions over the ceiling of code lines; docstring, blank and comment lines are free."""
    counts = {function: _code_lines(module, function) for function in _functions(module.tree)}
    return [
        f"{module.name}:{function.lineno}: {function.name} has {count} code lines"
        for function, count in counts.items()
        if count > CODE_LINES_A_FUNCTION
    ]


def _functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _code_lines(module: Module, function: Function) -> int:
    first = function.body[0]
    end = first.end_lineno if ast.get_docstring(function) is not None else first.lineno - 1
    lines = module.source.splitlines()
    code = lines[function.lineno - 1 : first.lineno - 1] + lines[end : function.end_lineno]
    return sum(1 for line in code if line.strip() and not line.strip().startswith("#"))


def complex_functions(module: Module) -> list[str]:
    """Report functions over the ceiling of cyclomatic complexity; a nested function counts on its own."""
    counts = {function: 1 + sum(map(_branches, _own_nodes(function))) for function in _functions(module.tree)}
    return [
        f"{module.name}:{function.lineno}: {function.name} has complexity {count}"
        for function, count in counts.items()
        if count > COMPLEXITY
    ]


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = [function]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, Function)]


def _branches(node: ast.AST) -> int:
    if isinstance(node, ast.match_case):
        return int(not (isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None and node.guard is None))
    if isinstance(node, ast.comprehension):
        return len(node.ifs)
    return int(isinstance(node, (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler)))


def imports_of(module: Module, names: frozenset[str] = frozenset()) -> list[Import]:
    """List what a module imports when it runs, wherever the statement stands; `names` are the modules known."""
    return list(_imports_in(module.tree.body, module, names, lazy=False))


def _imports_in(nodes: Iterable[ast.AST], module: Module, names: frozenset[str], *, lazy: bool) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (Import(target, node.lineno, lazy) for target in _targets(node, names))
        else:
            inner = node.orelse if _is_for_checkers(node) else ast.iter_child_nodes(node)
            yield from _imports_in(inner, module, names, lazy=lazy or isinstance(node, Function))


def _targets(node: ast.ImportFrom, names: frozenset[str]) -> set[str]:
    package = "." * node.level + (node.module or "")
    return {full if (full := f"{package}.{alias.name}") in names else package for alias in node.names}


def _is_for_checkers(node: ast.AST) -> TypeGuard[ast.If]:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def import_cycles(modules: Sequence[Module]) -> list[str]:
    """Report one ring of modules that import each other, lazily or not."""
    names = frozenset(module.name for module in modules)
    graph = {module.name: {found.target for found in imports_of(module, names)} & names for module in modules}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" imports ".join(reversed(error.args[1]))]
    return []


def floor_breaches(modules: Sequence[Module]) -> list[str]:
    """Report imports that do not go to a lower floor, and tools that know each other."""
    names = frozenset(module.name for module in modules)
    return [
        f"{module.name}:{found.line}: imports {found.target}, which is not below it"
        for module in modules
        for found in imports_of(module, names)
        if found.target.partition(".")[0] in {"culpa", ""} and not _may_import(module.name, found)
    ]


def _may_import(name: str, found: Import) -> bool:
    if floor_of(found.target) < floor_of(name):
        return True
    if floor_of(name) < TOP:
        return False
    return _tool(name) == _tool(found.target) or (_tool(name) == "cli" and found.lazy)


def _tool(name: str) -> str:
    tool = name.split(".")[1]
    return "cli" if tool == "__main__" else tool


def foreign_imports(module: Module) -> list[str]:
    """Report what a module below the tools imports from outside culpa and the standard library."""
    if floor_of(module.name) == TOP:
        return []
    known = sys.stdlib_module_names | {"culpa"}
    return [
        f"{module.name}:{found.line}: imports {found.target}"
        for found in imports_of(module)
        if found.target.partition(".")[0] not in known
    ]


def missing_sentence(module: Module) -> list[str]:
    """Report a module that does not open with a docstring whose first paragraph is a sentence."""
    first = (ast.get_docstring(module.tree) or "").partition("\n\n")[0]
    is_sentence = first[:1].isupper() and first.endswith(".") and " " in first
    return [] if is_sentence else [f"{module.name}: first statement is no docstring sentence"]


def missing_annotations_import(module: Module) -> list[str]:
    """Report a module with code in it that lacks `from __future__ import annotations`."""
    code = module.tree.body[ast.get_docstring(module.tree) is not None :]
    if not code or ast.unparse(code[0]) == "from __future__ import annotations":
        return []
    return [f"{module.name}: no `from __future__ import annotations`"]
