"""Decides what an override promises: behavioural subtyping, as pure functions on contracts.

A precondition may be weakened, a postcondition strengthened (Meyer's Eiffel; Liskov and Wing).
"""

from __future__ import annotations

from culpa._frozen import replace
from culpa._model import Parameter
from culpa._words import WORDS
from culpa.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from culpa._model import Clause

PLACES, STARS = {"positional", "standard"}, {"star", "double star"}
ORDER = ("positional", "standard", "star", "keyword", "double star")
EXTRAS = ("result", "old")


def inherited(clauses: Sequence[Clause], origin: str, names: Mapping[str, str], own: Collection[str]) -> list[Clause]:
    """Return the clauses that the routine `origin` declares, as they bind an override: read by its parameters.

    `own` are those parameters, `names` the same by what the base calls them. Raises `DeclarationError` if a predicate
    reads one that is not there.
    """
    return [_translated(clause, origin, names, own) for clause in clauses]


def takes_everything(parameters: Sequence[Parameter]) -> bool:
    """Return whether a routine passes on whatever it is called with: `*args` and `**kwargs`."""
    return {parameter.kind for parameter in parameters} >= STARS


def matched(base: Sequence[Parameter], override: Sequence[Parameter]) -> dict[str, str]:
    """Return the override's name for each parameter of the base: by position, else by name."""
    places = [own.name for own in override if own.kind in PLACES]
    names = dict(zip((parameter.name for parameter in base if parameter.kind in PLACES), places, strict=False))
    keywords = {own.name: own.name for own in override if own.kind in ("standard", "keyword")}
    stars = {own.kind: own.name for own in override if own.kind in STARS}
    for parameter in base:
        named = parameter.kind not in ("positional", *STARS) and parameter.name not in names
        own = keywords.get(parameter.name) if named else stars.get(parameter.kind)
        if own is not None:
            names[parameter.name] = own
    return names


def opened(base: Sequence[Parameter], override: Sequence[Parameter]) -> tuple[Parameter, ...] | None:
    """Return the parameters by which an override that takes everything can be read: its own, then those of its base.

    None if there is no such signature: two of one name, or one without a default behind one that has it.
    """
    own = [parameter for parameter in override if parameter.kind in PLACES]
    kind = max((parameter.kind for parameter in own), default="positional")  # "standard" comes after it
    rest = [Parameter(p.name, max(p.kind, kind), p.default) for p in base if p.kind in PLACES][len(own) :]
    known = {parameter.name for parameter in (*own, *rest)}
    keywords = {p.name: p for p in (*base, *override) if p.kind == "keyword" and p.name not in known}
    kinds = {parameter.kind: parameter for parameter in (*override, *base) if parameter.kind in STARS}
    stars = [Parameter(p.name if p in base else f".{p.name}", kind) for kind, p in kinds.items()]
    found = sorted((*own, *rest, *keywords.values(), *stars), key=lambda p: ORDER.index(p.kind))
    places = [parameter.default for parameter in (*own, *rest)]
    names = {parameter.name for parameter in found}
    return tuple(found) if len(names) == len(found) and places == sorted(places) else None


def _translated(clause: Clause, origin: str, names: Mapping[str, str], own: Collection[str]) -> Clause:
    if clause.kind == "callback":
        return _renamed(clause, origin, names)
    extras = WORDS[clause.kind].extras
    arguments: list[str] = []
    for name in clause.names:
        argument = names.get(name)
        if not argument and name not in extras:
            raise DeclarationError(
                f"it has no parameter {name!r}, which {clause.kind} of {origin}() reads: give it that parameter"
            )
        if not argument and name in own:
            raise DeclarationError(
                f"it has a parameter {name!r}, which means something else to ensure of {origin}(): rename it"
            )
        arguments.append(argument or name)
    return replace(clause, arguments=tuple(arguments), origin=origin)


def _renamed(clause: Clause, origin: str, names: Mapping[str, str]) -> Clause:
    """Return the contract of a callable as it binds an override, which may call the argument otherwise."""
    name = clause.name if clause.name == "result" else names.get(str(clause.name))
    if name is None:
        raise DeclarationError(
            f"it has no parameter {clause.name!r}, for which {origin}() has a callback: give it that parameter"
        )
    return replace(clause, name=name, origin=origin)
