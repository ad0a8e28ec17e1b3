"""A body that each writing operation takes, on the rows of a Plant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.support.factories import MachineFactory
from tests.support.operations import Operation, Plant
from tests.support.production_factories import count_event, counter_event, state_event

Body = dict[str, Any]
GOOD_PASSWORD = "Line-Two-27"  # noqa: S105
SPAN = {"start": "2026-03-02T06:00:00Z", "end": "2026-03-02T14:00:00Z"}
PRODUCT: Body = {
    "model_code": "NEW",
    "model_name": "New",
    "category": "Water",
    "production_cycle_days": 2,
    "specifications": {"volume": 0.5},
    "status": "ACTIVE",
    "unit_price": 1.25,
    "currency": "EUR",
}
USER: Body = {
    "username": "newcomer",
    "email": "newcomer@example.com",
    "full_name": "New Comer",
    "company_name": "Works",
    "department": "Filling",
    "role": "operator",
    "is_active": True,
    "password": GOOD_PASSWORD,
}
PLAIN_NUMBERS: Body = {
    "planned_production_time": 420,
    "run_time": 373,
    "ideal_cycle_time": 0.016,
    "total_units": 19271,
    "good_units": 18848,
}

# What POST to a collection takes; PUT and PATCH of its rows take the same.
ROWS: dict[str, Callable[[Plant], Body]] = {
    "users": lambda plant: USER,
    "employees": lambda plant: {
        "name": "New Comer",
        "position": "Filler",
        "department": "Filling",
        "email": "newcomer@example.com",
        "phone": "+49 30 1",
        "badge": "B-1",
        "user": None,
    },
    "sites": lambda plant: {"code": "NEW", "name": "New", "timezone": "Asia/Seoul", "is_active": True},
    "areas": lambda plant: {"site_id": plant.site.pk, "code": "NEW", "name": "New"},
    "production/lines": lambda plant: {
        "line_code": "NEW",
        "name": "New",
        "description": "",
        "site": plant.site.code,
        "area": plant.line.area.code,
        "equipment_codes": [],
        "constraint_equipment_code": None,
        "target_speed": 600,
        "target_oee": 0.85,
        "topology": "SERIES",
        "enabled": True,
    },
    "equipment": lambda plant: {
        "equipment_code": "NEW",
        "name": "New",
        "line_id": plant.line.pk,
        "position": 2,
        "machine_type": "Filler",
        "is_active": True,
    },
    "shift-patterns": lambda plant: {
        "line_id": None,
        "site_id": plant.site.pk,
        "name": "Night",
        "weekdays": [0, 1],
        "start_time": "22:00:00",
        "end_time": "06:00:00",
        "breaks": [{"start_time": "01:00:00", "end_time": "01:30:00"}],
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
    },
    "calendar-exceptions": lambda plant: {
        "line_id": None,
        "site_id": plant.site.pk,
        "date": "2026-06-04",
        "kind": "OVERTIME",
        "start_time": "06:00:00",
        "end_time": "14:00:00",
        "name": "Stocktaking",
    },
    "downtime/reasons": lambda plant: {
        "code": "NEW",
        "name": "New",
        "parent_id": plant.parent.pk,
        "loss_category": "SETUP",
        "planned": False,
        "is_operator_error": False,
        "is_active": True,
    },
    "fault-codes": lambda plant: {
        "code": "NEW",
        "machine_type": "Filler",
        "name": "New",
        "description": "Belt torn",
        "severity": "HIGH",
        "remedy": "Change the belt",
        "is_active": True,
    },
    "maintenance-plans": lambda plant: {
        "equipment_code": plant.machine.equipment_code,
        "title": "New",
        "description": "",
        "priority": "LOW",
        "every_days": 30,
        "every_running_hours": 250,
        "tolerance_days": 3,
        "counted_from": SPAN["start"],
        "is_active": True,
    },
    "product-models": lambda plant: PRODUCT,
    "products": lambda plant: PRODUCT,
    "standard-rates": lambda plant: {
        "product_code": plant.rate.product.model_code,
        "equipment_code": None,
        "ideal_cycle_seconds": 1.5,
        "valid_from": "2026-02-01",
    },
    "production/schedules": lambda plant: {
        "line_id": plant.line.pk,
        "product_model_id": plant.rate.product_id,
        "scheduled_start": "2026-03-04T06:00:00Z",
        "scheduled_end": "2026-03-04T14:00:00Z",
        "target_quantity": 500,
        "priority": 7,
        "notes": "",
    },
    "production/job-assignments": lambda plant: {
        "schedule_id": plant.schedule.pk,
        "user_id": plant.worker.pk,
        "equipment_code": plant.machine.equipment_code,
        "lot_id": None,
        "notes": "",
    },
    "production/checklists": lambda plant: {
        "line_id": plant.line.pk,
        "text": "Which film?",
        "type": "SELECT",
        "required": True,
        "order": 2,
        "options": ["Clear", "Printed"],
        "is_active": True,
    },
    "processes": lambda plant: {
        "process_number": 7001,
        "process_code": "NEW",
        "process_name_ko": "새 공정",
        "process_name_en": "New",
        "description": "",
        "estimated_duration_seconds": 45,
        "quality_criteria": {
            "strict": True,
            "measurements": [{"name": "depth", "unit": "mm", "lower": 0.03, "upper": 0.08, "required": True}],
        },
        "is_label": False,
        "is_active": True,
        "sort_order": 7,
    },
    "routes": lambda plant: {"product_model_id": plant.spare.pk, "process_ids": [plant.process.pk]},
    "number-patterns": lambda plant: {
        "site_id": plant.site.pk,
        "lot_pattern": "L{yymmdd}{shift}-{seq:3}",
        "serial_pattern": "{lot}-{seq:4}",
    },
    "lots": lambda plant: {
        "product_model_id": plant.rate.product_id,
        "production_date": "2026-03-02",
        "shift": "DAY",
        "target_quantity": 50,
        "manager_id": plant.user.pk,
    },
    "serials": lambda plant: {"lot_id": plant.lot.pk, "sequence_in_lot": 9},
    "component-lots": lambda plant: {
        "part_code": "BUSBAR",
        "lot_number": "NEW",
        "supplier": "Acme",
        "quantity": 2.5,
        "made_in": None,
    },
    "oee/policies": lambda plant: {
        "site_id": plant.site.pk,
        "minor_stop_seconds": 240,
        "minor_stops": "PERFORMANCE",
        "setup": "PLANNED",
        "starved_blocked": "AVAILABILITY",
        "idle": "BUSY",
        "unknown_time": "BUSY",
        "valid_from": "2026-02-01",
    },
    "andon/escalation-policies": lambda plant: {
        "name": "New",
        "line_id": plant.line.pk,
        "event_type": "QUALITY",
        "priority": "HIGH",
        "clock_rests_outside_shifts": True,
        "is_active": True,
        "levels": [
            {"level": 1, "after_minutes": 5, "from": "REPORTED", "roles": ["quality"], "channels": ["PAGE"]},
            {
                "level": 2,
                "after_minutes": 30,
                "from": "ACKNOWLEDGED",
                "roles": ["production_manager", "admin"],
                "channels": ["EMAIL", "WEBHOOK"],
            },
        ],
    },
}
VERBS: dict[str, Callable[[Plant], Body]] = {
    "auth/register": lambda plant: {key: USER[key] for key in ("username", "full_name", "email", "password")},
    "auth/login": lambda plant: {
        "username": plant.user.username,
        "email": plant.user.email,
        "password": GOOD_PASSWORD,
    },
    "auth/login/json": lambda plant: {"username": plant.user.username, "password": GOOD_PASSWORD},
    "auth/refresh": lambda plant: {"refresh_token": "a.b.c"},
    "auth/logout": lambda plant: {"refresh_token": "a.b.c"},
    "auth/request-reset": lambda plant: {"email": plant.user.email},
    "auth/reset-password/{token}": lambda plant: {"new_password": GOOD_PASSWORD, "password": GOOD_PASSWORD},
    "auth/change-password": lambda plant: {"current_password": "wrong", "new_password": GOOD_PASSWORD},
    "auth/profile": lambda plant: {"email": "me@example.com", "full_name": "Me", "department": "Here"},
    "users/me": lambda plant: {"email": "me@example.com", "full_name": "Me", "department": "Here"},
    "users/{pk}/password": lambda plant: {"new_password": GOOD_PASSWORD},
    "ingest/events": lambda plant: {
        "events": [
            count_event(plant.machine),
            counter_event(plant.machine, 1, 5),
            state_event(plant.machine, 2),
        ]
    },
    "equipment/{equipment_code}/states/correct": lambda plant: {
        "state": "FAULT",
        "reason_code": plant.reason.code,
        "started_at": SPAN["start"],
        "ended_at": SPAN["end"],
        "why": "It stood",
    },
    "equipment/{equipment_code}/states/split": lambda plant: {
        "at": "2026-03-02T08:00:00Z",
        "reason_code": plant.reason.code,
        "why": "It stood",
    },
    "downtime": lambda plant: {
        "equipment_code": MachineFactory(line=plant.line).equipment_code,
        "start_time": SPAN["start"],
        "reason_code": plant.reason.code,
        "notes": "Belt off",
    },
    "downtime/{pk}/close": lambda plant: {"end_time": SPAN["end"]},
    "downtime/{pk}/reason": lambda plant: {
        "reason_code": plant.reason.code,
        "notes": "Belt off",
        "reason": "Seen",
    },
    "downtime/{pk}/split": lambda plant: {
        "at": "2026-03-02T08:00:00Z",
        "reason_code": plant.reason.code,
        "reason": "Seen",
    },
    "downtime/{pk}/confirm": lambda plant: {},
    "equipment/{equipment_code}/faults": lambda plant: {
        "fault_code": "BELT-7",
        "severity": "HIGH",
        "description": "Belt torn",
        "occurred_at": SPAN["start"],
    },
    "equipment/{equipment_code}/faults/{pk}/resolve": lambda plant: {"resolution_notes": "Belt changed"},
    "equipment/{equipment_code}/faults/{pk}/order": lambda plant: {},
    "fault-codes/import": lambda plant: {
        "file": SimpleUploadedFile("codes.csv", b"code,name\nBELT-9,Belt torn\n"),
        "dry_run": "true",
    },
    "equipment/{equipment_code}/maintenance": lambda plant: {
        "maintenance_type": "PREVENTIVE",
        "title": "Lubricate",
        "description": "",
        "priority": "LOW",
        "fault_id": None,
        "scheduled_start": SPAN["start"],
        "scheduled_end": SPAN["end"],
        "notes": "",
    },
    "equipment/{equipment_code}/maintenance/{pk}/start": lambda plant: {},
    "equipment/{equipment_code}/maintenance/{pk}/complete": lambda plant: {"notes": "Done"},
    "equipment/{equipment_code}/maintenance/{pk}/cancel": lambda plant: {"reason": "Not needed"},
    "andon/events": lambda plant: {
        "line_id": plant.line.pk,
        "equipment_code": plant.machine.equipment_code,
        "event_type": "QUALITY",
        "priority": "LOW",
        "description": "Caps sit crooked",
    },
    "andon/events/{pk}/acknowledge": lambda plant: {},
    "andon/events/{pk}/resolve": lambda plant: {"resolution_notes": "Done"},
    "andon/events/{pk}/cancel": lambda plant: {"reason": "By mistake"},
    "production/schedules/{pk}/cancel": lambda plant: {"reason": "No film"},
    "jobs/{pk}/accept": lambda plant: {},
    "jobs/{pk}/start": lambda plant: {},
    "jobs/{pk}/pause": lambda plant: {},
    "jobs/{pk}/resume": lambda plant: {},
    "jobs/{pk}/complete": lambda plant: {},
    "jobs/{pk}/cancel": lambda plant: {"reason": "No film"},
    "jobs/{pk}/counts": lambda plant: {"good": 12, "scrap": 1, "rework": 0, "event_id": "r-1"},
    "jobs/{pk}/checklist": lambda plant: {"answers": [{"item_id": plant.question.pk, "value": True}]},
    "andon/events/{pk}/escalate": lambda plant: {},
    "imports/production-log": lambda plant: {
        "line_code": plant.line.line_code,
        "batches": SimpleUploadedFile("batches.csv", b"Batch,Date,Product,Start Time,End Time\n"),
        "stops": SimpleUploadedFile("stops.csv", b"Batch,1\n"),
        "separator": ",",
        "column_map": "",
        "dry_run": "true",
    },
    "imports/production-log/{pk}/confirm": lambda plant: {},
    "lots/{pk}": lambda plant: {"target_quantity": 60},
    "lots/{pk}/quantities": lambda plant: {"actual_quantity": 2, "reason": "Counted on the rack"},
    "lots/{pk}/start": lambda plant: {},
    "lots/{pk}/complete": lambda plant: {"reason": "Order cancelled"},
    "lots/{pk}/close": lambda plant: {},
    "serials/{pk}": lambda plant: {"sequence_in_lot": 9},
    "serials/{pk}/status": lambda plant: {"status": "FAILED", "failure_reason": "Dent"},
    "serials/{pk}/rework": lambda plant: {"reason": "Straightened"},
    "oee/calculate": lambda plant: PLAIN_NUMBERS,
    "oee/recalculate": lambda plant: {"equipment_codes": [plant.machine.equipment_code], **SPAN},
}


def body_for(operation: Operation, plant: Plant) -> Body:
    """A fresh body that the operation takes. Raises KeyError for an operation that has none here yet."""
    path = operation.path.removeprefix("api/v1/")
    known = VERBS.get(path) or ROWS[path.rpartition("/{")[0] if path.endswith("}") else path]
    return dict(known(plant))
