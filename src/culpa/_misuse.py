"""Says what is wrong with the use of a declaration, and takes the library out of the error's traceback."""

from __future__ import annotations

import functools
import sys
from itertools import pairwise
from types import CodeType

from culpa._position import instructions
from culpa.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])

USAGE = {
    **dict.fromkeys(
        ("require", "require_else", "ensure", "yields", "sends", "invariant"), '(lambda ...: ..., "message")'
    ),
    "snapshot": "(name=lambda ...: ...)",
    "raises": "(ValueError, when=lambda ...: ...)",
    "callback": '("name", require(lambda ...: ...))',
}


def public(declare: F) -> F:
    """Take the frames of the library out of the errors of a declaration: the next entry is the user's line."""

    @functools.wraps(declare)
    def declared(*arguments: Any, **keywords: Any) -> Any:
        try:
            return declare(*arguments, **keywords)
        except DeclarationError as error:
            error.__traceback__ = None
            raise
        except TypeError as error:  # Python's own, for wrong arguments
            misused = wrong(
                declare.__name__, f"{error}; write @{declare.__name__}{USAGE[declare.__name__]}", sys._getframe(1)
            )
        raise misused

    return declared  # type: ignore[return-value]  # the same signature


def is_message(value: object) -> bool:
    return value is None or isinstance(value, str)


def is_exception_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


def wrong(kind: str, problem: str, frame: FrameType) -> DeclarationError:
    function = decorated(frame)
    where = f" on {function}()" if function else ""
    return DeclarationError(f"{kind}{where}: {problem}")


def decorated(frame: FrameType) -> str | None:
    """Return the name of what the declaration that is being made decorates, read off the code that follows."""
    steps = [step for step in instructions(frame.f_code) if step[0] > frame.f_lasti]
    for (_, name, argument), (_, following, _) in pairwise(steps):
        if name.startswith(("STORE", "POP_TOP", "RETURN")):
            return None
        value = frame.f_code.co_consts[argument] if name == "LOAD_CONST" else None
        if isinstance(value, CodeType) and following == "MAKE_FUNCTION":
            title = value.co_name.removeprefix("<generic parameters of ").removesuffix(">")  # def f[T](...)
            if title.isidentifier():
                return title
    return None
