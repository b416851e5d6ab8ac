"""Keep results.md: one section for each script and Python version, replaced whole, never edited by hand."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

RESULTS = Path(__file__).parent / "results.md"
_PREAMBLE = """# Benchmark results

Written by the scripts in this folder, each run replaces its own section; nobody edits it by hand."""
_HEADING = "## "


def section_title(script: str) -> str:
    """The key of a section: a patch release of Python replaces the figures of the one before."""
    return f"{script} on Python {sys.version_info.major}.{sys.version_info.minor}"


def merge(text: str, title: str, body: str) -> str:
    """The text of the results with the section `title` added or replaced, sections in order of their titles."""
    sections = dict(_split(text))
    sections[title] = body.strip()
    parts = [f"{_HEADING}{name}\n\n{sections[name]}" for name in sorted(sections)]
    return "\n\n".join([_PREAMBLE, *parts]) + "\n"


def _split(text: str) -> Iterable[tuple[str, str]]:
    for part in f"\n{text}".split(f"\n{_HEADING}")[1:]:
        title, _, body = part.partition("\n")
        yield title.strip(), body.strip()


def write_unless_partial(path: Path | None, is_full: bool, script: str, body: str) -> None:
    """Merge the section into `path`; without one, into results.md, but only what a full run measured."""
    if path is None and not is_full:
        print("\nnot written to results.md: a partial run, or a library is missing", file=sys.stderr)
        return
    target = path or RESULTS
    text = target.read_text(encoding="utf-8") if target.exists() else ""
    target.write_text(merge(text, section_title(script), body), encoding="utf-8")


def circumstances(versions: Iterable[str], command: str) -> str:
    """Where the figures come from: machine, Python, library versions, and the command to repeat them."""
    lines = [
        f"- machine: {cpu_model()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        f"- Python: {platform.python_implementation()} {platform.python_version()}",
        f"- libraries: {', '.join(sorted({version for version in versions if version})) or 'none'}",
        f"- command: `{command}`",
    ]
    return "\n".join(lines)


def cpu_model() -> str:
    """The processor's own name where Linux tells it, else the architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A markdown table, its first column left, the others right aligned."""
    head = list(header)
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
