"""What machines count for a job, and what it does to figures."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from equipment.models import Line
from oee.selectors.reports import report as figures_of
from oee.selectors.scopes import line_scope, read, with_flow
from production import actions
from production.models import JobAssignment, Lot, ProductionCount
from tests.support.api import client_for
from tests.support.factories import MachineFactory
from tests.support.plans import job_in, job_of, lot_of, on, schedule_of
from tests.support.production_factories import INGEST, ProductFactory, StandardRateFactory, count_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def plc():
    return client_for("integration")


def send(client, *events):
    answer = client.post(INGEST, {"events": events})
    assert answer.status_code == 200, answer.content
    return answer.json()


def made(job):
    row = JobAssignment.objects.get(pk=job.pk)
    return row.good_quantity, row.scrap_quantity, row.rework_quantity


def test_counts_that_name_a_job_feed_it_once(plc):
    job = job_in("IN_PROGRESS")
    events = [
        count_event(job.machine, 1, job_id=job.pk, good=10, scrap=1),
        count_event(job.machine, 2, job_id=job.pk, good=5, rework=2),
        count_event(job.machine, 3, good=99),
    ]
    assert send(plc, *events)["accepted"] == 3
    assert send(plc, *events)["duplicates"] == 3
    assert made(job) == (15, 1, 2)
    counted = ProductionCount.objects.filter(job=job)
    assert {count.product_id for count in counted} == {job.schedule.product_id}
    shown = client_for("viewer").get("/api/v1/production-counts").json()["results"]
    assert [count["job_id"] for count in shown] == [None, job.pk, job.pk]
    mine = client_for("viewer").get("/api/v1/production-counts", {"job_id": job.pk}).json()["results"]
    assert [count["job_id"] for count in mine] == [job.pk, job.pk]


def test_counts_of_two_jobs_feed_both_lots_in_one_batch(plc):
    jobs = []
    for _ in range(2):
        machine = MachineFactory()
        schedule = schedule_of(machine.line)
        jobs.append(job_in("IN_PROGRESS", job_of(schedule, machine=machine, lot=lot_of(schedule.product))))
    send(plc, *[count_event(job.machine, job_id=job.pk, good=7, scrap=1) for job in jobs])
    assert list(Lot.objects.values_list("actual_quantity", "passed_quantity")) == [(8, 7), (8, 7)]


def test_late_counts_of_a_completed_job_are_its_own(plc):
    job = job_in("COMPLETED")
    assert send(plc, count_event(job.machine, job_id=job.pk))["accepted"] == 1
    assert made(job) == (10, 0, 0)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [("elsewhere", "unknown_job"), ("waiting", "job_not_started"), ("other product", "other_product")],
)
def test_a_job_that_does_not_fit_is_told(plc, wrong, code):
    job, waiting, elsewhere = job_in("IN_PROGRESS"), job_in("ACCEPTED"), job_in("IN_PROGRESS")
    event = {
        "elsewhere": count_event(job.machine, job_id=elsewhere.pk),
        "waiting": count_event(waiting.machine, job_id=waiting.pk),
        "other product": count_event(job.machine, job_id=job.pk, product_code=ProductFactory().model_code),
    }[wrong]
    answer = send(plc, event)
    assert [error["code"] for error in answer["errors"]] == [code]
    assert answer["accepted"] == 0
    assert made(job) == made(waiting) == made(elsewhere) == (0, 0, 0)


def test_a_job_adds_one_query_and_an_update_to_a_batch(plc):
    """However many counts it has."""
    job, queries = job_in("IN_PROGRESS"), []
    for many in (2, 20):
        with CaptureQueriesContext(connection) as seen:
            send(plc, *[count_event(job.machine, n, job_id=job.pk) for n in range(many)])
        queries.append(len(seen))
    assert queries[0] == queries[1]


def test_oee_knows_the_product_of_a_running_job():
    """By hand: 30 good pieces at an ideal 2 s are 60 s of ideal time."""
    job = job_in("IN_PROGRESS")
    StandardRateFactory(product=job.schedule.product)
    actions.report_pieces(job=job, good=30, event_id="a", actor=job.user)
    line = with_flow(Line.objects.filter(pk=job.machine.line_id))[0]
    now = timezone.now() + timedelta(seconds=1)
    figure = figures_of(read(scope=line_scope(line), start=now - timedelta(hours=1), end=now, now=now)).figure
    assert (figure.good_quantity, float(figure.ideal_seconds)) == (30, 60.0)


def test_time_without_a_count_belongs_to_the_jobs_product():
    job = job_in("IN_PROGRESS")
    later = job_of(schedule_of(job.machine.line, scheduled_start=on(4, 6), scheduled_end=on(4, 7)))
    actions.complete_job(job=job, actor=job.user)
    job_in("IN_PROGRESS", later)
    runs = list(job.machine.runs.order_by("started_at").values_list("product", "job"))
    assert runs == [(job.schedule.product_id, job.pk), (later.schedule.product_id, later.pk)]
