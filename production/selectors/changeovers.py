"""How long machines take from the last good piece of one product to the first good piece of the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from equipment.choices import State

# The counts of the window and, of each machine, the last one before it; each beside the one before; those of another
# product. What the machine spent in setup meanwhile comes from its timeline.
_CHANGEOVERS = """
    WITH counted AS (
        SELECT id, machine_id, at, product_id FROM production_productioncount
        WHERE machine_id = ANY(%(machines)s) AND good > 0 AND product_id IS NOT NULL
            AND at >= %(start)s AND at < %(end)s
        UNION ALL
        SELECT last.* FROM unnest(%(machines)s::bigint[]) AS wanted (machine_id)
        JOIN LATERAL (
            SELECT id, machine_id, at, product_id FROM production_productioncount
            WHERE machine_id = wanted.machine_id AND good > 0 AND product_id IS NOT NULL AND at < %(start)s
            ORDER BY at DESC, id DESC LIMIT 1) AS last ON true
    ), paired AS (
        SELECT machine_id, at AS ended_at, product_id AS next_id,
            lag(at) OVER in_order AS started_at, lag(product_id) OVER in_order AS last_id
        FROM counted WINDOW in_order AS (PARTITION BY machine_id ORDER BY at, id)
    )
    SELECT machine.equipment_code, last.model_code, next.model_code, started_at, ended_at, coalesce((
        SELECT sum(extract(epoch FROM least(coalesce(state.ended_at, 'infinity'), paired.ended_at)
            - greatest(state.started_at, paired.started_at)))
        FROM equipment_machinestate AS state
        WHERE state.machine_id = paired.machine_id AND state.state = %(setup)s
            AND state.started_at < paired.ended_at
            AND coalesce(state.ended_at, 'infinity') > paired.started_at), 0)
    FROM paired
    JOIN equipment_machine AS machine ON machine.id = paired.machine_id
    JOIN production_productmodel AS last ON last.id = last_id
    JOIN production_productmodel AS next ON next.id = next_id
    WHERE next_id <> last_id
    ORDER BY ended_at, machine.equipment_code
"""


@dataclass(frozen=True, slots=True)
class Changeover:
    """One machine from one product to the next, by their model codes."""

    equipment_code: str
    from_product: str
    to_product: str
    started_at: datetime  # the last good count of the old product
    ended_at: datetime  # the first good count of the new one
    setup_seconds: float  # of which the machine was in setup

    @property
    def duration_seconds(self) -> float:
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class AverageChangeover:
    """What `count` changeovers of one pair of products took on average, in seconds."""

    from_product: str
    to_product: str
    count: int
    duration_seconds: float
    setup_seconds: float


def changeovers(*, machine_ids: Sequence[int], start: datetime, end: datetime) -> list[Changeover]:
    """Those of these machines that ended in [start, end), in order. One query."""
    given: dict[str, Any] = {
        "machines": list(machine_ids),
        "start": start,
        "end": end,
        "setup": State.SETUP.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHANGEOVERS, given)
        return [
            Changeover(code, last, following, started_at, ended_at, float(setup))
            for code, last, following, started_at, ended_at, setup in cursor.fetchall()
        ]


def average_changeovers(found: Iterable[Changeover]) -> list[AverageChangeover]:
    """The averages of each pair of products, the longest first."""
    pairs: defaultdict[tuple[str, str], list[Changeover]] = defaultdict(list)
    for one in found:
        pairs[one.from_product, one.to_product].append(one)
    averages = [
        AverageChangeover(
            *pair,
            len(ones),
            sum(one.duration_seconds for one in ones) / len(ones),
            sum(one.setup_seconds for one in ones) / len(ones),
        )
        for pair, ones in pairs.items()
    ]
    return sorted(averages, key=lambda one: (-one.duration_seconds, one.from_product, one.to_product))
