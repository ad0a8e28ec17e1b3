"""The scarce things: one PASS per unit and process, the order of steps, the quantities of a lot."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from core.errors import DomainError
from production import record_rows
from production.actions import records
from production.actions.bulk import record_batch
from production.actions.records import change_record, record_step
from production.models import Lot, ProcessData, StepMark
from production.record_input import read_record
from tests.support.api import API, client_of
from tests.support.factories import UserFactory
from tests.support.production_factories import ProductFactory
from tests.support.trace_factories import ProcessFactory, lot_of, record_of, route_for, unit_in

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 8  # at work at a time: the pool has twelve connections


def at_once(work, count=16):
    """What `work(number)` answers for each, the first eight started together, each on a connection of its own."""
    start = threading.Barrier(min(count, CLIENTS))

    def run(number):
        try:
            if number < CLIENTS:
                start.wait(20)
            return work(number)
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(min(count, CLIENTS)) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def steps():
    return [ProcessFactory() for _ in range(3)]


@pytest.fixture
def lot(steps):
    product = ProductFactory()
    route_for(product, steps)
    return lot_of(product, target_quantity=100)


@pytest.fixture
def operator():
    return UserFactory(role="operator")


def do(unit, process, operator, result="PASS", **said):
    item = {"serial_id": unit.pk, "process_id": process.pk, "result": result, **said}
    return "done" if record_step(given=read_record(item), actor=operator) else None


def look_before_anybody_writes(monkeypatch):
    """Without the lock: everybody has looked before anybody writes."""
    looked = threading.Barrier(2)
    place = records._place

    def look_and_wait(given):
        found = place(given)
        looked.wait(10)
        return found

    unlocked = record_rows._LOCK.replace("FOR NO KEY UPDATE OF lot", "").replace(
        "FOR NO KEY UPDATE OF unit", ""
    )
    monkeypatch.setattr(record_rows, "_LOCK", unlocked)
    monkeypatch.setattr(records, "_place", look_and_wait)


def test_one_pass_per_unit_and_process(lot, steps, operator):
    unit = unit_in(lot)
    answers = at_once(lambda _n: do(unit, steps[0], operator))
    assert Counter(answers) == {"done": 1, "already_passed": 15}
    assert ProcessData.objects.filter(serial=unit, result="PASS").count() == 1
    assert StepMark.objects.filter(serial=unit).count() == 1


def test_control_without_the_lock_the_constraint_still_refuses(lot, steps, operator, monkeypatch):
    unit = unit_in(lot)
    record_of(unit_in(lot), steps[0])  # the lot has started
    look_before_anybody_writes(monkeypatch)
    assert Counter(at_once(lambda _n: do(unit, steps[0], operator), 2)) == {"done": 1, "already_passed": 1}
    assert ProcessData.objects.filter(serial=unit).count() == 1


def test_control_without_lock_and_constraint_it_passes_twice(lot, steps, operator, monkeypatch):
    unit = unit_in(lot)
    record_of(unit, steps[0])
    look_before_anybody_writes(monkeypatch)
    unmarked = record_rows._INSERT.replace("OR EXISTS (SELECT FROM mark)", "OR true")
    monkeypatch.setattr(record_rows, "_INSERT", unmarked)
    assert at_once(lambda _n: do(unit, steps[1], operator), 2) == ["done", "done"]
    assert ProcessData.objects.filter(serial=unit, process=steps[1]).count() == 2


def test_one_start_at_a_time(lot, steps, operator):
    unit = unit_in(lot)
    answers = at_once(lambda _n: do(unit, steps[0], operator, None))
    assert Counter(answers) == {"done": 1, "already_started": 15}


def test_a_started_step_is_completed_once(lot, steps, operator):
    row = record_of(unit_in(lot), steps[0], result=None, actor=operator)
    said = [read_record({"result": "PASS"}), read_record({"result": "FAIL", "notes": "x"})]

    def complete(number):
        return change_record(record=row, given=said[number % 2], actor=operator).result

    answers = Counter(at_once(complete))
    row.refresh_from_db()
    others = "FAIL" if row.result == "PASS" else "PASS"
    assert answers[row.result] >= 1
    assert answers[others] == 0
    assert answers["record_completed"] == 8


def test_the_order_is_never_violated(lot, steps, operator):
    """All three steps of a unit from everywhere at once: whatever was kept, each came after the one before it."""
    units = [unit_in(lot) for _ in range(4)]

    def work(number):
        return do(units[number % 4], steps[(number // 4) % 3], operator)

    at_once(work, 48)
    for unit in units:
        kept = list(unit.records.order_by("id").values_list("process_id", flat=True))
        assert kept == [step.pk for step in steps][: len(kept)]
        assert kept


def test_passed_and_failed_at_once_one_wins(lot, steps, operator):
    unit = unit_in(lot)
    for step in steps[:2]:
        record_of(unit, step)
    answers = at_once(
        lambda n: do(unit, steps[2], operator, ("PASS", "FAIL")[n % 2], notes="x" if n % 2 else "")
    )
    assert Counter(answers)["done"] == 1
    unit.refresh_from_db()
    lot.refresh_from_db()
    assert unit.status in ("PASSED", "FAILED")
    assert (lot.passed_quantity, lot.failed_quantity) == ((1, 0) if unit.status == "PASSED" else (0, 1))


def test_quantities_are_exact_after_a_hundred_completions(steps, operator):
    product = ProductFactory()
    route_for(product, steps[:1])
    lot = lot_of(product, target_quantity=100)
    units = [unit_in(lot) for _ in range(100)]

    def work(number):
        failed = number % 10 == 0
        return do(
            units[number], steps[0], operator, "FAIL" if failed else "PASS", notes="x" if failed else ""
        )

    assert Counter(at_once(work, 100)) == {"done": 100}
    lot.refresh_from_db()
    assert (lot.passed_quantity, lot.failed_quantity, lot.actual_quantity) == (90, 10, 100)
    assert lot.status == "IN_PROGRESS"  # the failed ones may be reworked


def test_control_without_the_lock_quantities_are_lost(steps, operator, monkeypatch):
    product = ProductFactory()
    route_for(product, steps[:2])
    lot = lot_of(product, target_quantity=2)
    units = [unit_in(lot) for _ in range(2)]
    for unit in units:
        record_of(unit, steps[0])
    look_before_anybody_writes(monkeypatch)
    assert at_once(lambda n: do(units[n], steps[1], operator), 2) == ["done", "done"]
    assert Lot.objects.get(pk=lot.pk).passed_quantity == 1


def test_the_same_key_makes_one_record(lot, steps, operator):
    unit = unit_in(lot)
    body = {"serial_id": unit.pk, "process_id": steps[0].pk, "result": "PASS"}

    def send(_number):
        return client_of(operator).post(API + "process-data", body, headers={"Idempotency-Key": "k"})

    answers = at_once(send)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert ProcessData.objects.filter(serial=unit).count() == 1


def test_one_by_one_and_in_batches_at_once(lot, steps, operator):
    """Four send single records, four send batches of the same steps: each step of each unit passes once, in order."""
    units = [unit_in(lot) for _ in range(6)]

    def work(number):
        if number % 2:
            items = [
                {"serial_id": unit.pk, "process_id": step.pk, "result": "PASS"}
                for unit in units
                for step in steps
            ]
            return record_batch(items=items, actor=operator).created
        done = 0
        for unit in units:
            for step in steps:
                try:
                    done += bool(do(unit, step, operator))
                except DomainError as refusal:
                    assert refusal.code in ("already_passed", "unit_not_open")
        return done

    assert sum(at_once(work, 8)) == len(units) * len(steps)
    for unit in units:
        assert list(unit.records.order_by("id").values_list("process_id", flat=True)) == [s.pk for s in steps]
    lot.refresh_from_db()
    assert lot.passed_quantity == len(units)
