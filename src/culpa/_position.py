"""Reads the line and the column of one instruction from a code object."""

from __future__ import annotations

from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType


_opcodes: tuple[list[str], int, int] | None = None


def position(code: CodeType, offset: int) -> tuple[int | None, int | None]:
    """Return line (from 1) and column (from 0, in characters) of the instruction at `offset`, None where unknown."""
    line, _, column, _ = next(islice(code.co_positions(), max(offset, 0) // 2, None), (None,) * 4)
    return line, None if line is None or column is None else _characters(code.co_filename, line, column)


def definition(code: CodeType, definer: CodeType | None) -> tuple[int, int | None]:
    """Return the position of the word `def` of `code`; the first decorator's line where `definer` does not tell.

    `co_firstlineno` is the first decorator's line, but the instruction of the enclosing code that loads `code` has
    the position of the `def`: so no source is needed.
    """
    if definer is not None:
        constant = next((i for i, value in enumerate(definer.co_consts) if value is code), None)
        for offset, name, argument in instructions(definer) if constant is not None else ():
            if name == "LOAD_CONST" and argument == constant:
                line, column = position(definer, offset)
                if line is not None:
                    return line, column
    return code.co_firstlineno, None


def instructions(code: CodeType) -> list[tuple[int, str, int]]:
    """Return offset, name and argument of each instruction (`dis` gives the same at ten times the cost)."""
    global _opcodes  # noqa: PLW0603 - at the very end of a process nothing can be imported any more
    if _opcodes is None:
        from opcode import opmap, opname

        _opcodes = opname, opmap["CACHE"], opmap["EXTENDED_ARG"]
    names, cache, extended = _opcodes
    raw = code.co_code
    found: list[tuple[int, str, int]] = []
    extension = 0
    for offset in range(0, len(raw), 2):
        operation = raw[offset]
        if operation == extended:
            extension = (raw[offset + 1] | extension) << 8
        elif operation != cache:
            found.append((offset, names[operation], raw[offset + 1] | extension))
            extension = 0
    return found


def _characters(file: str, line: int, column: int) -> int:
    """Return `column`, which Python counts in UTF-8 bytes, in characters, as far as the source line can be read."""
    try:
        from linecache import getline
    except ImportError:  # at the very end of a process
        return column
    return len(getline(file, line).encode()[:column].decode(errors="ignore")) or column
