"""The batches of a log as runs, pieces and states; and what of them the plant has already."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from equipment.actions import NewStateEvent, record_state_events
from equipment.choices import EventLayer, State
from equipment.models import StateEvent
from production.actions import record_counts, record_run
from production.importer.layout import Part, Span, counted_at, gaps, parts_of
from production.importer.log import Batch
from production.importer.masters import Masters
from production.inputs import NewCount
from production.models import ProductionRun

STOP_NOTE = "Place inside the batch not recorded: stops are laid at its start, in the order of the log."
FOREVER = datetime.max.replace(tzinfo=UTC)
IDLE = "idle/"
Timed = tuple[datetime, datetime | None, str]


@dataclass(frozen=True, slots=True)
class Presence:
    """What the machine has in the time of the log: runs by reference, all runs by start, and the states that this
    log has said, by start. `products` are ids by code."""

    machine: str
    products: dict[str, int]
    by_reference: dict[str, ProductionRun]
    runs: list[ProductionRun]
    states: list[Timed]

    def has(self, batch: Batch) -> bool:
        return batch.number in self.by_reference

    def contradiction(self, batch: Batch) -> tuple[str, str] | None:
        """(code, message) where the plant says otherwise of this batch, or of its time."""
        run = self.by_reference.get(batch.number)
        if run is None:
            return self._overlap(batch)
        if self._is_same(run, batch):
            return None
        message = (
            "The batch is recorded already with other figures; it was left as it is. Correct it by hand."
        )
        return "recorded_otherwise", message

    def _overlap(self, batch: Batch) -> tuple[str, str] | None:
        """The runs are disjoint, so only the last that starts before the batch ends can reach into it."""
        index = bisect_left(self.runs, batch.end, key=lambda run: run.started_at)
        other = self.runs[index - 1] if index else None
        if other is None or (other.ended_at or FOREVER) <= batch.start:
            return None
        name = f"batch {other.reference}" if other.reference else "something else"
        return "overlap", f"{self.machine} made {name} at that time already. The batch was left out."

    def _is_same(self, run: ProductionRun, batch: Batch) -> bool:
        said = self.states[_first(self.states, batch.start) : _first(self.states, batch.end)]
        return (
            (run.started_at, run.ended_at) == (batch.start, batch.end)
            and run.product_id == self.products[batch.product]
            and said == [(part.start, part.end, part.name) for part in parts_of(batch)]
        )


def _first(states: list[Timed], at: datetime) -> int:
    return bisect_left(states, at, key=lambda state: state[0])


def presence_of(masters: Masters, batches: Sequence[Batch]) -> Presence:
    """Three queries, however many batches."""
    machine, products = masters.machine, {code: row.pk for code, row in masters.products.items()}
    if not batches:
        return Presence(machine.equipment_code, products, {}, [], [])
    start, end = batches[0].start, batches[-1].end
    named = machine.runs.filter(reference__in=[batch.number for batch in batches])
    runs = machine.runs.exclude(ended_at__lte=start).filter(started_at__lt=end).order_by("started_at")
    events = StateEvent.objects.filter(
        machine=machine, source=masters.source, started_at__gte=start, started_at__lt=end
    ).exclude(event_id__startswith=IDLE)
    return Presence(
        machine.equipment_code,
        products,
        {run.reference: run for run in named},
        list(runs),
        list(events.order_by("started_at").values_list("started_at", "ended_at", "event_id")),
    )


def write_batches(masters: Masters, batches: Sequence[Batch]) -> None:
    """Each batch as a run, one good piece at its end, and its states."""
    record_counts(counts=[_count(masters, batch, _run(masters, batch)) for batch in batches])
    record_state_events(events=[_event(masters, part) for batch in batches for part in parts_of(batch)])


def _run(masters: Masters, batch: Batch) -> ProductionRun:
    return record_run(
        machine=masters.machine,
        product=masters.products[batch.product],
        started_at=batch.start,
        ended_at=batch.end,
        reference=batch.number,
        operator_name=batch.operator,
        source=masters.source,
    )


def _count(masters: Masters, batch: Batch, run: ProductionRun) -> NewCount:
    return NewCount(
        machine_id=masters.machine.pk,
        source=masters.source,
        event_id=f"count/{batch.number}",
        at=counted_at(batch),
        product_id=run.product_id,
        good=1,
        run_id=run.pk,
    )


def _event(masters: Masters, part: Part) -> NewStateEvent:
    factor = part.factor
    return NewStateEvent(
        machine_id=masters.machine.pk,
        source=masters.source,
        event_id=part.name,
        layer=EventLayer.SPAN,
        state=State.RUNNING if factor is None else masters.state_of(factor),
        reason_id=None if factor is None else masters.reasons[factor].pk,
        started_at=part.start,
        ended_at=part.end,
        note="" if factor is None else STOP_NOTE,
    )


def write_idle(masters: Masters, batches: Sequence[Batch]) -> None:
    """No order between the first batch and the last, where nobody says anything else of the machine."""
    if not batches:
        return
    start, end = batches[0].start, batches[-1].end
    known = masters.machine.states.touching(start, end).values_list("started_at", "ended_at")
    free = gaps((since, until or FOREVER) for since, until in known)
    record_state_events(events=[_idle(masters, gap) for gap in free])


def _idle(masters: Masters, gap: Span) -> NewStateEvent:
    return NewStateEvent(
        machine_id=masters.machine.pk,
        source=masters.source,
        event_id=f"{IDLE}{gap[0].isoformat()}/{gap[1].isoformat()}",
        layer=EventLayer.SPAN,
        state=State.IDLE,
        reason_id=None,
        started_at=gap[0],
        ended_at=gap[1],
    )
