"""Between the tables of states and the pure arithmetic of equipment/timeline.py: a few statements per machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection
from django.db.models import Q

from equipment import downtime_rows, timeline
from equipment.choices import EventLayer
from equipment.models import MachineState, StateEvent
from equipment.timeline import Changes, Event, Interval, Layer, Stored, Window

if TYPE_CHECKING:
    from equipment.actions import NewStateEvent

Recorded = tuple["NewStateEvent", int]  # a new event and the id of its row

INSERT_EVENTS = """
    INSERT INTO equipment_stateevent
        (machine_id, source, event_id, layer, state, reason_id, started_at, ended_at, note, received_at)
    SELECT machine_id, source, event_id, layer, state, reason_id, started_at, ended_at, note, now()
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::smallint[], %s::text[], %s::bigint[],
                %s::timestamptz[], %s::timestamptz[], %s::text[])
        WITH ORDINALITY AS given (machine_id, source, event_id, layer, state, reason_id,
                                  started_at, ended_at, note, position)
    ORDER BY position
    ON CONFLICT (source, event_id) DO NOTHING
    RETURNING source, event_id, id
"""
INSERT_STATES = """
    INSERT INTO equipment_machinestate (machine_id, started_at, ended_at, state, reason_id, event_id)
    SELECT %s, given.* FROM unnest(%s::timestamptz[], %s::timestamptz[], %s::text[], %s::bigint[], %s::bigint[])
        AS given (started_at, ended_at, state, reason_id, event_id)
"""
MOVE_ENDS = """
    UPDATE equipment_machinestate AS row SET ended_at = given.ended_at
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS given (id, ended_at) WHERE row.id = given.id
"""


def insert_events(events: Sequence[NewStateEvent]) -> list[Recorded]:
    """Insert what is not there yet, in the given order, in one statement; the new ones with their ids.

    Of two events with one name the first counts.
    """
    columns = zip(*(_columns(event) for event in events), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(INSERT_EVENTS, [list(column) for column in columns])
        ids = {(source, event_id): pk for source, event_id, pk in cursor.fetchall()}
    return [(event, pk) for event in events if (pk := ids.pop((event.source, event.event_id), None))]


def _columns(event: NewStateEvent) -> tuple[object, ...]:
    return (
        event.machine_id,
        event.source,
        event.event_id,
        int(event.layer),
        str(event.state),
        event.reason_id,
        event.started_at,
        event.ended_at,
        event.note,
    )


class Rebuilt(NamedTuple):
    """What changed, and what is believed now where it did."""

    window: Window
    intervals: list[Interval]


def rebuild(machine_id: int, recorded: Iterable[Recorded]) -> Rebuilt | None:
    """Follow new events in the timeline of a machine and in its downtimes; None if nothing changed.

    The machine is locked by the caller.
    """
    new = [_event(pk, event) for event, pk in recorded]
    window = timeline.affected(new, next_change=_next_change(machine_id, new))
    rows = list(_rows(machine_id, window))
    stored, wanted = [row for row, _ in rows], _wanted(machine_id, window, rows)
    changes = timeline.diff(stored, wanted)
    write(machine_id, changes)
    if not (changes.update or changes.insert or changes.delete):
        return None
    downtime_rows.follow(machine_id, stored, wanted)
    return Rebuilt(window, wanted)


def _wanted(machine_id: int, window: Window, rows: Sequence[tuple[Stored, int]]) -> list[Interval]:
    """What the rows that touch the window shall be.

    On the right the window is widened to the end of the last row. On the left nothing before it can have
    changed, so the row that reaches into it is joined and not built again: a machine that says RUNNING every
    ten seconds for a week costs one event at a time, not the week's.
    """
    end = timeline.widen(window, [row for row, _ in rows]).end
    built = timeline.build(raw_events(machine_id, Window(window.start, end)), window.start, end)
    before = [(row, event_id) for row, event_id in rows if row.start < window.start]
    return _join(*before[0], window.start, built) if before else built


def _join(row: Stored, event_id: int, seam: datetime, built: list[Interval]) -> list[Interval]:
    """The row up to the seam and what was built from there; one interval where both are the same state."""
    piece = Interval(row.start, seam, row.state, row.reason_id, event_id)
    first = built[0] if built else None
    if first and first.start == seam and (first.state, first.reason_id) == (row.state, row.reason_id):
        return [replace(piece, end=first.end), *built[1:]]
    return [piece, *built]


def write(machine_id: int, changes: Changes) -> None:
    """Delete, shrink, grow, insert: in this order no two rows overlap at any moment, as the constraint demands."""
    if changes.delete:
        MachineState.objects.filter(pk__in=[row.pk for row in changes.delete]).delete()
    shrink = [pair for pair in changes.update if _shrinks(*pair)]
    _move_ends(shrink)
    _move_ends([pair for pair in changes.update if not _shrinks(*pair)])
    if changes.insert:
        _insert(machine_id, changes.insert)


def _shrinks(row: Stored, interval: Interval) -> bool:
    return interval.end is not None and (row.end is None or interval.end < row.end)


def _move_ends(pairs: Sequence[tuple[Stored, Interval]]) -> None:
    if pairs:
        with connection.cursor() as cursor:
            cursor.execute(MOVE_ENDS, [[row.pk for row, _ in pairs], [to.end for _, to in pairs]])


def _insert(machine_id: int, intervals: Sequence[Interval]) -> None:
    rows = ((i.start, i.end, i.state, i.reason_id, i.event_id) for i in intervals)
    with connection.cursor() as cursor:
        cursor.execute(INSERT_STATES, [machine_id, *(list(column) for column in zip(*rows, strict=True))])


def _event(pk: int, event: NewStateEvent) -> Event:
    return Event(pk, str(event.state), event.reason_id, event.started_at, event.ended_at, Layer(event.layer))


def _next_change(machine_id: int, new: Iterable[Event]) -> datetime | None:
    """The start of the first CHANGE after the latest new one, which holds that far."""
    latest = max((event.start for event in new if event.layer is Layer.CHANGE), default=None)
    if latest is None:
        return None
    later = StateEvent.objects.filter(machine_id=machine_id, layer=EventLayer.CHANGE, started_at__gt=latest)
    return later.order_by("started_at").values_list("started_at", flat=True).first()


def _rows(machine_id: int, window: Window) -> Iterable[tuple[Stored, int]]:
    """The stored rows that overlap or meet the window, in order, each with the id of its event."""
    rows = MachineState.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gte=window.start), machine_id=machine_id
    )
    if window.end is not None:
        rows = rows.filter(started_at__lte=window.end)
    columns = ("pk", "started_at", "ended_at", "state", "reason_id", "event_id")
    for pk, start, end, state, reason_id, event_id in rows.order_by("started_at").values_list(*columns):
        yield Stored(pk, start, end, state, reason_id), event_id


def raw_events(machine_id: int, window: Window) -> list[Event]:
    """The events that overlap the window and the last CHANGE before it; one query."""
    events = StateEvent.objects.filter(machine_id=machine_id)
    in_time = events if window.end is None else events.filter(started_at__lt=window.end)
    changes = Q(layer=EventLayer.CHANGE)
    before = events.filter(changes, started_at__lte=window.start).order_by("-started_at", "-pk")[:1]
    inside = in_time.filter(changes, started_at__gt=window.start)
    covers = in_time.filter(ended_at__gt=window.start)
    columns = ("pk", "state", "reason_id", "started_at", "ended_at", "layer")  # as Event has them
    found = before.values_list(*columns).union(
        inside.values_list(*columns), covers.values_list(*columns), all=True
    )
    return [
        Event(pk, state, reason_id, start, end, Layer(layer))
        for pk, state, reason_id, start, end, layer in found
    ]
