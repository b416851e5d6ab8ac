"""Decides which values no report may show, reading types and attributes without running anybody's code."""

from __future__ import annotations

from types import GetSetDescriptorType, MemberDescriptorType, ModuleType, SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, TypeGuard, TypeVar

    T = TypeVar("T")

MISSING = object()
_DICT: type[Any] = dict
_names: set[str] = set()
# Methods say nothing about what an instance holds; this keeps `redact("count")` from hiding every list subclass.
_METHODS = frozenset({"function", "method_descriptor", "classmethod", "classmethod_descriptor", "staticmethod"})
_PARTS = ("__args__", "__metadata__")


def redact(*names: str) -> None:
    """Keep every value read from a parameter, attribute or key of these names out of reports, in the whole process.

    The values print as `<redacted>`, and an object that has such an attribute prints by type and length. What the
    `repr` of a foreign object prints cannot be vouched for. Names cannot be taken back. Safe to call from any thread.

    >>> import culpa
    >>> culpa.redact("card_number", "cvc")
    """
    wrong = [type_name(type(name)) for name in names if not is_a(name, str)]
    if wrong:
        raise TypeError(f"{wrong[0]} is no name: redact() takes the names themselves, as str")
    _names.update(map(str.__str__, names))


def is_redacted(name: str) -> bool:
    """Return whether `redact` was told this name."""
    return name in _names


def secret_names(annotations: Mapping[str, object]) -> frozenset[str]:
    """Return the annotated names whose type is secret; the annotation of what is returned counts for `result`."""
    secret = (name for name, annotation in annotations.items() if has_secret_type(annotation))
    return frozenset("result" if name == "return" else name for name in secret)


def has_secret_type(annotation: object) -> bool:
    """Return whether an annotation names a `Secret`-like type, anywhere in it; a string is searched, not evaluated."""
    parts, position = [annotation], 0
    while position < len(parts):
        part = parts[position]
        if any("Secret" in name for name in _names_in(part)):
            return True
        parts += (inner for inner in _parts_of(part) if not any(inner is known for known in parts))
        position += 1
    return False


def _names_in(part: object) -> Iterator[str]:
    if is_a(part, str):
        yield str.__str__(part)
    yield from map(type_name, _mro(part if is_a(part, type) else type(part)))
    for stored in (stored_attribute(part, "__name__"), stored_attribute(part, "__forward_arg__")):
        if type(stored) is str:
            yield stored


def _parts_of(part: object) -> Iterator[object]:
    yield stored_attribute(part, "__origin__")
    yield stored_attribute(part, "__supertype__")
    for name in _PARTS:
        inner = stored_attribute(part, name)
        if type(inner) is tuple:
            yield from inner  # pyright: ignore[reportUnknownVariableType]


def holds_secrets(value: object) -> bool:
    """Return whether the class of a value has secrets, or the value itself an attribute of a redacted name."""
    return class_has_secrets(type(value)) or any(
        type(name) is str and name in _names for name in list(instance_dict(value))
    )


def class_has_secrets(cls: type) -> bool:
    """Return whether a class is `Secret`-like itself, or has an attribute that is secret by its type or its name."""
    return has_secret_type(cls) or any(
        name in _names or has_secret_type(annotation) for name, annotation in _attributes(cls)
    )


def attribute_is_secret(cls: type, name: str) -> bool:
    """Return whether this attribute of the instances of `cls` is secret by its type or its name."""
    return name in _names or any(
        has_secret_type(annotation) for annotated, annotation in _attributes(cls) if annotated == name
    )


def _attributes(cls: type) -> Iterator[tuple[str, object]]:
    for base in _mro(cls):
        namespace = _namespace(base)
        annotations: Any = namespace.get("__annotations__")
        if is_a(annotations, _DICT):
            yield from (item for item in list(_DICT.items(annotations)) if type(item[0]) is str)
        yield from ((name, None) for name in _names & namespace.keys() if not _is_method(namespace[name]))


def _is_method(value: object) -> bool:
    return type_name(type(value)) in _METHODS


def is_a(value: object, cls: type[T]) -> TypeGuard[T]:
    """Return what `isinstance` says of a builtin class, without asking the object for its `__class__`."""
    return issubclass(type(value), cls)


def type_name(cls: type) -> str:
    """Return the name of a class, at most 40 printable characters, whatever its metaclass answers."""
    name: str = str.__getitem__(type.__dict__["__name__"].__get__(cls), slice(40))
    return name if name.isprintable() else ascii(name)[1:-1]


def find(cls: type, name: str) -> object:
    """Return what a class or its bases hold under `name`, unbound, or `MISSING`."""
    for base in _mro(cls):
        namespace = _namespace(base)
        if name in namespace:
            return namespace[name]
    return MISSING


def instance_dict(value: object) -> dict[Any, Any]:
    """Return the attributes that an object keeps for itself; empty for one without `__dict__`."""
    raw = find(type(value), "__dict__")
    if type(raw) is GetSetDescriptorType or type(raw) is MemberDescriptorType:
        found = raw.__get__(value)
        return found if is_a(found, _DICT) else {}
    return {}


def stored_attribute(value: object, name: str) -> object:
    """Return an attribute that is stored in the object, as plain attribute access finds it, or `MISSING`.

    Properties and other descriptors of the class are never run; a plain value of the class counts as stored.
    """
    raw = find(type(value), name)
    if type(raw) is MemberDescriptorType or _is_tuple_field(raw):
        try:
            return raw.__get__(value)
        except AttributeError:
            return MISSING
    if raw is not MISSING and (_has(raw, "__set__") or _has(raw, "__delete__")):
        return MISSING
    found: object = _DICT.get(instance_dict(value), name, MISSING)
    return raw if found is MISSING and not _has(raw, "__get__") else found


def _is_tuple_field(raw: object) -> TypeGuard[MemberDescriptorType]:
    """Return whether a class attribute is the field of a named tuple: a descriptor in C, as a slot is."""
    kind = type(raw)
    return kind.__name__ == "_tuplegetter" and kind.__module__ in ("_collections", "collections")  # the latter: 3.12


def plain_attribute(value: object, name: str) -> object:
    """Return `stored_attribute` of an object whose attribute access is Python's own, or of a module; else `MISSING`."""
    own = find(type(value), "__getattribute__")
    if type(value) is ModuleType or any(own is generic for generic in _GENERIC):
        return stored_attribute(value, name)
    return MISSING


def _has(raw: object, special: str) -> bool:
    return find(type(raw), special) is not MISSING


def _mro(cls: type) -> tuple[type, ...]:
    return type.__dict__["__mro__"].__get__(cls)  # type: ignore[no-any-return]


def _namespace(cls: type) -> Mapping[str, object]:
    return type.__dict__["__dict__"].__get__(cls)  # type: ignore[no-any-return]


_GENERIC = tuple(find(cls, "__getattribute__") for cls in (object, tuple, SimpleNamespace, BaseException))
