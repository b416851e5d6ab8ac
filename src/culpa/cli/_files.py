"""Finds and reads Python files, and says why one cannot be read."""

from __future__ import annotations

import ast
import io
import os
import re
import sys
import tokenize
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class UnreadableError(Exception):
    """A file cannot be read as Python: `code` and `line` as in a diagnostic."""

    def __init__(self, code: str, line: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.line = line


def python_files(source: Path, onerror: Callable[[OSError], None]) -> Iterator[Path]:
    """Yield the file `source`, or the Python files below that folder, sorted; hidden folders are left out."""
    if not source.is_dir():
        yield source
        return
    for folder, inner, names in os.walk(source, onerror=onerror):
        inner[:] = sorted(name for name in inner if name != "__pycache__" and not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(".py"))


def read(path: Path) -> tuple[ast.Module, str]:
    """Return the tree and the text of a file, or raise `UnreadableError`."""
    try:
        text = _decoded(path.read_bytes())
    except OSError as error:
        raise unreadable(error) from error
    try:
        with warnings.catch_warnings():
            # The parser's own warnings differ from one Python to the next and are nobody's question here.
            warnings.simplefilter("ignore")
            return ast.parse(text), text
    except SyntaxError as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise UnreadableError("CP002", error.lineno or 1, f"Python {version} cannot parse it: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise UnreadableError("CP002", 1, "it is nested too deeply to be parsed") from error


def unreadable(error: OSError) -> UnreadableError:
    """Return what the system said of a file or folder, as a diagnostic."""
    return UnreadableError("CP001", 1, f"it cannot be read: {error.strerror}")


def _decoded(content: bytes) -> str:
    if b"\0" in content:
        raise UnreadableError("CP001", 1 + content[: content.index(b"\0")].count(b"\n"), "it holds a NUL byte")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = 1 + len(re.findall(b"\r\n|\r|\n", content[: error.start]))
        raise UnreadableError("CP001", line, f"it is not text in its encoding, {error.encoding}") from error
    except (SyntaxError, LookupError) as error:
        raise UnreadableError("CP001", 1, f"it is not text: {error}") from error
