"""Schedules and jobs, step by step, through the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from core.errors import DomainError, Invalid, InvalidTransition
from production import actions, errors
from production.actions.plans import status_of
from production.actions.serials import create_serial
from production.choices import JobStatus
from production.models import JobAssignment, Lot, ProductionCount, ProductionRun, ProductionSchedule
from production.signals import job_changed, schedule_changed
from tests.support.factories import LineFactory, MachineFactory, UserFactory
from tests.support.plans import deeds, job_in, job_of, lot_of, on, question, schedule_of
from tests.support.production_factories import ProductFactory, RunFactory

pytestmark = pytest.mark.django_db
MANAGER = "production_manager"


def manager():
    return UserFactory(role=MANAGER)


def status(row):
    return type(row).objects.get(pk=row.pk).status


# --- schedules


def test_a_schedule_is_planned_and_told():
    schedule = schedule_of(LineFactory())
    assert (schedule.status, schedule.priority) == ("SCHEDULED", 5)
    assert [deed.action for deed in deeds(schedule)] == ["production.schedule.planned"]


@pytest.mark.parametrize(
    ("start", "end", "clash"),
    [(6, 14, True), (5, 7, True), (13, 15, True), (8, 9, True), (14, 16, False), (2, 6, False)],
)
def test_two_plans_never_share_a_moment_of_a_line(start, end, clash):
    line = LineFactory()
    schedule_of(line)
    if not clash:
        schedule_of(line, scheduled_start=on(3, start), scheduled_end=on(3, end))
        return
    with pytest.raises(errors.ScheduleOverlap):
        schedule_of(line, scheduled_start=on(3, start), scheduled_end=on(3, end))


def test_other_lines_and_cancelled_plans_are_no_hindrance():
    line = LineFactory()
    actions.cancel_schedule(schedule=schedule_of(line), reason="No film", actor=manager())
    schedule_of(line)
    schedule_of(LineFactory())


def test_the_database_itself_refuses_overlap_and_a_backward_plan():
    schedule = schedule_of(LineFactory())
    for change in (
        {"notes": "twin"},
        {"scheduled_start": on(5, 6), "scheduled_end": on(5, 6)},
        {"scheduled_start": on(6, 6), "scheduled_end": on(6, 7), "target_quantity": 0},
        {"scheduled_start": on(6, 6), "scheduled_end": on(6, 7), "priority": 11},
    ):
        values = {
            f.attname: getattr(schedule, f.attname) for f in schedule._meta.concrete_fields if f.name != "id"
        }
        with pytest.raises(IntegrityError), transaction.atomic():
            ProductionSchedule(**(values | change)).save()


def test_a_plan_that_makes_no_sense_is_refused():
    with pytest.raises(Invalid) as caught:
        schedule_of(
            LineFactory(enabled=False),
            product=ProductFactory(status="DISCONTINUED"),
            scheduled_end=on(3, 6),
        )
    assert set(caught.value.errors) == {"scheduled_end", "line_id", "product_model_id"}


def test_a_plan_changes_until_people_work_by_it():
    job = job_of()
    schedule = job.schedule
    changed = actions.change_schedule(schedule=schedule, target_quantity=5, actor=manager())
    assert changed.target_quantity == 5
    with pytest.raises(errors.ScheduleUnderWay):
        actions.change_schedule(schedule=schedule, product=ProductFactory(), actor=manager())
    actions.cancel_job(job=job, reason="Ill", actor=job.user)
    product = ProductFactory()
    assert actions.change_schedule(schedule=schedule, product=product, actor=manager()).product == product


def test_a_changed_plan_may_not_overlap_either():
    line = LineFactory()
    schedule_of(line)
    later = schedule_of(line, scheduled_start=on(3, 14), scheduled_end=on(3, 22))
    with pytest.raises(errors.ScheduleOverlap):
        actions.change_schedule(schedule=later, scheduled_start=on(3, 13), actor=manager())


def test_cancelling_a_schedule_ends_its_jobs_and_their_runs():
    job = job_in("IN_PROGRESS")
    actions.cancel_schedule(schedule=job.schedule, reason="Customer cancelled", actor=manager())
    job.refresh_from_db()
    assert (job.status, job.cancel_reason) == ("CANCELLED", "Customer cancelled")
    assert job.runs.get().ended_at is not None
    assert status(job.schedule) == "CANCELLED"
    for again in (
        lambda: actions.cancel_schedule(schedule=job.schedule, reason="Again", actor=manager()),
        lambda: actions.change_schedule(schedule=job.schedule, notes="x", actor=manager()),
        lambda: job_of(job.schedule, machine=job.machine),
    ):
        with pytest.raises(DomainError) as caught:
            again()
        assert caught.value.status == 409


def test_a_completed_job_stays_when_its_schedule_is_cancelled():
    job = job_in("COMPLETED")
    other = job_of(schedule_of(job.machine.line, scheduled_start=on(4, 6), scheduled_end=on(4, 14)))
    actions.cancel_schedule(schedule=other.schedule, reason="No film", actor=manager())
    assert [status(job), status(other)] == ["COMPLETED", "CANCELLED"]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 256])
def test_a_reason_is_wanted(reason):
    job = job_of()
    with pytest.raises(Invalid):
        actions.cancel_schedule(schedule=job.schedule, reason=reason, actor=manager())
    with pytest.raises(Invalid):
        actions.cancel_job(job=job, reason=reason, actor=job.user)


def test_a_schedule_with_jobs_is_not_deleted():
    job = job_of()
    with pytest.raises(ProtectedError), transaction.atomic():
        actions.delete_schedule(schedule=job.schedule)
    actions.delete_job(job=job, actor=manager())
    actions.delete_schedule(schedule=job.schedule)
    assert not ProductionSchedule.objects.exists()


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ([], "SCHEDULED"),
        (["ASSIGNED", "ACCEPTED"], "SCHEDULED"),
        (["ACCEPTED", "IN_PROGRESS", "PAUSED", "COMPLETED"], "IN_PROGRESS"),
        (["PAUSED", "ASSIGNED"], "PAUSED"),
        (["COMPLETED", "ASSIGNED"], "IN_PROGRESS"),
        (["COMPLETED", "CANCELLED"], "COMPLETED"),
        (["CANCELLED"], "SCHEDULED"),
    ],
)
def test_a_schedule_follows_its_jobs(jobs, expected):
    assert status_of(jobs) == expected


# --- jobs


def test_the_way_of_a_job():
    job = job_of()
    schedule, seen = job.schedule, []
    for step in (
        actions.accept_job,
        actions.start_job,
        actions.pause_job,
        actions.resume_job,
        actions.complete_job,
    ):
        job = step(job=job, actor=job.user)
        seen.append((job.status, status(schedule)))
    assert seen == [
        ("ACCEPTED", "SCHEDULED"),
        ("IN_PROGRESS", "IN_PROGRESS"),
        ("PAUSED", "PAUSED"),
        ("IN_PROGRESS", "IN_PROGRESS"),
        ("COMPLETED", "COMPLETED"),
    ]
    job.refresh_from_db()
    assert job.assigned_at < job.accepted_at < job.started_at < job.completed_at
    told = ["assigned", "accepted", "started", "paused", "resumed", "completed"]
    assert [deed.action for deed in deeds(job)] == [f"production.job.{name}" for name in told]


STEPS = {
    "accept": (actions.accept_job, {"ASSIGNED"}),
    "start": (actions.start_job, {"ACCEPTED"}),
    "pause": (actions.pause_job, {"IN_PROGRESS"}),
    "resume": (actions.resume_job, {"PAUSED"}),
    "complete": (actions.complete_job, {"IN_PROGRESS", "PAUSED"}),
}


@pytest.mark.parametrize("present", JobStatus.values)
@pytest.mark.parametrize("name", STEPS)
def test_every_step_from_every_status(name, present):
    step, allowed = STEPS[name]
    job = job_in(present)
    if present in allowed:
        step(job=job, actor=job.user)
        return
    with pytest.raises(InvalidTransition):
        step(job=job, actor=job.user)


@pytest.mark.parametrize("present", JobStatus.values)
def test_any_job_but_an_ended_one_is_cancelled(present):
    job = job_in(present)
    if present in ("COMPLETED", "CANCELLED"):
        with pytest.raises(InvalidTransition):
            actions.cancel_job(job=job, reason="Ill", actor=job.user)
        return
    actions.cancel_job(job=job, reason="Ill", actor=job.user)
    assert status(job) == "CANCELLED" and status(job.schedule) == "SCHEDULED"
    assert not ProductionRun.objects.filter(ended_at=None).exists()


def test_a_job_is_its_workers_or_a_managers():
    job = job_of()
    with pytest.raises(errors.NotYourJob):
        actions.accept_job(job=job, actor=UserFactory(role="operator"))
    actions.accept_job(job=job, actor=manager())


def test_one_job_per_machine_is_in_progress():
    job = job_in("IN_PROGRESS")
    line = job.machine.line
    later = job_of(schedule_of(line, scheduled_start=on(4, 6), scheduled_end=on(4, 14)), machine=job.machine)
    actions.accept_job(job=later, actor=later.user)
    with pytest.raises(errors.MachineBusy):
        actions.start_job(job=later, actor=later.user)
    actions.pause_job(job=job, actor=job.user)
    actions.start_job(job=later, actor=later.user)
    with pytest.raises(errors.MachineBusy):
        actions.resume_job(job=job, actor=job.user)


def test_the_machine_makes_the_product_while_the_job_runs():
    job = job_in("IN_PROGRESS")
    run = ProductionRun.objects.get()
    assert (run.machine, run.product, run.job, run.ended_at) == (job.machine, job.schedule.product, job, None)
    assert run.started_at == job.started_at
    actions.pause_job(job=job, actor=job.user)
    actions.resume_job(job=job, actor=job.user)
    actions.complete_job(job=job, actor=job.user)
    runs = list(ProductionRun.objects.order_by("started_at"))
    assert [run.reference for run in runs] == [f"JOB-{job.pk}", f"JOB-{job.pk}/2"]
    assert all(run.ended_at for run in runs)


def test_a_machine_that_makes_something_else_is_told():
    job = job_in("ACCEPTED")
    RunFactory(machine=job.machine, ended_at=None)
    with pytest.raises(errors.RunOverlap):
        actions.start_job(job=job, actor=job.user)
    assert status(job) == "ACCEPTED"


def test_who_and_where_must_fit():
    schedule = schedule_of(MachineFactory().line)
    with pytest.raises(Invalid) as caught:
        job_of(schedule, user=UserFactory(role="viewer"), machine=MachineFactory())
    assert set(caught.value.errors) == {"user_id", "equipment_code"}


def test_the_machine_left_out_is_the_one_that_decides_the_line():
    machine = MachineFactory()
    schedule = schedule_of(machine.line)
    assert job_of(schedule).machine == machine
    second = MachineFactory(line=machine.line)
    with pytest.raises(Invalid):
        job_of(schedule)
    machine.line.constraint_machine = second
    machine.line.save()
    assert job_of(ProductionSchedule.objects.get()).machine == second


def test_worker_and_machine_change_before_the_job_is_accepted():
    job, other = job_of(), UserFactory(role="operator")
    assert actions.change_job(job=job, user=other, actor=manager()).user == other
    actions.accept_job(job=job, actor=other)
    with pytest.raises(errors.JobUnderWay):
        actions.change_job(job=job, user=UserFactory(role="operator"), actor=manager())
    assert actions.change_job(job=job, notes="Use film B", actor=manager()).notes == "Use film B"


def test_a_worker_has_a_schedule_on_a_machine_once():
    job = job_of()
    with pytest.raises(errors.AlreadyAssigned):
        job_of(job.schedule, user=job.user, machine=job.machine)
    other = job_of(job.schedule, machine=job.machine)
    with pytest.raises(errors.AlreadyAssigned):
        actions.change_job(job=other, actor=job.assigned_by, user=job.user)
    actions.cancel_job(job=job, reason="No film", actor=job.user)
    assert job_of(job.schedule, user=job.user, machine=job.machine).status == "ASSIGNED"


def test_a_job_may_name_an_open_lot_of_its_product():
    schedule = schedule_of(MachineFactory().line)
    lot = lot_of(schedule.product)
    assert job_of(schedule, lot=lot).lot == lot
    for wrong in (lot_of(ProductFactory()), lot_of(schedule.product, status="COMPLETED")):
        with pytest.raises(Invalid) as caught:
            job_of(schedule, lot=wrong)
        assert set(caught.value.errors) == {"lot_id"}


def test_a_started_job_is_not_deleted():
    job = job_in("IN_PROGRESS")
    with pytest.raises(errors.JobInUse):
        actions.delete_job(job=job, actor=manager())


# --- pieces


def report(job, **pieces):
    return actions.report_pieces(job=job, actor=job.user, **pieces)


def made(job):
    row = JobAssignment.objects.get(pk=job.pk)
    return row.good_quantity, row.scrap_quantity, row.rework_quantity


def test_pieces_go_into_counts_job_and_schedule():
    job = job_in("IN_PROGRESS")
    report(job, good=10, scrap=2, event_id="a")
    report(job, good=5, rework=1, event_id="b")
    assert made(job) == (15, 2, 1)
    count = ProductionCount.objects.get(event_id="a")
    assert (count.machine, count.product, count.job, count.run) == (
        job.machine,
        job.schedule.product,
        job,
        job.runs.get(),
    )
    assert (count.good, count.scrap, count.source) == (10, 2, job.user.username)
    schedule = ProductionSchedule.objects.with_made().get()
    assert (schedule.good_quantity, schedule.scrap_quantity, schedule.rework_quantity) == (15, 2, 1)
    assert deeds(job)[-1].new_values == {"event_id": "b", "good": 5, "scrap": 0, "rework": 1}


def job_with_lot(**given):
    schedule = schedule_of(MachineFactory().line)
    return job_in("IN_PROGRESS", job_of(schedule, lot=lot_of(schedule.product, **given)))


def quantities(lot):
    return (lot.actual_quantity, lot.passed_quantity, lot.failed_quantity, lot.scrapped_quantity)


def test_pieces_move_the_lot_on_and_complete_it():
    """A lot of 20: 12 good and 3 scrap make 15, then 5 of the next 9 good are left to make."""
    job = job_with_lot(target_quantity=20)
    report(job, good=12, scrap=3, rework=2, event_id="a")
    report(job, good=12, scrap=3, rework=2, event_id="a")
    lot = Lot.objects.get()
    assert (lot.status, quantities(lot)) == ("IN_PROGRESS", (15, 12, 3, 3))
    report(job, good=9, event_id="b")
    lot.refresh_from_db()
    assert (lot.status, quantities(lot)) == ("COMPLETED", (20, 17, 3, 3))
    assert made(job) == (21, 3, 2)
    report(job, good=1, event_id="c")
    assert quantities(Lot.objects.get()) == (20, 17, 3, 3)


def test_a_lot_of_numbered_units_is_counted_by_them():
    job = job_with_lot()
    create_serial(lot=job.lot, actor=job.user)
    before = quantities(Lot.objects.get())
    report(job, good=5, event_id="a")
    assert quantities(Lot.objects.get()) == before
    assert made(job) == (5, 0, 0)


def test_a_report_counts_once():
    job = job_in("IN_PROGRESS")
    report(job, good=10, event_id="a")
    report(job, good=10, event_id="a")
    assert made(job) == (10, 0, 0)
    actions.complete_job(job=job, actor=job.user)
    report(job, good=10, event_id="a")  # the answer was lost, the job is over: the same again
    assert made(job) == (10, 0, 0)


def test_another_report_of_that_name_is_refused():
    job = job_in("IN_PROGRESS")
    other = job_in("IN_PROGRESS", job_of(user=job.user))
    report(job, good=10, event_id="a")
    for again, pieces in ((job, {"good": 11}), (job, {"good": 10, "scrap": 1}), (other, {"good": 10})):
        with pytest.raises(errors.EventIdReused):
            report(again, event_id="a", **pieces)
    assert [made(job), made(other)] == [(10, 0, 0), (0, 0, 0)]


def test_reports_without_a_name_all_count():
    job = job_in("PAUSED")
    report(job, good=1)
    report(job, good=1)
    assert made(job) == (2, 0, 0)


@pytest.mark.parametrize("present", ["ASSIGNED", "ACCEPTED", "COMPLETED", "CANCELLED"])
def test_pieces_want_a_job_that_is_worked_on(present):
    with pytest.raises(errors.JobNotStarted):
        report(job_in(present), good=1)


def test_no_pieces_are_no_report():
    with pytest.raises(Invalid):
        report(job_in("IN_PROGRESS"))


# --- what is asked before the start


def answer(job, answers):
    return actions.answer_checklist(job=job, answers=answers, actor=job.user)


def test_a_job_does_not_start_before_its_line_is_answered():
    job = job_in("ACCEPTED")
    line = job.machine.line
    guards, film = question(line), question(line, "Film", type="SELECT", options=["A", "B"])
    question(line, "Anything odd?", type="TEXT", required=False)
    question(line, "Not asked any more", is_active=False)
    question(LineFactory(), "Elsewhere")
    with pytest.raises(errors.ChecklistOpen) as caught:
        actions.start_job(job=job, actor=job.user)
    assert caught.value.errors == {"checklist": ["Guards closed?", "Film"]}
    answer(job, {guards.pk: False, film.pk: "A"})
    with pytest.raises(errors.ChecklistOpen):
        actions.start_job(job=job, actor=job.user)
    answer(job, {guards.pk: True})
    assert actions.start_job(job=job, actor=job.user).status == "IN_PROGRESS"
    kept = {row.text: (row.value, row.answered_by) for row in job.answers.all()}
    assert kept == {"Guards closed?": (True, job.user), "Film": ("A", job.user)}
    with pytest.raises(errors.ChecklistClosed):
        answer(job, {guards.pk: False})


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("CHECKBOX", [True, False], [1, "true", None, [True]]),
        ("TEXT", ["fine", "두 줄\n모두 좋음", "全角　空白"], ["", "  ", 5, "a\0b", "\ud800", "x" * 2001]),
        ("SIGNATURE", ["Kim Minji"], ["", None, {}]),
        ("NUMBER", [0, -3.5, 10**12], [True, "5", float("nan"), float("inf"), 10**20, None]),
        ("SELECT", ["A"], ["C", "", 1, ["A"]]),
    ],
)
def test_what_answers_a_question(kind, good, bad):
    job = job_in("ACCEPTED")
    item = question(job.machine.line, type=kind, options=["A", "B"] if kind == "SELECT" else [])
    for value in good:
        answer(job, {item.pk: value})
        assert job.answers.get().value == value
    for value in bad:
        with pytest.raises(Invalid):
            answer(job, {item.pk: value})


def test_what_another_line_asks_is_not_answered_here():
    job, elsewhere = job_in("ACCEPTED"), question(LineFactory())
    with pytest.raises(Invalid):
        answer(job, {elsewhere.pk: True})


# --- news


def test_news_come_after_commit(django_capture_on_commit_callbacks):
    heard = []

    def hear(signal, **payload):
        heard.append({name: payload[name] for name in payload if name.endswith("_id")})

    job = job_in("ACCEPTED")
    job_changed.connect(hear)
    schedule_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            actions.start_job(job=job, actor=job.user)
            assert heard == []
    finally:
        job_changed.disconnect(hear)
        schedule_changed.disconnect(hear)
    line_id = job.schedule.line_id
    assert {"job_id": job.pk, "line_id": line_id, "machine_id": job.machine_id} in heard
    assert {"schedule_id": job.schedule_id, "line_id": line_id} in heard


def test_clocks_fit_the_status_or_the_database_refuses():
    job = job_of()
    for wrong in (
        {"status": "IN_PROGRESS"},
        {"started_at": job.assigned_at + timedelta(1)},
        {"status": "COMPLETED", "completed_at": job.assigned_at},
        {"status": "CANCELLED"},
        {"status": "DREAMING"},
    ):
        fresh = JobAssignment.objects.get(pk=job.pk)
        for name, value in wrong.items():
            setattr(fresh, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            fresh.save()
