"""What the tallies say: sums over days, exact at any moment, whatever the size of the tables they tell of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet, Sum

from production.choices import Result, SerialStatus, TallySubject
from production.models import Tally
from production.rates import mean_seconds, per_cent


@dataclass(frozen=True, slots=True)
class Period:
    """Days at the site, both ends included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.end - self.start).days + 1

    @classmethod
    def last(cls, days: int, today: date) -> Period:
        """So many days, today being the last."""
        return cls(today - timedelta(days=days - 1), today)


@dataclass(frozen=True, slots=True)
class Records:
    """Completed records together. Those that took no time at all have no cycle time."""

    passed: int = 0
    failed: int = 0
    rework: int = 0
    timed: int = 0
    duration_us: int = 0

    def __add__(self, other: Records) -> Records:
        return Records(
            self.passed + other.passed,
            self.failed + other.failed,
            self.rework + other.rework,
            self.timed + other.timed,
            self.duration_us + other.duration_us,
        )

    @property
    def total(self) -> int:
        """However they ended."""
        return self.passed + self.failed + self.rework

    @property
    def pass_rate(self) -> float | None:
        """PASS of all of them, in per cent."""
        return per_cent(self.passed, self.total)

    @property
    def cycle_seconds(self) -> float | None:
        """From start to completion, on average."""
        return mean_seconds(self.duration_us, self.timed)


@dataclass(frozen=True, slots=True)
class Ended:
    """Units that passed or failed, by the day they last did: a unit that failed, was reworked and passed has passed."""

    passed: int = 0
    failed: int = 0

    def __add__(self, other: Ended) -> Ended:
        return Ended(self.passed + other.passed, self.failed + other.failed)

    @property
    def total(self) -> int:
        """Both together."""
        return self.passed + self.failed

    @property
    def pass_rate(self) -> float | None:
        """PASSED of both, in per cent."""
        return per_cent(self.passed, self.total)


COLUMN = {Result.PASS: "passed", Result.FAIL: "failed", Result.REWORK: "rework"}


def records_of(rows: Iterable[tuple[str, int, int, int]]) -> Records:
    """From rows of (result, count, timed, microseconds)."""
    parts = (
        Records(**{COLUMN[Result(word)]: count}, timed=timed, duration_us=spent)
        for word, count, timed, spent in rows
    )
    return sum(parts, Records())


def records_by(subject: TallySubject, period: Period | None = None) -> dict[int, Records]:
    """Records of each process (PROCESS) or person (OPERATOR) by id; of a period by their days, else of all time."""
    rows = _within(subject, period).values_list("ref_id", "word")
    found: dict[int, Records] = defaultdict(Records)
    for ref_id, *row in rows.annotate(Sum("count"), Sum("timed"), Sum("duration_us")).order_by():
        found[ref_id] += records_of([tuple(row)])
    return {ref_id: records for ref_id, records in found.items() if records.total}


def ended_by_day(period: Period) -> dict[date, Ended]:
    """Units that ended on each day on which any did."""
    found: dict[date, Ended] = defaultdict(Ended)
    for day, word, count in _sums(TallySubject.ENDED, period, "day", "word"):
        found[day] += Ended(passed=count) if word == SerialStatus.PASSED else Ended(failed=count)
    return found


def count_by_day(subject: TallySubject, period: Period) -> dict[date, int]:
    """Units made (MADE), lots opened (LOT_MADE) or completed (LOT_DONE) on each day on which any were."""
    return dict(_sums(subject, period, "day"))


def total_of(subject: TallySubject, words: Iterable[str] | None = None) -> int:
    """Units (UNITS) or lots (LOTS) now, all of them or those of some statuses."""
    rows = Tally.objects.filter(subject=subject)
    if words is not None:
        rows = rows.filter(word__in=list(words))
    return int(rows.aggregate(sum=Sum("count"))["sum"] or 0)


def units_by_rework() -> dict[int, int]:
    """Units now, by how often they were reworked."""
    return dict(sorted((int(level), count) for level, count in _sums(TallySubject.UNITS, None, "level")))


def defects_by_code(period: Period) -> dict[str, int]:
    """Named defects of the period, the most frequent first."""
    found = _sums(TallySubject.DEFECT, period, "word")
    return dict(sorted(found, key=lambda row: (-row[1], row[0])))


def _sums(subject: TallySubject, period: Period | None, *by: str) -> Iterator[tuple]:
    """The counts grouped by these columns; those of which nothing is left are not there."""
    rows = _within(subject, period).values_list(*by).annotate(sum=Sum("count")).filter(~Q(sum=0))
    return rows.order_by(*by).iterator()


def _within(subject: TallySubject, period: Period | None) -> QuerySet[Tally]:
    rows = Tally.objects.filter(subject=subject)
    return rows.filter(day__gte=period.start, day__lte=period.end) if period else rows
