"""Imports of production logs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Stamped
from equipment.models import Line
from production.choices import ImportStatus


class ProductionLogImport(Stamped):
    """One import of a production log: what was asked, how far it is, and its report, row by row."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="imports")
    options = models.JSONField(default=dict)  # column map, zone, separator
    files = models.JSONField(default=dict)  # {role: stored path}
    dry_run = models.BooleanField(_("dry run"), default=True)
    status = models.CharField(max_length=10, choices=ImportStatus.choices, default=ImportStatus.PENDING)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    report = models.JSONField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("production log import")
        verbose_name_plural = _("production log imports")
        ordering = ("-created_at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(progress__lte=100), name="production_productionlogimport_progress_per_cent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.created_at:%Y-%m-%d %H:%M}"
