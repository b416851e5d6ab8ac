"""Names the parties and the exceptions: the type of a violation says whose fault it is."""

from __future__ import annotations

from enum import Enum

from culpa._frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from culpa._model import Clause


class Blame(Enum):
    """The party at fault.

    `CALLER` and `CALLEE` are Meyer's client and supplier; the contract as a third party is Findler and Felleisen's.
    """

    CALLER = "caller"
    CALLEE = "callee"
    CONTRACT = "contract"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@frozen
class Site:
    """The place where a party acted: `file` as in the code object, `line` from 1, `column` from 0 in characters.

    `line` is None where no code of anybody made the call: the target of a thread, an `atexit` function, `__del__`.
    """

    file: str
    line: int | None
    column: int | None = None
    function: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place} in {self.function}" if self.function else place


class ContractError(Exception):
    """A contract was violated. The base of every violation; it is no `AssertionError`, on purpose."""

    # The activations whose caller is at fault, until the error has left them (T1), and what tells the object whose
    # invariant is broken, and the callable under contract whose giver is at fault; never pickled, for they are no part
    # of `__dict__`.
    __slots__ = ("_about", "_activations", "_handed")
    _activations: tuple[FrameType, ...]
    _about: object
    _handed: object

    blame: Blame = Blame.UNKNOWN
    site: Site
    clause: Clause | None
    values: dict[str, str]
    path: str | None
    thread: str

    def __init__(self, text: str = "", /, root: ContractError | None = None, **fields: Any) -> None:
        super().__init__(text)
        self._activations = ()
        self._about = None
        self._handed = None
        self.__dict__.update(fields, _root=root)

    @property
    def root(self) -> ContractError:
        """The original violation, which names one culprit for good; a fresh violation is its own root."""
        root: ContractError | None = self.__dict__.get("_root")
        return self if root is None else root

    def to_dict(self) -> dict[str, Any]:
        """Return the whole report as plain data that `json` takes."""
        clause = self.clause
        return {
            "type": type(self).__name__,
            "text": str(self),
            "blame": self.blame.value,
            "site": _site_to_dict(self.site),
            "clause": clause
            and {
                "kind": clause.kind,
                "text": clause.text,
                "message": clause.message,
                "site": _site_to_dict(clause.site),
            },
            "values": dict(self.values),
            "path": self.path,
            "thread": self.thread,
            "root": None if self.root is self else self.root.to_dict(),
        }


def _site_to_dict(site: Site) -> dict[str, Any]:
    return {"file": site.file, "line": site.line, "column": site.column, "function": site.function}


class CallerError(ContractError):
    """The immediate caller is at fault."""

    blame = Blame.CALLER


class PreconditionError(CallerError):
    """The caller made a call that the callee's precondition forbids."""


class CallbackError(CallerError):
    """The callable that the caller handed over broke its contract."""


class CalleeError(ContractError):
    """The called code is at fault."""

    blame = Blame.CALLEE


class PostconditionError(CalleeError):
    """The callee returned without having made its postcondition true."""


class InvariantError(CalleeError):
    """The callee left its object broken.

    `phase` says when: "exit", "exception", "reentry" (it called out meanwhile), or "setattr": then `blame` is
    `OUTSIDE`, for an assignment from outside broke the object, and was undone. `concurrent` says whether another
    thread was seen inside a method of the same object.
    """

    phase: str = "exit"
    concurrent: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the whole report as plain data, `phase` and `concurrent` included."""
        return {**super().to_dict(), "phase": self.phase, "concurrent": self.concurrent}


class RaisesError(CalleeError):
    """An exception escaped that the callee's `raises` does not admit; it is the `__cause__`."""


class CallbackMisuseError(CalleeError):
    """The callee called its callback outside the callback's contract."""


class CheckError(CalleeError):
    """A `check()` statement in the callee's body was false."""


class RoutineError(CalleeError):
    """The callee failed because it broke somebody else's contract; `root` is that violation."""


class OutsideError(ContractError):
    """An invariant was broken before the call: somebody else changed the object. `site` is the call, a witness.

    `concurrent` says whether another thread was seen inside a method of the same object.
    """

    blame = Blame.OUTSIDE
    concurrent: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the whole report as plain data, `concurrent` included."""
        return {**super().to_dict(), "concurrent": self.concurrent}


class DefectError(ContractError):
    """The contract itself is at fault: a predicate raised or has no truth value, or a capture raised."""

    blame = Blame.CONTRACT


class HierarchyError(DefectError):
    """An override demands more than the routine that it overrides promised to accept."""


class DeclarationError(TypeError):
    """A contract is written wrong. Raised when it is declared; never a violation."""


def _claim_public_module() -> None:
    """Let tracebacks and pickles say `culpa.PreconditionError`."""
    for value in list(globals().values()):
        if isinstance(value, type) and value.__module__ == __name__:
            value.__module__ = "culpa"


_claim_public_module()
