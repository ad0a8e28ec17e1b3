"""Faults and maintenance to test with."""

from __future__ import annotations

from typing import Any

from equipment.actions import order_maintenance, report_fault
from equipment.models import Fault, Machine, MaintenanceOrder
from tests.support.factories import UserFactory
from tests.support.states import at


def fault_of(machine: Machine, **given: Any) -> Fault:
    """A broken belt at six o'clock, if nothing else is said."""
    said = {
        "fault_code": "BELT-7",
        "severity": "HIGH",
        "description": "Belt torn",
        "occurred_at": at(6),
        "actor": given.get("actor") or UserFactory(role="operator"),
    }
    return report_fault(machine=machine, **{**said, **given})


def order_for(machine: Machine, **given: Any) -> MaintenanceOrder:
    """Lubrication from eight to nine, if nothing else is said."""
    said = {
        "maintenance_type": "PREVENTIVE",
        "title": "Lubricate",
        "description": "",
        "priority": "LOW",
        "fault": None,
        "scheduled_start": at(8),
        "scheduled_end": at(9),
        "notes": "",
        "actor": given.get("actor") or UserFactory(role="engineer"),
    }
    return order_maintenance(machine=machine, **{**said, **given})
