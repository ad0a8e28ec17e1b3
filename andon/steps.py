"""The deeds of a call's history as people name them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Step(models.TextChoices):
    """By the last word of the deed's code in the audit trail."""

    CREATED = "raised", _("Called")
    JOINED = "joined", _("Called again")
    ACKNOWLEDGED = "acknowledged", _("Answered")
    ESCALATED = "escalated", _("Escalated")
    RESOLVED = "resolved", _("Over")
    CANCELLED = "cancelled", _("Cancelled")

    @classmethod
    def of(cls, deed: Any) -> Step:
        """What this entry of the trail tells of a call."""
        return cls(deed.action.rpartition(".")[2])
