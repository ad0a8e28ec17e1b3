"""The audit trail as tables. Rows are only ever inserted: triggers refuse UPDATE, DELETE and TRUNCATE."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

SOURCES = ("page", "api", "admin", "command", "task", "system")  # the doors, as core.context names them


class AuditLog(models.Model):
    """One deed or edit. Names are copied, so history outlives what it speaks of.

    Partitioned by month of `created_at`: in the database the key is (id, created_at), for Django it is `id`.
    """

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    action = models.CharField(max_length=100)  # CREATE, UPDATE, DELETE, or the code of a deed
    entity_type = models.CharField(max_length=100)  # plural snake case: lots, process_data
    entity_id = models.CharField(max_length=64)
    entity_repr = models.CharField(max_length=200)
    old_values = models.JSONField(null=True)
    new_values = models.JSONField(null=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    user_name = models.CharField(max_length=150, blank=True)
    source = models.CharField(max_length=20)  # one of SOURCES
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=255, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    app_version = models.CharField(max_length=20, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["entity_type", "entity_id", "-id"], name="audit_auditlog_entity"),
            models.Index(fields=["user", "-id"], name="audit_auditlog_user"),
            models.Index(fields=["-created_at", "-id"], name="audit_auditlog_time"),
        ]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.action} {self.entity_type} {self.entity_id}"


class AuditLink(models.Model):
    """One link of the chain: sha256(previous link's digest, the canonical entry). In order of sealing, by position."""

    position = models.BigIntegerField(primary_key=True)  # 1, 2, 3… without a gap
    audit_id = models.BigIntegerField(unique=True)
    audit_created_at = models.DateTimeField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        ordering = ("position",)
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.position} → {self.audit_id}"


class AuditSeal(models.Model):
    """A sealed stretch of the chain. Its digest is worth keeping outside this database as well."""

    sealed_at = models.DateTimeField(db_default=Now(), editable=False)
    first_position = models.BigIntegerField()
    last_position = models.BigIntegerField(unique=True)
    count = models.PositiveIntegerField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        ordering = ("-id",)
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.first_position}–{self.last_position}"
