"""Makes a function of generated syntax: cells shared, metadata kept."""

from __future__ import annotations

from types import CodeType, FunctionType

from culpa._callable import NAMESPACE, class_of, given

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping
    from types import CellType
    from typing import Any

    from culpa._model import Routine

_templates: dict[tuple[int, int, tuple[str, ...]], CodeType] = {}


def load(
    definition: ast.FunctionDef | ast.AsyncFunctionDef,
    routine: Routine,
    cells: Mapping[str, CellType],
    defaults: tuple[Any, ...],
    keyword_defaults: Mapping[str, Any],
    *marks: object,
    flags: int = 0,
) -> FunctionType:
    """Return the function that `definition` defines; `marks` are kept among the constants of its code.

    With the flag of a generator or a coroutine, `inspect` takes it for one, and it runs when it is called all the same:
    since 3.11 an instruction makes the generator, not the flag.
    """
    code = compiled(definition, routine.file, tuple(cells))
    code = code.replace(co_flags=code.co_flags | flags)
    code = code.replace(co_consts=(*code.co_consts, *marks), co_name=routine.name, co_qualname=routine.qualname)
    return make_function(code, routine.namespace, cells, defaults, keyword_defaults)


def make_function(
    code: CodeType,
    namespace: dict[str, Any],
    cells: Mapping[str, CellType],
    defaults: tuple[Any, ...],
    keyword_defaults: Mapping[str, Any],
) -> FunctionType:
    """Run a real `def` of `code`, its nested code constant replaced.

    On 3.13 the interpreter specialises calls only of functions made by MAKE_FUNCTION: one made by `FunctionType`, or
    whose defaults were ever assigned, stays 8 to 15 ns a call slower for good.
    """
    template = _template(len(code.co_freevars), len(defaults), tuple(map(_spoken, keyword_defaults)))
    names = {_spoken(name): name for name in keyword_defaults}
    constants = tuple(
        code if isinstance(constant, CodeType) else _named(constant, names) for constant in template.co_consts
    )
    closure = tuple(cells[name] for name in code.co_freevars) or None
    make = FunctionType(template.replace(co_consts=constants), namespace, "make", None, closure)
    function: FunctionType = make(*defaults, *keyword_defaults.values())
    return function


def _spoken(name: str) -> str:
    """Return a name that source can have, for one that begins with a dot."""
    return f"dot{name[1:].replace('@', '_at_').replace('.', '_')}" if name.startswith(".") else name


def _named(constant: Any, names: Mapping[str, str]) -> Any:
    """Return a constant with names of keywords as they are."""
    if class_of(constant) is tuple:
        return tuple(_named(part, names) for part in constant)
    return names.get(constant, constant) if class_of(constant) is str else constant


def adopt(function: FunctionType, original: Callable[..., Any]) -> None:
    """Give `function` the names, docs, annotations and attributes of `original`."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__", "__annotations__", "__type_params__"):
        value: Any = given(original, name, object)
        if value is not None or name in ("__doc__", "__module__"):
            setattr(function, name, value)
    if not issubclass(class_of(original), type):
        function.__dict__.update(given(original, "__dict__", NAMESPACE) or {})


def function_definition(
    name: str, parameters: ast.arguments, body: list[ast.stmt], *, is_async: bool = False
) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """Return a definition without decorators and annotations, on any version of Python."""
    import ast

    definition = (ast.AsyncFunctionDef if is_async else ast.FunctionDef)(name, parameters, body, [], None)
    vars(definition).setdefault("type_params", [])  # a field since 3.12
    return definition


def compiled(definition: ast.FunctionDef | ast.AsyncFunctionDef, file: str, free: tuple[str, ...]) -> CodeType:
    """Compile the definition; inside a factory if it has free variables, so that they are free."""
    import ast

    outer: ast.stmt = definition
    if free:
        names = [ast.copy_location(ast.arg(name), definition) for name in free]
        outer = function_definition("factory", ast.arguments([], names, None, [], [], None, []), [definition])
        ast.copy_location(outer, definition)
    code = compile(ast.Module([outer], []), file, "exec", dont_inherit=True)
    for _ in range(2 if free else 1):
        code = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
    return code


def _template(free: int, count: int, keywords: tuple[str, ...]) -> CodeType:
    """Return the code of `make`, a function that takes the defaults and runs the `def`."""
    key = (free, count, keywords)
    if key not in _templates:
        cells = [f"c{i:05}" for i in range(free)]  # names in the order in which the compiler sorts them
        given = [f"d{i}" for i in range(count)]
        named = [f"k{i}" for i in range(len(keywords))]
        parameters = [f"a{i}={value}" for i, value in enumerate(given)] + ["*"] * bool(named)
        parameters += [f"{name}={value}" for name, value in zip(keywords, named, strict=True)]
        source = (
            f"def outer({', '.join(cells)}):\n"
            f" def make({', '.join([*given, *named])}):\n"
            f"  def f({', '.join(parameters)}): ({''.join(name + ', ' for name in cells)})\n"
            f"  return f\n"
        )
        code = compile(source, "<culpa>", "exec", dont_inherit=True)
        for _ in range(2):
            code = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
        _templates[key] = code
    return _templates[key]
