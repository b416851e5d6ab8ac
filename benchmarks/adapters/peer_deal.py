"""deal: predicates repeat the function's whole signature; invariants are checked at every assignment."""

from __future__ import annotations

NAME = "deal"
PACKAGE = "deal"
ERROR = "deal:ContractError"
NOT_CHECKED = (
    "other threads while one evaluates a predicate (one process-wide flag), old values (no such contract), "
    "inheritance without deal.inherit, generators and coroutines before they first run; "
    "more than asked: invariants at every assignment, so its classes need class-level defaults"
)
REQUIRE = "@deal.pre(lambda x: x > -{n})"
ENSURE = "@deal.ensure(lambda x, result: result > x - {n})"
SOURCE = """
import deal
deal.enable(warn=False)
#: pre1
@deal.pre(lambda x: x > 0)
def pre1(x): return x + 1
#: post1
@deal.ensure(lambda x, result: result > x)
def post1(x): return x + 1
#: prepost
@deal.pre(lambda x: x > 0)
@deal.ensure(lambda x, result: result > x)
def prepost(x): return x + 1
#: pre3
@deal.pre(lambda a, b, c: a > 0)
@deal.pre(lambda a, b, c: b > a)
@deal.pre(lambda a, b, c: c > b)
def pre3(a, b, c): return a + b + c
#: meth
class Obj:
    @deal.pre(lambda self, x: x > 0)
    def meth(self, x): return x + 1
OBJ = Obj()
#: inv1 init1
@deal.inv(lambda self: self.a > 0)
class Inv1:
    a = 1
    def __init__(self, a=1): self.a = a
    def m(self, x):
        self.a = x
        return x
OBJ1 = Inv1()
#: inv3
@deal.inv(lambda self: self.a > 0)
@deal.inv(lambda self: self.b > 0)
@deal.inv(lambda self: self.c > self.b)
class Inv3:
    a = 1
    b = 2
    c = 3
    def __init__(self, a=1, b=2, c=3):
        self.a = a
        self.b = b
        self.c = c
    def m(self, x):
        self.a = x
        return x
OBJ3 = Inv3()
#: inh
class Base:
    @deal.pre(lambda self, x: x > 0)
    @deal.ensure(lambda self, x, result: result > x)
    def m(self, x): return x + 1
class Sub(Base):
    @deal.inherit
    def m(self, x): return x + 2
SUB = Sub()
#: async
@deal.pre(lambda x: x > 0)
async def co(x): return x + 1
#: gen
@deal.pre(lambda n: n > 0)
def gen(n):
    for i in range(n): yield i
#: kwdef
@deal.pre(lambda a, b=2, *, c=3: a > 0)
def kwdef(a, b=2, *, c=3): return a + b + c
#: varargs
@deal.pre(lambda *args: len(args) > 0)
def varargs(*args): return args[0]
#: fib
@deal.pre(lambda n: n >= 0)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
#: sqrt
@deal.pre(lambda some_arg: some_arg > 0)
def msqrt(some_arg): return math.sqrt(some_arg)
#: work1us
@deal.pre(lambda data: len(data) > 0)
@deal.post(lambda result: result > 0)
def work(data):
    total = 0
    for value in data: total += value
    return total
#: listpre
@deal.pre(lambda data: all(v > 0 for v in data))
def lst(data): return len(data)
#: exc
@deal.pre(lambda x: x > 0)
def exc(x): raise KeyError(x)
#: none
@deal.pre(lambda x: x > 0)
def other(x): return x + 1
def none(x): return x + 1
"""
