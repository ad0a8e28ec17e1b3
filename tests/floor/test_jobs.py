"""Jobs on the dashboard and on the floor's page."""

from __future__ import annotations

import orjson
import pytest
from django.test import Client
from freezegun import freeze_time

from floor import receivers
from production import actions
from tests.floor.plant import NOW, at, running_line
from tests.support.api import API, client_for
from tests.support.factories import MachineFactory, UserFactory
from tests.support.plans import job_in, job_of, schedule_of

pytestmark = pytest.mark.django_db
DASHBOARD = f"{API}dashboard/"


@pytest.fixture(autouse=True)
def four_hours_into_the_shift():
    with freeze_time(NOW) as clock:
        yield clock


@pytest.fixture
def viewer():
    return client_for("viewer")


def status_of(viewer, line):
    return viewer.get(f"{DASHBOARD}lines/{line.pk}/status").json()


def test_a_line_tells_its_current_job(viewer):
    line = running_line()
    job = job_in("IN_PROGRESS", job_of(schedule_of(line)))
    actions.report_pieces(job=job, good=12, scrap=1, event_id="a", actor=job.user)
    assert status_of(viewer, line)["current_job"] == {
        "id": job.pk,
        "schedule_id": job.schedule_id,
        "status": "IN_PROGRESS",
        "equipment_code": job.machine.equipment_code,
        "user_id": job.user_id,
        "user_name": str(job.user),
        "lot_id": None,
        "product_code": job.schedule.product.model_code,
        "target_quantity": 1000,
        "good_quantity": 12,
        "scrap_quantity": 1,
        "started_at": "2026-03-02T10:00:00Z",
    }
    assert status_of(viewer, line)["product_code"] == job.schedule.product.model_code


def test_of_several_the_one_on_the_constraint_is_current(viewer):
    line = running_line()
    first, last = line.machines.get(), MachineFactory(line=line, position=9)
    schedule = schedule_of(line)
    running = {m.pk: job_in("IN_PROGRESS", job_of(schedule, machine=m)) for m in (first, last)}
    for machine in (first, last):
        line.constraint_machine = machine
        line.save()
        assert status_of(viewer, line)["current_job"]["id"] == running[machine.pk].pk


@pytest.mark.parametrize("present", ["ASSIGNED", "ACCEPTED", "PAUSED", "COMPLETED", "CANCELLED"])
def test_only_a_job_in_progress_is_current(viewer, present):
    line = running_line()
    job_in(present, job_of(schedule_of(line)))
    assert status_of(viewer, line)["current_job"] is None


def test_the_summary_counts_jobs_of_the_shift(viewer, four_hours_into_the_shift):
    lines = [running_line() for _ in range(4)]
    with freeze_time(at(-1)):
        job_in("COMPLETED", job_of(schedule_of(lines[0])))  # of the shift before
    for line, present in zip(lines[1:], ("IN_PROGRESS", "PAUSED", "COMPLETED"), strict=True):
        job_in(present, job_of(schedule_of(line)))
    summary = viewer.get(f"{DASHBOARD}summary").json()
    assert (summary["total_jobs"], summary["active_jobs"], summary["completed_jobs"]) == (3, 2, 1)


def test_the_tile_names_the_worker_and_the_jobs_pieces():
    job = job_in("IN_PROGRESS", job_of(schedule_of(running_line())))
    actions.report_pieces(job=job, good=12, event_id="a", actor=job.user)
    page = Client()
    page.force_login(UserFactory(role="viewer"))
    assert f"{job.user}: 12 of 1,000 of the job" in page.get("/").content.decode()


def test_a_step_is_announced_to_who_watches(monkeypatch, django_capture_on_commit_callbacks):
    told = []
    monkeypatch.setattr(receivers, "_send", lambda payload: told.append(orjson.loads(payload)))
    job = job_in("ACCEPTED")
    with django_capture_on_commit_callbacks(execute=True):
        actions.start_job(job=job, actor=job.user)
        assert told == []
    [said] = [news["say"] for news in told if "say" in news]
    assert (said["type"], said["line"], said["machine"]) == (
        "job_update",
        job.schedule.line_id,
        job.machine_id,
    )
    assert (said["data"]["job_id"], said["data"]["user_id"]) == (job.pk, job.user_id)
    assert (said["data"]["status"], said["data"]["started_at"]) == ("IN_PROGRESS", "2026-03-02T10:00:00Z")


def test_a_job_that_is_gone_is_news_of_its_machine(monkeypatch, django_capture_on_commit_callbacks):
    told = []
    monkeypatch.setattr(receivers, "_send", lambda payload: told.append(orjson.loads(payload)))
    job = job_of()
    with django_capture_on_commit_callbacks(execute=True):
        actions.delete_job(job=job, actor=job.assigned_by)
    assert told == [{"machines": [job.machine_id]}]
