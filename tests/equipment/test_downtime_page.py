"""The page of stops and its sheets: what they show, to whom, and what they do."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from django.utils import timezone

from equipment.models import Downtime
from tests.support.factories import MachineFactory, StopReasonFactory, UserFactory
from tests.support.states import at, say

pytestmark = pytest.mark.django_db
DAY = "?day=2026-03-02"
HX = {"HX-Request": "true"}


@pytest.fixture
def machine():
    """Ran from six, stood from eight to ten (UTC; Berlin is an hour ahead), and runs."""
    machine = MachineFactory(equipment_code="Press", name="The press")
    say(machine, "RUNNING", 6)
    say(machine, "FAULT", 8)
    say(machine, "RUNNING", 10)
    return machine


@pytest.fixture
def stop(machine):
    return machine.downtimes.get()


@pytest.fixture
def as_role(client):
    def sign_in(role):
        user = UserFactory(role=role)
        client.force_login(user, backend="accounts.backends.RoleBackend")
        return client

    return sign_in


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


class TestList:
    def test_the_stops_of_a_day_on_the_clock_of_the_site(self, as_role, machine):
        shown = text(as_role("viewer").get(f"/downtime{DAY}&line={machine.line_id}"))
        assert "The press" in shown and "No reason yet" in shown
        assert "03-02 09:00 – 11:00" in shown and "2 h 00 min" in shown and "Unplanned" in shown

    @pytest.mark.parametrize(
        ("query", "stops"),
        [
            ("", 0),
            (DAY, 1),
            ("?day=2026-03-03", 0),
            ("?start=2026-03-02T10:59:00%2B01:00&end=2026-03-02T12:00:00%2B01:00", 1),
            (f"{DAY}&show=unexplained", 1),
            (f"{DAY}&show=open", 0),
            (f"{DAY}&show=nonsense", 1),
        ],
    )
    def test_which_stops(self, as_role, machine, query, stops):
        assert len(as_role("viewer").get(f"/downtime{query}").context["stops"]) == stops

    @pytest.mark.parametrize(
        "query",
        [
            "?day=tomorrow",
            "?day=9999-12-31",
            "?day=0001-01-01",
            "?start=0001-01-01T00:00:00Z&end=2026-03-02T10:00:00Z",
            "?start=x&end=y",
            "?start=2026-03-02T10:00:00Z",
        ],
    )
    def test_a_time_that_is_none_is_said_and_something_is_shown(self, as_role, machine, query):
        answer = as_role("viewer").get(f"/downtime{query}")
        assert answer.status_code == 200 and "These are the last 24 hours".lower() in text(answer).lower()

    @pytest.mark.parametrize("line", ["999999", "abc", str(10**20), "1.5"])
    def test_no_such_line(self, as_role, machine, line):
        assert as_role("viewer").get(f"/downtime?line={line}").status_code == 404

    @pytest.mark.parametrize(
        ("role", "acts"),
        [
            ("viewer", set()),
            ("operator", {"reason", "report"}),
            ("shift_manager", {"reason", "split", "confirm", "report"}),
        ],
    )
    def test_each_finds_what_they_may_do(self, as_role, stop, role, acts):
        page = as_role(role).get(f"/downtime{DAY}").content.decode()
        assert {name for name in ("reason", "split", "close", "confirm") if f"/{stop.pk}/{name}" in page} | {
            "report" for _ in [0] if "/downtime/report" in page
        } == acts

    def test_who_may_not(self, as_role, client, machine):
        assert client.get("/downtime").status_code == 302
        assert as_role("guest").get("/downtime").status_code == 403

    def test_the_list_alone_and_the_part_of_the_line_page(self, as_role, machine):
        client = as_role("viewer")
        for target in ("stop-list", "line-stops"):
            answer = client.get(f"/downtime{DAY}", headers={**HX, "HX-Target": target})
            assert "<html" not in answer.content.decode() and "The press" in text(answer)

    def test_as_csv(self, as_role, machine):
        Downtime.objects.update(notes="=1+1")
        answer = as_role("viewer").get(f"/downtime{DAY}&line={machine.line_id}&format=csv")
        (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert (row["equipment_code"], row["start_time"]) == ("Press", "2026-03-02T09:00:00+01:00")
        assert (row["duration_seconds"], row["category"], row["notes"]) == ("7200.0", "UNPLANNED", "'=1+1")

    def test_the_line_page_fetches_it(self, as_role, machine):
        page = as_role("viewer").get(f"/lines/{machine.line_id}").content.decode()
        address = re.search(r'id="line-stops" hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
        answer = as_role("viewer").get(address, headers={**HX, "HX-Target": "line-stops"})
        assert answer.status_code == 200 and "There is no such time" not in text(answer)

    def test_the_queries_do_not_grow_with_the_rows(self, as_role, machine, django_assert_max_num_queries):
        client = as_role("shift_manager")
        for n in range(10):
            say(machine, "HELD", 11 + n, 11.5 + n, reason_id=StopReasonFactory().pk)
        with django_assert_max_num_queries(9):
            assert len(client.get(f"/downtime{DAY}").context["stops"]) == 11


class TestReason:
    @pytest.fixture
    def tree(self):
        mechanics = StopReasonFactory(code="MECH", name="Mechanics")
        return {
            "belt": StopReasonFactory(code="BELT", name="Belt torn", parent=mechanics),
            "old": StopReasonFactory(code="OLD", name="Steam engine", parent=mechanics, is_active=False),
            "break": StopReasonFactory(code="BREAK", name="Break"),
        }

    def test_the_tree_as_buttons(self, as_role, stop, tree):
        answer = as_role("operator").get(f"/downtime/{stop.pk}/reason", headers=HX)
        page = answer.content.decode()
        assert "<html" not in page and re.findall(r'name="reason" value="(\w+)"', page) == ["BREAK", "BELT"]
        assert "Mechanics" in page and "Steam engine" not in page

    def test_a_press_gives_the_reason_and_the_list_hears_of_it(self, as_role, stop, tree):
        answer = as_role("operator").post(
            f"/downtime/{stop.pk}/reason", {"reason": "BELT", "notes": "Again"}, headers=HX
        )
        assert answer.status_code == 204
        assert set(json.loads(answer["HX-Trigger"])) == {"sheet-done", "plant-changed"}
        stop.refresh_from_db()
        assert (stop.reason, stop.notes) == (tree["belt"], "Again")

    def test_without_scripts_it_leads_back(self, as_role, stop, tree):
        client = as_role("operator")
        assert "<html" in client.get(f"/downtime/{stop.pk}/reason").content.decode()
        answer = client.post(f"/downtime/{stop.pk}/reason", {"reason": "BELT"}, follow=True)
        assert answer.redirect_chain == [(f"/downtime?line={stop.machine.line_id}&day=2026-03-02", 302)]
        assert "The reason is kept." in text(answer) and "Belt torn" in text(answer)

    @pytest.mark.parametrize("reason", ["", "OLD", "NOWHERE", "\0"])
    def test_no_such_reason_is_said_and_nothing_typed_is_lost(self, as_role, stop, tree, reason):
        answer = as_role("operator").post(
            f"/downtime/{stop.pk}/reason", {"reason": reason, "notes": "Kept words"}, headers=HX
        )
        assert answer.status_code == 200 and "Kept words" in answer.content.decode()
        stop.refresh_from_db()
        assert stop.reason is None

    def test_a_confirmed_stop_asks_why(self, as_role, stop, tree):
        Downtime.objects.update(confirmed_by=UserFactory(), confirmed_at=timezone.now())
        client, address = as_role("shift_manager"), f"/downtime/{stop.pk}/reason"
        assert 'name="why"' in client.get(address, headers=HX).content.decode()
        assert client.post(address, {"reason": "BELT"}, headers=HX).status_code == 200
        assert client.post(address, {"reason": "BELT", "why": "Camera"}, headers=HX).status_code == 204

    def test_without_any_reason_it_says_where_they_are_kept(self, as_role, stop):
        assert "No reasons yet" in text(as_role("operator").get(f"/downtime/{stop.pk}/reason"))


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("reason", {"admin", "production_manager", "shift_manager", "engineer", "operator"}),
        ("close", {"admin", "production_manager", "shift_manager", "engineer", "operator"}),
        ("split", {"admin", "production_manager", "shift_manager", "engineer"}),
        ("confirm", {"admin", "production_manager", "shift_manager", "engineer"}),
    ],
)
def test_who_may(as_role, stop, name, allowed):
    roles = [
        "admin",
        "production_manager",
        "shift_manager",
        "engineer",
        "operator",
        "maintenance",
        "quality",
        "viewer",
    ]
    opened = {role for role in roles if as_role(role).get(f"/downtime/{stop.pk}/{name}").status_code == 200}
    refused = {role for role in roles if as_role(role).post(f"/downtime/{stop.pk}/{name}").status_code == 403}
    assert (opened, refused) == (allowed, set(roles) - allowed)


@pytest.mark.parametrize("pk", ["999999", str(10**20)])
def test_no_such_stop(as_role, pk):
    for name in ("reason", "close", "split", "confirm"):
        assert as_role("admin").get(f"/downtime/{pk}/{name}").status_code == 404


def test_split_at_a_time_of_the_sites_clock(as_role, machine, stop):
    StopReasonFactory(code="TOOL")
    client, address = as_role("engineer"), f"/downtime/{stop.pk}/split"
    assert 'value="2026-03-02T10:00:00"' in client.get(address).content.decode(), "the middle"
    assert client.post(address, {"reason": "TOOL", "at": "2026-03-02T11:30"}, headers=HX).status_code == 200
    assert client.post(address, {"reason": "TOOL", "at": "2026-03-02T09:30"}, headers=HX).status_code == 204
    assert [row.started_at for row in machine.downtimes.order_by("started_at")] == [at(8), at(8.5)]


def test_confirm(as_role, stop):
    client = as_role("shift_manager")
    assert client.post(f"/downtime/{stop.pk}/confirm", headers=HX).status_code == 204
    again = client.post(f"/downtime/{stop.pk}/confirm", headers=HX)
    assert again.status_code == 200 and "confirmed already" in text(again)


class TestReport:
    def test_a_stop_and_its_end(self, as_role, machine):
        client = as_role("operator")
        address = f"/downtime/report?line={machine.line_id}"
        assert "The press" in text(client.get(address))
        assert client.post(address, {"machine": machine.pk}, headers=HX).status_code == 204
        stop = machine.downtimes.open().get()
        again = client.post(address, {"machine": machine.pk, "notes": "Kept"}, headers=HX)
        assert (
            again.status_code == 200
            and "is down at that time already" in text(again)
            and "Kept" in text(again)
        )
        close = f"/downtime/{stop.pk}/close"
        assert client.post(close, {"ended_at": "2026-01-01T00:00"}, headers=HX).status_code == 200
        assert client.post(close, headers=HX).status_code == 204
        assert not machine.downtimes.open().exists()

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"machine": "x"},
            {"machine": 10**20},
            {"machine": "\0"},
            {"started_at": "2190-01-01T00:00"},
            {"started_at": "0001-01-01T00:00"},
            {"started_at": "noon"},
            {"reason": "NOWHERE"},
            {"notes": "a\0b"},
        ],
    )
    def test_what_cannot_be_is_said(self, as_role, machine, body):
        answer = as_role("operator").post(
            "/downtime/report", {"machine": machine.pk, **body} if body else {}, headers=HX
        )
        assert answer.status_code == 200 and answer.context["form"].errors
        assert machine.downtimes.count() == 1

    def test_who_may_not(self, as_role, machine):
        assert as_role("viewer").post("/downtime/report", {"machine": machine.pk}).status_code == 403
