"""Lists every declaration: its kind, who is blamed when it is broken, the extra names its predicate may take."""

from __future__ import annotations


class Word:
    """One declaration of the vocabulary."""

    __slots__ = ("blame", "error", "extras", "kind")

    def __init__(self, kind: str, blame: str, error: str | None, extras: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.blame = blame
        self.error = error
        self.extras = extras


WORDS = {
    word.kind: word
    for word in (
        Word("require", "caller", "PreconditionError"),
        Word("require_else", "caller", "PreconditionError"),
        Word("ensure", "callee", "PostconditionError", ("result", "old")),
        Word("snapshot", "contract", None),
        Word("raises", "callee", "RaisesError"),
        Word("yields", "callee", "PostconditionError", ("item",)),
        Word("sends", "caller", "PreconditionError", ("sent",)),
        Word("callback", "caller", "CallbackError"),
        Word("invariant", "callee", "InvariantError"),
        Word("check", "callee", "CheckError"),
    )
}

EXTRA_NAMES = frozenset(name for word in WORDS.values() for name in word.extras)
