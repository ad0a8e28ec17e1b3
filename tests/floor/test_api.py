"""The dashboard over HTTP."""

from datetime import timedelta

import pytest
from freezegun import freeze_time

from tests.floor.plant import NOW, at, make_line, running_line, state
from tests.support.api import API, client_for

pytestmark = pytest.mark.django_db

DASHBOARD = f"{API}dashboard/"
LINE_KEYS = {
    "line_id",
    "line_code",
    "name",
    "status",
    "oee",
    "availability",
    "performance",
    "quality",
    "current_job",
    "active_downtime",
    "active_andon_events",
}
SUMMARY_KEYS = {
    "total_lines",
    "running_lines",
    "stopped_lines",
    "fault_lines",
    "total_jobs",
    "active_jobs",
    "completed_jobs",
    "total_andon_events",
    "open_andon_events",
    "oee",
    "average_oee",
    "total_downtime_minutes",
}


@pytest.fixture(autouse=True)
def four_hours_into_the_shift():
    with freeze_time(NOW):
        yield


@pytest.fixture
def viewer():
    return client_for("viewer")


def test_a_line_has_the_keys_of_the_contract(viewer):
    line = running_line()
    answer = viewer.get(f"{DASHBOARD}lines").json()
    [row] = answer["results"]
    assert answer["count"] == 1 and row.keys() >= LINE_KEYS
    assert (row["line_id"], row["status"], row["active_downtime"]) == (line.pk, "RUNNING", None)
    assert row["oee"] == pytest.approx(10_000 / 14_400)
    assert (row["current_job"], row["active_andon_events"]) == (None, [])
    assert viewer.get(f"{DASHBOARD}lines/{line.pk}/status").json() == row


def test_a_stopped_line_tells_its_downtime(viewer):
    line = running_line()
    state(line.machines.get(), "FAULT", at(3.9))
    stop = viewer.get(f"{DASHBOARD}lines/{line.pk}/status").json()["active_downtime"]
    assert stop == {
        "id": line.machines.get().downtimes.open().get().pk,  # the id that the verbs of downtime take
        "line_id": line.pk,
        "equipment_code": line.machines.get().equipment_code,
        "state": "FAULT",
        "start_time": "2026-03-02T09:54:00Z",
        "end_time": None,
        "duration_seconds": 360,
        "reason_code": None,
        "reason_description": None,
        "category": "UNPLANNED",
        "loss_category": "BREAKDOWN",
        "status": "open",
    }


def test_the_summary_is_time_weighted(viewer):
    running_line()
    idle = make_line()
    state(idle.machines.get(), "STARVED", at(0))
    answer = viewer.get(f"{DASHBOARD}summary").json()
    assert answer.keys() >= SUMMARY_KEYS
    planned = 4 * 3600 + 10 * 3600  # the second line has no shifts: planned since midnight
    assert answer["oee"] == answer["average_oee"] == pytest.approx(10_000 / planned)
    assert (answer["total_lines"], answer["running_lines"], answer["stopped_lines"]) == (2, 1, 1)


def test_an_empty_plant_has_an_empty_summary(viewer):
    answer = viewer.get(f"{DASHBOARD}summary").json()
    assert (answer["total_lines"], answer["oee"], answer["total_downtime_minutes"]) == (0, None, 0)
    assert viewer.get(f"{DASHBOARD}lines").json()["results"] == []


def test_the_figure_is_that_of_the_oee_api(viewer):
    line = running_line()
    window = {"start": "2026-03-02T06:00:00Z", "end": "2026-03-02T09:00:00Z"}
    mine = viewer.get(f"{DASHBOARD}lines/{line.pk}/oee", window).json()
    theirs = viewer.get(f"{API}oee/lines/{line.pk}", window).json()
    assert {key: mine[key] for key in theirs} == theirs
    assert mine["planned_busy_seconds"] == 3 * 3600
    assert viewer.get(f"{DASHBOARD}lines/{line.pk}/oee").json()["oee"] == pytest.approx(10_000 / 14_400)


def test_downtime_lists_open_and_closed_stops(viewer):
    line = running_line()
    machine = line.machines.get()
    state(machine, "SETUP", at(3.5))
    state(machine, "STARVED", at(3.99))
    rows = viewer.get(f"{DASHBOARD}lines/{line.pk}/downtime").json()["results"]
    assert [row["id"] for row in rows] == [stop.pk for stop in line.machines.get().downtimes.all()]
    assert [(row["state"], row["status"], row["category"]) for row in rows] == [
        ("STARVED", "open", "UNPLANNED"),
        ("SETUP", "closed", "CHANGEOVER"),
        ("FAULT", "closed", "UNPLANNED"),
    ]
    assert [row["duration_seconds"] for row in rows] == pytest.approx([36, 1764, 1800])
    assert rows[0]["loss_category"] == "MINOR_STOP"
    window = {"start": "2026-03-02T06:00:00Z", "end": "2026-03-02T09:00:00Z"}
    assert viewer.get(f"{DASHBOARD}lines/{line.pk}/downtime", window).json()["count"] == 1


def test_stops_outside_the_shifts_are_no_downtime(viewer):
    line = running_line()
    state(line.machines.get(), "FAULT", at(-3), at(-2))
    window = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-02T06:00:00Z"}
    assert viewer.get(f"{DASHBOARD}lines/{line.pk}/downtime", window).json()["count"] == 0


def test_alerts_come_by_priority(viewer):
    fault, silent = running_line(), make_line()
    state(fault.machines.get(), "FAULT", at(3.9))
    rows = viewer.get(f"{DASHBOARD}alerts").json()["results"]
    found = [(row["alert_type"], row["priority"], row["line_id"]) for row in rows]
    assert found == [("LINE_FAULT", "HIGH", fault.pk), ("NO_SIGNAL", "MEDIUM", silent.pk)]
    assert rows[0]["since"] == "2026-03-02T09:54:00Z"


@pytest.mark.parametrize(
    "path", ["lines", "summary", "alerts", "lines/1/status", "lines/1/oee", "lines/1/downtime"]
)
def test_who_may_not_see_oee_gets_nothing(path):
    assert client_for(None).get(DASHBOARD + path).status_code == 401
    for role in ("guest", "integration"):
        assert client_for(role).get(DASHBOARD + path).status_code == 403


@pytest.mark.parametrize("role", ["admin", "operator", "maintenance", "quality", "engineer", "shift_manager"])
def test_the_plant_sees_its_dashboard(role):
    assert client_for(role).get(f"{DASHBOARD}lines").status_code == 200


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("lines", {"limit": "-1"}, "limit"),
        ("lines", {"colour": "red"}, "colour"),
        ("summary", {"x": "1"}, "x"),
        ("lines/{}/oee", {"start": "2026-03-02T06:00:00Z"}, "end"),
        ("lines/{}/oee", {"start": "noon", "end": "2026-03-02T06:00:00Z"}, "start"),
        ("lines/{}/downtime", {"start": "2026-03-02T06:00:00", "end": "2026-03-02T07:00:00Z"}, "start"),
        ("lines/{}/downtime", {"start": "2026-03-02T06:00:00Z", "end": "2026-03-02T05:00:00Z"}, "end"),
    ],
)
def test_bad_questions_name_the_field(viewer, path, query, field):
    answer = viewer.get(DASHBOARD + path.format(make_line().pk), query)
    assert answer.status_code == 400 and field in answer.json()["errors"]


@pytest.mark.parametrize("path", ["999999/status", "999999999999999999/oee", "abc/oee", "9" * 30 + "/oee"])
def test_a_line_that_is_not_there(viewer, path):
    assert viewer.get(f"{DASHBOARD}lines/{path}").status_code == 404


def test_lists_come_in_pages(viewer):
    for _ in range(3):
        running_line()
    answer = viewer.get(f"{DASHBOARD}lines", {"limit": 2, "offset": 1}).json()
    assert (answer["count"], len(answer["results"])) == (3, 2)


def test_paths_take_a_slash(viewer):
    assert viewer.get(f"{DASHBOARD}summary/").status_code == 200


def test_a_window_that_has_not_come_is_undefined(viewer):
    line = running_line()
    start, end = NOW + timedelta(days=1), NOW + timedelta(days=2)
    window = {"start": start.isoformat(), "end": end.isoformat()}
    answer = viewer.get(f"{DASHBOARD}lines/{line.pk}/oee", window).json()
    assert (answer["planned_busy_seconds"], answer["oee"], answer["flags"]) == (0, None, ["NO_SCHEDULE"])
