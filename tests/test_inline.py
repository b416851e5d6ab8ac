"""inlined: which predicates are moved into their routine, as which expression; and which are called, and why."""

from __future__ import annotations

import ast
import linecache
from types import CellType
from typing import TYPE_CHECKING, Any

import pytest

import culpa
from culpa._inline import Scope, inlined
from culpa._link import boundary_of
from culpa._syntax import syntax_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Iterator[Callable[..., dict[str, Any]]]:
    """Return a function that runs source, which can be looked up, and gives its names."""
    files: list[str] = []

    def running(source: str, **names: Any) -> dict[str, Any]:
        files.append(f"<{request.node.name} {len(files)}>")
        linecache.cache[files[-1]] = (len(source), None, source.splitlines(keepends=True), files[-1])
        namespace = {name: getattr(culpa, name) for name in culpa.__all__} | names
        exec(compile(source, files[-1], "exec", dont_inherit=True), namespace)
        return namespace

    yield running
    for file in files:
        del linecache.cache[file]


def moved(function: Any, scope: Scope | None = None) -> list[str | None]:
    """Return, for each predicate of a function, the expression that stands for it in the function, or None."""
    boundary = boundary_of(function.__code__)
    assert boundary is not None
    clauses = boundary.contract.clauses
    captures: dict[str, Any] = {str(clause.name): clause for clause in clauses if clause.kind == "snapshot"}
    scope = scope or Scope({}, set())
    found = [inlined(clause, boundary.routine, scope, captures) for clause in clauses]
    return [None if value is None else ast.unparse(value) for value in found]


@pytest.mark.parametrize(
    ("predicate", "expression"),
    [
        ("lambda n: n > 0", "n > 0"),
        ("lambda: LIMIT is not None", "LIMIT is not None"),
        ("lambda xs, n: n in xs and n != LIMIT", "n in xs and n != LIMIT"),
        ("lambda xs: all(x > 0 for x in xs)", "all((x > 0 for x in xs))"),
        ("lambda xs: [x for x in xs if x] == LIMIT", "[x for x in xs if x] == LIMIT"),
        ("lambda xs: (lambda x: x > LIMIT)(LIMIT) and xs", "(lambda x: x > LIMIT)(LIMIT) and xs"),
        ("lambda args, kw: args == () and not kw", "args == () and (not kw)"),
        ("lambda n: f'{n}' == '1'", "f'{n}' == '1'"),
        ("lambda n: len(n) if callable(n) else int", "len(n) if callable(n) else int"),
    ],
)
def test_an_expression_that_means_the_same_is_moved(run: Any, predicate: str, expression: str) -> None:
    source = f"LIMIT = 1\n@require({predicate})\ndef f(n, xs, *args, **kw): pass\n"

    assert moved(run(source)["f"]) == [expression]


@pytest.mark.parametrize(
    ("predicate", "why"),
    [
        ("lambda n: (m := n) > 0", "it would bind a local of the routine"),
        ("lambda xs: all(n > 0 for n in xs)", "`n` is a parameter of the routine"),
        ("lambda xs: all(x > n for x in xs) if (n := 1) else 0", "both"),
        ("lambda xs: __class__", "the routine is in no class"),
        ("lambda xs: super().f", "the routine has another class"),
        ("lambda xs: locals()", "the routine has more locals"),
        ("lambda xs: vars()", "as `locals`"),
        ("lambda xs: dir()", "as `locals`"),
        ("lambda xs: eval('xs')", "the text may read locals"),
        ("lambda xs: exec('xs')", "as `eval`"),
        ("lambda xs: all(x in xs for x in (1, 2))", "`xs` would become a cell, and slow the routine"),
        ("lambda xs: (lambda: xs)()", "as above"),
        ("lambda xs: [y for x in (1,) for y in xs]", "as above: only the first iterable is evaluated outside"),
        ("lambda xs, k=1: xs == k", "a default of its own"),
        ("lambda xs, *, k=1: xs == k", "a default of its own"),
        ("ELSEWHERE", "another file"),
        ("NAMESPACE", "other globals"),
        ("WRAPPED", "it stands for another function"),
        ("NAMED", "no lambda"),
        ("len_of.__call__", "no function"),
        ("NO_SOURCE", "no source"),
    ],
)
def test_an_expression_that_might_mean_something_else_is_called(run: Any, predicate: str, why: str) -> None:
    elsewhere = run("f = lambda xs: xs")["f"]
    names: dict[str, Any] = {"ELSEWHERE": elsewhere}
    source = (
        "import functools, types\n"
        "class Length:\n    def __call__(self, xs): return len(xs)\n"
        "len_of = Length()\n"
        "def NAMED(xs): return len(xs)\n"
        "WRAPPED = functools.wraps(NAMED)(lambda xs: xs)\n"
        "NAMESPACE = types.FunctionType((lambda xs: xs).__code__, {})\n"
        "NO_SOURCE = types.FunctionType((lambda xs: xs).__code__.replace(co_linetable=b''), globals())\n"
        f"@require({predicate})\ndef f(n, xs): pass\n"
    )

    assert moved(run(source, **names)["f"]) == [None], why


def test_other_globals_are_told_by_identity(run: Any) -> None:
    names = run("f = lambda n: n > LIMIT\n@require(f)\ndef g(n): pass\n")
    boundary = boundary_of(names["g"].__code__)
    assert boundary is not None
    (clause,) = boundary.contract.clauses
    from types import FunctionType

    other = FunctionType(clause.predicate.__code__, dict(names))  # type: ignore[union-attr]
    from culpa._frozen import replace

    assert inlined(replace(clause, predicate=other), boundary.routine, Scope({}, set()), {}) is None
    assert inlined(clause, boundary.routine, Scope({}, set()), {}) is not None


def test_the_result_and_the_captures_are_locals_that_no_user_can_name(run: Any) -> None:
    source = (
        "@snapshot(size=lambda xs: len(xs), first=lambda xs: xs[0])\n"
        "@ensure(lambda result, xs: result in xs)\n"
        "@ensure(lambda old, xs, result: old.size == len(xs) and old.first.old != result.old)\n"
        "def f(xs): pass\n"
    )

    assert moved(run(source)["f"]) == [
        "len(xs)",
        "xs[0]",
        ".result in xs",
        ".old_size == len(xs) and .old_first.old != .result.old",
    ]


def test_a_parameter_that_is_called_as_an_extra_name_is_itself(run: Any) -> None:
    source = "@require(lambda result, old: result > old.x)\ndef f(result, old): pass\n"

    assert moved(run(source)["f"]) == ["result > old.x"]


@pytest.mark.parametrize("predicate", ["hasattr(old, 'size')", "old.size and old", "old.size or old.other"])
def test_old_as_an_object_is_called(run: Any, predicate: str) -> None:
    source = f"@snapshot(size=lambda xs: len(xs))\n@ensure(lambda old: {predicate})\ndef f(xs): pass\n"

    assert moved(run(source)["f"]) == ["len(xs)", None]


CLOSURES = """\
limit, floor = 10, 0
is_small = require(lambda n: n < limit)
def outer(limit, wide):
    def inner(limit):
        return require(lambda n: n != limit)
    is_other = inner(3)
    @require(lambda n: n > limit)
    @require(lambda n: limit and wide)
    @require(lambda n: n > floor)
    @is_other
    @is_small
    def f(n, wide): pass
    @is_small
    @require(lambda n: n > limit)
    def g(n): pass
    return f, g
f, g = outer(1, True)
"""


def test_cells_are_shared_and_a_name_has_one_meaning(run: Any) -> None:
    names = run(CLOSURES)
    scope = Scope({}, set())

    assert moved(names["f"], scope) == [
        "n > limit",
        None,  # `wide` is a parameter of the routine
        "n > floor",
        None,  # another cell of the same name
        None,  # a global of the same name
    ]
    assert {name: cell.cell_contents for name, cell in scope.cells.items()} == {"limit": 1}
    assert scope.others == {"floor"}
    assert moved(names["g"]) == ["n < limit", None]


def test_predicates_that_name_a_global_and_a_variable_alike_are_told_apart(run: Any) -> None:
    g = run(CLOSURES)["g"]

    g(5)
    for wrong in (1, 11):
        with pytest.raises(culpa.PreconditionError):
            g(wrong)


def test_a_cell_that_is_not_filled_yet_is_shared(run: Any) -> None:
    source = (
        "def outer():\n"
        "    @require(lambda n: n > limit)\n"
        "    def f(n): return n\n"
        "    limit = 1\n"
        "    return f\n"
        "f = outer()\n"
    )
    scope = Scope({}, set())
    f = run(source)["f"]

    assert moved(f, scope) == ["n > limit"]
    assert type(scope.cells["limit"]) is CellType
    assert f(2) == 2
    with pytest.raises(culpa.PreconditionError):
        f(1)


def test_a_private_name_is_mangled_once(run: Any) -> None:
    source = (
        "class _Box:\n"
        "    @require(lambda self, __n: self.__x > __n)\n"
        "    def f(self, __n): return __n\n"
        "    def __init__(self): self.__x = 1\n"
    )
    box = run(source)["_Box"]

    assert moved(box.f) == ["self._Box__x > _Box__n"]
    assert box().f(0) == 0


def test_what_is_moved_leaves_the_syntax_as_it_was(run: Any) -> None:
    source = "@ensure(lambda xs, result: [x for x in xs if x] == [*xs, 1] == f(result=result))\ndef f(xs): return xs\n"
    f = run(source)["f"]
    boundary = boundary_of(f.__code__)
    assert boundary is not None
    (clause,) = boundary.contract.clauses
    predicate: Any = clause.predicate
    syntax = syntax_of(predicate)
    assert syntax is not None
    before = ast.dump(syntax.body, include_attributes=True)

    value = inlined(clause, boundary.routine, Scope({}, set()), {})
    culpa.source_of(f)

    assert ast.dump(syntax.body, include_attributes=True) == before
    assert isinstance(value, ast.Compare)
    assert ast.unparse(value) == "[x for x in xs if x] == [*xs, 1] == f(result=.result)"
    assert value.left is syntax.body.left  # type: ignore[attr-defined]
