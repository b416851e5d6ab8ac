"""Tells the tour: runs seven jobs on a real ledger, each of which blames somebody else."""

from __future__ import annotations

import copy
import linecache
import os
from importlib.resources import files
from pathlib import Path
from traceback import format_exception_only
from typing import TYPE_CHECKING, NamedTuple

from culpa import ContractError
from culpa.demo import nightly, rates
from culpa.demo.ledger import ACCOUNTS, Book, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from culpa import Site

    Paint = Callable[[str, str], str]


PACKAGE = Path(__file__).parent.parent


class Scene(NamedTuple):
    """One job that breaks a contract, and what a reader needs to know before."""

    title: str
    story: str
    job: Callable[[Book], object]


INTRO = """\
A small bank keeps a ledger. It is read row by row, and every function that touches
money has a contract: what its caller owes it, and what it owes its caller. All {rows} rows
pass through these checks without a word. Then seven jobs of the night run, and each trips
over a bug. Watch whom the report blames: nobody has to guess.
"""

SCENES = (
    Scene(
        "The caller is to blame",
        "A job gives refused deposits another try and never asks why they were refused.",
        nightly.retry_deposits,
    ),
    Scene(
        "The called function is to blame",
        "Card payments are split into the shop's part and the fee. On one of them, a cent too much.",
        nightly.settle_cards,
    ),
    Scene(
        "The called function is to blame, for what it did deeper down",
        "close() was called well, but calls transfer() badly. The outer caller did nothing wrong.",
        nightly.close_dormant,
    ),
    Scene(
        "The contract itself is to blame",
        "A postcondition looks up a limit that not every account has. The code was right.",
        nightly.collect_fees,
    ),
    Scene(
        "A subclass is to blame",
        "A reserve promises that its parts make up its total. A subclass rounds only the parts.",
        nightly.lay_interest_aside,
    ),
    Scene(
        "Who brought a callable is to blame for what it gives",
        "A function takes fees by a rate that its caller brings. This rate gives less than nothing.",
        rates.take_seasonal_fees,
    ),
    Scene(
        "Who calls it badly is to blame for that",
        "The same contract the other way round: a correct rate is called with less than nothing.",
        rates.refund_fees,
    ),
)

CLOSING = """\
Read on
  culpa list {folder}
      every contract of this program, found without importing it
  culpa show culpa.demo.ledger:transfer
      the code that really runs: your function, with its checks
  {folder}
      the program itself: ledger.py, fees.py, rates.py and others (look for "<- blame")
"""


def run(out: TextIO, paint: Paint = lambda text, _style: text) -> int:
    """Write the tour to `out`; `paint(text, style)` may add colour ("title", "guilty" or "quiet")."""
    book = read()
    print(paint("culpa demo: whose fault is it?", "title"), INTRO.format(rows=f"{book.rows():,}"), sep="\n\n", file=out)
    for number, scene in enumerate(SCENES, start=1):
        print("\n".join(told(number, scene, violation(scene.job, book), paint)), file=out)
    print("\n".join(summary(book, paint)), file=out)
    print(CLOSING.format(folder=short(str(PACKAGE / "demo"))), end="", file=out)
    return 0


def read() -> Book:
    """Return the book after every row of the ledger that comes with culpa."""
    return load(files("culpa.demo").joinpath("ledger.csv").read_text(encoding="utf-8").splitlines())


def violation(job: Callable[[Book], object], book: Book) -> ContractError:
    """Run a job on its own copy of the book and return the violation that ends it."""
    try:
        job(copy.deepcopy(book))
    except ContractError as error:
        return error
    raise RuntimeError(f"{job} was to break a contract and did not")


def told(number: int, scene: Scene, error: ContractError, paint: Paint) -> Iterator[str]:
    """Yield the lines of one scene."""
    yield paint(f"{number}. {scene.title}", "title")
    yield f"   {scene.story}"
    yield ""
    yield from (f"   {line}" for line in report(error).splitlines())
    yield ""
    yield f"   {paint('the guilty line:', 'quiet')}  {paint(guilty_line(error.root.site), 'guilty')}"
    yield ""


def report(error: ContractError) -> str:
    """Return what an uncaught violation prints last, with short paths, for a narrow terminal."""
    return "".join(format_exception_only(error)).replace(f"{PACKAGE.parent}{os.sep}", "")


def guilty_line(site: Site) -> str:
    """Return the source line on which the culprit acted."""
    return linecache.getline(site.file, site.line or 0).strip()


def summary(book: Book, paint: Paint) -> Iterator[str]:
    """Yield the lines that say what became of the rows and of the money."""
    reasons = sorted(book.rejections().items(), key=lambda each: (-each[1], each[0]))
    rejected = sum(count for _, count in reasons)
    yield paint(f"The ledger: {book.rows():,} rows, {len(book.applied):,} applied and {rejected:,} rejected", "title")
    yield "   rejected: " + ", ".join(f"{count} {reason}" for reason, count in reasons)
    yield "   Bad rows are bad data, no bugs: plain validation handles them. Contracts are for bugs."
    yield ""
    yield paint(f"   {'account':<8}{'rows':>6}{'paid in':>13}{'paid out':>13}{'balance':>13}", "quiet")
    for account in ACCOUNTS:
        own = [row for row in book.applied.values() if account in (row.account, row.counterparty)]
        into = sum(row.amount for row in own if (row.kind == "deposit") == (row.account == account))
        balance = book.balances[account]
        yield f"   {account:<8}{len(own):>6,}{into:>13,.2f}{into - balance:>13,.2f}{balance:>13,.2f}"
    yield ""


def short(path: str) -> str:
    """Return `path` as seen from the working directory, where it lies below it."""
    return path.removeprefix(f"{Path.cwd()}{os.sep}")
