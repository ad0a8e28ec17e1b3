"""Questions about the trail."""

from __future__ import annotations

from django.db.models import Model, QuerySet

from audit.entities import entity_type
from audit.entries import type_of
from audit.models import AuditLog


def history_of(instance: Model) -> QuerySet[AuditLog]:
    """Everything the trail tells about this object, oldest first, with the people in it."""
    return entries_about(entity_type(type_of(instance)), str(instance.pk))


def entries_about(entity: str, entity_id: str) -> QuerySet[AuditLog]:
    """The same by name: `lots`, "17". Outlives the object."""
    rows = AuditLog.objects.filter(entity_type=entity, entity_id=entity_id)
    return rows.select_related("user").order_by("id")
