"""Whatever is touched by a fault in a component lot, a lot or a unit, and where all of it lies."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from production.selectors.genealogy import FORWARD, reached, rows_of
from production.selectors.naming import Subject

# A unit that failed for good is in_scrapped, one that may be reworked in_failed.
COMPONENT_LOTS = """
SELECT part.id, part.part_code, part.lot_number, part.supplier, part.status, part.made_in_id, source.lot_number,
    part.quantity, part.consumed,
    coalesce(sum(used.quantity) FILTER (WHERE unit.status = 'PASSED'), 0),
    coalesce(sum(used.quantity) FILTER (WHERE unit.status = 'FAILED' AND NOT unit.is_scrapped), 0),
    coalesce(sum(used.quantity) FILTER (WHERE unit.is_scrapped), 0),
    coalesce(sum(used.quantity) FILTER (WHERE unit.status IN ('CREATED', 'IN_PROGRESS')), 0),
    count(DISTINCT used.serial_id)
FROM production_componentlot part
LEFT JOIN production_lot source ON source.id = part.made_in_id
LEFT JOIN production_consumption used ON used.component_lot_id = part.id
LEFT JOIN production_serial unit ON unit.id = used.serial_id
WHERE part.id = ANY(%s) GROUP BY part.id, source.id ORDER BY part.lot_number
"""
LOTS = """
SELECT lot.id, lot.lot_number, product.model_code, product.model_name, lot.status, lot.production_date,
    lot.actual_quantity, count(unit.id)
FROM production_lot lot
JOIN production_productmodel product ON product.id = lot.product_id
LEFT JOIN production_serial unit ON unit.lot_id = lot.id AND unit.id = ANY(%(units)s)
WHERE lot.id = ANY(%(lots)s) OR lot.id IN (SELECT lot_id FROM production_serial WHERE id = ANY(%(units)s))
GROUP BY lot.id, product.id ORDER BY lot.lot_number
"""
SERIALS = """
SELECT unit.id, unit.serial_number, lot.lot_number, product.model_code, unit.status, unit.is_scrapped,
    (SELECT sum(used.quantity) FROM production_consumption used
     WHERE used.serial_id = unit.id AND used.component_lot_id = ANY(%s))
FROM production_serial unit
JOIN production_lot lot ON lot.id = unit.lot_id
JOIN production_productmodel product ON product.id = lot.product_id
WHERE unit.id = ANY(%s) ORDER BY unit.serial_number
"""

RECALL_COLUMNS = ("serial_number", "lot_number", "product_code", "status", "is_scrapped", "quantity")


@dataclass(frozen=True, slots=True)
class Balance:
    """Where a received quantity is. `balanced`: what was taken lies in units, to the last decimal."""

    received: Decimal
    consumed: Decimal
    remaining: Decimal
    in_passed: Decimal
    in_failed: Decimal
    in_scrapped: Decimal
    in_progress: Decimal
    balanced: bool


@dataclass(frozen=True, slots=True)
class AffectedComponentLot:
    id: int
    part_code: str
    lot_number: str
    supplier: str
    status: str
    made_in_id: int | None
    made_in: str | None
    units: int
    balance: Balance


@dataclass(frozen=True, slots=True)
class AffectedLot:
    """`units`: made in it; `affected_units`: of these, to be recalled."""

    id: int
    lot_number: str
    product_code: str
    product_name: str
    status: str
    production_date: date
    units: int
    affected_units: int


@dataclass(frozen=True, slots=True)
class AffectedSerial:
    """`quantity`: how much of the recalled component lots themselves it holds; None where only a part of it does."""

    id: int
    serial_number: str
    lot_number: str
    product_code: str
    status: str
    is_scrapped: bool
    quantity: Decimal | None


@dataclass(frozen=True, slots=True)
class Recall:
    """`by_status` counts the units, scrapped ones as SCRAPPED alone; `balance` is of the recalled component lots: the
    one asked for, or those made in the lot (of the unit) asked for."""

    subject: Subject
    component_lots: list[AffectedComponentLot]
    lots: list[AffectedLot]
    serials: list[AffectedSerial]
    by_status: dict[str, int]
    balance: Balance


def recall(*, subject: Subject) -> Recall:
    """Everything that holds any of the subject, down to the last unit, in four queries."""
    ids = reached(subject, FORWARD)
    parts = [_component_lot(*row) for row in rows_of(COMPONENT_LOTS, [ids["component_lot"]])]
    recalled = [part for part in parts if _is_recalled(part, subject)]
    serials = rows_of(SERIALS, [[part.id for part in recalled], ids["serial"]])
    units = [AffectedSerial(*row) for row in serials]
    return Recall(
        subject,
        parts,
        _lots(ids["lot"], ids["serial"]),
        units,
        _by_status(units),
        _sum([part.balance for part in recalled]),
    )


def _component_lot(
    pk: int,
    part_code: str,
    number: str,
    supplier: str,
    status: str,
    made_in_id: int | None,
    made_in: str | None,
    *amounts: Decimal,
) -> AffectedComponentLot:
    received, consumed, passed, failed, scrapped, under_way, units = amounts
    balance = Balance(
        received,
        consumed,
        received - consumed,
        passed,
        failed,
        scrapped,
        under_way,
        balanced=passed + failed + scrapped + under_way == consumed,
    )
    return AffectedComponentLot(
        pk, part_code, number, supplier, status, made_in_id, made_in, int(units), balance
    )


def _is_recalled(part: AffectedComponentLot, subject: Subject) -> bool:
    if subject.kind == "component_lot":
        return bool(part.id == subject.row.pk)
    lot_id = subject.row.lot_id if subject.kind == "serial" else subject.row.pk
    return bool(part.made_in_id == lot_id)


def _lots(lots: list[int], units: list[int]) -> list[AffectedLot]:
    return [AffectedLot(*row) for row in rows_of(LOTS, {"lots": lots, "units": units})]


def _by_status(units: list[AffectedSerial]) -> dict[str, int]:
    counted = Counter("SCRAPPED" if unit.is_scrapped else unit.status for unit in units)
    return {status: counted[status] for status in ("CREATED", "IN_PROGRESS", "PASSED", "FAILED", "SCRAPPED")}


def _sum(balances: list[Balance]) -> Balance:
    names = ("received", "consumed", "remaining", "in_passed", "in_failed", "in_scrapped", "in_progress")
    sums = {name: sum((getattr(one, name) for one in balances), Decimal()) for name in names}
    return Balance(**sums, balanced=all(one.balanced for one in balances))
