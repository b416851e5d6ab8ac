"""Runs the commands of `culpa`: reads the command line, calls the command, returns the exit code."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from culpa.cli import demo, listing, show

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = (demo, listing, show)
_DESCRIPTION = "Design by contract that says whose fault it is."
_EPILOG = """\
new here? see it at work:
  python -m culpa demo

exit codes: 0 all good, 1 something was found or refused, 2 the command line is wrong
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line, by default that of the process, and return its exit code."""
    _print_anything()
    parser = _parser()
    try:
        options = parser.parse_args(argv)
        code = _run(parser, options)
        sys.stdout.flush()
    except SystemExit as stop:
        return int(stop.code or 0)
    except BrokenPipeError:
        return _silenced()
    return code


def _run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if options.version:
        print(f"culpa {_version()}")
        return 0
    if options.run is None:
        parser.print_help()
        return 2
    code: int = options.run(options)
    return code


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("culpa", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=shape)
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in _COMMANDS:
        summary = command.SUMMARY
        description = summary[0].upper() + summary[1:] + "."
        own = commands.add_parser(
            command.NAME, help=summary, description=description, epilog=command.EPILOG, formatter_class=shape
        )
        command.configure(own)
        own.set_defaults(run=command.run)
    return parser


def _version() -> str:
    # Looked up only when asked for: the import costs more than everything else here together.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("culpa")
    except PackageNotFoundError:
        return "(run from source, not installed)"


def _print_anything() -> None:
    """Let a stream that cannot encode a character of some file or contract print its escape instead."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _silenced() -> int:
    """Write the rest of the output to nowhere: whoever read it (`| head`) has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    # 128 + SIGPIPE, which a shell reports of any tool in this place: neither good nor found.
    return 141
