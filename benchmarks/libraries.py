"""Load adapters and build the module of one workload, refusing every column that would not check what it claims."""

from __future__ import annotations

import argparse
import importlib.util
import linecache
import multiprocessing
import pkgutil
import runpy
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from workloads import BASELINE, PRELUDE, SHARED, WORKLOADS, Workload, sections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DEFAULT_LIBRARIES = ("culpa", "culpa-called", BASELINE, "icontract", "deal")
_ADAPTERS = Path(__file__).parent / "adapters"


class InexpressibleError(Exception):
    """The library has no way to say this workload; its cell prints `-`."""


class RefusedError(Exception):
    """The function is not what the column claims, so it is not timed; the run fails."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """One library as a column: how its contracts are written, and what they leave unchecked."""

    name: str
    package: str | None
    error: str
    not_checked: str
    header: str
    parts: dict[str, str]
    require: str
    ensure: str
    sourceless: bool
    placement: str | None
    placement_of: Callable[[Any], str] | None

    @property
    def is_installed(self) -> bool:
        """Whether the library can be imported here."""
        return self.package is None or importlib.util.find_spec(self.package) is not None

    @property
    def version(self) -> str:
        """The version for the results, empty for what is no library."""
        if self.package is None:
            return ""
        try:
            return f"{self.package} {metadata.version(self.package)}"
        except metadata.PackageNotFoundError:
            return f"{self.package} (source tree)"


def read_adapters() -> dict[str, Adapter]:
    """Every file of `adapters/` by its NAME; none imports its library before it is timed."""
    adapters = [_read_adapter(path) for path in sorted(_ADAPTERS.glob("*.py"))]
    return {adapter.name: adapter for adapter in adapters}


def _read_adapter(path: Path) -> Adapter:
    """One adapter file; a HEADER takes the shared workloads, its SOURCE replaces some of them, or is all there is."""
    values = runpy.run_path(str(path))
    preamble, parts = sections(values.get("SOURCE", ""))
    if "HEADER" in values:
        preamble, parts = values["HEADER"] + "\n" + preamble, {**sections(SHARED)[1], **parts}
    return Adapter(
        name=values["NAME"],
        package=values["PACKAGE"],
        error=values["ERROR"],
        not_checked=values["NOT_CHECKED"],
        header=preamble,
        parts=parts,
        require=values["REQUIRE"],
        ensure=values["ENSURE"],
        sourceless=values.get("SOURCELESS", False),
        placement=values.get("PLACEMENT"),
        placement_of=values.get("placement_of"),
    )


def load_installed(names: Iterable[str]) -> tuple[list[Adapter], list[str]]:
    """The adapters whose library is there, and the names of those whose library is not."""
    known = read_adapters()
    adapters = [known[name] for name in names]
    return [a for a in adapters if a.is_installed], [a.name for a in adapters if not a.is_installed]


def prepare(adapter: Adapter, name: str, text: str, folder: Path) -> tuple[CodeType, ModuleType]:
    """Compile `text` as the file `name` of `folder`; for a sourceless adapter that file never existed."""
    path = folder / f"{name}.py"
    if adapter.sourceless:
        # Far below: on the same lines its code objects would equal those of the same library with source, and a
        # cache keyed by code would hand one column what was read for the other.
        text = "\n" * 1000 + text
        linecache.clearcache()
        module = ModuleType(name)
        module.__file__ = str(path)
    else:
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None:
            raise ImportError(f"no loader for {name}")
        module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    return compile(text, str(path), "exec", dont_inherit=True), module


def build(adapter: Adapter, workload: Workload, folder: Path) -> dict[str, Any]:
    """The namespace of one workload in one library, a module of its own, so that one failure hides no other."""
    part = adapter.parts.get(workload.name)
    if part is None:
        raise InexpressibleError("no such contract in the library")
    name = f"bench_{adapter.name}_{workload.name}".replace("-", "_")
    code, module = prepare(adapter, name, PRELUDE + adapter.header + part, folder)
    try:
        exec(code, module.__dict__)
        exec(workload.statement, module.__dict__)
    except Exception as error:
        raise InexpressibleError(f"{type(error).__name__} when declared or first called") from error
    return module.__dict__


def verify(adapter: Adapter, workload: Workload, namespace: dict[str, Any]) -> None:
    """Drop a workload whose bad calls pass; refuse one whose functions are placed otherwise than the column says."""
    error = pkgutil.resolve_name(adapter.error)
    for statement in workload.bad:
        verify_rejection(statement, namespace, error)
    for expression in workload.checked:
        verify_placement(adapter, eval(expression, namespace))


def verify_rejection(statement: str, namespace: dict[str, Any], error: type[Exception]) -> None:
    """Drop a workload in which `statement` does not raise the library's own `error`."""
    try:
        exec(statement, dict(namespace))
    except error:
        return
    except Exception as other:
        raise InexpressibleError(f"a bad call raised {type(other).__name__}, not {error.__name__}") from other
    raise InexpressibleError("a bad call was accepted")


def verify_placement(adapter: Adapter, function: object) -> None:
    """Refuse a function that fell back to another placement than the one its column reports."""
    if adapter.placement_of is None:
        return
    found = adapter.placement_of(function)
    if found != adapter.placement:
        raise RefusedError(f"placement is {found!r}, the column says {adapter.placement!r}")


def open_workload(adapter: Adapter, name: str, folder: Path) -> dict[str, Any]:
    """The verified namespace of the workload `name`, ready to be timed."""
    workload = WORKLOADS[name]
    namespace = build(adapter, workload, folder)
    verify(adapter, workload, namespace)
    return namespace


def names_among(known: Iterable[str]) -> Callable[[str], tuple[str, ...]]:
    """A parser of comma-separated names that knows all of them."""
    allowed = set(known)

    def names(text: str) -> tuple[str, ...]:
        chosen = tuple(text.split(","))
        if unknown := set(chosen) - allowed:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}; there are {', '.join(sorted(allowed))}")
        return chosen

    return names


def fresh_interpreters() -> ProcessPoolExecutor:
    """A pool that runs one task at a time, each in a new interpreter."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(max_workers=1, mp_context=context, max_tasks_per_child=1)
