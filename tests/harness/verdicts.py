"""Calls a routine well and badly, and looks at who is blamed for it."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

import pytest

from culpa import PreconditionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

HERE = sys._getframe().f_code.co_filename


def violation(call: Callable[[], Any]) -> PreconditionError:
    """Return the violated precondition that the call ends in: a fresh one, its own root."""
    with pytest.raises(PreconditionError) as caught:
        call()
    assert caught.value.root is caught.value
    return caught.value


def checks(call: Callable[[Any], Any]) -> bool:
    """Return whether `call(1)` gives 1, and `call(-1)` is a violation of whoever makes that call."""
    good = call(1)
    error = violation(lambda: call(-1))
    return bool(good == 1 and not any("culpa" in file for file in files_of(error)))


def blames_me(call: Callable[[Any], Any]) -> bool:
    """Return whether `call`, a routine itself, passes `checks`, and the call in this very file is blamed."""
    error = violation(lambda: call(-1))
    return checks(call) and (error.site.file, error.site.function) == (HERE, "blames_me.<locals>.<lambda>")


def files_of(error: BaseException) -> list[str]:
    """Return the names of the files in the traceback, without directories."""
    return [frame.filename.rpartition("/src/")[2] for frame in traceback.extract_tb(error.__traceback__)]
