"""The plant, its calendar, stop reasons, what state each machine was in, and its upkeep."""

from equipment.models.downtimes import Downtime, MinorStopLimit
from equipment.models.plans import FaultCode, MaintenancePlan
from equipment.models.plant import (
    Area,
    Line,
    Machine,
    Site,
    code_rule,
    validate_not_reserved,
    validate_timezone,
)
from equipment.models.shifts import CalendarException, ScopedToPlant, ShiftPattern, validate_breaks
from equipment.models.states import MachineState, StateEvent, StopReason
from equipment.models.upkeep import Fault, MaintenanceOrder

__all__ = [
    "Area",
    "CalendarException",
    "Downtime",
    "Fault",
    "FaultCode",
    "Line",
    "Machine",
    "MachineState",
    "MaintenanceOrder",
    "MaintenancePlan",
    "MinorStopLimit",
    "ScopedToPlant",
    "ShiftPattern",
    "Site",
    "StateEvent",
    "StopReason",
    "code_rule",
    "validate_breaks",
    "validate_not_reserved",
    "validate_timezone",
]
