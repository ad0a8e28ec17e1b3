"""The plant: Site → Area → Line → Machine, its calendar, stop reasons, and what state each machine was in."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.models import MasterData
from equipment.choices import EventLayer, ExceptionKind, LossCategory, State, Topology

code_rule = RegexValidator(r"^[\w.:-]+( [\w.:-]+)*\Z", _("Letters, digits and . : - _ only."))


def validate_timezone(name: str) -> None:
    """Raises ValidationError unless it is a zone of the IANA database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("Unknown time zone."))


def validate_breaks(breaks: Any) -> None:
    """Raises ValidationError unless it is a list of {start_time, end_time} as HH:MM or HH:MM:SS."""
    from equipment.calendar_rows import parse_breaks

    parse_breaks(breaks)


class Site(MasterData):
    code = models.CharField(_("code"), max_length=50, unique=True, validators=[code_rule])
    name = models.CharField(_("name"), max_length=150)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_timezone])
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone)


class Area(MasterData):
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="areas")
    code = models.CharField(_("code"), max_length=50, validators=[code_rule])
    name = models.CharField(_("name"), max_length=150)

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        ordering = ("site__code", "code")
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="equipment_area_code_unique_in_site")
        ]

    def __str__(self) -> str:
        return self.name


class Line(MasterData):
    """A production line: the unit that has a calendar, a plan and an OEE."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="lines")
    line_code = models.CharField(_("line code"), max_length=50, unique=True, validators=[code_rule])
    name = models.CharField(_("name"), max_length=150)
    description = models.TextField(_("description"), blank=True)
    topology = models.CharField(
        _("machines stand"), max_length=10, choices=Topology.choices, default=Topology.SERIES
    )
    constraint_machine = models.ForeignKey(
        "Machine",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="constrains",
        verbose_name=_("constraint"),
    )
    target_speed = models.DecimalField(  # units per hour
        _("target speed (units/h)"),
        max_digits=12,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    target_oee = models.DecimalField(
        _("target OEE"),
        max_digits=5,
        decimal_places=4,
        default="0.85",
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("A fraction of 1: 0.85 is 85 %."),
    )
    enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ("line_code",)
        constraints = [
            models.CheckConstraint(
                condition=Q(target_speed__isnull=True) | Q(target_speed__gt=0),
                name="equipment_line_target_speed_positive",
            ),
            models.CheckConstraint(
                condition=Q(target_oee__gte=0, target_oee__lte=1), name="equipment_line_target_oee_fraction"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def site(self) -> Site:
        return self.area.site


class Machine(MasterData):
    """A work unit. A machine without a line belongs to its owner alone (the OEE monitor's own machines)."""

    equipment_code = models.CharField(_("equipment code"), max_length=64, validators=[code_rule])
    name = models.CharField(_("name"), max_length=150)
    line = models.ForeignKey(Line, null=True, blank=True, on_delete=models.PROTECT, related_name="machines")
    position = models.PositiveSmallIntegerField(_("position on the line"), default=1)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="machines"
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("machine")
        verbose_name_plural = _("machines")
        ordering = ("equipment_code",)
        constraints = [
            models.UniqueConstraint(Lower("equipment_code"), name="equipment_machine_code_unique"),
        ]
        permissions = [
            ("view_equipment_status", "Can see the present state of machines"),
        ]

    def __str__(self) -> str:
        return f"{self.equipment_code} {self.name}".strip()


class ScopedToPlant(MasterData):
    """A rule of a line or of a whole site; a line's own wins."""

    line = models.ForeignKey(Line, null=True, blank=True, on_delete=models.CASCADE)
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.CASCADE)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(line__isnull=False, site__isnull=True) | Q(line__isnull=True, site__isnull=False),
                name="%(app_label)s_%(class)s_line_or_site",
                violation_error_message=_("Either a line or a site, and only one of them."),
            )
        ]


class ShiftPattern(ScopedToPlant):
    """A shift that repeats on weekdays; an end at or before the start is on the next day. Local wall times."""

    name = models.CharField(_("name"), max_length=100)
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)]),
        verbose_name=_("weekdays"),
        default=list,
        blank=True,
        help_text=_("0 is Monday, 6 is Sunday."),
    )
    start_time = models.TimeField(_("start"))
    end_time = models.TimeField(_("end"))
    breaks = models.JSONField(_("breaks"), default=list, blank=True, validators=[validate_breaks])
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to, inclusive"), null=True, blank=True)

    class Meta(ScopedToPlant.Meta):
        verbose_name = _("shift pattern")
        verbose_name_plural = _("shift patterns")
        ordering = ("valid_from", "start_time", "pk")
        constraints = [
            *ScopedToPlant.Meta.constraints,
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="equipment_shiftpattern_validity_ordered",
            ),
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=list(range(7))),
                name="equipment_shiftpattern_weekdays_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CalendarException(ScopedToPlant):
    """A holiday, or work outside the patterns, on one shift day. Without times: the whole day."""

    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=10, choices=ExceptionKind.choices)
    start_time = models.TimeField(_("start"), null=True, blank=True)
    end_time = models.TimeField(_("end"), null=True, blank=True)
    name = models.CharField(_("name"), max_length=100, blank=True)

    class Meta(ScopedToPlant.Meta):
        verbose_name = _("calendar exception")
        verbose_name_plural = _("calendar exceptions")
        ordering = ("date", "pk")
        constraints = [
            *ScopedToPlant.Meta.constraints,
            models.CheckConstraint(
                condition=Q(start_time__isnull=True, end_time__isnull=True)
                | Q(start_time__isnull=False, end_time__isnull=False),
                name="equipment_calendarexception_both_times_or_none",
                violation_error_message=_("Give both times or none."),
            ),
            models.CheckConstraint(
                condition=Q(kind="HOLIDAY") | Q(start_time__isnull=False),
                name="equipment_calendarexception_overtime_has_times",
                violation_error_message=_("Overtime needs its times."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}"


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
    source = models.CharField(max_length=100)  # who sent it: a user name, "import", "correction"
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
        indexes = [models.Index(fields=["machine", "started_at"], name="equipment_stateevent_timeline")]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "event_id"], name="equipment_stateevent_once_per_source"
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="equipment_stateevent_state_known"
            ),
            models.CheckConstraint(
                condition=Q(layer=0, ended_at__isnull=True)
                | Q(layer__in=[1, 2], ended_at__gt=F("started_at")),
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
        return self.filter(ended_at__isnull=True)


class MachineState(models.Model):
    """One interval [started_at, ended_at) of a machine's timeline: what is believed now, built from StateEvents."""

    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="states")
    state = models.CharField(max_length=20, choices=State.choices)
    reason = models.ForeignKey(StopReason, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    event = models.ForeignKey(StateEvent, on_delete=models.PROTECT, related_name="+")

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
