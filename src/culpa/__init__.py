"""Design by contract that says whose fault it is.

Every violation names the guilty party, caller or callee, in the type of the exception and by file and line.
"""

from __future__ import annotations

from culpa._check import check
from culpa._decorators import (
    callback,
    ensure,
    invariant,
    raises,
    require,
    require_else,
    sends,
    snapshot,
    yields,
)
from culpa._model import Clause, Contract
from culpa._observe import Handle, on_violation
from culpa._redact import redact
from culpa.errors import (
    Blame,
    CallbackError,
    CallbackMisuseError,
    CalleeError,
    CallerError,
    CheckError,
    ContractError,
    DeclarationError,
    DefectError,
    HierarchyError,
    InvariantError,
    OutsideError,
    PostconditionError,
    PreconditionError,
    RaisesError,
    RoutineError,
    Site,
)
from culpa.introspection import contract_of, source_of

__all__ = [
    "Blame",
    "CallbackError",
    "CallbackMisuseError",
    "CalleeError",
    "CallerError",
    "CheckError",
    "Clause",
    "Contract",
    "ContractError",
    "DeclarationError",
    "DefectError",
    "Handle",
    "HierarchyError",
    "InvariantError",
    "OutsideError",
    "PostconditionError",
    "PreconditionError",
    "RaisesError",
    "RoutineError",
    "Site",
    "callback",
    "check",
    "contract_of",
    "ensure",
    "invariant",
    "on_violation",
    "raises",
    "redact",
    "require",
    "require_else",
    "sends",
    "snapshot",
    "source_of",
    "yields",
]
