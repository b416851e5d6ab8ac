"""Law: values_of calls no user code, whatever predicate failed; safe_repr shows any value in one short line."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from culpa._repr import safe_repr
from culpa._values import values_of

called: Counter[str] = Counter()


def counting(name: str) -> Any:
    def method(*_: object, **__: object) -> Any:
        called[name] += 1
        raise ValueError(name)

    return method


DUNDERS = """
    abs add and bool bytes call ceil complex contains delitem dir divmod enter eq exit float floor floordiv format ge
    getattr getattribute getitem gt hash iadd index instancecheck int invert iter le len length_hint lshift lt matmul
    missing mod mul ne neg next or pos pow radd rand reversed rmul ror round rsub rxor setattr str sub subclasscheck
    sizeof truediv trunc xor
""".split()
COUNTED = {f"__{name}__": counting(f"__{name}__") for name in DUNDERS}
META: Any = type("Meta", (type,), COUNTED)
BASES = (object, int, float, str, bytes, tuple, list, set, frozenset, SimpleNamespace)
LIES = {**COUNTED, "__class__": property(counting("__class__")), "x": property(counting("x"))}
# Made by the bases' own constructors, so that nothing is counted before the law is tried.
USERS = [base.__new__(type.__call__(META, f"User{base.__name__}", (base,), LIES)) for base in BASES]

# Hypothesis compares and prints what it draws, so it draws recipes: a plain value, or what to make and of what.
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers()
users = st.tuples(st.just("user"), st.integers(0, len(USERS) - 1))
pairs = st.tuples(st.sampled_from(["list", "tuple", "space"]), st.tuples(users, users))
mappings = st.tuples(st.just("dict"), st.dictionaries(st.sampled_from(["x", "y", 0, 1]), users, min_size=1, max_size=2))
recipes = st.recursive(
    st.tuples(st.just("plain"), scalars) | users,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["list", "tuple", "space"]), st.lists(inner, max_size=3)),
        st.tuples(st.just("dict"), st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)),
    ),
    max_leaves=8,
)


def made(recipe: tuple[str, Any]) -> Any:
    kind, of = recipe
    if kind == "user":
        return USERS[of]
    if kind == "dict":
        return {key: made(value) for key, value in of.items()}
    if kind == "plain":
        return of
    items = list(map(made, of))
    return items if kind == "list" else tuple(items) if kind == "tuple" else SimpleNamespace(x=items, y=len(items))


NAMES = ("a", "b", "c", "old")
BUILTINS = (
    "len isinstance type min max sum abs sorted any all int float str bool round repr hash list print hash".split()
)
OPERATORS = "+ - * / // % ** << >> & | ^ @ < <= == != > >= in is and or".split()
atoms = st.sampled_from(
    ["a", "a", "b", "c", "old", "0", "1", "'x'", "None", "int", "a.x", "b.x", "old.y", "b[0]", "c[a]"]
)
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(lambda part: f"({part[0]} {part[1]} {part[2]})"),
        st.tuples(st.sampled_from(["not ", "-", "+", "~"]), inner).map(lambda part: f"({part[0]}{part[1]})"),
        st.tuples(st.sampled_from(BUILTINS), inner).map(lambda part: f"{part[0]}({part[1]})"),
        st.tuples(st.sampled_from(["min", "max", "round", "sum"]), inner, inner).map(
            lambda part: f"{part[0]}({part[1]}, {part[2]})"
        ),
        st.tuples(inner, st.sampled_from(["int", "(str, int)", "a"])).map(
            lambda part: f"isinstance({part[0]}, {part[1]})"
        ),
        st.tuples(inner, inner).map(lambda part: f"{part[0]}[{part[1]}]"),
        st.tuples(inner, inner).map(lambda part: f"({part[0]}, [{part[1]}])"),
        st.tuples(inner, inner, inner).map(lambda part: f"({part[0]} if {part[1]} else {part[2]})"),
        st.tuples(inner, inner).map(lambda part: f"all({part[0]} for a in {part[1]})"),
        inner.map(lambda part: f"{part}.x"),
        inner.map(lambda part: f"{{{part}: {part}}}"),
        inner.map(lambda part: f"{{{part}}}"),
    ),
    max_leaves=3,
)


@settings(deadline=None)  # a machine may be busy
@given(
    texts=st.lists(expressions, min_size=10, max_size=20),
    made_of=st.fixed_dictionaries({"a": users, "b": pairs, "c": mappings, "old": recipes}),
)
def test_no_user_code_runs_for_the_values_of_a_predicate(texts: list[str], made_of: dict[str, Any]) -> None:
    names = {name: made(recipe) for name, recipe in made_of.items()}
    called.clear()

    pages = [values_of(text, NAMES, names, frozenset(), {"x": frozenset()}) for text in texts]

    assert called == {}
    assert max(map(len, pages)) <= 12
    assert all(len(value) <= 200 and value.isprintable() for page in pages for value in page.values())


@given(recipe=recipes)
def test_any_value_is_shown_in_one_short_line(recipe: tuple[str, Any]) -> None:
    value = made(recipe)
    called.clear()

    texts = [safe_repr(value), safe_repr(value, hide=True)]

    assert called == {}
    assert all(0 < len(text) <= 200 and text.isprintable() for text in texts)


@given(text=st.text(max_size=2000))
def test_whatever_a_repr_returns_it_is_shown_in_one_short_line(text: str) -> None:
    shown = safe_repr(type("Foo", (), {"__repr__": lambda self: text})())

    assert len(shown) <= 200
    assert shown.isprintable()
