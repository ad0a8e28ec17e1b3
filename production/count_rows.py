"""Rows of counts and readings: inserted once, and kept right as late ones arrive, in few statements per batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from production.inputs import NewCount, NewReading
from production.selectors import REACH, neighbours_of

INSTANT = timedelta(microseconds=1)

Spot = tuple[int, datetime]  # a machine and the moment of one of its counts
Span = tuple[int, datetime, datetime]  # a machine, a start and an end


class Window(NamedTuple):
    """Where products are to be found out: [start, end], and if `beyond` on to the next stated count after it."""

    machine_id: int
    start: datetime
    end: datetime
    beyond: bool


class Inserted(NamedTuple):
    id: int
    source: str
    event_id: str


_INSERT_COUNTS = """
    INSERT INTO production_productioncount (machine_id, source, event_id, at, product_id, product_stated, run_id,
        job_id, good, scrap, rework, reading_id, received_at)
    SELECT machine_id, source, event_id, at, product_id, product_id IS NOT NULL, run_id,
        job_id, good, scrap, rework, reading_id, now()
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::bigint[], %s::bigint[],
            %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
        AS given (machine_id, source, event_id, at, product_id, run_id, job_id, good, scrap, rework,
            reading_id)
    ORDER BY source, event_id  -- two batches at once wait for each other in the same order
    ON CONFLICT DO NOTHING
    RETURNING id, source, event_id
"""

_INSERT_READINGS = """
    INSERT INTO production_counterreading (machine_id, source, event_id, counter, at, value, rollover_at,
        product_id, owed, received_at)
    SELECT machine_id, source, event_id, counter, at, value, rollover_at, product_id, 0, now()
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::bigint[],
            %s::bigint[], %s::bigint[])
        AS given (machine_id, source, event_id, counter, at, value, rollover_at, product_id)
    ORDER BY source, event_id
    ON CONFLICT DO NOTHING
    RETURNING id, source, event_id
"""


def insert_counts(counts: Sequence[NewCount]) -> list[Inserted]:
    """Insert those whose (source, event_id) is not there yet; the new ones. One statement."""
    return insert_derived([(*_count_columns(count), None) for count in counts])


def insert_derived(rows: Iterable[tuple[Any, ...]]) -> list[Inserted]:
    """The same with the reading that each comes from as the last column."""
    return [Inserted(*row) for row in fetch(_INSERT_COUNTS, columns(rows))]


def insert_readings(readings: Sequence[NewReading]) -> list[Inserted]:
    """Insert those whose (source, event_id) is not there yet; the new ones. One statement."""
    rows = (
        (r.machine_id, r.source, r.event_id, r.counter, r.at, r.value, r.rollover_at, r.product_id)
        for r in readings
    )
    return [Inserted(*row) for row in fetch(_INSERT_READINGS, columns(rows))]


def _count_columns(count: NewCount) -> tuple[Any, ...]:
    return (
        count.machine_id,
        count.source,
        count.event_id,
        count.at,
        count.product_id,
        count.run_id,
        count.job_id,
        count.good,
        count.scrap,
        count.rework,
    )


# Which product a count is of, where nobody stated it: that of the last run begun before it (it covers the count, or
# was the last to end) or of the last stated count, whichever speaks of the later time. So it depends on the facts
# alone, not on the order in which they came, and is found out again for the counts after a late one.
_WRONG = """
    WITH wanted AS (
        SELECT machine_id, starts, CASE WHEN NOT beyond THEN ends ELSE coalesce((
            SELECT min(at) FROM production_productioncount
            WHERE machine_id = given.machine_id AND product_stated AND at > given.ends), 'infinity')
            END AS ends
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::bool[])
            AS given (machine_id, starts, ends, beyond)
    ), found AS (
        SELECT count.id, count.machine_id, count.at, count.product_id, count.run_id,
            CASE WHEN coalesce(run.ended_at, 'infinity') >= coalesce(stated.at, '-infinity')
                THEN coalesce(run.product_id, stated.product_id) ELSE stated.product_id END AS product,
            CASE WHEN coalesce(run.ended_at, 'infinity') > count.at THEN run.id END AS run
        FROM wanted
        JOIN production_productioncount AS count
            ON count.machine_id = wanted.machine_id AND NOT count.product_stated
            AND count.at BETWEEN wanted.starts AND wanted.ends
        LEFT JOIN LATERAL (
            SELECT id, product_id, ended_at FROM production_productionrun
            WHERE machine_id = count.machine_id AND started_at <= count.at
            ORDER BY started_at DESC LIMIT 1) AS run ON true
        LEFT JOIN LATERAL (
            SELECT at, product_id FROM production_productioncount
            WHERE machine_id = count.machine_id AND product_stated AND at <= count.at
            ORDER BY at DESC, id DESC LIMIT 1) AS stated ON true
    )
    SELECT id, product, run, machine_id, at FROM found
    WHERE (product_id, run_id) IS DISTINCT FROM (product, run)
"""

_PUT_RIGHT = """
    UPDATE production_productioncount AS count SET product_id = given.product_id, run_id = given.run_id
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS given (id, product_id, run_id)
    WHERE count.id = given.id
"""


def resolve_products(windows: Iterable[Window]) -> list[Spot]:
    """Find out the products that nobody stated in these windows; the counts that changed. At most two statements."""
    wrong = fetch(_WRONG, columns(windows, width=4))
    if wrong:
        execute(_PUT_RIGHT, columns(row[:3] for row in wrong))
    return [(machine_id, at) for _id, _product, _run, machine_id, at in wrong]


def windows_of(spots: Iterable[Spot], *, stated: Iterable[Spot]) -> list[Window]:
    """The windows of new counts, `stated` being those among them that tell the product of what follows."""
    telling = {machine_id for machine_id, _at in stated}
    return [Window(pk, times[0], times[-1], pk in telling) for pk, times in _times(spots)]


def spans_around(spots: Iterable[Spot]) -> list[Span]:
    """Where figures may change: around each spot from the count before to the one after, at most REACH away.

    Spots that are nearer to each other than REACH share a span. One query.
    """
    groups = [(machine_id, *group) for machine_id, times in _times(spots) for group in _groups(times)]
    beside = neighbours_of((machine_id, first, last + INSTANT) for machine_id, first, last in groups)
    return [
        (
            machine_id,
            near.previous.at if near.previous else first - REACH,
            near.next.at if near.next else last + REACH,
        )
        for (machine_id, first, last), near in zip(groups, beside, strict=True)
    ]


def _times(spots: Iterable[Spot]) -> list[tuple[int, list[datetime]]]:
    times: defaultdict[int, list[datetime]] = defaultdict(list)
    for machine_id, at in spots:
        times[machine_id].append(at)
    return [(machine_id, sorted(times[machine_id])) for machine_id in sorted(times)]


def _groups(times: list[datetime]) -> list[tuple[datetime, datetime]]:
    """(first, last) of each run of sorted times without a gap longer than REACH."""
    groups = [(times[0], times[0])]
    for at in times[1:]:
        first, last = groups[-1]
        if at - last <= REACH:
            groups[-1] = (first, at)
        else:
            groups.append((at, at))
    return groups


def columns(rows: Iterable[tuple[Any, ...]], *, width: int = 11) -> list[list[Any]]:
    """The columns of these rows, `width` of them where there is no row."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def fetch(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def execute(sql: str, parameters: Sequence[Any]) -> None:
    """One statement without rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
