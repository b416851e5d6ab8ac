"""Puts a violation into words and values, and tells the observers."""

from __future__ import annotations

from _thread import get_ident
from types import FunctionType, TracebackType

from culpa._blame import entry_site, left_at
from culpa._frozen import frozen
from culpa._observe import announce
from culpa._raised import arguments_of, trace_of
from culpa._redact import is_redacted, secret_names
from culpa._repr import safe_repr
from culpa._values import values_of
from culpa.errors import DefectError, OutsideError, RaisesError, RoutineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType
    from typing import Any, TypeVar

    from culpa._model import Clause, Contract, Routine
    from culpa.errors import Blame, ContractError, Site

    E = TypeVar("E", bound=ContractError)

AWAITABLE = "it gave", "an awaitable, which is always true; only the contract of an `async def` may be async"
VERBS = {"require": "requires", "require_else": "requires", "ensure": "ensures", "yields": "yields", "sends": "is sent"}


@frozen
class Scene:
    """One activation of a routine under contract, as a report needs it."""

    contract: Contract
    routine: Routine
    frame: FrameType


def false(
    error_type: type[E],
    clause: Clause,
    scene: Scene,
    site: Site,
    through: str | None,
    value: object,
    lines: Sequence[tuple[str, str]] = (),
) -> E:
    """Return the violation of a clause that was false; `value` is its predicate's, False where it is not known."""
    values = values_in(scene, clause)
    if clause.text is not None and type(value) is not bool:
        values = {clause.text: safe_repr(value), **values}
    callee = scene.routine.title
    headline = f"{callee}() {VERBS[clause.kind]}  {promise(clause)}{message(clause)}"
    return violation(error_type, headline, clause, site, values, callee=callee, through=through, lines=lines)


def defect(clause: Clause, scene: Scene, reason: tuple[str, str], cause: BaseException | None) -> DefectError:
    """Return the report that a clause cannot be answered; `reason` is a line of it."""
    callee = scene.routine.title
    title = clause.origin if clause.kind == "invariant" else f"{callee}()"
    headline = f"the contract of {title} is wrong:  {promise(clause)}{message(clause)}"
    # A capture is reported after the body, which may have changed what the capture read.
    values = {} if clause.kind == "snapshot" else values_in(scene, clause)
    error = violation(DefectError, headline, clause, clause.site, values, callee=callee, lines=[reason])
    error.__cause__ = cause
    return error


def undeclared(
    clauses: Sequence[Clause], routine: Routine, cause: BaseException, group: BaseException | None = None
) -> RaisesError:
    """Return the report that an exception escaped which no `raises` admits."""
    admitted = [promise(clause) for clause in clauses if clause.exceptions]
    only = f"only  {' or '.join(admitted)}" if admitted else "no exception"
    headline = f"{routine.title}() raises {only}"
    entry = _left_at(routine, cause, group)
    site = entry_site(routine, entry)
    lines = [raised(cause, routine)]
    error = violation(RaisesError, headline, clauses[0], site, {}, callee=routine.title, lines=lines)
    return after(error, cause, entry)


def routine_failed(routine: Routine, cause: ContractError, group: BaseException | None = None) -> RoutineError:
    """Return the report that a routine failed because it broke somebody else's contract (R4)."""
    root, entry = cause.root, _left_at(routine, cause, group)
    site = entry_site(routine, entry)
    broken_promise = "a contract" if root.clause is None else promise(root.clause)
    headline = f"{routine.title}() failed, because it broke  {broken_promise}  of {root.__dict__['_callee']}()"
    first = [] if root.site == site else [("at the root", str(root.site))]
    error = violation(
        RoutineError, headline, root.clause, site, root.values, callee=routine.title, lines=first, root=root
    )
    return after(error, cause, entry)


def violation(
    error_type: type[E],
    headline: str,
    clause: Clause | None,
    site: Site,
    values: Mapping[str, str],
    *,
    callee: str,
    through: str | None = None,
    lines: Sequence[tuple[str, str]] = (),
    root: ContractError | None = None,
    **fields: Any,
) -> E:
    """Return the finished report; a fresh one, which has no other root, is told to the observers.

    `fields` are what its type has besides, or has otherwise: the `blame` of one phase.
    """
    text = _text(error_type, headline, clause, site, values, lines, through, fields.get("blame", error_type.blame))
    error = error_type(
        text,
        root=root,
        site=site,
        clause=clause,
        values=dict(values),
        thread=_thread(),
        _callee=callee,
        **{"path": None, **fields},
    )
    if root is None:
        announce(error)
    return error


def _text(
    error_type: type[ContractError],
    headline: str,
    clause: Clause | None,
    site: Site,
    values: Mapping[str, str],
    lines: Sequence[tuple[str, str]],
    through: str | None,
    blame: Blame,
) -> str:
    width = max(map(len, values), default=0)
    place = "the runtime" if site.line is None else str(site)
    if clause is not None and site == clause.site:
        place = f"{site.file}:{site.line}"
    if error_type is OutsideError:
        place = f"code that is not known; found at {place}"
    rows = [*lines, (f"blame the {blame.value}", place + (f", through {through}" if through else ""))]
    if clause is not None and clause.site != site:
        rows.append(("promised at", f"{clause.site.file}:{clause.site.line}"))
    thread = _thread()
    if thread != "MainThread":
        rows.append(("in thread", thread))
    text = [headline, *(f"    {name:<{width}}  is {value}" for name, value in values.items())]
    return "\n".join([*text, *(f"  {label:<20}{content}" for label, content in rows)])


def promise(clause: Clause) -> str:
    """Return what a clause promises, as far as it is known: its text, else its message, else its parameters."""
    text = clause.text or clause.message or f"lambda {', '.join(clause.names)}: ...".replace("lambda :", "lambda:")
    if clause.kind == "snapshot":
        return f"old.{clause.name} = {text}"
    if clause.kind != "raises":
        return text
    names = ", ".join(exception.__name__ for exception in clause.exceptions)
    return names if clause.predicate is None else f"{names} when {text}"


def failed_line(title: str, routine: Routine, cause: ContractError) -> tuple[str, TracebackType | None]:
    """Return what is said of a callable that broke somebody else's contract, and its entry in the traceback."""
    root = cause.root
    broken_promise = "a contract" if root.clause is None else promise(root.clause)
    entry = left_at(routine, trace_of(cause))
    return f"{title} failed, because it broke  {broken_promise}  of {root.__dict__['_callee']}()", entry


def left_by(error: BaseException, frame: FrameType) -> None:
    """Take the entry of the frame that handles an exception out of its traceback."""
    trace = trace_of(error)
    BaseException.with_traceback(error, trace.tb_next if trace is not None and trace.tb_frame is frame else trace)


def _left_at(routine: Routine, cause: BaseException, group: BaseException | None) -> TracebackType | None:
    """Return the traceback's entry for the routine's own frame; for one exception of a group, maybe the group's."""
    entry = left_at(routine, trace_of(cause))
    return entry if entry is not None or group is None else left_at(routine, trace_of(group))


def after(error: E, cause: BaseException, entry: TracebackType | None) -> E:
    """Return `error` as raised from `cause`, with the routine's guilty line as the last entry of its traceback."""
    error.__cause__ = cause
    if entry is not None:
        error.__traceback__ = TracebackType(None, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return error


def raised(error: BaseException, routine: Routine) -> tuple[str, str]:
    """Return the line on what was raised, without its message if the routine handles secrets: they may stand in it."""
    title = type(error).__name__
    arguments = arguments_of(error)
    if len(arguments) != 1 or secret_names(routine.annotations) or any(map(is_redacted, routine.names)):
        return "it raised", title
    text = safe_repr(arguments[0])
    is_plain = type(arguments[0]) is str and not issubclass(type(error), KeyError)  # as Python prints them
    return "it raised", f"{title}: {text[1:-1] if is_plain else text}"


def values_in(scene: Scene, clause: Clause) -> dict[str, str]:
    """Return the values of the sub-expressions of the clause's predicate, as they are in the routine's frame.

    None at all, where what they are read from is hostile: a report says less, but it is made.
    """
    try:
        return _values_in(scene, clause)
    except Exception:  # noqa: BLE001 - somebody's object may raise anything, whatever it is asked
        return {}


def _values_in(scene: Scene, clause: Clause) -> dict[str, str]:
    local = scene.frame.f_locals
    kept = [c for c in scene.contract.of_kind("snapshot") if c.origin == clause.origin]
    old = {str(capture.name): local[capture.kept] for capture in kept if capture.kept in local}
    lookup = {**_environment(clause.predicate), **_extras(local), "old": Captured(old)}
    lookup.update((name, value) for name, value in local.items() if not name.startswith("."))
    if clause.arguments:  # an override calls its parameters otherwise than the base's predicate
        pairs = zip(clause.names, clause.arguments, strict=True)
        lookup.update((name, lookup[own] if own in lookup else local[own]) for name, own in pairs)
    names = [name for name in clause.names if name != "old" or name in scene.routine.names]
    shown = names if clause.text is None else [clause.text]
    if "old" in clause.names and "old." not in str(clause.text):
        shown += [f"old.{name}" for name in old]  # the predicate is called: any capture may be read
    captures = {str(capture.name): _names_read(capture) for capture in kept}
    return values_of(", ".join(shown), names, lookup, secret_names(scene.routine.annotations), captures)


def _extras(local: Mapping[str, Any]) -> dict[str, object]:
    return {name: local[f".{name}"] for name in ("result", "item", "sent") if f".{name}" in local}


def message(clause: Clause) -> str:
    """Return the author's message in brackets, unless it already stands for the promise."""
    return "" if clause.message is None or clause.text is None else f"      ({clause.message})"


def _thread() -> str:
    try:
        import threading

        # `current_thread` would register a thread that it does not know.
        known = {thread.ident: str(thread.name) for thread in threading.enumerate()}
    except Exception:  # noqa: BLE001 - at the very end of a process, or a thread whose name is anything
        return "MainThread"
    return known.get(get_ident(), f"Thread {get_ident()}")


class Captured:
    """The captures of one call, as `old`."""

    def __init__(self, captures: Mapping[str, object]) -> None:
        self.__dict__.update(captures)


def _environment(predicate: Callable[..., Any] | None) -> dict[str, object]:
    """Return the globals and the closure that a predicate reads."""
    if type(predicate) is not FunctionType:
        return {}
    code, namespace = predicate.__code__, predicate.__globals__
    found = {name: namespace[name] for name in code.co_names if name in namespace}
    for name, cell in zip(code.co_freevars, predicate.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not bound yet
            continue
    return found


def _names_read(capture: Clause) -> frozenset[str]:
    """Return every name that a capture reads, attributes included."""
    read = capture.predicate.__code__.co_names if type(capture.predicate) is FunctionType else ()
    return frozenset(capture.names).union(read)
