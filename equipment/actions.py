"""Everything that changes what state a machine was in, where it stands, and its upkeep."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from django.db import connection, transaction
from django.db.models import IntegerField, Max
from django.db.models.functions import Cast, Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import emit, ensure, lock
from core.errors import Invalid, NotFound
from core.ledger import record
from equipment import state_rows
from equipment.choices import EventLayer, FaultStatus, MaintenanceStatus, MaintenanceType, StandardFault
from equipment.models import Fault, Line, Machine, MachineState, MaintenanceOrder, StateEvent, StopReason
from equipment.signals import (
    fault_reported,
    fault_resolved,
    maintenance_changed,
    states_changed,
    timeline_changed,
)
from equipment.state_rows import Recorded

CORRECTION_SOURCE = "correction"
MAX_WHY = 255
ORDER_NUMBER_LOCK = 2_207_316_001  # of PostgreSQL's advisory locks: one order number at a time


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


@transaction.atomic
def place_machines(*, line: Line, machines: Sequence[Machine]) -> None:
    """The machines of a line are these, in this order; who stood there else stands nowhere now.

    Raises Invalid for a machine of another line or of somebody alone.
    """
    elsewhere = [m.equipment_code for m in machines if m.owner_id or m.line_id not in (None, line.pk)]
    if elsewhere:
        text = _("These stand elsewhere: %(codes)s.") % {"codes": ", ".join(elsewhere)}
        raise Invalid(errors={"equipment_codes": [text]})
    for machine in Machine.objects.filter(line=line).exclude(pk__in=[m.pk for m in machines]):
        _place(machine, None, machine.position)
    for position, machine in enumerate(machines, start=1):
        _place(machine, line, position)


def _place(machine: Machine, line: Line | None, position: int) -> None:
    if (machine.line_id, machine.position) != (line and line.pk, position):
        machine.line, machine.position = line, position
        machine.save(update_fields=["line", "position", "updated_at"])


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
    window = state_rows.rebuild(machine_id, news)
    if window is not None:
        timeline_changed.send(sender=None, machine_id=machine_id, start=window.start, end=window.end)
    return window is not None


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
    _ensure_why(why)
    lock(Machine, machine.pk)
    before = _intervals(machine, started_at, ended_at or now)
    event = _overlay(machine, state, reason, started_at, ended_at, why, now)
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


def _ensure_why(why: str, *, field: str = "why") -> None:
    if not why.strip() or len(why) > MAX_WHY:
        raise Invalid(errors={field: [_("Say why, in at most %(count)d characters.") % {"count": MAX_WHY}]})


def _overlay(
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


@transaction.atomic
def report_fault(
    *,
    machine: Machine,
    fault_code: str,
    severity: str | None,
    description: str,
    occurred_at: datetime | None,
    actor: Any,
) -> Fault:
    """Something is wrong with the machine, since `occurred_at` or since now.

    A standard fault brings its own severity and description where none are given; of another code the severity
    must be told, or Invalid is raised.
    """
    standard = _standard_fault(fault_code)
    severity = severity or (standard.severity if standard else None)
    if severity is None:
        raise Invalid(errors={"severity": [_("Say how bad it is: this is no standard fault.")]})
    fault = Fault(
        machine=machine,
        fault_code=fault_code,
        severity=severity,
        description=description or (str(standard.label) if standard else ""),
        occurred_at=occurred_at or timezone.now(),
        reported_by=actor,
    )
    fault.save()
    record("equipment.fault.reported", fault, actor=actor, new={"severity": severity})
    emit(fault_reported, fault_id=fault.pk, machine_id=machine.pk)
    return fault


def _standard_fault(fault_code: str) -> StandardFault | None:
    return next((fault for fault in StandardFault if fault == fault_code.upper()), None)


@transaction.atomic
def resolve_fault(*, fault: Fault, resolution_notes: str, actor: Any) -> Fault:
    """It is right again. Raises InvalidTransition for a fault that is resolved already."""
    fault = lock(Fault, fault.pk)
    ensure(fault, FaultStatus.RESOLVED)
    fault.status, fault.resolution_notes = FaultStatus.RESOLVED, resolution_notes
    fault.resolved_by, fault.resolved_at = actor, max(timezone.now(), fault.occurred_at)
    fault.save(update_fields=["status", "resolution_notes", "resolved_by", "resolved_at", "updated_at"])
    record("equipment.fault.resolved", fault, actor=actor, new={"resolution_notes": resolution_notes})
    emit(fault_resolved, fault_id=fault.pk, machine_id=fault.machine_id)
    return fault


@transaction.atomic
def order_maintenance(
    *,
    machine: Machine,
    maintenance_type: str,
    title: str,
    description: str,
    priority: str,
    fault: Fault | None,
    scheduled_start: datetime,
    scheduled_end: datetime,
    notes: str,
    actor: Any,
) -> MaintenanceOrder:
    """Plan work on the machine; the order gets the next number of the day.

    Raises Invalid for an end that is not after the start, for a fault of another machine, and for preventive
    work on a fault.
    """
    _ensure_plan(machine, maintenance_type, fault, scheduled_start, scheduled_end)
    order = MaintenanceOrder(
        order_number=_next_order_number(timezone.now().astimezone(_zone_of(machine)).date()),
        machine=machine,
        maintenance_type=maintenance_type,
        title=title,
        description=description,
        priority=priority,
        fault=fault,
        scheduled_start=scheduled_start,
        scheduled_end=scheduled_end,
        notes=notes,
        created_by=actor,
    )
    order.save()
    return _upkeep_told("ordered", order, actor, new={"order_number": order.order_number})


def _ensure_plan(
    machine: Machine, maintenance_type: str, fault: Fault | None, start: datetime, end: datetime
) -> None:
    if end <= start:
        raise Invalid(errors={"scheduled_end": [_("The end must lie after the start.")]})
    if fault is not None and fault.machine_id != machine.pk:
        raise Invalid(errors={"fault_id": [_("This is a fault of another machine.")]})
    if fault is not None and maintenance_type != MaintenanceType.CORRECTIVE:
        raise Invalid(errors={"fault_id": [_("Only corrective maintenance mends a fault.")]})


def _zone_of(machine: Machine) -> tzinfo:
    return machine.line.site.zone if machine.line else UTC


def _next_order_number(day: date) -> str:
    """MO-YYMMDD-nnn, one after the highest of the day, 1000 after 999; who asks at the same time waits."""
    prefix = f"MO-{day:%y%m%d}-"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ORDER_NUMBER_LOCK])
    place = Cast(Substr("order_number", len(prefix) + 1), IntegerField())
    taken = MaintenanceOrder.objects.filter(order_number__startswith=prefix).aggregate(highest=Max(place))
    return f"{prefix}{(taken['highest'] or 0) + 1:03}"


@transaction.atomic
def start_maintenance(*, order: MaintenanceOrder, actor: Any) -> MaintenanceOrder:
    """Somebody works on it. Raises InvalidTransition unless the order is SCHEDULED."""
    order = lock(MaintenanceOrder, order.pk)
    ensure(order, MaintenanceStatus.IN_PROGRESS)
    order.status, order.started_at = MaintenanceStatus.IN_PROGRESS, timezone.now()
    order.save(update_fields=["status", "started_at", "updated_at"])
    return _upkeep_told("started", order, actor)


@transaction.atomic
def complete_maintenance(*, order: MaintenanceOrder, notes: str, actor: Any) -> MaintenanceOrder:
    """The work is done; what is noted about it comes below what is there. Raises InvalidTransition unless IN_PROGRESS."""
    order = lock(MaintenanceOrder, order.pk)
    ensure(order, MaintenanceStatus.COMPLETED)
    order.status, order.completed_at = MaintenanceStatus.COMPLETED, _end_of(order)
    order.notes = "\n".join(filter(None, [order.notes, notes]))
    order.save(update_fields=["status", "completed_at", "notes", "updated_at"])
    return _upkeep_told("completed", order, actor)


@transaction.atomic
def cancel_maintenance(*, order: MaintenanceOrder, reason: str, actor: Any) -> MaintenanceOrder:
    """The work will not be done. Raises InvalidTransition for an order that has ended, Invalid without a reason."""
    _ensure_why(reason, field="reason")
    order = lock(MaintenanceOrder, order.pk)
    ensure(order, MaintenanceStatus.CANCELLED)
    order.status, order.cancelled_at = MaintenanceStatus.CANCELLED, _end_of(order)
    order.cancel_reason = reason
    order.save(update_fields=["status", "cancelled_at", "cancel_reason", "updated_at"])
    return _upkeep_told("cancelled", order, actor, reason=reason)


def _end_of(order: MaintenanceOrder) -> datetime:
    """Now; never before the start, should the clock have been set back."""
    return max(timezone.now(), order.started_at or order.created_at)


def _upkeep_told(deed: str, order: MaintenanceOrder, actor: Any, **more: Any) -> MaintenanceOrder:
    """The deed in the ledger, and the news after commit."""
    record(f"equipment.maintenance_order.{deed}", order, actor=actor, **more)
    emit(maintenance_changed, order_id=order.pk, machine_id=order.machine_id)
    return order
