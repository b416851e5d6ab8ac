"""Name the workloads: what is timed, and the bad calls that a column must reject before it is timed."""

from __future__ import annotations

import re
from dataclasses import dataclass

BASELINE = "assert"

PRELUDE = """
import math

ACC = [0]
DATA = list(range(1, 41))


def drive(function, x):
    try:
        function(x).send(None)
    except StopIteration as stop:
        return stop.value


"""
"""What every workload's module begins with, in every library."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One row: the timed statement, bad statements, and the functions that carry the contract."""

    name: str
    statement: str
    bad: tuple[str, ...]
    checked: tuple[str, ...]
    in_mean: bool = True


_INF = "float('inf')"  # inf + 1 > inf is false: a bad postcondition without a second, wrong function

WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        Workload("pre1", "pre1(5)", ("pre1(-5)",), ("pre1",)),
        Workload("post1", "post1(5)", (f"post1({_INF})",), ("post1",)),
        Workload("prepost", "prepost(5)", ("prepost(-5)", f"prepost({_INF})"), ("prepost",)),
        Workload("pre3", "pre3(1, 2, 3)", ("pre3(-1, 2, 3)", "pre3(1, 1, 3)", "pre3(1, 2, 2)"), ("pre3",)),
        Workload("old", "old1(ACC, 5)", ("old1([float('nan')], 5)",), ("old1",)),
        Workload("meth", "OBJ.meth(5)", ("OBJ.meth(-5)",), ("Obj.meth",)),
        Workload("inv1", "OBJ1.m(5)", ("Inv1().m(-5)", "broken = Inv1()\nbroken.a = -1\nbroken.m(5)"), ("Inv1.m",)),
        Workload("inv3", "OBJ3.m(5)", ("Inv3().m(-5)", "Inv3(1, -2, 3).m(5)", "Inv3(1, 2, 2).m(5)"), ("Inv3.m",)),
        Workload("init1", "Inv1()", ("Inv1(-1)",), ("Inv1.__init__",)),
        Workload("inh", "SUB.m(5)", ("SUB.m(-5)", f"SUB.m({_INF})"), ("Sub.m",)),
        Workload("async", "drive(co, 5)", ("drive(co, -5)",), ("co",)),
        Workload("gen", "for _ in gen(3): pass", ("for _ in gen(0): pass",), ("gen",)),
        Workload("kwdef", "kwdef(1, c=4)", ("kwdef(-1, c=4)",), ("kwdef",)),
        Workload("varargs", "varargs(1, 2, 3)", ("varargs()",), ("varargs",)),
        Workload("fib", "fib(10)", ("fib(-1)",), ("fib",)),
        Workload("sqrt", "msqrt(198.4)", ("msqrt(-1.0)",), ("msqrt",)),
        Workload("work1us", "work(DATA)", ("work([])", "work([-1])"), ("work",)),
        Workload("listpre", "lst(DATA)", ("lst([1, -1])",), ("lst",)),
        Workload("exc", "try: exc(5)\nexcept KeyError: pass", ("exc(-5)",), ("exc",), in_mean=False),
        Workload("none", "none(5)", ("other(-5)",), ("other",), in_mean=False),
    )
}

SHARED = """
#: pre1
@require(lambda x: x > 0)
def pre1(x): return x + 1
#: post1
@ensure(lambda x, result: result > x)
def post1(x): return x + 1
#: prepost
@require(lambda x: x > 0)
@ensure(lambda x, result: result > x)
def prepost(x): return x + 1
#: pre3
@require(lambda a: a > 0)
@require(lambda a, b: b > a)
@require(lambda b, c: c > b)
def pre3(a, b, c): return a + b + c
#: old
@snapshot(n=lambda acc: acc[0])
@ensure(lambda acc, x, old: acc[0] == old.n + x)
def old1(acc, x): acc[0] += x
#: meth
class Obj:
    @require(lambda x: x > 0)
    def meth(self, x): return x + 1
OBJ = Obj()
#: inv1 init1
@invariant(lambda self: self.a > 0)
class Inv1:
    def __init__(self, a=1): self.a = a
    def m(self, x):
        self.a = x
        return x
OBJ1 = Inv1()
#: inv3
@invariant(lambda self: self.a > 0)
@invariant(lambda self: self.b > 0)
@invariant(lambda self: self.c > self.b)
class Inv3:
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
    @require(lambda x: x > 0)
    @ensure(lambda x, result: result > x)
    def m(self, x): return x + 1
class Sub(Base):
    def m(self, x): return x + 2
SUB = Sub()
#: async
@require(lambda x: x > 0)
async def co(x): return x + 1
#: gen
@require(lambda n: n > 0)
def gen(n):
    for i in range(n): yield i
#: kwdef
@require(lambda a: a > 0)
def kwdef(a, b=2, *, c=3): return a + b + c
#: varargs
@require(lambda args: len(args) > 0)
def varargs(*args): return args[0]
#: fib
@require(lambda n: n >= 0)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
#: sqrt
@require(lambda some_arg: some_arg > 0)
def msqrt(some_arg): return math.sqrt(some_arg)
#: work1us
@require(lambda data: len(data) > 0)
@ensure(lambda result: result > 0)
def work(data):
    total = 0
    for value in data: total += value
    return total
#: listpre
@require(lambda data: all(v > 0 for v in data))
def lst(data): return len(data)
#: exc
@require(lambda x: x > 0)
def exc(x): raise KeyError(x)
#: none
@require(lambda x: x > 0)
def other(x): return x + 1
def none(x): return x + 1
"""
"""The workloads for a library that gives `require`, `ensure`, `snapshot` and `invariant` with culpa's words."""


def sections(text: str) -> tuple[str, dict[str, str]]:
    """Split adapter text at its `#: workload ...` lines: what stands before the first, and each workload's part."""
    preamble, *rest = re.split(r"^#: (.+)\n", text, flags=re.MULTILINE)
    return preamble, {name: body for names, body in zip(rest[::2], rest[1::2], strict=True) for name in names.split()}
