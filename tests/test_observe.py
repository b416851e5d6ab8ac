"""Observers and the log hear of each violation once, when it is created, and can change nothing."""

from __future__ import annotations

import logging
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from culpa import (
    ContractError,
    PostconditionError,
    PreconditionError,
    RoutineError,
    check,
    ensure,
    on_violation,
    require,
)
from harness.markers import lines_of
from harness.processes import printed, python, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HERE = sys._getframe().f_code.co_filename
AT = lines_of(__file__)


@require(lambda n: n > 0)
def count(n: int) -> int:
    return n


@require(lambda n: n > 0)
def other(n: int) -> int:
    return n


@ensure(lambda result: True)
def routine(n: int) -> int:
    return count(n)  # @inside


@ensure(lambda result: True)
def outer(n: int) -> int:
    return routine(n)


@ensure(lambda result: result > 0)
def negative() -> int:
    return -1


def swallow(call: Callable[[], object], kind: type[ContractError] = ContractError) -> None:
    with pytest.raises(kind):
        call()


@pytest.fixture
def observe() -> Iterator[Callable[[Callable[[ContractError], object]], Any]]:
    handles: list[Any] = []

    def register(callback: Callable[[ContractError], object]) -> Any:
        handles.append(on_violation(callback))
        return handles[-1]

    yield register
    for handle in handles:
        handle.remove()


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    found: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record)

    handler = Keep()
    logging.getLogger("culpa").addHandler(handler)
    yield found
    logging.getLogger("culpa").removeHandler(handler)


def test_an_observer_is_called_at_the_creation_before_anybody_catches(observe: Any) -> None:
    order: list[str] = []
    observe(lambda error: order.append("told"))

    try:
        count(-1)
    except PreconditionError:
        order.append("caught")

    assert order == ["told", "caught"]


def test_an_observer_gets_the_very_exception_finished(observe: Any) -> None:
    seen: list[ContractError] = []
    texts: list[str] = []
    observe(lambda error: (seen.append(error), texts.append(str(error)), error.to_dict()))

    with pytest.raises(PreconditionError) as caught:
        count(-1)

    assert seen == [caught.value]
    assert texts == [str(caught.value)]


@pytest.mark.parametrize("times", [1, 3])
def test_each_violation_is_told_once_however_many_boundaries_it_crosses(observe: Any, times: int) -> None:
    seen: list[ContractError] = []
    observe(seen.append)

    for _ in range(times):
        swallow(lambda: outer(-1), RoutineError)

    assert [type(error) for error in seen] == [PreconditionError] * times


def test_every_kind_of_violation_is_told(observe: Any) -> None:
    seen: list[str] = []
    observe(lambda error: seen.append(type(error).__name__))

    @require(lambda n: 1 / n)
    def defective(n: int) -> None:
        return None

    for call in (lambda: count(-1), negative, lambda: defective(0), lambda: check(count is None)):
        swallow(call)

    assert seen == ["PreconditionError", "PostconditionError", "DefectError", "CheckError"]


def test_a_violation_that_is_swallowed_was_told_and_logged(observe: Any, records: list[Any]) -> None:
    seen: list[ContractError] = []
    observe(seen.append)

    @ensure(lambda result: result == 0)
    def forgiving() -> int:
        try:
            return count(-1)
        except PreconditionError:
            return 0

    assert forgiving() == 0
    assert [type(error) for error in seen] == [PreconditionError]
    assert len(records) == 1


def test_removing_twice_is_no_error_and_leaves_the_others(observe: Any) -> None:
    seen: list[str] = []
    first = observe(lambda error: seen.append("first"))
    observe(lambda error: seen.append("second"))

    first.remove()
    first.remove()
    swallow(lambda: count(-1))

    assert seen == ["second"]


def test_one_callback_registered_twice_is_called_twice_and_removed_one_by_one(observe: Any) -> None:
    seen: list[ContractError] = []
    first = observe(seen.append)
    observe(seen.append)

    swallow(lambda: count(-1))
    assert len(seen) == 2
    first.remove()
    swallow(lambda: count(-1))
    assert len(seen) == 3


def test_what_is_no_callable_is_refused() -> None:
    with pytest.raises(TypeError, match=r"on_violation\(\) takes a callable, not 3"):
        on_violation(3)  # type: ignore[arg-type]


def test_an_observer_registered_by_an_observer_hears_from_the_next_violation_on(observe: Any) -> None:
    seen: list[str] = []

    def first(error: ContractError) -> None:
        if len(seen) == 0:
            observe(lambda error: seen.append("late"))
        seen.append("first")

    observe(first)
    swallow(lambda: count(-1))
    assert seen == ["first"]
    swallow(lambda: count(-1))
    assert seen == ["first", "first", "late"]


def test_an_observer_removed_by_another_is_not_called_any_more(observe: Any) -> None:
    seen: list[str] = []
    handles: list[Any] = []
    observe(lambda error: handles[0].remove())
    handles.append(observe(lambda error: seen.append("removed")))
    observe(lambda error: seen.append("last"))

    swallow(lambda: count(-1))

    assert seen == ["last"]


def test_an_observer_may_remove_itself(observe: Any) -> None:
    seen: list[str] = []
    handles: list[Any] = []
    handles.append(observe(lambda error: (seen.append("once"), handles[0].remove())))

    swallow(lambda: count(-1))
    swallow(lambda: count(-1))

    assert seen == ["once"]


# Observers that fail.


@pytest.mark.parametrize("failure", [ValueError("no"), RecursionError("deep"), MemoryError(), StopIteration(1)])
def test_what_an_observer_raises_is_logged_and_the_others_are_called(
    observe: Any, records: list[logging.LogRecord], failure: Exception
) -> None:
    seen: list[ContractError] = []

    def bad(error: ContractError) -> None:
        raise failure  # @bad

    observe(bad)
    observe(seen.append)
    with pytest.raises(PreconditionError) as caught:
        count(-1)

    assert seen == [caught.value]
    assert caught.value.__context__ is None
    [about] = [record for record in records if record.exc_info]
    assert about.exc_info is not None
    assert about.exc_info[1] is failure
    assert "an observer of violations raised" in about.getMessage()
    assert (about.pathname, about.lineno, about.funcName) == (HERE, AT["bad"], "bad")
    formatted = logging.Formatter().format(about)
    assert "src/culpa" not in formatted
    assert "raise failure" in formatted


def test_an_observer_written_in_c_that_fails_is_logged_too(observe: Any, records: list[logging.LogRecord]) -> None:
    observe(len)

    swallow(lambda: count(-1))

    assert [type(record.exc_info[1]).__name__ for record in records if record.exc_info] == ["TypeError"]


def test_an_observer_whose_exception_cannot_be_touched_is_logged_too(observe: Any, records: list[Any]) -> None:
    class Frozen(Exception):
        def __setattr__(self, name: str, value: object) -> None:
            raise TypeError("frozen")

    def bad(error: ContractError) -> None:
        raise Frozen

    observe(bad)
    swallow(lambda: count(-1))

    assert [record.exc_info[0] for record in records if record.exc_info] == [Frozen]


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_exception_passes_through_an_observer(observe: Any, end: type[BaseException]) -> None:
    def stop(error: ContractError) -> None:
        raise end

    handle = observe(stop)
    with pytest.raises(end):
        outer(-1)
    handle.remove()

    swallow(lambda: count(-1))  # nothing is stuck


# Observers that break contracts themselves.


def test_an_observer_that_breaks_a_contract_is_not_called_for_it(observe: Any, records: list[Any]) -> None:
    told: list[ContractError] = []

    def observer(error: ContractError) -> None:
        told.append(error)
        other(-1)  # @in-observer

    observe(observer)
    with pytest.raises(PreconditionError) as caught:
        count(-1)

    assert told == [caught.value]
    assert [record.contract["site"]["line"] for record in records if hasattr(record, "contract")] == [
        caught.value.site.line,
        AT["in-observer"],
    ]


def test_what_one_observer_breaks_is_told_to_the_others(observe: Any) -> None:
    told: list[tuple[str, int | None]] = []

    def breaks(name: str) -> Callable[[ContractError], None]:
        def observer(error: ContractError) -> None:
            told.append((name, error.site.line))
            swallow(lambda: other(-1))  # @told-to-others

        return observer

    observe(breaks("first"))
    observe(breaks("second"))
    line = AT["told-to-others"]
    swallow(lambda: count(-1))  # @first-cause

    first = AT["first-cause"]
    assert told == [("first", first), ("second", line), ("second", first), ("first", line)]


def test_a_violation_of_another_thread_is_told_while_an_observer_runs(observe: Any) -> None:
    seen: list[str] = []

    def observer(error: ContractError) -> None:
        seen.append(threading.current_thread().name)
        if threading.current_thread().name != "second":
            thread = threading.Thread(target=swallow, args=(lambda: count(-1),), name="second")
            thread.start()
            thread.join()

    observe(observer)
    swallow(lambda: count(-1))

    assert seen == [threading.current_thread().name, "second"]


# The log.


def test_the_record_is_the_report_and_its_place_the_culprits(records: list[logging.LogRecord]) -> None:
    def buyer() -> int:
        return count(-1)  # @buyer

    with pytest.raises(PreconditionError) as caught:
        buyer()

    [record] = records
    assert (record.levelno, record.name) == (logging.ERROR, "culpa")
    assert record.__dict__["contract"] == caught.value.to_dict()
    assert (record.pathname, record.lineno) == (HERE, AT["buyer"])
    assert record.funcName is not None
    assert record.funcName.endswith("buyer")
    assert record.getMessage() == f"PreconditionError: {caught.value}"
    assert record.exc_info is None


def test_a_percent_sign_in_a_report_is_no_format(records: list[logging.LogRecord]) -> None:
    @require(lambda text: text != "%d %s")
    def take(text: str) -> None:
        return None

    swallow(lambda: take("%d %s"))

    assert "'%d %s'" in records[0].getMessage()


def test_a_violation_is_one_record_also_where_it_becomes_a_routine_error(records: list[logging.LogRecord]) -> None:
    swallow(lambda: outer(-1), RoutineError)

    [record] = records
    assert record.__dict__["contract"]["type"] == "PreconditionError"
    assert record.lineno == AT["inside"]


def test_the_runtime_has_no_line_in_the_record(records: list[logging.LogRecord]) -> None:
    hook, threading.excepthook = threading.excepthook, lambda arguments: None
    try:
        thread = threading.Thread(target=count, args=(-1,))
        thread.start()
        thread.join()
    finally:
        threading.excepthook = hook

    assert records[0].lineno == 0


@pytest.mark.parametrize("part", ["filter", "emit", "format", "handle"])
def test_a_handler_that_raises_never_replaces_the_violation(
    part: str, observe: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[ContractError] = []
    observe(seen.append)

    def fail(record: object) -> Any:
        raise OSError("the disk is full")

    handler = logging.StreamHandler()
    setattr(handler, part, fail)
    logger = logging.getLogger("culpa")
    logger.addHandler(handler)
    try:
        with pytest.raises(PreconditionError) as caught:
            count(-1)
    finally:
        logger.removeHandler(handler)

    assert seen == [caught.value]
    assert caught.value.__context__ is None
    assert "the disk is full" in capsys.readouterr().err  # as `logging` says it of its own handlers


def test_a_filter_of_the_logger_that_raises_never_replaces_the_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    logger = logging.getLogger("culpa")

    def fail(record: object) -> bool:
        raise OSError

    logger.addFilter(fail)
    try:
        swallow(lambda: count(-1), PreconditionError)
        swallow(negative, PostconditionError)
    finally:
        logger.removeFilter(fail)


def test_a_record_factory_that_raises_never_replaces_the_violation() -> None:
    factory = logging.getLogRecordFactory()

    def fail(*arguments: object, **keywords: object) -> Any:
        raise OSError

    logging.setLogRecordFactory(fail)
    try:
        swallow(lambda: count(-1), PreconditionError)
    finally:
        logging.setLogRecordFactory(factory)


def test_a_handler_that_breaks_a_contract_does_not_loop() -> None:
    calls: list[object] = []

    class Breaks(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            calls.append(record)
            swallow(lambda: other(-1))

    handler = Breaks()
    logging.getLogger("culpa").addHandler(handler)
    try:
        swallow(lambda: count(-1))
    finally:
        logging.getLogger("culpa").removeHandler(handler)

    assert len(calls) == 1


def test_a_logger_that_is_switched_off_makes_no_record(records: list[Any], observe: Any) -> None:
    seen: list[ContractError] = []
    observe(seen.append)
    logger = logging.getLogger("culpa")
    logger.setLevel(logging.CRITICAL)
    try:
        swallow(lambda: count(-1))
    finally:
        logger.setLevel(logging.NOTSET)

    assert (records, len(seen)) == ([], 1)


PROGRAM = """
    {setup}
    from culpa import require, PreconditionError

    @require(lambda n: n > 0)
    def count(n):
        return n

    try:
        count(-1)  # @call
    except PreconditionError:
        print("caught")
"""


@pytest.mark.parametrize("setup", ["", "import logging", "import logging; logging.getLogger('x').debug('')"])
def test_nothing_is_printed_unasked(tmp_path: Path, setup: str) -> None:
    assert printed(python(script(tmp_path, PROGRAM.format(setup=setup)))) == "caught\n"


def test_one_that_configures_logging_reads_the_culprits_place(tmp_path: Path) -> None:
    setup = "import logging; logging.basicConfig(format='%(levelname)s %(name)s %(pathname)s:%(lineno)s %(message)s')"
    main = script(tmp_path, PROGRAM.format(setup=setup))

    done = python(main)

    line = lines_of(str(main))["call"]
    assert done.stdout == "caught\n"
    assert done.stderr.startswith(f"ERROR culpa {main}:{line} PreconditionError: count() requires  n > 0\n")
    assert done.stderr.count("ERROR") == 1
