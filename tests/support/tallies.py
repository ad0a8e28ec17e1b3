"""Work that the tallies must follow, in any order and by any hand; and the raw sums they must equal."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from production.models import Defect, Lot, Process, ProcessData, ProductModel, Serial
from tests.support.factories import UserFactory
from tests.support.production_factories import ProductFactory
from tests.support.trace_factories import ProcessFactory

# Straight from the tables, without any tally.
RAW = """
SELECT 'PROCESS', day, process_id, result, data_level, count(*),
    count(*) FILTER (WHERE completed_at > started_at),
    sum((extract(epoch FROM completed_at - started_at) * 1000000)::bigint)::bigint
FROM production_processdata WHERE result IS NOT NULL GROUP BY 2, 3, 4, 5
UNION ALL
SELECT 'OPERATOR', day, operator_id, result, data_level, count(*),
    count(*) FILTER (WHERE completed_at > started_at),
    sum((extract(epoch FROM completed_at - started_at) * 1000000)::bigint)::bigint
FROM production_processdata WHERE result IS NOT NULL GROUP BY 2, 3, 4, 5
UNION ALL
SELECT 'DEFECT', day, process_id, defect_code, '', count(*), 0, 0 FROM production_defect GROUP BY 2, 3, 4
UNION ALL
SELECT 'MADE', created_on, 0, '', '', count(*), 0, 0 FROM production_serial GROUP BY 2
UNION ALL
SELECT 'ENDED', completed_on, 0, status, '', count(*), 0, 0
FROM production_serial WHERE completed_on IS NOT NULL GROUP BY 2, 4
UNION ALL
SELECT 'UNITS', NULL, 0, status, rework_count::text, count(*), 0, 0 FROM production_serial GROUP BY 4, 5
UNION ALL
SELECT 'LOT_MADE', created_on, 0, '', '', count(*), 0, 0 FROM production_lot GROUP BY 2
UNION ALL
SELECT 'LOT_DONE', completed_on, 0, '', '', count(*), 0, 0
FROM production_lot WHERE completed_on IS NOT NULL GROUP BY 2
UNION ALL
SELECT 'LOTS', NULL, 0, status, '', count(*), 0, 0 FROM production_lot GROUP BY 4
"""
TOLD = """
SELECT subject, day, ref_id, word, level, sum(count)::bigint, sum(timed)::bigint, sum(duration_us)::bigint
FROM production_tally GROUP BY 1, 2, 3, 4, 5
HAVING sum(count) <> 0 OR sum(timed) <> 0 OR sum(duration_us) <> 0
"""
FIRST = datetime(2025, 1, 10, tzinfo=UTC)  # months without a partition: the default catches them
DAYS = 120


def rows_of(query: str) -> set[tuple]:
    """The rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return set(cursor.fetchall())


def run(statement: str, *values: Any) -> None:
    """One statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


class Undone(Exception):
    """What was done is to be rolled back."""


class Hands:
    """Somebody who does anything at all to lots, units, records and defects, by chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.product: ProductModel = ProductFactory()
        self.processes: list[Process] = [ProcessFactory() for _ in range(3)]
        self.people = [UserFactory() for _ in range(2)]
        self.lots: list[int] = []
        self.units: list[int] = []
        self.records: list[int] = []
        self.names = 0
        self.seed = seed

    def do(self, times: int) -> None:
        """So many deeds; of some the transaction is rolled back, by choice or because a partition was being made."""
        deeds = [self.lot, self.units_made, self.unit_changed, self.records_made, self.record_changed]
        deeds += [self.defects, self.gone, self.merge, self.partition]
        self.lot()
        for _number in range(times):
            before = [list(self.lots), list(self.units), list(self.records)]
            try:
                with transaction.atomic():
                    self.chance.choice(deeds)()
                    if self.chance.random() < 0.2:
                        raise Undone
            except (Undone, OperationalError) as exc:
                if not isinstance(exc, Undone) and not isinstance(
                    exc.__cause__, DeadlockDetected | LockNotAvailable
                ):
                    raise
                self.lots, self.units, self.records = before

    def moment(self) -> datetime:
        return FIRST + timedelta(seconds=self.chance.randrange(DAYS * 86_400))

    def name(self) -> str:
        self.names += 1
        return f"{self.seed}-{self.names}"

    def lot(self) -> None:
        lot = Lot(
            lot_number=self.name(),
            product=self.product,
            production_date=FIRST.date(),
            shift="DAY",
            created_on=self.moment().date(),
        )
        Lot._base_manager.bulk_create([lot])
        self.lots.append(lot.pk)
        status = self.chance.choice(["IN_PROGRESS", "COMPLETED"])
        done = self.moment().date() if status == "COMPLETED" else None
        run(
            "UPDATE production_lot SET status = %s, completed_on = %s WHERE id = %s",
            status,
            done,
            self.chance.choice(self.lots),
        )
        run("UPDATE production_lot SET target_quantity = 99 WHERE id = ANY(%s)", self.lots)

    def units_made(self) -> None:
        lot = self.chance.choice(self.lots)
        free = Serial.objects.filter(lot_id=lot).count()
        made = Serial._base_manager.bulk_create(
            Serial(
                serial_number=self.name(),
                lot_id=lot,
                sequence_in_lot=free + n + 1,
                created_on=self.moment().date(),
            )
            for n in range(min(self.chance.randrange(5), 100 - free))
        )
        self.units += [unit.pk for unit in made]

    def unit_changed(self) -> None:
        if not self.units:
            return
        status = self.chance.choice(["CREATED", "IN_PROGRESS", "PASSED", "FAILED"])
        at = self.moment() if status in ("PASSED", "FAILED") else None
        run(
            "UPDATE production_serial SET status = %s, completed_at = %s, completed_on = %s, rework_count = %s,"
            " failure_reason = %s WHERE id = ANY(%s)",
            status,
            at,
            at and at.date(),
            self.chance.randrange(4),
            "why" if status == "FAILED" else "",
            self.chance.sample(self.units, min(len(self.units), 3)),
        )

    def record(self) -> dict[str, Any]:
        started = self.moment()
        result = self.chance.choice(["PASS", "FAIL", "REWORK", None])
        lasted = timedelta(
            seconds=self.chance.choice([0, 1, 45, 3600]), microseconds=self.chance.randrange(5)
        )
        return {
            "process_id": self.chance.choice(self.processes).pk,
            "operator_id": self.chance.choice(self.people).pk,
            "result": result,
            "started_at": started,
            "completed_at": started + lasted if result else None,
            "day": (started + lasted).date(),
        }

    def records_made(self) -> None:
        """One, or many in one statement."""
        lot = self.chance.choice(self.lots)
        made = ProcessData._base_manager.bulk_create(
            ProcessData(lot_id=lot, data_level="LOT", process_order=1, **self.record())
            for _ in range(self.chance.choice([1, 1, 7]))
        )
        self.records += [record.pk for record in made]

    def record_changed(self) -> None:
        """Completed, corrected, or moved to another day, process or person."""
        some = self.chance.sample(self.records, min(len(self.records), 2))
        ProcessData._base_manager.filter(pk__in=some).update(**self.record())

    def defects(self) -> None:
        day = self.moment().date()
        Defect.objects.bulk_create(
            Defect(
                record_id=1,
                day=day,
                lot_id=self.chance.choice(self.lots),
                process=self.chance.choice(self.processes),
                defect_code=self.chance.choice(["SCRATCH", "BURR"]),
            )
            for _ in range(self.chance.randrange(1, 4))
        )
        if self.chance.random() < 0.3:
            run("DELETE FROM production_defect WHERE process_id = %s", self.chance.choice(self.processes).pk)

    def gone(self) -> None:
        """Units and records taken away, as only the database's owner can."""
        if self.units and self.chance.random() < 0.5:
            run("DELETE FROM production_serial WHERE id = %s", self.units.pop())
        for _number in range(min(2, len(self.records))):
            run("DELETE FROM production_processdata WHERE id = %s", self.records.pop())

    def merge(self) -> None:
        run("SELECT production_merge_tallies()")

    def partition(self) -> None:
        run("SELECT production_make_partition(%s)", date(2025, self.chance.randrange(1, 6), 1))
