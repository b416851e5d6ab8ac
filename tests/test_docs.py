"""Run every block of the README and the docs, and check that the pages are complete and well linked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import culpa
from harness.pages import broken_links, first_sentence_faults, links_of, setup_commands
from harness.run_page import run_apart

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def reference() -> str:
    """Return what the reference says in code: the text of its code spans."""
    pages = [ROOT / "docs" / "reference.md", *sorted((ROOT / "docs" / "reference").rglob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())
    return "\n".join(re.findall(r"`([^`\n]+)`", text))


def is_named(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


def help_text(*arguments: str) -> str:
    command = [sys.executable, "-m", "culpa", *arguments, "--help"]
    wide = {**os.environ, "COLUMNS": "100"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=wide).stdout


def commands() -> list[str]:
    return re.findall(r"^ {4}([a-z][\w-]*)", help_text(), re.MULTILINE)


@each_page
def test_every_block_runs_and_shows_the_truth(page: Path, tmp_path: Path) -> None:
    assert run_apart(page, tmp_path) == ""


@each_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_the_readme_opens_with_one_sentence_and_code() -> None:
    assert first_sentence_faults(README.read_text(encoding="utf-8")) == []


def test_the_readme_names_two_set_up_commands() -> None:
    user, developer = setup_commands(README.read_text(encoding="utf-8"))

    assert user == "pip install . && python -m culpa demo"
    assert developer == "pip install -e '.[dev]' && pytest"


def test_the_readme_has_four_links() -> None:
    assert len(links_of(README.read_text(encoding="utf-8"))) == 4


@pytest.mark.parametrize("name", culpa.__all__)
def test_every_public_name_is_in_the_reference(name: str) -> None:
    assert is_named(name, reference())


def test_every_command_and_option_is_in_the_reference() -> None:
    names = commands()
    helps = [help_text(), *(help_text(name) for name in names)]
    options = {option for text in helps for option in re.findall(r"(?<![\w-])--?[a-z][\w-]*", text)} - {"-h", "--help"}

    missing = [name for name in sorted({*names, *options}) if not is_named(name, reference())]

    assert names
    assert missing == []
