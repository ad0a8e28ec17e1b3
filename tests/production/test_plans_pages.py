"""The pages of plans and jobs: what they show, to whom, and what they do."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time

from production import actions
from production.models import JobAssignment, ProductionCount, ProductionSchedule
from tests.support.factories import LineFactory, MachineFactory, UserFactory
from tests.support.plans import job_in, job_of, lot_of, on, question, schedule_of
from tests.support.production_factories import ProductFactory

pytestmark = pytest.mark.django_db
NOW = on(3, 8)
HX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def tuesday_morning():
    with freeze_time(NOW):
        yield


def page_of(user):
    client = Client()
    client.force_login(user, backend="accounts.backends.RoleBackend")
    return client


def as_role(role):
    return page_of(UserFactory(role=role))


def refused(answer):
    """The form is shown again and says why."""
    shown = text_of(answer)
    return answer.status_code == 200 and ("form-error" in shown or "notice-error" in shown)


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


# --- my jobs


@pytest.mark.parametrize(
    ("role", "jobs", "plan"),
    [
        ("operator", 200, 200),
        ("shift_manager", 200, 200),
        ("production_manager", 200, 200),
        ("viewer", 403, 200),
        ("engineer", 403, 200),
        ("guest", 403, 403),
        ("integration", 403, 403),
    ],
)
def test_who_opens_the_pages(role, jobs, plan):
    client = as_role(role)
    assert [client.get("/jobs").status_code, client.get("/plan").status_code] == [jobs, plan]


def test_strangers_sign_in_first():
    for path in ("/jobs", "/plan", "/plan/new"):
        assert Client().get(path).url.startswith("/accounts/login")


def test_without_a_job_it_says_what_happens_next():
    assert "No job is assigned to you" in text_of(as_role("operator").get("/jobs"))


def test_a_job_is_worked_with_one_touch_each():
    job = job_of()
    client = page_of(job.user)
    shown = text_of(client.get("/jobs"))
    assert f"/jobs/{job.pk}/accept" in shown and f"/jobs/{job.pk}/start" not in shown
    for step, status in (
        ("accept", "ACCEPTED"),
        ("start", "IN_PROGRESS"),
        ("pause", "PAUSED"),
        ("resume", "IN_PROGRESS"),
        ("complete", "COMPLETED"),
    ):
        shown = text_of(client.get("/jobs"))
        assert f"/jobs/{job.pk}/{step}" in shown, step
        answer = client.post(f"/jobs/{job.pk}/{step}")
        assert (answer.status_code, answer.url) == (302, "/jobs")
        assert JobAssignment.objects.get().status == status
    assert "Completed" in text_of(client.get("/jobs"))


def test_pieces_are_reported_with_one_touch_and_count_once():
    job = job_in("IN_PROGRESS")
    client = page_of(job.user)
    names = re.findall(r'name="event_id" value="(\w+)"', text_of(client.get("/jobs")))
    assert len(set(names)) == 2
    for _ in range(2):  # a nervous finger
        assert client.post(f"/jobs/{job.pk}/counts", {"event_id": names[0], "good": "1"}).status_code == 302
    client.post(f"/jobs/{job.pk}/counts", {"event_id": names[1], "scrap": "1"})
    job.refresh_from_db()
    assert (job.good_quantity, job.scrap_quantity, ProductionCount.objects.count()) == (1, 1, 2)
    assert '1</span> <span class="quiet">good of 1,000' in text_of(client.get("/jobs"))


def test_pieces_typed_in_the_sheet():
    job = job_in("IN_PROGRESS")
    client = page_of(job.user)
    sheet = client.get(f"/jobs/{job.pk}/counts", headers=HX)
    assert "<html" not in text_of(sheet) and 'name="event_id"' in text_of(sheet)
    answer = client.post(
        f"/jobs/{job.pk}/counts", {"good": "25", "scrap": "", "rework": "2", "event_id": "x"}, headers=HX
    )
    assert answer.status_code == 204
    assert set(json.loads(answer["HX-Trigger"])) == {"sheet-done", "plant-changed"}
    job.refresh_from_db()
    assert (job.good_quantity, job.rework_quantity) == (25, 2)


@pytest.mark.parametrize("body", [{"good": "-1"}, {"good": "many"}, {"good": str(10**20)}, {"good": "0"}, {}])
def test_what_is_refused_is_said_and_stays_typed(body):
    job = job_in("IN_PROGRESS")
    answer = page_of(job.user).post(f"/jobs/{job.pk}/counts", {**body, "event_id": "x"}, headers=HX)
    assert refused(answer)
    assert f'value="{body["good"]}"' in text_of(answer) if body else True
    assert not ProductionCount.objects.exists()


def test_a_start_before_the_checklist_is_refused_in_words():
    job = job_in("ACCEPTED")
    item = question(job.machine.line)
    client = page_of(job.user)
    assert "Checklist: 1 open" in text_of(client.get("/jobs"))
    answer = client.post(f"/jobs/{job.pk}/start")
    assert answer.status_code == 200 and "Guards closed?" in text_of(answer)
    assert client.post(f"/jobs/{job.pk}/checklist", {str(item.pk): "on"}).status_code == 302
    assert "Checklist done" in text_of(client.get("/jobs"))
    assert client.post(f"/jobs/{job.pk}/start").status_code == 302


def test_every_kind_of_question_can_be_answered():
    job = job_in("ACCEPTED")
    line = job.machine.line
    items = {
        "on": question(line, "Tick"),
        "all fine": question(line, "Text", type="TEXT"),
        "21.5": question(line, "Number", type="NUMBER"),
        "B": question(line, "Choice", type="SELECT", options=["A", "B"]),
        "Kim": question(line, "Signature", type="SIGNATURE", required=False),
    }
    client, url = page_of(job.user), f"/jobs/{job.pk}/checklist"
    body = {str(item.pk): value for value, item in items.items()}
    assert client.post(url, {**body, str(items["21.5"].pk): "NaN"}, headers=HX).status_code == 200
    assert not job.answers.exists()
    assert client.post(url, body, headers=HX).status_code == 204
    kept = {answer.text: answer.value for answer in job.answers.all()}
    assert kept == {"Tick": True, "Text": "all fine", "Number": 21.5, "Choice": "B", "Signature": "Kim"}
    assert 'value="21.5"' in text_of(client.get(url, headers=HX))


def test_cancelling_asks_why():
    job = job_in("IN_PROGRESS")
    client = page_of(job.user)
    assert refused(client.post(f"/jobs/{job.pk}/cancel", {"reason": " "}, headers=HX))
    assert client.post(f"/jobs/{job.pk}/cancel", {"reason": "No film"}).status_code == 302
    assert JobAssignment.objects.get().cancel_reason == "No film"


def test_another_persons_job_is_not_touched():
    job = job_of()
    answer = as_role("operator").post(f"/jobs/{job.pk}/accept", headers=HX)
    assert "somebody else" in text_of(answer).replace("&#x27;", "'")
    assert JobAssignment.objects.get().status == "ASSIGNED"
    assert as_role("viewer").post(f"/jobs/{job.pk}/accept").status_code == 403
    assert as_role("operator").post("/jobs/999999/accept").status_code == 404
    assert as_role("operator").post(f"/jobs/{'9' * 30}/accept").status_code == 404


def test_the_list_is_fetched_alone():
    job = job_of()
    answer = page_of(job.user).get("/jobs", headers={**HX, "HX-Target": "my-jobs"})
    assert "<html" not in text_of(answer) and f'id="job-{job.pk}"' in text_of(answer)
    assert answer["Cache-Control"] == "private, no-store"


# --- the plan


@pytest.fixture
def manager():
    return as_role("production_manager")


def plan_body(line, product, **given):
    return {
        "line": line.pk,
        "product": product.pk,
        "scheduled_start": "2026-03-04T06:00",
        "scheduled_end": "2026-03-04T14:00",
        "target_quantity": "500",
        "priority": "5",
        "notes": "",
        **given,
    }


def test_a_plan_is_made_on_the_clock_of_the_site(manager):
    """Berlin is one hour ahead of UTC in March."""
    line, product = LineFactory(), ProductFactory()
    answer = manager.post("/plan/new", plan_body(line, product), headers=HX)
    assert answer.status_code == 204, text_of(answer)
    schedule = ProductionSchedule.objects.get()
    assert (schedule.scheduled_start, schedule.scheduled_end) == (on(4, 5), on(4, 13))


def test_overlap_is_told_and_nothing_typed_is_lost(manager):
    line, product = LineFactory(), ProductFactory()
    manager.post("/plan/new", plan_body(line, product))
    answer = manager.post("/plan/new", plan_body(line, product, notes="urgent"), headers=HX)
    assert "another plan" in text_of(answer) and "urgent" in text_of(answer)
    assert ProductionSchedule.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("line", "999999"),
        ("line", "9" * 30),
        ("line", "x"),
        ("product", "\0"),
        ("scheduled_start", "yesterday"),
        ("scheduled_start", "1066-10-14T06:00"),
        ("scheduled_end", "9999-12-31T23:59"),
        ("scheduled_end", "2026-03-04T06:00"),
        ("target_quantity", "0"),
        ("target_quantity", str(10**20)),
        ("priority", "11"),
        ("notes", "x" * 2001),
    ],
)
def test_bad_plans_are_told(manager, name, value):
    body = plan_body(LineFactory(), ProductFactory()) | {name: value}
    answer = manager.post("/plan/new", body, headers=HX)
    assert refused(answer)
    assert not ProductionSchedule.objects.exists()


def test_a_plan_is_assigned_changed_and_cancelled(manager):
    machine, worker = MachineFactory(), UserFactory(role="operator", full_name="Kim Minji")
    schedule = schedule_of(machine.line)
    lot = lot_of(schedule.product)
    sheet = text_of(manager.get(f"/plan/{schedule.pk}/assign", headers=HX))
    assert "Kim Minji" in sheet and lot.lot_number in sheet
    body = {"user": worker.pk, "machine": machine.pk, "lot": lot.pk, "notes": "Film B"}
    assert manager.post(f"/plan/{schedule.pk}/assign", body, headers=HX).status_code == 204
    job = JobAssignment.objects.get()
    assert (job.user, job.machine, job.lot, job.notes) == (worker, machine, lot, "Film B")
    change = plan_body(
        schedule.line,
        schedule.product,
        scheduled_start="2026-03-03T07:00",
        scheduled_end="2026-03-03T16:00",
        target_quantity="700",
    )
    assert manager.post(f"/plan/{schedule.pk}/change", change, headers=HX).status_code == 204
    schedule.refresh_from_db()
    assert (schedule.scheduled_end, schedule.target_quantity) == (on(3, 15), 700)
    assert manager.post(f"/plan/{schedule.pk}/cancel", {"reason": "No film"}).status_code == 302
    job.refresh_from_db()
    assert job.status == "CANCELLED"
    assert refused(manager.post(f"/plan/{schedule.pk}/assign", body, headers=HX))


def test_a_change_that_is_refused_is_told(manager):
    job = job_of()
    change = plan_body(LineFactory(), ProductFactory())
    answer = manager.post(f"/plan/{job.schedule_id}/change", change, headers=HX)
    assert refused(answer)
    job.schedule.refresh_from_db()
    assert job.schedule.line == job.machine.line


@pytest.mark.parametrize("role", ["operator", "viewer", "engineer", "guest"])
def test_who_may_not_plan(role):
    client, schedule = as_role(role), schedule_of(LineFactory())
    for path in ("new", f"{schedule.pk}/change", f"{schedule.pk}/cancel", f"{schedule.pk}/assign"):
        assert client.post(f"/plan/{path}", {"reason": "x"}).status_code == 403, path
    if role != "guest":
        shown = text_of(client.get("/plan"))
        assert "/plan/new" not in shown and f"/plan/{schedule.pk}/cancel" not in shown


def board(client, **query):
    page = client.get("/plan", query)
    assert page.status_code == 200
    return page.context["board"]


def test_the_board_shows_plan_and_actual(manager):
    """The window begins at Berlin's midnight of the day before: 23:00 UTC on 1 March. 06:00 UTC on the 3rd is 31 h on."""
    with freeze_time(on(3, 7)):
        job = job_in("IN_PROGRESS")
    actions.report_pieces(job=job, good=40, scrap=2, actor=job.user)
    made = board(manager)
    [plan, actual] = made.data["bars"]
    assert (plan["from"], plan["to"], plan["kind"], plan["row"]) == (31, 39, "In progress", 0)
    assert (actual["from"], actual["to"], actual["kind"], actual["row"]) == (32, 33, "Actual", 1)
    assert made.data["hours"] == 168
    assert made.data["ticks"][1] == {"at": 24, "label": "Tue 3 Mar"}
    assert made.data["rows"] == [job.machine.line.name, f"{job.machine.line.name}, actual"]
    assert made.rows == [
        [
            job.machine.line.name,
            job.schedule.product.model_code,
            "In progress",
            "2026-03-03 07:00",
            "2026-03-03 15:00",
            "2026-03-03 08:00",
            "",
            1000,
            40,
            2,
            str(job.user),
        ]
    ]
    assert made.summary == "1 planned, 40 good of 1,000 pieces."


def test_the_week_across_the_clock_change_has_an_hour_less(manager):
    schedule_of(LineFactory(), scheduled_start=on(29, 6), scheduled_end=on(29, 14))
    assert board(manager, day="2026-03-27").data["hours"] == 167


def test_the_table_is_there_as_csv(manager):
    job_in("COMPLETED")
    answer = manager.get("/plan?format=csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["Line", "Product", "Status"] and rows[1][2] == "Completed"


def test_a_line_and_a_week_are_chosen(manager):
    first, second = schedule_of(LineFactory()), schedule_of(LineFactory())
    assert len(board(manager).rows) == 2
    assert [row[0] for row in board(manager, line=first.line_id).rows] == [first.line.name]
    assert board(manager, day="2026-05-01").rows == []
    assert len(board(manager, day="nonsense").rows) == len(board(manager, day="9999-12-31").rows) == 2
    for line in ("x", "999999", "9" * 30, "²"):
        assert manager.get("/plan", {"line": line}).status_code == 404
    assert second.line.name in text_of(manager.get("/plan"))


@pytest.mark.parametrize("path", ["/jobs", "/plan"])
def test_a_page_costs_the_same_few_queries(path):
    manager, counts = UserFactory(role="production_manager"), []
    for many in (1, 4):
        for _ in range(many):
            job_in("IN_PROGRESS", job_of(user=manager))
        client = page_of(manager)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
