"""Questions about the trail."""

from __future__ import annotations

from django.db.models import Model, QuerySet

from audit.entities import entity_type
from audit.entries import type_of
from audit.models import AuditLog


def history_of(instance: Model) -> QuerySet[AuditLog]:
    """Everything the trail tells about this object, oldest first, with the people in it."""
    about = AuditLog.objects.filter(entity_type=entity_type(type_of(instance)), entity_id=str(instance.pk))
    return about.select_related("user").order_by("id")
