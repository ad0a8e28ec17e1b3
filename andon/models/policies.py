"""What people agreed on: who owns a type of call, who is told when nobody comes, and where messages go."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from andon.addresses import check_address, masked
from andon.choices import Channel, Clock, EventType, Priority, TargetKind
from core.ledger import GuardedQuerySet
from core.models import MasterData
from equipment.models import Line

MAX_MINUTES = 7 * 24 * 60
MAX_LEVEL = 9
TOLD_ROLES = [role for role in Role if role not in (Role.GUEST, Role.INTEGRATION)]


class ResponseType(MasterData):
    """Who answers for a type of call, and in how many minutes it should be over."""

    event_type = models.CharField(_("type"), max_length=20, choices=EventType.choices, unique=True)
    owner_role = models.CharField(
        _("owner"), max_length=20, choices=[(role.value, role.label) for role in TOLD_ROLES]
    )
    target_minutes = models.PositiveSmallIntegerField(
        _("target (minutes)"),
        validators=[MinValueValidator(1), MaxValueValidator(MAX_MINUTES)],
        help_text=_("From the call until it is over."),
    )

    class Meta:
        verbose_name = _("response type")
        verbose_name_plural = _("response types")
        ordering = ("event_type",)
        constraints = [
            models.CheckConstraint(
                condition=Q(event_type__in=EventType.values), name="andon_responsetype_type_known"
            ),
            models.CheckConstraint(
                condition=Q(target_minutes__gte=1), name="andon_responsetype_target_positive"
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_event_type_display())


class EscalationPolicyQuerySet(GuardedQuerySet):
    """Policies."""

    def fitting(self, *, line_id: int, event_type: str, priority: str) -> EscalationPolicyQuerySet:
        """Those in use that speak of such a call, the most specific first: line before type before priority."""
        return self.filter(
            Q(line=None) | Q(line=line_id),
            Q(event_type=None) | Q(event_type=event_type),
            Q(priority=None) | Q(priority=priority),
            is_active=True,
        ).order_by(*(models.F(name).asc(nulls_last=True) for name in ("line", "event_type", "priority")))


class EscalationPolicy(MasterData):
    """Whom calls of a line, a type and a priority go to when nobody comes; what is left open means all.

    `clock_rests_outside_shifts`: minutes outside the line's shifts do not count.
    """

    name = models.CharField(_("name"), max_length=150)
    line = models.ForeignKey(
        Line,
        verbose_name=_("line"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="escalation_policies",
    )
    event_type = models.CharField(  # noqa: DJ001  null is "all", as for the line
        _("type"), max_length=20, choices=EventType.choices, null=True, blank=True
    )
    priority = models.CharField(  # noqa: DJ001
        _("priority"), max_length=10, choices=Priority.choices, null=True, blank=True
    )
    clock_rests_outside_shifts = models.BooleanField(_("the clock rests outside shifts"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    objects = EscalationPolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("escalation policy")
        verbose_name_plural = _("escalation policies")
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["line", "event_type", "priority"],
                nulls_distinct=False,
                name="andon_escalationpolicy_one_per_scope",
                violation_error_code="unique",
                violation_error_message=_("There is a policy for this line, type and priority already."),
            ),
            models.CheckConstraint(
                condition=Q(event_type=None) | Q(event_type__in=EventType.values),
                name="andon_escalationpolicy_type_known",
            ),
            models.CheckConstraint(
                condition=Q(priority=None) | Q(priority__in=Priority.values),
                name="andon_escalationpolicy_priority_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def _words(name: Any, choices: Any) -> Any:
    return ArrayField(models.CharField(max_length=20, choices=choices), verbose_name=name)


class EscalationLevel(MasterData):
    """One rung: `after_minutes` of its clock, these roles are told by these channels."""

    policy = models.ForeignKey(
        EscalationPolicy, verbose_name=_("policy"), on_delete=models.CASCADE, related_name="levels"
    )
    level = models.PositiveSmallIntegerField(
        _("level"), validators=[MinValueValidator(1), MaxValueValidator(MAX_LEVEL)]
    )
    after_minutes = models.PositiveSmallIntegerField(
        _("after (minutes)"), validators=[MaxValueValidator(MAX_MINUTES)]
    )
    clock = models.CharField(_("from"), max_length=15, choices=Clock.choices, default=Clock.REPORTED)
    roles = _words(_("roles"), [(role.value, role.label) for role in TOLD_ROLES])
    channels = _words(_("channels"), Channel.choices)

    class Meta:
        verbose_name = _("escalation level")
        verbose_name_plural = _("escalation levels")
        ordering = ("policy", "level")
        constraints = [
            models.UniqueConstraint(fields=["policy", "level"], name="andon_escalationlevel_once_per_policy"),
            models.CheckConstraint(
                condition=Q(level__gte=1, level__lte=MAX_LEVEL), name="andon_escalationlevel_level_in_range"
            ),
            models.CheckConstraint(
                condition=Q(clock__in=Clock.values), name="andon_escalationlevel_clock_known"
            ),
            models.CheckConstraint(
                condition=Q(roles__len__gt=0, channels__len__gt=0),
                name="andon_escalationlevel_somebody_is_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} {self.level}"


class NotificationTarget(MasterData):
    """Where messages of a channel go. Its address is a secret: whoever has it may write there."""

    audit_masked = ("url",)

    kind = models.CharField(_("kind"), max_length=10, choices=TargetKind.choices)
    name = models.CharField(_("name"), max_length=150, unique=True)
    url = models.CharField(_("address"), max_length=1000)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("notification target")
        verbose_name_plural = _("notification targets")
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=TargetKind.values), name="andon_notificationtarget_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """The part of the address that is no secret: `https://hooks.example.com/…`."""
        return masked(self.url)

    def clean(self) -> None:
        """Raises ValidationError for an address that the channel must not or cannot reach."""
        try:
            check_address(self.kind, self.url)
        except ValueError as exc:
            raise ValidationError({"url": str(exc)}) from exc
