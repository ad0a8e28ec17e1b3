"""The two feeders: deeds and bulk writes come by core.ledger, edits of audited models by Django's own signals."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from audit.actions import enter
from core.ledger import AuditedModel, Entry, columns, entries_made, remember, values_of


@receiver(entries_made)
def on_entries_made(*, entries: list[Entry], **_: Any) -> None:
    enter(entries=entries)


def before_save(*, instance: Any, raw: bool, update_fields: Collection[str] | None, **_: Any) -> None:
    """Read what is about to be overwritten, where nobody has read it yet: a row made by hand, a deferred column.

    The usual save needs no query here.
    """
    key = instance._meta.pk
    if instance.pk is None or (instance._state.adding and key.has_default() and not raw):
        return
    known = _known(instance)
    unread = [name for name in _written(instance, update_fields) if name not in known]
    stored = _stored(instance, unread) if unread else {}
    instance.loaded_values = {key.attname: instance.pk, **known, **stored}


def after_save(
    *, instance: Any, created: bool, update_fields: Collection[str] | None = None, **_: Any
) -> None:
    names = _written(instance, update_fields)
    known = instance.loaded_values or {}
    old = None if created else {name: known.get(name) for name in names}
    computed = [name for name in names if hasattr(getattr(instance, name), "resolve_expression")]
    new = {**remember(instance, update_fields), **(_stored(instance, computed) if computed else {})}
    instance.loaded_values = new
    shown = new if created else {name: new[name] for name in names}
    enter(entries=[Entry("CREATE" if created else "UPDATE", instance, old, shown)])


def before_delete(*, instance: models.Model, **_: Any) -> None:
    """ON DELETE SET NULL sends no signal for the rows that lose their parent: enter them here."""
    for field in nulled_by(type(instance)):
        rows: models.QuerySet[Any] = models.QuerySet(field.model).filter(**{field.name: instance})
        old, new = {field.attname: getattr(instance, field.target_field.attname)}, {field.attname: None}
        enter(entries=[Entry("UPDATE", row, old, new) for row in rows])


def after_delete(*, instance: Any, **_: Any) -> None:
    enter(entries=[Entry("DELETE", instance, instance.loaded_values or values_of(instance))])


def on_members_changed(
    *, sender: Any, instance: Any, action: str, reverse: bool, model: Any, pk_set: Any, **_: Any
) -> None:
    """A many-to-many field is an edit of the model that declares it, whichever side was written."""
    if action not in ("post_add", "post_remove", "pre_clear"):
        return
    declaring = model if reverse else type(instance)
    field = next(f for f in declaring._meta.many_to_many if f.remote_field.through is sender)
    for owner in _owners(field, instance, reverse, pk_set):
        present = _members(field, owner)
        touched = {instance.pk} if reverse else present if pk_set is None else pk_set
        old, new = present - touched, present | touched
        if action != "post_add":
            old, new = new, old
        enter(entries=[Entry("UPDATE", owner, {field.name: old}, {field.name: new})])


def _owners(field: Any, instance: Any, reverse: bool, pk_set: Any) -> list[Any]:
    """The rows of the declaring model whose members change; without keys all that hold the instance are cleared."""
    if not reverse:
        return [instance]
    chosen = {field.name: instance} if pk_set is None else {"pk__in": pk_set}
    return list(field.model._base_manager.filter(**chosen))


def _members(field: Any, owner: Any) -> set[Any]:
    links = field.remote_field.through._base_manager.filter(**{field.m2m_field_name(): owner})
    return set(links.values_list(field.m2m_reverse_field_name(), flat=True))


def nulled_by(parent: type[models.Model]) -> list[Any]:
    """Columns of audited models that become NULL when a row of `parent` is deleted."""
    return [
        relation.field
        for relation in parent._meta.related_objects
        if getattr(relation, "on_delete", None) is models.SET_NULL
        and issubclass(relation.related_model, AuditedModel)
    ]


def connect() -> None:
    """Listen to audited models only: Django deletes rows of others faster when nobody listens."""
    for model in apps.get_models():
        if nulled_by(model):
            pre_delete.connect(before_delete, sender=model)
        if not issubclass(model, AuditedModel):
            continue
        pre_save.connect(before_save, sender=model)
        post_save.connect(after_save, sender=model)
        post_delete.connect(after_delete, sender=model)
        for field in model._meta.many_to_many:
            m2m_changed.connect(on_members_changed, sender=field.remote_field.through)


def _known(instance: Any) -> dict[str, Any]:
    """What is remembered of this row; nothing where the instance was given another key since."""
    known: dict[str, Any] = instance.loaded_values or {}
    return known if known.get(instance._meta.pk.attname) == instance.pk else {}


def _written(instance: models.Model, update_fields: Collection[str] | None) -> list[str]:
    """The columns that this save writes."""
    if update_fields is not None:
        return columns(instance, update_fields)
    key = instance._meta.pk.attname
    return [
        f.attname
        for f in instance._meta.concrete_fields
        if f.attname in instance.__dict__ and f.attname != key
    ]


def _stored(instance: models.Model, names: list[str]) -> dict[str, Any]:
    """These columns as the database holds them now; nothing where it has no such row."""
    return models.QuerySet(type(instance)).filter(pk=instance.pk).values(*names).first() or {}
