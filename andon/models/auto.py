"""Calls that nobody has to make: rules, and what each has seen already."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from andon.choices import EventType, Priority, Trigger
from core.models import MasterData
from equipment.choices import State, Urgency
from equipment.models import Fault, Line, Machine
from equipment.models.plant import code_rule

MAX_SECONDS = 24 * 60 * 60
STOPS = (State.FAULT, State.HELD, State.STARVED, State.BLOCKED, State.SETUP, State.UNKNOWN)


def _faulty() -> list[str]:
    return [State.FAULT.value]


class AutoRaiseRule(MasterData):
    """A machine that is down for `after_seconds`, or a fault that is bad enough, calls by itself.

    MACHINE_DOWN looks at `states`, unless the stop's reason is a planned one. FAULT looks at `fault_code` where one
    is given, and at faults of `min_severity` and worse. No line: all lines.
    """

    name = models.CharField(_("name"), max_length=150, unique=True)
    line = models.ForeignKey(
        Line,
        verbose_name=_("line"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="auto_raise_rules",
    )
    trigger = models.CharField(_("trigger"), max_length=15, choices=Trigger.choices)
    states = ArrayField(
        models.CharField(max_length=20, choices=[(state.value, state.label) for state in STOPS]),
        verbose_name=_("states"),
        default=_faulty,
        blank=True,
        help_text=_("Of a machine that is down."),
    )
    after_seconds = models.PositiveIntegerField(
        _("after (seconds)"), default=300, validators=[MaxValueValidator(MAX_SECONDS)]
    )
    fault_code = models.CharField(_("fault code"), max_length=50, blank=True, validators=[code_rule])
    min_severity = models.CharField(
        _("from this severity on"), max_length=10, choices=Urgency.choices, default=Urgency.HIGH
    )
    event_type = models.CharField(
        _("type of call"), max_length=20, choices=EventType.choices, default=EventType.STOPPAGE
    )
    priority = models.CharField(_("priority"), max_length=10, choices=Priority.choices, default=Priority.HIGH)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("automatic call")
        verbose_name_plural = _("automatic calls")
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                condition=Q(trigger__in=Trigger.values), name="andon_autoraiserule_trigger_known"
            ),
            models.CheckConstraint(
                condition=Q(event_type__in=EventType.values), name="andon_autoraiserule_type_known"
            ),
            models.CheckConstraint(
                condition=Q(priority__in=Priority.values), name="andon_autoraiserule_priority_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError for a rule about stops that names no state."""
        if self.trigger == Trigger.MACHINE_DOWN and not self.states:
            raise ValidationError({"states": _("Name at least one state.")})


class AutoRaise(models.Model):
    """A rule has called for this stop or this fault: it does not call again, whatever becomes of the call."""

    rule = models.ForeignKey(AutoRaiseRule, on_delete=models.PROTECT, related_name="raises")
    event = models.ForeignKey("andon.AndonEvent", on_delete=models.PROTECT, related_name="auto_raises")
    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="+")
    stopped_at = models.DateTimeField(_("stopped"), null=True)  # the start of the stop
    fault = models.ForeignKey(Fault, null=True, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(_("raised"), auto_now_add=True)

    class Meta:
        verbose_name = _("call made by a rule")
        verbose_name_plural = _("calls made by rules")
        ordering = ("-raised_at", "-id")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "machine", "stopped_at", "fault"],
                nulls_distinct=False,
                name="andon_autoraise_once_per_cause",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=False, fault=None) | Q(stopped_at=None, fault__isnull=False),
                name="andon_autoraise_has_one_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.machine_id}"
