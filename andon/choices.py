"""Words of andon, and the steps of a call."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventType(models.TextChoices):
    """What help is called for."""

    STOPPAGE = "STOPPAGE", _("Stoppage")
    QUALITY = "QUALITY", _("Quality")
    MATERIAL = "MATERIAL", _("Material")
    MAINTENANCE = "MAINTENANCE", _("Maintenance")
    SAFETY = "SAFETY", _("Safety")


class Priority(models.TextChoices):
    """How much it hurries, the least first: the order is the rank."""

    LOW = "LOW", _("Low")
    MEDIUM = "MEDIUM", _("Medium")
    HIGH = "HIGH", _("High")
    CRITICAL = "CRITICAL", _("Critical")

    @property
    def rank(self) -> int:
        """0 for LOW to 3 for CRITICAL."""
        return list(Priority).index(self)


class Status(models.TextChoices):
    OPEN = "OPEN", _("Open")
    ACKNOWLEDGED = "ACKNOWLEDGED", _("Acknowledged")
    RESOLVED = "RESOLVED", _("Resolved")
    CANCELLED = "CANCELLED", _("Cancelled")


TRANSITIONS: dict[str, tuple[str, ...]] = {
    Status.OPEN: (Status.ACKNOWLEDGED, Status.RESOLVED, Status.CANCELLED),
    Status.ACKNOWLEDGED: (Status.RESOLVED, Status.CANCELLED),
}
UNFINISHED = tuple(TRANSITIONS)
