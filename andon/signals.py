"""What this app announces to the apps above it, after commit: ids, for what happened is read where it is shown."""

from __future__ import annotations

from django.dispatch import Signal

event_raised = Signal()  # event_id: int, line_id: int
event_changed = (
    Signal()
)  # event_id: int, line_id: int; acknowledged, resolved, cancelled, escalated, or more urgent
