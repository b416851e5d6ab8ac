"""is_same_lambda: which texts are the body of a live lambda; expression: which texts are one expression at all."""

from __future__ import annotations

import ast
from types import CodeType
from typing import TYPE_CHECKING, Any

import pytest

from culpa._recompile import enclosing_class, expression, is_same_lambda

if TYPE_CHECKING:
    from collections.abc import Iterator


def lambdas(source: str) -> list[CodeType]:
    """Return the codes of the lambdas in a module, in order."""

    def inside(code: CodeType) -> Iterator[CodeType]:
        for value in code.co_consts:
            if isinstance(value, CodeType):
                yield from ([value] if value.co_name == "<lambda>" else [])
                yield from inside(value)

    return list(inside(compile(source, "<module>", "exec", dont_inherit=True)))


PLAIN = lambdas("lambda x: x")[0]


@pytest.mark.parametrize("text", ["x", "x,", "x if y else z", "y := x", "lambda: x", "x  # why", "'('", "\n x\n"])
def test_an_expression_needs_no_parentheses_of_its_own(text: str) -> None:
    tree = expression(text, PLAIN)

    assert tree is not None
    assert ast.dump(tree) == ast.dump(ast.parse(f"({text}\n)", mode="eval").body)


@pytest.mark.parametrize(
    "text", ["x), (y", "y for y in x", "x) + (y", "x]", "x, lambda: x), (y", "", "'(' + x)", "x = y", "(x", "x\0"]
)
def test_what_is_no_expression_or_leaves_its_parentheses_is_none(text: str) -> None:
    assert expression(text, PLAIN) is None


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("lambda x: x > 1", ["x > 1", "x>1", "(x > 1)", "x > 0x1", "x > 1  # why", "\n x >\n 1"]),
        ("lambda x, /, y, *a, z, **k: x < y < z", ["x < y < z"]),
        ("lambda x: not x in y", ["not x in y", "x not in y"]),
        ("lambda x: 2 * 3 + x", ["6 + x", "2 * 3 + x"]),
        ("def f(y): return lambda x: x > y", ["x > y"]),
        ("class C:\n f = lambda s: s.__x", ["s.__x", "s._C__x"]),
        ("class C:\n def f(s): return lambda: super().f() or __class__", ["super().f() or __class__"]),
        ("class C:\n def f(C): return lambda: C.__x", ["C.__x"]),
        ("import a\nlambda x: a.b(x) and x.b()", ["a.b(x) and x.b()"]),
        ("lambda x: a.b(x) and x.b()", ["a.b(x) and x.b()"]),
        ("import x\nlambda x: x.a() > x.b", ["x.a() > x.b"]),
        ("lambda x: x.a() > x.b", ["x.a() > x.b"]),
        ("import v\ndef f(v): return lambda: v.a(lambda: v.b(1))", ["v.a(lambda: v.b(1))"]),
        ("import v\nlambda *w: [v.a() for v in w]", ["[v.a() for v in w]"]),
    ],
)
def test_a_text_that_compiles_to_the_same_code_is_its_body(source: str, texts: list[str]) -> None:
    code = lambdas(source)[0]

    assert [text for text in texts if not is_same_lambda(text, code)] == []


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("lambda x: x > 1", ["x > 2", "x > 1.0", "x > True", "x >= 1", "y > 1", "1 < x", "x > 1,", "x >", ""]),
        ("lambda x: x > y", ["x > z"]),
        ("def f(y): return lambda x: x > y", ["x > z", "x > (lambda: y)"]),
        ("class C:\n f = lambda s: s.__x", ["s.__y", "s._D__x"]),
        ("lambda s: s.__x", ["s._C__x"]),
        ("lambda x: 0.0", ["-0.0", "0"]),
        ("lambda x: (1, 2)", ["(1, 2.0)", "(True, 2)"]),
        ("lambda x: (lambda y: y)", ["lambda z: z", "lambda y: 1"]),
        ("lambda x: 'a'", ["b'a'"]),
    ],
)
def test_a_text_that_compiles_to_other_code_is_not(source: str, texts: list[str]) -> None:
    code = lambdas(source)[0]

    assert [text for text in texts if is_same_lambda(text, code)] == []


@pytest.mark.parametrize(
    ("qualname", "name"),
    [
        ("<lambda>", None),
        ("f.<locals>.<lambda>", None),
        ("f.<locals>.<lambda>.<locals>.<lambda>", None),
        ("f.<locals>.<listcomp>.<lambda>", None),
        ("C.<lambda>", "C"),
        ("C.D.<lambda>", "D"),
        ("C.f.<locals>.<lambda>", "C"),
        ("C.D.f.<locals>.g.<locals>.<lambda>", "D"),
        ("C.f.<locals>.D.<lambda>", "D"),
        ("C.f.<locals>.D.g.<locals>.<genexpr>.<lambda>", "D"),
        ("C.<genexpr>.<lambda>", "C"),
    ],
)
def test_the_class_around_is_read_off_the_qualified_name(qualname: str, name: Any) -> None:
    assert enclosing_class(PLAIN.replace(co_qualname=qualname)) == name
