"""What the machines of a line did, cut at the clock hours: one row per hour (OEE contract R7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from equipment.choices import State
from equipment.models import Machine, StopReason
from oee.kpi import TimeClass
from oee.selectors.facts import Rules, load_facts
from oee.slices import Facts, Segment, segments, time_class_of, to_us


@dataclass(frozen=True, slots=True)
class Stretch:
    """One piece of a row, in microseconds since 1970. `whole` is the interval it was cut from."""

    machine: Machine
    hour: int
    start: int
    end: int
    state: str
    whole: tuple[int, int]
    state_id: int | None
    reason_id: int | None
    reason: str = ""


def stretches(
    *,
    machines: Sequence[Machine],
    rules: dict[int | None, Rules],
    start: datetime,
    end: datetime,
    now: datetime,
) -> list[Stretch]:
    """The pieces of [start, end), up to now, in order, each machine after the other."""
    end = min(end, now)
    if end <= start or not machines:
        return []
    facts = load_facts(machines=machines, rules=rules, start=start, end=end, now=now)
    found = [piece for m in machines for piece in _pieces(m, facts[m.pk], to_us(start), to_us(end))]
    return _with_reasons(found)


def _pieces(machine: Machine, facts: Facts, start: int, end: int) -> list[Stretch]:
    """Neighbours that differ only by shift or product are joined."""
    found: list[Stretch] = []
    for hour, segment in segments(facts, start, end):
        piece = _piece(machine, hour, segment, facts)
        if found and _continues(found[-1], piece):
            found[-1] = replace(found[-1], end=piece.end)
        else:
            found.append(piece)
    return found


def _continues(last: Stretch, piece: Stretch) -> bool:
    same = (last.hour, last.state, last.state_id) == (piece.hour, piece.state, piece.state_id)
    return same and last.end == piece.start


def _piece(machine: Machine, hour: int, segment: Segment, facts: Facts) -> Stretch:
    code, state = _shown(segment, facts), segment.state
    whole, state_id, reason_id = (segment.start, segment.end), None, None
    if segment.shift.planned and state is not None:
        whole = (state.start, state.start + state.duration_until(facts.now))
        state_id, reason_id = state.id, state.reason_id
    return Stretch(machine, hour, segment.start, segment.end, code, whole, state_id, reason_id)


def _shown(segment: Segment, facts: Facts) -> str:
    """The calendar first (OEE contract R6), then the state; a short stop by that name (R8)."""
    if not segment.shift.planned:
        return "BREAK" if segment.shift.name else "OFF_SHIFT"
    if segment.state is None:
        return str(State.UNKNOWN)
    time_class = time_class_of(segment.state, facts.policy_on(segment.shift.day), facts.now)
    return "MINOR_STOP" if time_class is TimeClass.MINOR_STOP else segment.state.state


def _with_reasons(pieces: Iterable[Stretch]) -> list[Stretch]:
    pieces = list(pieces)
    names = StopReason.objects.in_bulk({piece.reason_id for piece in pieces if piece.reason_id})
    return [
        replace(piece, reason=names[piece.reason_id].name) if piece.reason_id else piece for piece in pieces
    ]


def state_label(code: str) -> Any:
    """The word for a state, or for what the calendar and the policy make of it."""
    extra = {"BREAK": _("Break"), "OFF_SHIFT": _("Off shift"), "MINOR_STOP": _("Minor stop")}
    return extra.get(code) or State(code).label
