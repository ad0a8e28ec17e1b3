"""How making goes: the figures behind `analytics/…`, each by sums of tallies that late and corrected data keep exact.

No question reads lots, units or records by their number; what is asked of them is the newest few.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import BooleanField, Case, Q, QuerySet, Sum, Value, When
from django.utils import timezone

from accounts.models import User
from equipment.models import Site
from production.choices import SerialStatus, TallySubject
from production.days import local_moment
from production.models import OPEN_LOTS, Lot, Process, ProcessData, Rework, Serial, Tally
from production.rates import per_cent
from production.selectors.tallies import (
    Ended,
    Period,
    Records,
    Sums,
    records_of,
)

LOTS_SHOWN, UNITS_SHOWN, RECORDS_SHOWN = 10, 20, 10
BY_DAY = (TallySubject.MADE, TallySubject.ENDED, TallySubject.LOT_MADE, TallySubject.LOT_DONE)
OF_NOW = (TallySubject.PROCESS, TallySubject.UNITS, TallySubject.LOTS)


@dataclass(frozen=True, slots=True)
class Made:
    """So many there are, and so many of them came today and in this week, which begins on Monday."""

    total: int
    today: int
    this_week: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything at a glance. Rates are of all units there are, but `ended_today`, which is of today's."""

    lots: Made
    active_lots: int
    lots_completed_today: int
    units: Made
    in_progress: int
    passed: int
    failed: int
    reworked: int
    ended_today: Ended
    records: Records
    records_today: Records

    @property
    def pass_rate(self) -> float | None:
        """Units that are PASSED, of all units, in per cent."""
        return per_cent(self.passed, self.units.total)

    @property
    def defect_rate(self) -> float | None:
        """Units that are FAILED, of all units, in per cent."""
        return per_cent(self.failed, self.units.total)

    @property
    def rework_rate(self) -> float | None:
        """Units that were reworked at least once, of all units, in per cent."""
        return per_cent(self.reworked, self.units.total)


class _Row(NamedTuple):
    """One sum of tallies."""

    subject: str
    word: str
    level: str
    today: bool
    number: int
    timed: int
    duration_us: int


class _Glance:
    """The sums that a dashboard is made of: one query."""

    def __init__(self, today: date) -> None:
        monday = today - timedelta(days=today.weekday())
        is_today = Case(When(day=today, then=Value(True)), default=Value(False), output_field=BooleanField())
        rows = Tally.objects.filter(Q(subject__in=OF_NOW) | Q(subject__in=BY_DAY, day__gte=monday))
        sums = [Sum(name) for name in ("count", "timed", "duration_us")]
        found: Any = rows.order_by().values_list("subject", "word", "level", is_today).annotate(*sums)
        self.rows = [_Row(*row) for row in found]

    def count(self, subject: TallySubject, *words: str, today: bool = False) -> int:
        rows = self._of(subject, today)
        return sum(row.number for row in rows if not words or row.word in words)

    def made(self, subject: TallySubject, total: int) -> Made:
        return Made(total, self.count(subject, today=True), self.count(subject))

    def reworked(self) -> int:
        return sum(row.number for row in self._of(TallySubject.UNITS, False) if row.level != "0")

    def records(self, *, today: bool = False) -> Records:
        rows = self._of(TallySubject.PROCESS, today)
        return records_of((row.word, row.number, row.timed, row.duration_us) for row in rows)

    def _of(self, subject: TallySubject, today: bool) -> list[_Row]:
        return [row for row in self.rows if row.subject == subject and (row.today or not today)]


def dashboard(*, today: date) -> Dashboard:
    """Lots, units and records now, today and this week; one query."""
    sums = _Glance(today)
    ended = (
        sums.count(TallySubject.ENDED, status, today=True)
        for status in (SerialStatus.PASSED, SerialStatus.FAILED)
    )
    return Dashboard(
        lots=sums.made(TallySubject.LOT_MADE, sums.count(TallySubject.LOTS)),
        active_lots=sums.count(TallySubject.LOTS, *OPEN_LOTS),
        lots_completed_today=sums.count(TallySubject.LOT_DONE, today=True),
        units=sums.made(TallySubject.MADE, sums.count(TallySubject.UNITS)),
        in_progress=sums.count(TallySubject.UNITS, SerialStatus.IN_PROGRESS),
        passed=sums.count(TallySubject.UNITS, SerialStatus.PASSED),
        failed=sums.count(TallySubject.UNITS, SerialStatus.FAILED),
        reworked=sums.reworked(),
        ended_today=Ended(*ended),
        records=sums.records(),
        records_today=sums.records(today=True),
    )


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """What was recorded at a process."""

    process: Process
    records: Records


def processes_in(period: Period | None) -> list[ProcessFigures]:
    """Every active process, and every other with records in the period (None: of all time), in their order."""
    return _processes(Sums(TallySubject.PROCESS, period=period))


def _processes(sums: Sums) -> list[ProcessFigures]:
    found = sums.records_by(TallySubject.PROCESS)
    shown = Process.objects.filter(Q(is_active=True) | Q(pk__in=found)).in_order()
    return [ProcessFigures(process, found.get(process.pk, Records())) for process in shown]


@dataclass(frozen=True, slots=True)
class OperatorFigures:
    """What a person recorded."""

    operator: User
    records: Records


def operators_in(period: Period) -> list[OperatorFigures]:
    """Everybody with a completed record in the period, who has most first."""
    found = Sums(TallySubject.OPERATOR, period=period).records_by(TallySubject.OPERATOR)
    people = User.objects.filter(pk__in=found).only("username", "full_name")
    figures = [OperatorFigures(person, found[person.pk]) for person in people]
    return sorted(figures, key=lambda row: (-row.records.total, row.operator.username))


@dataclass(frozen=True, slots=True)
class Production:
    """What was begun and finished in a period. Days on which nothing was are not there."""

    lots: dict[date, int]
    units: dict[date, int]
    ended: dict[date, Ended]
    reworks: int  # how often a unit was sent back to work

    @property
    def days(self) -> list[date]:
        """Those on which a unit was made or ended."""
        return sorted(self.units.keys() | self.ended.keys())

    @property
    def total_ended(self) -> Ended:
        """Of the whole period."""
        return sum(self.ended.values(), Ended())


def production_in(period: Period, *, site: Site | None) -> Production:
    """Lots opened, units made, passed and failed, by day; and reworks, whose days are those of the site."""
    sums = Sums(TallySubject.LOT_MADE, TallySubject.MADE, TallySubject.ENDED, period=period)
    return Production(
        lots=sums.count_by_day(TallySubject.LOT_MADE),
        units=sums.count_by_day(TallySubject.MADE),
        ended=sums.ended_by_day(),
        reworks=Rework.objects.filter(
            at__gte=local_moment(site, period.start),
            at__lt=local_moment(site, period.end + timedelta(days=1)),
        ).count(),
    )


@dataclass(frozen=True, slots=True)
class Quality:
    """How well it went in a period; `reworked` is of all units now."""

    processes: list[ProcessFigures]
    reworked: dict[int, int]
    defects: dict[str, int]
    ended: dict[date, Ended]

    @property
    def inspected(self) -> Records:
        """Every completed record: each is one inspection."""
        return sum((row.records for row in self.processes), Records())


def quality_in(period: Period) -> Quality:
    """Results by process, named defects, units that ended by day."""
    sums = Sums(
        TallySubject.PROCESS, TallySubject.UNITS, TallySubject.DEFECT, TallySubject.ENDED, period=period
    )
    return Quality(_processes(sums), sums.units_by_rework(), sums.defects_by_code(), sums.ended_by_day())


@dataclass(frozen=True, slots=True)
class Now:
    """What is being worked on: the newest of each."""

    at: datetime
    lots: list[Lot]
    units: list[Serial]
    records: list[ProcessData]


def now_working(*, of_operator: Any = None) -> Now:
    """Open lots, units in progress, and what was recorded last (by one person, where `of_operator` is given)."""
    return Now(
        at=timezone.now(),
        lots=_newest_open_lots(),
        units=list(_units().filter(status=SerialStatus.IN_PROGRESS).order_by("-id")[:UNITS_SHOWN]),
        records=list(_records(of_operator).order_by("-started_at", "-id")[:RECORDS_SHOWN]),
    )


def _newest_open_lots() -> list[Lot]:
    """Of each status the newest, by its index, however many lots there are."""
    lots = Lot.objects.select_related("product").only(*LOT_SHOWN, "product__model_code")
    found = [lot for status in OPEN_LOTS for lot in lots.filter(status=status).order_by("-id")[:LOTS_SHOWN]]
    return sorted(found, key=lambda lot: -lot.pk)[:LOTS_SHOWN]


LOT_SHOWN = (
    "lot_number",
    "status",
    "target_quantity",
    "actual_quantity",
    "passed_quantity",
    "failed_quantity",
    "created_at",
)


def _units() -> QuerySet[Serial]:
    return Serial.objects.select_related("lot").only(
        "serial_number", "sequence_in_lot", "status", "rework_count", "created_at", "lot__lot_number"
    )


def _records(of_operator: Any) -> QuerySet[ProcessData]:
    rows = ProcessData.objects.select_related("serial", "lot", "process").only(
        "result",
        "started_at",
        "created_at",
        "serial__serial_number",
        "lot__lot_number",
        "process__process_code",
    )
    return rows if of_operator is None else rows.of(of_operator.pk)
