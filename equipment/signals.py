"""What this app announces to the apps above it."""

from __future__ import annotations

from django.dispatch import Signal

# Sent inside the transaction that writes; a receiver that fails undoes the write.
timeline_changed = (
    Signal()
)  # machine_id: int, start: datetime, end: datetime | None (None: open to the future)
calendar_changed = Signal()  # line_id: int | None, site_id: int | None; exactly one of them is given


# A question: a receiver answers with MinorStopLimit rows (equipment/models/downtimes.py).
minor_stop_limits_asked = Signal()

# Sent after commit.
downtime_changed = (
    Signal()
)  # downtime_id: int, machine_id: int; explained, split, confirmed or noted by a person
states_changed = Signal()  # machine_ids: list[int]
fault_reported = Signal()  # fault_id: int, machine_id: int
fault_resolved = Signal()  # fault_id: int, machine_id: int
maintenance_changed = Signal()  # order_id: int, machine_id: int; ordered, started, completed or cancelled
