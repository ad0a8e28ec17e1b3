"""The plant, its calendar, stop reasons, and what state each machine was in."""

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

__all__ = [
    "Area",
    "CalendarException",
    "Line",
    "Machine",
    "MachineState",
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
