"""Calls routines of classes, and says whether the contracts of their bases are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from culpa import PreconditionError

if TYPE_CHECKING:
    from collections.abc import Callable


def refuses(
    call: Callable[..., Any], *arguments: Any, error: type[Exception] = PreconditionError, **keywords: Any
) -> Any:
    with pytest.raises(error) as caught:
        call(*arguments, **keywords)
    assert type(caught.value) is error
    return caught.value


def inherits(cls: Any, *arguments: Any) -> Any:
    """Assert that instances of `cls` inherit `x > 0` for `m`, and the postcondition `result > x`."""
    obj = cls(*arguments)
    refuses(obj.m, -1)
    refuses(obj.m, x=-1)
    assert obj.m(5) > 5
    return obj
