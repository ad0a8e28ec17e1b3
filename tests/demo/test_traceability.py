"""The demo's traceable line: real rules, a story worth looking at, and figures that add up."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from production.choices import LotStatus, SerialStatus
from production.criteria import criteria_of, faults_of
from production.models import (
    ComponentLot,
    Consumption,
    Lot,
    Process,
    ProcessData,
    ProductModel,
    Rework,
    Serial,
)
from production.selectors import route_of
from tests.support.tallies import RAW, TOLD, rows_of

CODES = [
    "P01_LASER_MARKING",
    "P02_LMA_ASSEMBLY",
    "P03_SENSOR_INSPECTION",
    "P04_FIRMWARE_UPLOAD",
    "P05_ROBOT_ASSEMBLY",
    "P06_PERFORMANCE_TEST",
    "P07_LABEL_PRINTING",
    "P08_PACKAGING_INSPECTION",
]
KOREAN = [
    "레이저 마킹",
    "LMA 조립",
    "센서 검사",
    "펌웨어 업로드",
    "로봇 조립",
    "성능검사",
    "라벨 프린팅",
    "포장 + 외관검사",
]


@pytest.fixture
def demo(db, monkeypatch):
    monkeypatch.setenv("SIMULATE", "0")
    call_command("seed_demo", stdout=StringIO())


def test_the_traceable_line(demo):
    """One demo, looked at from all sides: it takes seconds to lay out."""
    the_eight_processes()
    every_pass_meets_its_criteria()
    there_is_something_to_see()
    what_was_done_lies_in_the_past()
    components_are_where_they_went()
    assert rows_of(TOLD) == rows_of(RAW)


def the_eight_processes():
    processes = list(Process.objects.order_by("process_number"))
    assert [process.process_code for process in processes] == CODES
    assert [process.process_name_ko for process in processes] == KOREAN
    assert [process.process_code for process in processes if process.is_label] == ["P07_LABEL_PRINTING"]
    product = ProductModel.objects.get(model_code="NH-2024-B1")
    assert route_of(product_id=product.pk) == processes


def every_pass_meets_its_criteria():
    for record in ProcessData.objects.select_related("process"):
        criteria = criteria_of(record.process.quality_criteria)
        faults = list(faults_of(criteria, record.measurements, passed=True))
        assert not faults or record.result == "FAIL"
        assert record.measurements


def there_is_something_to_see():
    assert set(Lot.objects.values_list("status", flat=True)) == set(LotStatus.values)
    assert set(Serial.objects.values_list("status", flat=True)) == set(SerialStatus.values)
    assert Serial.objects.filter(is_scrapped=True, rework_count=3).count() == 1
    assert Rework.objects.count() > 5
    assert ProcessData.objects.values("operator").distinct().count() == 2


def what_was_done_lies_in_the_past():
    for lot in Lot.objects.exclude(records=None):
        assert lot.created_at <= lot.started_at
        assert lot.completed_at is None or lot.started_at < lot.completed_at
        assert lot.closed_at is None or lot.completed_at < lot.closed_at
    for record in ProcessData.objects.select_related("lot", "serial"):
        assert record.serial.created_at <= record.started_at < record.completed_at
        assert record.lot.closed_at is None or record.completed_at < record.lot.closed_at
    assert Lot.objects.values("created_on").distinct().count() == 5


def components_are_where_they_went():
    assert ComponentLot.objects.get(status="QUARANTINED").lot_number == "BAT-118"
    for lot in ComponentLot.objects.all():
        scanned = sum(Consumption.objects.filter(component_lot=lot).values_list("quantity", flat=True))
        assert 0 < scanned == lot.consumed


def test_a_plant_with_processes_of_its_own_keeps_them_alone(db, monkeypatch):
    Process.objects.create(process_number=1, process_code="OURS")
    monkeypatch.setenv("SIMULATE", "0")
    call_command("seed_demo", stdout=StringIO())
    assert Process.objects.count() == 1
    assert not Lot.objects.exists()
