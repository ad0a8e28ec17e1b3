"""What state each machine was in, and the reasons people give for it."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from core.models import MasterData
from equipment.choices import EventLayer, LossCategory, State
from equipment.models.plant import Machine, code_rule


class StopReason(MasterData):
    """A node of the reason tree. `planned` and `loss_category` decide where a stop goes in the OEE."""

    code = models.CharField(_("code"), max_length=50, unique=True, validators=[code_rule])
    name = models.CharField(_("name"), max_length=150)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    loss_category = models.CharField(_("loss category"), max_length=20, choices=LossCategory.choices)
    planned = models.BooleanField(
        _("planned"), default=False, help_text=_("Planned stops lie outside the busy time.")
    )
    is_operator_error = models.BooleanField(_("operator error"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("stop reason")
        verbose_name_plural = _("stop reasons")
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(parent=F("id")), name="equipment_stopreason_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError where the parents form a circle."""
        seen, node = {self.pk}, self.parent
        while node is not None:
            if node.pk in seen and node.pk is not None:
                raise ValidationError({"parent": _("A reason cannot lie below itself.")})
            seen.add(node.pk)
            node = node.parent


class StateEvent(models.Model):
    """What a source said, as it said it: never changed. The machine's timeline is built from these (timeline.py)."""

    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="state_events")
    source = models.CharField(max_length=150)  # who sent it: a user name, "import", "correction"
    event_id = models.CharField(max_length=100)
    layer = models.PositiveSmallIntegerField(choices=EventLayer.choices)
    state = models.CharField(max_length=20, choices=State.choices)
    reason = models.ForeignKey(StopReason, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=255, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("state event")
        verbose_name_plural = _("state events")
        ordering = ("-started_at", "-id")
        indexes = [
            models.Index(fields=["machine", "started_at"], name="equipment_stateevent_timeline"),
            models.Index(
                fields=["machine", "ended_at"],
                condition=Q(ended_at__isnull=False),
                name="equipment_stateevent_covers",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "event_id"], name="equipment_stateevent_once_per_source"
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="equipment_stateevent_state_known"
            ),
            models.CheckConstraint(
                condition=Q(layer=0, ended_at__isnull=True)
                | Q(layer__in=[1, 2], ended_at__isnull=False, ended_at__gt=F("started_at")),
                name="equipment_stateevent_span_is_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.machine_id} {self.state} {self.started_at}"


class MachineStateQuerySet(models.QuerySet):
    """Intervals of the timelines."""

    def touching(self, start: Any, end: Any) -> MachineStateQuerySet:
        """Intervals that share time with [start, end)."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=start), started_at__lt=end)

    def open(self) -> MachineStateQuerySet:
        """What lasts still."""
        return self.filter(ended_at__isnull=True)


class MachineState(models.Model):
    """One interval [started_at, ended_at) of a machine's timeline: what is believed now, built from StateEvents."""

    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="states")
    state = models.CharField(max_length=20, choices=State.choices)
    reason = models.ForeignKey(StopReason, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    event = models.ForeignKey(StateEvent, on_delete=models.PROTECT, related_name="+")
    downtime_id: int  # of the open stop; annotated by equipment.selectors.current_states

    objects = MachineStateQuerySet.as_manager()

    class Meta:
        verbose_name = _("machine state")
        verbose_name_plural = _("machine states")
        ordering = ("-started_at", "-id")
        indexes = [models.Index(fields=["machine", "-started_at"], name="equipment_machinestate_recent")]
        constraints = [
            ExclusionConstraint(
                name="equipment_machinestate_no_overlap",
                expressions=[
                    (Func("machine_id", "machine_id", Value("[]"), function="int8range"), "&&"),
                    (Func("started_at", "ended_at", function="tstzrange"), "&&"),
                ],
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gt=F("started_at")),
                name="equipment_machinestate_positive",
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="equipment_machinestate_state_known"
            ),
        ]
        permissions = [("correct_machinestate", "Can correct and split machine states")]

    def __str__(self) -> str:
        return f"{self.machine_id} {self.state} {self.started_at}"
