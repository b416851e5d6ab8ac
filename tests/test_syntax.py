"""syntax_of: which lambdas are found in the source, with which text and tree; and which are not, and why."""

from __future__ import annotations

import ast
import linecache
import os
import sys
import warnings
from types import CellType, CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from culpa import _recompile, _syntax
from culpa._syntax import syntax_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    _syntax._recent.clear()
    _syntax._lines.clear()
    yield
    _syntax._recent.clear()
    _syntax._lines.clear()


@pytest.fixture
def lambdas(tmp_path: Path) -> Callable[..., list[Any]]:
    """Return a function that writes source, compiles it, and gives its lambdas in the order of their code."""
    written = 0

    def lambdas_in(text: str, *, stale: str | None = None, flags: int = 0, **names: Any) -> list[Any]:
        nonlocal written
        written += 1
        file = tmp_path / f"m{written}.py"
        file.write_text(stale if stale is not None else text, encoding="utf-8")
        with warnings.catch_warnings(action="ignore"):
            module = compile(text, str(file), "exec", flags, True)
        return [
            FunctionType(code, names, "<lambda>", None, tuple(CellType() for _ in code.co_freevars))
            for code in every_code(module)
            if code.co_name == "<lambda>"
        ]

    return lambdas_in


def every_code(code: CodeType) -> Iterator[CodeType]:
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield value
            yield from every_code(value)


def text_of(function: Any) -> str | None:
    syntax = syntax_of(function)
    return None if syntax is None else syntax.text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("f = lambda x: x > 1", "x > 1"),
        ("f = lambda x: (x > 1)", "x > 1"),
        ("f = (lambda x: (x + 1) * 2)", "(x + 1) * 2"),
        ("f = lambda x: (x.a) and (x.b)", "(x.a) and (x.b)"),
        ("f = g((lambda x: ((x) if (x.a) else (x.b))))", "(x) if (x.a) else (x.b)"),
        ("f = lambda x: ((x.a) or ((x.b)))", "(x.a) or ((x.b))"),
        ("f = lambda x: 0 < len(x) <= 5 != 7", "0 < len(x) <= 5 != 7"),
        ("f = lambda *a, k, **kw: a or k or kw", "a or k or kw"),
        ("f = lambda a, /, b, *, c: a + b + c", "a + b + c"),
        ("f = lambda a, /: a > 0", "a > 0"),
        ("f = lambda *, c: c > 0", "c > 0"),
        ("f = lambda a, b=1, *, c=2: a + b > c", "a + b > c"),
        ("f = lambda x: (y := x) > 1", "(y := x) > 1"),
        ("f = lambda x: f'{x!r:>{x}}' == 'é'", "f'{x!r:>{x}}' == 'é'"),
        ("s = 'é\U0001f40d'; f = lambda é: é > 'ü'", "é > 'ü'"),
        ("f = lambda x: [y for y in x if y(0)]", "[y for y in x if y(0)]"),
        ("f = lambda x: all(y for y in x)", "all(y for y in x)"),
        ("f = lambda x: x[1:2, ...]", "x[1:2, ...]"),
        ("f = lambda x: not x.isspace() and x != ')'", "not x.isspace() and x != ')'"),
        ("f = lambda x: x == '('", "x == '('"),
        ("f = lambda x: (x == '(') or (x == ')')", "(x == '(') or (x == ')')"),
        ("f = lambda x: x > 1  # why (", "x > 1"),
        ("f = lambda x, b: ('(') if x else (b)", "('(') if x else (b)"),
        ("f = lambda x, b: (')') if x else (b)", "(')') if x else (b)"),
        ("f = lambda x: (x or ')' '\\')' \")\" '(')", "x or ')' '\\')' \")\" '('"),
        ("f = lambda x: (y := x)", "(y := x)"),
        ("f = lambda x: not x in 'a'", "not x in 'a'"),
        ("f = lambda x: not (x is None)", "not (x is None)"),
        ("f = lambda x: not ((x) in (1, 2))", "not ((x) in (1, 2))"),
        ("f = lambda x: not(g('(') is x) and x", "not(g('(') is x) and x"),
        ("f = lambda x: x.not_ is knot", "x.not_ is knot"),
        ("f = lambda x: x in 'a' 'b'", "x in 'a' 'b'"),
        ("f = lambda x: x ** -1_000.5e3j", "x ** -1_000.5e3j"),
        ("f = lambda x: x. a . b", "x. a . b"),
        ("f = lambda x: 1 if x else 2", "1 if x else 2"),
        ("f = lambda x: await_(x)", "await_(x)"),
        ("f = lambda x: {**x, 'a': 1} == {*x}", "{**x, 'a': 1} == {*x}"),
    ],
)
def test_the_text_is_that_of_the_body(lambdas: Any, source: str, text: str) -> None:
    (function,) = lambdas(source)

    assert text_of(function) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("f = lambda x: (\n    x > 1  # why (\n    and x < 9\n)", "x > 1 and x < 9"),
        ("f = lambda x: (\n    (x.a  # ) why\n    ) or (x.b)\n)", "x.a or x.b"),
        ("f = lambda x: (x.a  # ( why\n ) or (x  # ) é\n .b)", "x.a or x.b"),
        ("f = lambda x: (x.a or (x.b + '''\n)'''))", "x.a or x.b + '\\n)'"),
        ("f = (lambda x:\n    x > 1)", "x > 1"),
        ("f = lambda x: g(\n  x,\n  y,\n)", "g(x, y)"),
        ("f = lambda x: x > \\\n  1", "x > 1"),
        ("f = lambda x: x == '''\n(a'''", "x == '\\n(a'"),
        ("f = lambda x: [\n  y\n  for y in x\n]", "[y for y in x]"),
        ("f = lambda x: (  # one )\n  x.a  # two )\n  or x.b  # three (\n)", "x.a or x.b"),
    ],
)
def test_a_text_over_many_lines_is_put_on_one(lambdas: Any, source: str, text: str) -> None:
    function = lambdas(source)[0]

    assert text_of(function) == text


def test_each_lambda_of_a_line_has_its_own_text(lambdas: Any) -> None:
    found = lambdas("f = [lambda x: x > 1, lambda x: x > 2, lambda y: y > 1, (lambda x: (lambda y: x > y))]")

    assert [text_of(function) for function in found] == ["x > 1", "x > 2", "y > 1", "lambda y: x > y", "x > y"]


def test_the_tree_has_the_positions_of_the_source(lambdas: Any) -> None:
    source = "a = 'é'; f = lambda x: (\n  x.a\n    and (x.b > 1)\n)\n\ng = 1, lambda x: f(x, k=x)\n"
    for number, function in enumerate(lambdas(source)):
        syntax = syntax_of(function)
        assert syntax is not None
        true = [node.body for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Lambda)][number]

        assert ast.dump(syntax.body, include_attributes=True) == ast.dump(true, include_attributes=True)


CLASSES = """\
class _Box:
    f = lambda self: self.__x and __y and __z__(__k=1) and ____
    def method(self):
        __own = 1
        f = lambda self: self.__x > __own
        def inner():
            return lambda self, __n: __n.__x or super()
        return list((lambda: __class__ in self.__x) for _ in self)
    class __:
        f = lambda self: self.__x
def outer():
    class Inner:
        f = lambda self: self.__x is Inner
    return lambda self: self.__x
"""


def test_private_names_are_mangled_as_by_the_class_around(lambdas: Any) -> None:
    found = {function.__code__.co_qualname: syntax_of(function) for function in lambdas(CLASSES)}

    assert {name: (s.text, ast.unparse(s.body)) for name, s in found.items() if s is not None} == {
        "_Box.<lambda>": (
            "self.__x and __y and __z__(__k=1) and ____",
            "self._Box__x and _Box__y and __z__(_Box__k=1) and ____",
        ),
        "_Box.method.<locals>.<lambda>": ("self.__x > __own", "self._Box__x > _Box__own"),
        "_Box.method.<locals>.inner.<locals>.<lambda>": ("__n.__x or super()", "_Box__n._Box__x or super()"),
        "_Box.method.<locals>.<genexpr>.<lambda>": ("__class__ in self.__x", "__class__ in self._Box__x"),
        "_Box.__.<lambda>": ("self.__x", "self.__x"),
        "outer.<locals>.Inner.<lambda>": ("self.__x is Inner", "self._Inner__x is Inner"),
        "outer.<locals>.<lambda>": ("self.__x", "self.__x"),
    }


def test_the_future_of_a_module_is_that_of_its_lambdas(lambdas: Any) -> None:
    (function,) = lambdas("from __future__ import annotations, generator_stop\nf = lambda x: x > 1")

    assert function.__code__.co_flags & _recompile.FUTURE
    assert text_of(function) == "x > 1"


def test_an_operator_of_another_grammar_is_read_by_that_grammar(lambdas: Any) -> None:
    (function,) = lambdas("f = lambda x: x <> 1", flags=0x400000)  # CO_FUTURE_BARRY_AS_BDFL

    assert text_of(function) == "x <> 1"


IMPORTS = """\
import re
from os import path
from m import Base
f = lambda s: re.match("a", s) and path.isdir(s) and Base.make(s) and s.strip() and LOCAL.get(s)
def g():
    return lambda re: re.match("a") and h(lambda: re.match("b"))
def h():
    path = 1
    return lambda s: path.join(s) and all(re.match("a", x.y()) and x.y() for x in s.x)
i = lambda path, s: s.strip(path.sep) and s.a
j = lambda re: [re.match(x) and x.a for x in re.x(1)]
"""


def test_names_that_the_module_imports_are_called_in_their_own_way(lambdas: Any) -> None:
    found = lambdas(IMPORTS)

    assert [text_of(function) for function in found] == [
        're.match("a", s) and path.isdir(s) and Base.make(s) and s.strip() and LOCAL.get(s)',
        're.match("a") and h(lambda: re.match("b"))',
        're.match("b")',
        'path.join(s) and all(re.match("a", x.y()) and x.y() for x in s.x)',
        "s.strip(path.sep) and s.a",
        "[re.match(x) and x.a for x in re.x(1)]",
    ]


def test_many_names_need_extended_arguments(lambdas: Any) -> None:
    body = " and ".join(f"a{number}.b{number}.c()" for number in range(300))
    (function,) = lambdas(f"import a299\nf = lambda {', '.join(f'a{number}' for number in range(150))}: {body}")

    assert text_of(function) == body


def test_a_constant_is_found_where_the_code_has_its_column(lambdas: Any) -> None:
    (function,) = lambdas("f = lambda x: True")
    has_column = any(None not in place and place[2] != place[3] for place in function.__code__.co_positions())

    assert text_of(function) == ("True" if has_column else None)
    assert has_column or sys.version_info[:2] == (3, 12)


def test_a_line_over_many_is_continued(lambdas: Any) -> None:
    (function,) = lambdas("f = (\n    lambda x:\n x.a(\n1) > (2\n)\n)\n")

    assert text_of(function) == "x.a(1) > 2"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n\x0c"])
def test_other_ends_of_lines_are_lines(tmp_path: Path, end: str) -> None:
    file = tmp_path / "m.py"
    source = end.join(["x = 1", "f = lambda x: (x.a", " or x.b)", ""])
    file.write_bytes(source.encode())
    namespace: dict[str, Any] = {}
    exec(compile(source, str(file), "exec"), namespace)

    assert text_of(namespace["f"]) == "x.a or x.b"


def test_another_encoding_is_read_as_its_cookie_says(tmp_path: Path) -> None:
    file = tmp_path / "m.py"
    source = "# coding: latin-1\ns = 'é'; f = lambda é: é > 'ü'\n"
    file.write_bytes(source.encode("latin-1"))
    namespace: dict[str, Any] = {}
    exec(compile(file.read_bytes(), str(file), "exec"), namespace)

    assert text_of(namespace["f"]) == "é > 'ü'"


# What is not found.


def test_what_is_no_lambda_is_not_found(lambdas: Any) -> None:
    def named(x: int) -> bool:
        return x > 1

    assert syntax_of(named) is None


def test_code_without_columns_is_not_found(lambdas: Any) -> None:
    (function,) = lambdas("f = lambda x: x > 1")
    bare = FunctionType(function.__code__.replace(co_linetable=b""), {})

    assert syntax_of(bare) is None


def test_code_without_a_file_is_not_found() -> None:
    function = eval(compile("lambda x: x > 1", "<nowhere>", "eval"))
    strange = eval(compile("lambda x: x > 1", "a\n", "eval"))

    assert syntax_of(function) is None
    assert syntax_of(strange) is None
    assert syntax_of(function) is None


@pytest.mark.parametrize(
    "stale",
    [
        "f = lambda x: x > 2",
        "\nf = lambda x: x > 1",
        "f =  lambda x: x > 1",
        "f = lambda x: x >",
        "f = lambda x: 'é' ",
        "f = (((((((((((((((((((",
        "f = ))))))))))))))))))))",
        "",
    ],
)
def test_a_file_that_was_edited_is_not_believed(lambdas: Any, stale: str) -> None:
    (function,) = lambdas("f = lambda x: x > 1", stale=stale)

    assert syntax_of(function) is None


@pytest.mark.parametrize("stale", ["f = lambda y: x > 1", "f = lambda x: x > 1 # (", "f = lambda x: x > 1."])
def test_only_the_body_has_to_be_what_it_was(lambdas: Any, stale: str) -> None:
    (function,) = lambdas("f = lambda x: x > 1", stale=stale)

    assert text_of(function) == "x > 1"


def test_code_that_another_tool_has_changed_is_not_believed(lambdas: Any) -> None:
    (function,) = lambdas("f = lambda x: x > 1")
    for changed in (
        function.__code__.replace(co_consts=(None, 2)),
        function.__code__.replace(co_flags=function.__code__.co_flags | 0x20),
        function.__code__.replace(co_varnames=("y",)),
    ):
        assert syntax_of(FunctionType(changed, {})) is None


@pytest.mark.parametrize(("terms", "is_found"), [(90, True), (500, False)])
def test_a_tree_too_deep_to_walk_is_not_looked_at(lambdas: Any, terms: int, is_found: bool) -> None:
    (function,) = lambdas(f"f = lambda x: {' + '.join(['x'] * terms)}")

    assert (syntax_of(function) is not None) is is_found


def test_a_text_with_a_null_character_is_not_compiled(lambdas: Any) -> None:
    (function,) = lambdas("f = lambda x: x > 1", stale="f = lambda x: x \0 1")

    assert syntax_of(function) is None


def test_a_text_that_would_leave_its_lambda_is_not_believed(lambdas: Any) -> None:
    # Taken for text, what a comment says would close the lambda, and open another one which is the same.
    source = "f = g(lambda k=1: (n) != k, 'é', g(lambda: n # ) é\n+ # ) é\nn, 'é'))"

    assert text_of(lambdas(source)[1]) == "n + n"


def test_parentheses_far_away_are_not_looked_for(lambdas: Any) -> None:
    near, far = (f"f = lambda x: (\n ({lines}x.a) if x.b else (x.c{lines})\n)" for lines in ("\n" * 4, "\n" * 40))

    assert text_of(lambdas(near)[0]) == "x.a if x.b else x.c"
    # Where the last instruction covers the whole expression, nothing has to be looked for.
    assert text_of(lambdas(far)[0]) == (None if sys.version_info[:2] == (3, 12) else "x.a if x.b else x.c")


# How it looks.


def test_no_warning_is_given_a_second_time(lambdas: Any) -> None:
    (one, two) = lambdas("f = lambda s: s == '\\d'\nf = lambda s: s is 1")

    with warnings.catch_warnings(action="error"):
        found = [text_of(one), text_of(two)]

    assert found == ["s == '\\d'", "s is 1"]


def test_a_lambda_is_looked_up_once_while_it_is_recent(lambdas: Any) -> None:
    found = lambdas("\n".join(f"f = lambda x: x > {number}" for number in range(_syntax.RECENT + 1)))
    first = syntax_of(found[0])

    assert syntax_of(found[0]) is first
    for function in found:
        syntax_of(function)
    again = syntax_of(found[0])
    assert again is not first
    assert again is not None
    assert first is not None
    assert again.text == first.text


def test_equal_code_in_two_files_is_looked_up_in_each(lambdas: Any) -> None:
    (lost,) = lambdas("f = lambda x: x > 1", stale="f = 1")
    (found,) = lambdas("f = lambda x: x > 1")

    assert lost.__code__ == found.__code__
    assert [text_of(lost), text_of(found), text_of(lost)] == [None, "x > 1", None]


def test_a_file_that_changes_is_read_again(lambdas: Any, tmp_path: Path) -> None:
    (function,) = lambdas("f = lambda x: x > 1", stale="f = 1")
    file = tmp_path / "m1.py"
    assert syntax_of(function) is None

    file.write_text("f = lambda x: x > 1", encoding="utf-8")
    os.utime(file, ns=(1, 1))
    _syntax._recent.clear()

    assert text_of(function) == "x > 1"


def test_reading_leaves_no_copy_of_the_source_behind_and_takes_none_away(lambdas: Any) -> None:
    (function,) = lambdas("f = lambda x: x > 1")
    file = function.__code__.co_filename
    syntax_of(function)
    assert file not in linecache.cache

    linecache.getlines(file)
    _syntax._recent.clear()
    _syntax._lines.clear()
    syntax_of(function)

    assert file in linecache.cache


def test_source_that_only_a_loader_has_is_found() -> None:
    class Loader:
        def get_source(self, name: str) -> str:
            return "f = lambda x: x > 1"

    namespace: dict[str, Any] = {"__name__": "loaded", "__loader__": Loader()}
    exec(compile("f = lambda x: x > 1", "archive.zip/loaded.py", "exec"), namespace)

    assert text_of(namespace["f"]) == "x > 1"


def test_source_that_is_only_in_the_cache_of_lines_is_found() -> None:
    source = "f = lambda x: x > 1\n"
    linecache.cache["<cell 1>"] = (len(source), None, [source], "<cell 1>")
    namespace: dict[str, Any] = {}
    exec(compile(source, "<cell 1>", "exec"), namespace)

    assert text_of(namespace["f"]) == "x > 1"
    assert linecache.cache.pop("<cell 1>")


def test_the_variables_are_told_apart_by_scope(lambdas: Any) -> None:
    syntaxes = [
        syntax_of(function)
        for function in lambdas(
            "f = lambda x: all(y > z for y in x for z in w)\n"
            "f = lambda x: [[v for v in x] for u in [t for t in s]]\n"
            "f = lambda x: (lambda y=k: y > x)\n"
            "f = lambda x: {k: v for k, v in x} == {v for v in x}\n"
            "f = lambda x: (y := x)\n"
            "f = lambda x: x.y > f(z=1)\n"
        )
        if function.__code__.co_argcount and function.__code__.co_varnames[0] == "x"
    ]

    assert [(set(s.names), set(s.nested), s.is_movable) for s in syntaxes if s is not None] == [
        ({"all", "y", "z", "x", "w"}, {"y", "z", "w"}, True),
        ({"v", "x", "u", "t", "s"}, {"v", "x", "u", "t"}, True),
        ({"k", "y", "x"}, {"k", "y", "x"}, True),
        ({"k", "v", "x"}, {"k", "v"}, True),
        ({"x", "y"}, set(), False),
        ({"x", "f"}, set(), True),
    ]


def test_what_cannot_be_moved_is_told() -> None:
    namespace: dict[str, Any] = {}
    source = "f = lambda x: 1 + (yield x)\ng = lambda x: 1 + (yield from x)\nh = lambda x: [(y := z) for z in x]\n"
    linecache.cache["<cell 2>"] = (len(source), None, source.splitlines(keepends=True), "<cell 2>")
    exec(compile(source, "<cell 2>", "exec"), namespace)
    found = [syntax_of(namespace[name]) for name in "fgh"]
    del linecache.cache["<cell 2>"]

    assert [syntax is not None and not syntax.is_movable for syntax in found] == [True, True, True]


def test_a_module_object_is_no_condition_for_what_a_module_imports(lambdas: Any) -> None:
    (function,) = lambdas("f = lambda s: re.match('a', s)", re=ModuleType("re"))

    assert text_of(function) == "re.match('a', s)"


@pytest.mark.parametrize(
    "always",
    [
        "1 if -n else 1",
        "-n or 1",
        "0 and -n",
        "not (-n or 1)",
        "1 if n else (-n or 'a')",
        "n or __debug__",
        "n or (1, 2)",
        "0",
        "n and not 1",
    ],
)
def test_an_expression_whose_truth_is_a_constant_is_not_movable(lambdas: Any, always: str) -> None:
    syntax = syntax_of(lambdas(f"f = lambda n: {always}")[0])

    assert not (syntax and syntax.is_movable)  # 3.12 keeps no column of a constant: then there is no syntax at all


@pytest.mark.parametrize(
    "open_", ["True if n is None else n > 0", "n or 0", "1 and n", "not n", "n > 0 and (n or 0)", "n or -n", "n or [n]"]
)
def test_an_expression_with_constants_whose_truth_is_open_is_movable(lambdas: Any, open_: str) -> None:
    syntax = syntax_of(lambdas(f"f = lambda n: {open_}")[0])

    assert syntax is not None
    assert syntax.is_movable
