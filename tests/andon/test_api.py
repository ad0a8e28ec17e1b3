"""Calls over HTTP: every endpoint, every role, and what is refused."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time

from andon.models import AndonEvent
from tests.andon.calls import call, call_in
from tests.support.api import API, client_for
from tests.support.factories import LineFactory, MachineFactory, UserFactory

pytestmark = pytest.mark.django_db
EVENTS = f"{API}andon/events"
KEYS = {  # as the API contract lists them
    "id",
    "line_id",
    "equipment_code",
    "event_type",
    "priority",
    "description",
    "status",
    "escalation_level",
    "reported_by",
    "reported_at",
    "acknowledged_by",
    "acknowledged_at",
    "resolved_by",
    "resolved_at",
    "resolution_notes",
}
EVERYBODY = {
    "admin",
    "production_manager",
    "shift_manager",
    "engineer",
    "operator",
    "maintenance",
    "quality",
    "viewer",
    "guest",
    "integration",
}
LEADERS = {"admin", "production_manager", "shift_manager", "engineer"}
RIGHTS = {  # the row "andon" of the API contract
    "raise": LEADERS | {"operator", "quality"},
    "acknowledge": LEADERS | {"maintenance", "quality"},
    "resolve": LEADERS | {"maintenance"},
    "cancel": LEADERS | {"maintenance", "quality"},
    "read": EVERYBODY - {"guest", "integration"},
}


@pytest.fixture
def machine():
    return MachineFactory(equipment_code="Press-1")


def body(machine, **more):
    return {"equipment_code": machine.equipment_code, "event_type": "STOPPAGE", "priority": "HIGH", **more}


def codes(paths, role):
    client = client_for(role)
    return {getattr(client, method)(path, data).status_code for method, path, data in paths}


class TestRights:
    @pytest.mark.parametrize("role", sorted(EVERYBODY))
    def test_reading(self, role):
        event = call()
        paths = [
            ("get", EVENTS, None),
            ("get", f"{EVENTS}/active", None),
            ("get", f"{EVENTS}/{event.pk}", None),
            ("get", f"{EVENTS}/{event.pk}/history", None),
        ]
        assert codes(paths, role) == {200 if role in RIGHTS["read"] else 403}

    @pytest.mark.parametrize("role", sorted(EVERYBODY))
    def test_raising(self, machine, role):
        answer = client_for(role).post(EVENTS, body(machine))
        assert answer.status_code == (201 if role in RIGHTS["raise"] else 403)
        assert AndonEvent.objects.exists() is (role in RIGHTS["raise"])

    @pytest.mark.parametrize("verb", ["acknowledge", "resolve", "cancel"])
    @pytest.mark.parametrize("role", sorted(EVERYBODY))
    def test_answering(self, verb, role):
        event = call()
        answer = client_for(role).post(f"{EVENTS}/{event.pk}/{verb}", {"reason": "By mistake"})
        assert answer.status_code == (200 if role in RIGHTS[verb] else 403)
        event.refresh_from_db()
        assert (event.status == "OPEN") is (role not in RIGHTS[verb])

    def test_nobody_knows_nothing(self):
        event = call()
        paths = [("get", EVENTS, None), ("post", EVENTS, {}), ("get", f"{EVENTS}/{event.pk}", None)]
        paths += [("put", f"{EVENTS}/{event.pk}/{verb}", {}) for verb in ("acknowledge", "resolve")]
        paths += [("post", f"{EVENTS}/{event.pk}/cancel", {}), ("get", f"{EVENTS}/active", None)]
        assert codes(paths, None) == {401}

    @pytest.mark.parametrize("method", ["put", "patch", "delete"])
    def test_a_call_is_neither_edited_nor_deleted(self, method):
        event = call()
        assert getattr(client_for("admin"), method)(f"{EVENTS}/{event.pk}", {}).status_code == 405


class TestRaising:
    @pytest.fixture
    def operator(self):
        return client_for("operator")

    def test_the_machine_says_the_line(self, operator, machine):
        with freeze_time("2026-03-02T08:00:00Z"):
            answer = operator.post(EVENTS, body(machine, equipment_code="press-1", description="Smoke"))
        assert answer.status_code == 201
        row = answer.json()
        assert row.keys() >= KEYS | {"joined"}
        assert row == row | {
            "line_id": machine.line_id,
            "equipment_code": "Press-1",
            "event_type": "STOPPAGE",
            "priority": "HIGH",
            "description": "Smoke",
            "status": "OPEN",
            "escalation_level": 0,
            "reported_by": operator.user.pk,
            "reported_by_name": operator.user.username,
            "reported_at": "2026-03-02T08:00:00Z",
            "acknowledged_by": None,
            "acknowledged_at": None,
            "resolved_by": None,
            "resolved_at": None,
            "resolution_notes": "",
            "joined": False,
        }

    def test_a_whole_line_calls(self, operator):
        line = LineFactory()
        row = operator.post(EVENTS, {"line_id": line.pk, "event_type": "material", "priority": "low"}).json()
        assert (row["line_id"], row["equipment_code"]) == (line.pk, None)

    @pytest.mark.parametrize(
        ("word", "event_type"),
        [("stop", "STOPPAGE"), ("Stop", "STOPPAGE"), ("stoppage", "STOPPAGE"), ("SAFETY", "SAFETY")],
    )
    def test_types_in_any_case_and_the_older_word(self, operator, machine, word, event_type):
        answer = operator.post(EVENTS, body(machine, event_type=word, priority="Critical"))
        assert answer.json()["event_type"] == event_type
        assert answer.json()["priority"] == "CRITICAL"

    def test_without_a_priority_it_is_medium(self, operator, machine):
        said = {"equipment_code": machine.equipment_code, "event_type": "quality"}
        assert operator.post(EVENTS, said).json()["priority"] == "MEDIUM"

    def test_the_second_joins_the_first(self, operator, machine):
        first = operator.post(EVENTS, body(machine)).json()
        answer = client_for("quality").post(EVENTS, body(machine, line_id=machine.line_id))
        assert (answer.status_code, answer.json()["joined"]) == (200, True)
        assert answer.json() == first | {"joined": True}
        assert AndonEvent.objects.count() == 1

    def test_a_retry_under_its_key_is_the_first_answer(self, operator, machine):
        answers = [operator.post(EVENTS, body(machine), headers={"Idempotency-Key": "k"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[1].headers["Idempotent-Replayed"] == "true"

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"event_type": "party"}, "event_type"),
            ({"event_type": None}, "event_type"),
            ({"event_type": ["STOPPAGE"]}, "event_type"),
            ({"priority": "urgent"}, "priority"),
            ({"priority": 1}, "priority"),
            ({"equipment_code": "no-such"}, "equipment_code"),
            ({"equipment_code": 7}, "equipment_code"),
            ({"equipment_code": "a\0b"}, "equipment_code"),
            ({"equipment_code": None}, "line_id"),
            ({"line_id": 999_999}, "line_id"),
            ({"line_id": 10**30}, "line_id"),
            ({"line_id": "x"}, "line_id"),
            ({"line_id": True}, "line_id"),
            ({"description": "x" * 2001}, "description"),
            ({"description": "a\0b"}, "description"),
            ({"description": {}}, "description"),
        ],
    )
    def test_bad_input_names_the_field(self, operator, machine, change, field):
        answer = operator.post(EVENTS, body(machine) | change)
        assert answer.status_code == 400 and field in answer.json()["errors"]
        assert not AndonEvent.objects.exists()

    @pytest.mark.parametrize("data", ["[]", "7", "null", '"x"', "{", b"\xff"])
    def test_bodies_that_are_no_call(self, operator, data):
        assert operator.post(EVENTS, data, content_type="application/json").status_code == 400

    def test_the_line_of_the_machine_or_none(self, operator, machine):
        answer = operator.post(EVENTS, body(machine, line_id=LineFactory().pk))
        assert answer.status_code == 400 and "equipment_code" in answer.json()["errors"]

    def test_a_machine_on_no_line_is_nobodys_to_call_for(self, operator):
        own = MachineFactory(line=None, owner=operator.user)
        answer = operator.post(EVENTS, body(own))
        assert answer.status_code == 400 and "equipment_code" in answer.json()["errors"]

    def test_a_line_that_is_off(self, operator):
        line = LineFactory(enabled=False)
        answer = operator.post(EVENTS, {"line_id": line.pk, "event_type": "safety"})
        assert answer.status_code == 400 and "line_id" in answer.json()["errors"]


class TestAnswering:
    @pytest.fixture
    def engineer(self):
        return client_for("engineer")

    @pytest.mark.parametrize("method", ["put", "post"])
    def test_acknowledge_and_resolve(self, engineer, method):
        event, send = call(), getattr(engineer, method)
        row = send(f"{EVENTS}/{event.pk}/acknowledge").json()
        assert (row["status"], row["acknowledged_by"]) == ("ACKNOWLEDGED", engineer.user.pk)
        assert row["acknowledged_by_name"] == engineer.user.username and row["acknowledged_at"]
        row = send(f"{EVENTS}/{event.pk}/resolve", {"resolution_notes": "Belt changed"}).json()
        assert (row["status"], row["resolved_by"]) == ("RESOLVED", engineer.user.pk)
        assert row["resolution_notes"] == "Belt changed" and row["resolved_at"]

    def test_the_notes_may_stand_in_the_address(self, engineer):
        answer = engineer.put(f"{EVENTS}/{call().pk}/resolve?resolution_notes=Belt%20changed")
        assert (answer.status_code, answer.json()["resolution_notes"]) == (200, "Belt changed")

    def test_cancel(self, engineer):
        row = engineer.post(f"{EVENTS}/{call().pk}/cancel", {"reason": "By mistake"}).json()
        assert (row["status"], row["cancel_reason"]) == ("CANCELLED", "By mistake")
        assert row["cancelled_by"] == engineer.user.pk

    @pytest.mark.parametrize("given", [{}, {"reason": ""}, {"reason": " "}, {"reason": "x" * 256}, [1], "x"])
    def test_cancel_without_a_reason(self, engineer, given):
        event = call()
        assert engineer.post(f"{EVENTS}/{event.pk}/cancel", given).status_code == 400
        event.refresh_from_db()
        assert event.status == "OPEN"

    @pytest.mark.parametrize(
        "given", [{"resolution_notes": "x" * 2001}, {"resolution_notes": "\0"}, [1], {"resolution_notes": {}}]
    )
    def test_notes_that_are_none(self, engineer, given):
        assert engineer.put(f"{EVENTS}/{call().pk}/resolve", given).status_code == 400

    @pytest.mark.parametrize(
        ("present", "verb"),
        [
            ("ACKNOWLEDGED", "acknowledge"),
            ("RESOLVED", "acknowledge"),
            ("RESOLVED", "resolve"),
            ("RESOLVED", "cancel"),
            ("CANCELLED", "acknowledge"),
            ("CANCELLED", "resolve"),
            ("CANCELLED", "cancel"),
        ],
    )
    def test_what_cannot_follow_is_a_conflict(self, engineer, present, verb):
        answer = engineer.post(f"{EVENTS}/{call_in(present).pk}/{verb}", {"reason": "By mistake"})
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")
        assert AndonEvent.objects.get().status == present

    def test_a_stale_answer_is_refused(self, engineer):
        event = call()
        etag = engineer.get(f"{EVENTS}/{event.pk}").headers["ETag"]
        call(event.machine, priority="CRITICAL")
        stale = engineer.put(f"{EVENTS}/{event.pk}/acknowledge", headers={"If-Match": etag})
        assert stale.status_code == 412
        etag = engineer.get(f"{EVENTS}/{event.pk}").headers["ETag"]
        fresh = engineer.put(f"{EVENTS}/{event.pk}/acknowledge", headers={"If-Match": etag})
        assert fresh.status_code == 200

    @pytest.mark.parametrize("pk", ["999999", "9" * 30, "x", "-1"])
    def test_no_such_call(self, engineer, pk):
        assert engineer.get(f"{EVENTS}/{pk}").status_code == 404
        assert engineer.put(f"{EVENTS}/{pk}/acknowledge").status_code == 404
        assert engineer.get(f"{EVENTS}/{pk}/history").status_code == 404


class TestReading:
    @pytest.fixture
    def viewer(self):
        return client_for("viewer")

    def ids(self, client, query="", path=EVENTS):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    def test_the_list_is_newest_first_and_paged(self, viewer):
        events = [call() for _ in range(3)]
        page = viewer.get(f"{EVENTS}?limit=2").json()
        assert page.keys() == {"count", "next", "previous", "results"} and page["count"] == 3
        assert [row["id"] for row in page["results"]] == [events[2].pk, events[1].pk]
        assert self.ids(viewer, "limit=2&skip=2") == [events[0].pk]

    def test_the_active_ones_most_urgent_first(self, viewer):
        low, high, taken = call(priority="LOW"), call(priority="CRITICAL"), call_in("ACKNOWLEDGED")
        call_in("RESOLVED")
        call_in("CANCELLED")
        assert self.ids(viewer, path=f"{EVENTS}/active") == [high.pk, taken.pk, low.pk]
        assert self.ids(viewer, "priority=low", f"{EVENTS}/active") == [low.pk]

    def test_filters(self, viewer, machine):
        with freeze_time("2026-03-02T08:00:00Z"):
            mine = call(machine, event_type="QUALITY", priority="HIGH", description="Scratches")
        call_in("RESOLVED")
        for query in (
            f"line_id={machine.line_id}",
            f"line_code={machine.line.line_code.lower()}",
            "equipment_code=PRESS-1",
            "event_type=quality",
            "priority=high",
            "status=open",
            f"reported_by={mine.reported_by_id}",
            "end=2026-03-02T08:00:01Z",
            "start=2026-03-02T08:00:00Z&end=2026-03-02T08:00:01Z",
            "search=scratch",
        ):
            assert self.ids(viewer, query) == [mine.pk], query
        assert self.ids(viewer, "end=2026-03-02T08:00:00Z") == []

    def test_ordering(self, viewer):
        low, critical, high = call(priority="LOW"), call(priority="CRITICAL"), call(priority="HIGH")
        assert self.ids(viewer, "ordering=-urgency") == [critical.pk, high.pk, low.pk]
        assert self.ids(viewer, "ordering=reported_at") == [low.pk, critical.pk, high.pk]

    @pytest.mark.parametrize(
        "query", ["colour=red", "status=asleep", "ordering=machine", "start=noon", "line_id=x", "limit=0"]
    )
    def test_unknown_questions(self, viewer, query):
        assert viewer.get(f"{EVENTS}?{query}").status_code == 400

    def test_the_history_tells_the_deeds(self, viewer, machine):
        call(machine, description="Smoke")
        event = call(machine, description="Fire", priority="CRITICAL")
        engineer = client_for("engineer")
        engineer.put(f"{EVENTS}/{event.pk}/acknowledge")
        engineer.put(f"{EVENTS}/{event.pk}/resolve", {"resolution_notes": "Put out"})
        rows = viewer.get(f"{EVENTS}/{event.pk}/history").json()["results"]
        assert [row["action"] for row in rows] == [
            "andon.event.raised",
            "andon.event.joined",
            "andon.event.acknowledged",
            "andon.event.resolved",
        ]
        assert rows[1]["new_values"] == {"priority": "CRITICAL", "description": "Fire"}
        assert [row["user_id"] for row in rows[2:]] == [engineer.user.pk] * 2
        assert rows[3]["user_name"] == engineer.user.username and rows[3]["created_at"]
        assert "ip_address" not in rows[0]

    def test_the_history_is_of_one_call(self, viewer):
        event = call()
        call()
        assert viewer.get(f"{EVENTS}/{event.pk}/history").json()["count"] == 1

    def test_an_unchanged_call_is_304(self, viewer):
        event = call()
        etag = viewer.get(f"{EVENTS}/{event.pk}").headers["ETag"]
        assert viewer.get(f"{EVENTS}/{event.pk}", headers={"If-None-Match": etag}).status_code == 304

    def test_the_queries_do_not_grow(self, viewer):
        def queries():
            with CaptureQueriesContext(connection) as made:
                assert viewer.get(EVENTS).status_code == 200
            return len(made)

        call_in("RESOLVED")
        one = queries()
        for _ in range(5):
            call_in("RESOLVED")
        assert queries() == one == 2

    def test_paths_take_a_slash(self, viewer):
        assert viewer.get(f"{EVENTS}/").status_code == 200


def test_a_person_who_called_is_not_deleted():
    person = UserFactory(role="operator")
    call(actor=person)
    assert client_for("admin").delete(f"{API}users/{person.pk}").status_code == 409


def test_the_schema_knows_the_verbs(client):
    schema = json.loads(client.get("/openapi.json", headers={"Accept": "application/json"}).content)
    paths = {path.rstrip("/"): operations.keys() for path, operations in schema["paths"].items()}
    assert paths["/api/v1/andon/events"] >= {"get", "post"}
    assert paths["/api/v1/andon/events/{id}/resolve"] >= {"put", "post"}
    assert paths["/api/v1/andon/events/{id}/cancel"] >= {"post"}
