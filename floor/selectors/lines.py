"""One line over one window: each question is asked once, and only when somebody wants the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Max, Min, Q
from django.utils.translation import gettext as _

from equipment.choices import State
from equipment.models import Line, Machine, MachineState
from equipment.selectors import current_states
from floor.selectors.pace import Pace
from floor.selectors.shifts import DAY
from floor.selectors.tiles import LineTile, line_tile
from floor.selectors.timeline import Stretch, stretches
from oee.kpi import Bucket, Policy, bucket_of
from oee.selectors.explain import timed_machines
from oee.selectors.reports import Group, Report, groups, report
from oee.selectors.scopes import Reading, line_scope, machines_of, read, set_scope
from oee.selectors.shifts import shift_day, today
from oee.slices import Stop as StopTime
from oee.slices import StopKey, from_us
from production.models import ProductionCount
from production.selectors import rates_for

TREND_DAYS = 14
RECENT = timedelta(days=7)
MAX_RECORD = timedelta(days=92)  # as long as a window may be


@dataclass(frozen=True, slots=True)
class MachineNow:
    """A machine of the line: what it does now, and its OEE in the window."""

    equipment_code: str
    name: str
    state: str
    state_label: str
    since: datetime | None
    reason: str
    oee: float | None
    is_constraint: bool
    url: str = ""


@dataclass(frozen=True, slots=True)
class HourOutput:
    """What a clock hour should have given and gave; `running` while it is not over."""

    hour: datetime
    plan: int | None
    good: int
    scrap: int
    oee: float | None
    running: bool


class LineWindow:
    """A line and the window [start, end) people look at; what lies after `now` is nobody's loss."""

    def __init__(self, *, line: Line, start: datetime, end: datetime, now: datetime) -> None:
        self.line, self.start, self.end, self.now = line, start, end, now

    @cached_property
    def tile(self) -> LineTile:
        return line_tile(self.line, now=self.now)

    @cached_property
    def reading(self) -> Reading:
        return read(scope=line_scope(self.line), start=self.start, end=self.end, now=self.now)

    @cached_property
    def report(self) -> Report:
        return report(self.reading)

    @cached_property
    def timed(self) -> list[Machine]:
        """The machines whose time is the line's."""
        return timed_machines(line_scope(self.line), self.start, min(self.end, self.now))

    @property
    def policy(self) -> Policy:
        """The loss policy of the window's last day, which says what counts as which loss."""
        last = min(self.end, self.now) - timedelta(microseconds=1)
        rules = self.reading.rules[self.line.pk]
        return rules.policy_in_force(last.astimezone(rules.calendar.zone).date()).policy

    def machines(self) -> list[MachineNow]:
        """In the order of the flow."""
        flow = machines_of(self.line)
        states = current_states(machine_ids=[machine.pk for machine in flow])
        reading = read(scope=set_scope(flow), start=self.start, end=self.end, now=self.now)
        constraint = self.timed[0].pk if len(self.timed) == 1 < len(flow) else None
        return [
            _machine_now(machine, states.get(machine.pk), replace(reading, parts=(part,)), constraint)
            for machine, part in zip(flow, reading.parts, strict=True)
        ]

    def timeline(self) -> list[Stretch]:
        return stretches(
            machines=self.timed, rules=self.reading.rules, start=self.start, end=self.end, now=self.now
        )

    def hours(self) -> list[HourOutput]:
        """Plan and output by clock hour, as far as the window has come."""
        pace = self._pace()
        plans: dict[int, list[Any]] = defaultdict(list)
        for part in self.reading.slices:
            plans[part.key.hour].append(part)
        found = groups(self.reading, "hour")
        return [self._hour(group, pace, plans) for group in found]

    def _hour(self, group: Group, pace: Pace, slices: dict[int, list[Any]]) -> HourOutput:
        hour = datetime.fromisoformat(group.key).astimezone(UTC)
        parts = [part for at, found in slices.items() if from_us(at) == hour for part in found]
        sums = group.report.sums
        running = hour <= self.now < hour + timedelta(hours=1)
        return HourOutput(hour, pace.planned(parts), sums.good, sums.scrap, group.report.figure.oee, running)

    def _pace(self) -> Pace:
        products = {part.key.product for part in self.reading.slices if part.key.product is not None}
        ids = [machine.pk for machine in machines_of(self.line)]
        return Pace(self.line, rates_for(product_ids=products, machine_ids=ids))

    def stops(self) -> list[tuple[StopKey, StopTime]]:
        """Time lost to stops inside the planned busy time, the most first."""
        found = self.report.stops.items()
        return [(key, stop) for key, stop in found if self.counts(key) is not Bucket.EXCLUDED and stop.us]

    def counts(self, key: StopKey) -> Bucket:
        """Where such a stop counts."""
        return bucket_of(key.time_class, self.policy)

    def days(self) -> list[Group]:
        """A figure per shift day: of the window, or of the TREND_DAYS that end with it where it is shorter."""
        calendar = self.reading.rules[self.line.pk].calendar
        last = today(calendar, min(self.end - timedelta(microseconds=1), self.now))
        first = min(today(calendar, self.start), last - (TREND_DAYS - 1) * DAY)
        start, end = shift_day(calendar, first)[0], shift_day(calendar, last)[1]
        found = groups(read(scope=line_scope(self.line), start=start, end=end, now=self.now), "day")
        return [group for group in found if first.isoformat() <= group.key <= last.isoformat()]


def _machine_now(
    machine: Machine, state: MachineState | None, reading: Reading, constraint: int | None
) -> MachineNow:
    return MachineNow(
        equipment_code=machine.equipment_code,
        name=machine.name or machine.equipment_code,
        state=state.state if state else str(State.UNKNOWN),
        state_label=str(State(state.state if state else State.UNKNOWN).label),
        since=state.started_at if state else None,
        reason=state.reason.name if state and state.reason else "",
        oee=report(reading).figure.oee,
        is_constraint=machine.pk == constraint,
    )


def record_of(line: Line, now: datetime) -> tuple[datetime, datetime] | None:
    """Where the facts of a line lie that has had none of late (a log of the past); None for a living one."""
    ids = [machine.pk for machine in machines_of(line)]
    states = MachineState.objects.filter(machine_id__in=ids).exclude(state=State.UNKNOWN)
    counts = ProductionCount.objects.filter(machine_id__in=ids)
    late = states.filter(Q(started_at__gte=now - RECENT) | Q(ended_at__isnull=True))
    if late.exists() or counts.filter(at__gte=now - RECENT).exists():
        return None
    span = _span(states.aggregate(first=Min("started_at"), last=Max("ended_at")).values())
    span += _span(counts.aggregate(first=Min("at"), last=Max("at")).values())
    return (max(min(span), max(span) - MAX_RECORD), max(span)) if span else None


def _span(moments: Iterable[datetime | None]) -> list[datetime]:
    return [moment for moment in moments if moment is not None]


def undefined_reason(report: Report) -> str:
    """Why a ratio has no value."""
    if not report.sums.planned_busy_us:
        return _("not scheduled")
    if report.sums.ideal is None:
        return _("a product has no ideal cycle time")
    return _("nothing produced")
