"""Everything that changes where a machine stands, what state it was in, and its upkeep."""

from equipment.actions.placing import place_machines
from equipment.actions.states import (
    CORRECTION_SOURCE,
    MAX_WHY,
    NewStateEvent,
    correct_state,
    record_state_events,
    split_state,
)
from equipment.actions.upkeep import (
    cancel_maintenance,
    complete_maintenance,
    order_maintenance,
    report_fault,
    resolve_fault,
    start_maintenance,
)

__all__ = [
    "CORRECTION_SOURCE",
    "MAX_WHY",
    "NewStateEvent",
    "cancel_maintenance",
    "complete_maintenance",
    "correct_state",
    "order_maintenance",
    "place_machines",
    "record_state_events",
    "report_fault",
    "resolve_fault",
    "split_state",
    "start_maintenance",
]
