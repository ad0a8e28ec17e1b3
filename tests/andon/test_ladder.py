"""The ladder of a call: planned with it, climbed once per level, stopped when somebody comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time
from procrastinate.contrib.django.models import ProcrastinateJob

from andon import actions
from andon.actions import ladder as climbing
from andon.errors import NothingAbove
from andon.models import AndonEvent, EscalationLevel, EscalationPolicy
from andon.selectors import policy_for
from core.errors import InvalidTransition
from equipment.models import ShiftPattern
from tests.andon.calls import call, deeds
from tests.andon.policies import another_policy, ladder, policy
from tests.support.factories import (
    CalendarExceptionFactory,
    LineFactory,
    MachineFactory,
    ShiftPatternFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday


@pytest.fixture
def clock():
    with freeze_time(NOW) as frozen:
        yield frozen


def jobs() -> list[tuple[int, datetime | None]]:
    rows = ProcrastinateJob.objects.filter(task_name="andon.tasks.fire_step").order_by("id")
    return [(row.args["step_id"], row.scheduled_at) for row in rows]


class TestPlan:
    def test_a_call_comes_with_its_steps_and_a_job_for_each(self, clock):
        policy()
        event = call()
        assert ladder(event) == [(1, "PENDING", 5), (2, "PENDING", 10)]
        assert jobs() == [(step.pk, step.due_at) for step in event.steps.order_by("level")]
        assert AndonEvent.objects.get().next_escalation_at == NOW + timedelta(minutes=5)

    @pytest.mark.parametrize(
        ("priority", "acknowledge", "resolve"),
        [("LOW", 15, 60), ("MEDIUM", 10, 45), ("HIGH", 5, 30), ("CRITICAL", 2, 15)],
    )
    def test_the_clocks_that_hold_from_the_start(self, clock, priority, acknowledge, resolve):
        """The contract's table (api.md §8)."""
        event = call(priority=priority)
        assert ladder(event) == [
            (1, "PENDING", acknowledge),
            (2, "PENDING", 2 * acknowledge),
            (3, "PENDING", resolve),
        ]
        clock.tick(60)
        actions.acknowledge(event=event, actor=UserFactory())
        assert ladder(event)[3] == (4, "PENDING", 1 + resolve)

    def test_without_a_policy_there_are_no_steps(self, clock):
        for standing in EscalationPolicy.objects.all():
            standing.is_active = False
            standing.save()
        event = call()
        assert ladder(event) == [] and AndonEvent.objects.get().next_escalation_at is None

    def test_a_later_change_of_the_policy_moves_nothing(self, clock):
        agreed = policy()
        event = call()
        for level in EscalationLevel.objects.filter(policy=agreed):
            level.after_minutes = 100
            level.save()
        assert ladder(event) == [(1, "PENDING", 5), (2, "PENDING", 10)]

    def test_joining_without_more_urgency_plans_nothing_anew(self, clock):
        policy()
        event = call(MachineFactory())
        clock.tick(60)
        call(event.machine, priority="LOW")
        assert ladder(event) == [(1, "PENDING", 5), (2, "PENDING", 10)] and len(jobs()) == 2

    def test_more_urgency_plans_anew_from_now_and_never_later(self, clock):
        policy((20, "REPORTED"), (30, "REPORTED"), (40, "REPORTED"))
        another_policy((2, "REPORTED"), (40, "REPORTED"), priority="CRITICAL")
        event = call(MachineFactory())
        clock.tick(timedelta(minutes=10))
        call(event.machine, priority="CRITICAL")
        assert ladder(event) == [(1, "PENDING", 12), (2, "PENDING", 30), (3, "CANCELLED", 40)]
        assert AndonEvent.objects.get().next_escalation_at == NOW + timedelta(minutes=12)

    def test_what_has_fired_stays_fired_when_it_becomes_more_urgent(self, clock):
        policy((5, "REPORTED"), (30, "REPORTED"))
        another_policy((1, "REPORTED"), (2, "REPORTED"), priority="CRITICAL")
        event = call(MachineFactory())
        clock.tick(timedelta(minutes=6))
        assert climbing.sweep() == 1
        call(event.machine, priority="CRITICAL")
        assert ladder(event) == [(1, "FIRED", 5), (2, "PENDING", 8)]

    def test_more_urgency_of_a_call_that_somebody_is_on_hurries_its_end(self, clock):
        policy()
        another_policy((1, "REPORTED"), (3, "ACKNOWLEDGED"), priority="CRITICAL")
        event = call(MachineFactory())
        actions.acknowledge(event=event, actor=UserFactory())
        call(event.machine, priority="CRITICAL")
        assert ladder(event) == [(1, "SKIPPED", 5), (2, "PENDING", 3), (3, "CANCELLED", 30)]


class TestChoice:
    """The most specific policy in use: line, then type, then priority."""

    def test_each_narrower_one_wins(self):
        line = LineFactory()
        asked = {"line_id": line.pk, "event_type": "QUALITY", "priority": "HIGH"}
        chosen = [policy(name="all")]
        for scope in (
            {"priority": "HIGH"},
            {"event_type": "QUALITY"},
            {"event_type": "QUALITY", "priority": "HIGH"},
            {"line": line},
            {"line": line, "priority": "HIGH"},
            {"line": line, "event_type": "QUALITY"},
            {"line": line, "event_type": "QUALITY", "priority": "HIGH"},
        ):
            assert policy_for(**asked) == chosen[-1]
            chosen.append(another_policy(**scope))
        assert policy_for(**asked) == chosen[-1]
        assert policy_for(**asked | {"line_id": LineFactory().pk}) == chosen[3]

    def test_those_of_others_do_not_count(self):
        line = LineFactory()
        policy(name="all")
        for scope in ({"line": LineFactory()}, {"event_type": "SAFETY"}, {"line": line, "is_active": False}):
            another_policy(**scope)
        found = policy_for(line_id=line.pk, event_type="QUALITY", priority="HIGH")
        assert found is not None and found.name == "all"


class TestRest:
    """The early shift of the line is 06:00 to 14:00 in Berlin, Monday to Friday."""

    @pytest.fixture
    def machine(self):
        machine = MachineFactory()
        ShiftPatternFactory(line=machine.line)
        return machine

    @pytest.mark.parametrize(
        ("called", "due"),
        [
            ("2026-03-02T08:00:00Z", "2026-03-02T08:30:00Z"),  # inside: as on the wall, breaks included
            (
                "2026-03-02T12:50:00Z",
                "2026-03-03T05:20:00Z",
            ),  # ten minutes before the end: twenty the next morning
            ("2026-03-02T20:00:00Z", "2026-03-03T05:30:00Z"),  # at night: from the start of the shift
            ("2026-03-06T12:45:00Z", "2026-03-09T05:15:00Z"),  # on Friday: over the weekend
        ],
    )
    def test_minutes_outside_shifts_do_not_count(self, machine, called, due):
        policy((30, "REPORTED"), clock_rests_outside_shifts=True)
        with freeze_time(called):
            event = call(machine)
        assert event.steps.get().due_at == datetime.fromisoformat(due)

    def test_without_the_flag_they_do(self, machine):
        policy((30, "REPORTED"))
        with freeze_time("2026-03-02T20:00:00Z"):
            event = call(machine)
        assert event.steps.get().due_at == datetime(2026, 3, 2, 20, 30, tzinfo=UTC)

    def test_a_holiday_that_is_entered_later_puts_it_off(self, machine):
        policy((30, "REPORTED"), clock_rests_outside_shifts=True)
        with freeze_time("2026-03-02T12:50:00Z") as clock:
            event = call(machine)
            CalendarExceptionFactory(line=machine.line, date="2026-03-03")
            clock.move_to("2026-03-03T05:20:00Z")
            assert climbing.sweep() == 0
            resumes_at = datetime(2026, 3, 4, 5, tzinfo=UTC)
            assert event.steps.get().due_at == AndonEvent.objects.get().next_escalation_at == resumes_at
            assert jobs()[-1] == (event.steps.get().pk, resumes_at)
            clock.move_to(resumes_at)
            assert climbing.sweep() == 1

    @pytest.mark.parametrize("called", ["2026-03-02T12:30:00Z", "2026-03-02T20:00:00Z"])
    def test_at_the_very_edge_of_a_shift_it_fires(self, machine, called):
        """Due as the shift ends, and due as it begins."""
        policy((30 if "12:30" in called else 0, "REPORTED"), clock_rests_outside_shifts=True)
        with freeze_time(called) as clock:
            step = call(machine).steps.get()
            clock.move_to(step.due_at)
            assert step.due_at.isoformat()[11:16] in ("13:00", "05:00") and climbing.sweep() == 1

    def test_a_line_that_never_works_again_is_not_forgotten(self, machine):
        policy((30, "REPORTED"), clock_rests_outside_shifts=True)
        pattern = ShiftPattern.objects.get(line=machine.line)
        pattern.valid_to = "2026-03-01"
        pattern.save()
        with freeze_time("2026-03-02T08:00:00Z"):
            event = call(machine)
        assert event.steps.get().due_at == datetime(2026, 5, 1, 8, 30, tzinfo=UTC)


class TestClimb:
    def test_each_level_fires_at_its_moment_and_once(self, clock):
        policy()
        event = call()
        assert climbing.sweep() == 0
        clock.tick(timedelta(minutes=5))
        assert [climbing.sweep(), climbing.sweep()] == [1, 0]
        event.refresh_from_db()
        assert (event.escalation_level, event.next_escalation_at) == (1, NOW + timedelta(minutes=10))
        clock.tick(timedelta(minutes=5))
        assert [climbing.sweep(), climbing.sweep()] == [1, 0]
        event.refresh_from_db()
        assert (event.escalation_level, event.next_escalation_at, event.status) == (2, None, "OPEN")
        assert [(row.action, row.new_values["level"]) for row in deeds(event)[1:]] == [
            ("andon.event.escalated", 1),
            ("andon.event.escalated", 2),
        ]

    def test_a_job_that_comes_too_early_or_twice_does_nothing(self, clock):
        policy()
        step = call().steps.get(level=1)
        assert not actions.fire_due(step_id=step.pk)
        clock.tick(timedelta(minutes=5))
        assert actions.fire_due(step_id=step.pk)
        assert not actions.fire_due(step_id=step.pk)

    def test_a_clock_that_is_set_back_fires_nothing_twice(self, clock):
        policy()
        event = call()
        clock.tick(timedelta(minutes=6))
        climbing.sweep()
        clock.tick(timedelta(minutes=-60))
        assert climbing.sweep() == 0
        clock.tick(timedelta(minutes=61))
        assert climbing.sweep() == 0
        assert ladder(event)[0] == (1, "FIRED", 5)

    def test_after_a_long_standstill_every_level_fires_once_in_order(self, clock):
        policy()
        event = call()
        clock.tick(timedelta(hours=3))
        assert [climbing.sweep(), climbing.sweep()] == [2, 0]
        assert [row.new_values["level"] for row in deeds(event)[1:]] == [1, 2]

    def test_an_unknown_step_is_no_fault(self):
        assert not actions.fire_due(step_id=10**9)


class TestStop:
    def test_an_answer_stops_what_waited_for_one_and_starts_the_clock_to_the_end(self, clock):
        policy()
        event = call()
        clock.tick(timedelta(minutes=3))
        actions.acknowledge(event=event, actor=UserFactory())
        assert ladder(event) == [(1, "SKIPPED", 5), (2, "SKIPPED", 10), (3, "PENDING", 33)]
        clock.tick(timedelta(minutes=20))
        assert climbing.sweep() == 0
        clock.tick(timedelta(minutes=10))
        assert climbing.sweep() == 1
        assert AndonEvent.objects.get().escalation_level == 3

    @pytest.mark.parametrize("answered", [True, False])
    @pytest.mark.parametrize("end", ["resolve", "cancel"])
    def test_the_end_stops_everything(self, clock, answered, end):
        policy()
        event, actor = call(), UserFactory()
        if answered:
            actions.acknowledge(event=event, actor=actor)
        if end == "resolve":
            actions.resolve(event=event, resolution_notes="", actor=actor)
        else:
            actions.cancel(event=event, reason="By mistake", actor=actor)
        assert not event.steps.pending().exists()
        clock.tick(timedelta(days=1))
        assert climbing.sweep() == 0
        assert AndonEvent.objects.get().next_escalation_at is None

    def test_a_clock_that_is_set_back_does_not_stop_an_answer(self, clock):
        event = call()
        clock.tick(timedelta(minutes=-10))
        event = actions.acknowledge(event=event, actor=UserFactory())
        assert event.acknowledged_at == event.reported_at == NOW
        assert actions.resolve(event=event, resolution_notes="", actor=UserFactory()).resolved_at == NOW


class TestByHand:
    def test_the_next_level_is_told_now(self, clock):
        policy()
        event, actor = call(), UserFactory(role="engineer")
        event = actions.escalate(event=event, actor=actor)
        assert (event.escalation_level, event.next_escalation_at) == (1, NOW + timedelta(minutes=10))
        assert event.steps.get(level=1).fired_by == actor
        assert (deeds(event)[-1].action, deeds(event)[-1].user_id) == ("andon.event.escalated", actor.pk)

    def test_above_the_last_there_is_none(self, clock):
        policy((5, "REPORTED"))
        event, actor = call(), UserFactory()
        actions.escalate(event=event, actor=actor)
        with pytest.raises(NothingAbove):
            actions.escalate(event=event, actor=actor)
        assert event.steps.count() == 1

    def test_a_call_that_has_ended_does_not_escalate(self, clock):
        event, actor = call(), UserFactory()
        actions.resolve(event=event, resolution_notes="", actor=actor)
        with pytest.raises(InvalidTransition):
            actions.escalate(event=event, actor=actor)
