"""Words of production."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ProductStatus(models.TextChoices):
    ACTIVE = "ACTIVE", _("Active")
    INACTIVE = "INACTIVE", _("Inactive")
    DISCONTINUED = "DISCONTINUED", _("Discontinued")


class CounterKind(models.TextChoices):
    """What a cumulative counter of a machine counts."""

    TOTAL = "total", _("Total")
    GOOD = "good", _("Good")
    SCRAP = "scrap", _("Scrap")


class ImportStatus(models.TextChoices):
    PENDING = "PENDING", _("Waiting")
    RUNNING = "RUNNING", _("Running")
    DONE = "DONE", _("Done")
    FAILED = "FAILED", _("Failed")
