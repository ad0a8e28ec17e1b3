"""Plans, jobs and checklists in the managers' admin."""

from __future__ import annotations

import pytest
from django.urls import reverse

from production.actions import answer_checklist
from tests.support.factories import LineFactory, UserFactory
from tests.support.plans import deeds, job_in, job_of, question, schedule_of

pytestmark = pytest.mark.django_db


def desk(client, role):
    client.force_login(UserFactory(role=role), backend="accounts.backends.RoleBackend")
    return client


def press(client, model, rows, **body):
    address = reverse(f"admin:production_{model}_changelist")
    data = {"action": "cancel_selected", "_selected_action": [row.pk for row in rows], **body}
    return client.post(address, data, follow=True)


def test_a_schedule_is_cancelled_with_a_reason(client):
    job = job_in("IN_PROGRESS")
    ended = schedule_of(LineFactory())
    manager = desk(client, "production_manager")
    asked = press(manager, "productionschedule", [job.schedule])
    assert "reason" in asked.content.decode()
    job.schedule.refresh_from_db()
    assert job.schedule.status == "IN_PROGRESS"
    press(manager, "productionschedule", [job.schedule, ended], post="yes", reason="No film")
    for schedule in (job.schedule, ended):
        schedule.refresh_from_db()
        assert (schedule.status, schedule.cancel_reason) == ("CANCELLED", "No film")
        assert deeds(schedule)[-1].action == "production.schedule.cancelled"
    job.refresh_from_db()
    assert job.status == "CANCELLED"


def test_what_cannot_be_cancelled_is_told_and_the_rest_goes_on(client):
    done, waiting = job_in("COMPLETED"), job_of()
    page = press(desk(client, "shift_manager"), "jobassignment", [done, waiting], post="yes", reason="Ill")
    done.refresh_from_db()
    waiting.refresh_from_db()
    assert (done.status, waiting.status) == ("COMPLETED", "CANCELLED")
    assert str(done) in page.content.decode()


@pytest.mark.parametrize("role", ["engineer", "viewer"])
def test_who_may_not_cancel(client, role):
    job = job_of()
    press(desk(client, role), "jobassignment", [job], post="yes", reason="x")
    press(client, "productionschedule", [job.schedule], post="yes", reason="x")
    job.refresh_from_db()
    job.schedule.refresh_from_db()
    assert (job.status, job.schedule.status) == ("ASSIGNED", "SCHEDULED")


def test_a_job_shows_its_answers(client):
    job = job_of()
    item = question(job.machine.line)
    answer_checklist(job=job, answers={item.pk: True}, actor=job.user)
    page = desk(client, "viewer").get(reverse("admin:production_jobassignment_change", args=[job.pk]))
    assert "Guards closed?" in page.content.decode()


def test_a_question_is_kept_and_a_wrong_one_told(client):
    line, manager = LineFactory(), desk(client, "shift_manager")
    body = {"line": line.pk, "text": "Film?", "type": "SELECT", "required": "on", "order": 1, "options": "[]"}
    address = reverse("admin:production_checklistitem_add")
    assert "A choice has options" in manager.post(address, body).content.decode()
    assert manager.post(address, {**body, "options": '["A", "B"]'}).status_code == 302
    assert line.checklist.get().options == ["A", "B"]
