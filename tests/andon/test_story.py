"""One evening: a machine stops, nobody comes, three levels are told by mail and webhook, somebody comes, it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from freezegun import freeze_time

from andon import tasks
from andon.models import AutoRaiseRule, Notification, NotificationTarget
from tests.andon.sinks import Receiver, smtp, web
from tests.support.api import API, client_for
from tests.support.factories import MachineFactory, UserFactory
from tests.support.states import at, say

pytestmark = pytest.mark.django_db
EVENTS = f"{API}andon/events"


def minute(clock, minutes: float) -> None:
    """So much later; what the worker does every minute, and the messages that are due."""
    clock.tick(timedelta(minutes=minutes))
    tasks.sweep(timestamp=0)
    for pk in Notification.objects.filter(status="PENDING").values_list("pk", flat=True):
        tasks.deliver(notification_id=pk)


def test_an_unanswered_stoppage_climbs_three_levels_and_is_answered_at_last(settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    people = {role: UserFactory(role=role) for role in ("shift_manager", "production_manager", "admin")}
    machine, receiver = MachineFactory(name="Capper"), Receiver()
    AutoRaiseRule.objects.create(name="Down", trigger="MACHINE_DOWN", after_seconds=60, priority="HIGH")
    engineer = client_for("engineer")  # told too, at the first level
    with smtp(settings) as box, web(receiver) as url, freeze_time(at(6)) as clock:
        NotificationTarget.objects.create(name="Chat", kind="WEBHOOK", url=f"{url}/andon")
        say(machine, "FAULT", 6)
        minute(clock, 1)
        [call] = engineer.get(EVENTS).json()["results"]
        assert (call["status"], call["priority"], call["reported_by_name"]) == ("OPEN", "HIGH", "Down")
        assert box.messages == []
        reached = []
        for minutes in (5, 5, 20):  # HIGH: 5 minutes to acknowledge, 30 to resolve
            minute(clock, minutes)
            reached.append(engineer.get(f"{EVENTS}/{call['id']}").json()["escalation_level"])
        assert reached == [1, 2, 3]
        answer = engineer.put(f"{EVENTS}/{call['id']}/acknowledge").json()
        assert (answer["status"], answer["escalation_level"]) == ("ACKNOWLEDGED", 3)
        clock.tick(timedelta(minutes=5))
        engineer.put(f"{EVENTS}/{call['id']}/resolve", {"resolution_notes": "Belt changed"})
        minute(clock, 24 * 60)
    first = {people["shift_manager"].email, people["production_manager"].email, people["admin"].email}
    told = [
        {mail["To"] for mail in box.messages if f"Level {level}." in mail.get_content()}
        for level in (1, 2, 3)
    ]
    assert told == [
        first | {engineer.user.email},
        {people["shift_manager"].email, people["production_manager"].email},
        {people["production_manager"].email, people["admin"].email},
    ]
    assert len(box.messages) == 8  # each once
    assert [body["level"] for _path, _headers, body in receiver.requests] == [2, 3]
    steps = [row["step"] for row in engineer.get(f"{EVENTS}/{call['id']}/history").json()["results"]]
    assert steps == ["CREATED", *["ESCALATED"] * 3, "ACKNOWLEDGED", "RESOLVED"]
