"""When a line is planned to run: patterns and exceptions in wall-clock times of the site."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from core.models import MasterData
from equipment.calendar_rows import parse_breaks
from equipment.choices import ExceptionKind
from equipment.models.plant import Line, Site


def validate_breaks(breaks: Any) -> None:
    """Raises ValidationError unless it is a list of {start_time, end_time} as HH:MM or HH:MM:SS."""
    parse_breaks(breaks)


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

    def clean(self) -> None:
        """Raises ValidationError unless it belongs to either a line or a site."""
        if (self.line_id is None) == (self.site_id is None):
            message = _("Either a line or a site, and only one of them.")
            raise ValidationError({"line": message, "site": message})


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
            models.CheckConstraint(
                condition=Exact(Func("breaks", function="jsonb_typeof"), Value("array")),
                name="equipment_shiftpattern_breaks_listed",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError also where it would end before it begins, and for empty breaks that are no list."""
        super().clean()
        if not isinstance(self.breaks, list):  # Django does not validate what counts as blank
            raise ValidationError({"breaks": _("Breaks are a list of {start_time, end_time}.")})
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValidationError({"valid_to": _("The last day must not lie before the first.")})


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

    def clean(self) -> None:
        """Raises ValidationError also for one time without the other, and for overtime without times."""
        super().clean()
        if (self.start_time is None) != (self.end_time is None):
            missing = "start_time" if self.start_time is None else "end_time"
            raise ValidationError({missing: _("Give both times or none.")})
        if self.kind == ExceptionKind.OVERTIME and self.start_time is None:
            raise ValidationError({"start_time": _("Overtime needs its times.")})
