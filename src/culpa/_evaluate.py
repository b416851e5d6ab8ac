"""Evaluates expressions a second time, where that cannot reach anybody's code and costs little."""

from __future__ import annotations

import builtins
import operator
from collections import deque

from culpa._redact import MISSING, find, plain_attribute

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping
    from typing import Any

_ITEMS = 10_000  # of one container: more are not compared, summed or searched again
_LOOPS = 1_000  # items that are tried for the one which broke an `all(...)`
_BITS = 4_096  # of one int
_CHARACTERS = 10_000  # of a string that is added to another or read as a number
_DIGITS = 100  # that `round` may be asked for, since it raises ten to that power


class UnsafeError(Exception):
    """Say that an expression is not evaluated again."""


class Evaluator:
    """Evaluate parts of one parsed expression, each part once; `inner` are values of names that it binds itself."""

    __slots__ = ("inner", "known", "lookup")

    def __init__(self, lookup: Mapping[str, object], inner: Mapping[str, object]) -> None:
        self.lookup = lookup
        self.inner = inner
        self.known: dict[ast.AST, object] = {}

    def value(self, node: ast.AST) -> object:
        """Return the value of an expression, or `MISSING` if it is not safe to have or has none."""
        if node not in self.known:
            try:
                self.known[node] = _HANDLERS[type(node).__name__](self, node)
            except Exception:  # noqa: BLE001 - what the expression raises, and what the guards say no to
                self.known[node] = MISSING
        return self.known[node]

    def need(self, node: ast.AST) -> Any:
        """Return the value of an expression that the one around it cannot do without; raise `UnsafeError`."""
        value = self.value(node)
        _check(value is not MISSING)
        return value

    def named(self, name: str) -> object:
        """Return what a name stands for; raise `KeyError`."""
        for names in (self.inner, self.lookup):
            if name in names:
                return names[name]
        return vars(builtins)[name]

    def offender(self, loop: Any) -> tuple[str, object]:
        """Return the variable of `all(... for ...)` and the first item against the condition, or `MISSING` for it."""
        try:
            [generator] = loop.generators
            name: str = generator.target.id
            items = self.need(generator.iter)
            _check(_is_container(items) and not generator.ifs)
            for _, item in zip(range(_LOOPS), items, strict=False):
                if not _truth(Evaluator(self.lookup, {name: item}).need(loop.elt)):
                    return name, item
        except Exception:  # noqa: BLE001 - as in `value`
            return "", MISSING
        return "", MISSING


def _check(is_safe: bool) -> None:
    if not is_safe:
        raise UnsafeError


def _constant(_: Evaluator, node: Any) -> object:
    return node.value


def _name(evaluator: Evaluator, node: Any) -> object:
    return evaluator.named(node.id)


def _attribute(evaluator: Evaluator, node: Any) -> object:
    return plain_attribute(evaluator.need(node.value), node.attr)


def _subscript(evaluator: Evaluator, node: Any) -> object:
    owner, key = evaluator.need(node.value), evaluator.need(node.slice)
    if _is(owner, dict):
        # Looking up a key may compare it with another one of the same hash.
        _check(_is_scalar(key) and len(owner) <= _ITEMS and all(map(_is_scalar, owner)))
    else:
        _check(_kind(owner) in _SEQUENCES)
        _check(_is(key, int) or (_is(key, slice) and len(owner) <= _ITEMS))
    found: object = owner[key]
    return found


def _slice(evaluator: Evaluator, node: Any) -> object:
    bounds = [None if bound is None else evaluator.need(bound) for bound in (node.lower, node.upper, node.step)]
    _check(all(bound is None or _is(bound, int) for bound in bounds))
    return slice(*bounds)


def _display(evaluator: Evaluator, node: Any) -> object:
    elements, kind = list(map(evaluator.need, node.elts)), type(node).__name__
    _check(kind != "Set" or all(map(_is_scalar, elements)))
    return elements if kind == "List" else set(elements) if kind == "Set" else tuple(elements)


def _dict(evaluator: Evaluator, node: Any) -> object:
    keys = list(map(evaluator.need, node.keys))
    _check(all(map(_is_scalar, keys)))
    return dict(zip(keys, map(evaluator.need, node.values), strict=True))


def _compare(evaluator: Evaluator, node: Any) -> object:
    left = evaluator.need(node.left)
    for symbol, comparator in zip(node.ops, node.comparators, strict=True):
        name, right = type(symbol).__name__, evaluator.need(comparator)
        _check(name in ("Is", "IsNot") or (_is_plain(left) and _is_plain(right)))
        if not _COMPARISONS[name](left, right):
            return False
        left = right
    return True


def _bool_op(evaluator: Evaluator, node: Any) -> object:
    is_or = type(node.op).__name__ == "Or"
    value: object = None
    for operand in node.values:
        value = evaluator.need(operand)
        if _truth(value) is is_or:
            break
    return value


def _unary_op(evaluator: Evaluator, node: Any) -> object:
    operand, name = evaluator.need(node.operand), type(node.op).__name__
    if name == "Not":
        return not _truth(operand)
    _check(_is_number(operand) and not _is(operand, bool))
    return _UNARY[name](operand)


def _bin_op(evaluator: Evaluator, node: Any) -> object:
    left, right, name = evaluator.need(node.left), evaluator.need(node.right), type(node.op).__name__
    if name == "Add" and _kind(left) == _kind(right) in _STRINGS:
        _check(_is_short(left) and _is_short(right))
    else:
        _check(_is_number(left) and _is_number(right))
    return _ARITHMETIC[name](left, right)


def _if_exp(evaluator: Evaluator, node: Any) -> object:
    return evaluator.need(node.body if _truth(evaluator.need(node.test)) else node.orelse)


def _call(evaluator: Evaluator, node: Any) -> object:
    _check(not node.keywords)
    guarded = _CALLS[id(evaluator.need(node.func))]
    return guarded(*map(evaluator.need, node.args))


def _length(value: Any) -> int:
    _check(_is_container(value) or _kind(value) in _STRINGS)
    return len(value)


def _truth(value: object) -> bool:
    _check(_kind(value) in _BUILTINS)
    return bool(value)


def _round(number: Any, digits: Any = None) -> object:
    _check(_is_number(number) and (digits is None or (_is(digits, int) and abs(digits) <= _DIGITS)))
    return round(number, digits)


def _class(value: object) -> type:
    return type(value)


def _is_instance(value: object, cls: Any) -> bool:
    _check(all(_is(part, type) for part in (cls if _is(cls, tuple) else (cls,))))
    result = issubclass(type(value), cls)
    # Where the type says no, `isinstance` asks the object for its `__class__`.
    _check(result or _kind(value) in _BUILTINS or _has_own_class(type(value)))
    return result


def _has_own_class(cls: type) -> bool:
    return all(find(cls, name) is vars(object)[name] for name in ("__class__", "__getattribute__"))


def _on(function: Any, is_safe: Callable[[object], bool]) -> Callable[..., object]:
    def guarded(*arguments: object) -> object:
        _check(all(map(is_safe, arguments)))
        result: object = function(*arguments)
        return result

    return guarded


def _kind(value: object) -> int:
    return id(type(value))


def _is(value: object, cls: type) -> bool:
    return type(value) is cls


def _is_scalar(value: Any) -> bool:
    return _kind(value) in _SCALARS and (not _is(value, int) or value.bit_length() <= _BITS)


def _is_short(value: Any) -> bool:
    return _is_scalar(value) and (_kind(value) not in _STRINGS or len(value) <= _CHARACTERS)


def _is_number(value: object) -> bool:
    return _kind(value) in _NUMBERS and _is_scalar(value)


def _is_container(value: object) -> bool:
    return _kind(value) in _CONTAINERS


def _is_plain(value: Any) -> bool:
    if not _is_container(value):
        return _is_scalar(value)
    is_flat = len(value) <= _ITEMS and all(map(_is_scalar, value))
    return is_flat and (not _is(value, dict) or all(map(_is_scalar, value.values())))


# Classes are known by their `id`, since a metaclass may say how they hash and compare.
_NUMBERS = frozenset(map(id, (int, float, bool, complex)))
_STRINGS = frozenset(map(id, (str, bytes)))
_SCALARS = _NUMBERS | _STRINGS | {id(type(None))}
_CONTAINERS = frozenset(map(id, (list, tuple, dict, set, frozenset, deque, range)))
_BUILTINS = _SCALARS | _CONTAINERS
_SEQUENCES = _STRINGS | set(map(id, (list, tuple, range)))
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
    "Is": operator.is_,
    "IsNot": operator.is_not,
    "In": lambda item, items: item in items,
    "NotIn": lambda item, items: item not in items,
}
_UNARY: dict[str, Callable[[Any], object]] = {"USub": operator.neg, "UAdd": operator.pos, "Invert": operator.invert}
_operator: Any = operator  # the stubs leave the parameters of some functions open
# No power, no shift to the left: their results may be as large as the memory.
_ARITHMETIC: dict[str, Callable[[Any, Any], object]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": _operator.truediv,
    "FloorDiv": _operator.floordiv,
    "Mod": operator.mod,
    "BitAnd": _operator.and_,
    "BitOr": _operator.or_,
    "BitXor": _operator.xor,
    "RShift": _operator.rshift,
}
_CALLS: dict[int, Callable[..., object]] = {
    id(len): _length,
    id(bool): _truth,
    id(round): _round,
    id(type): _class,
    id(isinstance): _is_instance,
    **{id(function): _on(function, _is_short) for function in (abs, float, int, str)},
    **{id(function): _on(function, _is_plain) for function in (all, any, max, min, sorted, sum)},
}
_HANDLERS: dict[str, Callable[[Evaluator, Any], object]] = {
    "Constant": _constant,
    "Name": _name,
    "Attribute": _attribute,
    "Subscript": _subscript,
    "Slice": _slice,
    **dict.fromkeys(("Tuple", "List", "Set"), _display),
    "Dict": _dict,
    "Compare": _compare,
    "BoolOp": _bool_op,
    "UnaryOp": _unary_op,
    "BinOp": _bin_op,
    "IfExp": _if_exp,
    "Call": _call,
}
