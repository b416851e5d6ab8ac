"""Source may improve a text, never a verdict: byte code alone, archives, interpreter options, edited files."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from harness.markers import lines_of
from harness.processes import printed, python, script

if TYPE_CHECKING:
    from pathlib import Path

SHOP = """
    import functools
    from culpa import check, ensure, raises, require, snapshot

    LIMIT = 0

    def is_positive(n):
        return n > LIMIT

    @require(lambda n: n > 0, "n is a count")  # @requires
    def count(n):
        return n

    @require(is_positive)
    @require(lambda n: all(n != x for x in (13,)))
    def counted(n):
        return n

    @ensure(lambda result: result > 0)
    def negative(n):  # @negative
        return n

    @snapshot(was=lambda xs: len(xs))
    @ensure(lambda xs, old: len(xs) == old.was + 1)
    def add(xs):  # @add
        xs.clear()

    @ensure(lambda result: True)
    def routine(n):
        return count(n - 10)  # @inside

    @raises(KeyError)
    def undeclared(n):
        raise ValueError("no")  # @raised

    @require(lambda n: 1 / n > 0)  # @defect
    def defective(n):
        return n

    def checks(n):
        check(n > 0)  # @check

    def between(n):
        return count(n)  # @between

    def closure(k):
        @require(lambda n: n > k)
        @ensure(lambda n, result: result != k + 10)
        def inner(n):
            return n
        return inner(k), inner  # @closure

    class Account:
        limit = 10

        @require(lambda self, amount: amount < self.limit)
        def deposit(self, amount):
            return amount

        def double(self, amount):
            return self.deposit(amount * 2)  # @method

    two = require(lambda n: n > 0)(require(lambda n: n < 9)(lambda n: n))
"""

MAIN = """
    import json, sys
    import shop

    def report(call):
        try:
            call()
        except Exception as error:
            found = error.to_dict()
            return [found["type"], found["blame"], found["site"]["line"], found["site"]["function"],
                    found["clause"]["kind"], found["clause"]["site"]["line"], found["clause"]["text"]]

    def calls():
        yield lambda: shop.count(-1)  # @call
        yield lambda: shop.counted(-1)  # @called
        yield lambda: shop.counted(13)  # @thirteen
        yield lambda: shop.negative(-1)
        yield lambda: shop.add([1])
        yield lambda: shop.routine(5)
        yield lambda: shop.undeclared(1)
        yield lambda: shop.defective(0)
        yield lambda: shop.checks(-1)
        yield lambda: shop.between(-1)
        yield lambda: shop.closure(3)
        yield lambda: shop.Account().double(5)
        yield lambda: shop.two(0)  # @two
        yield lambda: shop.two(9)  # @nine

    EDIT
    assert shop.count(1) == 1
    json.dump([report(call) for call in calls()], sys.stdout)
"""


def expected(directory: Path) -> list[tuple[str, str, int, str]]:
    """Return type, blame, line and function of each call, from the markers alone."""
    (directory / "shop.text").write_text(_dedented(SHOP), encoding="utf-8")
    (directory / "main.text").write_text(_dedented(MAIN), encoding="utf-8")
    at, main = lines_of(str(directory / "shop.text")), lines_of(str(directory / "main.text"))
    here = "calls.<locals>.<lambda>"
    return [
        ("PreconditionError", "caller", main["call"], here),
        ("PreconditionError", "caller", main["called"], here),
        ("PreconditionError", "caller", main["thirteen"], here),
        ("PostconditionError", "callee", at["negative"], "negative"),
        ("PostconditionError", "callee", at["add"], "add"),
        ("RoutineError", "callee", at["inside"], "routine"),
        ("RaisesError", "callee", at["raised"], "undeclared"),
        ("DefectError", "contract", at["defect"], "<module>"),
        ("CheckError", "callee", at["check"], "checks"),
        ("PreconditionError", "caller", at["between"], "between"),
        ("PreconditionError", "caller", at["closure"], "closure"),
        ("PreconditionError", "caller", at["method"], "Account.double"),
        ("PreconditionError", "caller", main["two"], here),
        ("PreconditionError", "caller", main["nine"], here),
    ]


def _dedented(text: str) -> str:
    import textwrap

    return textwrap.dedent(text).lstrip("\n")


TEXTS = ["n > 0", "is_positive(n)", "all(n != x for x in (13,))", "result > 0", "len(xs) == old.was + 1", "n > 0"]
CHECK = 8
TEXTS += ["KeyError", "1 / n > 0", "n > 0", "n > 0", "n > k", "amount < self.limit", "n > 0", "n < 9"]


def write(directory: Path, edit: str = "pass") -> Path:
    script(directory, SHOP, "shop.py")
    return script(directory, MAIN.replace("EDIT", edit))


def assert_verdicts(directory: Path, found: list[list[Any]], *, texts: bool | None = None) -> None:
    assert [tuple(one[:4]) for one in found] == expected(directory)
    for one, text in zip(found, TEXTS, strict=True):
        assert one[6] in ((text,) if texts else (None, text)), one


def reports(*arguments: str | Path, **keywords: Any) -> list[list[Any]]:
    found: list[list[Any]] = json.loads(printed(python(*arguments, **keywords)))
    return found


def test_with_source(tmp_path: Path) -> None:
    assert_verdicts(tmp_path, reports(write(tmp_path)), texts=True)


@pytest.mark.parametrize(
    "options",
    [
        ["-O"],
        ["-OO"],
        ["-X", "no_debug_ranges"],
        ["-O", "-X", "no_debug_ranges"],
        ["-X", "frozen_modules=off"],
        ["-X", "frozen_modules=on"],
        ["-X", "dev"],
        ["-X", "utf8=0"],
        ["-B"],
        ["-S"],
        ["-W", "error"],
        ["-X", "importtime"],
    ],
    ids=" ".join,
)
def test_no_option_of_the_interpreter_changes_a_verdict(tmp_path: Path, options: list[str]) -> None:
    main = write(tmp_path)

    done = python(*options, main)

    assert done.returncode == 0, done.stderr
    assert_verdicts(tmp_path, json.loads(done.stdout))


@pytest.mark.parametrize("seed", ["0", "1", "4294967295"])
def test_no_hash_seed_changes_a_report(tmp_path: Path, seed: str) -> None:
    assert_verdicts(tmp_path, reports(write(tmp_path), env={"PYTHONHASHSEED": seed}), texts=True)


@pytest.mark.parametrize("name", ["PYTHONOPTIMIZE", "PYTHONNODEBUGRANGES", "PYTHONDONTWRITEBYTECODE", "PYTHONDEVMODE"])
def test_no_variable_of_the_environment_changes_a_verdict(tmp_path: Path, name: str) -> None:
    assert_verdicts(tmp_path, reports(write(tmp_path), env={name: "1"}))


def compiled(directory: Path, *options: str) -> None:
    """Leave byte code in place of the source of every module but the main one."""
    printed(python(*options, "-m", "compileall", "-b", "-q", "shop.py", cwd=directory))
    (directory / "shop.py").unlink()


@pytest.mark.parametrize("options", [[], ["-O"], ["-OO"], ["-X", "no_debug_ranges"]], ids=str)
def test_byte_code_alone(tmp_path: Path, options: list[str]) -> None:
    main = write(tmp_path)
    compiled(tmp_path, *options)

    assert_verdicts(tmp_path, reports(*options, main))


def test_byte_code_that_was_cached_by_another_run(tmp_path: Path) -> None:
    main = write(tmp_path)
    first, second = reports(main), reports(main)

    assert first == second
    assert_verdicts(tmp_path, second, texts=True)


def test_byte_code_that_was_moved_beside_another_file_of_the_old_name(tmp_path: Path) -> None:
    """The code names a file that is another one by now."""
    main = write(tmp_path)
    compiled(tmp_path)
    (tmp_path / "moved").mkdir()
    (tmp_path / "shop.pyc").rename(tmp_path / "moved" / "shop.pyc")
    other = SHOP.replace("n > 0", "n < 7").replace("result > 0", "result < 5")
    script(tmp_path / "elsewhere", other, "shop.py")

    assert_verdicts(tmp_path, reports(script(tmp_path / "moved", main.read_text(), "main.py")))


@pytest.mark.parametrize("with_source", [True, False])
def test_an_archive(tmp_path: Path, with_source: bool) -> None:
    main = write(tmp_path)
    if not with_source:
        compiled(tmp_path)
    name = "shop.py" if with_source else "shop.pyc"
    with zipfile.ZipFile(tmp_path / "lib.zip", "w") as archive:
        archive.write(tmp_path / name, name)
    (tmp_path / name).unlink()

    from harness.processes import LIBRARY

    found = reports(main, env={"PYTHONPATH": f"{LIBRARY}:{tmp_path / 'lib.zip'}"})

    assert_verdicts(tmp_path, found)


def test_an_archive_that_is_run(tmp_path: Path) -> None:
    write(tmp_path)
    with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.write(tmp_path / "shop.py", "shop.py")
        archive.write(tmp_path / "main.py", "__main__.py")
    (tmp_path / "shop.py").unlink()
    (tmp_path / "main.py").unlink()

    assert_verdicts(tmp_path, reports(tmp_path / "app.pyz"))


EDITS = {
    "other predicates on the same lines": "text.replace('n > 0', 'n < 0').replace('result > 0', 'result < 0')",
    "a line more at the top": "'# new' + chr(10) + text",
    "two lines less": "text.split(chr(10), 2)[2]",
    "lambdas swapped": "text.replace('n > 0', '@').replace('n < 9', 'n > 0').replace('@', 'n < 9')",
    "no syntax": "'(' * 30",
    "empty": "''",
    "no text": "chr(0) * 200",
    "the same width": "text.replace('n > 0', 'n < 0').replace('n < 9', 'n > 9').replace('13', '31')",
    "shuffled lines": "chr(10).join(sorted(text.split(chr(10))))",
}

WRITE = {name: f"p.write_text({edit})" for name, edit in EDITS.items()}


@pytest.mark.parametrize("moment", ["before the first violation", "between decoration and the module's end"])
@pytest.mark.parametrize("edit", EDITS)
def test_a_file_that_was_edited_never_gives_another_predicates_text(tmp_path: Path, edit: str, moment: str) -> None:
    change = f"p = __import__('pathlib').Path(__file__).parent / 'shop.py'; text = p.read_text(); {WRITE[edit]}"
    if moment.startswith("before"):
        main = write(tmp_path, change)
    else:
        main = write(tmp_path)
        lines = _dedented(SHOP).splitlines()
        at = next(number for number, line in enumerate(lines) if line.startswith("def is_positive"))
        lines[at - 1] = change  # an empty line, above most of the declarations
        script(tmp_path, "\n".join(lines), "shop.py")

    found = reports(main)
    found[CHECK][6] = None  # see below
    assert_verdicts(tmp_path, found)


@pytest.mark.parametrize("edit", ["other predicates on the same lines", "the same width"])
def test_a_file_that_was_edited_never_gives_another_checks_text(tmp_path: Path, edit: str) -> None:
    change = f"p = __import__('pathlib').Path(__file__).parent / 'shop.py'; text = p.read_text(); {WRITE[edit]}"

    assert_verdicts(tmp_path, reports(write(tmp_path, change)))


def test_a_file_that_was_edited_after_its_lines_were_cached(tmp_path: Path) -> None:
    change = (
        "import linecache; linecache.getlines(shop.__file__); open(shop.__file__, 'w').write('x'); "
        "linecache.checkcache()"
    )

    assert_verdicts(tmp_path, reports(write(tmp_path, change)))


def test_a_module_that_is_reloaded_after_an_edit_has_the_new_contract(tmp_path: Path) -> None:
    script(tmp_path, "from culpa import require\n\n@require(lambda n: n > 0)\ndef count(n):\n    return n\n", "shop.py")
    main = script(
        tmp_path,
        """
        import importlib, os, pathlib, sys
        sys.dont_write_bytecode = True
        import shop

        def text(n):
            try:
                shop.count(n)
            except Exception as error:
                return error.clause.text

        print(text(0), text(1))
        path = pathlib.Path(shop.__file__)
        path.write_text(path.read_text().replace("n > 0", "n < 0"))
        os.utime(path, (1, 1))
        importlib.reload(shop)
        print(text(0), text(1), text(-1))
        """,
    )

    assert printed(python(main)) == "n > 0 None\nn < 0 n < 0 None\n"


def test_a_loader_that_knows_no_source_and_one_that_lies(tmp_path: Path) -> None:
    """`linecache` asks `__loader__.get_source`: what it gives is checked against the code."""
    main = script(
        tmp_path,
        f"""
        import json, sys, types
        TEXT = {_dedented(SHOP)!r}

        class Loader:
            def __init__(self, source):
                self.source = source

            def get_source(self, name):
                if self.source is None:
                    raise ImportError(name)
                return self.source

        found = []
        for source in (TEXT, None, "", TEXT.replace("n > 0", "n < 0"), "x" * 9):
            module = types.ModuleType("shop")
            module.__loader__ = Loader(source)
            exec(compile(TEXT, "/no/such/shop.py", "exec"), vars(module))
            for call in (lambda: module.count(-1), lambda: module.negative(-1)):
                try:
                    call()
                except Exception as error:
                    found.append((type(error).__name__, error.clause.text))
        json.dump(found, sys.stdout)
        """,
    )

    found = reports(main)

    assert [name for name, _ in found] == ["PreconditionError", "PostconditionError"] * 5
    for (_, text), known in zip(found, ["n > 0", "result > 0"] * 5, strict=True):
        assert text in (None, known)


def test_an_assert_in_a_body_and_a_check_differ_under_optimisation(tmp_path: Path) -> None:
    main = script(
        tmp_path,
        """
        from culpa import CheckError, check

        def f(n):
            assert n > 0
            check(n > 0)

        try:
            f(-1)
        except (AssertionError, CheckError) as error:
            print(type(error).__name__)
        """,
    )

    assert printed(python(main)) == "AssertionError\n"
    assert printed(python("-O", main)) == "CheckError\n"
