"""Schedules, jobs and checklists over HTTP."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from production.models import JobAssignment, ProductionSchedule
from tests.support.api import API, client_for, client_of
from tests.support.bodies import ROWS
from tests.support.factories import LineFactory, MachineFactory, UserFactory
from tests.support.operations import Plant
from tests.support.plans import job_in, job_of, on, question, schedule_of
from tests.support.production_factories import ProductFactory

pytestmark = pytest.mark.django_db
SCHEDULES, ASSIGNMENTS, JOBS = f"{API}production/schedules", f"{API}production/job-assignments", f"{API}jobs"
HUGE = 10**20


@pytest.fixture
def plant():
    return Plant()


@pytest.fixture
def manager():
    return client_for("production_manager")


def plan_body(plant, **given):
    return {**ROWS["production/schedules"](plant), **given}


def job_body(plant, **given):
    return {**ROWS["production/job-assignments"](plant), **given}


def refused(answer, *fields):
    assert answer.status_code == 400, answer.content
    assert set(answer.json()["errors"]) == set(fields)


# --- schedules


def test_what_goes_in_comes_out(plant, manager):
    answer = manager.post(SCHEDULES, plan_body(plant))
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert plan_body(plant).items() <= row.items()
    assert (row["status"], row["created_by"], row["good_quantity"]) == ("SCHEDULED", manager.user.pk, 0)
    one = manager.get(f"{SCHEDULES}/{row['id']}")
    assert one.json() == row and one["ETag"]
    assert manager.get(f"{SCHEDULES}/{row['id']}", headers={"If-None-Match": one["ETag"]}).status_code == 304


def test_overlap_is_a_conflict(plant, manager):
    assert manager.post(SCHEDULES, plan_body(plant)).status_code == 201
    answer = manager.post(SCHEDULES, plan_body(plant))
    assert (answer.status_code, answer.json()["code"]) == (409, "schedule_overlap")
    assert ProductionSchedule.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"line_id": 10**9}, "line_id"),
        ({"line_id": HUGE}, "line_id"),
        ({"line_id": True}, "line_id"),
        ({"line_id": None}, "line_id"),
        ({"product_model_id": [1]}, "product_model_id"),
        ({"scheduled_start": "2026-03-04T06:00:00"}, "scheduled_start"),
        ({"scheduled_start": "1066-10-14T06:00:00Z"}, "scheduled_start"),
        ({"scheduled_end": "2190-01-01T00:00:00Z"}, "scheduled_end"),
        ({"scheduled_end": "2026-03-03T06:00:00Z"}, "scheduled_end"),
        ({"scheduled_end": {"at": 1}}, "scheduled_end"),
        ({"target_quantity": 0}, "target_quantity"),
        ({"target_quantity": HUGE}, "target_quantity"),
        ({"target_quantity": 1.5}, "target_quantity"),
        ({"target_quantity": [5]}, "target_quantity"),
        ({"priority": 0}, "priority"),
        ({"priority": 11}, "priority"),
        ({"notes": "a\0b"}, "notes"),
        ({"notes": "x" * 2001}, "notes"),
        ({"notes": ["x"]}, "notes"),
    ],
)
def test_bad_plans_are_told(plant, manager, change, field):
    refused(manager.post(SCHEDULES, plan_body(plant, **change)), field)
    refused(manager.patch(f"{SCHEDULES}/{plant.schedule.pk}", change), field)


@pytest.mark.parametrize("body", ["[]", "5", '"x"', "NaN", '{"target_quantity": NaN}', "{", "\0"])
def test_bodies_that_are_none(plant, manager, body):
    for path in (SCHEDULES, ASSIGNMENTS, f"{JOBS}/{plant.job.pk}/counts", f"{JOBS}/{plant.job.pk}/checklist"):
        answer = manager.post(path, data=body, content_type="application/json")
        assert answer.status_code == 400, (path, answer.content)


def test_an_empty_put_names_what_is_missing(plant, manager):
    refused(
        manager.put(f"{SCHEDULES}/{plant.schedule.pk}", {}),
        "line_id",
        "product_model_id",
        "scheduled_start",
        "scheduled_end",
        "target_quantity",
    )
    refused(manager.put(f"{ASSIGNMENTS}/{plant.job.pk}", {}), "schedule_id", "user_id")


def test_a_plan_is_changed_and_its_status_is_not(plant, manager):
    plant.job.delete()
    body = plan_body(plant, status="COMPLETED", priority=9)
    answer = manager.put(f"{SCHEDULES}/{plant.schedule.pk}", body)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["priority"], answer.json()["status"]) == (9, "SCHEDULED")
    assert (
        manager.patch(f"{SCHEDULES}/{plant.schedule.pk}", {"target_quantity": 7}).json()["target_quantity"]
        == 7
    )


def test_a_stale_change_is_refused(plant, manager):
    url = f"{SCHEDULES}/{plant.schedule.pk}"
    stale = manager.get(url)["ETag"]
    manager.patch(url, {"priority": 9})
    assert manager.patch(url, {"priority": 1}, headers={"If-Match": stale}).status_code == 412
    assert manager.post(f"{url}/cancel", {"reason": "x"}, headers={"If-Match": stale}).status_code == 412
    job = f"{JOBS}/{plant.job.pk}"
    stale = manager.get(job)["ETag"]
    assert manager.post(f"{job}/accept", headers={"If-Match": stale}).status_code == 200
    assert manager.post(f"{job}/start", headers={"If-Match": stale}).status_code == 412


def test_cancel_says_why(plant, manager):
    url = f"{SCHEDULES}/{plant.schedule.pk}/cancel"
    refused(manager.post(url, {}), "reason")
    answer = manager.post(url, {"reason": "No film"})
    assert (answer.status_code, answer.json()["status"]) == (200, "CANCELLED")
    assert answer.json()["cancel_reason"] == "No film"
    assert manager.get(f"{JOBS}/{plant.job.pk}").json()["status"] == "CANCELLED"
    assert manager.post(url, {"reason": "Again"}).status_code == 409


def test_delete_is_for_what_nobody_was_assigned_to(plant):
    admin = client_for("admin")
    assert admin.delete(f"{SCHEDULES}/{plant.schedule.pk}").status_code == 409
    assert admin.delete(f"{ASSIGNMENTS}/{plant.job.pk}").status_code == 204
    assert admin.delete(f"{SCHEDULES}/{plant.schedule.pk}").status_code == 204
    started = job_in("IN_PROGRESS")
    answer = admin.delete(f"{ASSIGNMENTS}/{started.pk}")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")


def listed(client, path, **query):
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_schedules_are_narrowed_sorted_and_searched(manager):
    line = LineFactory()
    first = schedule_of(line, priority=1)
    second = schedule_of(line, scheduled_start=on(4, 6), scheduled_end=on(4, 14))
    other = schedule_of(LineFactory(), notes="rush")
    assert listed(manager, SCHEDULES, line_id=line.pk) == [second.pk, first.pk]
    assert listed(manager, SCHEDULES, line_code=line.line_code.lower(), ordering="priority") == [
        first.pk,
        second.pk,
    ]
    assert listed(manager, SCHEDULES, product_code=other.product.model_code) == [other.pk]
    assert listed(manager, SCHEDULES, product_model_id=other.product_id) == [other.pk]
    assert listed(manager, SCHEDULES, status="scheduled", priority=1) == [first.pk]
    assert listed(manager, SCHEDULES, created_by=other.created_by_id) == [other.pk]
    assert listed(manager, SCHEDULES, start="2026-03-03T14:00:00Z") == [second.pk]
    assert listed(manager, SCHEDULES, end="2026-03-03T06:00:00Z") == []
    assert listed(manager, SCHEDULES, search="rush") == [other.pk]
    assert listed(manager, SCHEDULES, line_id=HUGE) == []
    for query in (
        "colour=red",
        "status=DREAMING",
        "line_id=x",
        "line_id=NaN",
        "start=yesterday",
        "ordering=x",
    ):
        assert manager.get(f"{SCHEDULES}?{query}").status_code == 400, query


def test_jobs_are_narrowed_sorted_and_searched(manager):
    first, second = job_of(), job_in("IN_PROGRESS")
    for query in (
        {"user_id": first.user_id},
        {"schedule_id": first.schedule_id},
        {"line_id": first.machine.line_id},
        {"equipment_code": first.machine.equipment_code.lower()},
        {"product_code": first.schedule.product.model_code},
        {"status": "assigned"},
        {"search": first.user.username},
        {"end": second.assigned_at.isoformat()},
    ):
        assert listed(manager, ASSIGNMENTS, **query) == [first.pk], query
    assert listed(manager, ASSIGNMENTS, start=second.assigned_at.isoformat()) == [second.pk]
    assert listed(manager, ASSIGNMENTS, lot_id=5) == []
    assert listed(manager, ASSIGNMENTS, ordering="assigned_at") == [first.pk, second.pk]
    for query in ("colour=red", "status=DREAMING", "user_id=NaN", "ordering=notes"):
        assert manager.get(f"{ASSIGNMENTS}?{query}").status_code == 400, query


@pytest.mark.parametrize("path", [SCHEDULES, ASSIGNMENTS])
def test_a_list_takes_as_many_queries_as_it_always_did(manager, path):
    counts = []
    for many in (1, 5):
        for _ in range(many):
            job_in("IN_PROGRESS")
        with CaptureQueriesContext(connection) as queries:
            listed(manager, path)
        counts.append(len(queries))
    assert counts == [2, 2]


# --- jobs


def test_a_job_is_assigned_worked_and_counted(plant, manager):
    worker = client_of(plant.worker)
    twin = manager.post(ASSIGNMENTS, job_body(plant))
    assert (twin.status_code, twin.json()["code"]) == (409, "duplicate")
    manager.post(f"{JOBS}/{plant.job.pk}/cancel", {"reason": "Assigned anew"})
    answer = manager.post(ASSIGNMENTS, job_body(plant))
    assert answer.status_code == 201, answer.content
    job = answer.json()
    assert job_body(plant).items() <= job.items()
    assert (job["status"], job["assigned_by"], job["lot_id"]) == ("ASSIGNED", manager.user.pk, None)
    url = f"{JOBS}/{job['id']}"
    item = plant.question.pk
    assert worker.post(f"{url}/accept").json()["status"] == "ACCEPTED"
    waiting = worker.post(f"{url}/start")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "checklist_open")
    assert waiting.json()["errors"] == {"checklist": ["Guards closed?"]}
    answers = worker.post(f"{url}/checklist", {"answers": [{"item_id": item, "value": True}]})
    assert (answers.status_code, answers.json()["ready"]) == (200, True)
    assert worker.post(f"{url}/start").json()["status"] == "IN_PROGRESS"
    report = {"good": 12, "scrap": 1, "event_id": "tablet-1"}
    first = worker.post(f"{url}/counts", report)
    assert first.status_code == 200, first.content
    assert (first.json()["good_quantity"], first.json()["scrap_quantity"]) == (12, 1)
    assert worker.post(f"{url}/counts", report).json() == first.json()
    clash = worker.post(f"{url}/counts", {**report, "good": 13})
    assert (clash.status_code, clash.json()["code"]) == (409, "event_id_reused")
    assert worker.post(f"{url}/pause").json()["status"] == "PAUSED"
    assert worker.post(f"{url}/resume").json()["status"] == "IN_PROGRESS"
    assert worker.post(f"{url}/complete").json()["status"] == "COMPLETED"
    assert worker.post(f"{url}/cancel", {"reason": "x"}).status_code == 409
    assert worker.get(url).json()["completed_at"]


def test_my_jobs_are_mine(plant):
    own = client_of(plant.worker)
    job_of()
    assert listed(own, f"{JOBS}/my-jobs") == [plant.job.pk]
    assert listed(own, f"{JOBS}/my-jobs", status="PAUSED") == []
    assert listed(client_for("operator"), f"{JOBS}/my-jobs") == []
    assert own.get(f"{JOBS}/my-jobs?colour=red").status_code == 400


@pytest.mark.parametrize(
    "step", ["accept", "start", "pause", "resume", "complete", "cancel", "counts", "checklist"]
)
def test_another_persons_job_is_not_touched(plant, step):
    bodies = {
        "cancel": {"reason": "x"},
        "counts": {"good": 1},
        "checklist": {"answers": [{"item_id": plant.question.pk, "value": True}]},
    }
    answer = client_for("operator").post(f"{JOBS}/{plant.job.pk}/{step}", bodies.get(step, {}))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_job")
    assert JobAssignment.objects.get().status == "ASSIGNED"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"user_id": 10**9}, "user_id"),
        ({"user_id": HUGE}, "user_id"),
        ({"schedule_id": "x"}, "schedule_id"),
        ({"schedule_id": [1]}, "schedule_id"),
        ({"equipment_code": "nowhere"}, "equipment_code"),
        ({"equipment_code": 5}, "equipment_code"),
        ({"equipment_code": "\0"}, "equipment_code"),
        ({"lot_id": 10**9}, "lot_id"),
        ({"lot_id": 1.5}, "lot_id"),
        ({"notes": "x" * 2001}, "notes"),
    ],
)
def test_bad_assignments_are_told(plant, manager, change, field):
    refused(manager.post(ASSIGNMENTS, job_body(plant, **change)), field)
    refused(manager.patch(f"{ASSIGNMENTS}/{plant.job.pk}", change), field)


def test_a_job_is_given_to_somebody_else_and_stays_with_its_schedule(plant, manager):
    other = UserFactory(role="operator")
    url = f"{ASSIGNMENTS}/{plant.job.pk}"
    answer = manager.put(url, job_body(plant, user_id=other.pk, status="COMPLETED", good_quantity=9))
    assert (answer.status_code, answer.json()["user_id"]) == (200, other.pk), answer.content
    assert (answer.json()["status"], answer.json()["good_quantity"]) == ("ASSIGNED", 0)
    refused(manager.patch(url, {"schedule_id": schedule_of(LineFactory()).pk}), "schedule_id")
    client_of(other).post(f"{JOBS}/{plant.job.pk}/accept")
    answer = manager.patch(url, {"user_id": plant.worker.pk})
    assert (answer.status_code, answer.json()["code"]) == (409, "job_under_way")


def test_the_machine_may_be_left_out(plant, manager):
    body = {"schedule_id": plant.schedule.pk, "user_id": UserFactory(role="operator").pk}
    assert manager.post(ASSIGNMENTS, body).json()["equipment_code"] == plant.machine.equipment_code
    MachineFactory(line=plant.line)
    refused(manager.post(ASSIGNMENTS, body), "equipment_code")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "good"),
        ({"good": -1}, "good"),
        ({"good": HUGE}, "good"),
        ({"good": 1_000_001}, "good"),
        ({"good": [1]}, "good"),
        ({"good": True}, "good"),
        ({"good": 1, "scrap": "many"}, "scrap"),
        ({"good": 1, "rework": 0.5}, "rework"),
        ({"good": 1, "event_id": "x" * 101}, "event_id"),
        ({"good": 1, "event_id": "a\0"}, "event_id"),
        ({"good": 1, "event_id": {"a": 1}}, "event_id"),
    ],
)
def test_bad_reports_are_told(body, field):
    job = job_in("IN_PROGRESS")
    refused(client_of(job.user).post(f"{JOBS}/{job.pk}/counts", body), field)


def test_a_retry_under_one_key_counts_once(plant):
    job = job_in("IN_PROGRESS")
    worker, url = client_of(job.user), f"{JOBS}/{job.pk}/counts"
    answers = [worker.post(url, {"good": 5}, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert JobAssignment.objects.get(pk=job.pk).good_quantity == 5


@pytest.mark.parametrize("pk", ["0", "999999999", "9" * 18, "9" * 25, "x"])
def test_jobs_that_are_none(manager, pk):
    assert manager.get(f"{JOBS}/{pk}").status_code == 404
    assert manager.post(f"{JOBS}/{pk}/accept").status_code == 404


# --- checklists


def test_the_checklist_of_a_job(plant):
    worker, url = client_of(plant.worker), f"{JOBS}/{plant.job.pk}/checklist"
    film = question(plant.line, "Film", type="SELECT", options=["A", "B"], order=2)
    before = worker.get(url).json()
    assert (before["job_id"], before["ready"]) == (plant.job.pk, False)
    assert [(item["text"], item["value"], item["answered_by"]) for item in before["items"]] == [
        ("Guards closed?", None, None),
        ("Film", None, None),
    ]
    refused(worker.post(url, {"answers": [{"item_id": film.pk, "value": "C"}]}), f"answers.{film.pk}")
    after = worker.post(
        url,
        {
            "answers": [
                {"item_id": film.pk, "value": "A"},
                {"item_id": plant.question.pk, "value": True},
            ]
        },
    ).json()
    assert after["ready"]
    assert [(item["value"], item["answered_by_name"]) for item in after["items"]] == [
        (True, str(plant.worker)),
        ("A", str(plant.worker)),
    ]
    assert worker.get(url).json() == after


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"answers": []},
        {"answers": {}},
        {"answers": [1]},
        {"answers": [{"item_id": 1}]},
        {"answers": [{"item_id": HUGE, "value": True}]},
        {"answers": [{"item_id": [1], "value": True}]},
        {"answers": [{"item_id": 999_999, "value": True}]},
        {"answers": "all fine"},
    ],
)
def test_answers_that_are_none(plant, body):
    answer = client_of(plant.worker).post(f"{JOBS}/{plant.job.pk}/checklist", body)
    assert answer.status_code == 400, answer.content


@pytest.mark.parametrize(
    "change",
    [
        {"type": "SELECT", "options": []},
        {"type": "TEXT", "options": ["A"]},
        {"options": "A"},
        {"options": [1]},
        {"options": ["A", "A"]},
        {"options": ["x" * 101]},
        {"options": [""]},
        {"options": ["a\0"]},
        {"options": {"a": 1}},
        {"type": "DANCE"},
        {"order": HUGE},
        {"text": "x" * 256},
    ],
)
def test_questions_that_are_none(plant, manager, change):
    body = {**ROWS["production/checklists"](plant), **change}
    answer = manager.post(f"{API}production/checklists", body)
    assert answer.status_code == 400, answer.content


def test_an_answered_question_is_not_deleted(plant):
    admin, worker = client_for("admin"), client_of(plant.worker)
    url = f"{API}production/checklists/{plant.question.pk}"
    body = {"answers": [{"item_id": plant.question.pk, "value": True}]}
    assert worker.post(f"{JOBS}/{plant.job.pk}/checklist", body).status_code == 200
    assert admin.delete(url).status_code == 409
    assert admin.patch(url, {"is_active": False}).status_code == 200


def test_a_product_that_is_not_made_is_not_planned(plant, manager):
    gone = ProductFactory(status="DISCONTINUED")
    refused(manager.post(SCHEDULES, plan_body(plant, product_model_id=gone.pk)), "product_model_id")
