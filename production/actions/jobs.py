"""Everything that changes a job: assign, accept, start, pause, resume, complete, cancel, report pieces.

Each step locks the schedule, then the machine, the lot and the job (docs/architecture.md).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import conflict_as, emit, ensure, lock
from core.errors import Invalid, InvalidTransition, NotFound
from core.ledger import record
from equipment.models import Line, Machine
from production.actions.counting import close_run, record_counts, record_run
from production.actions.lot_progress import lock_lots
from production.actions.plans import ensure_reason, follow_jobs
from production.choices import STARTED_JOBS, JobStatus
from production.errors import (
    AlreadyAssigned,
    ChecklistOpen,
    EventIdReused,
    JobInUse,
    JobNotStarted,
    JobUnderWay,
    MachineBusy,
    NotYourJob,
    ScheduleEnded,
)
from production.inputs import NewCount
from production.models import JobAssignment, Lot, ProductionCount, ProductionRun, ProductionSchedule
from production.models.units import OPEN_LOTS
from production.selectors import unanswered
from production.signals import job_changed

INSTANT = timedelta(microseconds=1)
FIXED = {"user", "machine", "lot"}  # once the job is accepted
WORK, MANAGE = "production.work_jobassignment", "production.change_jobassignment"


@transaction.atomic
def assign_job(
    *,
    schedule: ProductionSchedule,
    user: Any,
    machine: Machine | None = None,
    lot: Lot | None = None,
    notes: str = "",
    actor: Any,
) -> JobAssignment:
    """Give a schedule to somebody, on one of its line's machines; without one, on the one that decides the line.

    Raises ScheduleEnded, AlreadyAssigned where the same worker has it on the same machine, and Invalid for somebody
    who may not work on jobs, a machine that stands elsewhere and a lot of another product or one that is completed.
    """
    schedule = lock(ProductionSchedule, schedule.pk)
    if schedule.status not in schedule.TRANSITIONS:
        raise ScheduleEnded
    job = JobAssignment(
        schedule=schedule,
        machine=machine or _deciding_machine(schedule.line),
        user=user,
        lot=lot,
        notes=notes,
        assigned_by=actor,
        assigned_at=timezone.now(),
    )
    _ensure_fits(job)
    job.save()
    return _told("assigned", job, actor, new={"user_id": user.pk, "machine_id": job.machine_id})


def _deciding_machine(line: Line) -> Machine:
    """The constraint of a line, else its only machine. Raises Invalid where nobody can tell."""
    machines = [line.constraint_machine] if line.constraint_machine else list(line.machines.all()[:2])
    if len(machines) != 1:
        raise Invalid(errors={"equipment_code": [_("Say on which machine of the line.")]})
    return machines[0]


def _ensure_fits(job: JobAssignment) -> None:
    errors: dict[str, list[str]] = {}
    if not job.user.is_active or not job.user.has_perm(WORK):
        errors["user_id"] = [_("This account may not work on jobs.")]
    if job.machine.line_id != job.schedule.line_id or not job.machine.is_active:
        errors["equipment_code"] = [
            _("This machine does not stand on the schedule's line, or is switched off.")
        ]
    if job.lot and (job.lot.product_id != job.schedule.product_id or job.lot.status not in OPEN_LOTS):
        errors["lot_id"] = [_("This lot is of another product, or completed.")]
    if errors:
        raise Invalid(errors=errors)
    twins = job.schedule.jobs.unfinished().filter(user=job.user, machine=job.machine)
    if twins.exclude(pk=job.pk).exists():
        raise AlreadyAssigned


@transaction.atomic
def change_job(*, job: JobAssignment, actor: Any, **changes: Any) -> JobAssignment:
    """Give it to somebody else, to another machine or lot, or note something: user, machine, lot, notes.

    Raises JobUnderWay for a worker, machine or lot once the job is accepted, and what `assign_job` raises.
    """
    job = take_job(job)
    changes = {name: value for name, value in changes.items() if getattr(job, name) != value}
    moves = FIXED & set(changes)
    if moves and job.status != JobStatus.ASSIGNED:
        raise JobUnderWay
    for name, value in changes.items():
        setattr(job, name, value)
    if moves:
        _ensure_fits(job)
    job.save(update_fields=[*changes, "updated_at"])
    return _told("changed", job, actor)


@transaction.atomic
def delete_job(*, job: JobAssignment, actor: Any) -> None:
    """As if it had never been assigned. Raises JobInUse once it has been started."""
    job = take_job(job)
    if job.started_at is not None:
        raise JobInUse
    emit(job_changed, job_id=job.pk, line_id=job.schedule.line_id, machine_id=job.machine_id)
    job.delete()
    follow_jobs(job.schedule_id, actor=actor)


@transaction.atomic
def accept_job(*, job: JobAssignment, actor: Any) -> JobAssignment:
    """The worker will do it. Raises NotYourJob, InvalidTransition unless ASSIGNED."""
    job = take_job(job, actor)
    job.accepted_at = timezone.now()
    return _step(job, JobStatus.ACCEPTED, "accepted", actor, "accepted_at")


@transaction.atomic
def start_job(*, job: JobAssignment, actor: Any) -> JobAssignment:
    """Its machine makes its product from now on.

    Raises NotYourJob, InvalidTransition unless ACCEPTED, ChecklistOpen, MachineBusy, RunOverlap.
    """
    job = take_job(job, actor)
    _ensure_is(job, JobStatus.ACCEPTED, JobStatus.IN_PROGRESS)
    if asked := unanswered(job=job):
        raise ChecklistOpen([item.text for item in asked])
    job.started_at = timezone.now()
    return _run(job, "started", job.started_at, actor)


@transaction.atomic
def resume_job(*, job: JobAssignment, actor: Any) -> JobAssignment:
    """The work goes on. Raises NotYourJob, InvalidTransition unless PAUSED, MachineBusy, RunOverlap."""
    job = take_job(job, actor)
    _ensure_is(job, JobStatus.PAUSED, JobStatus.IN_PROGRESS)
    return _run(job, "resumed", timezone.now(), actor)


def _ensure_is(job: JobAssignment, present: str, target: str) -> None:
    if job.status != present:
        raise InvalidTransition(present=job.status, target=target)


def _run(job: JobAssignment, deed: str, at: datetime, actor: Any) -> JobAssignment:
    with conflict_as(MachineBusy, "production_jobassignment_one_running_per_machine"):
        job = _step(job, JobStatus.IN_PROGRESS, deed, actor, "started_at")
    before = job.runs.aggregate(count=Count("pk"), ended_at=Max("ended_at"))
    stretch = before["count"] + 1
    record_run(
        machine=job.machine,
        product=job.schedule.product,
        started_at=max(at, before["ended_at"] or at),  # should the clock be set back meanwhile
        reference=f"JOB-{job.pk}" if stretch == 1 else f"JOB-{job.pk}/{stretch}",
        operator_name=str(job.user)[:150],
        source=actor.username,
        job=job,
        actor=actor,
    )
    return job


@transaction.atomic
def pause_job(*, job: JobAssignment, actor: Any) -> JobAssignment:
    """The work rests; its machine is free for another job. Raises NotYourJob, InvalidTransition unless IN_PROGRESS."""
    job = take_job(job, actor)
    job = _step(job, JobStatus.PAUSED, "paused", actor)
    _end_run(job, actor)
    return job


@transaction.atomic
def complete_job(*, job: JobAssignment, actor: Any) -> JobAssignment:
    """The work is done. Raises NotYourJob, InvalidTransition unless IN_PROGRESS or PAUSED."""
    job = take_job(job, actor)
    job.completed_at = timezone.now()
    job = _step(job, JobStatus.COMPLETED, "completed", actor, "completed_at")
    _end_run(job, actor)
    return job


@transaction.atomic
def cancel_job(*, job: JobAssignment, reason: str, actor: Any) -> JobAssignment:
    """The work will not be done. Raises NotYourJob, InvalidTransition for a job that has ended, Invalid without a reason."""
    ensure_reason(reason)
    return cancel_locked(take_job(job, actor), reason=reason, actor=actor)


def cancel_locked(job: JobAssignment, *, reason: str, actor: Any) -> JobAssignment:
    """The same for a job that the caller has locked after its schedule and machine."""
    job.cancelled_at, job.cancel_reason = timezone.now(), reason
    job = _step(job, JobStatus.CANCELLED, "cancelled", actor, "cancelled_at", "cancel_reason", reason=reason)
    _end_run(job, actor)
    return job


def _end_run(job: JobAssignment, actor: Any) -> None:
    """Its machine makes its product no more, from now on; never before it began, should the clock be set back."""
    run: ProductionRun | None = job.runs.filter(ended_at=None).first()
    if run is not None:
        close_run(run=run, ended_at=max(timezone.now(), run.started_at + INSTANT), actor=actor)


def _step(
    job: JobAssignment, target: str, deed: str, actor: Any, *columns: str, reason: str = ""
) -> JobAssignment:
    ensure(job, target)
    job.status = target
    job.save(update_fields=["status", *columns, "updated_at"])
    job = _told(deed, job, actor, reason=reason)
    follow_jobs(job.schedule_id, actor=actor)
    return job


@transaction.atomic
def report_pieces(
    *,
    job: JobAssignment,
    good: int = 0,
    scrap: int = 0,
    rework: int = 0,
    event_id: str = "",
    actor: Any,
) -> JobAssignment:
    """Pieces made for the job until now: into the counts, and so into OEE, and into the job and its schedule.

    The same report of the same person under the same `event_id` counts once. Raises NotYourJob, JobNotStarted,
    EventIdReused for another report of that name, Invalid for no pieces.
    """
    pieces = {"good": good, "scrap": scrap, "rework": rework}
    if not any(pieces.values()):
        raise Invalid(errors={"good": [_("Report at least one piece.")]})
    job = take_job(job, actor)
    known = ProductionCount.objects.filter(source=actor.username, event_id=event_id, reading=None).first()
    if known is not None:
        _ensure_same(known, job, pieces)
        return job
    if job.status not in STARTED_JOBS:
        raise JobNotStarted
    count = _count_of(job, event_id or f"job-{uuid4().hex}", actor, pieces)
    if not record_counts(counts=[count]):  # the name was taken meanwhile, at another machine
        raise EventIdReused
    job.refresh_from_db()
    record("production.job.counted", job, actor=actor, new={"event_id": count.event_id, **pieces})
    return job


def _ensure_same(known: ProductionCount, job: JobAssignment, pieces: dict[str, int]) -> None:
    if known.job_id != job.pk or any(getattr(known, name) != count for name, count in pieces.items()):
        raise EventIdReused


def _count_of(job: JobAssignment, event_id: str, actor: Any, pieces: dict[str, int]) -> NewCount:
    run = job.runs.filter(ended_at=None).first()
    return NewCount(
        machine_id=job.machine_id,
        source=actor.username,
        event_id=event_id,
        at=timezone.now(),
        product_id=job.schedule.product_id,
        run_id=run.pk if run else None,
        job_id=job.pk,
        **pieces,
    )


def take_job(job: JobAssignment, actor: Any = None) -> JobAssignment:
    """The job, locked after its schedule, its machine and its lot; `actor` has to be its worker, or a manager.

    Raises NotFound for a job that is gone, NotYourJob.
    """
    schedules = ProductionSchedule.objects.select_for_update(no_key=True, of=("self",))
    schedule = schedules.select_related("line", "product").filter(pk=job.schedule_id).first()
    found = JobAssignment.objects.filter(pk=job.pk).first()  # whose machine and lot can change no more
    if schedule is None or found is None:
        raise NotFound
    lock(Machine, found.machine_id)
    lock_lots([found.pk])
    taken = lock(JobAssignment, found.pk)
    taken.schedule = schedule
    if actor is not None and taken.user_id != actor.pk and not actor.has_perm(MANAGE):
        raise NotYourJob
    return taken


def _told(deed: str, job: JobAssignment, actor: Any, **more: Any) -> JobAssignment:
    """The deed in the ledger, and the news after commit."""
    record(f"production.job.{deed}", job, actor=actor, **more)
    emit(job_changed, job_id=job.pk, line_id=job.schedule.line_id, machine_id=job.machine_id)
    return job
