"""Prove on small pages that the harness of the docs runs what it should and finds what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.pages import anchors_of, blocks_of, broken_links, first_sentence_faults, links_of, setup_commands
from harness.run_page import run_apart

if TYPE_CHECKING:
    from pathlib import Path


def fenced(language: str, text: str, *marks: str) -> str:
    comments = "".join(f"<!-- {mark} -->\n" for mark in marks)
    return f"{comments}```{language}\n{text}\n```\n\n"


def faults(tmp_path: Path, *blocks: str) -> str:
    page = tmp_path / "page.md"
    page.write_text("".join(blocks), encoding="utf-8")
    directory = tmp_path / "run"
    directory.mkdir()
    return run_apart(page, directory)


RAISE = "def f(x):\n    raise ValueError(f'{x}\\n    in {__file__}')"
MODULE = fenced("python", RAISE, "file: shop/stats.py")

TRUE_PAGES = {
    "no block": "# Title\n",
    "one namespace": fenced("python", "x = 1") + "Then\n\n" + fenced("python", "assert x == 1"),
    "own source": fenced("python", "import inspect\ndef f(): pass\nassert 'pass' in inspect.getsource(f)"),
    "printed": fenced("python", "print(1)\nprint(2)") + fenced("text", "1\n2"),
    "printed, shortened": fenced("python", "for i in range(9): print(i)") + fenced("text", "0\n...\n8"),
    "text apart": fenced("python", "print(1)") + fenced("text", "2", "not output"),
    "raised": fenced("python", "1 / 0", "raises: ZeroDivisionError"),
    "raised, shown": fenced("python", "int('x')", "raises: ValueError")
    + fenced("text", "ValueError: invalid literal for int() with base 10: 'x'"),
    "module": MODULE + fenced("python", "from shop.stats import f\nassert f.__module__ == 'shop.stats'"),
    "path as given": MODULE
    + fenced("python", "from shop.stats import f\nf(1)", "raises: ValueError")
    + fenced("text", "ValueError: 1\n    in shop/stats.py"),
    "module twice": fenced("python", "x = 1", "file: a.py")
    + fenced("python", "x = 2", "file: a.py")
    + fenced("python", "import a\nassert a.x == 2"),
    "data file": fenced("toml", "x = 1", "file: a.toml") + fenced("console", "$ cat a.toml\nx = 1"),
    "command": fenced("console", "$ python -c 'print(1)'\n1\n$ echo a \\\n  b\na b"),
    "command, shortened": fenced("console", "$ python -c 'print(1, 2, 3, sep=chr(10))'\n1\n..."),
    "set-up": fenced("console", "$ pip install no-such-thing && false"),
    "in a list": "- item\n\n    ```python\n    assert True\n    ```\n",
}

FALSE_PAGES = {
    "unexpected exception": (fenced("python", "1 / 0"), "page.md:1: raised ZeroDivisionError"),
    "exit": (fenced("python", "raise SystemExit"), "page.md:1: raised SystemExit"),
    "other exception": (fenced("python", "1 / 0", "raises: ValueError"), "page.md:2: raised ZeroDivisionError"),
    "no exception": (fenced("python", "1", "raises: ValueError"), "page.md:2: did not raise ValueError"),
    "other text": (
        fenced("python", "1 / 0", "raises: ZeroDivisionError") + fenced("text", "ZeroDivisionError: no"),
        "but the truth is\nZeroDivisionError: division by zero",
    ),
    "other output": (fenced("python", "print(1)") + fenced("text", "2"), "page.md:1: shows\n2\nbut the truth is\n1\n"),
    "tests out of sight": (fenced("python", "import test_docs_harness"), "raised ModuleNotFoundError"),
    "tests out of a command's sight": (fenced("console", "$ python -c 'import harness'"), "exits with 1"),
    "other command output": (fenced("console", "$ echo 1\n2"), "shows\n2\nbut the truth is\n1\n"),
    "failing command": (fenced("console", "$ exit 3"), "`exit 3` exits with 3"),
    "unknown language": (fenced("sh", "rm x"), "page.md:1: a block in 'sh' is never run"),
    "no language": (fenced("", "x"), "page.md:1: a block in 'no language' is never run"),
}


@pytest.mark.parametrize("page", TRUE_PAGES.values(), ids=TRUE_PAGES.keys())
def test_a_true_page_has_no_fault(tmp_path: Path, page: str) -> None:
    assert faults(tmp_path, page) == ""


@pytest.mark.parametrize(("page", "fault"), FALSE_PAGES.values(), ids=FALSE_PAGES.keys())
def test_a_false_page_is_found_out(tmp_path: Path, page: str, fault: str) -> None:
    assert fault in faults(tmp_path, page)


def test_marks_belong_to_the_next_block_only() -> None:
    page = fenced("python", "1", "raises: A", "file: a.py") + fenced("python", "2")

    first, second = blocks_of(page)

    assert first.marks == {"raises": "A", "file": "a.py"}
    assert (second.marks, second.text, second.line) == ({}, "2\n", 7)


def test_prose_between_a_mark_and_a_block_ends_the_mark() -> None:
    [block] = blocks_of("<!-- raises: A -->\nprose\n" + fenced("python", "1"))

    assert block.marks == {}


def test_links_in_code_are_no_links() -> None:
    assert links_of(fenced("python", "[a](b)") + "see [x](y.md) and ![z](w.png)") == [(5, "y.md"), (5, "w.png")]


def test_a_heading_makes_an_anchor() -> None:
    assert anchors_of("# What is `raised`?\n## A--b\n" + fenced("python", "# no")) == {"what-is-raised", "a-b"}


def test_a_link_to_nothing_is_reported(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# Here\n")
    page = tmp_path / "a.md"
    page.write_text("[1](b.md) [2](b.md#here) [3](https://x.y) [4](no.md) [5](b.md#there) [6](#nowhere)")

    assert broken_links(page) == ["a.md:1: no.md", "a.md:1: b.md#there", "a.md:1: #nowhere"]


def test_one_first_sentence_and_early_code_are_fine() -> None:
    assert first_sentence_faults("# culpa\n\nIt says whose fault it is.\n\n" + fenced("python", "1")) == []


@pytest.mark.parametrize(
    "opening", ["", "Two. Sentences.\n", "no stop\n", "One paragraph.\n\nAnd more\n", "Late code.\n" + "\n" * 12]
)
def test_any_other_opening_is_reported(opening: str) -> None:
    assert len(first_sentence_faults(f"# culpa\n{opening}" + fenced("python", "1"))) == 1


def test_set_up_commands_are_those_that_install() -> None:
    page = fenced("console", "$ pip install . && true\n$ pytest\n$ python -m pip install x") + "pip install y\n"

    assert setup_commands(page) == ["pip install . && true", "python -m pip install x"]
