"""Everything that changes a schedule: plan, change, cancel, delete; and how it follows its jobs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import conflict_as, emit, ensure, lock
from core.errors import Invalid
from core.ledger import record, values_of
from equipment.models import Line, Machine
from production.choices import UNFINISHED_JOBS, JobStatus, ProductStatus, ScheduleStatus
from production.errors import ScheduleEnded, ScheduleOverlap, ScheduleUnderWay
from production.models import JobAssignment, ProductionSchedule, ProductModel
from production.signals import schedule_changed

MAX_REASON = 255
OVERLAP = "production_productionschedule_no_overlap"
FIXED = ("line", "product", "scheduled_start")  # once somebody is assigned


@transaction.atomic
def plan_schedule(
    *,
    line: Line,
    product: ProductModel,
    scheduled_start: datetime,
    scheduled_end: datetime,
    target_quantity: int,
    priority: int = 5,
    notes: str = "",
    actor: Any,
) -> ProductionSchedule:
    """So many pieces of the product, on the line in [scheduled_start, scheduled_end).

    Raises ScheduleOverlap, and Invalid for an end that is not after the start, a line that is switched off or a
    product that is not made any more.
    """
    line = lock(
        Line, line.pk
    )  # plans for one line wait for each other, so that the constraint never deadlocks
    schedule = ProductionSchedule(
        line=line,
        product=product,
        scheduled_start=scheduled_start,
        scheduled_end=scheduled_end,
        target_quantity=target_quantity,
        priority=priority,
        notes=notes,
        created_by=actor,
    )
    _ensure_makes_sense(schedule)
    with conflict_as(ScheduleOverlap, OVERLAP):
        schedule.save()
    return _told("planned", schedule, actor, new=values_of(schedule))


@transaction.atomic
def change_schedule(*, schedule: ProductionSchedule, actor: Any, **changes: Any) -> ProductionSchedule:
    """Plan it otherwise: line, product, scheduled_start, scheduled_end, target_quantity, priority, notes.

    Raises ScheduleEnded, ScheduleUnderWay for a line, product or start that people work by, and what
    `plan_schedule` raises.
    """
    _lock_lines({schedule.line_id, changes.get("line", schedule.line).pk})
    schedule = lock(ProductionSchedule, schedule.pk)
    changes = {name: value for name, value in changes.items() if getattr(schedule, name) != value}
    if schedule.status not in schedule.TRANSITIONS:
        raise ScheduleEnded
    if set(FIXED) & set(changes) and schedule.jobs.exclude(status=JobStatus.CANCELLED).exists():
        raise ScheduleUnderWay
    for name, value in changes.items():
        setattr(schedule, name, value)
    _ensure_makes_sense(schedule)
    with conflict_as(ScheduleOverlap, OVERLAP):
        schedule.save(update_fields=[*changes, "updated_at"])
    return _told("changed", schedule, actor)


def _lock_lines(ids: set[int]) -> None:
    list(Line.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids).order_by("pk"))


def _ensure_makes_sense(schedule: ProductionSchedule) -> None:
    errors: dict[str, list[str]] = {}
    if schedule.scheduled_end <= schedule.scheduled_start:
        errors["scheduled_end"] = [_("The end must lie after the start.")]
    if not schedule.line.enabled:
        errors["line_id"] = [_("This line is switched off.")]
    if schedule.product.status != ProductStatus.ACTIVE:
        errors["product_model_id"] = [_("This product is not made any more.")]
    if errors:
        raise Invalid(errors=errors)


@transaction.atomic
def cancel_schedule(*, schedule: ProductionSchedule, reason: str, actor: Any) -> ProductionSchedule:
    """It will not be made, and no job of it is worked on any more.

    Raises InvalidTransition for a schedule that has ended, Invalid without a reason.
    """
    from production.actions.jobs import cancel_locked

    ensure_reason(reason)
    schedule = lock(ProductionSchedule, schedule.pk)
    ensure(schedule, ScheduleStatus.CANCELLED)
    schedule.status, schedule.cancel_reason = ScheduleStatus.CANCELLED, reason
    schedule.cancelled_at = timezone.now()
    schedule.save(update_fields=["status", "cancel_reason", "cancelled_at", "updated_at"])
    for job in _lock_open_jobs(schedule):
        cancel_locked(job, reason=reason, actor=actor)
    return _told("cancelled", schedule, actor, reason=reason)


def _lock_open_jobs(schedule: ProductionSchedule) -> list[JobAssignment]:
    """Its unfinished jobs: all machines first, then all jobs, each by ascending pk."""
    jobs = schedule.jobs.filter(status__in=UNFINISHED_JOBS).order_by("pk")
    machines = Machine.objects.filter(pk__in=jobs.order_by().values("machine")).order_by("pk")
    list(machines.select_for_update(no_key=True, of=("self",)))
    return list(jobs.select_for_update(no_key=True, of=("self",)))


@transaction.atomic
def delete_schedule(*, schedule: ProductionSchedule) -> None:
    """As if it had never been planned. Raises ProtectedError where somebody was assigned to it."""
    schedule = lock(ProductionSchedule, schedule.pk)
    emit(schedule_changed, schedule_id=schedule.pk, line_id=schedule.line_id)
    schedule.delete()


def follow_jobs(schedule_id: int, *, actor: Any) -> None:
    """Bring a schedule, which the caller has locked, to the status that its jobs give it."""
    schedule = lock(ProductionSchedule, schedule_id)
    wanted = status_of(schedule.jobs.values_list("status", flat=True).distinct().order_by())
    if schedule.status == wanted or schedule.status not in schedule.TRANSITIONS:
        return
    ensure(schedule, wanted)
    schedule.status = wanted
    schedule.save(update_fields=["status", "updated_at"])
    _told(f"set_{wanted.lower()}", schedule, actor)


def status_of(jobs: Collection[str]) -> ScheduleStatus:
    """The status of a schedule with jobs in these statuses: who works, works on it; the last to complete completes it."""
    found = set(jobs) - {JobStatus.CANCELLED}
    if JobStatus.IN_PROGRESS in found:
        return ScheduleStatus.IN_PROGRESS
    if JobStatus.PAUSED in found:
        return ScheduleStatus.PAUSED
    if JobStatus.COMPLETED in found:
        waiting = found - {JobStatus.COMPLETED}
        return ScheduleStatus.IN_PROGRESS if waiting else ScheduleStatus.COMPLETED
    return ScheduleStatus.SCHEDULED


def ensure_reason(reason: str) -> None:
    """Raises Invalid unless something is said, in at most MAX_REASON characters."""
    if not reason.strip() or len(reason) > MAX_REASON:
        text = _("Say why, in at most %(count)d characters.") % {"count": MAX_REASON}
        raise Invalid(errors={"reason": [text]})


def _told(deed: str, schedule: ProductionSchedule, actor: Any, **more: Any) -> ProductionSchedule:
    record(f"production.schedule.{deed}", schedule, actor=actor, **more)
    emit(schedule_changed, schedule_id=schedule.pk, line_id=schedule.line_id)
    return schedule
