"""Guards the public routines of a class with its invariants, and those that it inherits."""

from __future__ import annotations

from types import FunctionType

from culpa._callable import class_of, given, put
from culpa._construction import guard_construction
from culpa._descriptors import functions_of, relayed, with_functions, written
from culpa._guarded import Keeping, guarded
from culpa._hook import METHOD, Chained, hooks_of
from culpa._statement import statement_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from culpa._model import Clause

UNGUARDED = frozenset(
    """__init__ __new__ __post_init__ __attrs_post_init__ __init_subclass__ __subclasshook__ __class_getitem__
    __set_name__ __repr__ __str__ __getattribute__ __getattr__ __setattr__ __delattr__ __del__ __sizeof__ __dir__
    __reduce__ __reduce_ex__
    __getstate__ __setstate__ __getnewargs__ __getnewargs_ex__ __copy__ __deepcopy__""".split()
)
"""Special methods that are no clients' calls: what makes, shows, copies or pickles an object."""


MODEL_POST_INIT = "model_post_init"
"""What pydantic calls when a model is filled."""
GENERATED = frozenset("__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __replace__".split())
"""What a tool above writes into a class that has none of its own: so none that is inherited may be put there."""


def invariants_of(cls: type) -> tuple[Clause, ...]:
    """Return the invariants of a class: its own, top first, then those of its bases."""
    found = {id(clause): clause for hook in hooks_of(cls) for clause in hook.invariants}
    return tuple(found.values())


def own_invariants_of(cls: type) -> tuple[Clause, ...]:
    """Return the invariants that were declared on the class itself."""
    hook = vars(cls).get(METHOD)
    return hook.invariants if isinstance(hook, Chained) else ()


def guard(cls: type, applied: FrameType | None = None) -> None:
    """Have the invariants of a class checked by its routines, its constructor, and assignments that are hooked.

    `applied` is the frame that decorates it; without one it is a new subclass. To do it twice is to do it once.
    """
    invariants = invariants_of(cls)
    if not invariants:
        return
    statement = statement_of(cls, applied)
    routines = _routines(cls)
    siblings = frozenset(routines)
    for name, (home, value) in routines.items():
        is_left = home is not cls and name in GENERATED and not statement.is_last
        if is_left or not _is_guarded_kind(name, value):
            continue
        definer, role = statement.body if home is cls else None, "birth" if name == MODEL_POST_INIT else "exit"
        keeping = Keeping(invariants, siblings, role, definer=definer)
        functions = {place: f for place, f in functions_of(value).items() if _is_python(f)}
        made = {place: guarded(f, keeping) for place, f in functions.items()}
        if any(made[place] is not function for place, function in functions.items()):
            checked = with_functions(value, made)
            put(cls, name, checked if home is cls else relayed(home, name, checked))
    guard_construction(cls, Keeping(invariants, siblings, "birth"), statement)


def _routines(cls: type) -> dict[str, tuple[type, Any]]:
    """Return what a class has of functions in Python, each with the class that wrote it."""
    names = dict.fromkeys(name for base in cls.__mro__[:-1] for name in vars(base))
    meta = class_of(cls)  # what it takes assignments of for itself cannot be set
    names = {name: None for name in names if not hasattr(class_of(getattr(meta, name, None)), "__set__")}
    found = {name: written(cls, name) for name in names}
    return {name: pair for name, pair in found.items() if any(map(_is_python, functions_of(pair[1]).values()))}


def _is_python(function: Any) -> bool:
    kind = class_of(function)
    return kind is FunctionType or (hasattr(kind, "__get__") and given(function, "__wrapped__", object) is not None)


def _is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__") and name not in UNGUARDED)


def _is_guarded_kind(name: str, value: Any) -> bool:
    return _is_public(name) and not issubclass(class_of(value), staticmethod | classmethod)
