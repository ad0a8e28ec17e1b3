"""Background jobs: the administrator sees them, nobody changes them."""

from __future__ import annotations

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.tasks import mail_reset_link

pytestmark = pytest.mark.django_db
LIST = "/admin/procrastinate/procrastinatejob/"


@pytest.fixture
def job() -> ProcrastinateJob:
    mail_reset_link.defer(email="kim@example.com", site="http://mes.example/")
    return ProcrastinateJob.objects.get()


def test_what_waits_is_shown_with_what_became_of_it(at_desk, job):
    client = at_desk("admin")
    assert client.get("/admin/").context["jobs"]["states"][0]["count"] == 1
    page = client.get(f"{LIST}?status=todo").content.decode()
    assert "mail reset link" in page and "kim@example.com" in page and "Waiting" in page
    assert not client.get(f"{LIST}?status=failed").context["cl"].result_list
    assert "deferred" in client.get(f"{LIST}{job.pk}/change/").content.decode()


def test_nobody_changes_a_job(at_desk, job):
    client = at_desk("admin")
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{job.pk}/change/", {"status": "failed"}).status_code == 403
    assert client.post(f"{LIST}{job.pk}/delete/", {"post": "yes", "reason": "x"}).status_code == 403
    for action in ("delete_selected", "retry", "cancel", "abort"):
        client.post(LIST, {"action": action, "_selected_action": [job.pk], "post": "yes", "reason": "x"})
    job.refresh_from_db()
    assert job.status == "todo"


@pytest.mark.parametrize("role", ["production_manager", "engineer", "viewer"])
def test_others_see_none(at_desk, job, role):
    client = at_desk(role)
    assert client.get(LIST).status_code == client.get(f"{LIST}{job.pk}/change/").status_code == 403
