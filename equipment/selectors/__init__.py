"""Questions about the plant; reads only."""

from equipment.selectors.downtimes import downtime_statistics, downtimes, minor_stop_limits
from equipment.selectors.plant import (
    SEVERITY,
    calendar_of,
    calendars,
    current_states,
    find_area,
    line_status,
    line_statuses,
    lines_without_shifts,
    machines_without_line,
    reason_children,
)
from equipment.selectors.upkeep import KnownFault, known_fault

__all__ = [
    "KnownFault",
    "SEVERITY",
    "calendar_of",
    "calendars",
    "current_states",
    "downtime_statistics",
    "downtimes",
    "find_area",
    "known_fault",
    "line_status",
    "line_statuses",
    "lines_without_shifts",
    "machines_without_line",
    "minor_stop_limits",
    "reason_children",
]
