"""Downtimes follow the stops of the timeline: the same edges, state and reason, under an id that stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection

from core.ledger import record
from equipment.choices import NOT_DOWN
from equipment.models import Downtime
from equipment.timeline import Interval, Stored

Stop = tuple[datetime, datetime | None, str, int | None]  # start, end, state, reason
FOREVER = datetime.max.replace(tzinfo=UTC)

INSERT_DOWNTIMES = """
    INSERT INTO equipment_downtime (machine_id, started_at, ended_at, state, reason_id, notes)
    SELECT %s, given.*, '' FROM unnest(%s::timestamptz[], %s::timestamptz[], %s::text[], %s::bigint[])
        AS given (started_at, ended_at, state, reason_id)
"""
MOVE_DOWNTIMES = """
    UPDATE equipment_downtime AS row
    SET started_at = given.started_at, ended_at = given.ended_at, state = given.state, reason_id = given.reason_id
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::bigint[])
        AS given (id, started_at, ended_at, state, reason_id) WHERE row.id = given.id
"""


def follow(machine_id: int, before: Iterable[Stored], now: Iterable[Interval]) -> None:
    """Bring the downtimes from the stops that were to the stops that are; no query where no stop changed.

    The machine is locked by the caller.
    """
    was, is_now = _stops(before), _stops(now)
    gone, new = was - is_now, sorted(is_now - was, key=lambda stop: stop[0])
    rows = _rows_of(machine_id, gone) if gone else []
    pairs = match(rows, new)
    kept, found = {row.pk for row, _ in pairs}, {stop for _, stop in pairs}
    _delete([row for row in rows if row.pk not in kept])
    _move(pairs)
    _insert(machine_id, [stop for stop in new if stop not in found])


def match(rows: Sequence[Downtime], stops: Sequence[Stop]) -> list[tuple[Downtime, Stop]]:
    """Which row becomes which stop: the one of the same start, else the one that shares the most time with it.

    Both are disjoint and in order, so that few pairs share time at all. O(n log n).
    """
    same = {stop[0]: stop for stop in stops}
    pairs = [(row, same.pop(row.started_at)) for row in rows if row.started_at in same]
    settled = {row.pk for row, _ in pairs}
    shared = _sharing([row for row in rows if row.pk not in settled], list(same.values()))
    for _time, row, stop in sorted(shared, key=lambda one: one[0], reverse=True):
        if row.pk not in settled and stop[0] in same:
            settled.add(row.pk)
            pairs.append((row, same.pop(stop[0])))
    return pairs


def _sharing(rows: Sequence[Downtime], stops: Sequence[Stop]) -> Iterator[tuple[timedelta, Downtime, Stop]]:
    """The pairs that share time, each with how much; both walked once."""
    at, other = 0, 0
    while at < len(rows) and other < len(stops):
        row, (start, end, *_what) = rows[at], stops[other]
        row_end, stop_end = row.ended_at or FOREVER, end or FOREVER
        shared = min(row_end, stop_end) - max(row.started_at, start)
        if shared > timedelta(0):
            yield shared, row, stops[other]
        if row_end < stop_end:
            at += 1
        else:
            other += 1


def _stops(intervals: Iterable[Stored | Interval]) -> set[Stop]:
    return {(i.start, i.end, i.state, i.reason_id) for i in intervals if i.state not in NOT_DOWN}


def _rows_of(machine_id: int, stops: Iterable[Stop]) -> list[Downtime]:
    rows = Downtime.objects.filter(machine_id=machine_id, started_at__in=[stop[0] for stop in stops])
    return list(rows.order_by("started_at"))


def _delete(rows: Sequence[Downtime]) -> None:
    """Stops that were none; what people had said of them is kept in the ledger."""
    for row in rows:
        if row.notes or row.reported_by_id or row.confirmed_by_id:
            record("equipment.downtime.withdrawn", row, old=_said(row))
    if rows:
        Downtime.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _said(row: Downtime) -> dict[str, object]:
    return {
        "started_at": row.started_at.isoformat(),
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "notes": row.notes,
        "reported_by_id": row.reported_by_id,
        "confirmed_by_id": row.confirmed_by_id,
    }


def _move(pairs: Sequence[tuple[Downtime, Stop]]) -> None:
    if pairs:
        columns = zip(*((row.pk, *stop) for row, stop in pairs), strict=True)
        with connection.cursor() as cursor:
            cursor.execute(MOVE_DOWNTIMES, [list(column) for column in columns])


def _insert(machine_id: int, stops: Sequence[Stop]) -> None:
    if stops:
        columns = zip(*stops, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(INSERT_DOWNTIMES, [machine_id, *(list(column) for column in columns)])
