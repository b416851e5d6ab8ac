"""Run the blocks of one Markdown page in the current directory, as a reader would, and print where the page is wrong.

Marks are HTML comments above a block. `raises: NAME`: the block must end in that exception. `file: shop/stats.py`: the
block is written to that file and, if Python, imported from there. `not output`: the text block is no output.
Other Python blocks share one namespace; the first is `example.py`, the next `example_2.py`. The next block of
a Python block, if it is `text`, is what it prints, or the final exception text. A line `...` stands for any lines.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import subprocess
import sys
import traceback
from pathlib import Path
from types import ModuleType

from harness.pages import Block, blocks_of, commands_of, is_setup

TESTS = Path(__file__).parents[1]
RUN = {"python", "console"}
SHOWN = {"text", "toml", "ini", "yaml", "json", "diff", "mermaid"}


def run_apart(path: Path, directory: Path) -> str:
    """Run a page in a process of its own, in an empty directory; return its faults, "" if it tells the truth."""
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "NO_COLOR": "1", "COLUMNS": "100"}
    command = [sys.executable, "-m", "harness.run_page", str(path)]
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    return done.stdout + done.stderr


def run_page(path: Path) -> list[str]:
    """Run every block of a page and return its faults, each with the page's line."""
    blocks = blocks_of(path.read_text(encoding="utf-8"))
    shared = ModuleType("example")
    sys.modules["example"] = shared
    faults: list[tuple[int, str]] = []
    for number, block in enumerate(blocks):
        following = blocks[number + 1] if number + 1 < len(blocks) else None
        faults += [(block.line, fault) for fault in _run_block(block, following, shared)]
    return [f"{path.name}:{line}: {fault}" for line, fault in faults]


def _run_block(block: Block, following: Block | None, shared: ModuleType) -> list[str]:
    if block.language not in RUN | SHOWN:
        return [f"a block in {block.language or 'no language'!r} is never run: say python, console or text"]
    if "file" in block.marks:
        _write(Path(block.marks["file"]), block.text)
    if block.language == "console":
        return [fault for command, output in commands_of(block) for fault in _run_command(command, output)]
    return _run_python(block, following, shared) if block.language == "python" else []


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _run_python(block: Block, following: Block | None, shared: ModuleType) -> list[str]:
    wanted = block.marks.get("raises")
    printed = io.StringIO()
    error: BaseException | None = None
    with contextlib.redirect_stdout(printed):
        try:
            _execute(block, shared)
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the page shows it or is at fault
            error = raised
    if error is None and wanted:
        return [f"did not raise {wanted}"]
    shown = printed.getvalue() if error is None else "".join(traceback.format_exception_only(error))
    if error is not None and wanted not in {type(error).__name__, shown.partition(":")[0]}:
        return [f"raised {_portable(shown)}"]
    is_output = following is not None and following.language == "text" and "not output" not in following.marks
    return _compare(following.text, shown) if following is not None and is_output else []


def _execute(block: Block, shared: ModuleType) -> None:
    if "file" in block.marks:
        name = ".".join(Path(block.marks["file"]).with_suffix("").parts)
        sys.modules.pop(name, None)
        importlib.invalidate_caches()
        importlib.import_module(name)
        return
    path = _next_example()
    _write(path, block.text)
    exec(compile(block.text, path, "exec", dont_inherit=True), vars(shared))


def _next_example() -> Path:
    count = len(list(Path.cwd().glob("example*.py")))
    return Path.cwd() / (f"example_{count + 1}.py" if count else "example.py")


def _run_command(command: str, output: str) -> list[str]:
    if is_setup(command):
        return []
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        shell=True,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if output:
        return _compare(output, done.stdout)
    return [f"`{command}` exits with {done.returncode}: {_portable(done.stdout)}"] if done.returncode else []


def _compare(wanted: str, shown: str) -> list[str]:
    lines = [line.rstrip() for line in wanted.rstrip().splitlines()]
    pattern = "".join(r"(?:.*\n)*" if line.strip() == "..." else re.escape(line) + r"\n" for line in lines)
    seen = "\n".join(line.rstrip() for line in _portable(shown).rstrip().splitlines()) + "\n"
    return [] if re.fullmatch(pattern, seen) else [f"shows\n{wanted}but the truth is\n{seen}"]


def _portable(text: str) -> str:
    return text.replace(f"{Path.cwd()}{os.sep}", "")


if __name__ == "__main__":
    # The page's own commands and imports must not see the tests.
    os.environ.pop("PYTHONPATH", None)
    sys.path[:] = [entry for entry in sys.path if Path(entry) != TESTS]
    sys.dont_write_bytecode = True  # a page may write one file twice within the clock's grain
    found = run_page(Path(sys.argv[1]))
    print(*found, sep="\n", end="")
    sys.exit(bool(found))
