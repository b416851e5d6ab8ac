"""The baseline: the same conditions as `assert` statements written by hand into the bodies."""

from __future__ import annotations

NAME = "assert"
PACKAGE = None
ERROR = "builtins:AssertionError"
NOT_CHECKED = (
    "invariants when a method leaves by an exception, inherited contracts that nobody copied, "
    "a generator or coroutine before it first runs; nothing at all under -O; it names no culprit"
)
REQUIRE = "assert x > -{n}"
ENSURE = "assert result > x - {n}"
SOURCE = """
#: pre1
def pre1(x):
    assert x > 0
    return x + 1
#: post1
def post1(x):
    result = x + 1
    assert result > x
    return result
#: prepost
def prepost(x):
    assert x > 0
    result = x + 1
    assert result > x
    return result
#: pre3
def pre3(a, b, c):
    assert a > 0
    assert b > a
    assert c > b
    return a + b + c
#: old
def old1(acc, x):
    n = acc[0]
    acc[0] += x
    assert acc[0] == n + x
#: meth
class Obj:
    def meth(self, x):
        assert x > 0
        return x + 1
OBJ = Obj()
#: inv1 init1
class Inv1:
    def __init__(self, a=1):
        self.a = a
        assert self.a > 0
    def m(self, x):
        assert self.a > 0
        self.a = x
        result = x
        assert self.a > 0
        return result
OBJ1 = Inv1()
#: inv3
class Inv3:
    def __init__(self, a=1, b=2, c=3):
        self.a = a
        self.b = b
        self.c = c
        assert self.a > 0
        assert self.b > 0
        assert self.c > self.b
    def m(self, x):
        assert self.a > 0
        assert self.b > 0
        assert self.c > self.b
        self.a = x
        result = x
        assert self.a > 0
        assert self.b > 0
        assert self.c > self.b
        return result
OBJ3 = Inv3()
#: inh
class Base:
    def m(self, x):
        assert x > 0
        result = x + 1
        assert result > x
        return result
class Sub(Base):
    def m(self, x):
        assert x > 0
        result = x + 2
        assert result > x
        return result
SUB = Sub()
#: async
async def co(x):
    assert x > 0
    return x + 1
#: gen
def gen(n):
    assert n > 0
    for i in range(n): yield i
#: kwdef
def kwdef(a, b=2, *, c=3):
    assert a > 0
    return a + b + c
#: varargs
def varargs(*args):
    assert len(args) > 0
    return args[0]
#: fib
def fib(n):
    assert n >= 0
    return n if n < 2 else fib(n - 1) + fib(n - 2)
#: sqrt
def msqrt(some_arg):
    assert some_arg > 0
    return math.sqrt(some_arg)
#: work1us
def work(data):
    assert len(data) > 0
    total = 0
    for value in data: total += value
    assert total > 0
    return total
#: listpre
def lst(data):
    assert all(v > 0 for v in data)
    return len(data)
#: exc
def exc(x):
    assert x > 0
    raise KeyError(x)
#: none
def other(x):
    assert x > 0
    return x + 1
def none(x): return x + 1
"""
