"""A decorated function is, to everybody who looks at it, the function that was written."""

from __future__ import annotations

import abc
import copy
import functools
import inspect
import pickle
import sys
import textwrap
import traceback
import types
import typing
from typing import Any

import pytest

from culpa import PreconditionError, contract_of, ensure, raises, require, snapshot
from harness.markers import lines_of

AT = lines_of(__file__)
HERE = sys._getframe().f_code.co_filename

anything = require(lambda: True)
"""A contract for any function: its predicate takes nothing."""

every_kind = (anything, ensure(lambda result: True), snapshot(kept=lambda: 1), raises(Exception))


def twins(source: str, path: str = "f") -> tuple[Any, Any]:
    """Return what `source` defines as `path`: as it is written, and with a contract in place of its `@anything`."""
    code = compile(textwrap.dedent(source), "twin.py", "exec", dont_inherit=True)
    found = []
    for decorate in (lambda function: function, anything):
        namespace: dict[str, Any] = {"anything": decorate, "__name__": "twin"}
        exec(code, namespace)
        outer, *inner = path.split(".")
        found.append(functools.reduce(lambda value, name: vars(value)[name], inner, namespace[outer]))
    return found[0], found[1]


SIGNATURES = (
    """
|x
|x, y
|x, y=2
|x=1, y=2
|x, /
|x, /, y
|x, y=2, /
|x, y=2, /, z=3
|x, /, y=2, *, z
|*, x
|*, x=1
|*, x, y=2, z
|*, x=1, y, z=3
|*args
|x, *args
|x=1, *args
|*args, y
|x, *args, y=2, z
|**kwargs
|x, **kwargs
|*args, **kwargs
|a, b=2, /, c=3, *args, d, e=5, **kwargs
|self, cls, result, old
|args, kwargs, contract, body, wrapper, Exception
|_, __, ___
|d0, k0, a0=1, *, k1=2
|x: int, y: 'str' = 'a', *z: float, w: bool = True, **k: bytes
|größe, 数=2
|x=(), y=[], z={}
|x=..., y=None, z=NotImplemented
""".strip("\n")
    .replace("|", "")
    .splitlines()
)
each_signature = pytest.mark.parametrize("parameters", ["", *SIGNATURES])


@each_signature
def test_the_signature_is_that_of_the_undecorated_twin(parameters: str) -> None:
    plain, checked = twins(f"@anything\ndef f({parameters}): return locals()")

    assert contract_of(checked)
    assert inspect.signature(checked) == inspect.signature(plain)
    assert inspect.getfullargspec(checked) == inspect.getfullargspec(plain)
    assert checked.__defaults__ == plain.__defaults__
    assert checked.__kwdefaults__ == plain.__kwdefaults__
    assert checked.__annotations__ == plain.__annotations__
    assert typing.get_type_hints(checked) == typing.get_type_hints(plain)


@each_signature
def test_the_code_says_the_same_of_its_parameters(parameters: str) -> None:
    plain, checked = (f.__code__ for f in twins(f"@anything\ndef f({parameters}): pass"))

    assert (checked.co_argcount, checked.co_posonlyargcount, checked.co_kwonlyargcount) == (
        plain.co_argcount,
        plain.co_posonlyargcount,
        plain.co_kwonlyargcount,
    )
    count = checked.co_argcount + checked.co_kwonlyargcount + bool(checked.co_flags & 4) + bool(checked.co_flags & 8)
    assert checked.co_varnames[:count] == plain.co_varnames[:count]
    kinds = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS | inspect.CO_GENERATOR | inspect.CO_COROUTINE
    assert checked.co_flags & kinds == plain.co_flags & kinds
    assert (checked.co_name, checked.co_qualname, checked.co_filename, checked.co_firstlineno) == (
        plain.co_name,
        plain.co_qualname,
        plain.co_filename,
        plain.co_firstlineno,
    )


def test_private_names_of_a_class_are_mangled_as_in_its_body() -> None:
    source = """
    class Shop:
        @anything
        def sell(self, __goods, *, __count=1, **__rest): return __goods, __count, __rest
    """
    plain, checked = twins(source, "Shop.sell")

    assert inspect.signature(checked) == inspect.signature(plain)
    assert str(inspect.signature(checked)) == "(self, _Shop__goods, *, _Shop__count=1, **_Shop__rest)"
    assert checked(None, 1, _Shop__count=2, other=3) == (1, 2, {"other": 3})


def test_a_predicate_names_a_private_parameter_as_the_body_does() -> None:
    class Shop:
        @require(lambda __goods: __goods > 0)
        def sell(self, __goods: int) -> int:  # noqa: PYI063 - a private name, not the old way to say positional-only
            return __goods

    assert Shop().sell(1) == 1
    with pytest.raises(PreconditionError):
        Shop().sell(0)


NOT_ARGUMENTS = [
    ("x", [(), (1, 2)], [{}, {"y": 1}, {"x": 1, "y": 2}]),
    ("x, y", [(1,), (1, 2, 3)], [{}, {"z": 1}, {"x": 1}]),
    ("x, y=2", [()], [{}, {"y": 1}, {"xx": 1}]),
    ("x, /", [()], [{"x": 1}]),
    ("x, y=1, /, z=2", [(1,), ()], [{"y": 1}, {"x": 2}, {"zz": 2}]),
    ("*, x", [(), (1,), (1, 2)], [{}, {"x": 1, "y": 2}]),
    ("*, x, y", [()], [{}, {"x": 1}]),
    ("x, *, y", [(), (1, 2)], [{}, {"y": 1}]),
    ("*args", [()], [{"x": 1}, {"args": 1}]),
    ("**kwargs", [(1,)], [{}]),
    ("", [(1,), ()], [{"x": 1}]),
    ("a, b, c", [(), (1,)], [{}]),
    ("x=1", [(1,)], [{"x": 2}, {"x1": 2}]),
    ("self", [()], [{}]),
]
mistakes = [(p, args, named) for p, positional, keywords in NOT_ARGUMENTS for args in positional for named in keywords]


def refusal(function: Any, args: tuple[Any, ...], named: dict[str, Any]) -> TypeError | None:
    try:
        function(*args, **named)
    except TypeError as error:
        return error
    return None


@pytest.mark.parametrize(("parameters", "args", "named"), mistakes)
def test_wrong_arguments_are_refused_by_python_in_its_own_words(
    parameters: str, args: tuple[Any, ...], named: dict[str, Any]
) -> None:
    plain, checked = (refusal(f, args, named) for f in twins(f"@anything\ndef f({parameters}): pass"))

    assert (type(checked), str(checked)) == (type(plain), str(plain))
    if checked is not None:
        assert [frame.name for frame in traceback.extract_tb(checked.__traceback__)] == ["refusal"]
        assert checked.__context__ is None


def test_wrong_arguments_of_a_method_are_refused_in_the_words_of_its_qualified_name() -> None:
    source = """
    class Shop:
        @anything
        def sell(self, goods): pass
        @staticmethod
        @anything
        def open(hour): pass
        @anything
        @classmethod
        def make(cls, name): pass
    """
    for method in ("sell", "open", "make"):
        texts = []
        for shop in twins(source, "Shop"):
            with pytest.raises(TypeError) as caught:
                getattr(shop(), method)()
            texts.append(str(caught.value))
            assert [frame.name for frame in caught.traceback] == [
                "test_wrong_arguments_of_a_method_are_refused_in_the_words_of_its_qualified_name"
            ]
        assert texts[0] == texts[1]
        assert texts[0].startswith(f"Shop.{method}() missing 1 required positional argument")


def test_a_type_error_of_the_body_is_the_bodys() -> None:
    @anything
    def routine(x: Any) -> Any:
        return x + "a"  # @body

    with pytest.raises(TypeError, match="unsupported operand") as caught:
        routine(1)

    assert caught.traceback[-1].lineno + 1 == AT["body"]


@anything
def stocked(goods: int, /, place: str = "cellar", *, count: int = 1) -> dict[str, int]:  # @stocked
    """Return what is in stock."""
    return {place: goods * count}


def test_names_and_documentation_are_those_that_were_written() -> None:
    assert stocked.__name__ == "stocked"
    assert stocked.__qualname__ == "stocked"
    assert stocked.__module__ == __name__
    assert stocked.__doc__ == "Return what is in stock."
    assert stocked.__defaults__ == ("cellar",)
    assert stocked.__kwdefaults__ == {"count": 1}
    assert stocked.__annotations__ == {"goods": "int", "place": "str", "count": "int", "return": "dict[str, int]"}
    assert typing.get_type_hints(stocked)["return"] == dict[str, int]
    assert stocked.__globals__ is globals()
    assert repr(stocked) == f"<function stocked at {id(stocked):#x}>"
    assert inspect.getdoc(stocked) == "Return what is in stock."
    assert inspect.getmodule(stocked) is sys.modules[__name__]


def test_a_function_without_documentation_has_none() -> None:
    @anything
    def silent() -> None:
        pass

    assert silent.__doc__ is None
    assert silent.__qualname__.endswith("<locals>.silent")


def test_it_is_a_plain_function_to_every_question() -> None:
    assert type(stocked) is types.FunctionType
    assert inspect.isfunction(stocked)
    assert inspect.isroutine(stocked)
    assert not inspect.isgeneratorfunction(stocked)
    assert not inspect.iscoroutinefunction(stocked)
    assert not inspect.isasyncgenfunction(stocked)
    assert not hasattr(stocked, "__wrapped__")
    assert inspect.unwrap(stocked) is stocked
    assert vars(stocked) == {}
    assert hash(stocked) == object.__hash__(stocked)


def test_the_source_is_the_whole_definition_as_it_stands_in_the_file() -> None:
    lines, first = inspect.getsourcelines(stocked)

    assert lines[0] == "@anything\n"
    assert first == AT["stocked"] - 1
    assert lines[-1] == "    return {place: goods * count}\n"
    assert inspect.getsourcefile(stocked) == HERE
    assert inspect.getcomments(stocked) is None


def test_type_hints_see_the_names_of_the_module_in_which_it_stands() -> None:
    namespace: dict[str, Any] = {"anything": anything, "__name__": "elsewhere"}
    exec("class Goods: pass\n@anything\ndef sell(x: 'Goods') -> 'list[Goods]': pass", namespace)

    goods = namespace["Goods"]
    assert typing.get_type_hints(namespace["sell"]) == {"x": goods, "return": list[goods]}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with Python 3.12")
def test_type_parameters_are_kept() -> None:
    plain, checked = twins("@anything\ndef f[T, *Ts, **P](x: T, *ts: *Ts, **k: P.kwargs) -> T: return x")

    assert [str(t) for t in checked.__type_params__] == [str(t) for t in plain.__type_params__] == ["T", "Ts", "P"]
    assert checked.__annotations__["x"] is checked.__type_params__[0]
    assert typing.get_type_hints(checked)["return"] is checked.__type_params__[0]
    assert str(inspect.signature(checked)) == str(inspect.signature(plain))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with Python 3.12")
def test_a_predicate_may_name_a_parameter_of_a_generic_function() -> None:
    source = """
    from culpa import require
    @require(lambda x: x > 0)
    def f[T](x: T) -> T: return x
    class Box[T]:
        @require(lambda self, x: x > 0)
        def put(self, x: T) -> T: return x
        @require(lambda x: x > 0)
        def map[U](self, x: U) -> U: return x
    """
    function, _ = twins(source)
    box, _ = twins(source, "Box")

    for call in (function, box().put, box().map):
        assert call(1) == 1
        with pytest.raises(PreconditionError):
            call(0)


def test_attributes_are_kept_and_can_be_set() -> None:
    def plain() -> None:
        pass

    plain.tags = ["a"]  # type: ignore[attr-defined]
    checked: Any = anything(plain)

    assert vars(checked) == {"tags": ["a"]}
    assert checked.tags is plain.tags  # type: ignore[attr-defined]
    checked.other = 1
    assert not hasattr(plain, "other")
    checked.__doc__ = "said later"
    checked.__name__ = "renamed"
    assert (checked.__doc__, checked.__name__) == ("said later", "renamed")


def test_attributes_set_between_two_contracts_are_kept() -> None:
    def marked(function: Any) -> Any:
        function.mark = True
        function.__doc__ = "marked"
        return function

    @anything
    @marked
    @anything
    def routine() -> None: ...

    assert vars(routine) == {"mark": True}
    assert routine.__doc__ == "marked"
    assert len(contract_of(routine)) == 2


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_function_is_pickled_by_its_name(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(stocked, protocol)) is stocked


def test_a_pickle_is_the_one_of_the_undecorated_twin() -> None:
    module = types.ModuleType("twin")
    pickles = []
    for twin in twins("@anything\ndef f(x): pass"):
        module.f = twin  # type: ignore[attr-defined]
        sys.modules["twin"] = module
        try:
            pickles.append(pickle.dumps(twin))
        finally:
            del sys.modules["twin"]

    assert pickles[0] == pickles[1]


def test_a_copy_is_the_function_itself() -> None:
    assert copy.copy(stocked) is stocked
    assert copy.deepcopy(stocked) is stocked
    assert copy.deepcopy({"f": [stocked]}) == {"f": [stocked]}


@functools.cache
@anything
def cached_above(x: int) -> int:
    return x


@anything
@functools.cache
def cached_below(x: int) -> int:
    return x


halved = anything(functools.partial(divmod, 10))


class Scale:
    """Multiplies."""

    def __init__(self, factor: int) -> None:
        self.factor = [factor]

    def __call__(self, x: int) -> int:
        return self.factor[0] * x

    def __len__(self) -> int:
        return self.factor[0]


tripled: Any = require(lambda x: x > 0)(Scale(3))


@pytest.mark.parametrize("function", [cached_above, cached_below, halved, tripled])
def test_what_is_no_plain_function_is_pickled_by_its_name_too(function: Any) -> None:
    assert pickle.loads(pickle.dumps(function)) is function


def test_a_callable_that_no_name_holds_is_not_pickled_as_something_else() -> None:
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(anything(functools.partial(divmod, 10)))


def test_a_copied_object_is_another_object_under_the_same_contract() -> None:
    for copied, shares in ((copy.copy(tripled), True), (copy.deepcopy(tripled), False)):
        assert copied is not tripled
        assert isinstance(copied, Scale)
        assert (copied.factor is tripled.factor) is shares
        assert copied(2) == 6
        with pytest.raises(PreconditionError):
            copied(0)
    assert copy.copy(cached_below) is cached_below


def test_functools_wraps_above_a_contract_sees_what_it_would_see_without() -> None:
    @functools.wraps(stocked)
    def above(*args: Any, **kwargs: Any) -> Any:
        return stocked(*args, **kwargs)

    assert above.__wrapped__ is stocked
    assert inspect.unwrap(above) is stocked
    assert inspect.signature(above) == inspect.signature(stocked)
    assert (above.__name__, above.__doc__) == ("stocked", stocked.__doc__)
    assert not hasattr(above, "__culpa__")


def test_what_a_decorator_beneath_had_wrapped_is_still_beneath() -> None:
    def plain(x: int) -> int:
        return x

    @functools.wraps(plain)
    def wrapper(*args: Any) -> int:
        return plain(*args)

    checked: Any = anything(wrapper)

    assert checked.__wrapped__ is plain
    assert inspect.unwrap(checked) is plain
    assert inspect.signature(checked) == inspect.signature(plain)
    assert checked(3) == 3


def test_a_stated_signature_is_kept() -> None:
    def routine(*args: Any) -> Any:
        return args

    stated = inspect.signature(lambda a, b=2: None)
    routine.__signature__ = stated  # type: ignore[attr-defined]
    checked: Any = require(lambda a: a > 0)(routine)

    assert inspect.signature(checked) is stated
    assert checked(1) == (1,)
    assert checked(1, 5) == (1, 5)
    with pytest.raises(PreconditionError):
        checked(0)


def test_defaults_that_are_changed_afterwards_count() -> None:
    @require(lambda x: x > 0)
    def routine(x: int = 1, *, y: int = 2) -> tuple[int, int]:
        return x, y

    assert routine() == (1, 2)
    routine.__defaults__ = (5,)
    routine.__kwdefaults__ = {"y": 6}
    assert routine() == (5, 6)
    assert str(inspect.signature(routine)) == "(x: 'int' = 5, *, y: 'int' = 6) -> 'tuple[int, int]'"
    routine.__defaults__ = (-5,)
    with pytest.raises(PreconditionError):
        routine()
    routine.__defaults__ = None
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        routine()


def test_a_keyword_default_that_is_changed_in_place_counts() -> None:
    @anything
    def routine(*, y: int = 2) -> int:
        return y

    assert routine.__kwdefaults__ is not None
    routine.__kwdefaults__["y"] = 7

    assert routine() == 7


def test_defaults_changed_between_two_contracts_count() -> None:
    @anything
    def routine(x: int = 1) -> int:
        return x

    routine.__defaults__ = (8,)

    assert anything(routine)() == 8


def test_a_default_is_the_object_that_was_written() -> None:
    kept: list[int] = []

    @anything
    def routine(xs: list[int] = kept) -> list[int]:
        return xs

    assert routine() is kept
    assert inspect.signature(routine).parameters["xs"].default is kept


@pytest.mark.parametrize("order", ["above", "below"])
def test_an_abstract_method_stays_abstract(order: str) -> None:
    if order == "above":

        class Shape(abc.ABC):
            @anything
            @abc.abstractmethod
            def area(self) -> float: ...

    else:

        class Shape(abc.ABC):  # type: ignore[no-redef]
            @abc.abstractmethod
            @anything
            def area(self) -> float: ...

    assert Shape.area.__isabstractmethod__  # type: ignore[attr-defined]
    assert Shape.__abstractmethods__ == {"area"}
    with pytest.raises(TypeError, match="abstract"):
        Shape()  # type: ignore[abstract]


@pytest.mark.parametrize("wrap", [staticmethod, classmethod, property])
def test_an_abstract_descriptor_stays_abstract(wrap: Any) -> None:
    def area(*args: Any) -> float:
        return 1.0

    method = anything(wrap(abc.abstractmethod(area)))

    assert type(method) is wrap
    assert method.__isabstractmethod__


def test_generic_functions_dispatch_above_and_below() -> None:
    @functools.singledispatch
    @require(lambda x: x != 0)
    def above(x: Any) -> str:
        return "any"

    @above.register
    @require(lambda x: x != "")
    def _(x: str) -> str:
        return "str"

    @anything
    @functools.singledispatch
    def below(x: Any) -> str:
        return "any"

    @below.register
    def _(x: str) -> str:
        return "str"

    assert (above(1), above("a"), below(1), below("a")) == ("any", "str", "any", "str")
    assert below.dispatch(str)("a") == "str"  # type: ignore[attr-defined]
    for wrong in (0, ""):
        with pytest.raises(PreconditionError):
            above(wrong)


def test_every_declaration_keeps_all_of_it() -> None:
    @every_kind[0]
    @every_kind[1]
    @every_kind[2]
    @every_kind[3]
    def routine(x: int, /, y: int = 2, *args: int, z: int = 3, **kwargs: int) -> int:
        """Say something."""
        return x

    def twin(x: int, /, y: int = 2, *args: int, z: int = 3, **kwargs: int) -> int:
        return x

    assert inspect.signature(routine) == inspect.signature(twin)
    assert routine.__doc__ == "Say something."
    assert (routine.__name__, routine.__module__) == ("routine", __name__)
    assert [clause.kind for clause in contract_of(routine)] == ["require", "ensure", "snapshot", "raises"]


@pytest.mark.parametrize("name", ["weird name!", "", "a.b", "<lambda>", "f<locals>.g", "\n", "class"])
def test_a_name_that_no_def_can_give_is_kept(name: str) -> None:
    def routine(x: int) -> int:
        return x

    routine.__name__ = routine.__qualname__ = name
    checked: Any = require(lambda x: x > 0)(routine)

    assert (checked.__name__, checked.__qualname__) == (name, name)
    assert checked(1) == 1
    with pytest.raises(PreconditionError):
        checked(0)


def test_attributes_that_are_no_strings_are_kept() -> None:
    def routine() -> None: ...

    routine.__doc__ = 5  # type: ignore[assignment]
    routine.__module__ = None  # type: ignore[assignment]
    checked = anything(routine)

    assert checked.__doc__ == 5
    assert checked.__module__ is None
