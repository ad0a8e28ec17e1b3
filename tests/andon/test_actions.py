"""Raise, join, acknowledge, resolve, cancel: what they write, record and announce."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time

from andon import actions
from andon.models import AndonEvent
from andon.selectors import open_events
from andon.signals import event_changed, event_raised
from core.errors import Invalid, InvalidTransition
from tests.andon.calls import call, call_in, deeds, raised
from tests.support.factories import LineFactory, MachineFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
STEPS = {
    "ACKNOWLEDGED": lambda event, actor: actions.acknowledge(event=event, actor=actor),
    "RESOLVED": lambda event, actor: actions.resolve(event=event, resolution_notes="Belt", actor=actor),
    "CANCELLED": lambda event, actor: actions.cancel(event=event, reason="By mistake", actor=actor),
}


@pytest.fixture
def machine():
    return MachineFactory()


@pytest.fixture
def heard():
    """What is announced: (signal, event id, line id)."""
    news = []

    def on_raised(event_id, line_id, **_):
        news.append(("raised", event_id, line_id))

    def on_changed(event_id, line_id, **_):
        news.append(("changed", event_id, line_id))

    event_raised.connect(on_raised)
    event_changed.connect(on_changed)
    yield news
    event_raised.disconnect(on_raised)
    event_changed.disconnect(on_changed)


@freeze_time(NOW)
def test_a_call_begins_open(machine):
    actor = UserFactory()
    answer = raised(machine, priority="HIGH", description="Smoke", actor=actor)
    event = AndonEvent.objects.get()
    assert (answer.event, answer.joined) == (event, False)
    assert (event.line, event.machine, event.status) == (machine.line, machine, "OPEN")
    assert (event.reported_by, event.reported_at, event.escalation_level) == (actor, NOW, 0)


def test_a_second_open_call_joins_the_first(machine):
    first = call(machine)
    answer = raised(machine, description="Still down")
    assert (answer.event, answer.joined) == (first, True)
    assert AndonEvent.objects.count() == 1


def test_a_call_that_somebody_is_on_is_joined_too(machine):
    first = call(machine)
    actions.acknowledge(event=first, actor=UserFactory())
    answer = raised(machine)
    assert answer.joined and answer.event.status == "ACKNOWLEDGED"


@pytest.mark.parametrize("end", ["RESOLVED", "CANCELLED"])
def test_a_call_after_the_end_is_a_new_one(machine, end):
    STEPS[end](call(machine), UserFactory())
    assert not raised(machine).joined
    assert AndonEvent.objects.count() == 2


def test_another_type_another_machine_and_the_whole_line_are_other_calls(machine):
    others = [
        raised(machine),
        raised(machine, event_type="SAFETY"),
        raised(MachineFactory(line=machine.line)),
        raised(line=machine.line),
    ]
    assert [answer.joined for answer in others] == [False] * 4
    assert raised(line=machine.line).joined


@pytest.mark.parametrize(
    ("first", "second", "holds"),
    [("LOW", "CRITICAL", "CRITICAL"), ("HIGH", "MEDIUM", "HIGH"), ("MEDIUM", "MEDIUM", "MEDIUM")],
)
def test_of_two_priorities_the_more_urgent_holds(machine, first, second, holds):
    call(machine, priority=first)
    assert call(machine, priority=second).priority == holds
    assert AndonEvent.objects.get().priority == holds


def test_a_line_that_is_off_calls_nobody(machine):
    machine.line.enabled = False
    machine.line.save()
    with pytest.raises(Invalid) as refusal:
        call(machine)
    assert "line_id" in refusal.value.errors and not AndonEvent.objects.exists()


def test_a_machine_of_another_line_is_refused(machine):
    with pytest.raises(Invalid) as refusal:
        call(machine, line=LineFactory())
    assert "equipment_code" in refusal.value.errors


class TestSteps:
    """From every status to every other: the table of the domain, written out once more."""

    ALLOWED = {
        ("OPEN", "ACKNOWLEDGED"),
        ("OPEN", "RESOLVED"),
        ("OPEN", "CANCELLED"),
        ("ACKNOWLEDGED", "RESOLVED"),
        ("ACKNOWLEDGED", "CANCELLED"),
    }

    @pytest.mark.parametrize("target", STEPS)
    @pytest.mark.parametrize("present", ["OPEN", "ACKNOWLEDGED", "RESOLVED", "CANCELLED"])
    def test_the_table(self, present, target):
        event, actor = call_in(present), UserFactory()
        before = AndonEvent.objects.values().get()
        if (present, target) in self.ALLOWED:
            assert STEPS[target](event, actor).status == target
            assert AndonEvent.objects.get().status == target
        else:
            with pytest.raises(InvalidTransition):
                STEPS[target](event, actor)
            assert AndonEvent.objects.values().get() == before

    def test_who_and_when(self, machine):
        kim, lee = UserFactory(), UserFactory()
        with freeze_time(NOW) as clock:
            event = call(machine)
            clock.tick(120)
            actions.acknowledge(event=event, actor=kim)
            clock.tick(600)
            actions.resolve(event=event, resolution_notes="Belt changed", actor=lee)
        event = AndonEvent.objects.get()
        assert (event.acknowledged_by, event.resolved_by) == (kim, lee)
        assert (event.acknowledged_at - NOW).total_seconds() == 120
        assert (event.resolved_at - NOW).total_seconds() == 720
        assert event.resolution_notes == "Belt changed"

    def test_a_call_may_be_resolved_unanswered(self):
        event = call_in("RESOLVED")
        assert event.acknowledged_at is None and event.resolved_at >= event.reported_at

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 256])
    def test_a_cancellation_says_why(self, reason):
        event = call()
        with pytest.raises(Invalid):
            actions.cancel(event=event, reason=reason, actor=UserFactory())
        assert AndonEvent.objects.get().status == "OPEN"


class TestTrail:
    def test_every_deed_is_recorded_with_its_author(self, machine):
        people = [UserFactory() for _ in range(4)]
        event = call(machine, priority="LOW", description="Noise", actor=people[0])
        call(machine, priority="HIGH", description="Louder", actor=people[1])
        actions.acknowledge(event=event, actor=people[2])
        actions.resolve(event=event, resolution_notes="Bearing", actor=people[3])
        rows = deeds(event)
        assert [(row.action, row.user_id) for row in rows] == [
            ("andon.event.raised", people[0].pk),
            ("andon.event.joined", people[1].pk),
            ("andon.event.acknowledged", people[2].pk),
            ("andon.event.resolved", people[3].pk),
        ]
        assert rows[0].new_values == {"priority": "LOW", "description": "Noise"}
        assert rows[1].old_values == {"priority": "LOW"}
        assert rows[1].new_values == {"priority": "HIGH", "description": "Louder"}
        assert rows[3].new_values == {"resolution_notes": "Bearing"}

    def test_a_cancellation_keeps_its_reason(self):
        assert [(row.action, row.reason) for row in deeds(call_in("CANCELLED"))] == [
            ("andon.event.raised", ""),
            ("andon.event.cancelled", "By mistake"),
        ]

    def test_a_refused_step_leaves_no_trace(self):
        event = call_in("RESOLVED")
        with pytest.raises(InvalidTransition):
            actions.acknowledge(event=event, actor=UserFactory())
        assert len(deeds(event)) == 2


class TestNews:
    def test_each_step_is_announced_after_commit(self, machine, heard, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks() as waiting:
            event = call(machine)
            actions.acknowledge(event=event, actor=UserFactory())
            actions.resolve(event=event, resolution_notes="", actor=UserFactory())
        assert heard == []
        for callback in waiting:
            callback()
        here = (event.pk, machine.line_id)
        assert heard == [("raised", *here), ("changed", *here), ("changed", *here)]

    @pytest.mark.parametrize(("priority", "told"), [("CRITICAL", 1), ("LOW", 0)])
    def test_joining_is_news_where_it_hurries_more(
        self, machine, heard, django_capture_on_commit_callbacks, priority, told
    ):
        call(machine)
        with django_capture_on_commit_callbacks(execute=True):
            call(machine, priority=priority)
        assert [name for name, *_ in heard] == ["changed"] * told


class TestOpenEvents:
    def test_by_line_the_most_urgent_first_then_the_oldest(self, machine):
        other = MachineFactory()
        quiet = LineFactory()
        with freeze_time(NOW) as clock:
            low = call(machine, priority="LOW")
            clock.tick(60)
            late = call(machine, event_type="SAFETY", priority="HIGH")
            clock.tick(-120)
            early = call(machine, event_type="QUALITY", priority="HIGH")
        elsewhere = call(other)
        actions.acknowledge(event=late, actor=UserFactory())
        actions.resolve(event=call(other, event_type="SAFETY"), resolution_notes="", actor=UserFactory())
        found = open_events(line_ids=[machine.line_id, other.line_id, quiet.pk])
        assert found == {machine.line_id: [early, late, low], other.line_id: [elsewhere]}
        assert open_events(line_ids=[quiet.pk]) == {}

    def test_in_one_query_with_the_people(self):
        for _ in range(3):
            call()
        with CaptureQueriesContext(connection) as queries:
            found = open_events(line_ids=AndonEvent.objects.values_list("line_id", flat=True))
            for [event] in found.values():
                assert str(event.reported_by) and event.machine.equipment_code
        assert len(queries) == 2  # one of them the ids asked for here
