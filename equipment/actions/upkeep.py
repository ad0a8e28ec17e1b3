"""What is wrong with a machine and the work that keeps it right: every step of faults and maintenance orders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from django.db import connection, transaction
from django.db.models import IntegerField, Max
from django.db.models.functions import Cast, Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import emit, ensure, lock
from core.errors import Invalid, InvalidTransition
from core.ledger import record
from equipment.actions.states import ensure_why
from equipment.choices import FaultStatus, MaintenanceStatus, MaintenanceType, Urgency
from equipment.errors import AlreadyOrdered
from equipment.models import Fault, Machine, MaintenanceOrder, MaintenancePlan
from equipment.selectors.upkeep import known_fault
from equipment.signals import fault_reported, fault_resolved, maintenance_changed

REPAIR_WITHIN = {
    Urgency.CRITICAL: timedelta(hours=2),
    Urgency.HIGH: timedelta(hours=8),
    Urgency.MEDIUM: timedelta(days=1),
    Urgency.LOW: timedelta(days=7),
}
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

    A fault of the catalogue, or a standard one, brings its own severity and description where none are given; of
    another code the severity must be told, or Invalid is raised.
    """
    known = known_fault(machine=machine, fault_code=fault_code)
    severity = severity or (known.severity if known else None)
    if severity is None:
        raise Invalid(errors={"severity": [_("Say how bad it is: this fault is in no catalogue.")]})
    fault = Fault(
        machine=machine,
        fault_code=known.code if known else fault_code,
        severity=severity,
        description=description or (known.description if known else ""),
        occurred_at=occurred_at or timezone.now(),
        reported_by=actor,
    )
    fault.save()
    record("equipment.fault.reported", fault, actor=actor, new={"severity": severity})
    emit(fault_reported, fault_id=fault.pk, machine_id=machine.pk)
    return fault


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
def order_repair(*, fault: Fault, actor: Any) -> MaintenanceOrder:
    """Corrective work on a fault, as urgent as the fault is bad, to be begun now.

    Raises InvalidTransition for a fault that is resolved, AlreadyOrdered where a repair is ordered and not ended.
    """
    fault = lock(Fault, fault.pk)
    if fault.status != FaultStatus.ACTIVE:
        raise InvalidTransition(present=fault.status, target=MaintenanceStatus.SCHEDULED)
    if fault.maintenance_orders.unfinished().exists():
        raise AlreadyOrdered
    now = timezone.now()
    title = " ".join(filter(None, [fault.fault_code, fault.description]))
    return order_maintenance(
        machine=fault.machine,
        maintenance_type=MaintenanceType.CORRECTIVE,
        title=title[:150],
        description=fault.description,
        priority=fault.severity,
        fault=fault,
        scheduled_start=now,
        scheduled_end=now + REPAIR_WITHIN[Urgency(fault.severity)],
        notes="",
        actor=actor,
    )


def order_due_maintenance(*, now: datetime | None = None) -> int:
    """Make the order of every plan whose round is over, one transaction each; how many were made."""
    now = now or timezone.now()
    plans = MaintenancePlan.objects.filter(is_active=True, machine__is_active=True).with_running(now)
    due = [plan.pk for plan in plans if plan.is_due(now, plan.running)]
    return sum(_order_round(pk, now) for pk in due)


@transaction.atomic
def _order_round(plan_id: int, now: datetime) -> bool:
    """The order of the plan's present round; False where it is made already, or no longer due."""
    lock(MaintenancePlan, plan_id)
    plan = (
        MaintenancePlan.objects.select_related("machine__line__area__site").with_running(now).get(pk=plan_id)
    )
    if not plan.is_active or not plan.is_due(now, plan.running):
        return False
    if plan.orders.filter(plan_round=plan.round).exists():
        return False
    order = MaintenanceOrder(
        order_number=_next_order_number(now.astimezone(_zone_of(plan.machine)).date()),
        machine=plan.machine,
        maintenance_type=MaintenanceType.PREVENTIVE,
        title=plan.title,
        description=plan.description,
        priority=plan.priority,
        scheduled_start=now,
        scheduled_end=now + timedelta(days=plan.tolerance_days),
        plan=plan,
        plan_round=plan.round,
    )
    order.save()
    _upkeep_told("ordered", order, None, new={"order_number": order.order_number, "plan_id": plan.pk})
    return True


def _begin_next_round(order: MaintenanceOrder, at: datetime) -> None:
    """With the end of its order, done or not, a plan counts anew."""
    if order.plan_id is None:
        return
    plan = lock(MaintenancePlan, order.plan_id)
    if plan.round == order.plan_round:
        plan.round, plan.counted_from = plan.round + 1, at
        plan.save(update_fields=["round", "counted_from", "updated_at"])


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
    _begin_next_round(order, order.completed_at)
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
    _begin_next_round(order, order.cancelled_at)
    return _upkeep_told("cancelled", order, actor, reason=reason)


def _end_of(order: MaintenanceOrder) -> datetime:
    """Now; never before the start, should the clock have been set back."""
    return max(timezone.now(), order.started_at or order.created_at)


def _upkeep_told(deed: str, order: MaintenanceOrder, actor: Any, **more: Any) -> MaintenanceOrder:
    """The deed in the ledger, and the news after commit."""
    record(f"equipment.maintenance_order.{deed}", order, actor=actor, **more)
    emit(maintenance_changed, order_id=order.pk, machine_id=order.machine_id)
    return order
