"""Runs `culpa list`: every contract in a file or a tree, without importing it."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from culpa.cli._files import UnreadableError, python_files, read, unreadable
from culpa.cli._paint import painter, printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from culpa._reader import Declaration

NAME = "list"
SUMMARY = "list every contract in a file or a folder, without importing it"
EPILOG = """\
example:
  culpa list src/shop
  culpa list src/shop/stats.py --json

what you get, for each function:
  mean
    src/shop/stats.py:12  require  len(xs) > 0                   (an empty sample has no mean)
    src/shop/stats.py:13  ensure   min(xs) <= result <= max(xs)

A file that cannot be read or parsed is named on standard error, the others are listed, and the exit code is 1.
"""
_WIDEST_TEXT = 48


class Listed(NamedTuple):
    """A declaration and the file in which it stands."""

    file: str
    declaration: Declaration


class Refused(NamedTuple):
    """A file that is left out, with the reason."""

    file: str
    reason: UnreadableError


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("source", metavar="SRC", help="a Python file, or a folder with Python files at any depth")
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")


def run(options: argparse.Namespace) -> int:
    """List the contracts; 1 if any file was refused, 2 if there is nothing at the path."""
    source = Path(options.source)
    if not source.exists():
        print(f"culpa list: there is no file or folder {options.source!r}", file=sys.stderr)
        return 2
    contracts, refusals, files = _read(source)
    if options.json:
        _print_json(contracts, refusals)
    else:
        _print_table(contracts, files)
    for file, reason in refusals:
        print(f"{printable(file)}:{reason.line}: {reason.code} {reason}", file=sys.stderr)
    return 1 if refusals else 0


def _read(source: Path) -> tuple[list[Listed], list[Refused], int]:
    """Return the contracts, what was refused, and how many files were read."""
    from culpa._reader import declarations

    contracts: list[Listed] = []
    refusals: list[Refused] = []
    files = 0
    for file in python_files(source, lambda error: refusals.append(Refused(error.filename, unreadable(error)))):
        try:
            tree, text = read(file)
        except UnreadableError as error:
            refusals.append(Refused(str(file), error))
        else:
            files += 1
            contracts += [Listed(str(file), each) for each in declarations(tree, text)]
    return contracts, refusals, files


def _print_json(contracts: Sequence[Listed], refusals: Sequence[Refused]) -> None:
    import json
    from dataclasses import asdict

    found = [{"file": file, **asdict(declaration)} for file, declaration in contracts]
    refused = [
        {"file": file, "line": reason.line, "code": reason.code, "message": str(reason)} for file, reason in refusals
    ]
    print(json.dumps({"contracts": found, "refused": refused}, indent=2))


def _print_table(contracts: Sequence[Listed], files: int) -> None:
    paint = painter(sys.stdout)
    for file, group in groupby(contracts, key=lambda each: each.file):
        declared = [each.declaration for each in group]
        print("\n".join(_rows(printable(file), declared, paint)), end="\n\n")
    print(_summary(contracts, files))


def _rows(file: str, declared: Sequence[Declaration], paint: Callable[[str, str], str]) -> Iterator[str]:
    """Yield the lines for one file: its functions, each with its contracts, aligned over all of them."""
    place = max(len(f"{file}:{each.line}") for each in declared)
    kind = max(len(each.kind) for each in declared)
    text = min(_WIDEST_TEXT, max(len(printable(each.text)) for each in declared))
    functions: dict[str, list[Declaration]] = {}
    for each in declared:
        functions.setdefault(each.function, []).append(each)
    for function, own in functions.items():
        yield paint(function, "title")
        for each in own:
            where = paint(f"{file}:{each.line}".ljust(place), "quiet")
            row = f"  {where}  {paint(each.kind.ljust(kind), 'kind')}  {printable(each.text):<{text}}"
            yield row.rstrip() if each.message is None else f"{row}  ({printable(each.message)})"


def _summary(contracts: Sequence[Listed], files: int) -> str:
    if not contracts:
        return f"no contracts in {_count(files, 'file')}"
    owners = {(file, declaration.function) for file, declaration in contracts}
    classes = {(file, declaration.function) for file, declaration in contracts if declaration.kind == "invariant"}
    counts = [(len(owners - classes), "function"), (len(classes), "class")]
    parts = " and ".join(_count(number, noun) for number, noun in counts if number)
    return f"{_count(len(contracts), 'contract')} in {parts}, {_count(len({each.file for each in contracts}), 'file')}"


def _count(number: int, noun: str) -> str:
    plural = "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}{plural}"
