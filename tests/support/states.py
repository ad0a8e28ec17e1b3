"""Saying what machines did, and reading what is believed of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from equipment.actions import NewStateEvent, record_state_events
from equipment.choices import EventLayer
from equipment.models import Machine

DAY = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday, long past
_names = count(1)


def at(hour: float) -> datetime:
    """This hour of the day, in UTC."""
    return DAY + timedelta(hours=hour)


def event(machine: Machine, state: str, start: float, end: float | None = None, **more: Any) -> NewStateEvent:
    """A change at an hour of the day, or a span to another hour."""
    given = {
        "source": "plc",
        "event_id": f"e{next(_names)}",
        "layer": EventLayer.CHANGE if end is None else EventLayer.SPAN,
        "reason_id": None,
    }
    return NewStateEvent(
        machine_id=machine.pk,
        state=state,
        started_at=at(start),
        ended_at=None if end is None else at(end),
        **{**given, **more},
    )


def say(machine: Machine, state: str, start: float, end: float | None = None, **more: Any) -> NewStateEvent:
    """Record one event."""
    said = event(machine, state, start, end, **more)
    record_state_events(events=[said])
    return said


def timeline(machine: Machine) -> list[tuple[str, float, float | None]]:
    """(state, from hour, to hour) of the stored intervals, in order."""
    return [
        (row.state, _hour(row.started_at), row.ended_at and _hour(row.ended_at))
        for row in machine.states.order_by("started_at")
    ]


def _hour(moment: datetime) -> float:
    return (moment - DAY) / timedelta(hours=1)
