"""The recorded batches as the working time of a line for which nobody has planned any."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

from django.db.models import Q

from equipment.choices import ExceptionKind
from equipment.models import CalendarException, Line, ShiftPattern
from production.importer.layout import WorkingTime, working_times
from production.importer.log import Batch

PATTERN_NAME = "As recorded"
PLANNED = "The line has a calendar: time outside its shifts does not count, whatever the log says of it."
RECORDED = (
    "Nobody has planned when the line works, so the recorded batches are its working time. "
    "Give the line a shift pattern to plan it."
)


def follow_batches(line: Line, batches: Sequence[Batch]) -> str:
    """Make the line's calendar out of its batches, unless it or its site has one; what holds now, in words."""
    if _has_own_calendar(line):
        return PLANNED
    if batches:
        _ensure_pattern(line, batches[0].start.astimezone(line.site.zone).date())
    present = set(
        CalendarException.objects.filter(line=line, kind=ExceptionKind.OVERTIME).values_list(
            "date", "start_time", "end_time"
        )
    )
    for work in working_times(batches, line.site.zone):
        if (work.day, work.start, work.end) not in present:
            _add(line, work)
    return RECORDED


def _has_own_calendar(line: Line) -> bool:
    patterns = ShiftPattern.objects.filter(Q(line=line) | Q(site=line.site))
    return patterns.exclude(line=line, name=PATTERN_NAME, weekdays=[]).exists()


def _ensure_pattern(line: Line, day: date) -> None:
    """A shift that never comes round by itself: with it, only what was recorded is planned."""
    ShiftPattern.objects.get_or_create(
        line=line,
        name=PATTERN_NAME,
        defaults={"weekdays": [], "start_time": time(0), "end_time": time(0), "valid_from": day},
    )


def _add(line: Line, work: WorkingTime) -> None:
    CalendarException.objects.create(
        line=line,
        date=work.day,
        kind=ExceptionKind.OVERTIME,
        start_time=work.start,
        end_time=work.end,
        name=PATTERN_NAME,
    )
