"""Gives the overrides of a new class the contracts of what they override."""

from __future__ import annotations

import functools
import sys
from types import FunctionType

from culpa._callable import class_of, put
from culpa._descriptors import Relay, functions_of, relayed, resolved, with_functions
from culpa._frozen import frozen, replace
from culpa._inherit import EXTRAS, PLACES, inherited, matched, opened, takes_everything
from culpa._invariants import guard
from culpa._model import Ancestor, Contract, Lineage, Parameter
from culpa._refuse import CONSTRUCTORS
from culpa._routine import describe
from culpa._wrap import boundary_beneath, boundary_in, with_contract
from culpa.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from culpa._boundary import Boundary
    from culpa._model import Clause, Routine

    Layer = tuple[tuple[Parameter, ...], list[Clause]]

ALTERNATIVES = ("require", "require_else")
NO_SELF = Parameter("", "positional")
"""Stands where a method has `self`, for a callable that does not bind: so positions can be compared."""


@frozen
class Override:
    """What a class has for a name; `home` is the class that wrote it, the class itself or the base of a relay."""

    cls: type
    name: str
    home: type


@frozen
class Promise:
    """What one routine of the bases declares: a layer of clauses for each decorator of somebody else's between them.

    `bases` are the classes that have it, nearest first: more than one where a relay brings it into another.
    """

    routine: Routine
    bases: list[type]
    layers: list[Layer]


def inherit(cls: type) -> None:
    """Put the contracts of its bases into the routines of a class that has just been made.

    A routine that a base brings in before another base's, as a mixin does, is relayed in the class itself. Raises
    `DeclarationError` for an override that cannot be called as its base can. To do it twice is to do it once. Then its
    routines are guarded with its invariants, if it has any.
    """
    for name in _promised(cls):
        found = [(base, vars(base)[name]) for base in cls.__mro__ if name in vars(base)]
        written = [(base, value) for base, value in found if not issubclass(class_of(value), Relay)]
        if not written:
            continue
        home, value = written[0]
        now = resolved(cls, name)
        if class_of(value) is functools.partialmethod and "" in functions_of(value.func):
            value = now = _as_function(value, cls)
        current, override = functions_of(now), Override(cls, name, home)
        made = {
            place: _checked(override, function, current.get(place, function), _promises(override, place, function))
            for place, function in functions_of(value).items()
        }
        if any(function is not current.get(place) for place, function in made.items()):
            checked = with_functions(value, made)
            put(cls, name, checked if home is cls else relayed(home, name, checked))
    guard(cls)


def _as_function(value: Any, cls: type) -> Any:
    from inspect import signature

    function: Any = value.__get__(None, cls)
    function.__signature__ = signature(function)
    return function


def _promised(cls: type) -> list[str]:
    """Return the names for which some base has a contract."""
    names: dict[str, None] = {}
    for base in cls.__mro__[1:-1]:
        for name, value in vars(base).items():
            is_new = name not in names and name not in CONSTRUCTORS
            if is_new and any(map(boundary_beneath, functions_of(value).values())):
                names[name] = None
    return list(names)


def _promises(override: Override, place: str, function: Any) -> list[Promise]:
    """Return what the bases declare for a routine, nearest first; not what the override declares itself."""
    beneath = boundary_beneath(function)
    itself = function if beneath is None else beneath.layers()[-1].routine.call
    found: list[Promise] = []
    relays: dict[int, Promise] = {}
    for base in override.cls.__mro__[1:]:
        value = vars(base).get(override.name)
        partial = value if issubclass(class_of(value), functools.partialmethod) else None
        boundary = boundary_beneath(functions_of(value).get("func" if partial and not place else place))
        routine = None if boundary is None else boundary.layers()[-1].routine
        if boundary is None or routine is None or routine.call is itself:
            continue
        is_relay = issubclass(class_of(value), Relay)
        known = relays.get(id(routine.call)) if is_relay else relays.pop(id(routine.call), None)
        promise = known or Promise(routine, [], _declared(boundary, partial))
        promise.bases.append(base)
        if known is None and promise.layers:
            found.append(promise)
        if is_relay:
            relays[id(routine.call)] = promise
    return found


def _declared(boundary: Boundary, partial: Any) -> list[Layer]:
    """Return the parameters and the own clauses of each layer; a partial method promises nothing of what it gives."""
    found: list[Layer] = []
    seen: set[int] = set()
    for layer in boundary.layers():
        clauses = [c for c in layer.contract.clauses if not c.origin and id(c.place) not in seen]
        seen.update(id(clause.place) for clause in clauses)
        parameters = _aligned(layer.routine)
        if partial is not None:
            given = {*(p.name for p in parameters[1 : 1 + len(partial.args)]), *partial.keywords}
            parameters = tuple(parameter for parameter in parameters if parameter.name not in given)
            clauses = [clause for clause in clauses if given.isdisjoint(clause.names)]
        if clauses:
            found.append((parameters, clauses))
    return found


def _aligned(routine: Routine) -> tuple[Parameter, ...]:
    return routine.parameters if _binds(routine.call) else (NO_SELF, *routine.parameters)


def _binds(target: Any) -> bool:
    """Return whether a class gives its instances a method of it; a `partial` of 3.13 only warns that it will."""
    kind = class_of(target)
    return hasattr(kind, "__get__") and (not issubclass(kind, functools.partial) or sys.version_info >= (3, 14))


def _checked(override: Override, function: Any, current: Any, promises: Sequence[Promise]) -> Any:
    """Return the function with what its bases promise; `current`, what the class has, if that is nothing new."""
    if not promises:
        return current
    found = _read(function, promises[0])
    _refuse_other_flow(override, found.routine, promises)
    contract = _contract(override, found, promises)
    boundary = boundary_beneath(current)
    if boundary is not None and _keys(contract.clauses) <= _keys(c for b in boundary.layers() for c in b.contract):
        return current
    made = with_contract(contract, found.routine, function, found.defaults, found.keyword_defaults)
    if found.is_open:
        from inspect import signature

        made.__signature__ = signature(function)
    name = f"{override.cls.__qualname__}.{override.name}"
    if class_of(made) is FunctionType and name != made.__qualname__ and "<" not in f"{name}{made.__qualname__}":
        made.__module__, made.__qualname__ = override.cls.__module__, name  # by which it can be pickled
    return made


def _refuse_other_flow(override: Override, routine: Routine, promises: Sequence[Promise]) -> None:
    """Refuse an override that gives its caller a generator or a coroutine where a base does not, or the other way."""
    for promise in promises:
        if promise.routine.flow != routine.flow:
            base = promise.bases[-1].__name__
            raise DeclarationError(
                f"{override.cls.__name__}.{override.name}() cannot take the place of what it overrides: it is "
                f"{_article(routine.flow)}, and {base}.{override.name}() is {_article(promise.routine.flow)}"
            )


def _article(flow: str) -> str:
    return f"{'an' if flow.startswith('a') else 'a'} {flow} function"


def _contract(override: Override, found: Found, promises: Sequence[Promise]) -> Contract:
    """Return the contract of an override: its own clauses, and what it inherits, read by its parameters."""
    origins = _origins(override.name, promises)
    known: set[str] = set()
    taken: list[Clause] = []
    try:
        for promise, origin in zip(promises, origins, strict=True):
            for base, clauses in promise.layers:
                names = matched(base, _aligned(found.routine))
                known.update(names.values())
                taken += inherited(clauses, origin, names, found.routine.names)
    except DeclarationError as error:
        title = f"{override.cls.__name__}.{override.name}()"
        raise DeclarationError(f"{title} cannot take the place of what it overrides: {error}") from None
    home = override.home if found.declares and override.home is not override.cls else None
    lineage = Lineage(_ancestors(promises, origins, home), frozenset(found.routine.names) - known)
    return Contract(found.routine.qualname, (*found.own, *taken), "", lineage)


def _keys(clauses: Iterable[Clause]) -> set[tuple[object, ...]]:
    """Return what tells clauses apart without comparing their predicates, which are somebody's objects."""
    return {(id(clause.place), clause.origin, clause.arguments) for clause in clauses}


def _origins(name: str, promises: Sequence[Promise]) -> list[str]:
    """Return a name for the routine of each promise: longer ones where two classes have one name."""
    found: list[str] = []
    for promise in promises:
        home = promise.bases[-1]
        names = [f"{home.__name__}.{name}", f"{home.__module__}.{home.__qualname__}.{name}"]
        names += [f"{names[-1]} #{number}" for number in range(2, len(found) + 3)]
        found.append(next(origin for origin in names if origin not in found))
    return found


def _ancestors(promises: Sequence[Promise], origins: Sequence[str], home: type | None) -> tuple[Ancestor, ...]:
    """Return the classes that promise something, subclasses first; `home` too, if a base has the routine itself."""
    nodes: list[tuple[type, str, str]] = [] if home is None else [(home, "", "")]
    for promise, origin in zip(promises, origins, strict=True):
        *relays, written = promise.bases
        nodes += [(written, origin, origin), *((cls, f"{origin}@{i}", origin) for i, cls in enumerate(relays))]
    found: list[Ancestor] = []
    for cls, name, origin in sorted(nodes, key=lambda node: -len(node[0].__mro__)):
        above = {id(base) for base in cls.__mro__[1:]}
        found.append(Ancestor(name, origin, tuple(other for base, other, _ in nodes if id(base) in above)))
    return tuple(found)


@frozen
class Found:
    """The routine of an override, and the clauses that it `declares` itself, whether or not they are checked here.

    `is_open` if it is read by its base's parameters.
    """

    routine: Routine
    defaults: tuple[Any, ...]
    keyword_defaults: dict[str, Any]
    declares: bool
    own: tuple[Clause, ...] = ()
    is_open: bool = False


def _read(function: Any, base: Promise) -> Found:
    boundary, beneath = boundary_in(function), boundary_beneath(function)
    routine, defaults, keyword_defaults = describe(function if boundary is None else boundary.routine.call, None)
    layers = [] if beneath is None else beneath.layers()
    own = [clause for layer in layers for clause in layer.contract.clauses if not clause.origin]
    declares = bool(own)
    if boundary is not None:
        routine = replace(boundary.routine, parameters=routine.parameters, exact=routine.exact)
        own = [clause for clause in boundary.contract.clauses if not clause.origin]
    else:
        # Beneath a decorator of somebody else: whether a call is legal is decided above it, for all alternatives.
        own = [clause for clause in own if clause.kind in ALTERNATIVES and {*clause.names} <= {*routine.names}]
    found = Found(routine, defaults, keyword_defaults, declares, tuple(own))
    return _opened(found, base) if takes_everything(routine.parameters) else found


def _opened(found: Found, base: Promise) -> Found:
    """Return an override that takes everything as one with its base's parameters: its calls are passed on as made."""
    parameters = opened(base.layers[0][0], _aligned(found.routine))
    if parameters is None:
        return found
    if not _binds(found.routine.call):
        parameters = parameters[1:]
    names = {parameter.name for parameter in parameters}
    if not all({*clause.names} <= names.union(EXTRAS) for clause in found.own):
        return found
    values = _defaults(*describe(base.routine.call, None)) | _defaults(
        found.routine, found.defaults, found.keyword_defaults
    )
    kept = [parameter for parameter in parameters if parameter.default]
    defaults = tuple(values[parameter.name] for parameter in kept if parameter.kind in PLACES)
    keyword_defaults = {parameter.name: values[parameter.name] for parameter in kept if parameter.kind == "keyword"}
    routine = replace(found.routine, parameters=parameters, exact=False)
    return Found(routine, defaults, keyword_defaults, found.declares, found.own, is_open=True)


def _defaults(routine: Routine, defaults: tuple[Any, ...], keyword_defaults: dict[str, Any]) -> dict[str, Any]:
    """Return the defaults of a routine by the names of its parameters."""
    names = [parameter.name for parameter in routine.parameters if parameter.kind in PLACES and parameter.default]
    return dict(zip(names, defaults, strict=True)) | keyword_defaults
