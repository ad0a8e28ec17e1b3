"""From an entry of the ledger to its row: what changed, who did it, from where."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from audit.entities import entity_type, json_safe
from audit.models import AuditLog
from core.context import Acting, acting
from core.ledger import Entry, acting_actor

MASK = "***"
EDITS = ("CREATE", "UPDATE", "DELETE")
Values = dict[str, Any]


def row_of(entry: Entry) -> AuditLog | None:
    """The row of this entry, unsaved; None for an edit that changed nothing worth telling."""
    old, new = values_shown(entry)
    if entry.action in EDITS and not (old or new):
        return None
    context, actor = acting(), acting_actor(entry)
    return AuditLog(
        action=entry.action,
        entity_type=entity_type(type_of(entry.instance)),
        entity_id=str(entry.instance.pk),
        entity_repr=str(entry.instance)[:200],
        old_values=old,
        new_values=new,
        user_id=actor.pk if actor else None,
        user_name=actor.get_username()[:150] if actor else "",
        reason=entry.reason or context.reason,
        app_version=settings.VERSION,
        **_origin(context),
    )


def _origin(context: Acting) -> dict[str, Any]:
    return {
        "source": context.source,
        "ip_address": address(context.ip_address),
        "user_agent": context.user_agent[:255],
        "request_id": context.request_id[:64],
    }


def values_shown(entry: Entry) -> tuple[Values | None, Values | None]:
    """Old and new values as the trail holds them: ignored columns left out, secrets masked, JSON throughout.

    Of an UPDATE only what differs; a deed keeps every value that it names.
    """
    model = type_of(entry.instance)
    if entry.action not in EDITS:
        return _shown(model, entry.old_values), _shown(model, entry.new_values)
    ignored = getattr(model, "audit_ignored", ())
    old, new = _clean(model, entry.old_values, ignored), _clean(model, entry.new_values, ignored)
    if entry.action == "UPDATE":
        changed = [name for name in new or {} if (old or {}).get(name) != (new or {})[name]]
        old, new = _only(old, changed), _only(new, changed)
    return _shown(model, old), _shown(model, new)


def type_of(instance: models.Model) -> type[models.Model]:
    """The model behind proxies and lazy objects."""
    return instance._meta.concrete_model  # type: ignore[return-value]


def _clean(model: type[models.Model], values: Values | None, ignored: Iterable[str]) -> Values | None:
    """The values in their columns' own types, so that "1.5" and 1.50 are no change."""
    if values is None:
        return None
    return {name: _python(model, name, value) for name, value in values.items() if name not in ignored}


def _python(model: type[models.Model], name: str, value: Any) -> Any:
    try:
        return model._meta.get_field(name).to_python(value)  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return value


def _only(values: Values | None, names: Iterable[str]) -> Values | None:
    return {name: values.get(name) for name in names} if values is not None else None


def _shown(model: type[models.Model], values: Values | None) -> Values | None:
    masked = getattr(model, "audit_masked", ())
    if values is None:
        return None
    return {name: MASK if name in masked else json_safe(value) for name, value in values.items()}


@lru_cache(maxsize=1024)
def address(text: str | None) -> str | None:
    """The IP address in its usual form; None for what is none (a socket's name)."""
    try:
        return str(ip_address((text or "").split("%")[0]))
    except ValueError:
        return None
