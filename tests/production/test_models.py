"""The database refuses what cannot be, whoever writes it."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from production.models import CounterReading, ProductionCount, ProductModel
from production.signals import rates_changed
from tests.support.factories import MachineFactory
from tests.support.production_factories import T0, ProductFactory, RunFactory, StandardRateFactory, after

pytestmark = pytest.mark.django_db


def count(machine, **values):
    row = {"machine": machine, "at": T0, "source": "plc", "event_id": "a", **values}
    return ProductionCount.objects.create(**row)


def reading(machine, **values):
    row = {"machine": machine, "at": T0, "counter": "total", "value": 1, "source": "plc", "event_id": "a"}
    return CounterReading.objects.create(**row | values)


IMPOSSIBLE = {
    "production_productmodel_code_unique": lambda m: [
        ProductFactory(model_code="Ab"),
        ProductFactory(model_code="aB"),
    ],
    "production_productmodel_status_known": lambda m: ProductFactory(status="GONE"),
    "production_productmodel_price_not_negative": lambda m: ProductFactory(unit_price=-1),
    "production_standardrate_positive": lambda m: StandardRateFactory(ideal_cycle_seconds=0),
    "production_standardrate_one_per_day": lambda m: [
        StandardRateFactory(product=ProductFactory(model_code="P")),
        StandardRateFactory(product=ProductModel.objects.get(model_code="P")),
    ],
    "production_productionrun_no_overlap": lambda m: [
        RunFactory(machine=m),
        RunFactory(machine=m, started_at=after(59), ended_at=None),
    ],
    "production_productionrun_positive": lambda m: RunFactory(machine=m, ended_at=T0),
    "production_productionrun_reference_once": lambda m: [
        RunFactory(machine=m, reference="B"),
        RunFactory(machine=m, reference="B", started_at=after(60), ended_at=None),
    ],
    "production_productioncount_once_per_source": lambda m: [count(m), count(m)],
    "production_productioncount_good_check": lambda m: count(m, good=-1),
    "production_productioncount_scrap_check": lambda m: count(m, scrap=-1),
    "production_productioncount_rework_check": lambda m: count(m, rework=-1),
    "production_productioncount_reading_id_key": lambda m: [
        count(m, reading=reading(m)),
        count(m, reading=CounterReading.objects.get()),
    ],
    "production_counterreading_once_per_source": lambda m: [reading(m), reading(m)],
    "production_counterreading_not_negative": lambda m: reading(m, value=-1),
    "production_counterreading_rollover_positive": lambda m: reading(m, rollover_at=0),
}


@pytest.mark.parametrize("constraint", IMPOSSIBLE)
def test_the_impossible_is_refused(constraint):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        IMPOSSIBLE[constraint](MachineFactory())
    assert refused.value.__cause__.diag.constraint_name == constraint


def test_what_has_history_cannot_be_deleted():
    run = RunFactory()
    count(run.machine, run=run, product=run.product)
    for row in (run.product, run.machine, run):
        with pytest.raises(ProtectedError):
            row.delete()


@pytest.mark.parametrize("value", [[1], "text", 5, {"a": ["\x00"]}, {"a": {"\x00": 1}}])
def test_specifications_are_an_object_that_the_database_can_hold(value):
    with pytest.raises(ValidationError) as refused:
        ProductFactory.build(specifications=value).full_clean()
    assert list(refused.value.message_dict) == ["specifications"]


def test_a_changed_rate_is_announced_for_where_it_held_and_where_it_holds():
    heard = []

    def hear(*, product_id, machine_id, valid_from, **_):
        heard.append((product_id, machine_id, valid_from))

    rates_changed.connect(hear)
    machine = MachineFactory()
    rate = StandardRateFactory()
    rate.machine, rate.valid_from = machine, date(2024, 5, 1)
    rate.save()
    product_id = rate.product_id
    rate.delete()
    rates_changed.disconnect(hear)
    old, new = (product_id, None, date(2024, 1, 1)), (product_id, machine.pk, date(2024, 5, 1))
    assert heard == [old, old, new, new]


def test_pieces_produced_are_good_scrap_and_rework():
    assert count(MachineFactory(), good=5, scrap=2, rework=1).produced == 8
