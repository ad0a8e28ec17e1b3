"""Stops over HTTP: what a client of the contract sees and may do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditLog
from equipment.models import Downtime, StateEvent
from oee.models import LossPolicy
from tests.support.api import API, client_for
from tests.support.factories import LineFactory, MachineFactory, ShiftPatternFactory, StopReasonFactory
from tests.support.states import at, say, timeline

pytestmark = pytest.mark.django_db

WRITERS = ["admin", "production_manager", "shift_manager", "engineer"]
READERS = ["maintenance", "quality", "viewer"]
KEYS = {
    "id", "line_id", "equipment_code", "state", "status", "start_time", "end_time", "duration_seconds",
    "reason_code", "reason_description", "category", "loss_category", "minor", "reported_by",
    "reported_by_name", "confirmed_by", "confirmed_by_name", "confirmed_at", "notes",
}  # fmt: skip


@pytest.fixture
def machine():
    """Ran from six, stood from eight to ten, and runs."""
    machine = MachineFactory(equipment_code="Press")
    say(machine, "RUNNING", 6)
    say(machine, "FAULT", 8)
    say(machine, "RUNNING", 10)
    return machine


@pytest.fixture
def jam():
    return StopReasonFactory(code="JAM", name="Jam")


@pytest.fixture
def tool():
    return StopReasonFactory(code="TOOL", loss_category="SETUP")


def hour(value):
    return at(value).isoformat() if isinstance(value, int | float) else value


def listed(query="", role="viewer"):
    return client_for(role).get(f"{API}downtime{query}")


def verb(stop, name, body=None, role="shift_manager", **more):
    return client_for(role).post(f"{API}downtime/{stop.pk}/{name}", body or {}, **more)


class TestList:
    def test_a_stop_as_the_contract_has_it(self, machine):
        page = listed().json()
        assert set(page) == {"next", "previous", "results"}
        (row,) = page["results"]
        assert set(row) == KEYS
        told = {key: row[key] for key in KEYS - {"id"} if row[key] not in (None, "")}
        assert told == {
            "line_id": machine.line_id,
            "equipment_code": "Press",
            "state": "FAULT",
            "status": "closed",
            "start_time": "2026-03-02T08:00:00Z",
            "end_time": "2026-03-02T10:00:00Z",
            "duration_seconds": 7200,
            "category": "UNPLANNED",
            "minor": False,
        }
        assert client_for("viewer").get(f"{API}downtime/{row['id']}").json() == row

    def test_a_stop_that_lasts(self, machine):
        say(machine, "HELD", 11)
        newest = listed().json()["results"][0]
        assert (newest["status"], newest["end_time"]) == ("open", None)
        lasted = (timezone.now() - at(11)).total_seconds()
        assert newest["duration_seconds"] == pytest.approx(lasted, abs=60)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("line_id={line}", 1),
            ("line_id=999999", 0),
            ("equipment_code=press", 1),
            ("equipment_code=other", 0),
            ("category=unplanned", 1),
            ("category=CHANGEOVER", 0),
            ("reason_code=jam", 0),
            ("confirmed=false", 1),
            ("confirmed=true", 0),
            ("open=false", 1),
            ("open=true", 0),
            ("minor=false", 1),
            ("minor=true", 0),
            ("start=2026-03-02T09:59:59Z", 1),
            ("start=2026-03-02T10:00:00Z", 0),
            ("end=2026-03-02T08:00:00Z", 0),
            ("end=2026-03-02T08:00:01Z", 1),
            ("search=press", 1),
            ("search=belt", 0),
        ],
    )
    def test_every_filter(self, machine, query, found):
        answer = listed("?" + query.format(line=machine.line_id))
        assert (answer.status_code, len(answer.json().get("results", []))) == (200, found)

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("category=DANCING", "category"),
            ("confirmed=perhaps", "confirmed"),
            ("open=1", "open"),
            ("line_id=abc", "line_id"),
            ("line_id=nan", "line_id"),
            ("start=noon", "start"),
            ("start=2026-03-02T08:00:00Z&end=2026-03-02T08:00:00Z", "end"),
            ("cursor=zzz", "cursor"),
            ("limit=0", "limit"),
            ("offset=3", "offset"),
            ("nonsense=1", "nonsense"),
        ],
    )
    def test_what_cannot_be_asked_is_named(self, machine, query, field):
        answer = listed("?" + query)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])

    @pytest.mark.parametrize("query", ["line_id=100000000000000000000", "search=%00", "equipment_code=%00"])
    def test_odd_values_break_nothing(self, machine, query):
        assert listed("?" + query).status_code in (200, 400)

    def test_page_by_page(self, machine):
        for n in range(6):
            say(machine, "FAULT" if n % 2 else "HELD", 11 + n)
        client, seen, url = client_for("viewer"), [], f"{API}downtime?limit=2"
        while url:
            page = client.get(url).json()
            seen += [row["start_time"] for row in page["results"]]
            url = page["next"]
        assert seen == sorted(seen, reverse=True)
        assert len(seen) == len(set(seen)) == 7

    def test_somebody_elses_machine_is_nobody_elses_business(self):
        alone = MachineFactory(line=None, owner=client_for("operator").user)
        say(alone, "FAULT", 8)
        assert listed().json()["results"] == []
        assert client_for("viewer").get(f"{API}downtime/{alone.downtimes.get().pk}").status_code == 404

    def test_the_queries_do_not_grow_with_the_rows(self, django_assert_num_queries):
        client = client_for("viewer")
        for n in range(10):
            reason = StopReasonFactory()
            say(MachineFactory(), "FAULT", 6 + n, 7 + n, reason_id=reason.pk)
        Downtime.objects.update(reported_by=client.user)
        with django_assert_num_queries(2):  # the policies' limits, the rows
            assert len(client.get(f"{API}downtime").json()["results"]) == 10

    def test_who_may_read(self, machine):
        for role in ["operator", *WRITERS, *READERS]:
            assert listed(role=role).status_code == 200, role
        assert [listed(role=role).status_code for role in ("guest", "integration", None)] == [403, 403, 401]


class TestMinor:
    def test_by_the_policy_of_the_site_and_the_day_it_began_on(self, machine):
        LossPolicy.objects.create(site=machine.line.site, valid_from="2026-01-01", minor_stop_seconds=60)
        LossPolicy.objects.create(site=machine.line.site, valid_from="2026-03-03", minor_stop_seconds=7200)
        say(machine, "HELD", 11, 11 + 59 / 3600)
        say(machine, "HELD", 12, 12 + 60 / 3600)
        say(machine, "HELD", 24, 24.5)  # 01:00 in Berlin on the third of March
        minor = {row["start_time"]: row["minor"] for row in listed().json()["results"]}
        assert minor == {
            "2026-03-02T08:00:00Z": False,
            "2026-03-02T11:00:00Z": True,
            "2026-03-02T12:00:00Z": False,
            "2026-03-03T00:00:00Z": True,
        }

    def test_without_a_policy_below_300_seconds(self, machine):
        say(machine, "FAULT", 11, 11 + 299 / 3600)
        say(machine, "FAULT", 12, 12 + 300 / 3600)
        assert [row["minor"] for row in listed().json()["results"]] == [False, True, False]

    def test_what_is_planned_is_never_minor(self, machine):
        say(machine, "CLEANING", 11, 11.01)
        say(
            machine, "FAULT", 12, 12.01, reason_id=StopReasonFactory(planned=True, loss_category="PLANNED").pk
        )
        assert [row["minor"] for row in listed().json()["results"]] == [False, False, False]


class TestOpen:
    def post(self, role="operator", **body):
        return client_for(role).post(f"{API}downtime", {"equipment_code": "press", **body})

    def test_an_operator_reports_a_stop(self, machine, tool):
        answer = self.post(reason_code="tool", notes="Changing over", start_time=hour(12))
        row = answer.json()
        assert (answer.status_code, set(row)) == (201, KEYS)
        assert (row["status"], row["start_time"]) == ("open", "2026-03-02T12:00:00Z")
        assert (row["category"], row["reason_code"], row["state"]) == ("CHANGEOVER", "TOOL", "SETUP")
        assert (row["notes"], row["reported_by"]) == (
            "Changing over",
            machine.downtimes.get(state="SETUP").reported_by_id,
        )
        assert timeline(machine)[-1] == ("SETUP", 12, None)
        assert AuditLog.objects.filter(action="equipment.downtime.opened").count() == 1

    def test_now_and_for_no_reason_if_none_is_given(self, machine):
        row = self.post().json()
        assert (row["state"], row["reason_code"], row["category"]) == ("HELD", None, "UNPLANNED")
        assert timezone.now() - Downtime.objects.get(pk=row["id"]).started_at < timedelta(minutes=1)

    def test_over_what_the_machine_said_since(self, machine):
        say(machine, "RUNNING", 13)
        assert self.post(start_time=hour(12)).status_code == 201
        assert timeline(machine)[-1] == ("HELD", 12, None)

    def test_a_machine_that_stands_is_not_stopped_again(self, machine):
        self.post(start_time=hour(12))
        again = self.post(start_time=hour(13))
        assert (again.status_code, again.json()["code"]) == (409, "already_down")
        assert self.post(start_time=hour(9)).status_code == 409, "it stood then"
        assert Downtime.objects.count() == 2

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"equipment_code": "nowhere"}, "equipment_code"),
            ({"equipment_code": ["press"]}, "equipment_code"),
            ({"equipment_code": None}, "equipment_code"),
            ({"equipment_code": "pre\0ss"}, "equipment_code"),
            ({"reason_code": "nowhere"}, "reason_code"),
            ({"reason_code": {}}, "reason_code"),
            ({"start_time": "2026-03-02T08:00:00"}, "start_time"),
            ({"start_time": "1999-01-01T00:00:00Z"}, "start_time"),
            ({"start_time": "2090-01-01T00:00:00Z"}, "start_time"),
            ({"start_time": 10**20}, "start_time"),
            ({"start_time": []}, "start_time"),
            ({"notes": "x" * 2001}, "notes"),
            ({"notes": "a\0b"}, "notes"),
            ({"notes": ["a"]}, "notes"),
        ],
    )
    def test_bad_input_names_the_field_and_stores_nothing(self, machine, body, field):
        answer = self.post(**body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert Downtime.objects.count() == 1

    def test_not_on_a_line_that_is_switched_off(self, machine):
        machine.line.enabled = False
        machine.line.save()
        answer = self.post()
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["equipment_code"])

    def test_a_retry_opens_one(self, machine):
        client = client_for("operator")
        answers = [
            client.post(
                f"{API}downtime", {"equipment_code": "Press"}, headers={"Idempotency-Key": "k"}
            ).json()
            for _ in range(2)
        ]
        assert answers[0] == answers[1]
        assert machine.downtimes.open().count() == 1

    @pytest.mark.parametrize("role", [*READERS, "guest", "integration"])
    def test_who_may_not(self, machine, role):
        assert self.post(role=role).status_code == 403
        assert Downtime.objects.count() == 1


class TestClose:
    @pytest.fixture
    def stop(self, machine):
        say(machine, "HELD", 12)
        return machine.downtimes.open().get()

    @pytest.mark.parametrize("role", ["operator", *WRITERS])
    def test_the_machine_runs_again(self, machine, stop, role):
        answer = verb(stop, "close", {"end_time": hour(13)}, role=role)
        assert (answer.status_code, answer.json()["status"], answer.json()["id"]) == (200, "closed", stop.pk)
        assert timeline(machine)[-2:] == [("HELD", 12, 13), ("RUNNING", 13, None)]

    def test_now_if_no_end_is_given(self, stop):
        assert verb(stop, "close").json()["duration_seconds"] == pytest.approx(
            (timezone.now() - at(12)).total_seconds(), abs=60
        )

    def test_once(self, stop):
        verb(stop, "close", {"end_time": hour(13)})
        again = verb(stop, "close")
        assert (again.status_code, again.json()["code"]) == (409, "already_ended")

    @pytest.mark.parametrize("end", [hour(12), hour(11), "2090-01-01T00:00:00Z", "noon", [], 10**20])
    def test_an_end_that_cannot_be(self, stop, end):
        answer = verb(stop, "close", {"end_time": end})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["end_time"])

    def test_who_may_not(self, stop):
        assert [verb(stop, "close", role=role).status_code for role in READERS] == [403] * 3


class TestReason:
    @pytest.fixture
    def stop(self, machine):
        return machine.downtimes.get()

    @pytest.mark.parametrize("role", ["operator", *WRITERS])
    def test_after_the_restart(self, machine, stop, jam, role):
        answer = verb(stop, "reason", {"reason_code": "jam", "notes": "Third today"}, role=role)
        row = answer.json()
        assert (answer.status_code, row["id"], row["reason_code"]) == (200, stop.pk, "JAM")
        assert (row["reason_description"], row["loss_category"], row["notes"]) == (
            "Jam",
            "BREAKDOWN",
            "Third today",
        )
        assert machine.states.get(state="FAULT").reason == jam
        assert [
            (entry.old_values["reason_code"], entry.new_values["reason_code"]) for entry in deeds("explained")
        ] == [(None, "JAM")]

    def test_what_the_machine_said_stays(self, machine, stop, jam):
        said = list(StateEvent.objects.values())
        verb(stop, "reason", {"reason_code": "JAM"})
        assert list(StateEvent.objects.exclude(source="reason").values()) == said

    def test_while_it_stands_and_the_machine_goes_on_repeating_itself(self, machine, jam):
        say(machine, "FAULT", 11)
        stop = machine.downtimes.open().get()
        say(machine, "FAULT", 11.1)
        verb(stop, "reason", {"reason_code": "JAM"})
        say(machine, "FAULT", 11.2)
        say(machine, "FAULT", 11.3)
        say(machine, "RUNNING", 12)
        row = machine.downtimes.get(pk=stop.pk)
        assert (row.started_at, row.ended_at, row.reason) == (at(11), at(12), jam)
        assert machine.downtimes.count() == 2

    def test_it_pins_no_edge_a_late_word_still_ends_the_stop(self, machine, jam):
        say(machine, "FAULT", 11)
        stop = machine.downtimes.open().get()
        verb(stop, "reason", {"reason_code": "JAM"})
        say(machine, "RUNNING", 11.5)
        row = machine.downtimes.get(pk=stop.pk)
        assert (row.ended_at, row.reason) == (at(11.5), jam)
        assert timeline(machine)[-1] == ("RUNNING", 11.5, None)

    def test_of_a_stop_reported_whole(self, machine, jam):
        say(machine, "HELD", 11, 11.5)
        stop = machine.downtimes.get(state="HELD")
        verb(stop, "reason", {"reason_code": "JAM"})
        assert machine.states.get(state="HELD").reason == jam
        assert timeline(machine)[-2:] == [("HELD", 11, 11.5), ("RUNNING", 11.5, None)]

    def test_only_of_this_stop_where_others_lie_around_it(self, machine, jam, tool):
        say(machine, "FAULT", 12, reason_id=tool.pk)
        say(machine, "FAULT", 13, 14)
        middle = machine.downtimes.get(started_at=at(13))
        verb(middle, "reason", {"reason_code": "JAM"})
        rows = machine.downtimes.filter(started_at__gte=at(12)).order_by("started_at")
        assert [(row.started_at, row.ended_at, row.reason.code) for row in rows] == [
            (at(12), at(13), "TOOL"),
            (at(13), at(14), "JAM"),
            (at(14), None, "TOOL"),
        ]

    def test_another_reason_later(self, stop, jam, tool):
        verb(stop, "reason", {"reason_code": "JAM", "notes": "Belt"})
        row = verb(stop, "reason", {"reason_code": "TOOL"}).json()
        assert (row["id"], row["reason_code"], row["notes"]) == (stop.pk, "TOOL", "Belt")

    def test_the_figures_follow(self, machine, stop):
        """A planned reason takes the stop out of the busy time."""
        client = client_for("engineer")
        url = f"{API}oee/equipment/Press?start={hour(8)}&end={hour(10)}".replace("+", "%2B")
        assert client.get(url).json()["planned_busy_seconds"] == 7200
        reason = StopReasonFactory(code="TRIAL", planned=True, loss_category="PLANNED")
        verb(stop, "reason", {"reason_code": reason.code})
        assert client.get(url).json()["planned_busy_seconds"] == 0

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "reason_code"),
            ({"reason_code": None}, "reason_code"),
            ({"reason_code": "OLD"}, "reason_code"),
            ({"reason_code": ["JAM"]}, "reason_code"),
            ({"reason_code": "J\0"}, "reason_code"),
            ({"reason_code": "JAM", "notes": "x" * 2001}, "notes"),
            ({"reason_code": "JAM", "reason": "x" * 256}, "reason"),
        ],
    )
    def test_bad_input_names_the_field(self, stop, jam, body, field):
        StopReasonFactory(code="OLD", is_active=False)
        answer = verb(stop, "reason", body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert StateEvent.objects.count() == 3

    def test_who_may_not(self, stop, jam):
        for role in READERS:
            assert verb(stop, "reason", {"reason_code": "JAM"}, role=role).status_code == 403

    def test_a_stale_reader_is_refused(self, stop, jam):
        etag = client_for("viewer").get(f"{API}downtime/{stop.pk}")["ETag"]
        assert verb(stop, "reason", {"reason_code": "JAM"}, headers={"If-Match": etag}).status_code == 200
        assert verb(stop, "confirm", headers={"If-Match": etag}).status_code == 412

    def test_an_unknown_stop(self):
        assert client_for("engineer").post(f"{API}downtime/999999/reason", {}).status_code == 404
        assert client_for("engineer").post(f"{API}downtime/{10**17}/confirm", {}).status_code == 404


class TestSplit:
    @pytest.fixture
    def stop(self, machine, jam):
        stop = machine.downtimes.get()
        verb(stop, "reason", {"reason_code": "JAM"})
        return stop

    @pytest.mark.parametrize("role", WRITERS)
    def test_the_rest_has_another_reason(self, machine, stop, tool, role):
        answer = verb(stop, "split", {"at": hour(9), "reason_code": "TOOL"}, role=role)
        first, rest = answer.json()["parts"]
        assert (first["id"], first["end_time"], first["reason_code"]) == (
            stop.pk,
            "2026-03-02T09:00:00Z",
            "JAM",
        )
        assert (rest["start_time"], rest["end_time"], rest["reason_code"]) == (
            "2026-03-02T09:00:00Z",
            "2026-03-02T10:00:00Z",
            "TOOL",
        )

    def test_of_a_stop_that_lasts(self, machine, jam, tool):
        say(machine, "HELD", 12)
        stop = machine.downtimes.open().get()
        rest = verb(stop, "split", {"at": hour(13), "reason_code": "TOOL"}).json()["parts"][1]
        assert (rest["status"], rest["reason_code"]) == ("open", "TOOL")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"at": hour(8)}, "at"),
            ({"at": hour(10)}, "at"),
            ({"at": "noon"}, "at"),
            ({"at": None}, "at"),
            ({"reason_code": "JAM"}, "reason_code"),
            ({"reason_code": None}, "reason_code"),
        ],
    )
    def test_bad_input_names_the_field(self, stop, tool, body, field):
        answer = verb(stop, "split", {"at": hour(9), "reason_code": "TOOL", **body})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])

    @pytest.mark.parametrize("role", ["operator", *READERS])
    def test_who_may_not(self, stop, tool, role):
        assert verb(stop, "split", {"at": hour(9), "reason_code": "TOOL"}, role=role).status_code == 403


class TestConfirm:
    @pytest.fixture
    def stop(self, machine):
        return machine.downtimes.get()

    @pytest.mark.parametrize("role", WRITERS)
    def test_somebody_answers_for_it(self, stop, role):
        client = client_for(role)
        row = client.post(f"{API}downtime/{stop.pk}/confirm").json()
        assert (row["confirmed_by"], row["confirmed_by_name"]) == (client.user.pk, str(client.user))
        assert row["confirmed_at"] is not None
        assert listed("?confirmed=true").json()["results"] == [row]

    def test_once_and_not_before_its_end(self, machine, stop):
        verb(stop, "confirm")
        assert verb(stop, "confirm").json()["code"] == "already_confirmed"
        say(machine, "HELD", 12)
        answer = verb(machine.downtimes.open().get(), "confirm")
        assert (answer.status_code, answer.json()["code"]) == (409, "still_down")

    @pytest.mark.parametrize(
        ("name", "body"),
        [("reason", {"reason_code": "JAM"}), ("split", {"reason_code": "JAM", "at": hour(9)})],
    )
    def test_what_is_confirmed_changes_for_a_reason_and_is_confirmed_no_more(self, stop, jam, name, body):
        verb(stop, "confirm")
        answer = verb(stop, name, body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["reason"])
        assert Downtime.objects.get().confirmed_at is not None
        assert verb(stop, name, {**body, "reason": "The camera shows it"}).status_code == 200
        stop.refresh_from_db()
        assert (stop.confirmed_by, stop.confirmed_at) == (None, None)
        assert deeds("explained" if name == "reason" else name).get().reason == "The camera shows it"

    def test_late_words_take_nothing_off(self, machine, stop):
        verb(stop, "confirm")
        say(machine, "FAULT", 7.5)
        stop.refresh_from_db()
        assert (stop.started_at, stop.confirmed_at is None) == (at(7.5), False)

    @pytest.mark.parametrize("role", ["operator", *READERS, "guest"])
    def test_who_may_not(self, stop, role):
        assert verb(stop, "confirm", role=role).status_code == 403


class TestStatistics:
    URL = f"{API}downtime/statistics"

    @pytest.fixture
    def line(self):
        """Berlin: an early shift from 05:00 to 13:00 UTC with a break from 09:00 to 09:30, Monday to Friday."""
        line = LineFactory()
        ShiftPatternFactory(line=line)
        return line

    def ask(self, line, start=0, end=48, role="viewer", **more):
        asked = {"start": hour(start), "end": hour(end), "line_id": line.pk, **more}
        return client_for(role).get(
            self.URL, {key: value for key, value in asked.items() if value is not None}
        )

    def test_worked_by_hand(self, line):
        one, other = MachineFactory(line=line), MachineFactory(line=line)
        belt = StopReasonFactory(code="BELT")
        say(one, "FAULT", 6, 7, reason_id=belt.pk)  # 3,600 s
        say(one, "FAULT", 8, 10, reason_id=belt.pk)  # 5,400 s: half an hour of it is the break
        say(one, "FAULT", 11, 11 + 60 / 3600)  # minor
        say(one, "HELD", 12, 30, reason_id=None)  # 3,600 s today, 3,600 s tomorrow from 05:00 UTC
        say(other, "SETUP", 10, 10.5)  # 1,800 s
        say(other, "MAINTENANCE", 11, 12)  # 3,600 s
        say(other, "CLEANING", 12, 12.25)  # 900 s
        say(other, "FAULT", 14, 15)  # nobody works
        say(other, "UNKNOWN", 5, 6)
        found = self.ask(line).json()
        seconds = 3600 + 5400 + 7200 + 1800 + 3600 + 900
        assert found == {
            "total_events": 6,
            "total_downtime_seconds": seconds,
            "total_downtime_minutes": seconds / 60,
            "total_downtime_hours": seconds / 3600,
            "avg_duration_seconds": seconds / 6,
            "avg_duration_minutes": seconds / 360,
            "unplanned_events": 3,
            "unplanned_seconds": 16_200,
            "planned_events": 1,
            "planned_seconds": 900,
            "maintenance_events": 1,
            "maintenance_seconds": 3600,
            "changeover_events": 1,
            "changeover_seconds": 1800,
            "minor_events": 1,
            "minor_seconds": 60,
            "top_reasons": [
                {"reason_code": None, "reason_description": None, "events": 4, "downtime_seconds": 13_500},
                {
                    "reason_code": "BELT",
                    "reason_description": belt.name,
                    "events": 2,
                    "downtime_seconds": 9000,
                },
            ],
            "daily_breakdown": [
                {"date": "2026-03-02", "events": 6, "downtime_seconds": seconds - 3600},
                {"date": "2026-03-03", "events": 1, "downtime_seconds": 3600},
            ],
        }

    def test_any_partition_of_a_window_adds_up_to_it(self, line):
        machine = MachineFactory(line=line)
        say(machine, "FAULT", 5.5, 33.3)
        whole = self.ask(line).json()["total_downtime_seconds"]
        parts = [
            self.ask(line, start, start + 4).json()["total_downtime_seconds"] for start in range(0, 48, 4)
        ]
        assert sum(parts) == whole

    def test_of_one_machine(self, line):
        one, other = MachineFactory(line=line), MachineFactory(line=line)
        say(one, "FAULT", 6, 7)
        say(other, "FAULT", 6, 8)
        assert self.ask(line, equipment_code=one.equipment_code).json()["total_downtime_seconds"] == 3600
        assert self.ask(line, line_id=None).json()["total_events"] == 2

    def test_of_nothing(self, line):
        found = self.ask(line).json()
        assert (found["total_events"], found["avg_duration_seconds"]) == (0, None)
        assert (found["top_reasons"], found["daily_breakdown"]) == ([], [])

    def test_what_is_still_to_come_is_no_downtime(self, line):
        ahead = {"start": "2090-01-01T00:00:00Z", "end": "2090-01-02T00:00:00Z"}
        assert self.ask(line, **ahead).json()["total_events"] == 0

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"start": None}, "start"),
            ({"end": hour(0)}, "end"),
            ({"end": "2028-01-01T00:00:00Z"}, "end"),
            ({"line_id": "x"}, "line_id"),
            ({"line_id": 10**20}, "line_id"),
            ({"equipment_code": "nowhere"}, "equipment_code"),
        ],
    )
    def test_what_cannot_be_asked_is_named(self, line, change, field):
        answer = self.ask(line, **change)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])

    def test_who_may_not(self, line):
        assert self.ask(line, role="guest").status_code == 403

    def test_the_queries_do_not_grow(self, line, django_assert_num_queries):
        for n in range(8):
            say(MachineFactory(line=line), "FAULT", 6, 7 + n / 10)
        client = client_for("viewer")
        with django_assert_num_queries(7):  # line, limits, rows, and four of their calendar
            client.get(self.URL, {"start": hour(0), "end": hour(24), "line_id": line.pk})


def deeds(name):
    return AuditLog.objects.filter(action=f"equipment.downtime.{name}")
