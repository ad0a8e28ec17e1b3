"""The tiles of the floor: each line now, and its running shift so far, in a number of queries that does not grow
with the lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q, TextChoices
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from andon.choices import UNFINISHED
from andon.models import AndonEvent
from andon.selectors import open_events
from equipment.choices import STATUS_OF_STATE, LineStatus
from equipment.models import Line, Machine, MachineState
from equipment.selectors import calendars, current_states, line_status
from floor.selectors.pace import Pace
from floor.selectors.shifts import TICK, ShiftNow, shift_now
from floor.selectors.stops import NO_STOP, Stop, stop_of
from oee.kpi import Bucket, Sums, bucket_of, figure
from oee.selectors.reports import Report, report
from oee.selectors.scopes import Reading, Scope, machines_of, read, with_flow
from oee.slices import Slice
from production.choices import JobStatus
from production.models import JobAssignment, ProductModel
from production.selectors import jobs_of_lines, neighbour_counts, rates_for, runs_touching


class OffShift(TextChoices):
    """What the calendar adds to the statuses of a line."""

    OFF_SHIFT = "OFF_SHIFT", gettext_lazy("Off shift")


TROUBLE = (
    LineStatus.FAULT,
    LineStatus.STOPPED,
    LineStatus.UNKNOWN,
    LineStatus.SETUP,
    LineStatus.MAINTENANCE,
    LineStatus.RUNNING,
    LineStatus.IDLE,
    OffShift.OFF_SHIFT,
)


@dataclass(frozen=True, slots=True)
class Present:
    """What a line does now: since when, why, and the interval of the machine that decides it."""

    status: str
    label: str
    since: datetime | None
    reason: str = ""
    interval: MachineState | None = None


@dataclass(frozen=True, slots=True)
class LineJobs:
    """The jobs of a line: those worked on now, the one that decides the line first, and how many the shift completed."""

    active: tuple[JobAssignment, ...] = ()
    completed: int = 0

    @property
    def current(self) -> JobAssignment | None:
        """The job that runs, on the machine that decides most."""
        return next((job for job in self.active if job.status == JobStatus.IN_PROGRESS), None)


@dataclass(frozen=True, slots=True)
class LineTile:
    """A line as the floor shows it. Ratios are fractions of 1 of the running shift (of the last one between shifts);
    None is undefined."""

    line: Line
    zone: ZoneInfo
    present: Present
    shift: ShiftNow
    report: Report
    plan: int | None
    product_model: ProductModel | None
    stopped_us: int
    stop: Stop | None = None
    calls: tuple[AndonEvent, ...] = ()  # for help and open, the most urgent first
    jobs: LineJobs = LineJobs()

    @property
    def open_andons(self) -> int:
        return len(self.calls)

    @property
    def line_id(self) -> int:
        return self.line.pk

    @property
    def line_code(self) -> str:
        return self.line.line_code

    @property
    def name(self) -> str:
        return self.line.name

    @property
    def area(self) -> str:
        return self.line.area.name

    @property
    def url(self) -> str:
        return reverse("floor:line", args=[self.line.pk])

    @property
    def status(self) -> str:
        return self.present.status

    @property
    def status_label(self) -> str:
        return self.present.label

    @property
    def since(self) -> datetime | None:
        return self.present.since

    @property
    def reason(self) -> str:
        return self.present.reason

    @property
    def product(self) -> str:
        return self.product_model.model_code if self.product_model else ""

    @property
    def product_name(self) -> str:
        return self.product_model.model_name if self.product_model else ""

    @property
    def job(self) -> JobAssignment | None:
        return self.jobs.current

    @property
    def shift_name(self) -> str:
        return self.shift.name

    @property
    def good(self) -> int:
        return self.report.sums.good

    @property
    def plan_ratio(self) -> float | None:
        """Good pieces ÷ plan so far."""
        return self.good / self.plan if self.plan else None

    @property
    def oee(self) -> float | None:
        return self.report.figure.oee

    @property
    def availability(self) -> float | None:
        return self.report.figure.availability

    @property
    def performance(self) -> float | None:
        return self.report.figure.performance

    @property
    def quality(self) -> float | None:
        return self.report.figure.quality

    @property
    def flags(self) -> list[str]:
        return [str(flag) for flag in self.report.figure.flags]

    @property
    def is_stopped(self) -> bool:
        """Whether it stands still in a shift."""
        return self.status not in (LineStatus.RUNNING, LineStatus.UNKNOWN, OffShift.OFF_SHIFT)


@dataclass(frozen=True, slots=True)
class Summary:
    """The floor in one row. `oee` is of all lines together: sums first, divided once (OEE contract R2)."""

    total_lines: int
    running_lines: int
    stopped_lines: int
    fault_lines: int
    oee: float | None
    total_downtime_minutes: float
    open_andon_events: int
    active_jobs: int
    completed_jobs: int


def line_tiles(*, line_ids: Iterable[int] | None = None, now: datetime | None = None) -> list[LineTile]:
    """The tiles of these lines (of all enabled ones), the one in most trouble first."""
    now = now or timezone.now()
    wanted = Line.objects.filter(enabled=True).prefetch_related("machines")
    lines = with_flow(wanted if line_ids is None else wanted.filter(pk__in=list(line_ids)))
    return sorted(_Floor(lines, now).tiles(), key=_trouble) if lines else []


def line_tile(line: Line, *, now: datetime | None = None) -> LineTile:
    """The tile of one line, enabled or not."""
    wanted = Line.objects.filter(pk=line.pk).prefetch_related("machines")
    [tile] = _Floor(with_flow(wanted), now or timezone.now()).tiles()
    return tile


def summary(tiles: Sequence[LineTile]) -> Summary:
    """The summary of these tiles."""
    return Summary(
        total_lines=len(tiles),
        running_lines=_count(tiles, LineStatus.RUNNING),
        stopped_lines=_count(tiles, LineStatus.STOPPED),
        fault_lines=_count(tiles, LineStatus.FAULT),
        oee=figure(Sums.total(tile.report.sums for tile in tiles)).oee,
        total_downtime_minutes=round(sum(tile.stopped_us for tile in tiles) / 60_000_000, 1),
        open_andon_events=sum(tile.open_andons for tile in tiles),
        active_jobs=sum(len(tile.jobs.active) for tile in tiles),
        completed_jobs=sum(tile.jobs.completed for tile in tiles),
    )


def calls_of_shift(tiles: Sequence[LineTile]) -> int:
    """How many calls for help the lines had in their shifts so far, those that were open before among them."""
    in_shift = Q(pk__in=[])
    for tile in tiles:
        in_shift |= Q(line_id=tile.line_id, reported_at__gte=tile.shift.start)
    ended = AndonEvent.objects.exclude(status__in=UNFINISHED).filter(in_shift).count()
    return ended + sum(tile.open_andons for tile in tiles)


def _count(tiles: Iterable[LineTile], status: str) -> int:
    return sum(tile.status == status for tile in tiles)


def _trouble(tile: LineTile) -> tuple[int, float, str]:
    """Worst status first; the longest stop before the others, the line furthest behind before the others."""
    if tile.is_stopped and tile.since:
        weight = tile.since.timestamp()
    else:
        weight = tile.plan_ratio if tile.plan_ratio is not None else 1.0
    return [str(status) for status in TROUBLE].index(tile.status), weight, tile.line_code


class _Floor:
    """Everything that is read once for all tiles."""

    def __init__(self, lines: Sequence[Line], now: datetime) -> None:
        self.lines, self.now = lines, now
        self.shifts = {pk: shift_now(calendar, now) for pk, calendar in calendars(lines=lines).items()}
        machines = [machine for line in lines for machine in machines_of(line)]
        ids = [machine.pk for machine in machines]
        self.states = current_states(machine_ids=ids)
        self.products = _products_now(ids, now)
        self.calls = open_events(line_ids=[line.pk for line in lines])
        start = min(shift.start for shift in self.shifts.values())
        self.jobs = jobs_of_lines(line_ids=[line.pk for line in lines], since=start)
        self.reading = read(scope=Scope("", lines=tuple(lines)), start=start, end=now, now=now)
        self.slices = dict(self.reading.parts)
        made = {part.key.product for part in self.reading.slices if part.key.product is not None}
        self.rates = rates_for(product_ids=made | set(self.products.values()), machine_ids=ids)
        self.names = ProductModel.objects.in_bulk(set(self.products.values()))

    def tiles(self) -> list[LineTile]:
        return [self._tile(line) for line in self.lines]

    def _tile(self, line: Line) -> LineTile:
        shift = self.shifts[line.pk]
        slices = tuple(part for part in self.slices[line.pk] if (part.key.day, part.key.shift) == shift.key)
        reading = replace(self.reading, start=shift.start, parts=((line.pk, slices),))
        made = report(reading)
        product = _first(self.products, line)
        present = _present(line, self.states, shift, self.now)
        return LineTile(
            line=line,
            zone=self.reading.rules[line.pk].calendar.zone,
            present=present,
            shift=shift,
            report=made,
            plan=Pace(line, self.rates, product).planned(slices),
            product_model=self.names.get(product) if product else None,
            stopped_us=stopped_us(reading),
            stop=self._stop(line, present),
            calls=tuple(self.calls.get(line.pk, ())),
            jobs=_jobs(line, self.jobs.get(line.pk, ()), shift),
        )

    def _stop(self, line: Line, present: Present) -> Stop | None:
        """The open stop of a line that stands still in its shift."""
        interval = present.interval
        if interval is None or interval.state in NO_STOP:
            return None
        machine = next(machine for machine in machines_of(line) if machine.pk == interval.machine_id)
        rules = self.reading.rules[line.pk]
        return stop_of(interval, interval.downtime_id, machine, line, rules, self.now)


def _jobs(line: Line, jobs: Iterable[JobAssignment], shift: ShiftNow) -> LineJobs:
    places = [machine.pk for machine in _by_weight(line)]
    active = [job for job in jobs if job.completed_at is None]
    completed = [job for job in jobs if job.completed_at is not None and job.completed_at >= shift.start]
    ordered = sorted(active, key=lambda job: places.index(job.machine_id) if job.machine_id in places else 99)
    return LineJobs(tuple(ordered), len(completed))


def stopped_us(reading: Reading) -> int:
    """Microseconds of unplanned standstill: every stop inside the planned busy time."""
    return sum(_stopped(part, reading, line_id) for line_id, slices in reading.parts for part in slices)


def _stopped(part: Slice, reading: Reading, line_id: int | None) -> int:
    policy = reading.rules[line_id].policy_in_force(part.key.day).policy
    return sum(
        stop.us
        for key, stop in part.stops.items()
        if bucket_of(key.time_class, policy) is not Bucket.EXCLUDED
    )


def _products_now(machine_ids: Sequence[int], now: datetime) -> dict[int, int]:
    """The product of each machine: of its open run, else of its last count within a day."""
    counted = neighbour_counts(machine_ids=machine_ids, start=now + TICK, end=now + TICK)
    running = runs_touching(machine_ids=machine_ids, start=now, end=now + TICK)
    found = {pk: near.previous.product_id for pk, near in counted.items() if near.previous}
    return found | {run.machine_id: run.product_id for run in running}


def _by_weight(line: Line) -> list[Machine]:
    """The machines of a line, its constraint first, then from the exit back."""
    constraint = line.constraint_machine_id
    return sorted(machines_of(line), key=lambda machine: (machine.pk != constraint, -machine.position))


def _first(products: Mapping[int, int], line: Line) -> int | None:
    return next((products[m.pk] for m in _by_weight(line) if m.pk in products), None)


def _present(line: Line, states: Mapping[int, MachineState], shift: ShiftNow, now: datetime) -> Present:
    """What the machines say; nobody waits for a line that stands still in a break or out of its shifts."""
    status = line_status(line=line, states={pk: row.state for pk, row in states.items()})
    pause = shift.pause(now)
    if status != LineStatus.RUNNING and pause:
        return Present(OffShift.OFF_SHIFT, str(_("Break")), pause)
    if status != LineStatus.RUNNING and not shift.is_running(now):
        return Present(OffShift.OFF_SHIFT, str(OffShift.OFF_SHIFT.label), shift.end if shift.pieces else None)
    interval = _deciding(line, states, status)
    since = interval.started_at if interval else None
    return Present(status, str(status.label), since, _reason(interval, status), interval)


def _deciding(line: Line, states: Mapping[int, MachineState], status: LineStatus) -> MachineState | None:
    """The interval of the machine that gives the line its status: the constraint's, else the longest."""
    found = [states[m.pk] for m in _by_weight(line) if m.pk in states]
    alike = [state for state in found if STATUS_OF_STATE[state.state] == status]
    own = [state for state in alike if state.machine_id == line.constraint_machine_id]
    return own[0] if own else min(alike, key=lambda state: state.started_at, default=None)


def _reason(interval: MachineState | None, status: LineStatus) -> str:
    """The stop reason; without one the state, where it says more than the status."""
    if interval is None:
        return ""
    if interval.reason:
        return interval.reason.name
    label = str(interval.get_state_display())
    return "" if label == str(status.label) or status == LineStatus.RUNNING else label
