"""Calls by rule: a machine that is down too long, a fault that is bad enough. One call per rule and cause, ever."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from andon.actions.calls import raise_event
from andon.choices import Trigger
from andon.models import AutoRaise, AutoRaiseRule
from core.db import lock
from equipment.choices import FaultStatus, Urgency
from equipment.models import Fault, Line, Machine, MachineState

FAULTS_OF = timedelta(days=1)  # older ones were somebody's business before


def look_at_machines(*, machine_ids: Iterable[int]) -> None:
    """Call for every stop that has lasted long enough; for one that has not, queue another look at its moment."""
    now = timezone.now()
    for rule, stop in _stops(MachineState.objects.filter(machine_id__in=list(machine_ids))):
        due_at = stop.started_at + timedelta(seconds=rule.after_seconds)
        if due_at <= now:
            _call_for_stop(rule, stop)
        else:
            _look_again(stop.machine_id, due_at)


def _stops(states: object) -> list[tuple[AutoRaiseRule, MachineState]]:
    """Every unplanned stop that lasts still, with each rule that speaks of it."""
    rules = _rules(Trigger.MACHINE_DOWN)
    wanted = {state for rule in rules for state in rule.states}
    if not wanted:
        return []
    found = states.open().filter(  # type: ignore[attr-defined]
        state__in=wanted, machine__is_active=True, machine__line__enabled=True
    )
    stops = [stop for stop in found.select_related("machine", "reason") if not _is_planned(stop)]
    return [(rule, stop) for stop in stops for rule in rules if _speaks_of(rule, stop.machine, stop.state)]


def _rules(trigger: Trigger) -> list[AutoRaiseRule]:
    return list(AutoRaiseRule.objects.filter(trigger=trigger, is_active=True).order_by("pk"))


def _is_planned(stop: MachineState) -> bool:
    return stop.reason is not None and stop.reason.planned


def _speaks_of(rule: AutoRaiseRule, machine: Machine, state: str) -> bool:
    return rule.line_id in (None, machine.line_id) and state in rule.states


def _look_again(machine_id: int, at: datetime) -> None:
    from andon.tasks import look_at_machines as look

    look.configure(schedule_at=at).defer(machine_ids=[machine_id])


@transaction.atomic
def _call_for_stop(rule: AutoRaiseRule, stop: MachineState) -> bool:
    """Whether a call was made or joined: not where this stop has had its call, or is over by now."""
    line = _locked_line(stop.machine)
    lasts = MachineState.objects.open().filter(machine=stop.machine_id, started_at=stop.started_at).exists()
    cause = {"rule": rule, "machine_id": stop.machine_id, "stopped_at": stop.started_at}
    if not lasts or AutoRaise.objects.filter(**cause).exists():
        return False
    words = " – ".join(filter(None, [stop.get_state_display(), stop.reason.name if stop.reason else ""]))
    _call(rule, line, stop.machine, words, cause)
    return True


def look_at_faults(*, fault_ids: Iterable[int]) -> None:
    """Call for each of these faults that a rule speaks of."""
    faults = Fault.objects.filter(
        pk__in=list(fault_ids),
        status=FaultStatus.ACTIVE,
        machine__is_active=True,
        machine__line__enabled=True,
    )
    rules = _rules(Trigger.FAULT)
    for fault in faults.select_related("machine"):
        for rule in rules:
            if _is_bad_enough(rule, fault):
                _call_for_fault(rule, fault)


def _is_bad_enough(rule: AutoRaiseRule, fault: Fault) -> bool:
    return (
        rule.line_id in (None, fault.machine.line_id)
        and rule.fault_code.upper() in ("", fault.fault_code.upper())
        and Urgency(fault.severity).rank >= Urgency(rule.min_severity).rank
    )


@transaction.atomic
def _call_for_fault(rule: AutoRaiseRule, fault: Fault) -> bool:
    line = _locked_line(fault.machine)
    cause = {"rule": rule, "machine_id": fault.machine_id, "fault": fault}
    if AutoRaise.objects.filter(**cause).exists():
        return False
    words = ": ".join(filter(None, [fault.fault_code, fault.description]))
    _call(rule, line, fault.machine, words, cause)
    return True


def _locked_line(machine: Machine) -> Line:
    """Of two looks at one cause the second sees the call of the first."""
    return lock(Line, machine.line_id)


def _call(rule: AutoRaiseRule, line: Line, machine: Machine, words: str, cause: dict[str, object]) -> None:
    raised = raise_event(
        line=line,
        machine=machine,
        event_type=rule.event_type,
        priority=rule.priority,
        description=words,
        rule=rule,
        actor=None,
    )
    AutoRaise.objects.create(event=raised.event, **cause)


def sweep() -> None:
    """Look at everything that stands now, for what a lost job or an unheard signal has left out."""
    now = timezone.now()
    for rule, stop in _stops(MachineState.objects.all()):
        if stop.started_at + timedelta(seconds=rule.after_seconds) <= now:
            _call_for_stop(rule, stop)
    recent = Fault.objects.filter(status=FaultStatus.ACTIVE, occurred_at__gte=now - FAULTS_OF)
    look_at_faults(fault_ids=recent.values_list("pk", flat=True))
