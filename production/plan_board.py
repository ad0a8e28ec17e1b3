"""The board of plan and actual: a picture (charts/gantt.js), the same as a table, and one sentence that says it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.templatetags.ui import amount
from equipment.models import Line
from production.choices import ScheduleStatus
from production.models import JobAssignment, ProductionRun, ProductionSchedule
from production.selectors import runs_touching

DAY = timedelta(days=1)
MAX_RUNS = 2000
# The colour of a bar; its word is in the legend, the tip and the table.
COLOURS = {
    ScheduleStatus.SCHEDULED: "SETUP",
    ScheduleStatus.IN_PROGRESS: "RUNNING",
    ScheduleStatus.PAUSED: "HELD",
    ScheduleStatus.COMPLETED: "IDLE",
    ScheduleStatus.CANCELLED: "STOPPED",
}
ACTUAL = "CLEANING"
ICONS = {
    ScheduleStatus.SCHEDULED: "calendar-check",
    ScheduleStatus.IN_PROGRESS: "play-fill",
    ScheduleStatus.PAUSED: "pause-fill",
    ScheduleStatus.COMPLETED: "check2-circle",
    ScheduleStatus.CANCELLED: "x-circle",
}


@dataclass(frozen=True, slots=True)
class Board:
    """What is drawn, its table, and its summary. Positions are hours after the start of the window."""

    data: dict[str, Any]
    columns: list[str]
    rows: list[list[Any]]
    summary: str
    csv_url: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A schedule with its jobs and the first and last moment that anybody worked on it."""

    schedule: ProductionSchedule
    jobs: tuple[JobAssignment, ...]

    @property
    def started_at(self) -> datetime | None:
        return min((job.started_at for job in self.jobs if job.started_at), default=None)

    @property
    def ended_at(self) -> datetime | None:
        if self.schedule.status != ScheduleStatus.COMPLETED:
            return None
        return max((job.completed_at for job in self.jobs if job.completed_at), default=None)

    @property
    def workers(self) -> str:
        return ", ".join(dict.fromkeys(str(job.user) for job in self.jobs if job.status != "CANCELLED"))


def planned(*, lines: Iterable[Line], start: datetime, end: datetime) -> list[Planned]:
    """The schedules of these lines that touch [start, end), in order, with their jobs; two queries."""
    found = (
        ProductionSchedule.objects.with_made()
        .touching(start, end)
        .filter(line__in=list(lines))
        .select_related("line", "product", "created_by")
        .order_by("line__line_code", "scheduled_start", "pk")
    )
    schedules = list(found)
    jobs: defaultdict[int, list[JobAssignment]] = defaultdict(list)
    rows = JobAssignment.objects.with_all().filter(schedule__in=[row.pk for row in schedules])
    for job in rows.order_by("pk"):
        jobs[job.schedule_id].append(job)
    return [Planned(schedule, tuple(jobs[schedule.pk])) for schedule in schedules]


def board(
    *, lines: Sequence[Line], plans: Sequence[Planned], start: datetime, end: datetime, zone: ZoneInfo
) -> Board:
    """The board of [start, end), up to now where it is actual."""
    scale = _Scale(start, end, zone)
    labels = [label for line in lines for label in (line.name, _("%(line)s, actual") % {"line": line.name})]
    places = {line.pk: 2 * index for index, line in enumerate(lines)}
    bars = [_plan_bar(one, places, scale) for one in plans]
    bars += [_run_bar(run, places, scale) for run in _runs(lines, start, end)]
    return Board(
        data={"hours": scale.hours(end), "ticks": scale.ticks(), "rows": labels, "bars": bars},
        columns=[
            _("Line"),
            _("Product"),
            _("Status"),
            _("Planned start"),
            _("Planned end"),
            _("Started"),
            _("Completed"),
            _("Target"),
            _("Good"),
            _("Scrap"),
            _("Workers"),
        ],
        rows=[_row(one) for one in plans],
        summary=_summary(plans),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    start: datetime
    end: datetime
    zone: ZoneInfo

    def hours(self, moment: datetime) -> float:
        """Hours after the start, inside the window."""
        inside = min(max(moment, self.start), self.end)
        return round((inside - self.start) / timedelta(hours=1), 4)

    def ticks(self) -> list[dict[str, Any]]:
        """The midnights of the site."""
        day, found = self.start.astimezone(self.zone).date(), []
        while (midnight := datetime.combine(day, time(), self.zone)) < self.end:
            if midnight >= self.start:
                found.append({"at": self.hours(midnight), "label": date_format(day, "D j M")})
            day += DAY
        return found


def _plan_bar(one: Planned, places: dict[int, int], scale: _Scale) -> dict[str, Any]:
    schedule = one.schedule
    status = ScheduleStatus(schedule.status)
    pieces = _("%(good)s good of %(target)s") % {
        "good": amount(schedule.good_quantity),  # type: ignore[attr-defined]
        "target": amount(schedule.target_quantity),
    }
    return {
        "row": places[schedule.line_id],
        "from": scale.hours(schedule.scheduled_start),
        "to": scale.hours(schedule.scheduled_end),
        "colour": COLOURS[status],
        "kind": str(status.label),
        "label": schedule.product.model_code,
        "says": [_span(schedule.scheduled_start, schedule.scheduled_end), pieces, one.workers],
    }


def _runs(lines: Sequence[Line], start: datetime, end: datetime) -> list[ProductionRun]:
    machines = [machine.pk for line in lines for machine in line.machines.all()]
    until = min(end, timezone.now())
    if until <= start:
        return []
    found = runs_touching(machine_ids=machines, start=start, end=until)
    return list(found.select_related("machine", "product")[:MAX_RUNS])


def _run_bar(run: ProductionRun, places: dict[int, int], scale: _Scale) -> dict[str, Any]:
    ended_at = run.ended_at or timezone.now()
    return {
        "row": places[run.machine.line_id or 0] + 1,
        "from": scale.hours(run.started_at),
        "to": scale.hours(ended_at),
        "colour": ACTUAL,
        "kind": _("Actual"),
        "label": run.product.model_code,
        "says": [_span(run.started_at, run.ended_at), run.machine.name, run.operator_name, run.reference],
    }


def _clock(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "Y-m-d H:i") if moment else ""


def _span(start: datetime, end: datetime | None) -> str:
    return f"{_clock(start)} – {_clock(end) or _('now')}"


def _row(one: Planned) -> list[Any]:
    schedule = one.schedule
    return [
        schedule.line.name,
        schedule.product.model_code,
        str(ScheduleStatus(schedule.status).label),
        _clock(schedule.scheduled_start),
        _clock(schedule.scheduled_end),
        _clock(one.started_at),
        _clock(one.ended_at),
        schedule.target_quantity,
        schedule.good_quantity,  # type: ignore[attr-defined]
        schedule.scrap_quantity,  # type: ignore[attr-defined]
        one.workers,
    ]


def _summary(plans: Sequence[Planned]) -> str:
    counted = [one.schedule for one in plans if one.schedule.status != ScheduleStatus.CANCELLED]
    if not counted:
        return ""
    words = {
        "plans": len(counted),
        "good": amount(sum(schedule.good_quantity for schedule in counted)),  # type: ignore[attr-defined]
        "target": amount(sum(schedule.target_quantity for schedule in counted)),
    }
    return _("%(plans)d planned, %(good)s good of %(target)s pieces.") % words
