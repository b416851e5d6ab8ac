"""Which methods of an object run, in this thread and in others: what can be seen without recording anything."""

from __future__ import annotations

import gc
import sys
import threading
from typing import TYPE_CHECKING, Any

from culpa import _running
from culpa._running import is_in_another_thread, running

if TYPE_CHECKING:
    import pytest


class Box:
    def inside(self) -> Any:
        return running(self, sys._getframe())

    def wait(self, entered: threading.Event, leave: threading.Event) -> None:
        entered.set()
        leave.wait(10)


def helper(box: Box) -> Any:
    return running(box, sys._getframe())


def seen_from_outside(box: Box) -> bool:
    entered, leave = threading.Event(), threading.Event()
    thread = threading.Thread(target=box.wait, args=(entered, leave))
    thread.start()
    entered.wait(10)
    try:
        return is_in_another_thread(box)
    finally:
        leave.set()
        thread.join()


def test_a_method_of_the_object_runs_and_a_function_on_it_does_not() -> None:
    assert Box().inside()[0].f_code is Box.inside.__code__
    assert helper(Box()) is None


def test_a_method_that_runs_in_another_thread_is_seen_with_and_without_collections() -> None:
    assert seen_from_outside(Box())
    gc.disable()
    try:
        assert seen_from_outside(Box())
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert not is_in_another_thread(Box())
    assert gc.isenabled()


def test_where_nothing_is_collected_between_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_running, "COLLECTS_ANYWHERE", False)

    assert seen_from_outside(Box())
    assert not is_in_another_thread(Box())


def test_one_thread_that_looks_for_ever_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_running, "COLLECTS_ANYWHERE", True)
    monkeypatch.setattr(_running, "LONGEST_WAIT", 0.01)
    looking, done = threading.Event(), threading.Event()

    def look() -> None:
        with _running._looking:
            looking.set()
            done.wait(10)

    thread = threading.Thread(target=look)
    thread.start()
    looking.wait(10)
    try:
        assert not seen_from_outside(Box())
    finally:
        done.set()
        thread.join()
    assert seen_from_outside(Box())
