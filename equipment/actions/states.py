"""Everything that changes what state a machine was in."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import emit, lock
from core.errors import Invalid, NotFound
from core.ledger import record
from equipment import state_rows
from equipment.choices import NOT_DOWN, EventLayer
from equipment.models import Machine, MachineState, StateEvent, StopReason
from equipment.signals import (
    states_changed,
    timeline_changed,
)
from equipment.state_rows import Recorded
from equipment.timeline import Interval, Window

CORRECTION_SOURCE = "correction"
REASON_SOURCE = "reason"  # a stop said again with the reason that a person gave for it
MAX_WHY = 255


@dataclass(frozen=True, slots=True)
class NewStateEvent:
    """What a source says about a machine. `event_id` is unique per source; times are aware, [started, ended).

    A CHANGE has no end, a SPAN and a CORRECTION have one, after the start (equipment/timeline.py).
    """

    machine_id: int
    source: str
    event_id: str
    layer: EventLayer
    state: str
    reason_id: int | None
    started_at: datetime
    ended_at: datetime | None
    note: str = ""


class Stretch(Protocol):
    """A time in one state, for one reason or none; `end` None: it lasts still."""

    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime | None: ...
    @property
    def state(self) -> str: ...
    @property
    def reason_id(self) -> int | None: ...


@transaction.atomic
def record_state_events(*, events: Sequence[NewStateEvent]) -> set[tuple[str, str]]:
    """Keep what was said and bring the timelines up to it; the (source, event_id) that were new.

    What came before under the same name is a duplicate and changes nothing. Raises NotFound for an unknown
    machine, IntegrityError for a span that is not positive. The queries are few per machine, none per event.
    """
    if not events:
        return set()
    _lock_machines({event.machine_id for event in events})
    recorded = state_rows.insert_events(events)
    changed = [pk for pk, news in sorted(_by_machine(recorded).items()) if _follow(pk, news)]
    if changed:
        emit(states_changed, machine_ids=changed)
    return {(event.source, event.event_id) for event, _pk in recorded}


def _lock_machines(ids: set[int]) -> None:
    """Lock the machines by ascending pk; their timelines are ours until the transaction ends."""
    rows = Machine.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    missing = ids - {machine.pk for machine in rows}
    if missing:
        raise NotFound(_("There is no machine %(ids)s.") % {"ids": sorted(missing)})


def _by_machine(recorded: Iterable[Recorded]) -> dict[int, list[Recorded]]:
    found: defaultdict[int, list[Recorded]] = defaultdict(list)
    for event, pk in recorded:
        found[event.machine_id].append((event, pk))
    return found


def _follow(machine_id: int, news: Iterable[Recorded]) -> bool:
    """Rebuild what the news may have changed and say so; False if the timeline was right already."""
    rebuilt = state_rows.rebuild(machine_id, news)
    if rebuilt is None:
        return False
    window = rebuilt.window
    timeline_changed.send(sender=None, machine_id=machine_id, start=window.start, end=window.end)
    for standing, repeated in _repetitions(rebuilt.intervals):
        _follow(machine_id, state_rows.insert_events(said_again(machine_id, repeated, standing.reason_id)))
    return True


def _repetitions(intervals: Sequence[Interval]) -> list[tuple[Interval, Interval]]:
    """Stops whose reason a person gave, each with the next interval where the machine only repeats its state.

    A machine that says FAULT every ten seconds takes back nothing of what people said about it.
    """
    pairs = [
        (one, other)
        for one, other in pairwise(intervals)
        if one.end == other.start
        and one.state == other.state
        and one.state not in NOT_DOWN
        and other.reason_id is None
    ]
    told = StateEvent.objects.filter(pk__in=[one.event_id for one, _ in pairs], source=REASON_SOURCE)
    given = set(told.values_list("pk", flat=True)) if pairs else set()
    return [pair for pair in pairs if pair[0].event_id in given]


def said_again(machine_id: int, stop: Stretch, reason_id: int | None, why: str = "") -> list[NewStateEvent]:
    """What the machine said about this stop, once more and with this reason: no edge of the stop is pinned by it.

    So a late word of the machine still moves where the stop begins and ends.
    """
    said = state_rows.raw_events(machine_id, Window(stop.start, stop.end))
    spans = {
        (event.layer, max(event.start, stop.start), _earlier(event.end, stop.end))
        for event in said
        if (event.state, event.reason_id) == (stop.state, stop.reason_id)
    }
    return [
        NewStateEvent(
            machine_id,
            REASON_SOURCE,
            uuid.uuid4().hex,
            EventLayer(layer),
            stop.state,
            reason_id,
            start,
            end,
            why,
        )
        for layer, start, end in sorted(spans, key=lambda span: span[:2])
    ]


def _earlier(end: datetime | None, other: datetime | None) -> datetime | None:
    """The end of a span, cut at the end of the stop; a change has none."""
    return end if end is None or other is None else min(end, other)


@transaction.atomic
def correct_state(
    *,
    machine: Machine,
    state: str,
    reason: StopReason | None,
    started_at: datetime,
    ended_at: datetime | None,
    why: str,
    actor: Any,
) -> StateEvent:
    """A person's word on what the machine did, over everything the machine said; the raw events stay.

    Without `ended_at` it lasts still, until the machine's next word. Raises Invalid for a span that is not
    positive or not past, and without a `why` of at most 255 characters.
    """
    now = timezone.now()
    _ensure_past_span(started_at, ended_at, now)
    ensure_why(why)
    lock(Machine, machine.pk)
    before = _intervals(machine, started_at, ended_at or now)
    event = overlay(machine, state, reason, started_at, ended_at, why, now)
    record(
        "equipment.machine_state.corrected",
        machine,
        actor=actor,
        reason=why,
        old={"states": before},
        new={"states": _intervals(machine, started_at, ended_at or now)},
    )
    return event


@transaction.atomic
def split_state(
    *, interval: MachineState, at: datetime, reason: StopReason | None, why: str, actor: Any
) -> StateEvent:
    """Give the part of an interval from `at` on another reason.

    Raises Invalid where `at` is not inside the interval or the reason is the one it has already, NotFound where
    the timeline has changed meanwhile and the interval is no more.
    """
    machine = lock(Machine, interval.machine_id)
    present = MachineState.objects.filter(pk=interval.pk).first()
    if present is None:
        raise NotFound
    if not present.started_at < at < (present.ended_at or timezone.now()):
        raise Invalid(errors={"at": [_("Must lie inside the interval, not at its edge.")]})
    if present.reason_id == (reason.pk if reason else None):
        raise Invalid(errors={"reason_code": [_("The interval has this reason already.")]})
    return correct_state(
        machine=machine,
        state=present.state,
        reason=reason,
        started_at=at,
        ended_at=present.ended_at,
        why=why,
        actor=actor,
    )


def _ensure_past_span(started_at: datetime, ended_at: datetime | None, now: datetime) -> None:
    if started_at >= (ended_at or now):
        field = "started_at" if ended_at is None else "ended_at"
        raise Invalid(errors={field: [_("The end must lie after the start.")]})
    if (ended_at or now) > now:
        raise Invalid(errors={"ended_at": [_("What is still to come cannot be corrected.")]})


def ensure_why(why: str, *, field: str = "why") -> None:
    if not why.strip() or len(why) > MAX_WHY:
        raise Invalid(errors={field: [_("Say why, in at most %(count)d characters.") % {"count": MAX_WHY}]})


def overlay(
    machine: Machine,
    state: str,
    reason: StopReason | None,
    started_at: datetime,
    ended_at: datetime | None,
    why: str,
    now: datetime,
) -> StateEvent:
    """The events of a correction: a span over what was said, and where it lasts still, a change from now on."""
    name, reason_id = uuid.uuid4().hex, reason.pk if reason else None

    def event(suffix: str, layer: EventLayer, start: datetime, end: datetime | None) -> NewStateEvent:
        return NewStateEvent(
            machine.pk, CORRECTION_SOURCE, name + suffix, layer, state, reason_id, start, end, why
        )

    events = [event("", EventLayer.CORRECTION, started_at, ended_at or now)]
    if ended_at is None:
        events.append(event("+", EventLayer.CHANGE, now, None))
    record_state_events(events=events)
    return StateEvent.objects.get(source=CORRECTION_SOURCE, event_id=name)


def _intervals(machine: Machine, start: datetime, end: datetime) -> list[dict[str, str | None]]:
    """The timeline of [start, end) as the ledger keeps it."""
    rows = machine.states.touching(start, end).select_related("reason").order_by("started_at")
    return [
        {
            "state": row.state,
            "reason_code": row.reason.code if row.reason else None,
            "started_at": row.started_at.isoformat(),
            "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        }
        for row in rows
    ]
