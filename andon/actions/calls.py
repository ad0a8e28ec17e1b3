"""Everything that changes a call: raise, acknowledge, resolve, cancel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from andon.actions import ladder
from andon.choices import Priority, Status
from andon.errors import AlreadyOpen
from andon.models import AndonEvent, AutoRaiseRule
from andon.signals import event_changed, event_raised
from core.db import conflict_as, emit, ensure, lock
from core.errors import Invalid
from core.ledger import record
from equipment.models import Line, Machine

MAX_REASON = 255


@dataclass(frozen=True, slots=True)
class Raised:
    """The call that stands now; `joined` where it stood already and this one joined it."""

    event: AndonEvent
    joined: bool


@transaction.atomic
def raise_event(
    *,
    line: Line,
    machine: Machine | None,
    event_type: str,
    priority: str,
    description: str,
    actor: Any,
    rule: AutoRaiseRule | None = None,
) -> Raised:
    """Call for help. A second open call of the same place and type joins the first, and may make it more urgent.

    Nobody is the actor where a `rule` calls. The steps of its escalation are written, and their jobs queued, with it.
    Raises Invalid for a line that is switched off and for a machine that stands elsewhere.
    """
    line = lock(Line, line.pk)  # of calls for one line at the same time, each sees the one before
    _ensure_place(line, machine)
    standing = _standing(line, machine, event_type)
    if standing is not None:
        return Raised(_join(standing, priority, description, actor), joined=True)
    event = AndonEvent(
        line=line,
        machine=machine,
        event_type=event_type,
        priority=priority,
        description=description,
        rule=rule,
        reported_by=actor,
        reported_at=timezone.now(),
    )
    with conflict_as(AlreadyOpen, "andon_andonevent_one_open_per_place_and_type"):
        event.save()
    ladder.plan(event, since=event.reported_at)
    event.save(update_fields=["next_escalation_at"])
    record("andon.event.raised", event, actor=actor, new={"priority": priority, "description": description})
    emit(event_raised, event_id=event.pk, line_id=line.pk)
    return Raised(event, joined=False)


def _ensure_place(line: Line, machine: Machine | None) -> None:
    if not line.enabled:
        raise Invalid(errors={"line_id": [_("This line is switched off: nobody would see the call.")]})
    if machine is not None and machine.line_id != line.pk:
        raise Invalid(errors={"equipment_code": [_("This machine stands elsewhere.")]})


def _standing(line: Line, machine: Machine | None, event_type: str) -> AndonEvent | None:
    """The open call of this place and type, locked, so that nobody ends it meanwhile."""
    same = AndonEvent.objects.open().filter(line=line, machine=machine, event_type=event_type)
    return same.select_for_update(no_key=True, of=("self",)).first()


def _join(event: AndonEvent, priority: str, description: str, actor: Any) -> AndonEvent:
    """Who calls again is in the history; the more urgent of the two priorities holds."""
    before = event.priority
    if Priority(priority).rank > Priority(before).rank:
        event.priority = priority
        ladder.plan(event, since=timezone.now())
        event.save(update_fields=["priority", "next_escalation_at", "updated_at"])
        emit(event_changed, event_id=event.pk, line_id=event.line_id)
    record(
        "andon.event.joined",
        event,
        actor=actor,
        old={"priority": before},
        new={"priority": event.priority, "description": description},
    )
    return event


@transaction.atomic
def acknowledge(*, event: AndonEvent, actor: Any) -> AndonEvent:
    """Somebody is on it. Raises InvalidTransition unless the call is OPEN."""
    event = lock(AndonEvent, event.pk)
    ensure(event, Status.ACKNOWLEDGED)
    event.status = Status.ACKNOWLEDGED
    event.acknowledged_by, event.acknowledged_at = actor, _now_of(event)
    ladder.answered(event)
    event.save(
        update_fields=["status", "acknowledged_by", "acknowledged_at", "next_escalation_at", "updated_at"]
    )
    return _told("andon.event.acknowledged", event, actor)


@transaction.atomic
def resolve(*, event: AndonEvent, resolution_notes: str, actor: Any) -> AndonEvent:
    """The trouble is over. Raises InvalidTransition for a call that has ended."""
    event = lock(AndonEvent, event.pk)
    ensure(event, Status.RESOLVED)
    event.status, event.resolution_notes = Status.RESOLVED, resolution_notes
    event.resolved_by, event.resolved_at = actor, _now_of(event)
    ladder.ended(event)
    event.save(
        update_fields=[
            "status",
            "resolution_notes",
            "resolved_by",
            "resolved_at",
            "next_escalation_at",
            "updated_at",
        ]
    )
    return _told("andon.event.resolved", event, actor, new={"resolution_notes": resolution_notes})


@transaction.atomic
def cancel(*, event: AndonEvent, reason: str, actor: Any) -> AndonEvent:
    """It was no trouble. Raises InvalidTransition for a call that has ended, Invalid without a reason."""
    if not reason.strip() or len(reason) > MAX_REASON:
        text = _("Say why, in at most %(count)d characters.") % {"count": MAX_REASON}
        raise Invalid(errors={"reason": [text]})
    event = lock(AndonEvent, event.pk)
    ensure(event, Status.CANCELLED)
    event.status, event.cancel_reason = Status.CANCELLED, reason
    event.cancelled_by, event.cancelled_at = actor, _now_of(event)
    ladder.ended(event)
    event.save(
        update_fields=[
            "status",
            "cancel_reason",
            "cancelled_by",
            "cancelled_at",
            "next_escalation_at",
            "updated_at",
        ]
    )
    return _told("andon.event.cancelled", event, actor, reason=reason)


def _now_of(event: AndonEvent) -> datetime:
    """Now; never before the step before, should the clock have been set back."""
    return max(timezone.now(), event.acknowledged_at or event.reported_at)


def _told(deed: str, event: AndonEvent, actor: Any, **more: Any) -> AndonEvent:
    """The deed in the ledger, and the news after commit."""
    record(deed, event, actor=actor, **more)
    emit(event_changed, event_id=event.pk, line_id=event.line_id)
    return event
