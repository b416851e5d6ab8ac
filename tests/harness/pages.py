"""Read Markdown pages: their fenced blocks with the comments that steer them, their links and their headings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FENCE = re.compile(r"^(?P<indent>\s*)(?P<ticks>`{3,})(?P<language>[\w-]*)")
MARK = re.compile(r"^\s*<!--\s*(?P<key>[a-z ]+?)\s*(?::\s*(?P<value>.*?)\s*)?-->\s*$")
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)[^)]*\)")
HEADING = re.compile(r"^#+\s+(?P<title>.*?)\s*#*$")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its text, the line of its fence, and the marks above it (`raises`, `file`, `not output`)."""

    language: str
    text: str
    line: int
    marks: dict[str, str] = field(default_factory=dict[str, str])


def blocks_of(page: str) -> list[Block]:
    """List the fenced blocks of a page, in order."""
    blocks: list[Block] = []
    marks: dict[str, str] = {}
    lines = iter(enumerate(page.splitlines(), start=1))
    for number, line in lines:
        if fence := FENCE.match(line):
            text: list[str] = []
            for _, inner in lines:
                if inner.strip() == fence["ticks"]:
                    break
                text.append(inner)
            blocks.append(Block(fence["language"], dedent("\n".join(text)) + "\n", number, marks))
            marks = {}
        elif mark := MARK.match(line):
            marks = {**marks, mark["key"]: mark["value"] or ""}
        elif line.strip():
            marks = {}
    return blocks


def prose_of(page: str) -> list[str]:
    """List the lines of a page, those of fenced blocks and comments left empty, so that numbers still hold."""
    prose: list[str] = []
    ticks = ""
    for line in page.splitlines():
        fence = FENCE.match(line)
        hidden = bool(ticks or fence or MARK.match(line))
        prose.append("" if hidden else line)
        if ticks:
            ticks = "" if line.strip() == ticks else ticks
        elif fence:
            ticks = fence["ticks"]
    return prose


def links_of(page: str) -> list[tuple[int, str]]:
    """List the targets of a page's links with their lines."""
    return [(number, link["target"]) for number, line in enumerate(prose_of(page), 1) for link in LINK.finditer(line)]


def anchors_of(page: str) -> set[str]:
    """Return the anchors that a page's headings make."""
    titles = (heading["title"] for line in prose_of(page) if (heading := HEADING.match(line)))
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", title.lower()).strip()) for title in titles}


def broken_links(path: Path) -> list[str]:
    """Report the relative links of a page that lead to no file, or to no heading in it."""
    return [
        f"{path.name}:{line}: {target}"
        for line, target in links_of(path.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:") and not _leads_somewhere(path, target)
    ]


def _leads_somewhere(path: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    other = path.parent / name if name else path
    return other.exists() and (not anchor or anchor in anchors_of(other.read_text(encoding="utf-8")))


def first_sentence_faults(page: str) -> list[str]:
    """Report what is wrong between a page's title and its first block: one paragraph of one sentence stands there."""
    blocks = blocks_of(page)
    start = blocks[0].line if blocks else len(page.splitlines()) + 1
    opening = prose_of(page)[: start - 1]
    text = "\n".join(line for line in opening if not HEADING.match(line)).strip()
    faults = [] if start < 15 else [f"the first code stands on line {start}, not before line 15"]
    if "\n\n" in text or len(re.findall(r"[.!?](?=\s|$)", text)) != 1:
        faults.append(f"one sentence stands before the first code, not: {text!r}")
    return faults


def commands_of(block: Block) -> list[tuple[str, str]]:
    """List a console block's commands, each with the output shown beneath it."""
    commands: list[tuple[str, str]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            commands.append((line[2:], ""))
        elif commands:
            command, output = commands.pop()
            is_continued = command.endswith("\\") and not output
            commands.append((f"{command}\n{line}", "") if is_continued else (command, f"{output}{line}\n"))
    return [(command, output.rstrip() + "\n" if output.strip() else "") for command, output in commands]


def setup_commands(page: str) -> list[str]:
    """List the commands of a page that install something."""
    consoles = (block for block in blocks_of(page) if block.language == "console")
    return [command for block in consoles for command, _ in commands_of(block) if is_setup(command)]


def is_setup(command: str) -> bool:
    """Say whether a command changes the machine, so that a test of the page must not run it."""
    return "pip install" in command or "git clone" in command
