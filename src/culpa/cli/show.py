"""Runs `culpa show`: the code of one function that really runs, checks included."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import pkgutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from types import ModuleType

NAME = "show"
SUMMARY = "show the code of one function that really runs, its checks included"
EPILOG = """\
example:
  culpa show shop.stats:mean
  culpa show shop.account:Account.deposit --json

The module is imported as `python -m` does it: from the folder in which you are, or from what is installed.
"""


class UnknownNameError(Exception):
    """The command line names something that does not exist."""


class RefusedError(Exception):
    """What the command line names exists, and cannot be imported or has no source."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "target", metavar="MODULE:FUNCTION", help="the module with dots, a colon, the function or Class.method"
    )
    parser.add_argument("--json", action="store_true", help="print the contract and where its checks stand, as JSON")


def run(options: argparse.Namespace) -> int:
    """Print what runs; 1 if it cannot be imported or has no source, 2 for a name that is not there."""
    try:
        target = _find(options.target)
        _print_json(target) if options.json else print(_source(options.target, target), end="")
    except (UnknownNameError, RefusedError) as error:
        print(f"culpa show: {error}", file=sys.stderr)
        return 2 if isinstance(error, UnknownNameError) else 1
    return 0


def _source(name: str, target: object) -> str:
    from culpa import source_of

    try:
        return source_of(target)
    except (TypeError, OSError) as error:
        raise RefusedError(f"{name} is a {type(target).__name__}, without Python source to show") from error


def _print_json(target: object) -> None:
    import json

    from culpa import contract_of

    contract = contract_of(target)
    clauses = [
        {
            "kind": clause.kind,
            "text": clause.text,
            "message": clause.message,
            "names": clause.names,
            "name": clause.name,
            "exceptions": [exception.__qualname__ for exception in clause.exceptions],
            "file": clause.site.file,
            "line": clause.site.line,
            "column": clause.site.column,
        }
        for clause in contract.clauses
    ]
    print(json.dumps({"function": contract.function, "placement": contract.placement, "clauses": clauses}, indent=2))


def _find(target: str) -> object:
    name, colon, path = target.partition(":")
    if not colon or not all(part.isidentifier() for part in [*name.split("."), *path.split(".")]):
        raise UnknownNameError(f"{target!r} is not of the form MODULE:FUNCTION, as in shop.stats:mean{_dotted(name)}")
    found: object = _module(name)
    reached = f"module {name}"
    for part in path.split("."):
        if not hasattr(found, part):
            raise UnknownNameError(f"{reached} has no {part!r}{_nearest(part, dir(found))}")
        found = getattr(found, part)
        reached = part
    return found


def _module(name: str) -> ModuleType:
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if not missing or not f"{name}.".startswith(f"{missing}."):
            raise RefusedError(f"importing {name} raised {type(error).__name__}: {error}") from error
        raise UnknownNameError(f"there is no module {missing!r}{_nearest(missing, _siblings(missing))}") from error
    except (Exception, SystemExit) as error:
        raise RefusedError(f"importing {name} raised {type(error).__name__}: {error}") from error
    finally:
        with contextlib.suppress(ValueError):  # the module may have tidied up sys.path itself
            sys.path.remove(here)


def _siblings(name: str) -> Iterable[str]:
    """Return the names of the modules beside the one that was not found."""
    package, dot, _ = name.rpartition(".")
    path = getattr(sys.modules.get(package), "__path__", ()) if package else None
    return [package + dot + found.name for found in pkgutil.iter_modules(path)]


def _nearest(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _dotted(name: str) -> str:
    """Return a hint for somebody who wrote a file's path where a module's name belongs."""
    path = name.removesuffix(".py").replace("\\", "/")
    is_path = path != name or "/" in path
    return f"; did you mean {path.strip('./').removeprefix('src/').replace('/', '.')}:...?" if is_path else ""
