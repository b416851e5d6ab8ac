"""Brings contract and function together: finds the function in what is decorated, and returns it checked."""

from __future__ import annotations

import functools
import sys
from types import FunctionType

from culpa._boundary import boundary_of
from culpa._callable import code_of, given, inner_of
from culpa._load import adopt
from culpa._model import Routine
from culpa._predicates import is_async
from culpa._proxy import Proxy, proxied
from culpa._routine import describe
from culpa._words import EXTRA_NAMES, WORDS
from culpa.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from culpa._boundary import Boundary
    from culpa._model import Clause

LATER = {0x20: "a generator function", 0x80: "an async function", 0x200: "an async generator function"}


class Decorator:
    """What `require(...)` and the others give: decorates any number of functions, in any module."""

    __slots__ = ("clauses",)

    def __init__(self, clauses: tuple[Clause, ...]) -> None:
        self.clauses = clauses

    def __call__(self, *targets: Any, **keywords: Any) -> Any:
        """Return the one target with the contract checked. Raises `DeclarationError` if it cannot be."""
        try:
            if len(targets) != 1 or keywords:
                raise DeclarationError(_no_target(self.clauses[0]))
            return attach(self.clauses, targets[0], sys._getframe(1))
        except DeclarationError as error:
            error.__traceback__ = None  # the next entry is the line of the decorator
            raise

    def __repr__(self) -> str:
        return ", ".join(titled(clause) for clause in self.clauses)


def attach(clauses: tuple[Clause, ...], target: Any, frame: FrameType) -> Any:
    """Return `target`, decorated in `frame`, with `clauses` checked before those that it has.

    Descriptors come back as what they were, around a checked function. Raises `DeclarationError` for what can have
    no contract, or not this one.
    """
    kind = type(target)  # not `isinstance`, which asks the object: some lie
    if issubclass(kind, staticmethod | classmethod):
        return _with_attributes(kind(attach(clauses, target.__func__, frame)), target)
    if issubclass(kind, property):
        return _attach_to_property(clauses, target, frame)
    if issubclass(kind, functools.cached_property):
        return _with_function(attach(clauses, target.func, frame), target)
    if issubclass(kind, functools.partialmethod):
        return kind(attach(clauses, target.func, frame), *target.args, **target.keywords)
    _refuse_what_has_none(clauses[0], target)
    function = checked_function(target)
    boundary = None if function is None else boundary_of(function.__code__)
    if boundary is None or function is None:
        routine, defaults, keyword_defaults = describe(target, frame)
        return _checked(clauses, routine, target, defaults, keyword_defaults)
    merged = (*clauses, *boundary.contract.clauses)
    defaults, keyword_defaults = function.__defaults__ or (), function.__kwdefaults__ or {}
    return _checked(merged, boundary.routine, target, defaults, keyword_defaults, boundary.bind)


def checked_function(target: Any) -> FunctionType | None:
    """Return the function whose code may hold a boundary: `target` itself, or what its proxy calls."""
    if type(target) is FunctionType:
        return target
    is_proxy = issubclass(type(target), Proxy)
    return vars(type(target))["__call__"].__func__ if is_proxy else None


def boundary_beneath(target: Any) -> Boundary | None:
    """Return the boundary of the function in `target`, beneath descriptors and other people's decorators."""
    for _ in range(100):
        function = checked_function(target)
        boundary = None if function is None else boundary_of(function.__code__)
        if target is None or boundary is not None:
            return boundary
        if issubclass(type(target), property):
            target = target.fget
        elif issubclass(type(target), functools.cached_property | functools.partialmethod):
            target = target.func
        else:
            target = inner_of(target, "__func__", "__wrapped__")
    return None


def _checked(
    clauses: tuple[Clause, ...],
    routine: Routine,
    target: Any,
    defaults: tuple[Any, ...],
    keyword_defaults: dict[str, Any],
    bind: FunctionType | None = None,
) -> Any:
    _refuse_wrong_names(clauses, routine)
    from culpa._build import build  # `ast` comes with it, at the first contract and not before

    beneath = inner_of(routine.call, "__wrapped__", "__func__")
    if beneath is None and type(routine.call) is not FunctionType:
        beneath = type(routine.call).__call__
    inner = boundary_beneath(beneath)  # of one call of several contracts there is one caller
    function = build(clauses, routine, inner, bind, defaults, keyword_defaults)
    if type(target) is FunctionType:
        adopt(function, target)
        return function

    def again(copied: Any) -> Any:
        same = {name: getattr(routine, name) for name in Routine.__match_args__} | {"call": copied}
        return _checked(clauses, Routine(**same), copied, defaults, keyword_defaults, bind)

    return proxied(function, routine, again)


def _with_attributes(made: Any, target: Any) -> Any:
    """Return a descriptor with what somebody else had set on the one that it replaces."""
    vars(made).update({name: value for name, value in vars(target).items() if name not in vars(made)})
    return made


def _with_function(function: Any, target: Any) -> Any:
    """Return a copy of a `cached_property`, which may be bound to its name already, around another function."""
    made = object.__new__(type(target))
    vars(made).update(vars(target), func=function)
    return made


def _attach_to_property(clauses: tuple[Clause, ...], target: property, frame: FrameType) -> property:
    """Attach to the accessor that was added last: the one that the class body's property of that name lacks."""
    accessors = {"getter": target.fget, "setter": target.fset, "deleter": target.fdel}
    there = {name: function for name, function in accessors.items() if function is not None}
    names = [given(function, "__name__", str) for function in there.values()]
    before = next((value for name, value in frame.f_locals.items() if name in names), None)
    if isinstance(before, property):
        known = {id(before.fget), id(before.fset), id(before.fdel)}
        added = {name: function for name, function in there.items() if id(function) not in known}
    else:  # a property of a base class that is given one more accessor
        body = f"{frame.f_locals.get('__qualname__')}."
        added = {n: f for n, f in there.items() if (given(f, "__qualname__", str) or "").startswith(body)}
    chosen = there if len(there) == 1 else added
    if len(chosen) != 1:
        name = next(filter(None, names), "name")
        raise DeclarationError(
            f"{clauses[0].kind} on the property {name}: it may be meant for the getter, the setter or the deleter; "
            f"write @{clauses[0].kind}(...) beneath @property, @{name}.setter or @{name}.deleter"
        )
    ((add, function),) = chosen.items()
    made: property = getattr(target, add)(attach(clauses, function, frame))
    return made


def _refuse_what_has_none(clause: Clause, target: Any) -> None:
    kind = clause.kind
    if issubclass(type(target), type):
        constructor = "__post_init__" if "__dataclass_fields__" in vars(target) else "__init__"
        raise DeclarationError(f"{kind} on the class {target.__name__}: write it on {target.__name__}.{constructor}")
    if type(target) is Decorator:
        raise DeclarationError(f"{kind} on a declaration: write one @{kind}(...) a line, above a function")
    if not callable(target):
        raise DeclarationError(_no_target(clause, f" on {_shown(target)}, which is no callable"))
    code = code_of(target)
    flags = 0 if code is None else code.co_flags
    for flag, title in LATER.items():
        if code is not None and flags & flag:
            raise DeclarationError(
                f"{kind} on {short(code.co_qualname)}(), which is {title}: contracts of these are not supported yet; "
                f"put the contract on a plain function that it calls"
            )


def _no_target(clause: Clause, where: str = "") -> str:
    """Return what is wrong where a declaration is called with something else than a function."""
    kind, code = clause.kind, code_of(clause.predicate)
    inside = {"raises": "ValueError", "snapshot": "name=lambda ...: ..."}.get(kind, "lambda ...: ...")
    if code is not None and code.co_name != "<lambda>":
        return (
            f"{kind}{where}: a declaration decorates a function; if {short(code.co_qualname)}() was to have the "
            f"contract, write @{kind}({inside}) above it, not @{kind} alone"
        )
    return f"{kind}{where}: a declaration decorates one function; write @{kind}({inside}) above its `def`"


def _shown(value: object) -> str:
    from culpa._repr import safe_reprs

    return safe_reprs({"": value})[""]


def _refuse_wrong_names(clauses: tuple[Clause, ...], routine: Routine) -> None:
    captured: set[str] = set()
    for clause in clauses:
        if clause.predicate is not None:
            problem = _wrong_name(clause, routine)
            if problem is None and is_async(clause.predicate):
                problem = "is async, and the function is not; write a plain predicate"
            if problem is not None:
                raise DeclarationError(f"{routine.title}(): {titled(clause)} {problem}")
        if clause.kind == "snapshot" and clause.name in captured:
            raise DeclarationError(f"{routine.title}(): two snapshots keep old.{clause.name}; rename one of them")
        if clause.kind == "snapshot":
            captured.add(str(clause.name))


def _wrong_name(clause: Clause, routine: Routine) -> str | None:
    """Return what is wrong with a name that the predicate takes, and what to write instead."""
    extras = WORDS[clause.kind].extras
    for name in clause.names:
        if name in extras and name in routine.names:
            return f"names {name!r}, which is a parameter too; rename the parameter"
        if name in extras or name in routine.names:
            continue
        legal = [*routine.names, *extras]
        may = f"it may take {', '.join(legal)}" if legal else "there are none: write lambda: ..."
        if name in EXTRA_NAMES:
            kinds = " or ".join(f"@{word.kind}" for word in WORDS.values() if name in word.extras)
            return f"names {name!r}, which only {kinds} knows; {may}"
        return f"names {name!r}, which is no parameter{_suggestion(name, legal)} {may}"
    return None


def _suggestion(name: str, legal: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, legal, 1, 0.5)
    return f" (did you mean {close[0]!r}?);" if close else ";"


def titled(clause: Clause) -> str:
    """Return a clause as it is written, as far as its text is known."""
    inside = [exception.__name__ for exception in clause.exceptions]
    if clause.predicate is not None:
        inside.append(f"{clause.name or ('when' if inside else '')}=".removeprefix("=") + _written(clause))
    return f"{clause.kind}({', '.join(inside)})"


def _written(clause: Clause) -> str:
    """Return a predicate as the declaration has it: a lambda, or the name of something else."""
    name = given(clause.predicate, "__name__", str) or type(clause.predicate).__name__
    if name != "<lambda>":
        return name
    return f"lambda {', '.join(clause.names)}: {clause.text or '...'}".replace("lambda :", "lambda:")


def short(qualname: str) -> str:
    """Return a qualified name without the enclosing functions."""
    return qualname.rpartition("<locals>.")[2]
