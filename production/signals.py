"""What production announces; every reader above it listens (see docs/architecture.md)."""

from django.dispatch import Signal

# Inside the transaction: machine_id: int, start: datetime, end: datetime. Which product the time belongs to, or
# how many pieces were made in it, may have changed anywhere in [start, end).
counts_recorded = Signal()

# After commit: machine_ids: list[int].
counts_changed = Signal()

# Inside the transaction: product_id: int, machine_id: int | None (None = every machine without a rate of its own),
# valid_from: date. Ideal times from that shift day on may have changed.
rates_changed = Signal()

# After commit: lot_id: int. Its status or quantities have changed.
lot_changed = Signal()

# After commit: serial_id: int, lot_id: int. The status of a unit has changed.
serial_changed = Signal()

# After commit: record_id: int | None, serial_id: int | None, lot_id: int. A step was started or completed; after a
# batch once for each lot, without ids of record and unit.
step_recorded = Signal()

# After commit: schedule_id: int, line_id: int.
schedule_changed = Signal()

# After commit: job_id: int, line_id: int, machine_id: int. Its status, its quantities or who works on it where.
job_changed = Signal()
