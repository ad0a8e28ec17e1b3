"""The ladder of a call: planned when its clock starts, climbed when nobody comes, stopped when somebody does.

Every function here is called with the event locked, inside the transaction of the step that calls it, but for
`fire_due`, `escalate` and `sweep`, which open their own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Min
from django.utils import timezone

from andon.actions import outbox
from andon.choices import CLOCK_OF_STATUS, StepStatus
from andon.errors import NothingAbove
from andon.models import AndonEvent, EscalationLevel, EscalationPolicy, EscalationStep
from andon.resting import due_within
from andon.selectors.policies import levels_of, policy_for
from andon.signals import event_changed
from core.db import emit, ensure, lock
from core.errors import DomainError
from core.ledger import record
from equipment.selectors import calendar_of

log = structlog.get_logger(__name__)
SWEEP_AT_ONCE = 500
MOMENT = timedelta(microseconds=1)
CLOCKS_DIFFER = timedelta(seconds=2)  # between the worker and the database that called it


def plan(event: AndonEvent, *, since: datetime) -> None:
    """Write the steps of the clock that the event's status lets run, and queue a job for each.

    Where the event has steps already (it has become more urgent), those to come follow the policy of now, and none
    comes later than it would have; what has fired stays.
    """
    standing = {step.level: step for step in event.steps.select_for_update(no_key=True)}
    wanted = {step.level: step for step in _planned(event, since)}
    for level, step in standing.items():
        if level not in wanted and step.status == StepStatus.PENDING:
            _close(step, StepStatus.CANCELLED)
    for level, step in wanted.items():
        _write(step, standing.get(level))
    _note_next(event)


def _planned(event: AndonEvent, since: datetime) -> list[EscalationStep]:
    policy = policy_for(line_id=event.line_id, event_type=event.event_type, priority=event.priority)
    if policy is None:
        return []
    clock = CLOCK_OF_STATUS[event.status]
    return [
        EscalationStep(
            event=event,
            policy=policy,
            level=level.level,
            clock=clock,
            roles=level.roles,
            channels=level.channels,
            due_at=_due_at(event, policy, level, since),
        )
        for level in levels_of(policy)
        if level.clock == clock
    ]


def _due_at(event: AndonEvent, policy: EscalationPolicy, level: EscalationLevel, since: datetime) -> datetime:
    length = timedelta(minutes=level.after_minutes)
    return _after(event, since, length) if policy.clock_rests_outside_shifts else since + length


def _after(event: AndonEvent, since: datetime, length: timedelta) -> datetime:
    """When so much time inside the line's shifts has passed."""
    calendar = calendar_of(line=event.line)
    return due_within(
        lambda start, end: ((shift.start, shift.end) for shift in calendar.shifts(start, end)), since, length
    )


def _write(step: EscalationStep, standing: EscalationStep | None) -> None:
    """Make the step, or bring the one of this level up to it, unless it has fired."""
    if standing is not None:
        if standing.status == StepStatus.FIRED:
            return
        if standing.status == StepStatus.PENDING:
            step.due_at = min(step.due_at, standing.due_at)
        step.pk = standing.pk
    step.save(force_insert=standing is None, force_update=standing is not None)
    _queue(step)


def _queue(step: EscalationStep) -> None:
    from andon.tasks import fire_step

    fire_step.configure(schedule_at=step.due_at).defer(step_id=step.pk)


def answered(event: AndonEvent) -> None:
    """Somebody came: what waited for an answer is not needed; the clock until the end starts."""
    _close_pending(event, StepStatus.SKIPPED)
    plan(event, since=event.acknowledged_at or timezone.now())


def ended(event: AndonEvent) -> None:
    """The call is over: nobody else is told."""
    _close_pending(event, StepStatus.CANCELLED)
    event.next_escalation_at = None


def _close_pending(event: AndonEvent, status: StepStatus) -> None:
    for step in event.steps.pending().select_for_update(no_key=True):
        _close(step, status)


def _close(step: EscalationStep, status: StepStatus) -> None:
    step.status = status
    step.save(update_fields=["status"])


def _note_next(event: AndonEvent) -> None:
    """Its caller saves it."""
    event.next_escalation_at = event.steps.pending().aggregate(at=Min("due_at"))["at"]


@transaction.atomic
def fire_due(*, step_id: int) -> bool:
    """Fire the step if it is due and nobody else has; whether it was fired here.

    A job may come twice, too early (a clock was set) or not at all (the sweep comes instead): the step fires once.
    """
    event_id = EscalationStep.objects.filter(pk=step_id).values_list("event_id", flat=True).first()
    if event_id is None:
        return False
    event = lock(AndonEvent, event_id)
    step = lock(EscalationStep, step_id)
    if step.status != StepStatus.PENDING or step.due_at > timezone.now() + CLOCKS_DIFFER:
        return False
    if _rests(event, step):
        return False
    _fire(event, step, actor=None)
    return True


def _rests(event: AndonEvent, step: EscalationStep) -> bool:
    """The calendar has changed since the step was planned, and no shift has its moment any more: put off to the next."""
    if step.policy is None or not step.policy.clock_rests_outside_shifts:
        return False
    resumes_at = _after(event, step.due_at - MOMENT, timedelta(0))  # due as a shift ends is due inside it
    if resumes_at <= step.due_at:
        return False
    step.due_at = resumes_at
    step.save(update_fields=["due_at"])
    _queue(step)
    _note_next(event)
    event.save(update_fields=["next_escalation_at"])
    return True


@transaction.atomic
def escalate(*, event: AndonEvent, actor: Any) -> AndonEvent:
    """Somebody does not want to wait: the next level is told now.

    Raises InvalidTransition for a call that has ended, NothingAbove where no level is to come.
    """
    event = lock(AndonEvent, event.pk)
    _ensure_running(event)
    step = event.steps.pending().select_for_update(no_key=True).order_by("level").first()
    if step is None:
        raise NothingAbove
    _fire(event, step, actor=actor)
    return event


def _ensure_running(event: AndonEvent) -> None:
    """A call that has ended has no way on: its table of transitions refuses whatever is asked."""
    if event.status not in CLOCK_OF_STATUS:
        ensure(event, "ESCALATED")


def _fire(event: AndonEvent, step: EscalationStep, *, actor: Any) -> None:
    step.status, step.fired_at, step.fired_by = StepStatus.FIRED, timezone.now(), actor
    step.save(update_fields=["status", "fired_at", "fired_by"])
    event.escalation_level = max(event.escalation_level, step.level)
    _note_next(event)
    event.save(update_fields=["escalation_level", "next_escalation_at", "updated_at"])
    told = {"level": step.level, "roles": step.roles, "channels": step.channels}
    record("andon.event.escalated", event, actor=actor, new=told)
    outbox.write(step)
    emit(event_changed, event_id=event.pk, line_id=event.line_id)


def sweep() -> int:
    """Fire what is overdue, whatever became of its job; how many steps fired. One that fails stops no other."""
    ids = EscalationStep.objects.due(timezone.now()).values_list("pk", flat=True)[:SWEEP_AT_ONCE]
    return sum(_fired(pk) for pk in list(ids))


def _fired(step_id: int) -> bool:
    try:
        return fire_due(step_id=step_id)
    except (DatabaseError, DomainError):
        log.exception("andon.step_failed", step_id=step_id)
        return False
