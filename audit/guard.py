"""Tests and development: a status that changed without a recorded deed fails loudly (settings.AUDIT_GUARD).

Django asks nobody before a commit, so outside tests the failure comes right after it. Where a test wraps
everything in a transaction that never commits, `check()` at its end says the same (tests/conftest.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from audit.entries import EDITS, type_of
from core.errors import UnauditedWrite
from core.ledger import Entry

Key = tuple[Any, Any]


@dataclass(slots=True)
class Deed:
    """A commit hook that does nothing: while it waits, its transaction holds a deed. A rollback takes it away."""

    key: Key

    def __call__(self) -> None:
        return


@dataclass(slots=True)
class Change:
    """A commit hook that fails unless a deed was recorded, before or after it, for the same object."""

    key: Key
    what: str
    told: bool

    def __call__(self) -> None:
        if not self.told:
            raise UnauditedWrite(f"{self.what} changed, and no deed was recorded for it")


def watch(entered: list[tuple[Entry, dict[str, Any]]]) -> None:
    """Note deeds, and edits of columns that only a deed may change; each entry comes with its new values."""
    if not settings.AUDIT_GUARD:
        return
    for entry, new in entered:
        model = type_of(entry.instance)
        key = (model, entry.instance.pk)
        guarded = set(getattr(model, "audit_deeds", ())) & set(new)
        if entry.action not in EDITS:
            _note_deed(key)
        elif entry.action == "UPDATE" and guarded:
            what = f"{', '.join(sorted(guarded))} of {model.__name__} {entry.instance.pk}"
            told = any(isinstance(hook, Deed) and hook.key == key for hook in _hooks())
            transaction.on_commit(Change(key, what, told))


def _note_deed(key: Key) -> None:
    for hook in _hooks():
        if isinstance(hook, Change) and hook.key == key:
            hook.told = True
    transaction.on_commit(Deed(key))


def check() -> None:
    """Raise UnauditedWrite for a change that the open transaction holds and no deed tells of."""
    for hook in list(_hooks()):
        if isinstance(hook, Change):
            hook()


def _hooks() -> Iterator[Any]:
    return (waiting[1] for waiting in connection.run_on_commit)
