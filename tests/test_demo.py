"""Checks the tour: each scene blames the line that is marked in the source, and the sums are those of the file."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from pathlib import Path

import pytest

import culpa
from culpa.demo import ledger, nightly, rates, tour

FOLDER = Path(tour.__file__).parent
BOOK = tour.read()


def records() -> list[dict[str, str]]:
    with (FOLDER / "ledger.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def expected() -> tuple[dict[str, int], dict[str, int]]:
    """Return the counts of rows by what becomes of them, and the balances in cents: no code of the demo is used."""
    balances = dict.fromkeys(ledger.ACCOUNTS, 0)
    counts = {"applied": 0, "malformed row": 0, "duplicate id": 0, "unknown account": 0, "negative amount": 0}
    counts["overdraft"] = 0
    seen: set[str] = set()
    for record in records():
        match = re.fullmatch(r"(-?\d+)\.(\d\d)", record["amount"])
        parties = {record["account"]} | ({record["counterparty"]} if record["kind"] == "transfer" else set())
        cents = int(match[1] + match[2]) if match else 0
        if match is None:
            fate = "malformed row"
        elif record["id"] in seen:
            fate = "duplicate id"
        elif not parties <= balances.keys():
            fate = "unknown account"
        elif cents <= 0:
            fate = "negative amount"
        elif record["kind"] != "deposit" and balances[record["account"]] < cents:
            fate = "overdraft"
        else:
            fate = "applied"
            seen.add(record["id"])
            balances[record["account"]] += cents if record["kind"] == "deposit" else -cents
            if record["kind"] == "transfer":
                balances[record["counterparty"]] += cents
        counts[fate] += 1
    return counts, balances


def marked(number: int) -> tuple[str, int]:
    """Return the file and the line that carry the mark of a scene."""
    found = [
        (path.name, line)
        for path in FOLDER.glob("*.py")
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if text.endswith(f"# <- blame: scene {number}")
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("number", "error_type", "root_type"),
    [
        (1, culpa.PreconditionError, culpa.PreconditionError),
        (2, culpa.PostconditionError, culpa.PostconditionError),
        (3, culpa.RoutineError, culpa.PreconditionError),
        (4, culpa.DefectError, culpa.DefectError),
        (5, culpa.InvariantError, culpa.InvariantError),
        (6, culpa.CallbackError, culpa.CallbackError),
        (7, culpa.CallbackMisuseError, culpa.CallbackMisuseError),
    ],
)
def test_each_scene_blames_the_marked_line(
    number: int, error_type: type[culpa.ContractError], root_type: type[culpa.ContractError]
) -> None:
    error = tour.violation(tour.SCENES[number - 1].job, BOOK)

    assert type(error) is error_type
    assert type(error.root) is root_type
    assert (Path(error.site.file).name, error.site.line) == marked(number)
    assert (Path(error.root.site.file).name, error.root.site.line) == marked(number)


def test_the_tour_shows_each_report_with_the_guilty_line() -> None:
    out = io.StringIO()

    assert tour.run(out) == 0

    text = out.getvalue()
    for number, scene in enumerate(tour.SCENES, start=1):
        file, line = marked(number)
        source = (FOLDER / file).read_text(encoding="utf-8").splitlines()[line - 1].strip()
        told = text.partition(f"{number}. {scene.title}")[2].partition(f"{number + 1}. ")[0]
        assert type(tour.violation(scene.job, BOOK)).__name__ in told
        assert f"{Path('culpa', 'demo', file)}:{line}" in told
        assert source in told


def test_the_tour_fits_a_terminal_and_says_the_same_each_time() -> None:
    first, second = io.StringIO(), io.StringIO()

    tour.run(first)
    tour.run(second)

    assert first.getvalue() == second.getvalue()
    assert max(map(len, first.getvalue().splitlines())) <= 100


def test_the_counts_and_balances_are_those_of_the_file() -> None:
    counts, balances = expected()

    assert len(BOOK.applied) == counts.pop("applied")
    assert BOOK.rejections() == counts
    assert {name: int(balance * 100) for name, balance in BOOK.balances.items()} == balances
    assert BOOK.rows() == len(records())


def test_the_summary_states_the_counts_and_balances() -> None:
    counts, balances = expected()
    rows, applied = sum(counts.values()), counts.pop("applied")

    told = "\n".join(tour.summary(BOOK, lambda text, _style: text))

    assert f"{rows:,} rows, {applied:,} applied and {rows - applied} rejected" in told
    for reason, count in counts.items():
        assert f"{count} {reason}" in told
    for account, cents in balances.items():
        into, out, balance = re.search(rf"{account} +[\d,]+ +([\d.,]+) +([\d.,]+) +([\d.,]+)", told).groups()  # type: ignore[union-attr]
        assert Decimal(balance.replace(",", "")) == Decimal(cents) / 100
        assert Decimal(into.replace(",", "")) - Decimal(out.replace(",", "")) == Decimal(cents) / 100


def test_about_one_row_in_a_hundred_is_bad() -> None:
    counts, _ = expected()

    assert 0.005 < 1 - counts["applied"] / sum(counts.values()) < 0.02
    assert min(counts.values()) > 0


@pytest.mark.parametrize(
    ("field", "value"), [("amount", "12,50"), ("amount", "NaN"), ("amount", ""), ("amount", "1e99"), ("kind", "loan")]
)
def test_a_malformed_row_is_ordinary_bad_data(field: str, value: str) -> None:
    record = {**records()[0], field: value}

    with pytest.raises(ValueError, match=re.escape(repr(value))):
        ledger.parse(record)


def test_a_row_that_breaks_off_is_put_aside() -> None:
    book = ledger.load(["id,date,account,kind,amount,counterparty,note", "T1,2025-01-01,ada"])

    assert book.unreadable == ["T1: '' is no amount"]


def test_a_job_that_breaks_no_contract_makes_no_scene() -> None:
    with pytest.raises(RuntimeError, match="was to break a contract and did not"):
        tour.violation(lambda book: None, BOOK)


def small_book(*rows: str) -> ledger.Book:
    return ledger.load(["id,date,account,kind,amount,counterparty,note", *rows])


def test_the_jobs_do_their_work_on_rows_that_miss_their_bugs() -> None:
    book = small_book(
        "T1,2025-12-01,ada,deposit,500.00,Opening,",
        "T2,2025-12-02,ada,withdraw,100.00,Book Barn,",
        "T3,2025-12-03,ada,withdraw,100.10,Book Barn,",
        "T4,2025-12-04,ada,withdraw,900.00,Book Barn,",
    )
    for name in set(book.balances) - {"ada", "dora"}:
        del book.balances[name]
    book.balances["dora"] = Decimal("1.00")

    nightly.retry_deposits(book)
    due = nightly.settle_cards(book)
    nightly.collect_fees(book)
    nightly.close_dormant(book, since="2026-01-01")

    assert due == {"Book Barn": Decimal("199.10")}
    assert book.balances == {"dora": Decimal("298.10")}


def test_accounts_without_money_get_no_interest() -> None:
    assert nightly.lay_interest_aside(ledger.Book()) == 0


def test_a_book_without_rows_has_no_fees() -> None:
    assert rates.take_seasonal_fees(ledger.Book()) == rates.refund_fees(ledger.Book()) == 0
