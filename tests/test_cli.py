"""Checks the command line: what it prints, on which stream, and with which exit code."""

from __future__ import annotations

import importlib
import importlib.metadata
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from culpa.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

STATS = """\
from culpa import ensure, require

@require(lambda xs: len(xs) > 0, "an empty sample has no mean")
@ensure(lambda xs, result: min(xs) <= result <= max(xs))
def mean(xs):
    return sum(xs) / len(xs)
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "stats.py").write_text(STATS)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def test_no_command_prints_the_help_and_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2

    assert "python -m culpa demo" in capsys.readouterr().out


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0

    assert capsys.readouterr().out.startswith("culpa ")


@pytest.mark.parametrize("command", ["demo", "list", "show"])
def test_the_help_of_a_command_gives_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0

    assert f"example:\n  {'python -m ' if command == 'demo' else ''}culpa {command}" in capsys.readouterr().out


@pytest.mark.parametrize("line", [["nonsense"], ["list"], ["list", "--nonsense", "x"], ["show"]])
def test_a_wrong_command_line_is_a_usage_error(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line) == 2

    assert "usage: culpa" in capsys.readouterr().err


def test_list_prints_every_contract_by_file_and_function(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "account.py").write_text(
        dedent("""\
            import culpa

            @culpa.invariant(lambda self: self.balance >= 0)
            class Account:
                @culpa.require(lambda amount: amount > 0)
                def deposit(self, amount):
                    culpa.check(
                        amount
                        > 0)
            """)
    )

    code = main(["list", "shop"])

    assert code == 0
    assert capsys.readouterr().out == dedent("""\
        Account
          shop/account.py:3  invariant  self.balance >= 0
        Account.deposit
          shop/account.py:5  require    amount > 0
          shop/account.py:7  check      amount > 0

        mean
          shop/stats.py:3  require  len(xs) > 0                   (an empty sample has no mean)
          shop/stats.py:4  ensure   min(xs) <= result <= max(xs)

        5 contracts in 2 functions and 1 class, 2 files
        """).replace("/", os.sep)


def test_list_takes_a_single_file_and_imports_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "stats.py").write_text("raise SystemExit('imported')\n" + STATS)

    assert main(["list", str(shop / "stats.py")]) == 0

    assert capsys.readouterr().out.endswith("2 contracts in 1 function, 1 file\n")


def test_list_walks_folders_in_order_and_leaves_hidden_ones_out(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("b", "a", ".venv", "__pycache__"):
        (shop / folder).mkdir()
        (shop / folder / "m.py").write_text("import culpa\nculpa.check(1)\n")
    (shop / "notes.txt").write_text("no Python")

    assert main(["list", "shop", "--json"]) == 0

    files = [each["file"] for each in json.loads(capsys.readouterr().out)["contracts"]]
    assert [Path(file).relative_to("shop").parts[0] for file in files] == ["stats.py", "stats.py", "a", "b"]


def test_list_says_so_when_there_are_no_contracts(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "stats.py").write_text("x = 1\n")

    assert main(["list", "shop"]) == 0

    assert capsys.readouterr().out == "no contracts in 2 files\n"


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"x = 1\ndef f(:\n", 2, "CP002 Python 3."),
        (b"x = 1\n\ny = '\xff'\n", 3, "CP001 it is not text in its encoding, utf-8"),
        (b"x = 1\ny = 2\nz = '\xff'\n", 3, "CP001 it is not text in its encoding, utf-8"),
        (b"x = '\xff'\n", 1, "CP001 it is not text: "),
        (b"# coding: utf-9\n", 1, "CP001 it is not text: unknown encoding"),
        (b"# coding: hex\n", 1, "CP001 it is not text: "),
        (b"x = 1\n\0", 2, "CP001 it holds a NUL byte"),
        (b"x = " + b"-" * 200_000 + b"1\n", 1, "CP002 "),
    ],
)
def test_list_names_a_file_that_it_cannot_read_and_goes_on(
    content: bytes, line: int, message: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "broken.py").write_bytes(content)

    code = main(["list", "shop"])

    out, err = capsys.readouterr()
    assert code == 1
    assert err.startswith(f"{Path('shop', 'broken.py')}:{line}: {message}")
    assert err.count("\n") == 1
    assert out.endswith("2 contracts in 1 function, 1 file\n")


@pytest.mark.parametrize("content", ["\ufeff# \xe9\n", "# coding: latin-1\n# \xe9\n"])
def test_list_reads_a_file_in_its_own_encoding(content: str, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = content + "import culpa\nculpa.check('\xe9')\n"
    (shop / "stats.py").write_bytes(source.encode("latin-1" if "latin" in content else "utf-8"))

    assert main(["list", "shop"]) == 0

    assert "check  '\xe9'\n" in capsys.readouterr().out


def test_list_names_what_the_system_does_not_let_it_read(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "gone.py").symlink_to("nowhere.py")

    assert main(["list", "shop"]) == 1

    assert (
        capsys.readouterr().err == f"{Path('shop', 'gone.py')}:1: CP001 it cannot be read: No such file or directory\n"
    )


def test_list_names_a_folder_that_it_cannot_enter(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def locked(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    (shop / "locked").mkdir()
    monkeypatch.setattr(os, "scandir", locked)

    assert main(["list", "shop"]) == 1

    assert capsys.readouterr().err == f"{Path('shop', 'locked')}:1: CP001 it cannot be read: Permission denied\n"


def test_list_of_a_path_that_is_not_there_is_a_usage_error(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "shoop"]) == 2

    assert capsys.readouterr() == ("", "culpa list: there is no file or folder 'shoop'\n")


def test_list_for_machines_tells_everything(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "broken.py").write_text("def\n")

    assert main(["list", "shop", "--json"]) == 1

    told = json.loads(capsys.readouterr().out)
    assert told["contracts"][0] == {
        "file": str(Path("shop", "stats.py")),
        "kind": "require",
        "function": "mean",
        "text": "len(xs) > 0",
        "message": "an empty sample has no mean",
        "line": 3,
        "column": 1,
        "end_line": 3,
        "end_column": 63,
    }
    assert [(each["file"], each["line"], each["code"]) for each in told["refused"]] == [
        (str(Path("shop", "broken.py")), 1, "CP002")
    ]


def test_control_characters_of_a_file_do_not_reach_the_terminal(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "stats.py").write_text("import culpa\nculpa.check('\x1b[31m', 'two\\nlines')\n")

    main(["list", "shop"])

    assert r"check  '\x1b[31m'  (two\nlines)" in capsys.readouterr().out


def test_show_prints_the_code_that_runs(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "shop.stats:mean"]) == 0

    out = capsys.readouterr().out
    assert "def mean(xs):" in out
    assert "len(xs) > 0" in out
    compile(out, "shown", "exec")


def test_show_reaches_a_method_of_a_class(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "culpa.demo.ledger:Book.rows"]) == 0

    assert capsys.readouterr().out.lstrip().startswith("def rows(self)")


def test_show_for_machines_gives_the_placement_and_the_clauses(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "shop.stats:mean", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["function"] == "mean"
    assert told["placement"].startswith(("inside", "around"))
    assert told["clauses"][0] == {
        "kind": "require",
        "text": "len(xs) > 0",
        "message": "an empty sample has no mean",
        "names": ["xs"],
        "name": None,
        "exceptions": [],
        "file": str(shop / "stats.py"),
        "line": 3,
        "column": 1,
    }
    assert told["clauses"][1]["kind"] == "ensure"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("shop.stats", "'shop.stats' is not of the form MODULE:FUNCTION, as in shop.stats:mean"),
        ("shop.stats:", "'shop.stats:' is not of the form MODULE:FUNCTION, as in shop.stats:mean"),
        (".stats:mean", "'.stats:mean' is not of the form MODULE:FUNCTION, as in shop.stats:mean"),
        (
            "shop/m.py:f",
            "'shop/m.py:f' is not of the form MODULE:FUNCTION, as in shop.stats:mean; did you mean shop.m:...?",
        ),
        ("shop.stats:meen", "module shop.stats has no 'meen'; did you mean 'mean'?"),
        ("shop.stats:zzzzzz", "module shop.stats has no 'zzzzzz'"),
        ("shop.stats:mean.meen", "mean has no 'meen'"),
        ("shop.stat:mean", "there is no module 'shop.stat'; did you mean 'shop.stats'?"),
        ("shoop.stats:mean", "there is no module 'shoop'; did you mean 'shop'?"),
        ("json.decoder.deeper:mean", "there is no module 'json.decoder.deeper'"),
    ],
)
def test_show_of_a_name_that_is_not_there_suggests_the_nearest(
    target: str, message: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", target]) == 2

    assert capsys.readouterr() == ("", f"culpa show: {message}\n")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "raised ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "raised SystemExit: 3"),
        ("import no_such_module_here", "raised ModuleNotFoundError: No module named 'no_such_module_here'"),
        ("raise ModuleNotFoundError", "raised ModuleNotFoundError: "),
        ("import sys; sys.path.pop(0); f = 1 / 0", "raised ZeroDivisionError: division by zero"),
    ],
)
def test_show_refuses_a_module_that_cannot_be_imported(
    source: str, message: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "broken.py").write_text(source)

    assert main(["show", "shop.broken:f"]) == 1

    assert capsys.readouterr() == ("", f"culpa show: importing shop.broken {message}\n")


def test_show_refuses_what_has_no_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "builtins:len"]) == 1

    message = "culpa show: builtins:len is a builtin_function_or_method, without Python source to show\n"
    assert capsys.readouterr() == ("", message)


def test_show_leaves_the_import_path_as_it_was(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = list(sys.path)

    main(["show", "shop.stats:mean"])

    assert sys.path == before


def test_the_demo_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0

    assert "\033" not in capsys.readouterr().out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "is_coloured"),
    [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colour_needs_a_terminal_and_no_objection(
    environment: dict[str, str], is_coloured: bool, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)

    main(["list", "shop"])

    assert ("\033[" in terminal.getvalue()) is is_coloured


def test_a_reader_that_has_gone_is_no_error(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as broken:
        monkeypatch.setattr(sys, "stdout", broken)

        assert main(["list", "shop"]) == 141


def test_a_character_that_a_stream_cannot_encode_is_escaped(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop / "stats.py").write_text("import culpa\nculpa.check('\u20ac')\n", encoding="utf-8")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))

    assert main(["list", "shop"]) == 0

    assert rb"check  '\u20ac'" in written.getvalue()


def test_importing_the_entry_point_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    importlib.import_module("culpa.__main__")

    assert capsys.readouterr() == ("", "")


def test_the_module_runs_as_a_process_whose_output_may_be_cut_short(shop: Path) -> None:
    command = [sys.executable, "-m", "culpa", "list", "shop"]
    (shop / "many.py").write_text("import culpa\n" + "culpa.check(True, 'this line is long enough')\n" * 5000)

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.stdout.close()
        _, err = process.communicate(timeout=60)

    assert first == b"<module>\n"
    assert err == b""
    assert process.returncode == 141


def test_the_version_is_said_also_where_nothing_is_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)

    assert main(["--version"]) == 0
    assert "run from source" in capsys.readouterr().out
