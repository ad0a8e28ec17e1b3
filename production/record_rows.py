"""Rows around one record, in as few statements as can be: the lot and unit locked, then the route with its marks."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext as _

from core.ledger import Entry, remember, write
from equipment.models import Site
from production.criteria import Criteria, criteria_of
from production.models import Lot, Process, ProcessData, Serial, StepMark
from production.record_input import invalid
from production.record_rules import Step, Unit, Way, way_of


class Place(NamedTuple):
    """Where a record belongs: its lot and unit, both locked, and what is known of the process and the unit."""

    lot: Lot
    serial: Serial | None
    process: Process
    step: Step
    way: Way
    unit: Unit
    begun: dict[int, int]  # process id → the record that waits for its completion
    criteria: Criteria


def _columns(model: type[models.Model], name: str) -> str:
    return ", ".join(f"{name}.{field.column}" for field in model._meta.concrete_fields)


def _names(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


LOT_NAMES, SERIAL_NAMES, SITE_NAMES = _names(Lot), _names(Serial), ["id", "timezone"]

# The lot first, then the unit, in one statement. Each is read again as it stands once its lock is had.
_LOCK = f"""
    WITH lot AS MATERIALIZED (
        SELECT lot.*, site.timezone FROM production_lot AS lot
        LEFT JOIN equipment_site AS site ON site.id = lot.site_id
        WHERE lot.id = (SELECT lot_id FROM production_serial WHERE {{name}} = %s)
        FOR NO KEY UPDATE OF lot
    )
    SELECT {_columns(Lot, "lot")}, {_columns(Serial, "unit")}, lot.site_id, lot.timezone
    FROM lot JOIN production_serial AS unit ON unit.lot_id = lot.id WHERE unit.{{name}} = %s
    FOR NO KEY UPDATE OF unit
"""  # noqa: S608  names of columns only

PROCESS_NAMES = [
    "id",
    "process_number",
    "process_code",
    "process_name_ko",
    "process_name_en",
    "quality_criteria",
    "is_label",
    "is_active",
]  # in the order of the model
# The active processes of the product's own route, else all active ones, with how far the unit is in each.
_ROUTE = """
    SELECT p.id, p.process_number, p.process_code, p.process_name_ko, p.process_name_en,
        CASE WHEN p.id = %s::bigint OR lower(p.process_code) = lower(%s::text) THEN p.quality_criteria END,
        p.is_label, p.is_active,
        mark.passed, mark.record_id
    FROM production_process AS p
    LEFT JOIN (production_route AS route JOIN production_routestep AS step ON step.route_id = route.id)
        ON route.product_id = %s AND step.process_id = p.id
    LEFT JOIN production_stepmark AS mark ON mark.process_id = p.id AND {mark}
    WHERE p.is_active AND (step.id IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM production_routestep AS step JOIN production_route AS route ON route.id = step.route_id
        WHERE route.product_id = %s))
    ORDER BY step.position, p.sort_order, p.process_number, p.id
"""
_OF_UNIT = _ROUTE.format(mark="mark.serial_id = %s")
_OF_LOT = _ROUTE.format(mark="mark.lot_id = %s AND mark.serial_id IS NULL")


def lock_unit(*, serial_id: int | None, serial_number: str | None) -> Serial:
    """The unit with its lot and site, both locked. Raises Invalid where there is none. One statement."""
    name, wanted = ("id", serial_id) if serial_id is not None else ("serial_number", serial_number)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format(name=name), [wanted, wanted])
        row = cursor.fetchone()
    if row is None:
        field = "serial_id" if serial_id is not None else "serial_number"
        raise invalid(field, _("There is no unit %(name)s.") % {"name": wanted})
    lot = Lot.from_db("default", LOT_NAMES, row[: len(LOT_NAMES)])
    serial: Serial = Serial.from_db("default", SERIAL_NAMES, row[len(LOT_NAMES) : -2])
    lot.site = Site.from_db("default", SITE_NAMES, row[-2:]) if lot.site_id else None
    serial.lot = lot
    return serial


def lock_lot(*, lot_id: int | None, lot_number: str | None) -> Lot:
    """The lot with its site, locked. Raises Invalid where there is none."""
    name, wanted = ("pk", lot_id) if lot_id is not None else ("lot_number", lot_number)
    rows = Lot.objects.select_for_update(no_key=True, of=("self",)).select_related("site")
    lot = rows.filter(**{name: wanted}).first()
    if lot is None:
        field = "lot_id" if lot_id is not None else "lot_number"
        raise invalid(field, _("There is no lot %(name)s.") % {"name": wanted})
    return lot


def place_of(lot: Lot, serial: Serial | None, *, process_id: int | None, process_code: str | None) -> Place:
    """The route as it is now and how far the unit is on it. Raises Invalid for a process not on it. One statement."""
    rows = _route_rows(lot, serial, process_id, process_code)
    way = way_of([Step(row[0], row[2], row[6]) for row in rows])
    wanted = process_id if process_id is not None else _id_of_code(rows, process_code)
    step = way.step(wanted, "process_id" if process_id is not None else "process_code")
    row = rows[way.places[step.id] - 1]
    if process_code is not None and step.code.lower() != process_code.lower():
        raise invalid("process_code", _("This is another process than that of process_id."))
    process: Process = Process.from_db("default", PROCESS_NAMES, [*row[:5], orjson.loads(row[5]), *row[6:-2]])
    return Place(
        lot=lot,
        serial=serial,
        process=process,
        step=step,
        way=way,
        unit=Unit(
            serial.status if serial else lot.status,
            lot.status,
            {row[0]: row[-2] for row in rows if row[-2] is not None},
        ),
        begun={row[0]: row[-1] for row in rows if row[-2] is False},
        criteria=criteria_of(process.quality_criteria),
    )


def _route_rows(
    lot: Lot, serial: Serial | None, process_id: int | None, process_code: str | None
) -> list[tuple[Any, ...]]:
    product, marked = lot.product_id, serial.pk if serial else lot.pk
    with connection.cursor() as cursor:
        cursor.execute(_OF_UNIT if serial else _OF_LOT, [process_id, process_code, product, marked, product])
        return cursor.fetchall()


def _id_of_code(rows: list[tuple[Any, ...]], code: str | None) -> int | None:
    if code is None:
        raise invalid("process_id", _("This field is required."))
    return next((row[0] for row in rows if row[2].lower() == code.lower()), None)


# The mark and the record in one statement: neither without the other, and nothing where the process is marked already.
_INSERT = """
    WITH fresh AS MATERIALIZED (
        SELECT nextval('production_processdata_id_seq') AS id, %s::bigint AS lot_id, %s::bigint AS serial_id,
            %s::bigint AS process_id, %s::text AS result
    ), mark AS (
        INSERT INTO production_stepmark (lot_id, serial_id, process_id, passed, record_id)
        SELECT lot_id, serial_id, process_id, result IS NOT NULL, id FROM fresh WHERE result IS NULL OR result = 'PASS'
        ON CONFLICT DO NOTHING RETURNING id
    )
    INSERT INTO production_processdata (id, lot_id, serial_id, process_id, result, machine_id, operator_id,
        data_level, measurements, defects, notes, process_order, override_reason, started_at, completed_at, day,
        created_at)
    SELECT id, lot_id, serial_id, process_id, result, %s::bigint, %s::bigint, %s::text, %s::jsonb, %s::jsonb, %s::text,
        %s::int, %s::text, %s::timestamptz, %s::timestamptz, %s::date, %s::timestamptz
    FROM fresh WHERE result IN ('FAIL', 'REWORK') OR EXISTS (SELECT FROM mark)
    RETURNING id
"""


def insert_record(row: ProcessData) -> bool:
    """Write a new record with its mark, and its entry in the ledger; False where the process is marked already."""
    row.created_at = timezone.now()
    values = [
        row.lot_id,
        row.serial_id,
        row.process_id,
        row.result,
        row.machine_id,
        row.operator_id,
        row.data_level,
        orjson.dumps(row.measurements).decode(),
        orjson.dumps(row.defects).decode(),
        row.notes,
        row.process_order,
        row.override_reason,
        row.started_at,
        row.completed_at,
        row.day,
        row.created_at,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        made = cursor.fetchone()
    if made is None:
        return False
    row.pk = made[0]
    row._state.adding = False
    row._state.db = connection.alias
    write([Entry("CREATE", row, None, remember(row))])
    return True


def end_mark(*, record_id: int, process_id: int, lot_id: int, serial_id: int | None, passed: bool) -> None:
    """The begun step has ended: passed, or open to be tried again."""
    marks = StepMark.objects.filter(
        lot_id=lot_id, serial_id=serial_id, process_id=process_id, record_id=record_id, passed=False
    )
    if passed:
        marks.update(passed=True)
    else:
        marks.delete()
