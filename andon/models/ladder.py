"""The ladder of one call: its steps as they were planned, and the messages they sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from andon.choices import PERSONAL, Channel, Clock, NotificationStatus, StepStatus
from andon.models.calls import AndonEvent
from andon.models.policies import EscalationPolicy, NotificationTarget


class EscalationStepQuerySet(models.QuerySet):
    """Steps."""

    def pending(self) -> EscalationStepQuerySet:
        """Those still to come."""
        return self.filter(status=StepStatus.PENDING)

    def due(self, at: datetime) -> EscalationStepQuerySet:
        """Those whose time has come, the oldest first."""
        return self.pending().filter(due_at__lte=at).order_by("due_at", "level")


class EscalationStep(models.Model):
    """One level of one call, planned when its clock starts: a later change of the policy does not move it."""

    event = models.ForeignKey(
        AndonEvent, verbose_name=_("call"), on_delete=models.PROTECT, related_name="steps"
    )
    policy = models.ForeignKey(
        EscalationPolicy, verbose_name=_("policy"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    level = models.PositiveSmallIntegerField(_("level"))
    clock = models.CharField(_("from"), max_length=15, choices=Clock.choices)
    roles = ArrayField(models.CharField(max_length=20), verbose_name=_("roles"))
    channels = ArrayField(models.CharField(max_length=20), verbose_name=_("channels"))
    due_at = models.DateTimeField(_("due"))
    status = models.CharField(
        _("status"), max_length=10, choices=StepStatus.choices, default=StepStatus.PENDING
    )
    fired_at = models.DateTimeField(_("fired"), null=True, blank=True)
    fired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("fired by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = EscalationStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("escalation step")
        verbose_name_plural = _("escalation steps")
        ordering = ("-due_at", "-id")
        default_permissions = ("view",)
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(status=StepStatus.PENDING), name="andon_escalationstep_pending"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event", "level"], name="andon_escalationstep_once_per_level"),
            models.CheckConstraint(
                condition=Q(status=StepStatus.FIRED, fired_at__isnull=False)
                | Q(
                    status__in=[StepStatus.PENDING, StepStatus.SKIPPED, StepStatus.CANCELLED],
                    fired_at=None,
                    fired_by=None,
                ),
                name="andon_escalationstep_fired_at_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} level {self.level}"

    @property
    def role_names(self) -> list[str]:
        """The roles as people read them."""
        return [str(Role(role).label) for role in self.roles]


class Notification(models.Model):
    """One message of one step to one person or target: an outbox, written with the step and delivered after it.

    `next_attempt_at` is when it is tried (again), `sending_since` is set while a worker is at it.
    """

    TRANSITIONS = {
        NotificationStatus.PENDING: (NotificationStatus.SENT, NotificationStatus.FAILED),
        NotificationStatus.FAILED: (NotificationStatus.PENDING,),
    }

    step = models.ForeignKey(
        EscalationStep, verbose_name=_("step"), on_delete=models.PROTECT, related_name="notifications"
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("recipient"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    target = models.ForeignKey(
        NotificationTarget, verbose_name=_("target"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=NotificationStatus.choices,
        default=NotificationStatus.PENDING,
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("written"))
    next_attempt_at = models.DateTimeField(_("next attempt"))
    sending_since = models.DateTimeField(_("being sent since"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    seen_at = models.DateTimeField(_("seen"), null=True, blank=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ("-created_at", "-id")
        default_permissions = ("view",)
        permissions = [("resend_notification", "Can send notifications again")]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status=NotificationStatus.PENDING),
                name="andon_notification_pending",
            ),
            models.Index(
                fields=["recipient", "-created_at"],
                condition=Q(channel=Channel.PAGE),
                name="andon_notification_page",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["step", "channel", "recipient", "target"],
                nulls_distinct=False,
                name="andon_notification_once_per_recipient",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=PERSONAL, recipient__isnull=False, target=None)
                | Q(channel__in=[Channel.WEBHOOK, Channel.APPRISE], recipient=None, target__isnull=False),
                name="andon_notification_goes_to_one",
            ),
            models.CheckConstraint(
                condition=Q(status=NotificationStatus.SENT, sent_at__isnull=False)
                | Q(status__in=[NotificationStatus.PENDING, NotificationStatus.FAILED], sent_at=None),
                name="andon_notification_sent_at_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_id} {self.channel}"

    @property
    def to(self) -> Any:
        """The person or the target."""
        return self.recipient or self.target
