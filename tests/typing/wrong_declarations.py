"""A declaration that cannot be meant is an error before the program runs."""

from __future__ import annotations

from culpa import check, ensure, invariant, raises, require, snapshot


def is_small(x: int) -> bool:
    return x < 10


require()  # E[mypy]: call-overload  # E[pyright]: reportCallIssue
require(True)  # E[mypy]: call-overload  # E[pyright]: reportCallIssue  # E[pyright]: reportArgumentType
require(predicate=is_small)  # E[mypy]: call-overload  # E[pyright]: reportCallIssue
require(is_small, 3)  # E[mypy]: call-overload  # E[pyright]: reportCallIssue  # E[pyright]: reportArgumentType
ensure()  # E[mypy]: call-overload  # E[pyright]: reportCallIssue
ensure("result > 0")  # E[mypy]: call-overload  # E[pyright]: reportCallIssue  # E[pyright]: reportArgumentType
raises("x")  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
raises(ValueError("x"))  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
raises(ValueError, when=True)  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
snapshot(is_small)  # E[mypy]: call-arg  # E[pyright]: reportCallIssue
snapshot(x=3)  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
check()  # E[mypy]: call-arg  # E[pyright]: reportCallIssue
invariant(is_small, 3)  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
invariant(lambda self: True, on_setattr="yes")  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
invariant(lambda self: True)(len)  # E[mypy]: type-var  # E[pyright]: reportArgumentType

require(is_small)(3)  # E[mypy]: type-var  # E[pyright]: reportArgumentType


class Shop:
    @require(is_small)  # E[mypy]: prop-decorator  # E[pyright]: reportArgumentType  # E[pyright]: reportUntyped
    @property
    def price(self) -> int:
        return 3
