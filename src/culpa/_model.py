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
    """

    kind: str
    predicate: Callable[..., Any] | None
    names: tuple[str, ...]
    message: str | None
    text: str | None
    place: tuple[CodeType, int] | Site
    name: str | None = None
    exceptions: tuple[type[BaseException], ...] = ()

    @property
    def site(self) -> Site:
        """Where the clause is declared. Decoded on demand: the line table is walked from its start."""
        if isinstance(self.place, Site):
            return self.place
        code, offset = self.place
        return Site(code.co_filename, *position(code, offset), code.co_qualname)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what a report needs: the predicate stays behind."""
        fields = (self.kind, None, self.names, self.message, self.text, self.site, self.name, self.exceptions)
        return Clause, fields


@frozen
class Contract:
    """All clauses of one function, in source order; false when there are none.

    `placement` says where the checks stand and why, `function` is the qualified name of what they were promised for.
    """

    function: str
    clauses: tuple[Clause, ...] = ()
    placement: str = "none"

    def of_kind(self, kind: str) -> tuple[Clause, ...]:
        """Return the clauses of one kind, in source order."""
        return tuple(clause for clause in self.clauses if clause.kind == kind)

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


@frozen
class Routine:
    """The callable under contract, and the facts about it that are decided at decoration.

    `exact` is true when a wrapper may have the routine's own signature: a plain function. Calls of anything else (a
    `partial`, a builtin, what another decorator made) are forwarded as they were made.
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

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def title(self) -> str:
        """The name that a reader knows the routine by: `Account.deposit`, without enclosing functions."""
        return self.qualname.rpartition("<locals>.")[2]
