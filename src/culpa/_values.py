"""Finds what the parts of a failed predicate were worth, without calling anybody's code."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

from culpa._evaluate import Evaluator
from culpa._redact import MISSING, attribute_is_secret, is_a, is_redacted, plain_attribute
from culpa._repr import REDACTED, safe_reprs

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

_ENTRIES = 12
_NODES = 500  # of one predicate; a longer one is generated, and every part of it would be searched for secrets
_LISTED = frozenset("Name Attribute Call Subscript BinOp Compare BoolOp UnaryOp IfExp".split())
_LISTED_WHOLE = frozenset("Name Attribute Call Subscript BinOp".split())  # of the others it is known: they are false
_NO_CAPTURES: Mapping[str, frozenset[str]] = {}


def values_of(
    text: str | None,
    names: Sequence[str],
    lookup: Mapping[str, object],
    secrets: frozenset[str],
    captures: Mapping[str, frozenset[str]] = _NO_CAPTURES,
) -> dict[str, str]:
    """Map the parts of a predicate, as they are written, to their values: outermost first, at most 12.

    `names` are the predicate's parameters; `lookup` has their values and those of free names; `captures` tells which
    names each attribute of `old` was read from. Without text, or if nothing in it can be shown: the parameters.
    """
    page = _Page(lookup, names, secrets, captures)
    try:
        page.read(text or "")
    except Exception:  # noqa: BLE001 - no syntax, or too deep: the parameters are still known
        page.found.clear()
    if not page.found:
        page.show_parameters()
    return page.texts()


class _Page:
    """Collect the entries of one report."""

    __slots__ = ("captures", "evaluator", "found", "lookup", "names", "redacted", "secrets", "source")

    def __init__(
        self,
        lookup: Mapping[str, object],
        names: Sequence[str],
        secrets: frozenset[str],
        captures: Mapping[str, frozenset[str]],
    ) -> None:
        self.lookup = lookup
        self.names = names
        self.secrets = secrets
        self.captures = captures
        self.evaluator = Evaluator(lookup, {})
        self.found: dict[str, object] = {}
        self.redacted: set[str] = set()
        self.source = ""

    def read(self, text: str) -> None:
        import ast

        self.source = f"({text}\n)"  # one over several lines, or with a comment, parses only in parentheses
        whole = ast.parse(self.source, mode="eval").body
        if sum(1 for _ in ast.walk(whole)) > _NODES:
            return
        _rename_inner(whole)
        if type(whole).__name__ in _LISTED_WHOLE:
            self.show(whole)
        self.show_parts(whole)

    def show_parameters(self) -> None:
        for name in self.names:
            value = self.lookup.get(name, MISSING)
            if name == "old" and self.captures:
                for capture in self.captures:
                    self.add(f"old.{capture}", plain_attribute(value, capture), self.is_secret_capture(capture))
            else:
                self.add(name, value, self.is_secret(name))

    def show_parts(self, node: ast.AST) -> None:
        for part in self.parts(node):
            if type(part).__name__ in _LISTED:
                self.show(part)
            self.show_parts(part)

    def parts(self, node: Any) -> Iterator[ast.expr]:
        """Yield the operands of an expression from left to right, but no name that is only called or looked into."""
        kind = type(node).__name__
        if kind == "JoinedStr" or (kind == "Attribute" and self.is_old(node.value)):
            return  # before 3.12 the parts of an f-string do not know where they stand
        for part in _operands(node):
            if kind != "Call" or part is not node.func:
                yield part
            elif type(part).__name__ != "Name":
                callee: Any = part
                yield callee.value if type(part).__name__ == "Attribute" else part

    def show(self, node: ast.expr) -> None:
        import ast

        value = self.evaluator.value(node)
        if self.is_worth_showing(node, value) and any(isinstance(part, ast.Name) for part in ast.walk(node)):
            key = " ".join((ast.get_source_segment(self.source, node) or "").split())
            self.add(key, value, self.reads_secret(node))
        if isinstance(node, ast.Call):
            self.show_offender(node)

    def is_worth_showing(self, node: Any, value: object) -> bool:
        kind = type(node).__name__
        if kind == "Name":
            is_code = node.id not in self.names and (_is_code(value) or node.id not in self.lookup)
            return not is_code and not self.is_old(node)
        return kind != "Attribute" or not _is_code(value)

    def show_offender(self, call: ast.Call) -> None:
        if [type(argument).__name__ for argument in call.args] == ["GeneratorExp"]:
            loop = call.args[0]
            if self.evaluator.value(call.func) is all:
                name, item = self.evaluator.offender(loop)
                self.add(name.lstrip("."), item, self.reads_secret(loop))

    def add(self, key: str, value: object, is_secret: bool) -> None:
        if value is not MISSING and key not in self.found and len(self.found) < _ENTRIES:
            self.found[key] = value
            if is_secret:
                self.redacted.add(key)

    def texts(self) -> dict[str, str]:
        open_values = {key: value for key, value in self.found.items() if key not in self.redacted}
        texts = safe_reprs(open_values, hide=bool(self.secrets) or any(map(is_redacted, self.names)))
        return {key: texts.get(key, REDACTED) for key in self.found}

    def is_old(self, node: Any) -> bool:
        return bool(self.captures) and type(node).__name__ == "Name" and node.id == "old"

    def is_secret(self, name: str) -> bool:
        return name in self.secrets or is_redacted(name)

    def is_secret_capture(self, name: str) -> bool:
        return self.is_secret(name) or any(map(self.is_secret, self.captures.get(name, ())))

    def reads_secret(self, node: ast.AST) -> bool:
        import ast

        return any(self.is_secret_part(part) for part in ast.walk(node))

    def is_secret_part(self, node: Any) -> bool:
        kind = type(node).__name__
        if kind == "Name":
            return self.is_secret(node.id.lstrip("."))
        if kind == "Attribute":
            if self.is_old(node.value):
                return self.is_secret_capture(node.attr)
            owner = self.evaluator.value(node.value)
            return self.is_secret(node.attr) or attribute_is_secret(type(owner), node.attr)
        key = self.evaluator.value(node.slice) if kind == "Subscript" else None
        return type(key) is str and self.is_secret(key)


def _is_code(value: object) -> bool:
    return is_a(value, type) or any(
        type(value) is cls for cls in (FunctionType, BuiltinFunctionType, MethodType, ModuleType)
    )


def _operands(node: ast.AST) -> list[ast.expr]:
    import ast

    found: list[ast.expr] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            found.append(child)
        else:  # a keyword, a loop of a comprehension
            found += [part for part in ast.iter_child_nodes(child) if isinstance(part, ast.expr)]
    return sorted(found, key=lambda part: (part.lineno, part.col_offset))


def _rename_inner(tree: ast.expr) -> None:
    """Give the names that an expression binds itself a leading dot, so that none is taken for one from outside."""
    import ast

    for node in ast.walk(tree):
        bound = _bound_by(node)
        scope = tree if isinstance(node, ast.NamedExpr) else node
        for name in ast.walk(scope) if bound else ():
            if isinstance(name, ast.Name) and name.id in bound:
                name.id = f".{name.id}"


def _bound_by(node: ast.AST) -> set[str]:
    import ast

    if isinstance(node, ast.Lambda):
        return {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
    loops: list[ast.comprehension] = getattr(node, "generators", [])
    targets = [node.target] if isinstance(node, ast.NamedExpr) else [loop.target for loop in loops]
    return {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
