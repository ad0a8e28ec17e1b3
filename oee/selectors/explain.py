"""Why a figure is what it is: its sums, and every interval and count behind them, computed raw."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from equipment.models import Machine, StopReason
from oee.kpi import Bucket, TimeClass, bucket_of
from oee.selectors.facts import Rules, calendar_track, load_facts, rules_of
from oee.selectors.policies import PolicyInForce
from oee.selectors.rollups import slices_of
from oee.selectors.scopes import Scope, constraint_of, machines_of
from oee.slices import Facts, Segment, from_us, segments, time_class_of, to_us
from production.models import ProductionCount
from production.selectors import RateTable, counts_between, rates_for

MAX_ROWS = 1000


@dataclass(slots=True)
class IntervalEvidence:
    """A stretch of in-shift time: what it was and where it counts. `seconds` is its part inside the window."""

    machine: Machine
    state_id: int | None
    state: str
    reason_id: int | None
    start: datetime
    end: datetime
    time_class: TimeClass
    bucket: Bucket
    shift: str
    reason_code: str = ""
    reason_name: str = ""

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class CountEvidence:
    """A count, what of it enters the figure, and the ideal cycle (s per piece) it enters with; None without a rate."""

    row: ProductionCount
    good: int
    rejects: int
    ideal_cycle_seconds: Decimal | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All rows of a window; `truncated` where there are more of a kind than were asked for."""

    policies: tuple[PolicyInForce, ...]
    intervals: tuple[IntervalEvidence, ...]
    counts: tuple[CountEvidence, ...]
    interval_total: int
    count_total: int

    @property
    def truncated(self) -> bool:
        return self.interval_total > len(self.intervals) or self.count_total > len(self.counts)


def explain(
    *,
    scope: Scope,
    start: datetime,
    end: datetime,
    product_id: int | None = None,
    now: datetime | None = None,
    limit: int | None = MAX_ROWS,
) -> Evidence:
    """The rows behind the figure of `scope` in [start, end): intervals of the machines whose time counts (of a
    line in series its constraint alone), and the counts of all its machines. At most `limit` of each, None for all.
    Figure and rows agree when both are read with one `now`."""
    now = now or timezone.now()
    end = min(end, now)
    timed = timed_machines(scope, start, end)
    rules = rules_of([machine.line for machine in timed])
    facts = load_facts(machines=timed, rules=rules, start=start, end=end, now=now) if end > start else {}
    intervals = [
        row for machine in timed for row in _intervals(machine, facts.get(machine.pk), start, end, product_id)
    ]
    listed = tuple(intervals[:limit])
    _name_reasons(listed)
    counts, count_total = _counts(_parts(scope, timed), rules, start, end, product_id, limit)
    policies = _policies(timed, rules, facts, start)
    return Evidence(policies, listed, counts, len(intervals), count_total)


def timed_machines(scope: Scope, start: datetime, end: datetime) -> list[Machine]:
    """The machines whose time is the scope's time."""
    found = list(scope.machines)
    for line in scope.lines:
        flow = machines_of(line)
        if line.topology == "PARALLEL" or len(flow) < 2:
            found += flow
        else:
            stated = next((machine for machine in flow if machine.pk == line.constraint_machine_id), None)
            found.append(stated or _busiest(scope, line.pk, start, end))
    return found


def _busiest(scope: Scope, line_id: int, start: datetime, end: datetime) -> Machine:
    line = next(line for line in scope.lines if line.pk == line_id)
    flow = machines_of(line)
    by_machine = slices_of(machines=flow, rules=rules_of([line]), start=start, end=end, now=timezone.now())
    return constraint_of(line, by_machine)


def _intervals(
    machine: Machine, facts: Facts | None, start: datetime, end: datetime, product_id: int | None
) -> list[IntervalEvidence]:
    """In-shift stretches; neighbours that differ only by the clock hour are joined."""
    found: list[IntervalEvidence] = []
    if facts is None:
        return found
    for _, segment in segments(facts, to_us(start), to_us(end)):
        if segment.shift.planned and (product_id is None or segment.product == product_id):
            row = _evidence(machine, segment, facts)
            if found and _continues(found[-1], row):
                found[-1].end = row.end
            else:
                found.append(row)
    return found


def _evidence(machine: Machine, segment: Segment, facts: Facts) -> IntervalEvidence:
    policy = facts.policy_on(segment.shift.day)
    time_class = time_class_of(segment.state, policy, facts.now)
    state = segment.state
    return IntervalEvidence(
        machine=machine,
        state_id=state.id if state else None,
        state=state.state if state else "UNKNOWN",
        reason_id=state.reason_id if state else None,
        start=from_us(segment.start),
        end=from_us(segment.end),
        time_class=time_class,
        bucket=bucket_of(time_class, policy),
        shift=f"{segment.shift.day} {segment.shift.name}".strip(),
    )


def _continues(last: IntervalEvidence, row: IntervalEvidence) -> bool:
    return (last.end, last.state_id, last.shift, last.time_class) == (
        row.start,
        row.state_id,
        row.shift,
        row.time_class,
    )


def _name_reasons(intervals: Iterable[IntervalEvidence]) -> None:
    given = [row for row in intervals if row.reason_id is not None]
    reasons = StopReason.objects.in_bulk({row.reason_id for row in given})
    for row in given:
        reason = reasons[row.reason_id]
        row.reason_code, row.reason_name = reason.code, reason.name


@dataclass(frozen=True, slots=True)
class _Part:
    """How the counts of one machine enter: `rated` gives the ideal cycle, `is_exit` says whether its good counts."""

    rated: Machine
    is_exit: bool


def _parts(scope: Scope, timed: Sequence[Machine]) -> dict[int, _Part]:
    parts = {machine.pk: _Part(machine, True) for machine in timed}
    for line in scope.lines:
        flow = machines_of(line)
        rated = [machine for machine in timed if machine.line_id == line.pk]
        if len(rated) < len(flow):  # in series
            parts |= {machine.pk: _Part(rated[0], machine is flow[-1]) for machine in flow}
    return parts


def _counts(
    parts: dict[int, _Part],
    rules: dict[int | None, Rules],
    start: datetime,
    end: datetime,
    product_id: int | None,
    limit: int | None,
) -> tuple[tuple[CountEvidence, ...], int]:
    """The first counts, and how many there are."""
    found = counts_between(machine_ids=list(parts), start=start, end=end)
    if product_id is not None:
        found = found.filter(product_id=product_id)
    rows = list(found.select_related("machine", "product")[:limit])
    rates = rates_for(product_ids={row.product_id for row in rows if row.product_id}, machine_ids=list(parts))
    days = {pk: _ShiftDays(rule, start, end) for pk, rule in rules.items()}
    evidence = tuple(_count_evidence(row, parts[row.machine_id], rates, days) for row in rows)
    return evidence, len(rows) if limit is None or len(rows) < limit else found.count()


class _ShiftDays:
    """The shift day of any moment of a window."""

    def __init__(self, rules: Rules, start: datetime, end: datetime) -> None:
        self._track = calendar_track(rules.calendar, start, end) if end > start else []
        self._starts = [piece.start for piece in self._track]

    def of(self, moment: datetime) -> date:
        day: date = self._track[bisect_right(self._starts, to_us(moment)) - 1].value.day
        return day


def _count_evidence(
    row: ProductionCount, part: _Part, rates: RateTable, days: dict[int | None, _ShiftDays]
) -> CountEvidence:
    day = days[part.rated.line_id].of(row.at)
    rate = rates.seconds(row.product_id, part.rated.pk, day) if row.product_id else None
    return CountEvidence(row, row.good if part.is_exit else 0, row.scrap + row.rework, rate)


def _policies(
    timed: Iterable[Machine], rules: dict[int | None, Rules], facts: dict[int, Facts], start: datetime
) -> tuple[PolicyInForce, ...]:
    """The policies that the shift days of the window fall under, the first first."""
    days = {
        (piece.value.day, machine.line_id)
        for machine in timed
        for piece in (facts[machine.pk].calendar if machine.pk in facts else ())
    } or {(start.date(), line_id) for line_id in rules}
    found = [rules[line_id].policy_in_force(day) for day, line_id in sorted(days, key=lambda item: item[0])]
    return tuple({entry.row.pk if entry.row else None: entry for entry in found}.values())
