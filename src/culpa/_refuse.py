"""Refuses what can have no contract, or not this one, and says what to write instead."""

from __future__ import annotations

from culpa._callable import class_of, code_of, given
from culpa._predicates import is_async
from culpa._words import EXTRA_NAMES, WORDS
from culpa.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from culpa._model import Clause, Routine

CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "__init_subclass__"})
"""What inherits no contract, as in Eiffel: a constructor is called for its own class."""

HEAP_TYPE, IMMUTABLE_TYPE = 1 << 9, 1 << 8
"""The flags of a class that Python code has made, and of one whose attributes cannot be set."""


def refuse_target(clause: Clause, target: Any) -> None:
    kind = clause.kind
    if issubclass(type(target), type):
        constructor = "__post_init__" if "__dataclass_fields__" in vars(target) else "__init__"
        raise DeclarationError(f"{kind} on the class {target.__name__}: write it on {target.__name__}.{constructor}")
    if type(target).__module__ == "culpa._attach":
        raise DeclarationError(f"{kind} on a declaration: write one @{kind}(...) a line, above a function")
    if not callable(target):
        raise DeclarationError(no_target(clause, f" on {_shown(target)}, which is no callable"))


def refuse_flow(clauses: Iterable[Clause], routine: Routine) -> None:
    """Refuse what only a generator can keep, on what is none."""
    for clause in clauses:
        if clause.kind in ("yields", "sends") and routine.flow not in ("generator", "async generator"):
            instead = "write @ensure" if clause.kind == "yields" else "write @require"
            raise DeclarationError(f"{clause.kind} on {routine.title}(): it is no generator function; {instead}")


def refuse_class(invariant: Clause, target: Any) -> None:
    """Refuse an invariant on what is no class, or none that can be given one; and a predicate that takes more."""
    if class_of(target).__module__ == "culpa._attach":
        raise DeclarationError("invariant on a declaration: write one @invariant(...) a line, above a class")
    if not issubclass(class_of(target), type):
        shown = short(code.co_qualname) + "()" if (code := code_of(target)) is not None else _shown(target)
        raise DeclarationError(f"invariant on {shown}: an invariant is kept by a class; write @require or @ensure here")
    title = f"invariant on {target.__name__}"
    if class_of(target).__name__ == "_TypedDictMeta":
        raise DeclarationError(
            f"{title}: the instances of a TypedDict are plain dicts, which check nothing; use a dataclass"
        )
    if not target.__flags__ & HEAP_TYPE or target.__flags__ & IMMUTABLE_TYPE:
        raise DeclarationError(f"{title}: a class that is built in cannot be changed; write a subclass of it")
    others = [name for name in invariant.names if name != "self"]
    if others:
        raise DeclarationError(f"{title}: its predicate names {others[0]!r}; it may take self, and nothing else")
    if is_async(invariant.predicate):
        raise DeclarationError(f"{title}: its predicate is async; write a plain predicate")


def refuse_widening(clauses: Iterable[Clause], routine: Routine) -> None:
    """Refuse `require_else` on what inherits no contract: it would only narrow what the routine accepts."""
    for clause in clauses:
        if clause.kind == "require_else" and routine.name in CONSTRUCTORS:
            raise DeclarationError(
                f"require_else on {routine.title}(): a constructor inherits no contract, so there is nothing to widen; "
                f"write @require"
            )


def no_target(clause: Clause, where: str = "") -> str:
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


def refuse_names(clauses: Iterable[Clause], routine: Routine) -> None:
    captured: set[str] = set()
    for clause in clauses:
        if clause.predicate is not None and clause.kind != "invariant":
            problem = _wrong_name(clause, routine)
            if problem is None and is_async(clause.predicate) and not routine.flow.startswith(("co", "async")):
                problem = "is async, and the function is not; write a plain predicate"
            if problem is not None:
                raise DeclarationError(f"{routine.title}(): {titled(clause)} {problem}")
        if clause.kind == "callback":
            _refuse_argument(clause, routine)
        if clause.kind == "snapshot" and clause.name in captured:
            raise DeclarationError(f"{routine.title}(): two snapshots keep old.{clause.name}; rename one of them")
        if clause.kind == "snapshot":
            captured.add(str(clause.name))


def _refuse_argument(clause: Clause, routine: Routine) -> None:
    """Refuse the contract of a callable that is no argument of the routine, or might be its result as well."""
    name = str(clause.name)
    if name == "result" and name in routine.names:
        problem = "is a parameter, and the result too; rename the parameter"
    elif name in routine.names or name == "result":
        return
    else:
        legal = [*routine.names, "result"]
        problem = f"is no parameter{_suggestion(name, legal)} there are {', '.join(legal)}"
    raise DeclarationError(f"{routine.title}(): callback names {name!r}, which {problem}")


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
