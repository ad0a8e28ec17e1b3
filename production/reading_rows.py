"""Counts that follow from counter readings: written again from the first late reading to where nothing differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from production.count_rows import columns, execute, fetch, insert_derived
from production.derivation import GOOD, SCRAP, TOTAL, Pieces, Tally

AHEAD = 200  # readings looked at in one go beyond the new ones


class Stored(NamedTuple):
    """A reading with what it has been taken to add so far."""

    machine_id: int
    id: int
    counter: str
    at: datetime
    value: int
    rollover_at: int | None
    owed: int
    product_id: int | None
    source: str
    event_id: str
    good: int
    scrap: int


@dataclass(slots=True)
class Walk:
    """The way through the readings of one machine from its first new one on."""

    tally: Tally
    place: tuple[datetime, str, int]  # behind this one it goes on
    new: set[int]
    unfollowed: set[str] = field(default_factory=set)  # counters whose next old reading is still to come
    settled: bool = False

    def pass_by(self, reading: Stored) -> Pieces:
        """Take the next reading in; settled once everything after it must be as it was before."""
        pieces = self.tally.take(reading.counter, reading.value, reading.rollover_at)
        self.place = (reading.at, reading.counter, reading.id)
        if reading.id in self.new:
            self.new.discard(reading.id)
            self.unfollowed.add(reading.counter)
        else:
            self.unfollowed.discard(reading.counter)
        self.settled = not self.new and not self.unfollowed and self.tally.owed == reading.owed
        return pieces


# The row before in the order of the index: it is of the same machine and counter, or there is none. Asked for by
# equality, PostgreSQL would search the whole history by time for a counter that the machine does not have.
_BEFORE = """
    SELECT given.machine_id, kind.counter, reading.value, reading.owed
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS given (machine_id, starts)
    CROSS JOIN unnest(%s::text[]) AS kind (counter)
    CROSS JOIN LATERAL (
        SELECT machine_id, counter, at, value, owed FROM production_counterreading
        WHERE (machine_id, counter, at) < (given.machine_id, kind.counter, given.starts)
        ORDER BY machine_id DESC, counter DESC, at DESC, id DESC LIMIT 1) AS reading
    WHERE reading.machine_id = given.machine_id AND reading.counter = kind.counter
    ORDER BY reading.at, kind.counter
"""

_AHEAD = """
    SELECT reading.*, coalesce(count.good, 0), coalesce(count.scrap, 0)
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[], %s::bigint[])
        AS given (machine_id, at, counter, id, many)
    CROSS JOIN LATERAL (
        SELECT machine_id, id, counter, at, value, rollover_at, owed, product_id, source, event_id
        FROM production_counterreading
        WHERE machine_id = given.machine_id AND (at, counter, id) > (given.at, given.counter, given.id)
        ORDER BY at, counter, id LIMIT given.many) AS reading
    LEFT JOIN LATERAL (
        SELECT good, scrap FROM production_productioncount
        WHERE reading_id = reading.id LIMIT 1) AS count ON true
    ORDER BY reading.machine_id, reading.at, reading.counter, reading.id
"""

_SET_OWED = """
    UPDATE production_counterreading AS reading SET owed = given.owed
    FROM unnest(%s::bigint[], %s::bigint[]) AS given (id, owed) WHERE reading.id = given.id
"""


def follow(new: Mapping[int, Mapping[int, datetime]]) -> list[Stored]:
    """Bring the counts up to new readings {machine id: {reading id: at}}; the readings whose count changed.

    The machines are locked by the caller. A few statements in all where the readings come in order.
    """
    walks = _walks(new)
    changed: list[Stored] = []
    while waiting := {pk: walk for pk, walk in walks.items() if not walk.settled}:
        many = {pk: len(walk.new) + AHEAD for pk, walk in waiting.items()}
        ahead = _ahead(waiting, many)
        changed += _write([step for pk, walk in waiting.items() for step in _go(walk, ahead[pk])])
        for pk, walk in waiting.items():
            walk.settled |= len(ahead[pk]) < many[pk]
    return changed


def _walks(new: Mapping[int, Mapping[int, datetime]]) -> dict[int, Walk]:
    """A walk per machine, standing before its first new reading with the tally of that moment."""
    starts = {pk: min(times.values()) for pk, times in new.items()}
    walks = {pk: Walk(Tally(), (start, "", 0), set(new[pk])) for pk, start in starts.items()}
    for pk, counter, value, owed in fetch(_BEFORE, [*columns(starts.items()), [GOOD, SCRAP, TOTAL]]):
        walks[pk].tally.last[counter] = value
        walks[pk].tally.owed = owed  # the last of the three is the latest
    return walks


def _ahead(walks: Mapping[int, Walk], many: Mapping[int, int]) -> defaultdict[int, list[Stored]]:
    """The next readings of each machine, in order."""
    found: defaultdict[int, list[Stored]] = defaultdict(list)
    for row in fetch(_AHEAD, columns((pk, *walk.place, many[pk]) for pk, walk in walks.items())):
        found[row[0]].append(Stored(*row))
    return found


Step = tuple[Stored, Pieces, int]  # a reading, the pieces it adds, and what is owed after it


def _go(walk: Walk, readings: list[Stored]) -> list[Step]:
    """The readings up to where the walk settles."""
    steps: list[Step] = []
    for reading in readings:
        if walk.settled:
            break
        steps.append((reading, walk.pass_by(reading), walk.tally.owed))
    return steps


def _write(steps: list[Step]) -> list[Stored]:
    """Store what differs: owed pieces, and counts, which are taken away and made anew. A count of none is no row."""
    owing = [(reading.id, owed) for reading, _pieces, owed in steps if owed != reading.owed]
    if owing:
        execute(_SET_OWED, columns(owing))
    wrong = [(reading, pieces) for reading, pieces, _owed in steps if pieces != (reading.good, reading.scrap)]
    stale = [reading.id for reading, _pieces in wrong if reading.good or reading.scrap]
    if stale:
        execute("DELETE FROM production_productioncount WHERE reading_id = ANY(%s)", [stale])
    if wrong:
        insert_derived(_count_row(reading, pieces) for reading, pieces in wrong if any(pieces))
    return [reading for reading, _pieces in wrong]


def _count_row(reading: Stored, pieces: Pieces) -> tuple[Any, ...]:
    r = reading
    return (
        r.machine_id,
        r.source,
        r.event_id,
        r.at,
        r.product_id,
        None,  # run
        None,  # job
        pieces.good,
        pieces.scrap,
        0,
        r.id,
    )
