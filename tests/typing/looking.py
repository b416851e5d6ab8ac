"""What reads contracts and listens for violations has exact types, and so has every field of a violation."""

from __future__ import annotations

from typing import Any, assert_type

import culpa
from culpa import Blame, ContractError, Site, contract_of, on_violation, require, source_of


@require(lambda x: x > 0)
def double(x: float) -> float:
    return x * 2


assert_type(source_of(double), str)

contract = contract_of(double)
for clause in contract.clauses:
    assert_type(clause.kind, str)
    assert_type(clause.text, str | None)
    assert_type(clause.message, str | None)
    assert_type(clause.site, Site)


def note(error: ContractError) -> None:
    assert_type(error.blame, Blame)
    assert_type(error.site, Site)
    assert_type(error.values, dict[str, str])
    assert_type(error.root, ContractError)
    assert_type(error.path, str | None)
    assert_type(error.to_dict(), dict[str, Any])
    assert_type(error.site.file, str)
    assert_type(error.site.line, int | None)
    assert_type(error.site.column, int | None)
    assert_type(error.site.function, str)
    if error.clause is not None:
        assert_type(error.clause.site, Site)


handle = on_violation(note)
assert_type(handle.remove(), None)


def families(
    caller: culpa.PreconditionError | culpa.CallbackError,
    callee: culpa.PostconditionError
    | culpa.InvariantError
    | culpa.RaisesError
    | culpa.CallbackMisuseError
    | culpa.CheckError
    | culpa.RoutineError,
    defect: culpa.HierarchyError,
    outside: culpa.OutsideError,
    wrong: culpa.DeclarationError,
) -> None:
    caller_error: culpa.CallerError = caller
    callee_error: culpa.CalleeError = callee
    defect_error: culpa.DefectError = defect
    errors: list[ContractError] = [caller_error, callee_error, defect_error, outside]
    type_error: TypeError = wrong
    assert_type(errors, list[ContractError])
    assert_type(type_error.args, tuple[Any, ...])


def phases(error: culpa.InvariantError) -> None:
    assert_type(error.phase, str)
    assert_type(error.concurrent, bool)


def wrong_reading(error: ContractError) -> None:
    print(error.culprit)  # E[mypy]: attr-defined  # E[pyright]: reportAttributeAccessIssue  # E[pyright]: reportUnknown
    source_of()  # E[mypy]: call-arg  # E[pyright]: reportCallIssue
    on_violation(lambda: None)  # E[mypy]: arg-type  # E[mypy]: misc  # E[pyright]: reportArgumentType
