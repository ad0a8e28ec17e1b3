"""Escalation policies over HTTP: beyond plain CRUD, which tests/architecture/test_suites.py holds."""

from __future__ import annotations

import pytest

from andon.models import EscalationLevel
from audit.models import AuditLog
from tests.support.api import API, client_for
from tests.support.factories import LineFactory

pytestmark = pytest.mark.django_db
POLICIES = f"{API}andon/escalation-policies"
RUNG = {"level": 1, "after_minutes": 5, "from": "REPORTED", "roles": ["engineer"], "channels": ["PAGE"]}


@pytest.fixture
def body():
    return {"name": "Filling", "line_id": LineFactory().pk, "levels": [RUNG]}


@pytest.fixture
def manager():
    return client_for("shift_manager")


def test_words_are_read_in_any_case_and_roles_by_any_name(manager, body):
    body["levels"] = [
        RUNG | {"from": "reported", "roles": ["Manager", "ADMIN", "manager"], "channels": ["email", "EMAIL"]}
    ]
    answer = manager.post(POLICIES, body)
    assert answer.status_code == 201, answer.content
    [rung] = answer.json()["levels"]
    assert rung == RUNG | {"roles": ["production_manager", "admin"], "channels": ["EMAIL"]}


def test_what_is_left_out_means_all(manager):
    answer = manager.post(POLICIES, {"name": "All", "levels": [], "event_type": None})
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["line_id"], told["event_type"], told["priority"]) == (None, None, None)
    assert told["is_active"] and not told["clock_rests_outside_shifts"]


def test_levels_are_replaced_and_only_changes_leave_a_trace(manager, body):
    body["levels"] = [
        RUNG,
        RUNG | {"level": 2, "after_minutes": 10},
        RUNG | {"level": 3, "after_minutes": 20},
    ]
    row = manager.post(POLICIES, body).json()
    before = AuditLog.objects.filter(entity_type="escalation_levels").count()
    levels = [RUNG, RUNG | {"level": 2, "after_minutes": 15}, RUNG | {"level": 4, "after_minutes": 40}]
    answer = manager.patch(f"{POLICIES}/{row['id']}", {"levels": levels[::-1]})
    assert answer.json()["levels"] == levels
    trail = AuditLog.objects.filter(entity_type="escalation_levels").order_by("id")[before:]
    assert [(row.action, row.new_values) for row in trail if row.action == "UPDATE"] == [
        ("UPDATE", {"after_minutes": 15})
    ]
    assert sorted(row.action for row in trail) == ["CREATE", "DELETE", "UPDATE"]


def test_a_change_without_levels_keeps_them(manager, body):
    row = manager.post(POLICIES, body).json()
    assert manager.patch(f"{POLICIES}/{row['id']}", {"is_active": False}).json()["levels"] == [RUNG]


def test_a_level_is_told_whole_in_a_partial_update_too(manager, body):
    row = manager.post(POLICIES, body).json()
    answer = manager.patch(f"{POLICIES}/{row['id']}", {"levels": [{"level": 1, "roles": ["admin"]}]})
    assert answer.status_code == 400, answer.content
    assert manager.get(f"{POLICIES}/{row['id']}").json()["levels"] == [RUNG]
    clockless = {name: said for name, said in RUNG.items() if name != "from"}
    answer = manager.patch(f"{POLICIES}/{row['id']}", {"levels": [clockless | {"after_minutes": 7}]})
    assert answer.json()["levels"] == [RUNG | {"after_minutes": 7}]


@pytest.mark.parametrize(
    "levels",
    [
        None,
        "x",
        {},
        [1],
        [{}],
        [RUNG | {"level": 0}],
        [RUNG | {"level": 10}],
        [RUNG | {"level": True}],
        [RUNG | {"after_minutes": -1}],
        [RUNG | {"after_minutes": 10**20}],
        [RUNG | {"after_minutes": "NaN"}],
        [RUNG | {"from": "RESOLVED"}],
        [RUNG | {"from": ["REPORTED"]}],
        [RUNG | {"roles": []}],
        [RUNG | {"roles": ["guest"]}],
        [RUNG | {"roles": ["integration"]}],
        [RUNG | {"roles": [{"a": 1}]}],
        [RUNG | {"roles": "admin"}],
        [RUNG | {"channels": ["PIGEON"]}],
        [RUNG | {"channels": []}],
        [RUNG | {"channels": [None]}],
        [RUNG, RUNG],
        [RUNG, RUNG | {"level": 2}],
        [RUNG | {"after_minutes": 9}, RUNG | {"level": 2}],
        [RUNG, RUNG | {"from": "ACKNOWLEDGED"}],
    ],
)
def test_levels_that_cannot_be(manager, body, levels):
    answer = manager.post(POLICIES, body | {"levels": levels})
    assert answer.status_code == 400, answer.content
    assert all(name.startswith("levels") for name in answer.json()["errors"]) and answer.json()["errors"]
    assert not EscalationLevel.objects.filter(policy__name="Filling").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 151),
        ("name", "a\0b"),
        ("name", ["x"]),
        ("line_id", 10**20),
        ("line_id", 10**9),
        ("line_id", [1]),
        ("event_type", "FIRE"),
        ("event_type", ["QUALITY"]),
        ("priority", "URGENT"),
        ("clock_rests_outside_shifts", "perhaps"),
        ("is_active", [True]),
    ],
)
def test_what_cannot_be_is_refused_by_name(manager, body, field, value):
    answer = manager.post(POLICIES, body | {field: value})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field]), answer.content


def test_a_second_policy_of_the_same_scope_is_a_conflict(manager, body):
    assert manager.post(POLICIES, body).status_code == 201
    assert manager.post(POLICIES, body | {"name": "Other"}).status_code == 409
    assert manager.post(POLICIES, body | {"event_type": "stop"}).json()["event_type"] == "STOPPAGE"


@pytest.mark.parametrize("role", ["engineer", "operator", "maintenance", "quality", "viewer"])
def test_others_read_only(body, role):
    client = client_for(role)
    assert client.get(POLICIES).status_code == 200
    assert client.post(POLICIES, body).status_code == 403
