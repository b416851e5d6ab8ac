"""Checks that the reader finds the declarations of a file, and takes nothing else for one."""

from __future__ import annotations

import ast
import sys
from textwrap import dedent

import pytest

from culpa._reader import Declaration, declarations
from culpa._words import WORDS


def read(source: str) -> list[Declaration]:
    text = dedent(source)
    return declarations(ast.parse(text), text)


def found(source: str) -> list[str]:
    return [f"{each.function}: {each.kind} {each.text}" for each in read(source)]


@pytest.mark.parametrize(
    "names",
    [
        "from culpa import require\n@require(P)",
        "from culpa import require as r\n@r(P)",
        "import culpa\n@culpa.require(P)",
        "import culpa.testing\n@culpa.require(P)",
        "import culpa as c\n@c.require(P)",
        "import culpa\nr = culpa.require\n@r(P)",
        "import culpa\nc = culpa\n@c.require(P)",
        "import culpa\na = b = culpa.require\n@b(P)",
        "from culpa import require\nr: object = require\n@r(P)",
        "from culpa import require\nif (r := require): pass\n@r(P)",
        "from culpa import require\npositive = require(P)\n@positive",
        "from culpa import require\n_positive = require(P)\npositive = _positive\n@positive",
        "from culpa import require\nrequire: object\n@require(P)",
        "from culpa import *\n@require(P)",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING: from culpa import require\n@require(P)",
        "from culpa import require\ndef positive(): return require(P)\n@positive()",
        "from culpa import require\ndef positive():\n    'Say it.'\n    return require(P)\n@positive()",
        "from culpa import require\nclass Rules:\n    positive = require(P)\n@Rules.positive",
        "from culpa import require\ndel require\nfrom culpa import require\n@require(P)",
        "try: from culpa import require\nexcept ImportError: from culpa import require\n@require(P)",
        "from culpa import require\n@(  # why\n  require(P)\n)",
    ],
)
def test_a_name_whose_every_binding_is_a_declaration_is_found(names: str) -> None:
    source = names.replace("(P)", "(lambda x: x > 0)") + "\ndef f(x): ...\n"

    assert found(source) == ["f: require x > 0"]


@pytest.mark.parametrize(
    "names",
    [
        "@require(P)",
        "from contracts import require\n@require(P)",
        "from .culpa import require\n@require(P)",
        "import contracts as culpa\n@culpa.require(P)",
        "from culpa import contract_of as require\n@require(P)",
        "import culpa.testing as c\n@c.require(P)",
        "from contracts import *\n@require(P)",
        "from culpa import *\n@positive(P)",
        "from culpa import require\n@require",
        "from culpa import require\n@require(P)(g)",
        "from culpa import require\n@[require(P)][0]",
        "from culpa import require\n@require.positive(P)",
        "from culpa import check\n@check(P)",
        "from culpa import require\ndef require(p): return p\n@require(P)",
        "from culpa import require\nclass require: ...\n@require(P)",
        "from culpa import require\nrequire = print\n@require(P)",
        "from culpa import require\nrequire += 1\n@require(P)",
        "from culpa import require\nrequire, g = g, 1\n@require(P)",
        "from culpa import require\nfor require in (): pass\n@require(P)",
        "from culpa import require\nwith g as require: pass\n@require(P)",
        "from culpa import require\ntry: pass\nexcept OSError as require: pass\n@require(P)",
        "from culpa import require\nmatch g:\n    case {**require}: pass\n@require(P)",
        "from culpa import require\nmatch g:\n    case [*require]: pass\n@require(P)",
        "from culpa import require\nmatch g:\n    case 1 | 2 as require: pass\n@require(P)",
        "from culpa import require\n[require := g for g in ()]\n@require(P)",
        "try: from culpa import require\nexcept ImportError: require = g\n@require(P)",
        "a = b\nb = a\n@a",
        "from culpa import require\ndef positive(): pass\n@positive()",
        "from culpa import require\ndef positive(): return\n@positive()",
        "from culpa import require\ndef positive(): return print\n@positive()",
        "from culpa import require\ndef positive(): print(); return require(P)\n@positive()",
        "from culpa import require\n@g\ndef positive(): return require(P)\n@positive()",
        "from culpa import require\nclass Rules: positive = require(P)\nclass Rules: ...\n@Rules.positive",
        "from culpa import require\nclass Rules: ...\n@Rules.positive",
    ],
)
def test_a_name_that_may_be_anything_else_is_left_alone(names: str) -> None:
    source = names.replace("(P)", "(lambda x: x > 0)") + "\ndef f(x): ...\n"

    assert found(source) == []


def test_a_name_means_what_it_means_in_its_own_scope() -> None:
    source = """
        from culpa import require
        def by_parameter(require):
            @require(lambda: 1)
            def f(): ...
        def by_assignment():
            require = print
            @require(lambda: 2)
            def f(): ...
        def by_inner_import():
            from culpa import ensure as require
            @require(lambda: 3)
            def f(): ...
        def from_outside(*args, g=lambda require: [require for require in require], **kwargs):
            @require(lambda: 4)
            def f(): ...
        class Body:
            require = print
            def method(self):
                @require(lambda: 5)
                def f(): ...
    """

    assert found(source) == [
        "by_inner_import.<locals>.f: ensure 3",
        "from_outside.<locals>.f: require 4",
        "Body.method.<locals>.f: require 5",
    ]


def test_global_and_nonlocal_statements_move_a_binding() -> None:
    source = """
        from culpa import require
        def outer():
            global shared
            shared = require(lambda: "shared")
            lost = require(lambda: "lost")
            def inner():
                global require_not
                nonlocal lost
                lost = None
                @shared
                def f(): ...
            @lost
            def g(): ...
        def shadowing():
            shared = None
            def reaching():
                global shared
                def inner():
                    @shared
                    def f(): ...
        @shared
        def f(): ...
    """

    assert found(source) == [
        "outer.<locals>.inner.<locals>.f: require 'shared'".replace("'", '"'),
        "shadowing.<locals>.reaching.<locals>.inner.<locals>.f: require 'shared'".replace("'", '"'),
        "f: require 'shared'".replace("'", '"'),
    ]


def test_a_name_bound_twice_means_the_binding_above_its_use() -> None:
    source = """
        from culpa import require
        def early():
            @rule
            def f(): ...
        rule = require(lambda x: x > 1)
        @rule
        def f(x): ...
        rule = require(lambda x: x > 2)
        @rule
        def g(x): ...
    """

    assert found(source) == ["early.<locals>.f: require x > 1", "f: require x > 1", "g: require x > 2"]


def test_functions_methods_setters_classes_and_nested_code_are_all_found() -> None:
    source = """
        from culpa import check, ensure, invariant, require
        @invariant(lambda self: self.balance >= 0)
        class Account:
            check(True)
            @property
            def balance(self): ...
            @balance.setter
            @require(lambda value: value >= 0)
            def balance(self, value): ...
            @staticmethod
            @ensure(lambda result: result)
            @functools.cache
            @require(lambda n: n)
            async def fetch(n):
                check(n > 1, "more than one")
                if n:
                    for each in n:
                        check(each)
                value = check(n)
        check(Account)
    """

    assert found(source) == [
        "Account: invariant self.balance >= 0",
        "Account: check True",
        "Account.balance: require value >= 0",
        "Account.fetch: ensure result",
        "Account.fetch: require n",
        "Account.fetch: check n > 1",
        "Account.fetch: check each",
        "<module>: check Account",
    ]


@pytest.mark.parametrize("kind", [kind for kind in WORDS if kind != "check"])
def test_every_word_that_decorates_is_known(kind: str) -> None:
    assert [each.kind for each in read(f"import culpa\n@culpa.{kind}()\ndef f(): ...")] == [kind]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("require(lambda x, k=1: x >  k)", "x >  k"),
        ("require(is_sorted)", "is_sorted"),
        ("require(partial(below, 3), 'm')", "partial(below, 3)"),
        ("require(lambda é: é > 'ö')", "é > 'ö'"),
        ("require(lambda x: (x > 0  # why\n  and x < 9))", "x > 0 and x < 9"),
        ("require(*args)", "*args"),
        ("require()", ""),
        ("snapshot()", ""),
        ("snapshot(size=lambda xs: len(xs), names=copy, **more)", "size=len(xs), names=copy, **more"),
        ("raises(ValueError, KeyError)", "ValueError, KeyError"),
        ("raises()", "nothing"),
        ("raises(OSError, when=lambda path: not path.exists())", "OSError when not path.exists()"),
        ("callback('f', require(lambda n: n > 0), later)", "'f': require n > 0, later"),
        ("callback('f', callback('g', ensure(lambda result: result)))", "'f': callback 'g': ensure result"),
    ],
)
def test_the_text_is_what_the_declaration_says(call: str, text: str) -> None:
    assert [each.text for each in read(f"from culpa import *\n@{call}\ndef f(): ...")] == [text]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [("p", None), ("p, 'short'", "short"), ("p, 'in ' 'parts'", "in parts"), ("p, f'{x}'", None), ("p, 3", None)],
)
def test_the_message_is_the_literal_one(arguments: str, message: str | None) -> None:
    assert [each.message for each in read(f"import culpa\n@culpa.require({arguments})\ndef f(): ...")] == [message]


def test_the_span_counts_characters_and_is_that_of_the_use() -> None:
    source = (
        "from culpa import require, check\n"
        "positive = require(lambda x: x > 0)\n"
        "'é'; é = 'ö'; check(é, 'ü'); 1\n"
        "@positive\n"
        "@require(lambda x:\n"
        "   x > 'é' )\n"
        "def f(x): ...\n"
    )

    found = declarations(ast.parse(source), source)

    spans = [(each.line, each.column, each.end_line, each.end_column) for each in found]
    assert spans == [(3, 14, 3, 27), (4, 1, 4, 9), (5, 1, 6, 12)]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_end_where_python_ends_them(newline: str) -> None:
    source = newline.join(["from culpa import check", "x = '\u2028'", "\fcheck(x > 1)", ""])

    assert [(each.line, each.text) for each in declarations(ast.parse(source), source)] == [(3, "x > 1")]


def test_code_nested_deeper_than_python_recurses_is_walked() -> None:
    deep = "x" + ".f()" * 800
    source = f"from culpa import require\nx = None\n{deep}\n@{deep}\n@require(lambda: 1)\ndef f(): ...\n"

    assert found(source) == ["f: require 1"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with 3.12")
def test_a_type_parameter_shadows_a_declaration() -> None:
    source = """
        from culpa import require
        def outer[require](x):
            @require(lambda: 1)
            def f(): ...
        class Box[T]:
            @require(lambda: 2)
            def f(self): ...
    """

    assert found(source) == ["Box.f: require 2"]
