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


class Clock(models.TextChoices):
    """What the minutes of an escalation level are counted from: the call waits for an answer, or for its end."""

    REPORTED = "REPORTED", _("Reported, until somebody answers")
    ACKNOWLEDGED = "ACKNOWLEDGED", _("Acknowledged, until it is over")


# The clock that runs while a call has this status.
CLOCK_OF_STATUS: dict[str, Clock] = {
    Status.OPEN: Clock.REPORTED,
    Status.ACKNOWLEDGED: Clock.ACKNOWLEDGED,
}


class StepStatus(models.TextChoices):
    """What became of a step of a call's ladder."""

    PENDING = "PENDING", _("To come")
    FIRED = "FIRED", _("Fired")
    SKIPPED = "SKIPPED", _("Not needed: answered in time")
    CANCELLED = "CANCELLED", _("Cancelled: the call ended or was planned anew")


class Channel(models.TextChoices):
    """How people are told."""

    PAGE = "PAGE", _("On the page")
    EMAIL = "EMAIL", _("E-mail")
    WEBHOOK = "WEBHOOK", _("Webhook")
    APPRISE = "APPRISE", _("Messenger")


PERSONAL = (Channel.PAGE, Channel.EMAIL)  # told person by person; the others go to targets


class TargetKind(models.TextChoices):
    """The channels whose addresses an administrator stores."""

    WEBHOOK = Channel.WEBHOOK.value, Channel.WEBHOOK.label
    APPRISE = Channel.APPRISE.value, Channel.APPRISE.label


class NotificationStatus(models.TextChoices):
    PENDING = "PENDING", _("Waiting")
    SENT = "SENT", _("Sent")
    FAILED = "FAILED", _("Failed")


class Trigger(models.TextChoices):
    """What makes a call by itself."""

    MACHINE_DOWN = "MACHINE_DOWN", _("A machine is down")
    FAULT = "FAULT", _("A fault is reported")
