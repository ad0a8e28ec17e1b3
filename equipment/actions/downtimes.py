"""What people do about stops: report one, end it, give it its reason, split it, confirm it.

All of it goes through the timeline: what the machine said is kept, what people say lies on top.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import emit, lock
from core.errors import Invalid, NotFound
from core.ledger import record
from equipment.actions.states import (
    NewStateEvent,
    ensure_why,
    overlay,
    record_state_events,
    said_again,
)
from equipment.choices import EventLayer, LossCategory, State
from equipment.errors import AlreadyConfirmed, AlreadyDown, AlreadyEnded, StillDown
from equipment.models import Downtime, Machine, StopReason
from equipment.signals import downtime_changed

PERSON_SOURCE = "person"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a stop."""

    start: datetime
    end: datetime | None
    state: str
    reason_id: int | None


@transaction.atomic
def open_downtime(
    *, machine: Machine, reason: StopReason | None, started_at: datetime | None, notes: str, actor: Any
) -> Downtime:
    """The machine stands still, since `started_at` or since now, until it says or somebody says otherwise.

    Raises Invalid for a machine of a line that is switched off, AlreadyDown where a stop is known since then.
    """
    _ensure_in_use(machine)
    lock(Machine, machine.pk)
    now = timezone.now()
    at = min(started_at or now, now)
    if machine.downtimes.touching(at, now).exists() or machine.downtimes.open().exists():
        raise AlreadyDown
    _say(machine, _state_for(reason), reason, at, now, notes)
    row = _at(machine.pk, at)
    row.reported_by, row.notes = actor, notes
    row.save(update_fields=["reported_by", "notes"])
    return _told("opened", row, actor)


@transaction.atomic
def close_downtime(*, downtime: Downtime, ended_at: datetime | None, actor: Any) -> Downtime:
    """The machine runs again, since `ended_at` or since now.

    Raises AlreadyEnded for a stop that is over, Invalid for an end that is not after its start.
    """
    row = locked(downtime)
    now = timezone.now()
    at = min(ended_at or now, now)
    if row.ended_at is not None:
        raise AlreadyEnded
    if at <= row.started_at:
        raise Invalid(errors={"end_time": [_("The end must lie after the start.")]})
    _say(row.machine, State.RUNNING, None, at, now, "")
    return _told("closed", _at(row.machine_id, row.started_at), actor)


@transaction.atomic
def explain_downtime(
    *, downtime: Downtime, reason: StopReason, notes: str | None, why: str, actor: Any
) -> Downtime:
    """Why the machine stood, said while it stands or long after. `notes` replace what was noted.

    A confirmed stop wants to know `why` it changes, or Invalid is raised, and is then no longer confirmed.
    """
    row = locked(downtime)
    before = _changeable(row, why)
    _give(row, Piece(row.start, row.end, row.state, row.reason_id), reason, why)
    row = _at(row.machine_id, row.started_at)
    if notes is not None:
        row.notes = notes
        row.save(update_fields=["notes"])
    new = {"reason_code": reason.code, "notes": row.notes}
    return _told("explained", row, actor, reason=why, old=before, new=new)


@transaction.atomic
def split_downtime(
    *, downtime: Downtime, at: datetime, reason: StopReason, why: str, actor: Any
) -> tuple[Downtime, Downtime]:
    """From `at` on the machine stood for another reason: the stop up to there, and the rest.

    Raises Invalid where `at` is not inside the stop, for the reason that it has already, and for a confirmed stop
    without a `why`.
    """
    row = locked(downtime)
    if not row.started_at < at < (row.ended_at or timezone.now()):
        raise Invalid(errors={"at": [_("Must lie inside the stop, not at its edge.")]})
    if row.reason_id == reason.pk:
        raise Invalid(errors={"reason_code": [_("The stop has this reason already.")]})
    before = _changeable(row, why)
    _give(row, Piece(at, row.end, row.state, row.reason_id), reason, why)
    new = {"at": at.isoformat(), "reason_code": reason.code}
    first = _told("split", _at(row.machine_id, row.started_at), actor, reason=why, old=before, new=new)
    return first, _at(row.machine_id, at)


@transaction.atomic
def confirm_downtime(*, downtime: Downtime, actor: Any) -> Downtime:
    """Somebody answers for edges and reason of a stop that is over. Raises StillDown, AlreadyConfirmed."""
    row = locked(downtime)
    if row.confirmed_at is not None:
        raise AlreadyConfirmed
    if row.ended_at is None:
        raise StillDown
    row.confirmed_by, row.confirmed_at = actor, timezone.now()
    row.save(update_fields=["confirmed_by", "confirmed_at"])
    return _told("confirmed", row, actor)


def locked(downtime: Downtime) -> Downtime:
    """The stop as it is now, its machine's timeline ours until the transaction ends. Raises NotFound."""
    lock(Machine, downtime.machine_id)
    row = Downtime.objects.select_related("machine", "reason").filter(pk=downtime.pk).first()
    if row is None:
        raise NotFound
    return row


def _ensure_in_use(machine: Machine) -> None:
    if machine.line is not None and not machine.line.enabled:
        raise Invalid(errors={"equipment_code": [_("The line of this machine is switched off.")]})


def _state_for(reason: StopReason | None) -> str:
    """What a stop that only a person saw is: a setup where the reason says so, else held."""
    is_setup = reason is not None and reason.loss_category == LossCategory.SETUP
    return State.SETUP if is_setup else State.HELD


def _say(
    machine: Machine, state: str, reason: StopReason | None, at: datetime, now: datetime, why: str
) -> None:
    """In this state since `at`: the next word about the machine; over what was said since then, if anything was."""
    later = Q(started_at__gt=at) | Q(ended_at__gt=at)
    if machine.state_events.filter(later).exists():
        overlay(machine, state, reason, at, None, why[:255], now)
        return
    name, reason_id = uuid.uuid4().hex, reason.pk if reason else None
    said = NewStateEvent(
        machine.pk, PERSON_SOURCE, name, EventLayer.CHANGE, state, reason_id, at, None, why[:255]
    )
    record_state_events(events=[said])


def _give(row: Downtime, piece: Piece, reason: StopReason, why: str) -> None:
    """Say the piece again with this reason; nothing where it has the reason already."""
    if row.reason_id != reason.pk:
        record_state_events(events=said_again(row.machine_id, piece, reason.pk, why))


def _changeable(row: Downtime, why: str) -> dict[str, Any]:
    """What the stop said before; its confirmation is taken off, for it was of that."""
    before = {
        "reason_code": row.reason.code if row.reason else None,
        "notes": row.notes,
        "confirmed_by_id": row.confirmed_by_id,
    }
    if row.confirmed_at is not None:
        ensure_why(why, field="reason")
        row.confirmed_by = row.confirmed_at = None
        row.save(update_fields=["confirmed_by", "confirmed_at"])
    return before


def _at(machine_id: int, moment: datetime) -> Downtime:
    """The stop of this machine that holds the moment."""
    rows = Downtime.objects.with_people().filter(machine_id=machine_id, started_at__lte=moment)
    return rows.order_by("-started_at")[0]


def _told(deed: str, row: Downtime, actor: Any, **more: Any) -> Downtime:
    """The deed in the ledger, and the news after commit."""
    record(f"equipment.downtime.{deed}", row, actor=actor, **more)
    emit(downtime_changed, downtime_id=row.pk, machine_id=row.machine_id)
    return row
