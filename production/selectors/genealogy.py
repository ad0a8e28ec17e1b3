"""What was made from what: component lots go into units, and a lot of our own may be a component lot again.

A unit is known to hold what was scanned into it. Which units of a lot lie in a component lot made in that lot nobody
scanned: what is made from one of them is taken to be made from all.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db import connection

from production.models import ComponentLot, Lot
from production.selectors.naming import Subject

# From the rows (kind, id) of `roots` on, step by step. UNION keeps each row once, so even rows that went in a circle
# would come to an end.
REACH = """
WITH RECURSIVE reach (kind, id) AS (
    SELECT * FROM (VALUES {roots}) AS roots (kind, id)
    UNION
    SELECT step.kind, step.id FROM reach, LATERAL ({steps}) AS step (kind, id)
)
{question}
"""
ROOT = "(%s, %s::bigint)"
# Everything that anything of it went into, unit by unit.
FORWARD = """
    SELECT 'serial', used.serial_id FROM production_consumption used
    WHERE reach.kind = 'component_lot' AND used.component_lot_id = reach.id
    UNION ALL
    SELECT 'serial', unit.id FROM production_serial unit WHERE reach.kind = 'lot' AND unit.lot_id = reach.id
    UNION ALL
    SELECT 'component_lot', made.id FROM production_componentlot made
    WHERE reach.kind = 'lot' AND made.made_in_id = reach.id
    UNION ALL
    SELECT 'component_lot', made.id FROM production_serial unit
    JOIN production_componentlot made ON made.made_in_id = unit.lot_id
    WHERE reach.kind = 'serial' AND unit.id = reach.id
"""
# The same by lots, which is how a tree is drawn.
DOWN = """
    SELECT 'lot', unit.lot_id FROM production_consumption used
    JOIN production_serial unit ON unit.id = used.serial_id
    WHERE reach.kind = 'component_lot' AND used.component_lot_id = reach.id
    UNION ALL
    SELECT 'component_lot', made.id FROM production_componentlot made
    WHERE reach.kind = 'lot' AND made.made_in_id = reach.id
"""
UP = """
    SELECT 'component_lot', used.component_lot_id FROM production_consumption used
    WHERE reach.kind = 'serial' AND used.serial_id = reach.id
    UNION ALL
    SELECT 'component_lot', used.component_lot_id FROM production_serial unit
    JOIN production_consumption used ON used.serial_id = unit.id
    WHERE reach.kind = 'lot' AND unit.lot_id = reach.id
    UNION ALL
    SELECT 'lot', made.made_in_id FROM production_componentlot made
    WHERE reach.kind = 'component_lot' AND made.id = reach.id AND made.made_in_id IS NOT NULL
"""
GOES_INTO = """
SELECT EXISTS (
    SELECT 1 FROM reach JOIN production_serial unit ON unit.id = reach.id
    WHERE reach.kind = 'serial' AND unit.lot_id = %s
)
"""
EVERYTHING = "SELECT kind, id FROM reach"
HOLDINGS = """
SELECT used.component_lot_id, unit.lot_id, unit.id, unit.serial_number, unit.status, sum(used.quantity)
FROM production_consumption used JOIN production_serial unit ON unit.id = used.serial_id
WHERE used.component_lot_id = ANY(%s) GROUP BY used.component_lot_id, unit.id ORDER BY unit.serial_number
"""
INGREDIENTS = """
SELECT unit.lot_id, used.component_lot_id, sum(used.quantity), count(DISTINCT unit.id)
FROM production_serial unit JOIN production_consumption used ON used.serial_id = unit.id
WHERE unit.lot_id = ANY(%s) GROUP BY unit.lot_id, used.component_lot_id ORDER BY used.component_lot_id
"""
OF_UNIT = """
SELECT used.component_lot_id, sum(used.quantity) FROM production_consumption used
WHERE used.serial_id = %s GROUP BY used.component_lot_id ORDER BY used.component_lot_id
"""
Ids = dict[str, list[int]]
Seen = dict[tuple[str, int], bool]  # what was drawn already, and whether it has branches


def rows_of(query: str, parameters: Any) -> list[Any]:
    """What a query answers."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def reached(subject: Subject, steps: str) -> Ids:
    """The ids by kind of everything these steps lead to from the subject, itself included."""
    found: Ids = {"serial": [], "lot": [], "component_lot": []}
    query = REACH.format(roots=ROOT, steps=steps, question=EVERYTHING)
    for kind, pk in rows_of(query, [subject.kind, subject.row.pk]):
        found[kind].append(pk)
    return found


def lot_goes_into(*, lot_id: int, other_id: int) -> bool:
    """Whether anything of the lot lies, directly or through sub-assemblies, in the other lot; a lot lies in itself."""
    if lot_id == other_id:
        return True
    query = REACH.format(roots=ROOT, steps=FORWARD, question=GOES_INTO)
    return bool(rows_of(query, ["lot", lot_id, other_id])[0][0])


@dataclass(frozen=True, slots=True)
class Holding:
    """A unit and how much of the component lot it holds."""

    id: int
    serial_number: str
    status: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Node:
    """A lot or a component lot in the tree, with how much of it (or of what is above it) went over this edge.

    `title` is its part or its product, `units` in how many units it lies; `repeated`: drawn in full elsewhere.
    """

    kind: str
    id: int
    number: str
    title: str
    status: str
    quantity: Decimal | None = None
    units: int | None = None
    serials: tuple[Holding, ...] = ()
    repeated: bool = False
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Genealogy:
    """`up`: what the subject was made from; `down`: where it was used."""

    subject: Subject
    up: list[Node]
    down: list[Node]


def genealogy(*, subject: Subject) -> Genealogy:
    """Both trees of a unit, a lot or a component lot, in a fixed number of queries whatever they hold."""
    return _Web(subject).drawn()


class _Web:
    """Every row and edge that the trees of one subject are drawn from."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        # a unit goes where its lot goes
        self.origin = Subject("lot", subject.row.lot) if subject.kind == "serial" else subject
        up, down = reached(subject, UP), reached(self.origin, DOWN)
        ids = {kind: list({*up[kind], *down[kind]}) for kind in ("lot", "component_lot")}
        self.lots = {lot.pk: lot for lot in Lot.objects.filter(pk__in=ids["lot"]).select_related("product")}
        parts = ComponentLot.objects.filter(pk__in=ids["component_lot"]).order_by("lot_number")
        self.components = {part.pk: part for part in parts}
        self.made_in: dict[int, list[int]] = defaultdict(list)
        for part in self.components.values():
            if part.made_in_id:
                self.made_in[part.made_in_id].append(part.pk)
        self._read_edges(up["lot"], down["component_lot"])

    def _read_edges(self, lots: list[int], component_lots: list[int]) -> None:
        self.ingredients: dict[int, list[tuple[int, Decimal, int]]] = defaultdict(list)
        for lot_id, part_id, quantity, units in rows_of(INGREDIENTS, [lots]):
            self.ingredients[lot_id].append((part_id, quantity, units))
        self.holdings: dict[int, dict[int, list[Holding]]] = defaultdict(lambda: defaultdict(list))
        for part_id, lot_id, *held in rows_of(HOLDINGS, [component_lots]):
            self.holdings[part_id][lot_id].append(Holding(*held))
        self.of_unit = rows_of(OF_UNIT, [self.subject.row.pk]) if self.subject.kind == "serial" else []

    def drawn(self) -> Genealogy:
        kind, pk = self.subject.kind, self.subject.row.pk
        if kind == "serial":
            seen: Seen = {}
            up = [self._part_above(part_id, quantity, None, seen) for part_id, quantity in self.of_unit]
        else:
            up = self._above(kind, pk, {(kind, pk): True})
        return Genealogy(self.subject, up, self._below(*_key(self.origin), {_key(self.origin): True}))

    # --- up: what it was made from

    def _above(self, kind: str, pk: int, seen: Seen) -> list[Node]:
        if kind == "lot":
            return [self._part_above(*edge, seen) for edge in self.ingredients[pk]]
        source = self.components[pk].made_in_id
        return [self._grown(self._lot(source), self._above, seen)] if source else []

    def _part_above(self, pk: int, quantity: Decimal, units: int | None, seen: Seen) -> Node:
        return self._grown(replace(self._part(pk), quantity=quantity, units=units), self._above, seen)

    # --- down: where it was used

    def _below(self, kind: str, pk: int, seen: Seen) -> list[Node]:
        if kind == "lot":
            return [self._grown(self._part(part_id), self._below, seen) for part_id in self.made_in[pk]]
        return [
            self._lot_below(lot_id, tuple(held), seen) for lot_id, held in sorted(self.holdings[pk].items())
        ]

    def _lot_below(self, lot_id: int, held: tuple[Holding, ...], seen: Seen) -> Node:
        quantity = sum((one.quantity for one in held), Decimal())
        node = replace(self._lot(lot_id), quantity=quantity, units=len(held), serials=held)
        return self._grown(node, self._below, seen)

    # --- nodes

    def _grown(self, node: Node, grow: Any, seen: Seen) -> Node:
        """The node with its branches, which are drawn once; a leaf may come again."""
        key = (node.kind, node.id)
        if key in seen:
            return replace(node, repeated=seen[key])
        seen[key] = True  # while it grows: should rows go in a circle, this is where it ends
        node = replace(node, children=grow(*key, seen))
        seen[key] = bool(node.children)
        return node

    def _lot(self, pk: int) -> Node:
        lot = self.lots[pk]
        return Node("lot", pk, lot.lot_number, lot.product.model_code, lot.status)

    def _part(self, pk: int) -> Node:
        part = self.components[pk]
        return Node("component_lot", pk, part.lot_number, part.part_code, part.status)


def _key(subject: Subject) -> tuple[str, int]:
    return subject.kind, subject.row.pk
