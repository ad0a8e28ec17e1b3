"""Calls that machines make: after their threshold, once per cause, joining what stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from freezegun import freeze_time
from procrastinate.contrib.django.models import ProcrastinateJob

from andon import actions
from andon.actions import auto
from andon.models import AndonEvent, AutoRaise, AutoRaiseRule
from tests.andon.calls import call, deeds
from tests.support.factories import LineFactory, MachineFactory, StopReasonFactory, UserFactory
from tests.support.states import at, say
from tests.support.upkeep import fault_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with freeze_time(at(6)) as frozen:
        yield frozen


@pytest.fixture
def machine():
    return MachineFactory()


def rule(**given) -> AutoRaiseRule:
    return AutoRaiseRule.objects.create(
        **{"name": f"Rule {AutoRaiseRule.objects.count()}", "trigger": "MACHINE_DOWN", "after_seconds": 300}
        | given
    )


def looks() -> list[tuple[list[int], object]]:
    rows = ProcrastinateJob.objects.filter(task_name="andon.tasks.look_at_machines").order_by("id")
    return [(row.args["machine_ids"], row.scheduled_at) for row in rows]


class TestDown:
    def test_a_stop_is_looked_at_when_it_begins_and_again_at_its_threshold(
        self, clock, machine, django_capture_on_commit_callbacks
    ):
        rule()
        with django_capture_on_commit_callbacks(execute=True):
            say(machine, "FAULT", 6)
        assert looks() == [([machine.pk], None)]
        auto.look_at_machines(machine_ids=[machine.pk])
        assert looks()[1:] == [([machine.pk], at(6) + timedelta(seconds=300))]
        assert not AndonEvent.objects.exists()

    def test_without_a_rule_nobody_looks(self, machine, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            say(machine, "FAULT", 6)
        assert looks() == []

    def test_it_calls_at_its_threshold(self, clock, machine):
        made = rule(event_type="MAINTENANCE", priority="CRITICAL")
        say(machine, "FAULT", 6, reason_id=StopReasonFactory(name="Belt torn").pk)
        clock.tick(timedelta(seconds=299))
        auto.look_at_machines(machine_ids=[machine.pk])
        assert not AndonEvent.objects.exists()
        clock.tick(1)
        auto.look_at_machines(machine_ids=[machine.pk])
        event = AndonEvent.objects.get()
        assert (event.machine, event.event_type, event.priority) == (machine, "MAINTENANCE", "CRITICAL")
        assert (event.reported_by, event.rule, event.description) == (None, made, "Fault – Belt torn")
        assert event.steps.exists() and deeds(event)[0].user_id is None

    def test_once_per_stop_even_when_people_have_closed_the_call(self, clock, machine):
        rule()
        say(machine, "FAULT", 6)
        clock.tick(timedelta(minutes=10))
        auto.sweep()
        actions.resolve(event=AndonEvent.objects.get(), resolution_notes="", actor=UserFactory())
        auto.sweep()
        auto.look_at_machines(machine_ids=[machine.pk])
        assert AndonEvent.objects.count() == 1 and len(deeds(AndonEvent.objects.get())) == 2

    def test_the_next_stop_is_another_cause(self, clock, machine):
        rule()
        say(machine, "FAULT", 6)
        clock.tick(timedelta(minutes=10))
        auto.sweep()
        actions.resolve(event=AndonEvent.objects.get(), resolution_notes="", actor=UserFactory())
        say(machine, "RUNNING", 6.2)
        say(machine, "FAULT", 6.5)
        clock.move_to(at(7))
        auto.sweep()
        assert AndonEvent.objects.count() == 2

    def test_it_joins_the_call_that_stands(self, clock, machine):
        rule()
        event = call(machine, priority="LOW")
        say(machine, "FAULT", 6)
        clock.tick(timedelta(minutes=5))
        auto.sweep()
        auto.sweep()
        assert [row.action for row in deeds(event)] == ["andon.event.raised", "andon.event.joined"]
        event.refresh_from_db()
        assert (event.priority, AutoRaise.objects.get().event) == ("HIGH", event)

    def test_what_runs_again_in_time_calls_nobody(self, clock, machine):
        rule()
        say(machine, "FAULT", 6)
        say(machine, "RUNNING", 6.05)
        clock.tick(timedelta(hours=1))
        auto.sweep()
        assert not AndonEvent.objects.exists()

    @pytest.mark.parametrize("state", ["RUNNING", "STARVED", "CLEANING", "SETUP", "IDLE", "UNKNOWN"])
    def test_other_states_call_nobody(self, clock, machine, state):
        rule()
        say(machine, state, 6)
        clock.tick(timedelta(hours=1))
        auto.sweep()
        assert not AndonEvent.objects.exists()

    def test_the_states_are_the_rules_word(self, clock, machine):
        rule(states=["STARVED"], event_type="MATERIAL")
        say(machine, "STARVED", 6)
        clock.tick(timedelta(hours=1))
        auto.sweep()
        assert AndonEvent.objects.get().event_type == "MATERIAL"

    def test_a_planned_reason_calls_nobody(self, clock, machine):
        rule()
        say(machine, "FAULT", 6, reason_id=StopReasonFactory(planned=True).pk)
        clock.tick(timedelta(hours=1))
        auto.sweep()
        assert not AndonEvent.objects.exists()

    @pytest.mark.parametrize("off", ["rule", "machine", "line", "other line", "no line"])
    def test_what_is_out_of_use_calls_nobody(self, clock, machine, off):
        rule(is_active=off != "rule", line=LineFactory() if off == "other line" else None)
        say(machine, "FAULT", 6)
        if off == "line":
            machine.line.enabled = False
            machine.line.save()
        machine.is_active = off != "machine"
        machine.line = None if off == "no line" else machine.line
        machine.save()
        clock.tick(timedelta(hours=1))
        auto.sweep()
        assert not AndonEvent.objects.exists()


class TestFault:
    def test_it_is_looked_at_when_reported(self, machine, django_capture_on_commit_callbacks):
        rule(trigger="FAULT")
        with django_capture_on_commit_callbacks(execute=True):
            fault = fault_of(machine)
        job = ProcrastinateJob.objects.get(task_name="andon.tasks.look_at_fault")
        assert job.args == {"fault_id": fault.pk}

    @pytest.mark.parametrize(("severity", "calls"), [("LOW", 0), ("MEDIUM", 0), ("HIGH", 1), ("CRITICAL", 1)])
    def test_from_a_severity_on(self, machine, severity, calls):
        rule(trigger="FAULT")
        auto.look_at_faults(fault_ids=[fault_of(machine, severity=severity).pk])
        assert AndonEvent.objects.count() == calls

    @pytest.mark.parametrize(("code", "calls"), [("belt-7", 1), ("BELT-8", 0)])
    def test_of_one_code(self, machine, code, calls):
        rule(trigger="FAULT", fault_code=code, min_severity="LOW")
        auto.look_at_faults(fault_ids=[fault_of(machine).pk])
        assert AndonEvent.objects.count() == calls

    def test_once_per_fault_and_the_sweep_finds_what_nobody_looked_at(self, clock, machine):
        rule(trigger="FAULT")
        fault_of(machine)
        auto.sweep()
        event = AndonEvent.objects.get()
        assert event.description == "BELT-7: Belt torn"
        actions.cancel(event=event, reason="By mistake", actor=UserFactory())
        auto.sweep()
        assert AndonEvent.objects.count() == 1
