"""A call for help from the floor."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from andon.choices import TRANSITIONS, UNFINISHED, EventType, Priority, Status
from core.ledger import AuditedModel, GuardedQuerySet
from core.models import Stamped, person
from equipment.models import Line, Machine


class AndonEventQuerySet(GuardedQuerySet):
    """Calls."""

    def open(self) -> AndonEventQuerySet:
        """Those that still want somebody: neither resolved nor cancelled."""
        return self.filter(status__in=UNFINISHED)

    def with_urgency(self) -> AndonEventQuerySet:
        """Each with `urgency`, the rank of its priority, to sort by."""
        ranks = [When(priority=priority, then=Value(priority.rank)) for priority in Priority]
        return self.annotate(urgency=Case(*ranks, output_field=models.PositiveSmallIntegerField()))

    def with_people(self) -> AndonEventQuerySet:
        """Each with its place and everybody who had a hand in it."""
        return self.select_related(
            "line", "machine", "rule", "reported_by", "acknowledged_by", "resolved_by", "cancelled_by"
        )


def _signed(step: str) -> Q:
    """Somebody took the step at a moment, or nobody did at none."""
    return Q(**{f"{step}_at__isnull": True, f"{step}_by__isnull": True}) | Q(
        **{f"{step}_at__isnull": False, f"{step}_by__isnull": False}
    )


def _not_before(later: str, earlier: str) -> Q:
    """`later` comes after `earlier` or with it, where there are both."""
    return (
        Q(**{f"{later}__isnull": True})
        | Q(**{f"{earlier}__isnull": True})
        | Q(**{f"{later}__gte": F(earlier)})
    )


class AndonEvent(Stamped, AuditedModel):
    """One call: what is wrong where, who called, who is on it, how it ended.

    `machine` is null where the whole line calls. Of one line, machine and type at most one is open. `reported_by` is
    null where nobody called but a rule: the machine is down. `escalation_level` is the highest level that was told,
    `next_escalation_at` when the next one will be (a copy of the earliest pending step, kept with it).
    """

    TRANSITIONS = TRANSITIONS
    audit_deeds = ("status", "priority", "escalation_level")
    audit_ignored = ("created_at", "updated_at", "next_escalation_at")

    line = models.ForeignKey(
        Line, verbose_name=_("line"), on_delete=models.PROTECT, related_name="andon_events"
    )
    machine = models.ForeignKey(
        Machine,
        verbose_name=_("machine"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="andon_events",
    )
    event_type = models.CharField(_("type"), max_length=20, choices=EventType.choices)
    priority = models.CharField(_("priority"), max_length=10, choices=Priority.choices)
    description = models.TextField(_("description"), blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.OPEN)
    escalation_level = models.PositiveSmallIntegerField(_("escalation level"), default=0)
    next_escalation_at = models.DateTimeField(_("next escalation"), null=True, blank=True)
    rule = models.ForeignKey(
        "andon.AutoRaiseRule",
        verbose_name=_("automatic call"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="events",
    )
    reported_by = person(_("reported by"), null=True, blank=True)
    reported_at = models.DateTimeField(_("reported"))
    acknowledged_by = person(_("acknowledged by"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    resolved_by = person(_("resolved by"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolution_notes = models.TextField(_("resolution"), blank=True)
    cancelled_by = person(_("cancelled by"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    cancel_reason = models.CharField(_("reason of the cancellation"), max_length=255, blank=True)

    objects = AndonEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("andon event")
        verbose_name_plural = _("andon events")
        ordering = ("-reported_at", "-id")
        indexes = [
            models.Index(fields=["-reported_at", "-id"], name="andon_andonevent_recent"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "machine", "event_type"],
                condition=Q(status__in=UNFINISHED),
                nulls_distinct=False,
                name="andon_andonevent_one_open_per_place_and_type",
            ),
            models.CheckConstraint(
                condition=Q(event_type__in=EventType.values), name="andon_andonevent_type_known"
            ),
            models.CheckConstraint(
                condition=Q(priority__in=Priority.values), name="andon_andonevent_priority_known"
            ),
            models.CheckConstraint(
                condition=Q(status=Status.OPEN, acknowledged_at=None, resolved_at=None, cancelled_at=None)
                | Q(
                    status=Status.ACKNOWLEDGED,
                    acknowledged_at__isnull=False,
                    resolved_at=None,
                    cancelled_at=None,
                )
                | Q(status=Status.RESOLVED, resolved_at__isnull=False, cancelled_at=None)
                | Q(status=Status.CANCELLED, resolved_at=None, cancelled_at__isnull=False),
                name="andon_andonevent_clocks_fit_status",
            ),
            models.CheckConstraint(
                condition=_signed("acknowledged") & _signed("resolved") & _signed("cancelled"),
                name="andon_andonevent_every_step_signed",
            ),
            models.CheckConstraint(
                condition=_not_before("acknowledged_at", "reported_at")
                & _not_before("resolved_at", "reported_at")
                & _not_before("resolved_at", "acknowledged_at")
                & _not_before("cancelled_at", "reported_at")
                & _not_before("cancelled_at", "acknowledged_at"),
                name="andon_andonevent_clocks_run_forward",
            ),
            models.CheckConstraint(
                condition=Q(reported_by__isnull=False) | Q(rule__isnull=False),
                name="andon_andonevent_somebody_or_a_rule_called",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.CANCELLED) | ~Q(cancel_reason=""),
                name="andon_andonevent_cancelled_for_a_reason",
            ),
        ]
        permissions = [
            ("acknowledge_andonevent", "Can acknowledge andon events"),
            ("resolve_andonevent", "Can resolve andon events"),
            ("cancel_andonevent", "Can cancel andon events"),
            ("escalate_andonevent", "Can escalate andon events"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.event_type} {self.priority}"

    @property
    def caller(self) -> str:
        """Who called: a person, or a rule."""
        return str(self.reported_by or self.rule)
