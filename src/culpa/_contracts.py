"""Reads what is promised of a callable that is handed over: clauses, and the names of its arguments."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from culpa._model import Clause

    Reading = tuple[tuple[Clause, ...], tuple[str, ...], str | None]

KINDS = ("require", "ensure", "callback")


def clauses_of(name: object, contracts: tuple[object, ...]) -> Reading:
    """Return the clauses of a callback, the names of the callable's arguments in order, and what is wrong, or None."""
    if not isinstance(name, str):
        return (), (), f"it names no argument but {name!r:.40}; write callback('name', require(...))"
    if not contracts:
        return (), (), f"it promises nothing of {name}; write callback({name!r}, require(...), ensure(...))"
    clauses: list[Clause] = []
    for contract in contracts:
        inner: tuple[Clause, ...] = getattr(contract, "clauses", ()) if _is_declaration(contract) else ()
        if not inner or any(clause.kind not in KINDS for clause in inner):
            what = inner[0].kind if inner else f"{contract!r:.40}"
            return (), (), f"a callable keeps require, ensure and callback, not {what}"
        if any(clause.kind == "ensure" and "old" in clause.names for clause in inner):
            return (), (), "a callable has no snapshots, so there is no old"
        clauses += inner
    return _ordered(name, clauses)


def _is_declaration(contract: object) -> bool:
    return type(contract).__module__ == "culpa._attach"


def _ordered(name: str, clauses: list[Clause]) -> Reading:
    """Order the arguments as the first clause that names them all does."""
    taken = [_arguments(clause) for clause in clauses]
    every = {each for names in taken for each in names}
    whole = next((names for names in taken if every.issubset(names)), None)
    if whole is None:
        listed = ", ".join(sorted(every))
        open_order = f"no clause names all arguments of {name} ({listed}), so their order is open"
        return (), (), f"{open_order}; let one do so: require(lambda {listed}: ...)"
    return tuple(clauses), tuple(whole), None


def _arguments(clause: Clause) -> list[str]:
    if clause.kind == "callback":
        return [] if clause.name == "result" else [str(clause.name)]
    return [name for name in clause.names if name != "result" or clause.kind != "ensure"]
