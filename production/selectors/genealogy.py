"""What was made from what: component lots go into units, and a lot of our own may be a component lot again.

A unit is known to hold what was scanned into it. Which units of a lot lie in a component lot made in that lot nobody
scanned: what is made from one of them is taken to be made from all.
"""

from __future__ import annotations

from django.db import connection

from production.models import ComponentLot, Lot, Serial

# Everything that anything here went into, from the rows (kind, id) of `roots` on. UNION keeps each once, so even rows
# that go in a circle come to an end.
FORWARD = """
WITH RECURSIVE reach (kind, id) AS (
    SELECT * FROM (VALUES {roots}) AS roots (kind, id)
    UNION
    SELECT step.kind, step.id FROM reach, LATERAL (
        SELECT 'unit', used.serial_id FROM production_consumption used
        WHERE reach.kind = 'component' AND used.component_lot_id = reach.id
        UNION ALL
        SELECT 'unit', unit.id FROM production_serial unit
        WHERE reach.kind = 'lot' AND unit.lot_id = reach.id
        UNION ALL
        SELECT 'component', made.id FROM production_componentlot made
        WHERE reach.kind = 'lot' AND made.made_in_id = reach.id
        UNION ALL
        SELECT 'component', made.id FROM production_serial unit
        JOIN production_componentlot made ON made.made_in_id = unit.lot_id
        WHERE reach.kind = 'unit' AND unit.id = reach.id
    ) AS step (kind, id)
)
{question}
"""
GOES_INTO = """
SELECT EXISTS (
    SELECT 1 FROM reach JOIN production_serial unit ON unit.id = reach.id
    WHERE reach.kind = 'unit' AND unit.lot_id = %s
)
"""


def lot_goes_into(*, lot_id: int, other_id: int) -> bool:
    """Whether anything of the lot lies, directly or through sub-assemblies, in the other lot; a lot lies in itself."""
    if lot_id == other_id:
        return True
    with connection.cursor() as cursor:
        cursor.execute(FORWARD.format(roots="('lot', %s::bigint)", question=GOES_INTO), [lot_id, other_id])
        return bool(cursor.fetchone()[0])


def component_lot_named(name: str) -> ComponentLot | None:
    """By its number in any case, else by its id."""
    found = ComponentLot.objects.filter(lot_number__iexact=name).first()
    return found or _by_id(ComponentLot, name)


def lot_named(name: str) -> Lot | None:
    """By its number, else by its id."""
    return Lot.objects.filter(lot_number__in=_spellings(name)).first() or _by_id(Lot, name)


def serial_named(name: str) -> Serial | None:
    """By its number, else by its id."""
    return serial_numbered(name) or _by_id(Serial, name)


def serial_numbered(number: str) -> Serial | None:
    """By its number, in capitals or not, its hyphens left in or out by whoever printed the label."""
    return Serial.objects.filter(serial_number__in=_spellings(number)).first()


def _spellings(number: str) -> list[str]:
    number = number.strip()
    return list(
        dict.fromkeys([number, number.upper(), number.replace("-", ""), number.upper().replace("-", "")])
    )


def _by_id(model: type, name: str):  # type: ignore[no-untyped-def]
    is_id = name.isascii() and name.isdigit() and len(name) <= MAX_DIGITS
    return model.objects.filter(pk=int(name)).first() if is_id else None  # type: ignore[attr-defined]


MAX_DIGITS = 18  # of an id
