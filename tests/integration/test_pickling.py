"""Every violation pickles, copies and crosses processes with all that it says."""

from __future__ import annotations

import concurrent.futures
import copy
import json
import multiprocessing
import pickle
from typing import TYPE_CHECKING, Any

import pytest

import culpa
from culpa import (
    CheckError,
    Clause,
    ContractError,
    DeclarationError,
    DefectError,
    InvariantError,
    PostconditionError,
    PreconditionError,
    RaisesError,
    RoutineError,
    Site,
    check,
    contract_of,
    ensure,
    raises,
    require,
    snapshot,
)
from harness.processes import printed, python, script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@require(lambda n: n > 0, "n is a count")
def count(n: Any) -> Any:
    return n


@ensure(lambda result: result > 0)
def negative() -> int:
    return -1


@ensure(lambda result: True)
def routine() -> Any:
    return count(-1)


@raises(KeyError)
def undeclared() -> None:
    raise ValueError("no")


@require(lambda n: 1 / n > 0)
def defective(n: int) -> int:
    return n


@snapshot(was=lambda xs: xs.missing)
@ensure(lambda old: old.was)
def captured(xs: list[int]) -> None:
    return None


def checks(n: int) -> None:
    check(n > 0, "n counts")


def declares() -> None:
    require("n > 0")  # type: ignore[arg-type]


def caught(call: Callable[[], object]) -> Any:
    with pytest.raises((ContractError, DeclarationError)) as found:
        call()
    return found.value


VIOLATIONS: dict[str, tuple[type[Exception], Callable[[], object]]] = {
    "precondition": (PreconditionError, lambda: count(-1)),
    "postcondition": (PostconditionError, negative),
    "routine": (RoutineError, routine),
    "raises": (RaisesError, undeclared),
    "defect": (DefectError, lambda: defective(0)),
    "capture": (DefectError, lambda: captured([])),
    "check": (CheckError, lambda: checks(-1)),
    "unpicklable value": (PreconditionError, lambda: count(type("Local", (int,), {})(-1))),
}
each_violation = pytest.mark.parametrize("kind", VIOLATIONS)
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
WAYS: dict[str, Callable[[Any], Any]] = {
    **{f"protocol {n}": lambda error, n=n: pickle.loads(pickle.dumps(error, n)) for n in PROTOCOLS},
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickled by python": lambda error: pickle._loads(pickle._dumps(error)),  # type: ignore[attr-defined]
}
each_way = pytest.mark.parametrize("way", WAYS)


def assert_same(found: Any, error: Any) -> None:
    assert type(found) is type(error)
    assert str(found) == str(error)
    for name in ("blame", "site", "values", "path", "thread"):
        assert getattr(found, name) == getattr(error, name), name
    assert found.to_dict() == error.to_dict()
    assert (found.root is found) is (error.root is error)
    assert json.loads(json.dumps(found.to_dict())) == error.to_dict()


@each_way
@each_violation
def test_a_violation_comes_through_whole(kind: str, way: str) -> None:
    expected, call = VIOLATIONS[kind]
    error = caught(call)

    found = WAYS[way](error)

    assert type(error) is expected
    assert_same(found, error)
    assert found is not error
    if found.root is not found:
        assert_same(found.root, error.root)
        assert found.root.root is found.root


@each_way
@each_violation
def test_a_violation_can_be_sent_on_from_where_it_arrived(kind: str, way: str) -> None:
    error = caught(VIOLATIONS[kind][1])

    found = WAYS[way](WAYS[way](error))

    assert_same(found, error)
    with pytest.raises(type(error)) as again:
        raise found
    assert again.value is found


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_clause_comes_through_without_its_predicate(protocol: int) -> None:
    clause = caught(lambda: count(-1)).clause

    found = pickle.loads(pickle.dumps(clause, protocol))

    assert isinstance(found, Clause)
    assert (clause.predicate is None, found.predicate) == (False, None)
    assert (found.kind, found.names, found.message) == ("require", ("n",), "n is a count")
    assert (found.text, found.site) == (clause.text, clause.site)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_contract_and_a_site_come_through(protocol: int) -> None:
    contract, site = contract_of(count), Site("shop.py", 3, 4, "buy")

    assert pickle.loads(pickle.dumps(site, protocol)) == site
    found = pickle.loads(pickle.dumps(contract, protocol))
    assert (found.function, found.placement, len(found)) == (contract.function, contract.placement, 1)


@each_way
def test_a_declaration_error_comes_through(way: str) -> None:
    error = caught(declares)

    found = WAYS[way](error)

    assert (type(found), found.args) == (DeclarationError, error.args)


TYPES = [value for value in vars(culpa).values() if isinstance(value, type) and issubclass(value, ContractError)]


@each_way
@pytest.mark.parametrize("cls", TYPES, ids=lambda cls: cls.__name__)
def test_every_type_of_violation_comes_through_with_its_fields(cls: type[ContractError], way: str) -> None:
    site = Site("shop.py", 3, 4, "buy")
    clause = Clause("require", None, ("n",), None, "n > 0", site)
    fields = {"site": site, "clause": clause, "values": {"n": "-1"}, "path": None, "thread": "MainThread"}
    if cls is InvariantError:
        fields |= {"phase": "exception", "concurrent": True}
    root = PreconditionError("the root", **fields)

    found = WAYS[way](cls("text", root=root, **fields))

    assert_same(found, cls("text", root=root, **fields))
    assert found.root.root is found.root
    if cls is InvariantError:
        assert (found.phase, found.concurrent) == ("exception", True)


def test_notes_and_own_attributes_come_through() -> None:
    error = caught(lambda: count(-1))
    error.add_note("seen in the shop")
    error.order = 7

    found = pickle.loads(pickle.dumps(error))

    assert (found.__notes__, found.order) == (["seen in the shop"], 7)


def test_a_copy_is_independent() -> None:
    error = caught(lambda: count(-1))
    found = copy.deepcopy(error)
    found.values["n"] = "changed"

    assert error.values["n"] == "-1"


def test_no_activation_and_no_traceback_is_sent() -> None:
    error = caught(routine)

    found = pickle.loads(pickle.dumps(error))

    assert found._activations == ()
    assert (found.__traceback__, found.__cause__) == (None, None)
    assert b"frame" not in pickle.dumps(error).replace(b"frames", b"")


def test_a_violation_that_arrived_is_a_routine_failure_where_it_passes_a_boundary() -> None:
    sent = pickle.loads(pickle.dumps(caught(lambda: count(-1))))

    @ensure(lambda result: True)
    def passes_on() -> None:
        raise sent

    error = caught(passes_on)

    assert type(error) is RoutineError
    assert error.root is sent


@pytest.mark.parametrize("kind", ["precondition", "routine", "defect", "raises", "check"])
def test_a_violation_crosses_a_pool_of_processes(kind: str, pool: Any) -> None:
    call = {
        "precondition": (count, -1),
        "routine": (routine,),
        "defect": (defective, 0),
        "raises": (undeclared,),
        "check": (checks, -1),
    }[kind]

    error = pool.submit(*call).exception(60)

    assert type(error) is VIOLATIONS[kind][0]
    here = caught(lambda: call[0](*call[1:]))
    assert json.loads(json.dumps(error.to_dict())) == error.to_dict()
    assert (error.blame, error.values, error.path) == (here.blame, here.values, here.path)
    assert (error.clause.kind, error.clause.text, error.clause.site.line) == (
        here.clause.kind,
        here.clause.text,
        here.clause.site.line,
    )
    if kind == "precondition":  # called by the library, so by the runtime
        assert (error.site.line, error.root) == (None, error)
    else:
        assert error.site.line == here.site.line
    assert error.root.root is error.root


@pytest.fixture(scope="module")
def pool() -> Any:
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as made:
        try:
            made.submit(len, "").result(60)
        except concurrent.futures.process.BrokenProcessPool:  # pragma: no cover
            pytest.skip("this machine starts no pools")
        yield made


def test_a_violation_crosses_processes_of_a_program(tmp_path: Path) -> None:
    main = script(
        tmp_path,
        """
        import multiprocessing, json, sys
        from culpa import PreconditionError, ensure, require

        @require(lambda n: n > 0)
        def count(n):
            return n

        @ensure(lambda result: True)
        def work(n):
            return count(n)  # @inside

        def send(queue):
            try:
                work(-1)
            except Exception as error:
                queue.put(error)

        if __name__ == "__main__":
            for method in ("spawn", "fork"):
                context = multiprocessing.get_context(method)
                queue = context.Queue()
                process = context.Process(target=send, args=(queue,))
                process.start()
                error = queue.get(timeout=60)
                process.join()
                print(type(error).__name__, error.site.line, error.root.site.line, type(error.root).__name__)
                with context.Pool(1) as pool:
                    try:
                        pool.map(count, [1, -1])
                    except PreconditionError as error:
                        print(type(error).__name__, error.site.line, error.root is error)
        """,
    )

    line = main.read_text().splitlines().index("    return count(n)  # @inside") + 1
    assert (
        printed(python(main, cwd=tmp_path))
        == f"RoutineError {line} {line} PreconditionError\nPreconditionError None True\n" * 2
    )


def test_a_pickle_is_read_by_a_process_that_knows_none_of_the_code(tmp_path: Path) -> None:
    path = tmp_path / "error.pickle"
    errors = [caught(call) for _, call in VIOLATIONS.values()]
    path.write_bytes(pickle.dumps(errors))

    program = (
        "import json, pickle, sys; "
        "json.dump([error.to_dict() for error in pickle.load(open(sys.argv[1], 'rb'))], sys.stdout)"
    )

    assert json.loads(printed(python("-c", program, path))) == [error.to_dict() for error in errors]
