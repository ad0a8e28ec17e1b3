"""Schedules and jobs to test with."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from audit.models import AuditLog
from production import actions
from production.models import ChecklistItem, JobAssignment, Lot, ProductionSchedule
from tests.support.factories import MachineFactory, UserFactory
from tests.support.production_factories import ProductFactory

_numbers = count(1)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def on(day: int, hour: int) -> datetime:
    """A moment in March 2026."""
    return MARCH.replace(day=day, hour=hour)


def schedule_of(line: Any, **given: Any) -> ProductionSchedule:
    """The morning of the 3rd on this line, 1,000 pieces of a product of its own unless told otherwise."""
    said = {
        "product": None,
        "scheduled_start": on(3, 6),
        "scheduled_end": on(3, 14),
        "target_quantity": 1000,
        "actor": None,
        **given,
    }
    said["product"] = said["product"] or ProductFactory(model_code=f"PLANNED-{next(_numbers)}")
    said["actor"] = said["actor"] or UserFactory(role="production_manager")
    return actions.plan_schedule(line=line, **said)


def job_of(schedule: Any = None, **given: Any) -> JobAssignment:
    """A fresh operator's job, on a machine and a schedule of its own unless told otherwise."""
    if schedule is None:
        machine = given.setdefault("machine", MachineFactory())
        schedule = schedule_of(machine.line)
    said = {"user": None, "actor": None, **given}
    said["user"] = said["user"] or UserFactory(role="operator")
    said["actor"] = said["actor"] or schedule.created_by
    return actions.assign_job(schedule=schedule, **said)


def job_in(status: str, job: JobAssignment | None = None) -> JobAssignment:
    """A job that its worker, or a manager, has brought to this status."""
    job = job or job_of()
    steps = {
        "ASSIGNED": [],
        "ACCEPTED": [actions.accept_job],
        "IN_PROGRESS": [actions.accept_job, actions.start_job],
        "PAUSED": [actions.accept_job, actions.start_job, actions.pause_job],
        "COMPLETED": [actions.accept_job, actions.start_job, actions.complete_job],
    }
    if status == "CANCELLED":
        return actions.cancel_job(job=job, reason="No film", actor=job.user)
    for step in steps[status]:
        job = step(job=job, actor=job.user)
    return job


def question(line: Any, text: str = "Guards closed?", **given: Any) -> ChecklistItem:
    """A tick that the line wants before a job starts, unless told otherwise."""
    return ChecklistItem.objects.create(line=line, text=text, **given)


def lot_of(product: Any, **given: Any) -> Lot:
    """A lot of this product."""
    number = f"LOT-{Lot.objects.count() + 1}"
    day = MARCH.date()
    values = {"lot_number": number, "production_date": day, "created_on": day, "shift": "DAY", **given}
    return Lot.objects.create(product=product, **values)


def deeds(row: Any) -> list[AuditLog]:
    """What the trail tells was done to it, oldest first."""
    kind = {JobAssignment: "job_assignments", ProductionSchedule: "production_schedules"}[type(row)]
    found = AuditLog.objects.filter(entity_type=kind, entity_id=str(row.pk), action__startswith="production.")
    return list(found.order_by("id"))
