"""Tracebacks end in the user's code: no frame of the library is in any of them."""

from __future__ import annotations

import functools
import importlib.util
import io
import itertools
import logging
import re
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

import culpa
from harness.markers import lines_of
from harness.processes import python, script

LIBRARY = str(Path(culpa.__file__).parent)

GUILTY = '''
    """One function for each way to break a contract; `guilty` is the line that a reader has to see."""
    import functools
    from culpa import check, ensure, raises, require, snapshot

    def inverse(n):
        return 1 / n  # @called

    def is_positive(n):
        return n > 0  # @named

    def decorated(function):
        @functools.wraps(function)
        def around(*args):
            return function(*args)
        return around

    @require(lambda n: n > 0)  # @requires
    def count(n):
        return n

    @require(is_positive)
    def counted(n):
        return n

    @ensure(lambda result: result > 0)  # @ensures
    def negative(n):
        return n

    @ensure(lambda result: True)
    def routine(n):
        return count(n - 10)  # @inside

    @require(lambda n: True)
    def outer(n):
        return routine(n)  # @outer

    @raises(KeyError)
    def undeclared(n):
        raise ValueError("no")  # @raised

    @require(lambda n: 1 / n > 0)  # @defect
    def defective(n):
        return n

    @require(lambda n: inverse(n) > 0)  # @defect-called
    def calls(n):
        return n

    @snapshot(was=lambda n: 1 / n)  # @capture
    @ensure(lambda old: old.was)
    def captured(n):
        return n

    @ensure(lambda old: old.was)  # @no-snapshot
    def never_captured(n):
        return n

    def checks(n):
        check(n > 0)  # @check

    @require(lambda n: True)
    @decorated
    @require(lambda n: n > 0)  # @layered
    def layered(n):
        return n

    def declares(n):
        @require(lambda m: m > n)  # @declaration
        def inner(n):
            return n

    def no_predicate(n):
        require(n)  # @no-predicate

    def precondition():
        count(-1)  # @precondition

    def named_precondition():
        counted(-1)  # @named-precondition
'''

# What is called, the exception, the marker of the last line, the one that the innermost cause ends in.
WAYS = {
    "precondition": ("precondition()", "PreconditionError", "requires", None),
    "named_precondition": ("named_precondition()", "PreconditionError", None, None),
    "postcondition": ("negative(-1)", "PostconditionError", "ensures", None),
    "routine": ("routine(5)", "RoutineError", "inside", "requires"),
    "outer": ("outer(5)", "RoutineError", "inside", "requires"),
    "undeclared": ("undeclared(1)", "RaisesError", "raised", "raised"),
    "defect": ("defective(0)", "DefectError", "defect", "defect"),
    "defect_called": ("calls(0)", "DefectError", "defect-called", "called"),
    "capture": ("captured(0)", "DefectError", "capture", "capture"),
    "no_snapshot": ("never_captured(0)", "DeclarationError", "no-snapshot", None),
    "check": ("checks(-1)", "CheckError", "check", None),
    "layered": ("layered(-1)", "PreconditionError", "layered", None),
    "declaration": ("declares(1)", "DeclarationError", "declaration", None),
    "no_predicate": ("no_predicate(1)", "DeclarationError", "no-predicate", None),
}
each_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(scope="module")
def guilty(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = script(tmp_path_factory.mktemp("guilty"), GUILTY, "guilty.py")
    spec = importlib.util.spec_from_file_location("guilty", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def broken(guilty: Any, way: str) -> Exception:
    """Return what the call ends in, with its traceback from this file on."""
    call, name, _, _ = WAYS[way]
    with pytest.raises(getattr(culpa, name)) as caught:
        eval(call, vars(guilty))
    assert type(caught.value) is getattr(culpa, name)
    return caught.value


def chain(error: BaseException | None) -> list[BaseException]:
    """Return an exception and those that are printed above it."""
    found: list[BaseException] = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def entries(error: BaseException) -> list[tuple[str, int | None, str]]:
    return [(entry.filename, entry.lineno, entry.name) for entry in traceback.extract_tb(error.__traceback__)]


def assert_no_library(text: str) -> None:
    assert f'File "{LIBRARY}' not in text, text
    assert "src/culpa/" not in text, text


@each_way
def test_no_frame_is_the_librarys(guilty: Any, way: str) -> None:
    for error in chain(broken(guilty, way)):
        assert {file for file, _, _ in entries(error)} <= {__file__, "<string>", guilty.__file__}


@each_way
def test_the_last_entry_is_the_line_of_the_user_that_tells_most(guilty: Any, way: str) -> None:
    at = lines_of(guilty.__file__)
    _, _, last, innermost = WAYS[way]
    errors = chain(broken(guilty, way))

    if last is not None:
        assert entries(errors[0])[-1][:2] == (guilty.__file__, at[last])
    if innermost is not None:
        assert entries(errors[-1])[-1][:2] == (guilty.__file__, at[innermost])


@each_way
def test_the_guilty_line_is_in_view_and_format_exc_shows_no_library(guilty: Any, way: str) -> None:
    lines = Path(guilty.__file__).read_text(encoding="utf-8").splitlines()
    try:
        eval(WAYS[way][0], vars(guilty))
    except (culpa.ContractError, culpa.DeclarationError) as error:
        text, site = traceback.format_exc(), getattr(error, "site", None)

    assert_no_library(text)
    if way == "postcondition":  # the guilty line is the definition, and what was promised above it is shown
        assert "@ensure(lambda result: result > 0)" in text
    elif site is not None and site.file == guilty.__file__:
        assert lines[site.line - 1].strip() in text
    for error in chain(broken(guilty, way)):
        for file, line, name in entries(error):
            if file == guilty.__file__ and line is not None:
                assert lines[line - 1].strip().partition("  # @")[0] in text, name


@each_way
def test_the_interpreter_prints_no_library(guilty: Any, way: str, tmp_path: Path) -> None:
    call, name, _, _ = WAYS[way]
    main = script(tmp_path, f"import guilty\nguilty.{call}  # @call\n")

    done = python(main, env={"PYTHONPATH": f"{Path(LIBRARY).parent}:{Path(guilty.__file__).parent}"})

    assert done.returncode == 1
    assert f"culpa.{name}: " in done.stderr
    assert f'File "{main}", line 2, in <module>\n    guilty.{call}' in done.stderr
    assert_no_library(done.stderr)


@each_way
def test_logging_shows_no_library(guilty: Any, way: str) -> None:
    text = io.StringIO()
    log, handler = logging.getLogger("of this test"), logging.StreamHandler(text)
    log.addHandler(handler)

    try:
        eval(WAYS[way][0], vars(guilty))
    except (culpa.ContractError, culpa.DeclarationError):
        log.exception("it failed")
    finally:
        log.removeHandler(handler)

    assert f"culpa.{WAYS[way][1]}: " in text.getvalue()
    assert_no_library(text.getvalue())


def test_pytest_shows_no_library(guilty: Any, tmp_path: Path) -> None:
    tests = "".join(f"def test_{way}():\n    {call}\n\n" for way, (call, _, _, _) in WAYS.items())
    name = script(tmp_path, f"from guilty import *\n\n{tests}", "test_it.py").name
    env = {"PYTHONPATH": f"{Path(LIBRARY).parent}:{Path(guilty.__file__).parent}"}

    done = python("-m", "pytest", "-p", "no:cacheprovider", name, cwd=tmp_path, env=env)

    assert f"{len(WAYS)} failed" in done.stdout, done.stdout + done.stderr
    assert_no_library(done.stdout)
    assert not re.search(r"culpa[/\\]_\w+\.py", done.stdout), done.stdout
    for way, (_, error, last, _) in WAYS.items():
        assert f"test_it.py::test_{way}" in done.stdout
        failure = done.stdout.partition(f" test_{way} _")[2].partition("\n____")[0]
        assert f"culpa.{error}: " in failure
        if last is not None:
            line = Path(guilty.__file__).read_text(encoding="utf-8").splitlines()[lines_of(guilty.__file__)[last] - 1]
            assert line.strip() in failure


CARETS = {
    "precondition": "n > 0",
    "postcondition": "result > 0",
    "layered": "n > 0",
    "capture": "1 / n",
    "defect": "1 / n",
}


@pytest.mark.parametrize("way", CARETS)
def test_the_carets_point_at_the_predicate(guilty: Any, way: str) -> None:
    innermost = chain(broken(guilty, way))[-1]

    last = traceback.extract_tb(innermost.__traceback__)[-1]

    assert last.line is not None
    assert last.colno is not None
    line = Path(guilty.__file__).read_text(encoding="utf-8").splitlines()[(last.lineno or 0) - 1]
    assert line[last.colno : last.end_colno] == CARETS[way]


@each_way
def test_the_cause_is_what_really_came_first(guilty: Any, way: str) -> None:
    error = broken(guilty, way)
    causes = {
        "routine": culpa.PreconditionError,
        "outer": culpa.PreconditionError,
        "undeclared": ValueError,
        "defect": ZeroDivisionError,
        "defect_called": ZeroDivisionError,
        "capture": ZeroDivisionError,
    }

    if way in causes:
        assert type(error.__cause__) is causes[way]
        assert error.__suppress_context__
    else:
        assert error.__cause__ is None
        assert error.__context__ is None or error.__suppress_context__


def while_handling(earlier: Exception, call: Any) -> None:
    try:
        raise earlier
    except LookupError:
        call()


def test_what_was_being_handled_at_the_call_is_the_context(guilty: Any) -> None:
    earlier = LookupError("earlier")
    with pytest.raises(culpa.PreconditionError) as caught:
        while_handling(earlier, guilty.precondition)

    error = caught.value
    assert error.__context__ is earlier
    assert (error.__cause__, error.__suppress_context__) == (None, False)


def test_an_exception_of_the_body_keeps_the_context_of_the_call(guilty: Any) -> None:
    @culpa.require(lambda n: n > 0)
    @culpa.ensure(lambda result: True)
    def routine(n: int) -> None:
        raise ValueError(n)

    earlier = LookupError("earlier")
    with pytest.raises(ValueError, match="1") as caught:
        while_handling(earlier, lambda: routine(1))

    error = caught.value
    assert error.__context__ is earlier
    assert (error.__cause__, error.__suppress_context__) == (None, False)


def test_no_hook_of_the_interpreter_is_touched(guilty: Any) -> None:
    done = python(
        "-c",
        "import sys, threading\n"
        "hooks = lambda: (sys.excepthook, sys.unraisablehook, threading.excepthook, sys.displayhook, sys.gettrace(),"
        " sys.getprofile(), sys.breakpointhook, sys.meta_path[:], sys.path_hooks[:], sys.getrecursionlimit(),"
        " sys.getswitchinterval())\n"
        "before = hooks()\n"
        "import culpa, guilty\n"
        "try: guilty.precondition()\n"
        "except culpa.PreconditionError: pass\n"
        "try: guilty.defective(0)\n"
        "except culpa.DefectError: pass\n"
        "assert hooks() == before\n"
        "assert sys.excepthook is sys.__excepthook__\n",
        env={"PYTHONPATH": f"{Path(LIBRARY).parent}:{Path(guilty.__file__).parent}"},
    )

    assert (done.returncode, done.stderr) == (0, "")


# Ordinary exceptions: the contracted function against its twin without contracts.

TWINS = """
    import contextlib, functools, re

    class Frozen(Exception):
        def __setattr__(self, name, value):
            raise TypeError("frozen")

    def decorated(function):
        @functools.wraps(function)
        def around(*args):
            return function(*args)
        return around

    def helper(n):
        raise ValueError(n)

    #CONTRACT
    def plain(n):
        raise ValueError(n)

    #CONTRACT
    def through_a_helper(n):
        return [helper(n)]

    #CONTRACT
    def from_c(n):
        return sorted([n, n], key=helper)

    #CONTRACT
    def with_finally(n):
        try:
            helper(n)
        finally:
            n += 1

    #CONTRACT
    def raised_again(n):
        try:
            helper(n)
        except ValueError:
            raise

    #CONTRACT
    def raised_by_name(n):
        try:
            helper(n)
        except ValueError as error:
            raise error

    #CONTRACT
    def raised_from(n):
        try:
            helper(n)
        except ValueError as error:
            raise LookupError(n) from error

    #CONTRACT
    def in_context(n):
        try:
            helper(n)
        except ValueError:
            raise LookupError(n)

    #CONTRACT
    def recursive(n):
        if n > 4:
            helper(n)
        return recursive(n + 1)

    #CONTRACT
    #CONTRACT
    def twice(n):
        helper(n)

    #CONTRACT
    @decorated
    #CONTRACT
    def layered(n):
        helper(n)

    class Shop:
        #CONTRACT
        def method(self, n=1):
            helper(n)

        @property
        #CONTRACT
        def sold(self):
            helper(1)

        @staticmethod
        #CONTRACT
        def static(n):
            helper(n)

        @classmethod
        #CONTRACT
        def of_class(cls, n):
            helper(n)

    def method(n):
        Shop().method(n)

    def read(n):
        return Shop().sold

    def static(n):
        Shop.static(n)

    def of_class(n):
        Shop().of_class(n)

    #CONTRACT
    def with_items(*n, **keywords):
        helper(n)

    #CONTRACT
    def wrong_call(n):
        with_items(n)(n)

    #CONTRACT
    def generator_inside(n):
        return [x for x in (helper(x) for x in [n])]

    #CONTRACT
    @contextlib.contextmanager
    def manager(n):
        yield helper(n)

    def managed(n):
        with manager(n):
            pass

    #CONTRACT
    def overridden(n):
        raise Frozen(n)

    again = KeyError("one instance")

    #CONTRACT
    def reused(n):
        raise again

    def reused_twice(n):
        again.__traceback__ = None
        try:
            reused(n)
        except KeyError:
            reused(n)

    def old_traceback(n):
        try:
            helper(n)
        except ValueError as error:
            kept = error
        passed_on(kept)

    #CONTRACT
    def passed_on(n):
        raise n

    #CONTRACT
    def with_old_traceback(n):
        try:
            helper(n)
        except ValueError as error:
            raise LookupError(n).with_traceback(error.__traceback__)

    #CONTRACT
    def in_a_callback(n):
        return re.sub("a", lambda match: plain(n), "aa")

    #CONTRACT
    def in_a_group(n):
        try:
            helper(n)
        except ValueError as error:
            raise ExceptionGroup("some", [error])

    #CONTRACT
    def interrupted(n):
        raise KeyboardInterrupt

    #CONTRACT
    def left(n):
        raise SystemExit(3)

    #CONTRACT
    def stopped(n):
        raise GeneratorExit

    #CONTRACT
    def out_of_memory(n):
        raise MemoryError

    #CONTRACT
    def next_of_nothing(n):
        return next(iter([]))
"""
EXITS = [
    name
    for name in re.findall(r"\n    def (\w+)\(n\)", TWINS)
    if name not in ("helper", "decorated", "manager", "reused", "passed_on")
]
CONTRACTS = {
    "require": "@__import__('culpa').require(lambda: True)",
    "ensure": "@__import__('culpa').ensure(lambda result: True)",
    "called": "@__import__('culpa').require(lambda one=1: one)",
    "raises": "@__import__('culpa').raises(BaseException)",
}
numbers = itertools.count()


def load(directory: Path, text: str) -> Any:
    path = script(directory, text, f"twins{next(numbers)}.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    directory = tmp_path_factory.mktemp("twins")
    found = {name: load(directory, TWINS.replace("#CONTRACT", contract)) for name, contract in CONTRACTS.items()}
    return found | {"": load(directory, TWINS)}


def outcome(call: Any) -> list[Any]:
    """Return type, message and traceback of what a call ends in and of its causes, without this file's entries."""
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - each way out in its turn
        call()
    return [
        (type(one).__name__, str(one), type(one.__context__), one.__suppress_context__, places(one.__traceback__))
        for one in chain(caught.value)
    ]


def places(trace: Any) -> list[Any]:
    return [
        (entry.lineno, entry.name, entry.colno, entry.end_colno)
        for entry in traceback.extract_tb(trace)
        if entry.filename != __file__
    ]


NO_EXCEPTIONS = ("interrupted", "left", "stopped")


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("name", [name for name in EXITS if name not in NO_EXCEPTIONS])
def test_an_ordinary_exception_has_the_traceback_that_it_has_without_a_contract(
    twins: dict[str, Any], name: str, contract: str
) -> None:
    expected, found = outcome(lambda: vars(twins[""])[name](1)), outcome(lambda: vars(twins[contract])[name](1))

    assert found == expected


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("name", NO_EXCEPTIONS)
def test_what_is_no_exception_passes_untouched(twins: dict[str, Any], name: str, contract: str) -> None:
    [(*expected, trace)] = outcome(lambda: vars(twins[""])[name](1))
    [(*found, longer)] = outcome(lambda: vars(twins[contract])[name](1))

    assert found == expected
    assert longer[-1] == trace[-1]
    assert {name for _, name, _, _ in longer} == {name for _, name, _, _ in trace}  # a wrapper may show its own line


@pytest.mark.parametrize("hook", [sys.settrace, sys.setprofile])
def test_a_tracer_changes_no_traceback_and_no_verdict(twins: dict[str, Any], guilty: Any, hook: Any) -> None:
    before = sys.gettrace() if hook is sys.settrace else sys.getprofile()

    def tracer(frame: Any, event: str, argument: Any) -> Any:
        return tracer

    expected = outcome(lambda: twins[""].recursive(1))
    hook(tracer)
    try:
        found = outcome(lambda: twins["ensure"].recursive(1))
        error = broken(guilty, "outer")
        count = broken(guilty, "precondition")
    finally:
        hook(before)

    assert found == expected
    assert isinstance(error, culpa.RoutineError)
    assert isinstance(count, culpa.PreconditionError)
    assert error.site.line == lines_of(guilty.__file__)["inside"]
    assert count.site.line == lines_of(guilty.__file__)["precondition"]
    for one in chain(error):
        assert not any(file.startswith(LIBRARY) for file, _, _ in entries(one))


def test_a_wrong_call_has_the_message_that_python_gives(twins: dict[str, Any]) -> None:
    for call in (lambda m: m.plain(), lambda m: m.plain(1, 2), lambda m: m.plain(k=1), lambda m: m.Shop().method(1, 2)):
        assert outcome(functools.partial(call, twins["require"])) == outcome(functools.partial(call, twins[""]))
