"""Messages of a ladder: who gets one, how it travels, what happens when it does not arrive."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from freezegun import freeze_time
from procrastinate.contrib.django.models import ProcrastinateJob

from andon import actions
from andon.actions import ladder, outbox
from andon.models import Notification, NotificationTarget
from andon.signals import event_changed
from audit.models import AuditLog
from core.errors import InvalidTransition
from tests.andon.calls import call
from tests.andon.policies import policy
from tests.andon.sinks import Receiver, deaf, smtp, web
from tests.support.factories import MachineFactory, UserFactory

pytestmark = pytest.mark.django_db
EVERYWHERE = ["PAGE", "EMAIL", "WEBHOOK", "APPRISE"]


@pytest.fixture(autouse=True)
def inside(settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True  # our receivers stand on this machine


def climbed(*channels: str, roles: tuple[str, ...] = ("engineer",), **given) -> list[Notification]:
    """The messages of a call whose first level was told."""
    policy((0, "REPORTED", list(roles), list(channels)))
    event = call(**given)
    ladder.sweep()
    return list(Notification.objects.filter(step__event=event).order_by("id"))


def target(kind: str, url: str, **more) -> NotificationTarget:
    return NotificationTarget.objects.create(kind=kind, name=f"{kind} {url}", url=url, **more)


def deliver_all() -> list[bool]:
    return [outbox.deliver(notification_id=pk) for pk in Notification.objects.values_list("pk", flat=True)]


def jobs() -> list[int]:
    rows = ProcrastinateJob.objects.filter(task_name="andon.tasks.deliver", status="todo").order_by("id")
    return [row.args["notification_id"] for row in rows]


class TestWho:
    def test_each_person_of_the_roles_and_each_target_of_the_channels_gets_one(self):
        people = [UserFactory(role="engineer"), UserFactory(role="quality")]
        UserFactory(role="viewer"), UserFactory(role="engineer", is_active=False)
        hook = target("WEBHOOK", "https://hooks.example.com/secret")
        target("WEBHOOK", "https://old.example.com/", is_active=False)
        phone = target("APPRISE", "slack://a/b/c")
        rows = climbed(*EVERYWHERE, roles=("engineer", "quality"))
        assert [(row.channel, row.to) for row in rows] == [
            ("PAGE", people[0]),
            ("PAGE", people[1]),
            ("EMAIL", people[0]),
            ("EMAIL", people[1]),
            ("WEBHOOK", hook),
            ("APPRISE", phone),
        ]
        assert [row.status for row in rows] == ["SENT", "SENT", *["PENDING"] * 4]
        assert jobs() == [row.pk for row in rows[2:]]

    def test_nobody_in_the_roles_is_nobody_told(self):
        assert climbed("PAGE", "EMAIL") == []

    def test_the_database_refuses_a_twin(self):
        UserFactory(role="engineer")
        [row] = climbed("EMAIL")
        row.pk = None
        with pytest.raises(IntegrityError, match="once_per_recipient"), transaction.atomic():
            row.save(force_insert=True)


class TestMail:
    def test_it_arrives_and_says_what_where_and_since_when(self, settings):
        person = UserFactory(role="engineer")
        with smtp(settings) as box:
            machine = MachineFactory(name="Capper")
            [row] = climbed("EMAIL", machine=machine, priority="HIGH", description="Caps\nsit crooked")
            assert deliver_all() == [True]
            assert deliver_all() == [False]
        [mail] = box.messages
        assert mail["To"] == person.email
        assert mail["Subject"].startswith("[High] Stoppage: Line ") and "Capper" in mail["Subject"]
        text = mail.get_content()
        assert "sit crooked" in text and "Nobody has answered yet." in text and "Level 1" in text
        row.refresh_from_db()
        assert (row.status, row.attempts, row.last_error) == ("SENT", 1, "") and row.sent_at

    def test_a_server_that_refuses_is_asked_again_after_growing_pauses(self, settings):
        UserFactory(role="engineer")
        with freeze_time("2026-03-02T08:00:00Z") as clock, smtp(settings) as box:
            box.refuse = 2
            [row] = climbed("EMAIL")
            pauses = []
            while not outbox.deliver(notification_id=row.pk):
                row.refresh_from_db()
                assert (row.status, "451" in row.last_error) == ("PENDING", True)
                assert not outbox.deliver(notification_id=row.pk)  # not before its time
                pauses.append((row.next_attempt_at - timezone.now()).total_seconds())
                clock.move_to(row.next_attempt_at)
        assert pauses == [10, 30]
        assert [mail["Message-ID"] for mail in box.messages] == [box.messages[0]["Message-ID"]]
        row.refresh_from_db()
        assert (row.status, row.attempts) == ("SENT", 3)

    def test_after_the_last_attempt_it_has_failed_and_a_person_may_send_it_again(self, settings):
        UserFactory(role="engineer")
        with freeze_time("2026-03-02T08:00:00Z") as clock, smtp(settings) as box:
            box.refuse = outbox.MAX_ATTEMPTS
            [row] = climbed("EMAIL")
            for _ in range(outbox.MAX_ATTEMPTS):
                outbox.deliver(notification_id=row.pk)
                row.refresh_from_db()
                clock.move_to(max(row.next_attempt_at, timezone.now()))
            assert (row.status, row.attempts) == ("FAILED", outbox.MAX_ATTEMPTS)
            assert timezone.now() - row.created_at < timedelta(hours=1)
            assert not outbox.deliver(notification_id=row.pk) and outbox.sweep() == 0
            admin = UserFactory(role="admin")
            actions.send_again(notification=row, actor=admin)
            assert outbox.deliver(notification_id=row.pk)
        assert len(box.messages) == 1
        assert AuditLog.objects.get(action="andon.notification.resent").user_id == admin.pk
        with pytest.raises(InvalidTransition):
            actions.send_again(notification=row, actor=admin)


class TestWebhook:
    def test_it_is_told_the_call_and_the_level(self):
        receiver = Receiver()
        with web(receiver) as url:
            hook = target("WEBHOOK", f"{url}/andon?key=1#x")
            [row] = climbed("WEBHOOK", priority="CRITICAL")
            assert deliver_all() == [True]
        [(path, headers, body)] = receiver.requests
        assert (path, headers["X-Notification-Id"]) == ("/andon?key=1", str(row.pk))
        assert (body["type"], body["level"], body["roles"]) == ("andon_escalation", 1, ["engineer"])
        assert (body["event"]["priority"], body["event"]["escalation_level"]) == ("CRITICAL", 1)
        assert hook.address == "http://127.0.0.1/…"

    @pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 503])
    def test_everything_but_success_is_tried_again_and_no_redirect_is_followed(self, status):
        elsewhere, receiver = Receiver(), Receiver(status)
        with web(elsewhere) as other, web(receiver) as url:
            receiver.location = other
            target("WEBHOOK", url)
            [row] = climbed("WEBHOOK")
            assert deliver_all() == [False]
        row.refresh_from_db()
        assert (row.status, row.last_error) == ("PENDING", f"HTTP {status}")
        assert elsewhere.requests == [] and len(receiver.requests) == 1

    def test_a_server_that_comes_back_gets_it_once(self):
        receiver = Receiver(500, 200)
        with freeze_time("2026-03-02T08:00:00Z", tick=True) as clock, web(receiver) as url:
            target("WEBHOOK", url)
            [row] = climbed("WEBHOOK")
            assert deliver_all() == [False]
            clock.tick(timedelta(seconds=11))
            assert [deliver_all(), deliver_all()] == [[True], [False]]
        assert [request[1]["X-Notification-Id"] for request in receiver.requests] == [str(row.pk)] * 2

    def test_somebody_who_never_answers_is_given_up_after_five_seconds(self):
        with deaf() as port:
            target("WEBHOOK", f"http://127.0.0.1:{port}/")
            [row] = climbed("WEBHOOK")
            began = time.monotonic()
            assert deliver_all() == [False]
            assert 4 < time.monotonic() - began < 8
        row.refresh_from_db()
        assert row.status == "PENDING" and "timed out" in row.last_error.lower()

    def test_nobody_there(self):
        with deaf() as port:
            pass
        target("WEBHOOK", f"http://127.0.0.1:{port}/")
        [row] = climbed("WEBHOOK")
        assert deliver_all() == [False]
        row.refresh_from_db()
        assert "refused" in row.last_error

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "10.0.0.1"])
    def test_no_message_goes_inside_unless_the_plant_says_so(self, settings, host):
        settings.WEBHOOK_ALLOW_PRIVATE = False
        receiver = Receiver()
        with web(receiver) as url:
            target("WEBHOOK", f"http://{host}:{url.rpartition(':')[2]}/")
            [row] = climbed("WEBHOOK")
            assert deliver_all() == [False]
        row.refresh_from_db()
        assert "private" in row.last_error and receiver.requests == []

    def test_a_name_that_leads_inside_is_refused_too(self, settings, monkeypatch):
        """The address that was looked at is the one that is called."""
        settings.WEBHOOK_ALLOW_PRIVATE = False
        receiver = Receiver()
        with web(receiver) as url:
            port = int(url.rpartition(":")[2])
            found = [(2, 1, 6, "", ("127.0.0.1", port))]
            monkeypatch.setattr("andon.addresses.socket.getaddrinfo", lambda *_, **__: found)
            target("WEBHOOK", f"http://hooks.example.com:{port}/")
            [row] = climbed("WEBHOOK")
            assert deliver_all() == [False]
        row.refresh_from_db()
        assert "private" in row.last_error and receiver.requests == []


class TestMessenger:
    def test_it_reaches_a_service(self):
        receiver = Receiver()
        with web(receiver) as url:
            target("APPRISE", f"ntfy://{url.removeprefix('http://')}/andon")
            climbed("APPRISE", description="Belt torn")
            assert deliver_all() == [True]
        [(_path, _headers, body)] = receiver.requests
        assert body["topic"] == "andon" and "Stoppage" in body["title"] and "Belt torn" in body["message"]

    def test_a_service_that_refuses_is_asked_again(self):
        with web(Receiver(500)) as url:
            target("APPRISE", f"ntfy://{url.removeprefix('http://')}/andon")
            [row] = climbed("APPRISE")
            assert deliver_all() == [False]
        row.refresh_from_db()
        assert (row.status, row.attempts) == ("PENDING", 1)

    def test_no_server_of_a_private_network(self, settings):
        settings.WEBHOOK_ALLOW_PRIVATE = False
        receiver = Receiver()
        with web(receiver) as url:
            target("APPRISE", f"ntfy://{url.removeprefix('http://')}/andon")
            [row] = climbed("APPRISE")
            assert deliver_all() == [False]
        row.refresh_from_db()
        assert "private" in row.last_error and receiver.requests == []


class TestBusyAndLost:
    def test_a_target_that_hangs_is_bothered_with_few_at_a_time(self):
        slow = target("WEBHOOK", "https://slow.example.com/")
        rows = [row for _ in range(3) for row in climbed("WEBHOOK")]
        for row in rows[: outbox.AT_ONCE]:
            assert outbox._claim(row.pk) is not None
        assert outbox._claim(rows[2].pk) is None
        rows[2].refresh_from_db()
        assert rows[2].attempts == 0 and rows[2].next_attempt_at > timezone.now()
        assert slow.pk and rows[2].pk in jobs()

    def test_a_message_in_hand_is_not_sent_by_another(self):
        target("WEBHOOK", "https://hooks.example.com/")
        [row] = climbed("WEBHOOK")
        assert outbox._claim(row.pk) is not None
        assert outbox._claim(row.pk) is None and outbox.sweep() == 0

    def test_a_worker_that_is_gone_leaves_its_message_to_the_next(self, settings):
        UserFactory(role="engineer")
        with smtp(settings) as box, freeze_time("2026-03-02T08:00:00Z", tick=True) as clock:
            [row] = climbed("EMAIL")
            ProcrastinateJob.objects.filter(task_name="andon.tasks.deliver")._raw_delete("default")
            assert outbox._claim(row.pk) is not None  # and then killed
            clock.tick(outbox.LEASE + timedelta(seconds=1))
            assert (outbox.sweep(), jobs()) == (1, [row.pk])
            assert outbox.sweep() == 1 and jobs() == [row.pk]  # one job is enough
            assert deliver_all() == [True]
        assert len(box.messages) == 1

    def test_a_hanging_target_holds_up_no_step_and_no_other_message(self, settings):
        """The ladder and the mail go on while the webhook waits."""
        UserFactory(role="engineer")
        with deaf() as port, smtp(settings) as box:
            target("WEBHOOK", f"http://127.0.0.1:{port}/")
            hook, mail = sorted(climbed("WEBHOOK", "EMAIL"), key=lambda row: row.channel, reverse=True)
            assert (hook.channel, mail.channel) == ("WEBHOOK", "EMAIL")
            assert outbox._claim(hook.pk) is not None  # somebody waits for it
            began = time.monotonic()
            assert outbox.deliver(notification_id=mail.pk)
            call(event_type="QUALITY")
            assert ladder.sweep() == 1
            assert time.monotonic() - began < 2
        assert len(box.messages) == 1


def test_an_escalation_is_announced_to_the_push(django_capture_on_commit_callbacks):
    heard = []

    def hear(event_id, **_):
        heard.append(event_id)

    event_changed.connect(hear)
    try:
        policy((0, "REPORTED"))
        event = call()
        with django_capture_on_commit_callbacks(execute=True):
            ladder.sweep()
    finally:
        event_changed.disconnect(hear)
    assert heard == [event.pk]
