"""Abstract bases: no table of their own."""

from __future__ import annotations

from django.db import models

from core.ledger import AuditedModel


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
