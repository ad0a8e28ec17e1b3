"""The database itself refuses what cannot be of ladders, messages, policies and rules."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from andon.models import (
    AndonEvent,
    AutoRaise,
    AutoRaiseRule,
    EscalationLevel,
    EscalationPolicy,
    EscalationStep,
    Notification,
    NotificationTarget,
    ResponseType,
)
from tests.andon.calls import call
from tests.andon.policies import policy
from tests.support.factories import MachineFactory, UserFactory

pytestmark = pytest.mark.django_db


def refused(constraint: str, make) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make()


@pytest.fixture
def step():
    policy((5, "REPORTED"))
    return call().steps.get()


def step_of(step, **changed):
    values = {
        "event": step.event, "level": 7, "clock": "REPORTED", "roles": [], "channels": [], "due_at": step.due_at
    }  # fmt: skip
    return EscalationStep.objects.create(**values | changed)


def message_of(step, **changed):
    now = timezone.now()
    values = {"step": step, "channel": "EMAIL", "recipient": UserFactory(), "created_at": now}
    return Notification.objects.create(**values | {"next_attempt_at": now} | changed)


def test_a_level_of_a_call_exists_once(step):
    refused("andon_escalationstep_once_per_level", lambda: step_of(step, level=step.level))


@pytest.mark.parametrize(
    "odd",
    [
        {"status": "FIRED"},
        {"status": "PENDING", "fired_at": timezone.now()},
        {"status": "SKIPPED", "fired_at": timezone.now()},
        {"status": "NONSENSE"},
    ],
)
def test_a_step_fires_at_a_moment_or_not_at_all(step, odd):
    refused("andon_escalationstep_fired_at_a_moment", lambda: step_of(step, **odd))


def test_a_message_goes_to_one_person_or_to_one_target(step):
    target = NotificationTarget.objects.create(kind="WEBHOOK", name="Chat", url="https://example.com/")
    for odd in (
        {"recipient": None},
        {"target": target},
        {"channel": "WEBHOOK"},
        {"channel": "WEBHOOK", "recipient": None},
        {"channel": "PAGE", "recipient": None, "target": target},
    ):
        refused("andon_notification_goes_to_one", lambda odd=odd: message_of(step, **odd))


@pytest.mark.parametrize("odd", [{"status": "SENT"}, {"status": "FAILED", "sent_at": timezone.now()}])
def test_a_message_is_sent_at_a_moment_or_not_at_all(step, odd):
    refused("andon_notification_sent_at_a_moment", lambda: message_of(step, **odd))


def test_a_scope_has_one_policy_whatever_is_left_open():
    policy(name="All")
    refused("andon_escalationpolicy_one_per_scope", lambda: EscalationPolicy.objects.create(name="All again"))


@pytest.mark.parametrize(
    ("odd", "constraint"),
    [
        ({"level": 1}, "andon_escalationlevel_once_per_policy"),
        ({"level": 0}, "andon_escalationlevel_level_in_range"),
        ({"level": 10}, "andon_escalationlevel_level_in_range"),
        ({"clock": "RESOLVED"}, "andon_escalationlevel_clock_known"),
        ({"roles": []}, "andon_escalationlevel_somebody_is_told"),
        ({"channels": []}, "andon_escalationlevel_somebody_is_told"),
    ],
)
def test_levels_that_cannot_be(odd, constraint):
    values = {"level": 2, "after_minutes": 5, "clock": "REPORTED", "roles": ["admin"], "channels": ["PAGE"]}
    made = policy((5, "REPORTED"))
    refused(constraint, lambda: EscalationLevel.objects.create(policy=made, **values | odd))


def test_a_type_has_one_owner_and_a_target():
    known = {"event_type": "SAFETY", "owner_role": "admin", "target_minutes": 5}
    ResponseType.objects.get_or_create(event_type="SAFETY", defaults=known)
    refused("event_type", lambda: ResponseType.objects.create(**known))


def test_a_call_is_somebodys_or_a_rules():
    machine = MachineFactory()
    refused(
        "andon_andonevent_somebody_or_a_rule_called",
        lambda: AndonEvent.objects.create(
            line=machine.line, event_type="SAFETY", priority="LOW", reported_at=timezone.now()
        ),
    )


def test_a_rule_calls_once_per_cause():
    event, now = call(MachineFactory()), timezone.now()
    rule = AutoRaiseRule.objects.create(name="Down", trigger="MACHINE_DOWN")
    cause = {"rule": rule, "event": event, "machine": event.machine, "stopped_at": now}
    AutoRaise.objects.create(**cause)
    refused("andon_autoraise_once_per_cause", lambda: AutoRaise.objects.create(**cause))
    refused("andon_autoraise_has_one_cause", lambda: AutoRaise.objects.create(**cause | {"stopped_at": None}))
