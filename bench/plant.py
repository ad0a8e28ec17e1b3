"""The plant the benchmark runs on: people, a route of eight processes, and as many records over 90 days as wanted."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from core import ledger
from equipment.models import Site
from production.models import Lot, Process, ProductModel, Route, RouteStep, Serial

STEPS = 8
UNITS_PER_LOT = 100
DAYS = 90
OPERATORS = 12
PASSWORD = "Bench-Passw0rd"

HISTORY_LOTS = """
INSERT INTO production_lot (lot_number, product_id, site_id, production_date, shift, target_quantity, actual_quantity,
    passed_quantity, failed_quantity, scrapped_quantity, status, created_on, completed_on, created_at, updated_at)
SELECT 'H-' || n, %(product)s, %(site)s, day, 'DAY', 100, 100, 96, 4, 0, 'COMPLETED', day, day, day, day
FROM (SELECT n, (%(today)s::date - (n %% %(days)s)::int) AS day FROM generate_series(1, %(lots)s) AS n) AS numbered
RETURNING id
"""

HISTORY_UNITS = """
INSERT INTO production_serial (serial_number, lot_id, sequence_in_lot, status, rework_count, failure_reason, is_scrapped,
    created_on, completed_on, completed_at, created_at, updated_at)
SELECT lot_number || '-' || n, l.id, n, CASE WHEN n > 96 THEN 'FAILED' ELSE 'PASSED' END, (n %% 33 = 0)::int,
    CASE WHEN n > 96 THEN 'bench' ELSE '' END, false, l.created_on, l.created_on, l.created_at, l.created_at, l.created_at
FROM production_lot l, generate_series(1, 100) AS n WHERE l.lot_number LIKE 'H-%%'
"""

HISTORY_RECORDS = """
INSERT INTO production_processdata (process_id, serial_id, lot_id, operator_id, data_level, result, measurements,
    defects, notes, process_order, override_reason, started_at, completed_at, day, created_at)
SELECT p.id, s.id, s.lot_id, %(operator)s + s.id %% %(operators)s, 'SERIAL',
    CASE WHEN s.status = 'FAILED' AND p.process_number = 8 THEN 'FAIL' ELSE 'PASS' END,
    '{"marking_depth": 0.05, "position_x": 10.2}', '[]', '', p.process_number, '',
    at, at + (30 + s.id %% 30) * interval '1 second', at::date, at
FROM production_serial s JOIN production_lot l ON l.id = s.lot_id, production_process p,
    LATERAL (SELECT l.created_at + (s.sequence_in_lot * 8 + p.process_number) * interval '80 seconds' AS at) AS moment
WHERE l.id BETWEEN %(first)s AND %(last)s
"""


def build(rows: int) -> dict[str, int]:
    """Everything, with about `rows` records behind it. Ids the requests need."""
    with ledger.bulk(reason="bench"), transaction.atomic():
        site = Site.objects.create(code="BENCH", name="Bench")
        User.objects.create_user("bench", "bench@example.com", PASSWORD, role="admin")
        operators = [
            User.objects.create_user(f"op{n}", f"op{n}@example.com", None, role="operator")
            for n in range(OPERATORS)
        ]
        product = ProductModel.objects.create(model_code="BENCH-1", model_name="Bench")
        route = Route.objects.create(product=product)
        for number in range(1, STEPS + 1):
            process = Process.objects.create(
                process_number=number,
                process_code=f"P{number:02}",
                process_name_en=f"Step {number}",
                quality_criteria=CRITERIA,
            )
            RouteStep.objects.create(route=route, process=process, position=number)
    history(rows, product.pk, site.pk, operators[0].pk)
    return {"product": product.pk, "site": site.pk}


CRITERIA = {
    "measurements": [
        {
            "name": "marking_depth",
            "unit": "mm",
            "kind": "number",
            "lower": 0.03,
            "upper": 0.08,
            "required": True,
        },
        {"name": "position_x", "kind": "number", "lower": 0, "upper": 20},
    ]
}


def history(rows: int, product: int, site: int, operator: int) -> None:
    """Lots, units and records of the last 90 days, a hundred lots to a transaction."""
    wanted = {"product": product, "site": site, "days": DAYS, "today": timezone.now().date()}
    with connection.cursor() as cursor:
        months = "SELECT production_make_partition((now() - n * interval '1 month')::date) FROM generate_series(0, 4) AS n"
        cursor.execute(months)
        cursor.execute(HISTORY_LOTS, {**wanted, "lots": max(1, rows // (STEPS * UNITS_PER_LOT))})
        lots = [row[0] for row in cursor.fetchall()]
        cursor.execute(HISTORY_UNITS, {})
        for start in range(lots[0], lots[-1] + 1, 100):
            span = {"first": start, "last": min(start + 99, lots[-1])}
            cursor.execute(HISTORY_RECORDS, {"operator": operator, "operators": OPERATORS, **span})
        cursor.execute("SELECT production_merge_tallies()")
        cursor.execute("ANALYZE")


def fresh_units(prefix: str, lots: int, product: int, site: int) -> list[list[int]]:
    """New lots full of units that nothing was done to: unit ids per lot."""
    now = timezone.now()
    day = now.date()
    with ledger.bulk(reason="bench"), transaction.atomic():
        made = Lot.objects.bulk_create(
            Lot(
                lot_number=f"{prefix}-{n}",
                product_id=product,
                site_id=site,
                production_date=day,
                shift="DAY",
                target_quantity=UNITS_PER_LOT,
                actual_quantity=UNITS_PER_LOT,
                created_on=day,
            )
            for n in range(lots)
        )
        units = Serial.objects.bulk_create(
            Serial(serial_number=f"{lot.lot_number}-{n}", lot=lot, sequence_in_lot=n, created_on=day)
            for lot in made
            for n in range(1, UNITS_PER_LOT + 1)
        )
    ids = [unit.pk for unit in units]
    return [ids[start : start + UNITS_PER_LOT] for start in range(0, len(ids), UNITS_PER_LOT)]


def yesterday() -> str:
    """A moment as a test program writes it."""
    return (timezone.now() - timedelta(days=1)).isoformat()
