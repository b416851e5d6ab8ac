"""Code without a file: the interactive interpreter, `-c`, standard input, `exec`, doctests."""

from __future__ import annotations

import code
import contextlib
import doctest
import io
import re
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from culpa import ContractError, PostconditionError, PreconditionError, RoutineError
from harness.processes import printed, python

if TYPE_CHECKING:
    from pathlib import Path

SESSION = """
from culpa import require, ensure, check, on_violation

@require(lambda n: n > 0)
def count(n):
    return n

@ensure(lambda result: result > 0)
def negative(n):
    return n

@ensure(lambda result: True)
def routine(n):
    return count(n - 10)

def between(n):
    return count(n)

"""


def test_the_interactive_interpreter_blames_its_own_line(tmp_path: Path) -> None:
    done = python("-i", "-q", stdin=f"{SESSION}count(1)\ncount(-1)\nbetween(-1)\nroutine(5)\nnegative(-1)\n")

    assert done.returncode == 0
    assert "1\n" in done.stdout
    for name in ("PreconditionError", "RoutineError", "PostconditionError"):
        assert f"culpa.{name}: " in done.stderr, done.stderr
    told = re.sub(r"<stdin>-\d+", "<stdin>", done.stderr)  # since 3.13 each input has its number
    assert "blame the caller    <stdin>:1 in <module>" in told
    assert "blame the caller    <stdin>:2 in between" in told
    assert "blame the callee    <stdin>:3 in routine" in told
    assert "src/culpa" not in told


@pytest.fixture
def console() -> Any:
    """Return a function that types text into a console; it gives what was printed."""
    made = code.InteractiveConsole({"__name__": "__console__"})

    def type_in(text: str) -> str:
        output = io.StringIO()
        with contextlib.redirect_stderr(output), contextlib.redirect_stdout(output):
            for line in textwrap.dedent(text).strip("\n").split("\n"):
                made.push(line)
            made.push("")
        return output.getvalue()

    type_in(SESSION)
    type_in.namespace = made.locals  # type: ignore[attr-defined]
    return type_in


def test_a_console_in_this_process_blames_its_own_line(console: Any) -> None:
    assert console("count(1)") == "1\n"
    assert "blame the caller    <console>:1 in <module>" in console("count(-1)")
    assert "blame the caller    <console>:2 in between" in console("between(-1)")
    assert "culpa.RoutineError: routine() failed, because it broke" in console("routine(5)")


@pytest.mark.parametrize("call", ["count(-1)", "between(-1)", "routine(5)", "negative(-1)"])
def test_no_frame_of_the_library_is_printed_by_a_console(console: Any, call: str) -> None:
    assert "src/culpa" not in console(call)


def test_what_a_console_catches_is_the_violation_itself(console: Any) -> None:
    with pytest.raises(PreconditionError) as caught:
        console.namespace["between"](-1)

    assert (caught.value.site.file, caught.value.site.line) == ("<console>", 2)


def test_a_name_that_is_defined_anew_has_the_new_contract(console: Any) -> None:
    assert "PreconditionError" in console("count(0)")
    console("@require(lambda n: n >= 0)\ndef count(n):\n    return n\n")

    assert console("count(0)") == "0\n"
    assert "PreconditionError" in console("count(-1)")


def test_two_lines_with_the_same_place_keep_their_own_predicates(console: Any) -> None:
    """Every line of a console is line 1 of a file of the same name: nothing may be read from another one."""
    console("positive = require(lambda n: n > 0)")
    console("negative = require(lambda n: n < 0)")
    console("up = positive(lambda n: n)")
    console("down = negative(lambda n: n)")

    up, down = console.namespace["up"], console.namespace["down"]
    assert (up(1), down(-1)) == (1, -1)
    for call, wrong in ((up, -1), (down, 1)):
        with pytest.raises(PreconditionError) as caught:
            call(wrong)
        assert caught.value.clause is not None
        assert caught.value.clause.text in (None, "n > 0" if call is up else "n < 0")


def test_the_dash_c_option(tmp_path: Path) -> None:
    done = python("-c", f"{SESSION}\nprint(count(1))\ncount(-1)\n")

    assert done.returncode == 1
    assert done.stdout == "1\n"
    assert "blame the caller    <string>:21 in <module>" in done.stderr
    assert "src/culpa" not in done.stderr


def test_a_script_on_standard_input() -> None:
    done = python("-", stdin=f"{SESSION}\nprint(count(1))\ncount(-1)\n")

    assert (done.returncode, done.stdout) == (1, "1\n")
    assert "blame the caller    <stdin>:21 in <module>" in done.stderr
    assert "src/culpa" not in done.stderr


def namespace_of(text: str, name: str, **names: object) -> dict[str, Any]:
    namespace: dict[str, Any] = dict(names)
    exec(compile(text, name, "exec"), namespace)
    return namespace


def test_exec_and_eval_count_as_somebodys_code() -> None:
    made = namespace_of(SESSION, "<cell 1>")

    with pytest.raises(PreconditionError) as caught:
        eval(compile("\n\ncount(-1)", "<cell 2>", "eval"), made)
    assert (caught.value.site.file, caught.value.site.line) == ("<cell 2>", 3)

    with pytest.raises(PreconditionError) as caught:
        exec("count(-1)", made)
    assert (caught.value.site.file, caught.value.site.line) == ("<string>", 1)

    with pytest.raises(RoutineError) as failed:
        made["routine"](5)
    assert (failed.value.site.file, failed.value.site.line) == ("<cell 1>", 14)

    with pytest.raises(PostconditionError) as broken:
        made["negative"](-1)
    assert broken.value.site.file == "<cell 1>"


def test_a_namespace_without_builtins_or_a_name_will_do() -> None:
    made = namespace_of("@require(lambda n: n > 0)\ndef count(n):\n    return n\n", "<bare>", require=_require())

    assert made["count"](1) == 1
    with pytest.raises(PreconditionError):
        made["count"](-1)


def test_a_namespace_with_other_builtins_will_do() -> None:
    made = namespace_of(
        "@require(lambda n: n > 0)\ndef count(n):\n    return n\n",
        "<none>",
        require=_require(),
        __builtins__={"__build_class__": None},
    )

    assert made["count"](1) == 1
    with pytest.raises(PreconditionError):
        made["count"](-1)


def _require() -> Any:
    from culpa import require

    return require


def test_an_exec_in_a_local_namespace() -> None:
    inner: dict[str, Any] = {}
    exec(SESSION, {}, inner)

    assert inner["count"](1) == 1
    with pytest.raises(PreconditionError):
        inner["count"](-1)


DOCTEST = """
>>> from culpa import require, ensure
>>> @require(lambda n: n > 0)
... def count(n):
...     return n
>>> count(1)
1
>>> count(-1)
Traceback (most recent call last):
    ...
culpa.PreconditionError: count() requires  n > 0
    n  is -1
  blame the caller    <doctest here[3]>:1 in <module>
  promised at         <doctest here[1]>:1
>>> def between(n):
...     return count(n)
>>> between(-1)  # doctest: +IGNORE_EXCEPTION_DETAIL
Traceback (most recent call last):
PreconditionError: anything
>>> try:
...     between(-1)
... except Exception as error:
...     print(error.site)
<doctest here[4]>:2 in between
"""


def test_a_doctest_sees_contracts_and_names_its_examples() -> None:
    test = doctest.DocTestParser().get_doctest(DOCTEST, {}, "here", "here", 0)
    output = io.StringIO()

    result = doctest.DocTestRunner(verbose=False).run(test, out=output.write)

    assert result.failed == 0, output.getvalue()


def test_a_contracted_function_has_its_doctest_collected_and_run() -> None:
    made = namespace_of(
        '@require(lambda n: n > 0)\ndef count(n):\n    """Count.\n\n    >>> count(2)\n    2\n    """\n    return n\n',
        "<documented>",
        require=_require(),
        __name__="documented",
    )
    finder = doctest.DocTestFinder(exclude_empty=True)

    [test] = finder.find(made["count"], "count", globs=made, module=False)

    assert doctest.DocTestRunner(verbose=False).run(test).attempted == 1


def test_interactive_after_a_script_still_blames_the_script(tmp_path: Path) -> None:
    path = tmp_path / "shop.py"
    path.write_text(f"{SESSION}\ndef buy():\n    return count(-1)\n", encoding="utf-8")

    done = python("-i", "-q", path, stdin="buy()\n")

    assert f"blame the caller    {path}:21 in buy" in done.stderr


def test_a_module_run_by_name(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(f"{SESSION}\nprint(count(1))\ncount(-1)\n", encoding="utf-8")

    done = python("-m", "shop", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (1, "1\n")
    assert f"blame the caller    {tmp_path / 'shop.py'}:21 in <module>" in done.stderr
    assert "src/culpa" not in done.stderr


def test_a_program_that_reads_its_code_from_a_string_is_silent_when_all_is_well() -> None:
    assert printed(python("-c", f"exec({SESSION!r} + 'print(count(1), between(2))')")) == "1 2\n"


def test_every_violation_here_is_a_contract_error(console: Any) -> None:
    for call in ("count(-1)", "routine(5)", "negative(-1)"):
        with pytest.raises(ContractError):
            eval(call, console.namespace)
