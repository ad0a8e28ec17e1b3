"""The scarce thing: the one fire of a level, and the one message of it, whoever comes to fire and to send."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from andon import actions
from andon.actions import auto, ladder, outbox
from andon.models import AndonEvent, AutoRaise, AutoRaiseRule, EscalationStep, Notification
from core.errors import DomainError
from equipment.models import MachineState
from tests.andon.calls import call, deeds
from tests.andon.policies import policy
from tests.andon.sinks import smtp
from tests.concurrency.test_andon import at_once
from tests.support.factories import MachineFactory, UserFactory
from tests.support.states import say
from tests.support.upkeep import fault_of

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 8


@pytest.fixture(autouse=True)
def no_jobs_of_others():
    """What commits leaves its jobs: Django does not empty tables that it does not manage."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def overdue(*rungs):
    """A call whose steps are due."""
    policy(*(rungs or ((0, "REPORTED"),)))
    return call()


def escalations(event):
    return [row.new_values["level"] for row in deeds(event) if row.action == "andon.event.escalated"]


def test_of_many_workers_one_fires_a_level():
    UserFactory(role="shift_manager")
    event = overdue()
    step = event.steps.get()
    answers = Counter(at_once(lambda _: actions.fire_due(step_id=step.pk), WORKERS))
    assert answers == {True: 1, False: WORKERS - 1}
    assert escalations(event) == [1] and Notification.objects.count() == 1


def test_many_sweeps_at_once_fire_each_level_once():
    event = overdue((0, "REPORTED"), (1, "REPORTED"))
    EscalationStep.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    assert sum(at_once(lambda _: ladder.sweep(), WORKERS)) == 2
    assert sorted(escalations(event)) == [1, 2]
    assert AndonEvent.objects.get().escalation_level == 2


def test_control_without_the_lock_two_workers_fire_the_same_level(monkeypatch):
    event = overdue()
    step, looked = event.steps.get(), threading.Barrier(2)

    def read_and_wait(model, pk):
        found = model.objects.get(pk=pk)
        if model is EscalationStep:
            looked.wait(10)
        return found

    monkeypatch.setattr(ladder, "lock", read_and_wait)
    assert at_once(lambda _: actions.fire_due(step_id=step.pk), 2) == [True, True]
    assert escalations(event) == [1, 1]


def test_an_answer_and_a_fire_at_the_same_moment_never_both_win():
    """Either the level was told before somebody came, or not at all."""
    for _ in range(5):
        event, actor = overdue(), UserFactory(role="engineer")
        step = event.steps.get()

        def race(number, event=event, step=step, actor=actor):
            if number:
                return actions.fire_due(step_id=step.pk)
            return actions.acknowledge(event=event, actor=actor).status

        at_once(race, 2)
        step.refresh_from_db()
        event.refresh_from_db()
        assert event.status == "ACKNOWLEDGED"
        told = escalations(event)
        assert (step.status, told) in [("FIRED", [1]), ("SKIPPED", [])]
        order = [row.action.rpartition(".")[2] for row in deeds(event)]
        assert order.index("acknowledged") == len(order) - 1


def test_of_many_who_escalate_at_once_each_tells_a_level_of_its_own():
    event = overdue((5, "REPORTED"), (10, "REPORTED"), (15, "REPORTED"))
    people = [UserFactory(role="engineer") for _ in range(WORKERS)]

    def work(number):
        actions.escalate(event=event, actor=people[number])
        return "told"

    answers = Counter(at_once(work, WORKERS))
    assert answers == {"told": 3, "maximum_escalation_level": WORKERS - 3}
    assert escalations(event) == [1, 2, 3]


def test_of_many_workers_one_sends_a_message(settings):
    UserFactory(role="shift_manager")
    overdue((0, "REPORTED", ["shift_manager"], ["EMAIL"]))
    ladder.sweep()
    message = Notification.objects.get()
    with smtp(settings) as box:
        answers = Counter(at_once(lambda _: outbox.deliver(notification_id=message.pk), WORKERS))
    assert answers == {True: 1, False: WORKERS - 1}
    assert len(box.messages) == 1


def test_control_without_the_claim_two_workers_send_it(settings, monkeypatch):
    UserFactory(role="shift_manager")
    overdue((0, "REPORTED", ["shift_manager"], ["EMAIL"]))
    ladder.sweep()
    message = Notification.objects.get()
    looked = threading.Barrier(2)

    def read_and_wait(model, pk):
        found = model.objects.get(pk=pk)
        if found.attempts == 0:
            looked.wait(10)
        return found

    monkeypatch.setattr(outbox, "lock", read_and_wait)
    with smtp(settings) as box:
        assert at_once(lambda _: outbox.deliver(notification_id=message.pk), 2) == [True, True]
    assert len(box.messages) == 2


@pytest.fixture
def stopped():
    """A machine that is down for long, and a rule about it."""
    machine = MachineFactory()
    say(machine, "FAULT", 6)
    AutoRaiseRule.objects.create(name="Down", trigger="MACHINE_DOWN", after_seconds=60)
    return machine


def test_many_looks_at_one_stop_make_one_call_and_join_nothing(stopped):
    at_once(lambda _: auto.look_at_machines(machine_ids=[stopped.pk]), WORKERS)
    event = AndonEvent.objects.get()
    assert [row.action for row in deeds(event)] == ["andon.event.raised"]
    assert AutoRaise.objects.get().event == event


def test_many_looks_at_one_fault_make_one_call(stopped):
    AutoRaiseRule.objects.create(name="Bad", trigger="FAULT", event_type="MAINTENANCE")
    fault = fault_of(stopped)
    at_once(lambda _: auto.look_at_faults(fault_ids=[fault.pk]), WORKERS)
    assert [row.action for row in deeds(AndonEvent.objects.get())] == ["andon.event.raised"]


def test_control_without_the_lock_two_looks_join_each_other(stopped, monkeypatch):
    looked = threading.Barrier(2)
    call_of_rule = auto._call

    def wait_and_call(*what):
        looked.wait(10)
        call_of_rule(*what)

    monkeypatch.setattr(auto, "lock", lambda model, pk: model.objects.get(pk=pk))
    monkeypatch.setattr(auto, "_call", wait_and_call)
    rule, stop = AutoRaiseRule.objects.get(), MachineState.objects.open().get()

    def look(_number):
        with transaction.atomic():
            try:
                return auto._call_for_stop(rule, stop)
            except Exception as refused:  # noqa: BLE001  the constraint is what stands behind the lock
                transaction.set_rollback(True)
                return type(refused).__name__

    assert Counter(at_once(look, 2)) == {True: 1, "IntegrityError": 1}


def work_off():
    """What a worker does with the jobs that are due now; in a thread, for the browser tests leave a loop in this one."""

    def work():
        with app.replace_connector(app.connector.get_worker_connector()):
            app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def test_a_real_worker_climbs_the_ladder_and_sends_the_mail(settings):
    person = UserFactory(role="shift_manager")
    event = overdue((0, "REPORTED", ["shift_manager"], ["EMAIL"]), (5, "REPORTED"))
    with smtp(settings) as box:
        work_off()
        work_off()
    event.refresh_from_db()
    assert (event.escalation_level, [mail["To"] for mail in box.messages]) == (1, [person.email])
    assert ProcrastinateJob.objects.get(status="todo").scheduled_at == event.steps.get(level=2).due_at


def test_a_call_that_is_not_committed_leaves_neither_steps_nor_jobs():
    policy((0, "REPORTED"))
    machine, actor = MachineFactory(), UserFactory()
    with pytest.raises(DomainError), transaction.atomic():
        call(machine, actor=actor)
        assert ProcrastinateJob.objects.filter(task_name="andon.tasks.fire_step").exists()
        raise DomainError
    assert not EscalationStep.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name="andon.tasks.fire_step").exists()


def test_a_call_whose_jobs_are_lost_climbs_all_the_same():
    """As after kill -9 between the fetch of a job and its work."""
    event = overdue((0, "REPORTED"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    assert ladder.sweep() == 1
    assert escalations(event) == [1]
