"""What every app calls to leave a trace; the audit app listens and writes it down.

Two feeders: *deeds* through `record()` in actions, *edits* through Django's signals on every `AuditedModel`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.dispatch import Signal

from core.context import acting
from core.errors import UnauditedWrite

CODE = re.compile(r"^[a-z_]+\.[a-z_]+\.[a-z_]+$")

entries_made = Signal()  # entries: list[Entry]; the audit app writes them in the caller's transaction
_bulk_reason: ContextVar[str | None] = ContextVar("bulk_reason", default=None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger: CREATE, UPDATE, DELETE, or the code of a deed such as `production.job.started`."""

    action: str
    instance: models.Model
    old_values: dict[str, Any] | None = None
    new_values: dict[str, Any] | None = None
    reason: str = ""
    actor: Any = field(default=None)


def record(
    code: str,
    instance: models.Model,
    *,
    actor: Any = None,
    reason: str = "",
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> None:
    """Write a deed `app.noun.past` into the ledger, in the caller's transaction.

    The actor defaults to who is acting. Raises ValueError for a malformed code.
    """
    if not CODE.match(code):
        raise ValueError(f"{code!r} is not app.noun.past")
    write([Entry(code, instance, old, new, reason, actor)])


def write(entries: list[Entry]) -> None:
    """Hand entries to the ledger; without a listener the write must not happen at all."""
    if not entries_made.has_listeners():
        raise UnauditedWrite("no ledger is installed")
    entries_made.send(sender=None, entries=entries)


@contextmanager
def bulk(*, reason: str) -> Iterator[None]:
    """Allow bulk writes on audited models; each row is entered in the ledger with this reason."""
    token = _bulk_reason.set(reason)
    try:
        yield
    finally:
        _bulk_reason.reset(token)


def _require_bulk(what: str, model: type[models.Model]) -> str:
    reason = _bulk_reason.get()
    if reason is None:
        raise UnauditedWrite(f"{model.__name__}.{what}() outside ledger.bulk(reason=…)")
    return reason


def values_of(instance: models.Model) -> dict[str, Any]:
    """The loaded column values by attribute name (foreign keys as ids); deferred ones are left out."""
    deferred = instance.get_deferred_fields()
    return {
        f.attname: getattr(instance, f.attname)
        for f in instance._meta.concrete_fields
        if f.attname not in deferred
    }


class GuardedQuerySet(models.QuerySet):
    """Refuses the writes that send no signals, unless inside `bulk()`, which enters them in the ledger itself."""

    def update(self, **kwargs: Any) -> int:
        reason = _require_bulk("update", self.model)
        rows = list(self.select_for_update(no_key=True, of=("self",)).order_by("pk"))
        before = {row.pk: values_of(row) for row in rows}
        count = self.model._base_manager.filter(pk__in=before).update(**kwargs)
        after = self.model._base_manager.in_bulk(before)
        write([Entry("UPDATE", after[pk], old, values_of(after[pk]), reason) for pk, old in before.items()])
        return count

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        reason = _require_bulk("bulk_create", self.model)
        rows = super().bulk_create(objs, *args, **kwargs)
        write([Entry("CREATE", row, None, values_of(row), reason) for row in rows])
        return rows

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        reason = _require_bulk("bulk_update", self.model)
        objs = list(objs)
        before = self.model._base_manager.in_bulk([obj.pk for obj in objs])
        old = {pk: values_of(row) for pk, row in before.items()}
        plain: models.QuerySet[Any] = models.QuerySet(self.model, using=self.db)
        count = plain.bulk_update(objs, fields, *args, **kwargs)
        write([Entry("UPDATE", obj, old.get(obj.pk), values_of(obj), reason) for obj in objs])
        return count

    def delete(self) -> tuple[int, dict[str, int]]:
        """Row by row, so that each deletion is entered by its signal."""
        _require_bulk("delete", self.model)
        return super().delete()


class AuditedModel(models.Model):
    """A model whose every edit is entered in the ledger, with the values before and after.

    `audit_ignored` are columns that say nothing about a change; `audit_masked` are secrets, shown as "***".
    """

    audit_ignored: tuple[str, ...] = ("created_at", "updated_at")
    audit_masked: tuple[str, ...] = ()
    loaded_values: dict[str, Any] | None = None

    objects = GuardedQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any) -> Any:
        instance = super().from_db(db, field_names, values)
        instance.loaded_values = values_of(instance)
        return instance

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self.loaded_values = values_of(self)


def acting_actor(entry: Entry) -> Any:
    """The actor named by the entry, else who is acting now."""
    return entry.actor if entry.actor is not None else acting().actor
