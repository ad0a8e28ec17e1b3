"""The examples of the process system's README, run in their order against a fresh demo, as they are printed.

Only the sign-in differs: the demo has a password of its own.
"""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.actions import DEMO_PASSWORD

PRODUCT = """{
    "model_code": "NH-2024-A1",
    "model_name": "NeuroHub Standard",
    "category": "Standard",
    "specifications": {
      "sensor_type": "IMU",
      "battery_capacity": "2000mAh",
      "wireless": "BLE 5.0"
    }
  }"""
LOT = """{
    "lot_number": "WF-KR-241118D-001",
    "product_model_id": 1,
    "target_quantity": 100,
    "shift": "DAY",
    "manager_id": 2
  }"""
SERIAL = """{
    "serial_number": "SN-241118-001",
    "lot_id": 1,
    "sequence_in_lot": 1
  }"""
RECORD = """{
    "process_id": 1,
    "serial_id": 1,
    "lot_id": 1,
    "data_level": "SERIAL",
    "result": "PASS",
    "measurements": {
      "marking_quality": "A",
      "marking_depth": "0.05mm",
      "position_x": "10.2",
      "position_y": "20.5"
    },
    "operator_id": 3,
    "process_order": 1,
    "cycle_time_seconds": 45
  }"""


class Caller:
    """A client that signs in by form and speaks with the bearer token it got."""

    def __init__(self) -> None:
        self.client = Client()
        answer = self.client.post(
            "/api/v1/auth/login",
            f"username=admin&password={DEMO_PASSWORD}",
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code == 200
        assert answer.json()["token_type"] == "bearer"
        self.token = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def post(self, path: str, body: str) -> dict[str, Any]:
        answer = self.client.post(f"/api/v1/{path}", body, "application/json", headers=self.token)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def get(self, path: str) -> dict[str, Any]:
        answer = self.client.get(f"/api/v1/{path}", headers=self.token)
        assert answer.status_code == 200, answer.content
        return answer.json()


@pytest.fixture
def plant(transactional_db, monkeypatch):
    """Ids begin at one, as they do on a first start."""
    monkeypatch.setenv("SIMULATE", "0")
    call_command("flush", reset_sequences=True, interactive=False, verbosity=0)
    call_command("seed_demo", stdout=StringIO())


@pytest.mark.parametrize("serialized_rollback", [True])
def test_the_printed_examples(plant, serialized_rollback):
    caller = Caller()
    assert caller.get("auth/me")["username"] == "admin"

    product = caller.post("product-models", PRODUCT)
    assert product | json.loads(PRODUCT) == product
    assert product["status"] == "ACTIVE"

    lot = caller.post("lots", LOT)
    assert lot | {"lot_number": "WF-KR-241118D-001", "shift": "DAY", "target_quantity": 100} == lot
    assert (lot["product_model_id"], lot["manager_id"], lot["status"]) == (1, 2, "CREATED")
    assert lot["production_date"] == "2024-11-18"

    serial = caller.post("serials", SERIAL)
    assert serial | json.loads(SERIAL) == serial
    assert (serial["status"], serial["rework_count"]) == ("CREATED", 0)

    record = caller.post("process-data", RECORD)
    wanted = json.loads(RECORD)
    assert {name: record[name] for name in wanted} == wanted
    assert record["duration_seconds"] == 45
    assert caller.get("serials/1")["status"] == "IN_PROGRESS"

    dashboard = caller.get("analytics/dashboard")
    printed = {
        "lot_statistics": ["total_lots", "lots_today", "lots_this_week", "active_lots"],
        "serial_statistics": ["total_serials", "serials_today", "in_progress", "passed", "failed"],
        "quality_metrics": ["overall_pass_rate", "defect_rate", "rework_rate"],
        "process_performance": ["total_executions", "avg_cycle_time_seconds", "total_failures"],
    }
    for name, keys in printed.items():
        assert list(dashboard[name]) == keys
    assert dashboard["lot_statistics"]["lots_today"] >= 2

    first = caller.get("analytics/process-performance")["processes"][0]
    assert first["process_id"] == 1
    assert (first["process_code"], first["process_name"]) == ("P01_LASER_MARKING", "레이저 마킹")
    assert first["total_executions"] == first["success_count"] + first["failure_count"]

    assert caller.get("analytics/quality-metrics?days=7")["analysis_period_days"] == 7
