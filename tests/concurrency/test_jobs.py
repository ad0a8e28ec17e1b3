"""The scarce things: a machine, which runs one job; a stretch of a line, which has one plan; a report, which counts once."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models import UniqueConstraint

from core.errors import DomainError
from production import actions
from production.actions import counting, jobs
from production.models import JobAssignment, ProductionCount, ProductionSchedule
from tests.support.factories import LineFactory, MachineFactory, UserFactory
from tests.support.plans import job_in, job_of, lot_of, on, schedule_of
from tests.support.production_factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 8


def at_once(work, count=MANY):
    """What `work(number)` answers for each, all started together, each on a connection of its own."""
    start = threading.Barrier(count)

    def run(number):
        try:
            start.wait(10)
            return work(number)
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def accepted_on(machine, count):
    """So many accepted jobs on one machine, each of a schedule of its own."""
    plans = [
        schedule_of(machine.line, scheduled_start=on(3 + n, 6), scheduled_end=on(3 + n, 14))
        for n in range(count)
    ]
    return [job_in("ACCEPTED", job_of(plan, machine=machine)) for plan in plans]


def starting(waiting):
    return lambda number: actions.start_job(job=waiting[number], actor=waiting[number].user).status


def test_of_many_equal_assignments_one_is_made():
    machine, worker = MachineFactory(), UserFactory(role="operator")
    plan = schedule_of(machine.line)
    said = at_once(lambda _: job_of(plan, user=worker, machine=machine, actor=plan.created_by).status)
    assert Counter(said) == {"ASSIGNED": 1, "duplicate": MANY - 1}
    assert plan.jobs.count() == 1


def test_of_many_jobs_on_one_machine_one_starts():
    waiting = accepted_on(MachineFactory(), MANY)
    assert Counter(at_once(starting(waiting))) == {"IN_PROGRESS": 1, "machine_busy": MANY - 1}
    assert JobAssignment.objects.filter(status="IN_PROGRESS").count() == 1
    assert ProductionSchedule.objects.filter(status="IN_PROGRESS").count() == 1


def everybody_looks_first(monkeypatch):
    """Without the locks: both have read before either writes."""
    looked = threading.Barrier(2)

    def take(job, actor=None):
        found = JobAssignment.objects.get(pk=job.pk)
        looked.wait(10)
        return found

    monkeypatch.setattr(jobs, "take_job", take)
    monkeypatch.setattr(jobs, "follow_jobs", lambda *_args, **_more: None)


@pytest.fixture
def no_constraint():
    """The table as it would be without its index."""
    [index] = [c for c in JobAssignment._meta.constraints if isinstance(c, UniqueConstraint)]
    with connection.schema_editor() as editor:
        editor.remove_constraint(JobAssignment, index)
    yield
    with connection.schema_editor() as editor:
        editor.execute("TRUNCATE production_jobassignment CASCADE")
        editor.add_constraint(JobAssignment, index)


def test_control_without_the_locks_the_constraint_stops_the_second(monkeypatch):
    waiting = accepted_on(MachineFactory(), 2)
    everybody_looks_first(monkeypatch)
    assert Counter(at_once(starting(waiting), 2)) == {"IN_PROGRESS": 1, "machine_busy": 1}


def test_control_without_locks_and_constraint_two_jobs_run(no_constraint, monkeypatch):
    waiting = accepted_on(MachineFactory(), 2)
    everybody_looks_first(monkeypatch)
    monkeypatch.setattr(jobs, "record_run", lambda **_: None)
    assert at_once(starting(waiting), 2) == ["IN_PROGRESS", "IN_PROGRESS"]
    assert JobAssignment.objects.filter(status="IN_PROGRESS").count() == 2


def test_of_many_steps_on_one_job_one_is_taken():
    job = job_in("ASSIGNED")
    answers = at_once(lambda number: actions.accept_job(job=job, actor=job.user).status)
    assert Counter(answers) == {"ACCEPTED": 1, "invalid_transition": MANY - 1}


def test_control_without_the_lock_several_steps_are_taken(monkeypatch):
    job = job_in("ASSIGNED")
    everybody_looks_first(monkeypatch)
    answers = at_once(lambda number: actions.accept_job(job=job, actor=job.user).status, 2)
    assert answers == ["ACCEPTED", "ACCEPTED"], "each was told to be the one"


def reporting(job, name):
    def work(number):
        return actions.report_pieces(job=job, good=10, event_id=name(number), actor=job.user).status

    return work


def test_one_report_sent_many_times_at_once_counts_once():
    job = job_in("IN_PROGRESS")
    assert set(at_once(reporting(job, lambda number: "same"))) == {"IN_PROGRESS"}
    job.refresh_from_db()
    assert (job.good_quantity, ProductionCount.objects.count()) == (10, 1)


def test_of_many_reports_at_once_none_is_lost():
    job = job_in("IN_PROGRESS")
    at_once(reporting(job, str))
    job.refresh_from_db()
    assert (job.good_quantity, ProductionCount.objects.count()) == (10 * MANY, MANY)


def test_control_without_the_locks_reports_are_lost(monkeypatch):
    job = job_in("IN_PROGRESS")
    looked = threading.Barrier(2)

    def feed(counts):
        row = JobAssignment.objects.get(pk=job.pk)
        looked.wait(10)
        row.good_quantity += counts[0].good
        row.save(update_fields=["good_quantity"])

    def take(job, actor=None):
        return JobAssignment.objects.get(pk=job.pk)

    monkeypatch.setattr(jobs, "take_job", take)
    monkeypatch.setattr(counting, "_lock_machines", lambda ids: None)
    monkeypatch.setattr(counting, "_feed_jobs", feed)
    at_once(reporting(job, str), 2)
    job.refresh_from_db()
    assert (job.good_quantity, ProductionCount.objects.count()) == (10, 2)


def running_for_one_lot(count):
    """So many jobs in progress, each on a machine of its own, all for one lot of 100."""
    line = LineFactory()
    schedule = schedule_of(line)
    lot = lot_of(schedule.product)
    machines = [MachineFactory(line=line) for _ in range(count)]
    return lot, [job_in("IN_PROGRESS", job_of(schedule, machine=m, lot=lot)) for m in machines]


def reports_for(running):
    return lambda number: (
        actions.report_pieces(
            job=running[number], good=10, event_id=str(number), actor=running[number].user
        ).status
    )


def test_a_lot_that_many_machines_report_for_loses_none():
    lot, running = running_for_one_lot(MANY)
    at_once(reports_for(running))
    lot.refresh_from_db()
    assert (lot.status, lot.actual_quantity, lot.passed_quantity) == ("IN_PROGRESS", 80, 80)


def test_control_without_its_lock_a_lot_loses_pieces(monkeypatch):
    lot, running = running_for_one_lot(2)
    looked = threading.Barrier(2)

    def look(ids):
        ids = list(ids)
        found = {row.pk: row for row in type(lot).objects.filter(jobs__in=ids)}
        looked.wait(10)
        return found

    monkeypatch.setattr(jobs, "lock_lots", lambda ids: {})
    monkeypatch.setattr(counting, "lock_lots", look)
    monkeypatch.setattr("production.actions.lot_progress.start_lot_by_itself", lambda **_: None)
    monkeypatch.setattr("production.actions.lot_progress.complete_lot_when_made", lambda **_: None)
    monkeypatch.setattr(jobs, "take_job", lambda job, actor=None: JobAssignment.objects.get(pk=job.pk))
    at_once(reports_for(running), 2)
    lot.refresh_from_db()
    assert lot.actual_quantity == 10


def test_the_last_of_several_jobs_completes_the_schedule_whoever_is_last():
    line = LineFactory()
    schedule = schedule_of(line)
    machines = [MachineFactory(line=line) for _ in range(MANY)]
    running = [job_in("IN_PROGRESS", job_of(schedule, machine=machine)) for machine in machines]
    at_once(lambda number: actions.complete_job(job=running[number], actor=running[number].user).status)
    schedule.refresh_from_db()
    assert schedule.status == "COMPLETED"


def test_of_many_plans_for_one_stretch_one_is_kept():
    line, product, actor = LineFactory(), ProductFactory(), UserFactory(role="production_manager")
    answers = at_once(lambda number: schedule_of(line, product=product, actor=actor).status)
    assert Counter(answers) == {"SCHEDULED": 1, "schedule_overlap": MANY - 1}
    assert ProductionSchedule.objects.count() == 1


def test_a_schedule_cancelled_while_its_jobs_start_leaves_nothing_running():
    line = LineFactory()
    schedule, manager = schedule_of(line), UserFactory(role="production_manager")
    waiting = [job_in("ACCEPTED", job_of(schedule, machine=MachineFactory(line=line))) for _ in range(6)]

    def work(number):
        if number == 3:
            return actions.cancel_schedule(schedule=schedule, reason="No film", actor=manager).status
        job = waiting[number]
        return actions.start_job(job=job, actor=job.user).status

    answers = Counter(at_once(work, 6))
    assert answers["CANCELLED"] == 1
    assert answers["IN_PROGRESS"] + answers["invalid_transition"] == 5
    assert set(JobAssignment.objects.values_list("status", flat=True)) == {"CANCELLED"}
    assert not waiting[0].machine.runs.filter(ended_at=None).exists()
