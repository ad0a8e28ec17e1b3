"""What machines were doing, over HTTP, and the corrections people make."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from equipment.models import StateEvent
from tests.support.api import API, client_for
from tests.support.factories import MachineFactory, StopReasonFactory
from tests.support.states import at, say, timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine():
    machine = MachineFactory(equipment_code="Press")
    say(machine, "RUNNING", 6)
    say(machine, "FAULT", 8, reason_id=StopReasonFactory(code="JAM").pk)
    say(machine, "RUNNING", 10)
    return machine


def hour(value):
    return at(value).isoformat()


def history(query="", role="viewer"):
    return client_for(role).get(f"{API}equipment/press/history{query}")


class TestHistory:
    def test_the_intervals_newest_first(self, machine):
        page = history().json()
        assert set(page) == {"next", "previous", "results"}
        newest, fault, oldest = page["results"]
        assert fault == {
            "id": machine.states.get(state="FAULT").pk,
            "state": "FAULT",
            "reason_code": "JAM",
            "started_at": "2026-03-02T08:00:00Z",
            "ended_at": "2026-03-02T10:00:00Z",
            "duration_seconds": 7200,
            "source": "plc",
        }
        assert (newest["ended_at"], oldest["reason_code"]) == (None, None)
        lasted = (timezone.now() - at(10)).total_seconds()
        assert newest["duration_seconds"] == pytest.approx(lasted, abs=60)

    @pytest.mark.parametrize(
        ("start", "end", "states"),
        [
            (8, 10, ["FAULT"]),
            (8, 10.001, ["RUNNING", "FAULT"]),
            (7.999, 10, ["FAULT", "RUNNING"]),
            (4, 6, []),
            (20, 21, ["RUNNING"]),
        ],
    )
    def test_those_that_share_time_with_the_window(self, machine, start, end, states):
        window = f"?start={hour(start)}&end={hour(end)}".replace("+", "%2B")
        assert [row["state"] for row in history(window).json()["results"]] == states

    def test_by_state_and_reason(self, machine):
        assert [row["state"] for row in history("?state=fault").json()["results"]] == ["FAULT"]
        assert [row["state"] for row in history("?reason_code=jam").json()["results"]] == ["FAULT"]

    def test_page_by_page(self, machine):
        client, seen = client_for("viewer"), []
        url = f"{API}equipment/Press/history/?limit=1"
        while url:
            page = client.get(url).json()
            seen += [row["state"] for row in page["results"]]
            url = page["next"]
        assert seen == ["RUNNING", "FAULT", "RUNNING"]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("?start=2026-03-02T08:00:00", "start"),
            ("?end=2190-01-01T00:00:00Z", "end"),
            ("?start=noon", "start"),
            ("?start=2026-03-02T08:00:00Z&end=2026-03-02T07:00:00Z", "end"),
            ("?state=dancing", "state"),
            ("?cursor=nonsense", "cursor"),
            ("?limit=0", "limit"),
            ("?shift=1", "shift"),
        ],
    )
    def test_what_cannot_be_asked_is_named(self, machine, query, field):
        answer = history(query)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])

    def test_who_may_read(self, machine):
        assert history(role="guest").status_code == 403
        assert history(role=None).status_code == 401
        assert client_for("viewer").get(f"{API}equipment/nowhere/history").status_code == 404

    def test_the_queries_do_not_grow_with_the_rows(self, machine, django_assert_num_queries):
        client = client_for("viewer")
        for n in range(20):
            say(machine, "FAULT" if n % 2 else "IDLE", 11 + n)
        with django_assert_num_queries(2):
            assert len(client.get(f"{API}equipment/press/history").json()["results"]) == 23


class TestCorrect:
    URL = f"{API}equipment/PRESS/states/correct"

    def body(self, **changes):
        given = {
            "state": "setup",
            "reason_code": "tool",
            "started_at": hour(8),
            "ended_at": hour(9),
            "why": "Seen",
        }
        return {**given, **changes}

    @pytest.mark.parametrize("role", ["admin", "production_manager", "shift_manager", "engineer"])
    def test_it_says_what_really_was(self, machine, role):
        StopReasonFactory(code="TOOL")
        answer = client_for(role).post(self.URL, self.body())
        assert answer.status_code == 200
        (row,) = answer.json()["states"]
        assert (row["state"], row["reason_code"], row["source"]) == ("SETUP", "TOOL", "correction")
        assert timeline(machine)[1:3] == [("SETUP", 8, 9), ("FAULT", 9, 10)]

    @pytest.mark.parametrize("role", ["operator", "maintenance", "quality", "viewer", "guest", "integration"])
    def test_who_may_not(self, machine, role):
        assert client_for(role).post(self.URL, self.body(reason_code=None)).status_code == 403
        assert StateEvent.objects.count() == 3

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"state": "DANCING"}, "state"),
            ({"state": None}, "state"),
            ({"reason_code": "nowhere"}, "reason_code"),
            ({"reason_code": 7}, "reason_code"),
            ({"started_at": "2026-03-02T08:00:00"}, "started_at"),
            ({"started_at": "1900-01-01T00:00:00Z"}, "started_at"),
            ({"started_at": "2190-01-01T00:00:00Z", "ended_at": None}, "started_at"),
            ({"started_at": None}, "started_at"),
            ({"ended_at": hour(8)}, "ended_at"),
            ({"ended_at": hour(7)}, "ended_at"),
            ({"ended_at": "2190-01-01T00:00:00Z"}, "ended_at"),
            ({"ended_at": "2026-03-02T09:00:00"}, "ended_at"),
            ({"why": ""}, "why"),
            ({"why": " "}, "why"),
            ({"why": "x" * 256}, "why"),
            ({"why": None}, "why"),
        ],
    )
    def test_bad_input_names_the_field_and_stores_nothing(self, machine, change, field):
        StopReasonFactory(code="TOOL")
        answer = client_for("engineer").post(self.URL, self.body(**change))
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert StateEvent.objects.count() == 3

    def test_a_day_ahead_is_not_the_past(self, machine):
        ahead = (timezone.now() + timedelta(days=2)).isoformat()
        answer = client_for("engineer").post(self.URL, self.body(reason_code=None, ended_at=ahead))
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["ended_at"])

    def test_without_an_end_it_lasts_still(self, machine):
        body = self.body(reason_code=None, started_at=hour(12))
        body.pop("ended_at")
        rows = client_for("engineer").post(self.URL, body).json()["states"]
        assert [(row["state"], row["ended_at"]) for row in rows] == [("SETUP", None)]

    def test_an_unknown_machine(self):
        url = f"{API}equipment/nowhere/states/correct"
        assert client_for("engineer").post(url, self.body(reason_code=None)).status_code == 404

    def test_a_retry_corrects_once(self, machine):
        client = client_for("engineer")
        for _ in range(2):
            answer = client.post(self.URL, self.body(reason_code=None), headers={"Idempotency-Key": "once"})
            assert answer.status_code == 200
        assert StateEvent.objects.count() == 4


class TestSplit:
    URL = f"{API}equipment/press/states/split"

    def test_the_rest_gets_another_reason(self, machine):
        StopReasonFactory(code="TOOL")
        answer = client_for("shift_manager").post(
            self.URL, {"at": hour(9), "reason_code": "TOOL", "why": "Two"}
        )
        assert answer.status_code == 200
        assert [(row["state"], row["reason_code"]) for row in answer.json()["states"]] == [
            ("FAULT", "JAM"),
            ("FAULT", "TOOL"),
        ]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"at": hour(8)}, "at"),
            ({"at": hour(5)}, "at"),
            ({"at": "2026-03-02T09:00:00"}, "at"),
            ({"reason_code": "JAM"}, "reason_code"),
            ({"why": ""}, "why"),
        ],
    )
    def test_bad_input_names_the_field(self, machine, body, field):
        answer = client_for("engineer").post(
            self.URL, {"at": hour(9), "reason_code": None, "why": "x", **body}
        )
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert StateEvent.objects.count() == 3

    def test_who_may_not(self, machine):
        body = {"at": hour(9), "reason_code": None, "why": "x"}
        assert client_for("operator").post(self.URL, body).status_code == 403
