"""Run mypy and pyright in their strict modes on a folder, and compare what they say with the comments in its files.

`# E: TEXT` expects an error on its line from both, `# E[mypy]: TEXT` and `# E[pyright]: TEXT` from one of them; TEXT
is part of the message or of its code. `# same as above` expects a `reveal_type` to show what the one before shows.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CHECKERS = ("mypy", "pyright")
EXPECTED = re.compile(r"# E(?:\[(?P<checker>\w+)\])?: (?P<text>[^#]+)")
SAME = "# same as above"
NAMES = re.compile(r'Type of ".*?" is |@\w+')  # pyright names what it reveals, and where a type variable is bound


@dataclass(frozen=True, slots=True)
class Remark:
    """What a checker says about one line: an error, or a revealed type."""

    file: str
    line: int
    text: str
    is_error: bool


def run_mypy(folder: Path, source: Path, cache: Path) -> list[Remark]:
    """Check a folder's files with `mypy --strict`, no plugin, with `source` as the place of culpa."""
    flags = ["--strict", "--config-file=", f"--cache-dir={cache}", "--follow-imports=silent", "--output=json"]
    output = _run("mypy", *flags, *map(str, _files(folder)), MYPYPATH=str(source))
    return [_mypy_remark(json.loads(line)) for line in output.splitlines() if line]


def run_pyright(folder: Path, source: Path, cache: Path) -> list[Remark]:
    """Check a folder's files with pyright in strict mode, with `source` as the place of culpa."""
    project = cache / "pyright"  # a copy: pyright takes no absolute path in its settings
    shutil.copytree(folder, project)
    settings = {"extraPaths": [str(source)], "typeCheckingMode": "strict"}
    (project / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    output = _run("pyright", "--outputjson", f"--project={project}", f"--pythonpath={sys.executable}")
    return [_pyright_remark(found) for found in json.loads(output)["generalDiagnostics"]]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.py"))


def _run(checker: str, *arguments: str, **environment: str) -> str:
    command = [sys.executable, "-m", checker, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"{checker} exits with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _mypy_remark(found: dict[str, object]) -> Remark:
    text = f"{found['message']} [{found['code']}]"
    return Remark(_name(found["file"]), int(str(found["line"])), text, found["severity"] == "error")


def _pyright_remark(found: dict[str, object]) -> Remark:
    start = found["range"]["start"]  # type: ignore[index]
    text = f"{found['message']} [{found.get('rule')}]"
    return Remark(_name(found["file"]), start["line"] + 1, text, found["severity"] != "information")


def _name(file: object) -> str:
    return Path(str(file)).name


def compare(folder: Path, checker: str, remarks: Iterable[Remark]) -> list[str]:
    """Report where a checker's remarks and the comments in a folder's files differ."""
    remarks = list(remarks)
    return [fault for path in _files(folder) for fault in _compare_file(path, checker, remarks)]


def _compare_file(path: Path, checker: str, remarks: list[Remark]) -> list[str]:
    faults: list[str] = []
    revealed = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        here = [remark for remark in remarks if (remark.file, remark.line) == (path.name, number)]
        shown = " ".join(NAMES.sub("", remark.text) for remark in here if not remark.is_error)
        found = _compare_errors(_expected(line, checker), [remark.text for remark in here if remark.is_error])
        if SAME in line and not shown == revealed != "":
            found.append(f"reveals {shown or 'nothing'}, not {revealed or 'a type'}")
        faults += [f"{path.name}:{number}: {fault}" for fault in found]
        revealed = shown or revealed
    return faults


def _expected(line: str, checker: str) -> list[str]:
    return [mark["text"].strip() for mark in EXPECTED.finditer(line) if mark["checker"] in {None, checker}]


def _compare_errors(expected: list[str], errors: list[str]) -> list[str]:
    missing = [f"no error says {text!r}" for text in expected if not any(text in error for error in errors)]
    return missing + [f"unexpected: {error}" for error in errors if not any(text in error for text in expected)]
