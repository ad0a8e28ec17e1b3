"""The plant: Site → Area → Line → Machine."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from core.ledger import GuardedQuerySet
from core.models import MasterData
from equipment.choices import State, Topology

code_rule = RegexValidator(
    r"^[\w.:-]+( [\w.:-]+)*\Z", _("Letters, digits, . : - _ and single blanks between them only.")
)
RESERVED_CODES = frozenset({"status"})  # paths beside /equipment/{code}


def validate_not_reserved(code: str) -> None:
    """Raises ValidationError for a code that would hide behind a fixed path."""
    if code.lower() in RESERVED_CODES:
        raise ValidationError(_("This word is reserved."))


def validate_timezone(name: str) -> None:
    """Raises ValidationError unless it is a zone of the IANA database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("Unknown time zone."))


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
        validators=[MinValueValidator(Decimal("0.001"))],
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

    def clean(self) -> None:
        """Raises ValidationError where the constraint is a machine of another line."""
        machine = self.constraint_machine
        if machine is not None and machine.line_id not in (None, self.pk):
            raise ValidationError({"constraint_machine": _("The constraint is one of the line's machines.")})


class MachineQuerySet(GuardedQuerySet):
    def visible_to(self, user: Any) -> MachineQuerySet:
        """The plant's machines, and those without a line that nobody but this user owns."""
        return self.filter(Q(line__isnull=False) | Q(owner__isnull=True) | Q(owner=user.pk))

    def with_codes(self, codes: Iterable[str]) -> MachineQuerySet:
        """Those with one of these equipment codes, in any case."""
        return self.annotate(_code=Lower("equipment_code")).filter(_code__in=[code.lower() for code in codes])

    def with_state(self) -> MachineQuerySet:
        """Each with `state`, `state_since` and `reason_code` of now; UNKNOWN where nothing is known."""
        from equipment.models.states import MachineState

        now = MachineState.objects.open().filter(machine=OuterRef("pk"))
        return self.annotate(
            state=Coalesce(Subquery(now.values("state")[:1]), Value(State.UNKNOWN.value)),
            state_since=Subquery(now.values("started_at")[:1]),
            reason_code=Subquery(now.values("reason__code")[:1]),
        )


class Machine(MasterData):
    """A work unit. A machine without a line belongs to its owner alone (the OEE monitor's own machines)."""

    equipment_code = models.CharField(
        _("equipment code"), max_length=64, validators=[code_rule, validate_not_reserved]
    )
    name = models.CharField(_("name"), max_length=150)
    line = models.ForeignKey(Line, null=True, blank=True, on_delete=models.PROTECT, related_name="machines")
    position = models.PositiveSmallIntegerField(_("position on the line"), default=1)
    machine_type = models.CharField(
        _("type"),
        max_length=50,
        blank=True,
        default="",
        db_default="",
        help_text=_("Machines of one type share their fault codes."),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="machines"
    )
    is_active = models.BooleanField(_("active"), default=True)

    objects = MachineQuerySet.as_manager()

    class Meta:
        verbose_name = _("machine")
        verbose_name_plural = _("machines")
        ordering = ("equipment_code",)
        constraints = [
            models.UniqueConstraint(
                Lower("equipment_code"),
                name="equipment_machine_code_unique",
                violation_error_code="unique",
                violation_error_message=_("A machine with this equipment code exists already."),
            ),
        ]
        permissions = [
            ("view_equipment_status", "Can see the present state of machines"),
        ]

    def __str__(self) -> str:
        return f"{self.equipment_code} {self.name}".strip()

    def clean(self) -> None:
        """Raises ValidationError where a line's constraint would leave the line."""
        if self.pk and self.constrains.exclude(pk=self.line_id).exists():
            raise ValidationError({"line": _("It is the constraint of its line; name another one first.")})
