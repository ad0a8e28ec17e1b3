"""What every app calls to leave a trace; the audit app listens and writes it down.

Two feeders: *deeds* through `record()` in actions, *edits* through Django's signals on every `AuditedModel`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from django.db import models, router, transaction
from django.db.models.fields.files import FieldFile
from django.dispatch import Signal

from core.context import act_as, acting
from core.errors import UnauditedWrite

CODE = re.compile(r"^[a-z_]+\.[a-z_]+\.[a-z_]+$")

entries_made = Signal()  # entries: list[Entry]; the audit app writes them in the caller's transaction
_bulk: ContextVar[bool] = ContextVar("bulk", default=False)


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
    token = _bulk.set(True)
    try:
        with act_as(reason=reason):
            yield
    finally:
        _bulk.reset(token)


def _require_bulk(what: str, model: type[models.Model]) -> None:
    if not _bulk.get():
        raise UnauditedWrite(f"{model.__name__}.{what}() outside ledger.bulk(reason=…)")


def values_of(instance: models.Model) -> dict[str, Any]:
    """The loaded column values by attribute name (foreign keys as ids); deferred ones are left out."""
    loaded = instance.__dict__
    return {
        f.attname: _kept(f.value_from_object(instance))
        for f in instance._meta.concrete_fields
        if f.attname in loaded
    }


def _kept(value: Any) -> Any:
    """What a later change of a list, an object or a file in place does not reach."""
    if isinstance(value, FieldFile):
        return value.name or ""
    return deepcopy(value) if isinstance(value, dict | list) else value


class GuardedQuerySet(models.QuerySet):
    """Refuses the writes that send no signals, unless inside `bulk()`, where they are entered row by row.

    What passes below Django's query sets cannot be seen from here: raw SQL and COPY, `_base_manager`, and `add()` on
    the many side of a foreign key. Who writes an audited table that way tells the ledger by `write()` or `record()`.
    """

    def update(self, **kwargs: Any) -> int:
        _require_bulk("update", self.model)
        with transaction.atomic(using=self.db, savepoint=False):
            before = self._locked(self.order_by().values("pk"))
            count = models.QuerySet.update(self.filter(pk__in=before), **kwargs)
            _enter_updates(before, self._plain().in_bulk(before))
        return count

    def bulk_create(
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[Any]:
        """Raises UnauditedWrite for the conflict options too: nobody could tell what they wrote."""
        _require_bulk("bulk_create", self.model)
        if ignore_conflicts or update_conflicts:
            raise UnauditedWrite(f"{self.model.__name__}.bulk_create() that forgives conflicts")
        with transaction.atomic(using=self.db, savepoint=False):
            rows = super().bulk_create(objs, batch_size)
            write([Entry("CREATE", row, None, remember(row)) for row in rows])
        return rows

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        _require_bulk("bulk_update", self.model)
        objs = list(objs)
        with transaction.atomic(using=self.db, savepoint=False):
            before = self._locked([obj.pk for obj in objs])
            count = self._plain().bulk_update(objs, fields, batch_size)
            after = self._plain().in_bulk(before)
            _enter_updates(before, after)
        for obj in objs:
            if obj.pk in after:
                obj.loaded_values = values_of(after[obj.pk])
        return count

    def delete(self) -> tuple[int, dict[str, int]]:
        """Row by row, so that each deletion is entered by its signal. Raises UnauditedWrite outside `bulk()`.

        The admin's "delete selected" shows every row and asks first: it may.
        """
        if acting().source != "admin":
            _require_bulk("delete", self.model)
        return super().delete()

    # As Django marks its own: no template may call them, and a manager, which means every row, has no delete().
    update.alters_data = True  # type: ignore[attr-defined]
    bulk_create.alters_data = True  # type: ignore[attr-defined]
    bulk_update.alters_data = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _plain(self) -> models.QuerySet[Any]:
        """All rows, by a query set without a guard."""
        return models.QuerySet(self.model, using=self.db)

    def _locked(self, pks: Any) -> dict[Any, models.Model]:
        rows = self._plain().filter(pk__in=pks).select_for_update(no_key=True, of=("self",))
        return {row.pk: row for row in rows.order_by("pk")}


def _enter_updates(before: dict[Any, Any], after: dict[Any, Any]) -> None:
    write(
        [
            Entry("UPDATE", after[pk], values_of(row), values_of(after[pk]))
            for pk, row in before.items()
            if pk in after
        ]
    )


class AuditedModel(models.Model):
    """A model whose every edit is entered in the ledger, with the values before and after.

    `audit_ignored` are columns that say nothing about a change; `audit_masked` are secrets, shown as "***";
    `audit_deeds` are columns that only a recorded deed may change, which tests and development enforce.
    What changed is told from `loaded_values`, as read or last written: lock the row before changing it.
    """

    audit_ignored: tuple[str, ...] = ("created_at", "updated_at")
    audit_masked: tuple[str, ...] = ()
    audit_deeds: tuple[str, ...] = ("status",)
    loaded_values: dict[str, Any] | None = None

    objects = GuardedQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any) -> Any:  # type: ignore[override]
        instance = super().from_db(db, field_names, values)
        instance.loaded_values = {
            name: deepcopy(value) if isinstance(value, dict | list) else value
            for name, value in zip(field_names, values, strict=True)
        }
        return instance

    def refresh_from_db(self, using: Any = None, fields: Any = None, from_queryset: Any = None) -> None:
        names = None if fields is None else frozenset(fields)
        super().refresh_from_db(using=using, fields=names, from_queryset=from_queryset)
        remember(self, names)

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """The row and its entry in the ledger, both or neither."""
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using, savepoint=False):
            super().save_base(*args, **kwargs)

    save_base.alters_data = True  # type: ignore[attr-defined]


def remember(instance: Any, names: Collection[str] | None = None) -> dict[str, Any]:
    """Take the present values of these fields, or of all, as what the database holds; return all it remembers."""
    present = values_of(instance)
    if names is not None:
        present = {name: present[name] for name in columns(instance, names) if name in present}
    instance.loaded_values = {**(instance.loaded_values or {}), **present}
    return instance.loaded_values


def columns(instance: models.Model, names: Collection[str]) -> list[str]:
    """The attribute names of the columns that these names, of fields or of their columns, mean."""
    return [f.attname for f in instance._meta.concrete_fields if f.name in names or f.attname in names]


def acting_actor(entry: Entry) -> Any:
    """The account named by the entry, else the one acting now; None where nobody is signed in."""
    actor = entry.actor if entry.actor is not None else acting().actor
    return actor if getattr(actor, "pk", None) is not None else None
