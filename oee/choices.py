"""Where the time of a stop goes: the choices of a loss policy (api.md §8). The first of each is the default."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class MinorStops(models.TextChoices):
    PERFORMANCE = "PERFORMANCE", _("Performance")
    AVAILABILITY = "AVAILABILITY", _("Availability")


class Setup(models.TextChoices):
    AVAILABILITY = "AVAILABILITY", _("Availability")
    PERFORMANCE = "PERFORMANCE", _("Performance")
    PLANNED = "PLANNED", _("Planned, outside the busy time")


class StarvedBlocked(models.TextChoices):
    AVAILABILITY = "AVAILABILITY", _("Availability")
    PERFORMANCE = "PERFORMANCE", _("Performance")


class Idle(models.TextChoices):
    PLANNED = "PLANNED", _("Planned, outside the busy time")
    BUSY = "BUSY", _("Busy time")


class UnknownTime(models.TextChoices):
    BUSY = "BUSY", _("Busy time")
    EXCLUDED = "EXCLUDED", _("Outside the busy time")
