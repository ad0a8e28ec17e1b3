"""Everything that changes where a machine stands, what state it was in, and its upkeep."""

from equipment.actions.downtimes import (
    close_downtime,
    confirm_downtime,
    explain_downtime,
    open_downtime,
    split_downtime,
)
from equipment.actions.fault_codes import FaultCodeReport, import_fault_codes
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
    order_due_maintenance,
    order_maintenance,
    order_repair,
    report_fault,
    resolve_fault,
    start_maintenance,
)

__all__ = [
    "CORRECTION_SOURCE",
    "MAX_WHY",
    "FaultCodeReport",
    "NewStateEvent",
    "cancel_maintenance",
    "close_downtime",
    "complete_maintenance",
    "confirm_downtime",
    "correct_state",
    "explain_downtime",
    "import_fault_codes",
    "open_downtime",
    "order_due_maintenance",
    "order_maintenance",
    "order_repair",
    "place_machines",
    "record_state_events",
    "report_fault",
    "resolve_fault",
    "split_downtime",
    "split_state",
    "start_maintenance",
]
