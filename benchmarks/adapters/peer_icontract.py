"""icontract: the shared workloads, with its own words for old values, `*args` and inheritance."""

from __future__ import annotations

NAME = "icontract"
PACKAGE = "icontract"
ERROR = "icontract:ViolationError"
NOT_CHECKED = (
    "calls that a checked function makes to itself (fib: 89 of 177 are checked), invariants when a method leaves "
    "by an exception, inheritance without DBC, coroutines before they first run"
)
HEADER = "from icontract import DBC, ensure, invariant, require, snapshot"
REQUIRE = "@require(lambda x: x > -{n})"
ENSURE = "@ensure(lambda x, result: result > x - {n})"
SOURCE = """
#: old
@snapshot(lambda acc: acc[0], name="n")
@ensure(lambda acc, x, OLD: acc[0] == OLD.n + x)
def old1(acc, x): acc[0] += x
#: varargs
@require(lambda _ARGS: len(_ARGS) > 0)
def varargs(*args): return args[0]
#: inh
class Base(DBC):
    @require(lambda x: x > 0)
    @ensure(lambda x, result: result > x)
    def m(self, x): return x + 1
class Sub(Base):
    def m(self, x): return x + 2
SUB = Sub()
"""
