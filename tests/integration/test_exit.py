"""Violations where the runtime makes the call: at exit, in threads, in finalisers. The process goes on as ever."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from harness.processes import python, script

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
    import atexit, gc, json, signal, sys, threading, weakref
    from culpa import require, ensure, on_violation

    def tell(error):
        print(json.dumps(error.to_dict()), flush=True)

    on_violation(tell)

    @require(lambda n: n > 0)
    def count(n):
        return n

    @ensure(lambda result: result > 0)
    def negative(*_):
        return -1

    class Handle:
        closed = False

        @require(lambda self: self.closed)
        def __del__(self):
            print("the body ran")
"""


def run(directory: Path, program: str) -> tuple[list[dict[str, Any]], int, str]:
    """Return the violations that were told, the exit code and what stands on stderr."""
    done = python(script(directory, HEAD + program), cwd=directory)
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert "the body ran" not in done.stdout
    assert "src/culpa" not in done.stderr, done.stderr
    return told, done.returncode, done.stderr


def assert_runtime(report: dict[str, Any]) -> None:
    assert report["type"] == "PreconditionError"
    assert report["blame"] == "caller"
    assert report["site"] == {"file": "<runtime>", "line": None, "column": None, "function": ""}
    assert "blame the caller    the runtime" in report["text"]


def test_an_exit_function_is_called_by_the_runtime_and_the_others_still_run(tmp_path: Path) -> None:
    told, code, stderr = run(
        tmp_path,
        """
    atexit.register(print, "[last]", file=sys.stderr)
    atexit.register(count, -1)
    atexit.register(print, "[first]", file=sys.stderr)
    """,
    )

    [report] = told
    assert_runtime(report)
    assert code == 0
    assert stderr.index("[first]") < stderr.index("culpa.PreconditionError: count() requires  n > 0")
    assert stderr.index("culpa.PreconditionError") < stderr.index("[last]")


def test_a_function_between_is_blamed_also_at_exit(tmp_path: Path) -> None:
    told, code, _ = run(
        tmp_path,
        """
    @atexit.register
    def leave():
        count(-1)
    """,
    )

    [report] = told
    assert (report["site"]["function"], code) == ("leave", 0)


def test_the_target_of_a_thread_is_called_by_the_runtime_and_the_process_ends_well(tmp_path: Path) -> None:
    told, code, stderr = run(
        tmp_path,
        """
    thread = threading.Thread(target=count, args=(-1,), name="worker")
    thread.start()
    thread.join()
    print("[joined]", file=sys.stderr)
    """,
    )

    [report] = told
    assert_runtime(report)
    assert report["thread"] == "worker"
    assert code == 0
    assert "Exception in thread worker" in stderr
    assert "[joined]" in stderr


def test_a_thread_of_the_lowest_level_and_a_timer_are_called_by_the_runtime(tmp_path: Path) -> None:
    told, code, _ = run(
        tmp_path,
        """
    import _thread
    done = _thread.allocate_lock()
    done.acquire()
    sys.unraisablehook = lambda args: done.release()
    _thread.start_new_thread(count, (-1,))
    done.acquire()
    timer = threading.Timer(0, count, (-1,))
    timer.start()
    timer.join()
    """,
    )

    assert code == 0
    assert len(told) == 2
    for report in told:
        assert_runtime(report)


def test_a_violation_of_the_callee_in_a_thread_names_the_callee(tmp_path: Path) -> None:
    told, code, _ = run(
        tmp_path,
        """
    thread = threading.Thread(target=negative)
    thread.start()
    thread.join()
    """,
    )

    [report] = told
    assert (report["type"], report["site"]["function"], code) == ("PostconditionError", "negative", 0)


@pytest.mark.parametrize(
    "drop",
    [
        "handle = Handle(); del handle",
        "handle = Handle(); handle.me = handle; del handle; gc.collect()",
        "def f():\n        handle = Handle()\n    f()",
        "[Handle()].clear()",
        "import types; types.SimpleNamespace(x=Handle())",
        "threading.local().x = Handle()",
    ],
)
def test_a_finaliser_is_called_by_the_runtime_whenever_that_is(tmp_path: Path, drop: str) -> None:
    told, code, stderr = run(tmp_path, f"\n    count(1)\n    {drop}\n")

    assert code == 0
    assert len(told) == 1, stderr
    assert_runtime(told[0])
    assert "culpa.PreconditionError: Handle.__del__() requires  self.closed" in stderr
    assert "Exception ignored in" in stderr


@pytest.mark.parametrize("keep", ["handle = Handle()", "handle = Handle(); handle.me = handle"])
def test_a_global_is_finalised_at_the_end_of_the_process(tmp_path: Path, keep: str) -> None:
    _, code, stderr = run(tmp_path, f"\n    count(1)\n    {keep}\n")

    assert code == 0
    assert "culpa.PreconditionError: Handle.__del__() requires  self.closed" in stderr
    assert "the runtime" in stderr


def test_a_file_that_is_left_open_is_written_at_the_end_of_the_process(tmp_path: Path) -> None:
    run(tmp_path, "\n    import pathlib\n    out = open('out.txt', 'w')\n    out.write('all of it')\n")

    assert (tmp_path / "out.txt").read_text() == "all of it"


@pytest.mark.parametrize("body", ["self.closed", "True"])
def test_what_a_finaliser_raises_at_the_very_end_is_what_it_is(tmp_path: Path, body: str) -> None:
    program = f"""
    import sys
    from culpa import require

    class Handle:
        closed = False

        @require(lambda self: {body})
        def __del__(self):
            raise ValueError("ordinary")

    sys.modules["kept"] = Handle()  # outlives the means to import
    """
    done = python(script(tmp_path, program))

    expected = "ValueError: ordinary" if body == "True" else "culpa.PreconditionError: Handle.__del__() requires"
    assert expected in done.stderr
    assert "ImportError" not in done.stderr


def test_a_callback_of_a_weak_reference_and_a_finalizer_are_called_by_the_runtime_or_the_line_that_dropped(
    tmp_path: Path,
) -> None:
    told, code, _ = run(
        tmp_path,
        """
    class Thing:
        pass

    thing = Thing()
    weakref.finalize(thing, count, -1)
    del thing
    """,
    )

    [report] = told
    assert (report["type"], code) == ("PreconditionError", 0)
    assert report["site"]["file"] in ("<runtime>", str(tmp_path / "main.py"))


def test_a_signal_is_handled_by_a_contracted_function(tmp_path: Path) -> None:
    told, code, stderr = run(
        tmp_path,
        """
    signal.signal(signal.SIGUSR1, negative)
    try:
        signal.raise_signal(signal.SIGUSR1)
    except Exception as error:
        print(type(error).__name__, file=sys.stderr)
    """,
    )

    [report] = told
    assert (report["type"], code, stderr) == ("PostconditionError", 0, "PostconditionError\n")


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("count(-1)", 1),
        ("sys.exit(3)", 3),
        ("@require(lambda n: n > 0)\n    def leave(n):\n        sys.exit(n)\n    leave(4)", 4),
        ("@require(lambda n: sys.exit(5))\n    def leave(n):\n        return n\n    leave(4)", 5),
        ("@ensure(lambda result: sys.exit(6))\n    def leave(n):\n        return n\n    leave(4)", 6),
    ],
)
def test_the_exit_code_is_what_python_makes_of_it(tmp_path: Path, program: str, code: int) -> None:
    told, returned, _ = run(tmp_path, f"\n    {program}\n")

    assert returned == code
    assert len(told) == (program == "count(-1)")


def test_a_violation_in_a_forked_child_is_the_childs(tmp_path: Path) -> None:
    told, code, _ = run(
        tmp_path,
        """
    import os
    child = os.fork()
    if child == 0:
        try:
            count(-1)
        except Exception:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    """,
    )

    assert (len(told), code) == (1, 0)
