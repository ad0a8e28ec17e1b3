"""What is wrong with a machine and the work that keeps it right: every step of faults and maintenance orders."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Any

from django.db import connection, transaction
from django.db.models import IntegerField, Max
from django.db.models.functions import Cast, Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import emit, ensure, lock
from core.errors import Invalid
from core.ledger import record
from equipment.actions.states import ensure_why
from equipment.choices import FaultStatus, MaintenanceStatus, MaintenanceType, StandardFault
from equipment.models import Fault, Machine, MaintenanceOrder
from equipment.signals import fault_reported, fault_resolved, maintenance_changed

ORDER_NUMBER_LOCK = 2_207_316_001  # of PostgreSQL's advisory locks: one order number at a time


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
    ensure_why(reason, field="reason")
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
