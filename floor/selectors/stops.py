"""Stops of a line: the standstills of the machines whose time is the line's time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from equipment.choices import State
from equipment.models import Downtime, Line, Machine, MachineState
from oee.kpi import TimeClass, classify
from oee.selectors.explain import timed_machines
from oee.selectors.facts import Rules, rules_of
from oee.selectors.scopes import line_scope
from oee.slices import MICROSECOND

NO_STOP = (State.RUNNING, State.UNKNOWN)
MAX_STOPS = 1000


@dataclass(frozen=True, slots=True)
class Stop:
    """One standstill, whole, under the id by which people speak of it; `seconds` is its length so far. Open where
    `end` is None."""

    id: int
    line: Line
    machine: Machine
    state: str
    start: datetime
    end: datetime | None
    seconds: float
    reason_code: str
    reason_name: str
    time_class: TimeClass

    @property
    def category(self) -> str:
        """PLANNED, UNPLANNED, CHANGEOVER or MAINTENANCE."""
        if self.time_class is TimeClass.SETUP:
            return "CHANGEOVER"
        if self.state == State.MAINTENANCE:
            return "MAINTENANCE"
        return "PLANNED" if self.time_class in (TimeClass.PLANNED, TimeClass.IDLE) else "UNPLANNED"


def stop_of(
    interval: MachineState | Downtime,
    downtime_id: int,
    machine: Machine,
    line: Line,
    rules: Rules,
    now: datetime,
) -> Stop:
    """The stop that this interval is; its class by the policy of the day it began on."""
    reason = interval.reason
    length = (interval.ended_at or now) - interval.started_at
    day = interval.started_at.astimezone(rules.calendar.zone).date()
    return Stop(
        id=downtime_id,
        line=line,
        machine=machine,
        state=interval.state,
        start=interval.started_at,
        end=interval.ended_at,
        seconds=length.total_seconds(),
        reason_code=reason.code if reason else "",
        reason_name=reason.name if reason else "",
        time_class=classify(
            interval.state,
            reason.planned if reason else None,
            reason.loss_category if reason else None,
            length // MICROSECOND,
            rules.policy_in_force(day).policy,
        ),
    )


def stops_of(*, line: Line, start: datetime, end: datetime, now: datetime) -> list[Stop]:
    """The stops that touch [start, end) and the line's planned time, newest first, at most MAX_STOPS."""
    rules = rules_of([line])[line.pk]
    machines = {machine.pk: machine for machine in timed_machines(line_scope(line), start, min(end, now))}
    rows = Downtime.objects.touching(start, min(end, now)).filter(machine_id__in=machines)
    rows = rows.select_related("reason").order_by("-started_at", "-pk")
    planned = [span for shift in rules.calendar.shifts(start, end) for span in shift.planned]
    met = [row for row in rows[:MAX_STOPS] if _meets(row, planned, start, min(end, now))]
    return [stop_of(row, row.pk, machines[row.machine_id], line, rules, now) for row in met]


def _meets(
    row: Downtime, planned: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime
) -> bool:
    """Whether the interval has time in one of the planned spans, inside the window."""
    low, high = max(row.started_at, start), min(row.ended_at or end, end)
    return any(max(low, begin) < min(high, stop) for begin, stop in planned)
