"""position, definition, instructions: what a code object tells of its places, and what it does not."""

from __future__ import annotations

import dis
import linecache
import sys
from types import CodeType
from typing import TYPE_CHECKING, Any

import pytest

from culpa import _position
from culpa._position import definition, instructions, position

if TYPE_CHECKING:
    from pathlib import Path


def codes(code: CodeType) -> list[CodeType]:
    inner = [value for value in code.co_consts if isinstance(value, CodeType)]
    return [code, *(deep for value in inner for deep in codes(value))]


def call_in(code: CodeType) -> int:
    """Return the offset of the last call."""
    return max(offset for offset, name, _ in instructions(code) if name == "CALL")


def compiled(tmp_path: Path, text: str) -> CodeType:
    file = tmp_path / f"{abs(hash(text))}.py"
    file.write_text(text, encoding="utf-8")
    return compile(text, str(file), "exec", dont_inherit=True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("f(1)", (1, 0)),
        ("x = 1; f(1)", (1, 7)),
        ("\n\nx = [\n    f(1)\n]", (4, 4)),
        ("x = 'é' + f(1)", (1, 10)),
        ("x = '\U0001f40d', 'é', f(1)", (1, 14)),
        ("x = (\n 'é', f(\n1))", (2, 6)),
    ],
)
def test_a_position_counts_lines_from_1_and_columns_from_0_in_characters(
    tmp_path: Path, text: str, place: tuple[int, int]
) -> None:
    code = compiled(tmp_path, text)

    assert position(code, call_in(code)) == place


def test_without_source_a_column_counts_bytes() -> None:
    code = compile("x = 'é' + f(1)", "<nowhere>", "exec")

    assert position(code, call_in(code)) == (1, 11)


def test_an_offset_that_no_instruction_has_is_nowhere() -> None:
    code = compile("f(1)", "<nowhere>", "exec")

    assert position(code, 10_000) == (None, None)
    assert position(code, -1) == position(code, 0)


def test_code_without_columns_has_lines() -> None:
    code = compile("\n\nf(1)", "<nowhere>", "exec")
    table = bytes([0x80 | 13 << 3 | 7, 4] + [0x80 | 13 << 3 | 7, 0] * 9)  # a line each, and no column (PEP 626)

    assert position(code.replace(co_linetable=table), 4) == (3, None)


def test_code_without_a_table_of_lines_has_no_position() -> None:
    code = compile("f(1)", "<nowhere>", "exec")

    assert position(code.replace(co_linetable=b""), call_in(code)) == (None, None)


DEFINITIONS = """\
def plain(): pass

@decorator
@decorator(
    1
)
def decorated():
    class Local:
        @decorator
        async def method(self): pass
    return lambda: 1

x = [
    lambda: 2
]
"""


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("plain", (1, 0)),
        ("decorated", (7, 0)),
        ("decorated.<locals>.Local", (8, 4)),
        ("decorated.<locals>.Local.method", (10, 8)),
        ("decorated.<locals>.<lambda>", (11, 11)),
        ("<lambda>", (14, 4)),
    ],
)
def test_a_definition_is_at_its_def_not_at_its_decorators(name: str, place: tuple[int, int]) -> None:
    every = codes(compile(DEFINITIONS, "<nowhere>", "exec"))
    code = next(code for code in every if code.co_qualname == name)
    definer = next(other for other in every if code in other.co_consts)

    assert definition(code, definer) == place


def test_a_definition_of_which_the_definer_does_not_tell_is_at_its_first_decorator() -> None:
    module = compile(DEFINITIONS, "<nowhere>", "exec")
    decorated = next(code for code in codes(module) if code.co_name == "decorated")
    other = compile("1", "<nowhere>", "exec")
    equal = next(c for c in codes(compile(DEFINITIONS, "<nowhere>", "exec")) if c.co_name == "decorated")
    stripped = module.replace(co_linetable=b"")

    assert definition(decorated, None) == (3, None)
    assert definition(decorated, other) == (3, None)
    assert definition(equal, module) == (3, None)  # equal code, but not the same: another definition
    assert definition(decorated, stripped) == (3, None)


def long_arguments() -> str:
    names = [f"n{number}" for number in range(300)]
    return f"def f(x):\n    {'; '.join(f'{name} = {number}.5' for number, name in enumerate(names))}\n    return n299\n"


@pytest.mark.parametrize("text", [DEFINITIONS, long_arguments(), "x = [y.z(1) for y in z if y > 3]"])
def test_instructions_are_those_of_dis(text: str) -> None:
    for code in codes(compile(text, "<nowhere>", "exec")):
        known: list[Any] = [
            (step.offset, step.opname, step.arg)
            for step in dis.get_instructions(code)
            if step.opname not in ("CACHE", "EXTENDED_ARG")
        ]

        # An argument that `dis` leaves out is a byte that means nothing.
        assert [
            (o, n, a if k[2] is not None else None) for (o, n, a), k in zip(instructions(code), known, strict=True)
        ] == known


def test_reading_a_column_leaves_the_cache_of_lines_to_tracebacks(tmp_path: Path) -> None:
    code = compiled(tmp_path, "f('é')")
    position(code, call_in(code))

    assert linecache.getline(code.co_filename, 1) == "f('é')\n"


def test_at_the_very_end_of_a_process_a_column_counts_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = compiled(tmp_path, "x = 'é' + f(1)")
    monkeypatch.setitem(sys.modules, "linecache", None)  # nothing can be imported any more

    assert position(code, call_in(code)) == (1, 11)


def test_opcodes_are_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_position, "_opcodes", None)
    code = compile("x", "<nowhere>", "eval")
    first = instructions(code)
    monkeypatch.setitem(sys.modules, "opcode", None)

    assert instructions(code) == first
