"""Counts, readings and runs through the database: each once, in any order, and announced."""

from __future__ import annotations

from datetime import timedelta
from itertools import count as numbers

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditLog
from core.errors import NotFound
from production.actions import (
    NewCount,
    NewReading,
    close_run,
    discontinue,
    record_counts,
    record_readings,
    record_run,
)
from production.choices import ProductStatus
from production.derivation import Tally
from production.errors import ProductInUse, RunEnded, RunNotPositive, RunOverlap, RunReferenceTaken
from production.models import CounterReading, ProductionCount, ProductionRun
from production.signals import counts_changed, counts_recorded
from tests.support.factories import MachineFactory
from tests.support.production_factories import T0, ProductFactory, RunFactory, after

DAY = timedelta(hours=24)
_names = numbers()


@pytest.fixture
def machine(db):
    return MachineFactory()


@pytest.fixture
def heard():
    """The spans announced in the transaction: (machine id, start, end)."""
    spans = []

    def hear(*, machine_id, start, end, **_):
        spans.append((machine_id, start, end))

    counts_recorded.connect(hear)
    yield spans
    counts_recorded.disconnect(hear)


def new_count(machine, minutes, *, product=None, good=1, event_id=None):
    name = event_id or f"c{next(_names)}"
    return NewCount(machine.pk, "plc", name, after(minutes), product.pk if product else None, good)


def new_reading(machine, minutes, value, *, counter="total", product=None, event_id=None):
    name = event_id or f"r{next(_names)}"
    product_id = product.pk if product else None
    return NewReading(machine.pk, "plc", name, counter, after(minutes), value, product_id)


def made(machine):
    """[(minutes after T0, good, scrap)] in order of time."""
    rows = machine.counts.order_by("at", "id").values_list("at", "good", "scrap")
    return [((at - T0).total_seconds() / 60, good, scrap) for at, good, scrap in rows]


def products(machine):
    return list(machine.counts.order_by("at", "id").values_list("product_id", flat=True))


# --- counts ---------------------------------------------------------------------------------------------------


def test_counts_are_kept_once(machine):
    first, second = new_count(machine, 0, event_id="a"), new_count(machine, 1, event_id="b")
    assert record_counts(counts=[first]) == {("plc", "a")}
    assert record_counts(counts=[first, second, second]) == {("plc", "b")}
    assert made(machine) == [(0, 1, 0), (1, 1, 0)]


def test_the_same_name_from_another_source_is_another_event(machine):
    record_counts(counts=[new_count(machine, 0, event_id="a")])
    assert record_counts(counts=[NewCount(machine.pk, "other", "a", T0)]) == {("other", "a")}


def test_nothing_to_record(db):
    assert record_counts(counts=[]) == set()
    assert record_readings(readings=[]) == set()


def test_an_unknown_machine_is_refused_with_everything_else(machine):
    with pytest.raises(NotFound):
        record_counts(counts=[new_count(machine, 0), NewCount(machine.pk + 1000, "plc", "x", T0)])
    assert not ProductionCount.objects.exists()


def test_the_queries_do_not_grow_with_the_counts(machine):
    def queries(many):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            record_counts(counts=[new_count(machine, next(_names)) for _ in range(many)])
        return len(captured)

    assert queries(2) == queries(200)


# --- which product --------------------------------------------------------------------------------------------


def test_a_count_is_of_the_product_stated_last(machine):
    p, q = ProductFactory(), ProductFactory()
    record_counts(
        counts=[
            new_count(machine, 3),
            new_count(machine, 2, product=q),
            new_count(machine, 1),
            new_count(machine, 0, product=p),
            new_count(machine, -1),
        ]
    )
    assert products(machine) == [None, p.pk, p.pk, q.pk, q.pk]


def test_a_run_says_what_was_made_in_it_and_after_it(machine):
    run = RunFactory(machine=machine)
    record_counts(counts=[new_count(machine, m) for m in (-1, 0, 59, 60, 61)])
    assert products(machine) == [None, *[run.product_id] * 4]
    assert list(machine.counts.order_by("at").values_list("run_id", flat=True)) == [
        None,
        run.pk,
        run.pk,
        None,
        None,
    ]


def test_a_stated_product_is_kept_inside_a_run_of_another(machine):
    RunFactory(machine=machine)
    q = ProductFactory()
    record_counts(counts=[new_count(machine, 5, product=q)])
    assert products(machine) == [q.pk]


def test_a_late_count_changes_the_product_of_those_that_followed_it(machine, heard):
    p, q, r = ProductFactory(), ProductFactory(), ProductFactory()
    record_counts(counts=[new_count(machine, 0, product=p), new_count(machine, 20)])
    record_counts(counts=[new_count(machine, 30, product=r), new_count(machine, 40)])
    assert products(machine) == [p.pk, p.pk, r.pk, r.pk]
    heard.clear()
    record_counts(counts=[new_count(machine, 10, product=q)])
    assert products(machine) == [p.pk, q.pk, q.pk, r.pk, r.pk]
    assert heard == [(machine.pk, after(0), after(30))]  # the count at 20 has changed hands too


def test_a_late_run_changes_the_products_in_and_after_it(machine):
    p, q = ProductFactory(), ProductFactory()
    record_counts(counts=[new_count(machine, -5, product=p)])
    record_counts(counts=[new_count(machine, m) for m in (10, 50, 70)])
    record_run(machine=machine, product=q, started_at=after(0), ended_at=after(30))
    assert products(machine) == [p.pk, q.pk, q.pk, q.pk]


FACTS = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from([None, None, 0, 1, 2])),
    min_size=1,
    max_size=12,
    unique_by=lambda f: f[0],
)


@given(facts=FACTS, data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_products_do_not_depend_on_the_order_of_arrival(machine, facts, data):
    """Expected by hand: walk in the order of time and remember the last product stated."""
    made_of = [ProductFactory() for _ in range(3)]
    machine = MachineFactory()
    for minutes, product in data.draw(st.permutations(facts)):
        record_counts(
            counts=[new_count(machine, minutes, product=None if product is None else made_of[product])]
        )
    expected, last = [], None
    for _minutes, product in sorted(facts, key=lambda fact: fact[0]):
        last = last if product is None else made_of[product].pk
        expected.append(last)
    assert products(machine) == expected


# --- counters -------------------------------------------------------------------------------------------------


def test_readings_become_counts(machine):
    readings = [new_reading(machine, m, value) for m, value in [(0, 100), (10, 130), (20, 130), (30, 5)]]
    assert len(record_readings(readings=readings)) == 4
    assert made(machine) == [(10, 30, 0), (30, 5, 0)]  # a reading that adds nothing makes no count
    assert record_readings(readings=readings) == set()
    assert made(machine) == [(10, 30, 0), (30, 5, 0)]


def test_a_late_reading_shares_out_what_was_counted_already(machine, heard):
    for minutes, value in [(0, 100), (20, 130)]:
        record_readings(readings=[new_reading(machine, minutes, value)])
    heard.clear()
    record_readings(readings=[new_reading(machine, 10, 112)])
    assert made(machine) == [(10, 12, 0), (20, 18, 0)]
    assert heard == [(machine.pk, after(10) - DAY, after(20) + DAY)]


def test_a_late_first_reading_gives_the_old_first_something_to_add(machine):
    record_readings(readings=[new_reading(machine, 10, 112)])
    record_readings(readings=[new_reading(machine, 0, 100)])
    assert made(machine) == [(10, 12, 0)]


def test_a_late_reading_at_the_level_of_the_next_takes_its_count_away(machine):
    record_readings(readings=[new_reading(machine, m, value) for m, value in [(0, 100), (20, 130)]])
    record_readings(readings=[new_reading(machine, 10, 130)])
    assert made(machine) == [(10, 30, 0)]


def test_late_scrap_comes_off_the_good_pieces_of_its_total(machine):
    totals = [new_reading(machine, m, value) for m, value in [(0, 0), (10, 10), (20, 20), (30, 30)]]
    record_readings(readings=[*totals, new_reading(machine, 0, 0, counter="scrap")])
    assert made(machine) == [(10, 10, 0), (20, 10, 0), (30, 10, 0)]
    record_readings(readings=[new_reading(machine, 15, 4, counter="scrap")])
    assert made(machine) == [(10, 10, 0), (15, 0, 4), (20, 6, 0), (30, 10, 0)]


def test_machines_and_their_counters_are_apart(machine):
    other = MachineFactory()
    record_readings(readings=[new_reading(machine, 0, 5), new_reading(other, 1, 900)])
    record_readings(readings=[new_reading(machine, 2, 6), new_reading(other, 3, 950)])
    assert (made(machine), made(other)) == ([(2, 1, 0)], [(3, 50, 0)])


def test_a_derived_count_bears_the_name_and_product_of_its_reading(machine):
    p = ProductFactory()
    record_readings(
        readings=[new_reading(machine, 0, 0), new_reading(machine, 1, 9, product=p, event_id="x")]
    )
    row = machine.counts.get()
    assert (row.source, row.event_id, row.product_id, row.reading.value) == ("plc", "x", p.pk, 9)
    assert record_counts(counts=[new_count(machine, 2, event_id="x")]) == {("plc", "x")}  # another kind


def test_a_late_reading_far_back_is_followed_only_as_far_as_needed(machine):
    record_readings(readings=[new_reading(machine, m, m) for m in range(2000)])
    ids = set(machine.counts.values_list("id", flat=True))
    record_readings(readings=[new_reading(machine, 0.5, 0)])
    assert machine.counts.aggregate(sum=Sum("good"))["sum"] == 1999
    assert set(machine.counts.values_list("id", flat=True)) == ids


def test_a_change_that_goes_on_for_ever_is_followed_to_the_end(machine):
    """A good counter appears before hundreds of totals: from then on these show scrap."""
    record_readings(readings=[new_reading(machine, m, m) for m in range(700)])
    record_readings(readings=[new_reading(machine, 99.5, 0, counter="good")])
    sums = machine.counts.aggregate(good=Sum("good"), scrap=Sum("scrap"))
    assert sums == {"good": 99, "scrap": 600}


READINGS = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(["good", "scrap", "total"]), st.integers(0, 60)),
    min_size=1,
    max_size=15,
    unique_by=lambda reading: reading[:2],
)


@given(readings=READINGS, data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_counts_do_not_depend_on_the_order_of_arrival(machine, readings, data):
    """Expected: one pass over all readings in the order of time."""
    machine = MachineFactory()
    waiting = data.draw(st.permutations(readings))
    while waiting:
        many = data.draw(st.integers(1, len(waiting)))
        batch, waiting = waiting[:many], waiting[many:]
        record_readings(readings=[new_reading(machine, m, value, counter=c) for m, c, value in batch])
    tally = Tally()
    steps = [(m, *tally.take(counter, value)) for m, counter, value in sorted(readings)]
    assert sorted(made(machine)) == sorted(step for step in steps if any(step[1:]))


# --- what is announced ----------------------------------------------------------------------------------------


def test_the_span_reaches_a_day_where_no_other_count_is_near(machine, heard):
    record_counts(counts=[new_count(machine, 0, product=ProductFactory())])
    assert heard == [(machine.pk, T0 - DAY, T0 + DAY)]


def test_the_span_ends_at_the_counts_beside_it(machine, heard):
    p = ProductFactory()
    record_counts(counts=[new_count(machine, m, product=p) for m in (0, 60)])
    heard.clear()
    record_counts(counts=[new_count(machine, 30, product=p)])
    assert heard == [(machine.pk, after(0), after(60))]


def test_far_apart_counts_have_spans_of_their_own(machine, heard):
    p = ProductFactory()
    record_counts(counts=[new_count(machine, m, product=p) for m in (0, 10, 14400)])
    assert heard == [
        (machine.pk, T0 - DAY, after(10) + DAY),
        (machine.pk, after(14400) - DAY, after(14400) + DAY),
    ]


def test_duplicates_announce_nothing(machine, heard):
    row = new_count(machine, 0)
    record_counts(counts=[row])
    heard.clear()
    record_counts(counts=[row])
    assert heard == []


def test_pages_hear_of_it_after_commit(machine, django_capture_on_commit_callbacks):
    heard = []

    def hear(machine_ids, **_):
        heard.append(machine_ids)

    counts_changed.connect(hear)
    with django_capture_on_commit_callbacks() as callbacks:
        record_counts(counts=[new_count(machine, 0)])
    assert heard == []
    for callback in callbacks:
        callback()
    counts_changed.disconnect(hear)
    assert heard == [[machine.pk]]


# --- runs -----------------------------------------------------------------------------------------------------


def test_a_run_is_recorded_as_a_deed(machine, heard):
    product = ProductFactory()
    run = record_run(
        machine=machine,
        product=product,
        started_at=T0,
        ended_at=after(60),
        reference="B-1",
        operator_name="Kim",
    )
    assert (run.machine, run.product, run.reference, run.operator_name) == (machine, product, "B-1", "Kim")
    assert AuditLog.objects.filter(action="production.run.recorded", entity_id=str(run.pk)).count() == 1
    assert heard == [(machine.pk, T0, after(60))]


@pytest.mark.parametrize(("start", "end"), [(30, 90), (-30, 30), (10, 20), (-10, 70), (-10, None)])
def test_runs_of_a_machine_do_not_overlap(machine, start, end):
    RunFactory(machine=machine)
    with pytest.raises(RunOverlap):
        record_run(
            machine=machine,
            product=ProductFactory(),
            started_at=after(start),
            ended_at=None if end is None else after(end),
        )
    assert ProductionRun.objects.count() == 1


def test_runs_may_touch_and_other_machines_are_free(machine):
    RunFactory(machine=machine)
    record_run(machine=machine, product=ProductFactory(), started_at=after(60), ended_at=after(90))
    record_run(machine=MachineFactory(), product=ProductFactory(), started_at=after(30))
    assert ProductionRun.objects.count() == 3


def test_a_reference_is_used_once_per_machine(machine):
    RunFactory(machine=machine, reference="B-1")
    with pytest.raises(RunReferenceTaken):
        record_run(machine=machine, product=ProductFactory(), started_at=after(60), reference="B-1")


def test_a_run_takes_time(machine):
    with pytest.raises(RunNotPositive):
        record_run(machine=machine, product=ProductFactory(), started_at=T0, ended_at=T0)


def test_closing_a_run_gives_the_time_after_it_back(machine, heard):
    p, q = ProductFactory(), ProductFactory()
    run = record_run(machine=machine, product=p, started_at=T0)
    record_counts(counts=[new_count(machine, 5, product=q), new_count(machine, 10), new_count(machine, 40)])
    assert list(machine.counts.order_by("at").values_list("run_id", flat=True)) == [None, run.pk, run.pk]
    heard.clear()
    close_run(run=run, ended_at=after(30))
    assert list(machine.counts.order_by("at").values_list("run_id", flat=True)) == [None, run.pk, None]
    assert products(machine) == [q.pk, p.pk, p.pk]
    assert heard[0][:2] == (machine.pk, after(30))
    with pytest.raises(RunEnded):
        close_run(run=run, ended_at=after(31))


def test_a_run_cannot_end_before_it_starts(machine):
    run = record_run(machine=machine, product=ProductFactory(), started_at=T0)
    with pytest.raises(RunNotPositive):
        close_run(run=run, ended_at=T0)


# --- products -------------------------------------------------------------------------------------------------


def test_a_product_nobody_made_is_discontinued(db):
    assert discontinue(product=ProductFactory()).status == ProductStatus.DISCONTINUED


def test_a_product_that_was_made_is_in_use(machine):
    run, p = RunFactory(machine=machine), ProductFactory()
    record_counts(counts=[new_count(machine, 90, product=p)])
    for product in (run.product, p):
        with pytest.raises(ProductInUse):
            discontinue(product=product)
        product.refresh_from_db()
        assert product.status == ProductStatus.ACTIVE


def test_readings_are_kept_as_they_came(machine):
    record_readings(readings=[NewReading(machine.pk, "plc", "a", "total", T0, 7, None, 65_536)])
    row = CounterReading.objects.get()
    assert (row.value, row.rollover_at, row.owed) == (7, 65_536, 0)
