"""Escalation and history of a call over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from andon.actions import ladder
from andon.actions.auto import look_at_faults
from andon.models import AndonEvent, AutoRaiseRule
from tests.andon.calls import call
from tests.andon.policies import policy
from tests.support.api import API, client_for
from tests.support.factories import MachineFactory
from tests.support.upkeep import fault_of

pytestmark = pytest.mark.django_db
EVENTS = f"{API}andon/events"
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize("role", ["shift_manager", "maintenance", "quality"])
def test_who_may_acknowledge_may_escalate(role):
    policy()
    event = call()
    answer = client_for(role).post(f"{EVENTS}/{event.pk}/escalate")
    assert (answer.status_code, answer.json()["escalation_level"]) == (200, 1)
    due_at = event.reported_at + timedelta(minutes=10)
    assert datetime.fromisoformat(answer.json()["next_escalation_at"]) == due_at


@pytest.mark.parametrize("role", ["operator", "viewer", "guest", "integration"])
def test_who_may_not_may_not(role):
    event = call()
    assert client_for(role).post(f"{EVENTS}/{event.pk}/escalate").status_code == 403
    assert AndonEvent.objects.get().escalation_level == 0


def test_above_the_last_level_it_is_a_conflict():
    policy((5, "REPORTED"))
    url, client = f"{EVENTS}/{call().pk}/escalate", client_for("engineer")
    assert client.post(url).status_code == 200
    answer = client.post(url)
    assert (answer.status_code, answer.json()["code"]) == (409, "maximum_escalation_level")
    assert "Maximum escalation level reached" in answer.json()["detail"]


def test_a_call_that_has_ended_is_a_conflict_and_an_unknown_one_is_not_found():
    event, client = call(), client_for("admin")
    client.put(f"{EVENTS}/{event.pk}/resolve", {"resolution_notes": "Belt"})
    answer = client.post(f"{EVENTS}/{event.pk}/escalate")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")
    assert client.post(f"{EVENTS}/{10**9}/escalate").status_code == 404


def test_a_stale_escalation_is_refused():
    url, client = f"{EVENTS}/{call().pk}", client_for("admin")
    tag = client.get(url)["ETag"]
    assert client.post(f"{url}/escalate", headers={"If-Match": tag}).status_code == 200
    assert client.post(f"{url}/escalate", headers={"If-Match": tag}).status_code == 412


def test_the_history_tells_every_step_with_who_when_and_level():
    policy()
    machine, client = MachineFactory(), client_for("engineer")
    with freeze_time(NOW) as clock:
        event = call(machine)
        call(machine)
        clock.tick(timedelta(minutes=5))
        ladder.sweep()
        client.post(f"{EVENTS}/{event.pk}/escalate")
        client.put(f"{EVENTS}/{event.pk}/acknowledge")
        client.put(f"{EVENTS}/{event.pk}/resolve", {"resolution_notes": "Belt"})
        rows = client.get(f"{EVENTS}/{event.pk}/history").json()["results"]
    by = {None: "clock", client.user.pk: "engineer", event.reported_by_id: "operator"}
    assert [(row["step"], row["level"], by.get(row["user_id"], "other")) for row in rows] == [
        ("CREATED", None, "operator"),
        ("JOINED", None, "other"),
        ("ESCALATED", 1, "clock"),
        ("ESCALATED", 2, "engineer"),
        ("ACKNOWLEDGED", None, "engineer"),
        ("RESOLVED", None, "engineer"),
    ]
    assert all(row["created_at"].endswith("Z") for row in rows)


def test_a_call_that_a_rule_made_names_it():
    rule = AutoRaiseRule.objects.create(name="Bad faults", trigger="FAULT")
    look_at_faults(fault_ids=[fault_of(MachineFactory()).pk])
    [row] = client_for("viewer").get(EVENTS).json()["results"]
    assert (row["reported_by"], row["reported_by_name"], row["rule_id"]) == (None, "Bad faults", rule.pk)
