"""Policies, targets and messages in the managers' admin."""

from __future__ import annotations

import pytest
from django.test import Client

from andon.models import AutoRaiseRule, EscalationPolicy, Notification, NotificationTarget
from audit.models import AuditLog
from tests.andon.calls import call
from tests.andon.policies import policy
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db
HOME = "/admin/andon/"


@pytest.fixture
def desk():
    def sit(role: str) -> Client:
        client = Client()
        client.force_login(UserFactory(role=role), backend="accounts.backends.RoleBackend")
        return client

    return sit


def filled(*rungs: tuple[int, int, str], **given: object) -> dict[str, object]:
    """The form of a policy with these rungs (level, minutes, clock)."""
    form = {"name": "Filling", "line": "", "event_type": "SAFETY", "priority": "", "is_active": "on"} | given
    form |= {"levels-TOTAL_FORMS": len(rungs), "levels-INITIAL_FORMS": 0}
    for number, (level, minutes, clock) in enumerate(rungs):
        form |= {
            f"levels-{number}-level": level,
            f"levels-{number}-after_minutes": minutes,
            f"levels-{number}-clock": clock,
            f"levels-{number}-roles": ["engineer", "admin"],
            f"levels-{number}-channels": ["PAGE"],
        }
    return form


class TestPolicy:
    def test_it_is_kept_with_its_levels(self, desk):
        form = filled((1, 5, "REPORTED"), (2, 5, "ACKNOWLEDGED"))
        answer = desk("shift_manager").post(f"{HOME}escalationpolicy/add/", form)
        assert answer.status_code == 302, answer.context["adminform"].form.errors
        kept = EscalationPolicy.objects.get(name="Filling")
        assert (kept.line, kept.event_type, kept.priority) == (None, "SAFETY", None)
        assert [(row.level, row.clock, row.roles) for row in kept.levels.order_by("level")] == [
            (1, "REPORTED", ["engineer", "admin"]),
            (2, "ACKNOWLEDGED", ["engineer", "admin"]),
        ]

    @pytest.mark.parametrize(
        "rungs", [((1, 5, "REPORTED"), (2, 5, "REPORTED")), ((1, 5, "REPORTED"), (1, 9, "REPORTED"))]
    )
    def test_levels_that_do_not_climb_are_refused(self, desk, rungs):
        answer = desk("admin").post(f"{HOME}escalationpolicy/add/", filled(*rungs))
        assert answer.status_code == 200
        assert not EscalationPolicy.objects.filter(name="Filling").exists()

    def test_a_second_one_of_the_same_scope_is_refused(self, desk):
        client = desk("admin")
        assert client.post(f"{HOME}escalationpolicy/add/", filled()).status_code == 302
        answer = client.post(f"{HOME}escalationpolicy/add/", filled(name="Twin"))
        assert answer.status_code == 200 and "already" in answer.content.decode()


class TestRule:
    def test_a_rule_about_stops_names_a_state(self, desk):
        form = {
            "name": "Down",
            "trigger": "MACHINE_DOWN",
            "after_seconds": 300,
            "min_severity": "HIGH",
            "event_type": "STOPPAGE",
            "priority": "HIGH",
            "is_active": "on",
        }
        client = desk("production_manager")
        assert client.post(f"{HOME}autoraiserule/add/", form).status_code == 200
        form["states"] = ["FAULT", "HELD"]
        assert client.post(f"{HOME}autoraiserule/add/", form).status_code == 302
        assert AutoRaiseRule.objects.get().states == ["FAULT", "HELD"]


class TestTarget:
    FORM = {"name": "Chat", "kind": "WEBHOOK", "is_active": "on", "url": "https://hooks.example.com/secret"}

    def test_its_address_is_written_and_never_shown(self, desk):
        client = desk("admin")
        assert client.post(f"{HOME}notificationtarget/add/", self.FORM).status_code == 302
        row = NotificationTarget.objects.get()
        for page in (f"{HOME}notificationtarget/", f"{HOME}notificationtarget/{row.pk}/change/"):
            text = client.get(page).content.decode()
            assert "secret" not in text and "https://hooks.example.com/…" in text

    def test_left_empty_it_stays(self, desk):
        client = desk("admin")
        client.post(f"{HOME}notificationtarget/add/", self.FORM)
        row = NotificationTarget.objects.get()
        page = f"{HOME}notificationtarget/{row.pk}/change/"
        assert client.post(page, self.FORM | {"name": "Room", "url": ""}).status_code == 302
        row.refresh_from_db()
        assert (row.name, row.url) == ("Room", self.FORM["url"])

    @pytest.mark.parametrize("url", ["", "file:///etc/passwd", "http://127.0.0.1/", "x" * 1001])
    def test_what_no_message_may_reach_is_refused(self, desk, url):
        answer = desk("admin").post(f"{HOME}notificationtarget/add/", self.FORM | {"url": url})
        assert answer.status_code == 200 and not NotificationTarget.objects.exists()

    def test_it_is_the_administrators(self, desk):
        assert desk("production_manager").get(f"{HOME}notificationtarget/").status_code == 403


class TestSendAgain:
    @pytest.fixture
    def failed(self):
        from andon.actions import escalate

        UserFactory(role="quality")
        policy((5, "REPORTED", ["quality"], ["EMAIL"]))
        escalate(event=call(), actor=UserFactory(role="engineer"))
        Notification.objects.update(status="FAILED", attempts=6)
        return Notification.objects.get()

    def send(self, client: Client, row: Notification, **more: str):
        form = {"action": "send_failed_again", "_selected_action": [row.pk], "post": "yes"}
        return client.post(f"{HOME}notification/", form | more)

    def test_a_leader_says_why_and_it_goes(self, desk, failed):
        client = desk("shift_manager")
        assert self.send(client, failed).status_code == 200  # asks why
        failed.refresh_from_db()
        assert failed.status == "FAILED"
        self.send(client, failed, reason="Mail server is back")
        failed.refresh_from_db()
        assert (failed.status, failed.attempts) == ("PENDING", 0)
        assert AuditLog.objects.get(action="andon.notification.resent").reason == "Mail server is back"

    def test_others_do_not(self, desk, failed):
        assert self.send(desk("engineer"), failed, reason="x").status_code == 403
        failed.refresh_from_db()
        assert failed.status == "FAILED"
