"""A declaration that is written wrong says so at once, names the function, and says what to write instead."""

from __future__ import annotations

import textwrap
import traceback
from typing import TYPE_CHECKING, Any

import pytest

import culpa
from culpa import DeclarationError, contract_of, ensure, require

if TYPE_CHECKING:
    from pathlib import Path

PRELUDE = """
import abc, asyncio, contextlib, dataclasses, functools, math, operator, re
from unittest import mock
from culpa import *

async def is_async(x): return True
def is_generator(x): yield x
async def is_async_generator(x): yield x
class Async:
    async def __call__(self, x): return True
class Broken:
    def __repr__(self): raise RuntimeError("no repr")
""".strip()

PLAIN = "def routine(x, numbers=(), *, name=''): return x"

# What is written above `def routine(x, numbers=(), *, name='')`, or a whole definition; the phrases of the error.
ON_A_FUNCTION = [
    # Names
    ("@require(lambda number: number)", "require", "'number', which is no parameter (did you mean 'numbers'?)"),
    ("@require(lambda nmae: nmae)", "require", "did you mean 'name'?"),
    ("@require(lambda amount: amount)", "require", "'amount', which is no parameter; it may take x, numbers, name"),
    ("@require(lambda self: self)", "require", "'self', which is no parameter; it may take x, numbers, name"),
    ("@require(lambda result: result)", "require", "'result', which only @ensure knows; it may take x"),
    ("@require(lambda old: old.x)", "require", "'old', which only @ensure knows"),
    ("@require(lambda item: item)", "require", "'item', which only @yields knows"),
    ("@require(lambda sent: sent)", "require", "'sent', which only @sends knows"),
    (
        "@ensure(lambda item: item)",
        "ensure",
        "'item', which only @yields knows; it may take x, numbers, name, result, old",
    ),
    ("@ensure(lambda results: results)", "ensure", "did you mean 'result'?"),
    ("@snapshot(kept=lambda result: result)", "snapshot", "'result', which only @ensure knows"),
    ("@snapshot(kept=lambda old: old)", "snapshot", "'old', which only @ensure knows"),
    ("@snapshot(kept=lambda y: y)", "snapshot(kept=lambda y: y)", "'y', which is no parameter"),
    ("@raises(ValueError, when=lambda y: y)", "raises(ValueError, when=lambda y: y)", "'y', which is no parameter"),
    ("@raises(ValueError, when=lambda result: 1)", "raises", "'result', which only @ensure knows"),
    ("@require(math.isclose)", "require(isclose)", "'a', which is no parameter; it may take"),
    ("@require(lambda: x)\n@require(lambda y: y)", "require", "'y', which is no parameter"),
    ("@require(lambda y: y)\n@require(lambda: x)", "require", "'y', which is no parameter"),
    ("@ensure(lambda result: 1)\ndef routine(result): return 1", "ensure", "is a parameter too; rename the parameter"),
    ("@ensure(lambda old: 1)\ndef routine(old): return 1", "ensure", "is a parameter too; rename the parameter"),
    ("@require(lambda x: 1)\ndef routine(): return 1", "require", "there are none: write lambda: ..."),
    ("@require(lambda y: 1)\n@functools.cache\ndef routine(x): return 1", "require", "it may take x"),
    # Predicates
    ("@require(is_async)", "require(is_async)", "is async, and the function is not; write a plain predicate"),
    ("@require(Async())", "require(Async)", "is async, and the function is not"),
    ("@require(functools.partial(is_async))", "require(partial)", "is async, and the function is not"),
    ("@ensure(is_async)", "ensure", "is async, and the function is not"),
    ("@snapshot(kept=is_async)", "snapshot", "is async, and the function is not"),
    ("@require(is_generator)", "require", "is a generator, which is always true; return one truth value"),
    ("@require(is_async_generator)", "require", "is a generator, which is always true"),
    ("@require(lambda x: (yield))", "require", "is a generator, which is always true"),
    ("@require(lambda numbers: (n > 0 for n in numbers))", "require", "write all(...) or any(...) around it"),
    ("@require(lambda x: (n > x for n in [1]))", "require", "write all(...) or any(...) around it"),
    ("@require(lambda x: (x > 0, 'positive'))", "require", "write the message behind the predicate"),
    ("@require(lambda x: (x > 0 and x < 9, 'in range'))", "require", "gives a tuple, which is always true"),
    ("@require(lambda x: (1, 'always'))", "require", "gives a tuple, which is always true"),
    ("@require(lambda x: lambda y: y)", "require", "write one lambda, or call the inner one"),
    ("@require(lambda x: lambda: x)", "require", "write one lambda, or call the inner one"),
    ("@require(lambda x: 'x > 0')", "require", "gives a string; write the condition itself, without quotes"),
    ("@require(lambda x: f'{x} > 0')", "require", "gives a string"),
    ("@require('x > 0')", "require", "its predicate is a string; write lambda ...: x > 0"),
    ("@require(1 > 0)", "require", "its predicate is True, evaluated already; write lambda"),
    ("@ensure(1 < 0)", "ensure", "its predicate is False, evaluated already"),
    ("@require(None)", "require", "its predicate is no callable but NoneType; write lambda"),
    ("@require([])", "require", "its predicate is no callable but list"),
    ("@require(re.compile('a'))", "require", "its predicate is no callable but Pattern"),
    ("@require(require(lambda x: x))", "require", "its predicate is a declaration; write one declaration a line"),
    ("@require(lambda x: x, 3)", "require", "its message is no string but int; write the message in quotes"),
    ("@require(lambda x: x, lambda x: 'm')", "require", "its message is no string but function"),
    ("@require(lambda x: x, ValueError)", "require", "its message is no string but type"),
    ("@ensure(lambda x: x, ['m'])", "ensure", "its message is no string but list"),
    ("@require(str.isidentifier)", "require", "positional-only; wrap it: lambda x: x.isidentifier()"),
    ("@require(len)", "require", "positional-only; wrap it: lambda x: len(x)"),
    ("@require(bool)", "require", "wrap it: lambda x: bool(x)"),
    ("@require(int)", "require", "wrap it: lambda x: int(x)"),
    ("@require(max)", "require", "wrap it: lambda x: max(x)"),
    ("@require(operator.itemgetter(0))", "require", "wrap it: lambda x: itemgetter(x)"),
    ("@require(mock.Mock())", "require", "wrap it: lambda x: Mock(x)"),
    ("@require(lambda *args: args)", "require", "takes *args; name the parameter: lambda args: ... gets a tuple"),
    ("@require(lambda x, *rest: x)", "require", "takes *rest; name the parameter: lambda rest: ... gets a tuple"),
    ("@require(lambda **k: k)", "require", "takes **k; name the parameter: lambda k: ... gets a dict"),
    ("@require(lambda x, /: x)", "require", "positional-only; write lambda x: without the /"),
    # Snapshots
    ("@snapshot()", "snapshot", "it keeps nothing; write snapshot(name=lambda ...: ...)"),
    ("@snapshot(kept=3)", "snapshot", "write lambda"),
    ("@snapshot(kept='x')", "snapshot", "write lambda ...: x"),
    ("@snapshot(kept=lambda *args: 1)", "snapshot", "takes *args"),
    ("@snapshot(a=lambda x: 1)\n@snapshot(a=lambda x: 2)", "snapshot", "two snapshots keep old.a; rename one of them"),
    # Exceptions
    ("@raises('ValueError')", "raises", "'ValueError' is no exception class; write raises(ValueError)"),
    ("@raises(ValueError())", "raises", "ValueError() is no exception class"),
    ("@raises((ValueError, TypeError))", "raises", "is no exception class; write raises("),
    ("@raises(int)", "raises", "is no exception class"),
    ("@raises(None)", "raises", "None is no exception class"),
    ("@raises(lambda x: x)", "raises", "is no exception class"),
    ("@raises(when=lambda x: x)", "raises", "`when` without exceptions admits nothing; write raises(ValueError, when"),
    ("@raises(ValueError, when='x')", "raises", "is a string; write lambda ...: x"),
    ("@raises(ValueError, when=True)", "raises", "evaluated already"),
    # What only a generator can keep, and what nobody waits for
    ("@yields(lambda item: 1)\nasync def routine(x): pass", "yields", "no generator function; write @ensure"),
    ("@require(is_async)\ndef routine(x): yield", "require", "is async, and the function is not"),
    ("@invariant(lambda self: 1)", "invariant", "kept by a class"),
    ("@require_else(lambda x: 1)", "require_else", "it overrides nothing"),
    ("@yields(lambda item: 1)", "yields", "it is no generator function; write @ensure"),
    ("@sends(lambda sent: 1)", "sends", "it is no generator function; write @require"),
    ("@callback('y', require(lambda n: 1))", "callback", "callback names 'y', which is no parameter"),
]


def written(path: Path, source: str) -> dict[str, Any]:
    """Run `source` as a file of its own, so that the texts of its lambdas are known, and return its names."""
    namespace: dict[str, Any] = {"__name__": "declared", "__file__": str(path)}
    path.write_text(f"{PRELUDE}\n{textwrap.dedent(source)}\n", encoding="utf-8")
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True), namespace)
    return namespace


def refused(path: Path, source: str) -> DeclarationError:
    """Return the error in which `source` ends: raised in its own file, and without a frame of the library."""
    with pytest.raises(DeclarationError) as caught:
        written(path, source)
    error = caught.value
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    assert files[-1] == str(path)
    assert set(files) == {__file__, str(path)}
    assert isinstance(error, TypeError)
    assert not isinstance(error, culpa.ContractError)
    assert "\n" not in str(error)
    return error


@pytest.mark.parametrize(("source", "kind", "instead"), ON_A_FUNCTION, ids=[row[0] for row in ON_A_FUNCTION])
def test_a_wrong_declaration_on_a_function(source: str, kind: str, instead: str, tmp_path: Path) -> None:
    definition = source if "def routine" in source else f"{source}\n{PLAIN}"

    error = refused(tmp_path / "declared.py", definition)

    assert "routine" in str(error)
    assert kind in str(error)
    assert instead in str(error)
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    first = PRELUDE.count("\n") + 2
    assert first <= line <= first + definition.count("\n")
    assert "routine" not in frame.f_globals


ON_SOMETHING_ELSE = [
    ("@require(lambda self: 1)\nclass Shop: pass", "require on the class Shop: write it on Shop.__init__"),
    (
        "@ensure(lambda self: 1)\n@dataclasses.dataclass\nclass Shop: pass",
        "ensure on the class Shop: write it on Shop.__post_init__",
    ),
    ("require(lambda: 1)(int)", "require on the class int"),
    ("require(lambda: 1)(abc.ABCMeta)", "require on the class ABCMeta"),
    (
        "require(lambda: 1)(3)",
        "require on 3, which is no callable: a declaration decorates one function; write @require(",
    ),
    ("require(lambda: 1)('text')", "require on 'text', which is no callable"),
    ("require(lambda: 1)(None)", "require on None, which is no callable"),
    ("require(lambda: 1)(math)", "which is no callable"),
    ("require(lambda: 1)(Broken())", "which is no callable"),
    ("require(lambda: 1)(NotImplemented)", "which is no callable"),
    (
        "require(lambda: 1)()",
        "require: a declaration decorates one function; write @require(lambda ...: ...) above its",
    ),
    ("require(lambda: 1)(len, len)", "require: a declaration decorates one function"),
    ("require(lambda: 1)(function=len)", "require: a declaration decorates one function"),
    ("require(lambda x: x)(require(lambda x: x))", "require on a declaration: write one @require(...) a line"),
    ("ensure(lambda: 1)(snapshot(a=lambda: 1))", "ensure on a declaration: write one @ensure(...) a line"),
    ("raises(ValueError)(3)", "write @raises(ValueError) above its `def`"),
    ("snapshot(a=lambda: 1)(3)", "write @snapshot(name=lambda ...: ...) above its `def`"),
    ("require(lambda: 1)(property())", "require on the property"),
    ("class A:\n @require(lambda x: x)\n @functools.singledispatchmethod\n def f(self, x): pass", "no callable"),
    ("require(functools.partial(is_async, 1))(len)", "len(): require(partial) is async, and the function is not"),
    ("require(lambda x: x)(len)", "len(): require(lambda x: x) names 'x', which is no parameter"),
    ("require(lambda x: x)(functools.partial(int, base=2))", "it may take"),
]


@pytest.mark.parametrize(("source", "text"), ON_SOMETHING_ELSE, ids=[row[0] for row in ON_SOMETHING_ELSE])
def test_a_contract_on_what_can_have_none(source: str, text: str, tmp_path: Path) -> None:
    assert text in str(refused(tmp_path / "declared.py", source))


@pytest.mark.parametrize("name", ["require", "ensure"])
@pytest.mark.parametrize("arguments", ["3", "[1]", "1, 2", "", "x=3", "None"])
def test_a_declaration_without_parentheses_fails_at_the_first_call(name: str, arguments: str, tmp_path: Path) -> None:
    source = f"@{name}\ndef routine(x=1, y=2): return x\nroutine({arguments})"

    text = str(refused(tmp_path / "declared.py", source))

    assert f"if routine() was to have the contract, write @{name}(lambda ...: ...) above it, not @{name} alone" in text


def test_a_declaration_without_parentheses_on_a_method_fails_at_the_first_call(tmp_path: Path) -> None:
    source = "class Shop:\n @require\n def sell(self, x): return x\nShop().sell(3)"

    assert "if Shop.sell() was to have the contract" in str(refused(tmp_path / "declared.py", source))


def test_raises_without_parentheses_fails_at_once(tmp_path: Path) -> None:
    assert "is no exception class" in str(refused(tmp_path / "declared.py", "@raises\ndef routine(x): return x"))


ACCESSORS = [
    "value = require(lambda self: 1)(property(lambda self: 1, lambda self, value: None))",
    "def get(self): pass\n    def put(self, value): pass\n    value = require(lambda self: 1)(property(get, put))",
]


@pytest.mark.parametrize("body", ACCESSORS)
def test_a_property_whose_accessor_cannot_be_told(body: str, tmp_path: Path) -> None:
    text = str(refused(tmp_path / "declared.py", f"class Shop:\n    {body}"))

    assert "require on the property" in text
    assert "it may be meant for the getter, the setter or the deleter; write @require(...) beneath @property" in text


OLD = [
    ("@ensure(lambda old: old.x)", "add @snapshot(x=lambda ...: ...)"),
    ("@ensure(lambda x, old: x or old.y)", "add @snapshot(y=lambda ...: ...)"),
    ("@snapshot(z=lambda x: x)\n@ensure(lambda old: old.y or old.z)", "there are old.z"),
    ("@ensure(functools.partial(lambda k, old: old.y, 1))", "add @snapshot(y=lambda ...: ...)"),
    ("@ensure(lambda old: (lambda: old.y)())", "add @snapshot(y=lambda ...: ...)"),
]


@pytest.mark.parametrize(("above", "text"), OLD)
def test_old_without_a_snapshot_fails_at_the_first_call_at_the_latest(above: str, text: str, tmp_path: Path) -> None:
    source = f"{above}\n{PLAIN}\nroutine(0)"

    error = refused(tmp_path / "declared.py", source)

    assert "a postcondition of routine() reads old." in str(error)
    assert text in str(error)


def test_a_wrong_declaration_beneath_others_leaves_nothing_half_done(tmp_path: Path) -> None:
    path = tmp_path / "declared.py"
    source = "def routine(x): return x\nplain = routine\ntry:\n routine = require(lambda y: y)(routine)\n"

    namespace = written(path, source + "except DeclarationError as error: text = str(error)")

    assert namespace["routine"] is namespace["plain"]
    assert vars(namespace["routine"]) == {}
    assert contract_of(namespace["routine"]).clauses == ()
    assert "names 'y'" in namespace["text"]


def test_a_wrong_contract_on_a_checked_function_leaves_the_contract_that_it_has() -> None:
    @require(lambda x: x > 0)
    def routine(x: int) -> int:
        return x

    with pytest.raises(DeclarationError):
        require(lambda y: y)(routine)

    assert len(contract_of(routine)) == 1
    assert routine(1) == 1


def test_a_wrong_method_leaves_no_class(tmp_path: Path) -> None:
    error = refused(tmp_path / "declared.py", "class Shop:\n @require(lambda slf: slf)\n def sell(self): pass")

    assert str(error).startswith("Shop.sell(): require(lambda slf: slf) names 'slf'")
    assert "did you mean 'self'?" in str(error)


LEGAL = [
    "@require(lambda: True)",
    "@require(lambda x: x and (x, 1))",
    "@require(lambda x: x > 0 and 'yes')",
    "@require(lambda x: x or 'default')",
    "@require(lambda x: 'a' if x else '')",
    "@require(lambda numbers: [n for n in numbers] or True)",
    "@require(lambda numbers: all(n for n in numbers))",
    "@require(lambda x: re.match('a', 'a'))",
    "@require(lambda x: x, None)",
    "@require(lambda x: x, '')",
    "@require(lambda x, k=1: x + k)",
    "@require(lambda x, result=1: x + result)",
    "@require(lambda x: (lambda y: y)(x))",
    "@require(lambda x: {1: 2}[x] if x == 1 else True)",
    "@raises()",
    "@raises(KeyboardInterrupt)",
    "@snapshot(kept=lambda: 1)",
    "@snapshot(self=lambda x: x)",
    "@snapshot(old=lambda x: x, result=lambda x: x)",
    "@ensure(lambda old: old)",
]


@pytest.mark.parametrize("above", LEGAL)
def test_what_may_be_meant_is_legal(above: str, tmp_path: Path) -> None:
    namespace = written(tmp_path / "declared.py", f"{above}\n{PLAIN}")

    assert namespace["routine"](1) == 1


@pytest.mark.parametrize("capture", ["(x, 1)", "lambda: x", "'text'", "(n for n in numbers)", "f'{x}!'", "[x]"])
def test_a_capture_may_keep_anything(capture: str, tmp_path: Path) -> None:
    above = f"@snapshot(kept=lambda x, numbers: {capture})\n@ensure(lambda old: old.kept is not None)"

    assert written(tmp_path / "declared.py", f"{above}\n{PLAIN}")["routine"](1) == 1


def test_the_predicate_of_a_postcondition_may_take_a_default_named_like_an_extra_name() -> None:
    @ensure(lambda result, old=3: result < old)
    def routine(x: int) -> int:
        return x

    assert routine(1) == 1
