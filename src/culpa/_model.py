"""Holds the one model of a contract: clauses, and the routine that they are promised for."""

from __future__ import annotations

from culpa._frozen import frozen
from culpa._position import position
from culpa.errors import Site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType
    from typing import Any


@frozen
class Clause:
    """One predicate with its kind and its site.

    `names` are the parameters that the predicate takes; `text` is its source, None where that is unknown; `name` is
    what a capture is read as (`old.<name>`); `exceptions` are those of a `raises`, whose predicate is its `when`.
    `origin` is the routine that declared an inherited clause, empty for a routine's own; `arguments` are the names
    that the routine itself has for `names`, where an override calls its parameters otherwise. The `origin` of an
    invariant is its class; with `on_setattr`, assignments from outside are checked, too.
    The `contracts` of a callback are what its callable keeps; `name` is the argument, `names` are those of its own.
    """

    kind: str
    predicate: Callable[..., Any] | None
    names: tuple[str, ...]
    message: str | None
    text: str | None
    place: tuple[CodeType, int] | Site
    name: str | None = None
    exceptions: tuple[type[BaseException], ...] = ()
    origin: str = ""
    arguments: tuple[str, ...] = ()
    on_setattr: bool = False
    contracts: tuple[Clause, ...] = ()

    @property
    def site(self) -> Site:
        """Where the clause is declared. Decoded on demand: the line table is walked from its start."""
        if isinstance(self.place, Site):
            return self.place
        code, offset = self.place
        return Site(code.co_filename, *position(code, offset), code.co_qualname)

    @property
    def old(self) -> str:
        """The local that stands for `old` where the clause is checked: each base has captures of its own."""
        return f".old@{self.origin}" if self.origin else ".old"

    @property
    def kept(self) -> str:
        """The local that keeps the value of a capture; with `_lost` behind it, what the capture raised."""
        return f"{self.old}_{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what a report needs: the predicate stays behind."""
        fields = (self.kind, None, self.names, self.message, self.text, self.site, self.name, self.exceptions)
        return Clause, (*fields, self.origin, self.arguments, self.on_setattr, self.contracts)


@frozen
class Ancestor:
    """A class that promises something for a routine that an override takes the place of: the clauses of `origin`.

    It is called as its clauses, unless it has them from a base of its own. `above` are the ancestors that it inherits
    from.
    """

    name: str
    origin: str
    above: tuple[str, ...] = ()


@frozen
class Lineage:
    """What a routine overrides, nearest first; nameless is what the routine is itself in the base that it comes from.

    `added` are the routine's parameters that no base has.
    """

    ancestors: tuple[Ancestor, ...] = ()
    added: frozenset[str] = frozenset()


@frozen
class Contract:
    """All clauses of one function, in source order; false when there are none.

    `placement` says where the checks stand and why, `function` is the qualified name of what they were promised for.
    """

    function: str
    clauses: tuple[Clause, ...] = ()
    placement: str = "none"
    lineage: Lineage = Lineage()

    def of_kind(self, kind: str) -> tuple[Clause, ...]:
        """Return the clauses of one kind, in source order."""
        return tuple(clause for clause in self.clauses if clause.kind == kind)

    def layers(self) -> list[tuple[str, tuple[Clause, ...]]]:
        """Return the routine's own clauses, maybe none, under an empty name, then those of each base; no invariants."""
        clauses = [clause for clause in self.clauses if clause.kind != "invariant"]
        origins = dict.fromkeys(["", *(clause.origin for clause in clauses)])
        return [(origin, tuple(c for c in clauses if c.origin == origin)) for origin in origins]

    def __bool__(self) -> bool:
        return bool(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    def __iter__(self) -> Iterator[Clause]:
        return iter(self.clauses)


@frozen
class Parameter:
    """One parameter of a routine: `kind` is "positional", "standard", "star", "keyword" or "double star"."""

    name: str
    kind: str
    default: bool = False


FLOWS = {0x80: "coroutine", 0x20: "generator", 0x200: "async generator"}
"""What a function is that does not run to its end when it is called, by the flag of its code."""


@frozen
class Routine:
    """The callable under contract, and the facts about it that are decided at decoration.

    `exact` is true when a wrapper may have the routine's own signature: a plain function. Calls of anything else (a
    `partial`, a builtin, what another decorator made) are forwarded as they were made. `siblings` are the names of the
    other routines of its class, to which a predicate may come back. `role` says when it keeps the invariants of its
    object: "exit" if both when it is entered and when it is left, "birth" if it makes the object, "make" if that is
    its result, "setattr" if it assigns. `completes` is where the class stands whose construction ends with it, if a
    tool generated the constructor. `flow` says how it runs: one of `FLOWS`, or "plain".
    """

    call: Callable[..., Any]
    name: str
    qualname: str
    parameters: tuple[Parameter, ...]
    exact: bool
    code: CodeType | None
    definer: CodeType | None
    annotations: dict[str, Any]
    namespace: dict[str, Any]
    file: str
    line: int
    siblings: frozenset[str] = frozenset()
    role: str = "exit"
    completes: Site | None = None
    flow: str = "plain"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def title(self) -> str:
        """The name that a reader knows the routine by: `Account.deposit`, without enclosing functions."""
        return self.qualname.rpartition("<locals>.")[2]
