"""Decides from bytecode whether a predicate is a leaf: whether it can call no function that has a contract."""

from __future__ import annotations

import builtins
import sys
from itertools import pairwise
from types import FunctionType

from culpa._position import instructions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

# Builtins that call nothing which they are handed, except for the special methods of their arguments.
SAFE_CALLS = frozenset(
    """abs all any ascii bin bool bytes callable chr complex dict divmod enumerate float frozenset hasattr hash hex id
    int isinstance issubclass len list max min oct ord pow range repr reversed round set sorted str sum tuple type
    zip""".split()
)
FOREIGN = frozenset(
    """LOAD_METHOD PUSH_NULL CALL_FUNCTION_EX CALL_KW KW_NAMES LOAD_SUPER_ATTR IMPORT_NAME IMPORT_FROM SEND
    GET_AWAITABLE LOAD_NAME""".split()
)
METHOD_BIT = sys.version_info >= (3, 12)  # a method call is LOAD_ATTR with its lowest bit set; before, LOAD_METHOD
OPERATORS = ("BINARY", "COMPARE", "UNARY", "CONTAINS", "FOR_ITER", "CALL", "GET_ITER", "FORMAT", "STORE_SUBSCR")
HANDED_IN = ("LOAD_FAST", "LOAD_DEREF", "LOAD_GLOBAL", "LOAD_ATTR", "BINARY_S")
GIVEN = ("RETURN_VALUE", "JUMP_FORWARD", "JUMP_IF_TRUE_OR_POP", "POP_JUMP_IF_TRUE")  # at the end, or in `if`, `or`


def is_leaf(predicate: Callable[..., Any], owner: str, siblings: frozenset[str] = frozenset()) -> bool:
    """Return whether `predicate`, on a routine named `owner`, may be evaluated without a mark.

    A leaf reads names and attributes, compares, does arithmetic and calls builtins. One that reads an attribute
    called `owner`, or uses operators while `owner` is a special method, may come back to `owner` itself: no leaf. So
    for the `siblings` of `owner` in its class, special ones only where `self` itself is operated on.
    """
    if type(predicate) is not FunctionType or hasattr(predicate, "__wrapped__"):
        return False
    code = predicate.__code__
    if any(map(_is_special, siblings)) and _operates_on_self(code):
        return False
    return _is_leaf_code(code, predicate.__globals__, siblings | {owner}, _is_special(owner))


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _is_leaf_code(code: CodeType, namespace: dict[str, Any], owners: frozenset[str], special: bool) -> bool:
    if not owners.isdisjoint(code.co_names):
        return False
    for _, name, argument in instructions(code):
        is_method = METHOD_BIT and name == "LOAD_ATTR" and argument & 1
        if name in FOREIGN or is_method or (special and name.startswith(OPERATORS)):
            return False
        if name == "LOAD_GLOBAL" and not _is_leaf_global(code.co_names[argument >> 1], bool(argument & 1), namespace):
            return False
    nested = [value for value in code.co_consts if isinstance(value, type(code))]
    return all(_is_leaf_code(value, namespace, owners, special) for value in nested)


def _operates_on_self(code: CodeType) -> bool:
    """Return whether `self` is used otherwise than to read an attribute of it."""
    cells = [cell for cell in code.co_cellvars if cell not in code.co_varnames]
    names = (*code.co_varnames, *cells, *code.co_freevars)
    for (_, name, argument), (_, after, _) in pairwise(instructions(code)):
        numbers = (argument >> 4, argument & 15) if name.startswith("LOAD_FAST_LOAD") else (argument,)
        is_read = name.startswith(("LOAD_FAST", "LOAD_DEREF")) and "self" in [names[number] for number in numbers]
        if is_read and after not in ("LOAD_ATTR", "LOAD_METHOD"):
            return True
    nested = [value for value in code.co_consts if isinstance(value, type(code))]
    return any(map(_operates_on_self, nested))


def _is_leaf_global(name: str, is_called: bool, namespace: dict[str, Any]) -> bool:
    if is_called:
        return name in SAFE_CALLS and name not in namespace
    missing = object()
    value = namespace.get(name, getattr(builtins, name, missing))
    return value is not missing and (isinstance(value, type) or not callable(value))


def gives_anything(predicate: Callable[..., Any]) -> bool:
    """Return whether a leaf may give a value as it was handed in, such as an awaitable, which counts as true."""
    names = [name for _, name, _ in instructions(predicate.__code__)] if type(predicate) is FunctionType else []
    steps = [name for name in names if name not in ("COPY", "TO_BOOL")]  # they stand before the jump of an `or`
    return any(before.startswith(HANDED_IN) and after in GIVEN for before, after in pairwise(steps))
