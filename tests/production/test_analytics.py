"""The six questions over HTTP: document 004's keys, figures counted by hand, periods, rights, cost."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time

from core import ledger
from production.models import Defect, ProcessData, Rework, Serial
from tests.support.api import API, client_for, client_of
from tests.support.factories import SiteFactory, UserFactory
from tests.support.trace_factories import ProcessFactory, lot_of, unit_in

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
TODAY = NOW.date()
URL = f"{API}analytics/"


@pytest.fixture(autouse=True)
def wednesday_noon():
    with freeze_time(NOW):
        yield


@pytest.fixture
def client():
    return client_for("viewer")


def ask(client: Any, question: str, **query: Any) -> Any:
    answer = client.get(URL + question, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def refusal(client: Any, question: str, **query: Any) -> dict[str, Any]:
    answer = client.get(URL + question, query)
    assert answer.status_code == 400, answer.content
    return answer.json()["errors"]


def record(unit: Serial, process: Any, result: str, *, seconds: float = 0, ago: int = 0, **more: Any):
    """A completed step, so many days ago."""
    done = NOW - timedelta(days=ago)
    return ProcessData.objects.create(
        process=process,
        lot_id=unit.lot_id,
        result=result,
        process_order=1,
        started_at=done - timedelta(seconds=seconds),
        completed_at=done,
        day=done.date(),
        **{"serial": unit, "data_level": "SERIAL", "operator": unit.created_by, **more},
    )


def become(unit: Serial, status: str, *, ago: int = 0, rework_count: int = 0, reason: str = "") -> None:
    """The unit is so now, since so many days."""
    done = NOW - timedelta(days=ago) if status in ("PASSED", "FAILED") else None
    with ledger.bulk(reason="test"):
        Serial.objects.filter(pk=unit.pk).update(
            status=status,
            completed_at=done,
            completed_on=done and done.date(),
            rework_count=rework_count,
            failure_reason=reason,
        )
    ledger.record("production.serial.changed", unit)


@pytest.fixture
def week():
    """A lot of Monday with four units: two PASSED (one after a rework), one FAILED, one in progress; one lot of
    last week, with a unit that PASSED then."""
    first, second = (
        ProcessFactory(process_code="P01_LASER_MARKING", process_name_ko="레이저 마킹"),
        ProcessFactory(),
    )
    with freeze_time(NOW - timedelta(days=2)):
        lot = lot_of()
        units = [unit_in(lot) for _ in range(3)]
    units.append(unit_in(lot))
    with freeze_time(NOW - timedelta(days=8)):
        old = unit_in()
    record(units[0], first, "PASS", seconds=40)
    record(units[0], second, "PASS", seconds=50)
    record(units[1], first, "FAIL", seconds=60, ago=1)
    record(units[1], first, "PASS", seconds=0)
    record(units[2], first, "REWORK", seconds=10)
    record(units[2], first, "FAIL", seconds=20)
    record(old, first, "PASS", seconds=30, ago=8)
    become(units[0], "PASSED")
    become(units[1], "PASSED", rework_count=1)
    become(units[2], "FAILED", reason="scratched")
    become(units[3], "IN_PROGRESS")
    become(old, "PASSED", ago=8)
    Rework.objects.create(serial=units[1], number=1, reason="r", failure_reason="f", at=NOW)
    return units, first, second


def test_the_dashboard_has_the_printed_keys_and_the_true_figures(client, week):
    found = ask(client, "dashboard")
    assert found["lot_statistics"] == {
        "total_lots": 2,
        "lots_today": 0,
        "lots_this_week": 1,
        "active_lots": 2,
    }
    assert found["serial_statistics"] == {
        "total_serials": 5,
        "serials_today": 1,
        "in_progress": 1,
        "passed": 3,
        "failed": 1,
    }
    assert found["quality_metrics"] == {"overall_pass_rate": 60, "defect_rate": 20, "rework_rate": 20}
    assert found["process_performance"] == {
        "total_executions": 7,
        "avg_cycle_time_seconds": 35,  # (40 + 50 + 60 + 10 + 20 + 30) / 6: what took no time has no cycle time
        "total_failures": 2,
    }


def test_the_dashboard_has_the_keys_of_the_code_too(client, week):
    found = ask(client, "dashboard")
    assert found["lots"] == {"total": 2, "today": 0, "this_week": 1, "active": 2, "completed_today": 0}
    assert found["serials"] == {
        "total": 5,
        "today": 1,
        "this_week": 4,
        "in_progress": 1,
        "passed_today": 2,
        "failed_today": 1,
    }
    assert found["quality"] == {
        "overall_pass_rate": 60,
        "today_pass_rate": 66.67,
        "defect_rate": 20,
        "rework_rate": 20,
    }
    assert found["processes"] == {
        "total_executions_today": 5,
        "average_cycle_time_seconds": 30,
        "failures_today": 1,
    }


def test_an_empty_plant_has_no_rates(client):
    found = ask(client, "dashboard")
    assert found["quality_metrics"] == dict.fromkeys(["overall_pass_rate", "defect_rate", "rework_rate"])
    assert found["process_performance"]["avg_cycle_time_seconds"] is None
    assert found["serial_statistics"]["total_serials"] == 0
    assert ask(client, "process-performance")["summary"] == {
        "total_processes": 0,
        "total_executions": 0,
        "overall_success_rate": None,
    }
    assert ask(client, "production-stats")["pass_rate"] is None
    assert ask(client, "quality-metrics")["quality_trend"] == []
    assert ask(client, "operator-performance")["operators"] == []
    assert ask(client, "realtime-status")["active_lots"] == []


def test_process_performance_of_all_time(client, week):
    _, first, second = week
    found = ask(client, "process-performance")
    assert found["processes"][0] == {
        "process_id": first.pk,
        "process_number": first.process_number,
        "process_code": "P01_LASER_MARKING",
        "process_name": "레이저 마킹",
        "process_name_ko": "레이저 마킹",
        "process_name_en": first.process_name_en,
        "total_executions": 6,
        "success_count": 3,
        "failure_count": 2,
        "rework_count": 1,
        "success_rate": 50,
        "avg_cycle_time_seconds": 32,
        "average_cycle_time_seconds": 32,
        "estimated_duration_seconds": None,
    }
    assert found["processes"][1]["process_id"] == second.pk
    assert found["summary"] == {
        "total_processes": 2,
        "total_executions": 7,
        "overall_success_rate": 57.14,
    }


def test_process_performance_of_a_period(client, week):
    days = {"start_date": TODAY - timedelta(days=1), "end_date": TODAY - timedelta(days=1)}
    found = ask(client, "process-performance", **days)
    assert [row["total_executions"] for row in found["processes"]] == [1, 0]
    assert found["processes"][1]["success_rate"] is None


def test_a_process_out_of_use_is_listed_while_it_has_records(client, week):
    _, first, second = week
    idle = ProcessFactory(is_active=False)
    for process in (first, second):
        process.is_active = False
        process.save()
    listed = [row["process_id"] for row in ask(client, "process-performance")["processes"]]
    assert listed == [first.pk, second.pk]
    assert idle.pk not in listed


def test_production_stats(client, week):
    found = ask(client, "production-stats", start_date="2026-03-02", end_date="2026-03-04")
    assert found == {
        "date_range": {"start": "2026-03-02", "end": "2026-03-04"},
        "lots_by_date": [{"date": "2026-03-02", "count": 1}],
        "serials_by_date": [
            {"date": "2026-03-02", "total": 3, "passed": 0, "failed": 0, "pass_rate": None},
            {"date": "2026-03-04", "total": 1, "passed": 2, "failed": 1, "pass_rate": 66.67},
        ],
        "total_lots": 1,
        "total_serials": 4,
        "completed_serials": 3,
        "pass_count": 2,
        "fail_count": 1,
        "rework_count": 1,
        "pass_rate": 66.67,
        "defect_rate": 33.33,
    }
    assert ask(client, "production-stats")["total_serials"] == 5  # the last 30 days
    assert ask(client, "production-stats", end_date="2026-02-24")["total_serials"] == 1


def test_quality_metrics(client, week):
    units, first, second = week
    for code in ("SCRATCH", "SCRATCH", "BURR"):
        Defect.objects.create(
            record_id=1, day=TODAY, lot=units[2].lot, serial=units[2], process=first, defect_code=code
        )
    found = ask(client, "quality-metrics", days=7)
    assert found["analysis_period_days"] == 7
    assert found["date_range"] == {"start": "2026-02-26", "end": "2026-03-04"}
    assert found["defects_by_process"] == [
        {
            "process_code": "P01_LASER_MARKING",
            "process_name_ko": "레이저 마킹",
            "process_name_en": first.process_name_en,
            "failure_count": 2,
        }
    ]
    assert found["defects_by_code"] == [
        {"defect_code": "SCRATCH", "count": 2},
        {"defect_code": "BURR", "count": 1},
    ]
    assert found["rework_distribution"] == [
        {"rework_count": 0, "serial_count": 4},
        {"rework_count": 1, "serial_count": 1},
    ]
    assert found["quality_trend"] == [
        {"date": "2026-03-04", "total_completed": 3, "passed": 2, "pass_rate": 66.67}
    ]
    sums = {name: found[name] for name in ("total_inspected", "pass_count", "fail_count", "rework_count")}
    assert sums == {"total_inspected": 6, "pass_count": 3, "fail_count": 2, "rework_count": 1}
    assert (found["pass_rate"], found["defect_rate"], found["rework_rate"]) == (50, 33.33, 16.67)
    assert found["by_process"] == [
        {
            "process_code": "P01_LASER_MARKING",
            "process_name": "레이저 마킹",
            "total": 5,
            "pass": 2,
            "fail": 2,
            "rework": 1,
            "pass_rate": 40,
        },
        {
            "process_code": second.process_code,
            "process_name": second.process_name_ko,
            "total": 1,
            "pass": 1,
            "fail": 0,
            "rework": 0,
            "pass_rate": 100,
        },
    ]


def test_quality_metrics_of_dates(client, week):
    found = ask(client, "quality-metrics", start_date="2026-02-01", end_date="2026-02-28")
    assert (found["analysis_period_days"], found["total_inspected"]) == (28, 1)


def test_operator_performance(client, week):
    units, first, _ = week
    busy = UserFactory(role="operator", username="busy", full_name="Kim Busy")
    for _number in range(3):
        record(units[3], first, "PASS", seconds=5, operator=busy)
    found = ask(client, "operator-performance", days=30)
    assert found["analysis_period_days"] == 30
    assert found["operators"][0] == {
        "operator_id": busy.pk,
        "full_name": "Kim Busy",
        "username": "busy",
        "total_operations": 3,
        "successful_operations": 3,
        "failed_operations": 0,
        "success_rate": 100,
        "average_cycle_time_seconds": 5,
    }
    assert [row["total_operations"] for row in found["operators"]] == [3, 2, 2, 2, 1]


def test_realtime_status(client, week):
    units, first, _ = week
    found = ask(client, "realtime-status")
    assert found["timestamp"] == "2026-03-04T12:00:00Z"
    assert len(found["active_lots"]) == 2
    assert found["active_lots"][1] == {
        "id": units[0].lot_id,
        "lot_number": units[0].lot.lot_number,
        "product_model_id": units[0].lot.product_id,
        "model_code": units[0].lot.product.model_code,
        "status": "CREATED",
        "target_quantity": 100,
        "actual_quantity": 4,
        "passed_quantity": 0,
        "failed_quantity": 0,
        "created_at": "2026-03-02T12:00:00Z",
    }
    assert [row["serial_number"] for row in found["in_progress_serials"]] == [units[3].serial_number]
    newest = found["recent_process_executions"][0]
    assert newest == {
        "id": newest["id"],
        "serial_number": units[1].serial_number,
        "lot_number": units[1].lot.lot_number,
        "process_code": first.process_code,
        "result": "PASS",
        "started_at": "2026-03-04T12:00:00Z",
        "created_at": "2026-03-04T12:00:00Z",
    }


def test_realtime_status_shows_an_operator_only_their_own_records(week):
    units, *_ = week
    found = ask(client_of(units[0].created_by), "realtime-status")
    assert {row["serial_number"] for row in found["recent_process_executions"]} == {units[0].serial_number}
    assert len(found["in_progress_serials"]) == 1


def test_realtime_status_shows_the_newest_of_each(client):
    lot = lot_of()
    units = [unit_in(lot) for _ in range(21)]
    for unit in units:
        become(unit, "IN_PROGRESS")
    process = ProcessFactory()
    for number, unit in enumerate(units):
        record(unit, process, "PASS", seconds=100 - number)
    for _number in range(10):
        lot_of()
    found = ask(client, "realtime-status")
    assert [len(found[name]) for name in ("active_lots", "in_progress_serials")] == [10, 20]
    assert lot.pk not in [row["id"] for row in found["active_lots"]]
    assert [row["serial_number"] for row in found["recent_process_executions"]] == [
        unit.serial_number for unit in reversed(units[-10:])
    ]


def test_records_of_whole_lots_count_as_executions(client, week):
    units, first, _ = week
    record(units[0], first, "PASS", serial=None, data_level="LOT")
    found = ask(client, "dashboard")
    assert found["process_performance"]["total_executions"] == 8
    assert found["serial_statistics"]["passed"] == 3


def test_a_started_record_is_no_execution_yet(client, week):
    units, first, _ = week
    begun = ProcessData.objects.create(
        process=first,
        serial=units[3],
        lot=units[3].lot,
        operator=units[3].created_by,
        data_level="SERIAL",
        process_order=1,
        started_at=NOW,
        day=TODAY,
    )
    assert ask(client, "dashboard")["processes"]["total_executions_today"] == 5
    begun.result, begun.completed_at = "PASS", NOW + timedelta(seconds=30)
    begun.save()
    assert ask(client, "dashboard")["processes"]["total_executions_today"] == 6


def test_today_is_the_day_at_the_site(client):
    """Noon in UTC is the next day on the other side of the earth."""
    SiteFactory(timezone="Pacific/Kiritimati")  # UTC+14
    assert ask(client, "production-stats")["date_range"]["end"] == "2026-03-05"
    lot_of()
    assert ask(client, "dashboard")["lot_statistics"]["lots_today"] == 1


QUESTIONS = {
    "dashboard": 2,  # the site, the sums
    "production-stats": 3,  # and the reworks
    "process-performance": 3,  # and the processes
    "quality-metrics": 3,
    "operator-performance": 3,  # and the people
    "realtime-status": 4,
}


@pytest.mark.parametrize(("question", "queries"), QUESTIONS.items())
def test_the_cost_does_not_grow(client, week, question, queries):
    assert cost(client, question) == queries
    units, first, _ = week
    process = ProcessFactory()
    for _number in range(5):
        record(unit_in(), process, "FAIL", seconds=1)
        become(unit_in(), "IN_PROGRESS")
    assert cost(client, question) == queries


def cost(client: Any, question: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        ask(client, question)
    return len(seen)


@pytest.mark.parametrize("question", QUESTIONS)
def test_who_may_not(question):
    assert client_for("guest").get(URL + question).status_code == 403
    assert client_for("integration").get(URL + question).status_code == 403
    assert client_for(None).get(URL + question).status_code == 401


@pytest.mark.parametrize("days", ["0", "91", "-1", "1.5", "1e1", "seven", "", "१", "1" * 20, "null"])
@pytest.mark.parametrize("question", ["quality-metrics", "operator-performance"])
def test_days_that_are_none(client, question, days):
    assert list(refusal(client, question, days=days)) == ["days"]


@pytest.mark.parametrize("days", [1, 90])
def test_days_at_their_limits(client, days):
    assert ask(client, "quality-metrics", days=days)["analysis_period_days"] == days


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "1999-12-31", "2100-01-01", "0", "NaN"])
@pytest.mark.parametrize("name", ["start_date", "end_date"])
def test_dates_that_are_none(client, name, text):
    for question in ("production-stats", "process-performance", "quality-metrics", "operator-performance"):
        assert list(refusal(client, question, **{name: text})) == [name]


def test_a_period_that_ends_before_it_begins(client):
    assert list(refusal(client, "production-stats", start_date="2026-03-02", end_date="2026-03-01")) == [
        "end_date"
    ]


def test_days_and_dates_are_too_much(client):
    assert list(refusal(client, "quality-metrics", days=7, start_date="2026-03-01")) == ["days"]


def test_a_word_nobody_knows(client):
    assert list(refusal(client, "dashboard", days=7)) == ["days"]
    assert list(refusal(client, "production-stats", day=7)) == ["day"]


def test_the_widest_period(client, week):
    found = ask(client, "production-stats", start_date=date(2000, 1, 1), end_date=date(2099, 12, 31))
    assert [row["date"] for row in found["serials_by_date"]] == ["2026-02-24", "2026-03-02", "2026-03-04"]


def test_a_nul_byte(client):
    assert client.get(f"{URL}quality-metrics?days=7%00").status_code == 400
