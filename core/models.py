"""Abstract bases: no table of their own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from core.ledger import AuditedModel


def person(name: Any, **options: Any) -> Any:
    """Somebody who had a hand in it: who is named in a history is never deleted."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=name,
        on_delete=models.PROTECT,
        **{"related_name": "+", **options},
    )


class Stamped(models.Model):
    """When a row was made and last changed (UTC)."""

    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)

    class Meta:
        abstract = True


class MasterData(Stamped, AuditedModel):
    """Plain records that people keep: created, changed, deleted through generic doors, and audited."""

    class Meta:
        abstract = True
