"""dpcontracts, not timed unless asked for: predicates take one tuple of all arguments."""

from __future__ import annotations

NAME = "dpcontracts"
PACKAGE = "dpcontracts"
ERROR = "builtins:AssertionError"  # its errors have no narrower common base
NOT_CHECKED = (
    "inherited contracts, old values (no such contract), invariants when a method leaves by an exception, "
    "coroutines before they first run"
)
REQUIRE = "@dp.require('c', lambda args: args.x > -{n})"
ENSURE = "@dp.ensure('c', lambda args, result: result > args.x - {n})"
SOURCE = """
import dpcontracts as dp
#: pre1
@dp.require("c", lambda args: args.x > 0)
def pre1(x): return x + 1
#: post1
@dp.ensure("c", lambda args, result: result > args.x)
def post1(x): return x + 1
#: prepost
@dp.require("c", lambda args: args.x > 0)
@dp.ensure("c", lambda args, result: result > args.x)
def prepost(x): return x + 1
#: pre3
@dp.require("c", lambda args: args.a > 0)
@dp.require("c", lambda args: args.b > args.a)
@dp.require("c", lambda args: args.c > args.b)
def pre3(a, b, c): return a + b + c
#: meth
class Obj:
    @dp.require("c", lambda args: args.x > 0)
    def meth(self, x): return x + 1
OBJ = Obj()
#: inv1 init1
@dp.invariant("c", lambda self: self.a > 0)
class Inv1:
    def __init__(self, a=1): self.a = a
    def m(self, x):
        self.a = x
        return x
OBJ1 = Inv1()
#: inv3
@dp.invariant("c", lambda self: self.a > 0)
@dp.invariant("c", lambda self: self.b > 0)
@dp.invariant("c", lambda self: self.c > self.b)
class Inv3:
    def __init__(self, a=1, b=2, c=3):
        self.a = a
        self.b = b
        self.c = c
    def m(self, x):
        self.a = x
        return x
OBJ3 = Inv3()
#: async
@dp.require("c", lambda args: args.x > 0)
async def co(x): return x + 1
#: gen
@dp.require("c", lambda args: args.n > 0)
def gen(n):
    for i in range(n): yield i
#: kwdef
@dp.require("c", lambda args: args.a > 0)
def kwdef(a, b=2, *, c=3): return a + b + c
#: varargs
@dp.require("c", lambda args: len(args.args) > 0)
def varargs(*args): return args[0]
#: fib
@dp.require("c", lambda args: args.n >= 0)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
#: sqrt
@dp.require("c", lambda args: args.some_arg > 0)
def msqrt(some_arg): return math.sqrt(some_arg)
#: work1us
@dp.require("c", lambda args: len(args.data) > 0)
@dp.ensure("c", lambda args, result: result > 0)
def work(data):
    total = 0
    for value in data: total += value
    return total
#: listpre
@dp.require("c", lambda args: all(v > 0 for v in args.data))
def lst(data): return len(data)
#: exc
@dp.require("c", lambda args: args.x > 0)
def exc(x): raise KeyError(x)
#: none
@dp.require("c", lambda args: args.x > 0)
def other(x): return x + 1
def none(x): return x + 1
"""
