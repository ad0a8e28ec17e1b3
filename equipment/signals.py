"""What this app announces to the apps above it."""

from __future__ import annotations

from django.dispatch import Signal

# Sent inside the transaction that writes; a receiver that fails undoes the write.
timeline_changed = (
    Signal()
)  # machine_id: int, start: datetime, end: datetime | None (None: open to the future)
calendar_changed = Signal()  # line_id: int | None, site_id: int | None; exactly one of them is given

# Sent after commit.
states_changed = Signal()  # machine_ids: list[int]
