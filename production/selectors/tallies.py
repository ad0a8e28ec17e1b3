"""What the tallies say: sums over days, exact at any moment, whatever the size of the tables they tell of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Sum

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


# One row per sum: each subject keeps the columns it is asked by.
SUMS = """
SELECT subject,
    CASE WHEN subject IN ('MADE', 'ENDED', 'LOT_MADE', 'LOT_DONE') THEN day END,
    CASE WHEN subject IN ('PROCESS', 'OPERATOR') THEN ref_id END,
    word,
    CASE WHEN subject = 'UNITS' THEN level::int END,
    sum(count)::bigint, sum(timed)::bigint, sum(duration_us)::bigint
FROM production_tally
WHERE subject = ANY(%s) AND (day BETWEEN %s AND %s OR day IS NULL)
GROUP BY 1, 2, 3, 4, 5
HAVING sum(count) <> 0
"""


class _Row(NamedTuple):
    """One of them."""

    subject: str
    day: date
    ref_id: int
    word: str
    level: int
    number: int
    timed: int
    duration_us: int


class Sums:
    """What the tallies say of some subjects in a period (None: of all time), read in one query."""

    def __init__(self, *subjects: TallySubject, period: Period | None = None) -> None:
        start, end = (period.start, period.end) if period else (date.min, date.max)
        with connection.cursor() as cursor:
            cursor.execute(SUMS, [[str(subject) for subject in subjects], start, end])
            self._rows = [_Row(*row) for row in cursor.fetchall()]

    def _of(self, subject: TallySubject) -> Iterator[_Row]:
        return (row for row in self._rows if row.subject == subject)

    def records_by(self, subject: TallySubject) -> dict[int, Records]:
        """Records of each process (PROCESS) or person (OPERATOR), by id."""
        found: dict[int, Records] = defaultdict(Records)
        for row in self._of(subject):
            found[row.ref_id] += records_of([(row.word, row.number, row.timed, row.duration_us)])
        return found

    def ended_by_day(self) -> dict[date, Ended]:
        """Units that ended (ENDED) on each day on which any did."""
        found: dict[date, Ended] = defaultdict(Ended)
        for row in self._of(TallySubject.ENDED):
            passed = row.word == SerialStatus.PASSED
            found[row.day] += Ended(passed=row.number) if passed else Ended(failed=row.number)
        return found

    def count_by_day(self, subject: TallySubject) -> dict[date, int]:
        """Units made (MADE), lots opened (LOT_MADE) on each day on which any were."""
        return {row.day: row.number for row in self._of(subject)}

    def units_by_rework(self) -> dict[int, int]:
        """Units now (UNITS), by how often they were reworked."""
        found: dict[int, int] = defaultdict(int)
        for row in self._of(TallySubject.UNITS):
            found[row.level] += row.number
        return dict(sorted(found.items()))

    def defects_by_code(self) -> dict[str, int]:
        """Named defects (DEFECT), the most frequent first."""
        found = [(row.word, row.number) for row in self._of(TallySubject.DEFECT)]
        return dict(sorted(found, key=lambda row: (-row[1], row[0])))


def total_of(subject: TallySubject, words: Iterable[str] | None = None) -> int:
    """Units (UNITS) or lots (LOTS) now, all of them or those of some statuses."""
    rows = Tally.objects.filter(subject=subject)
    if words is not None:
        rows = rows.filter(word__in=list(words))
    return int(rows.aggregate(sum=Sum("count"))["sum"] or 0)
