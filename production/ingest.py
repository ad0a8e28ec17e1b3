"""From a batch of raw events to rows that can be written: codes become ids, and each refused event is told why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from equipment.actions import NewStateEvent
from equipment.choices import EventLayer
from equipment.models import Machine, StopReason
from production.events import Counted, CounterRead, Refused, StateSeen, parse
from production.inputs import NewCount, NewReading
from production.models import JobAssignment, ProductModel

Event = StateSeen | Counted | CounterRead
T = TypeVar("T", bound=Event)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line of a batch that is no JSON; it stands in the list of events in the place of one."""

    detail: str


@dataclass(slots=True)
class Batch:
    """The events of one request, sorted out."""

    states: list[NewStateEvent] = field(default_factory=list)
    counts: list[NewCount] = field(default_factory=list)
    readings: list[NewReading] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, index: int, item: Any, refused: Refused) -> None:
        event_id = item.get("event_id") if isinstance(item, dict) else None
        self.errors.append(
            {
                "index": index,
                "event_id": event_id[:100] if isinstance(event_id, str) else None,
                "code": refused.code,
                "field": refused.field,
                "detail": refused.detail,
            }
        )


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids behind the codes of a batch, as they are written there."""

    machines: dict[str, int]
    products: dict[str, int]
    reasons: dict[str, int]
    jobs: dict[int, JobAssignment]

    def machine(self, event: Event) -> int:
        return self._of(self.machines, event.equipment_code, "equipment_code", "unknown_equipment")  # type: ignore[return-value]

    def product(self, event: Counted | CounterRead) -> int | None:
        return self._of(self.products, event.product_code, "product_code", "unknown_product")

    def reason(self, event: StateSeen) -> int | None:
        return self._of(self.reasons, event.reason_code, "reason_code", "unknown_reason")

    def job(self, event: Counted) -> JobAssignment | None:
        """The job that the pieces are of, where one is named: of that machine and product, and started."""
        if event.job_id is None:
            return None
        job = self.jobs.get(event.job_id)
        if job is None or job.machine_id != self.machine(event):
            raise Refused("unknown_job", "job_id", _("There is no such job on this machine."))
        if job.started_at is None:
            raise Refused("job_not_started", "job_id", _("The job has not been started."))
        if self.product(event) not in (None, job.schedule.product_id):
            raise Refused("other_product", "product_code", _("The job makes another product."))
        return job

    @staticmethod
    def _of(ids: dict[str, int], code: str | None, name: str, error: str) -> int | None:
        if code is not None and code not in ids:
            raise Refused(error, name, _("There is no %(code)s.") % {"code": code})
        return None if code is None else ids[code]


def sort_out(items: Sequence[Any], *, source: str, now: datetime) -> Batch:
    """Every event parsed, matched and told apart, in the order given. Locks the machines named; at most four queries."""
    batch = Batch()
    parsed: list[tuple[int, Any, Event]] = []
    for index, item in enumerate(items):
        try:
            parsed.append((index, item, _read(item, now)))
        except Refused as refused:
            batch.refuse(index, item, refused)
    ids = _ids([event for _index, _item, event in parsed])
    seen: set[tuple[type[Event], str]] = set()
    for index, item, event in parsed:
        try:
            new = _new(event, ids, source)
        except Refused as refused:
            batch.refuse(index, item, refused)
            continue
        name = (type(event), event.event_id)
        if name not in seen:  # of two with one name the first counts
            seen.add(name)
            _put(batch, new)
    batch.errors.sort(key=lambda error: error["index"])
    return batch


def _read(item: Any, now: datetime) -> Event:
    if isinstance(item, Unreadable):
        raise Refused("invalid", None, item.detail)
    return parse(item, now=now)


def _put(batch: Batch, new: NewStateEvent | NewCount | NewReading) -> None:
    if isinstance(new, NewStateEvent):
        batch.states.append(new)
    elif isinstance(new, NewCount):
        batch.counts.append(new)
    else:
        batch.readings.append(new)


def _new(event: Event, ids: Ids, source: str) -> NewStateEvent | NewCount | NewReading:
    if isinstance(event, StateSeen):
        return _new_state(event, ids, source)
    return _new_count(event, ids, source) if isinstance(event, Counted) else _new_reading(event, ids, source)


def _new_state(event: StateSeen, ids: Ids, source: str) -> NewStateEvent:
    return NewStateEvent(
        machine_id=ids.machine(event),
        source=source,
        event_id=event.event_id,
        layer=EventLayer.CHANGE if event.ended_at is None else EventLayer.SPAN,
        state=event.state,
        reason_id=ids.reason(event),
        started_at=event.started_at,
        ended_at=event.ended_at,
        note=event.note or "",
    )


def _new_count(event: Counted, ids: Ids, source: str) -> NewCount:
    machine_id, job = ids.machine(event), ids.job(event)
    return NewCount(
        machine_id=machine_id,
        source=source,
        event_id=event.event_id,
        at=event.at,
        product_id=job.schedule.product_id if job else ids.product(event),
        job_id=job.pk if job else None,
        good=event.good or 0,
        scrap=event.scrap or 0,
        rework=event.rework or 0,
    )


def _new_reading(event: CounterRead, ids: Ids, source: str) -> NewReading:
    return NewReading(
        machine_id=ids.machine(event),
        source=source,
        event_id=event.event_id,
        counter=event.counter,
        at=event.at,
        value=event.value,
        product_id=ids.product(event),
        rollover_at=event.rollover_at,
    )


def _ids(events: Sequence[Event]) -> Ids:
    products = {e.product_code for e in events if not isinstance(e, StateSeen)}
    reasons = {e.reason_code for e in events if isinstance(e, StateSeen)}
    jobs = {e.job_id for e in events if isinstance(e, Counted) and e.job_id is not None}
    machines = Machine.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    return Ids(
        machines=ids_by_code(machines, "equipment_code", {e.equipment_code for e in events}),
        products=ids_by_code(ProductModel.objects.order_by("pk"), "model_code", products),
        reasons=ids_by_code(StopReason.objects.order_by("pk"), "code", reasons),
        jobs=JobAssignment.objects.select_related("schedule").in_bulk(jobs) if jobs else {},
    )


def ids_by_code(rows: QuerySet[Any], name: str, codes: Iterable[str | None]) -> dict[str, int]:
    """The ids of the rows with these codes, matched exactly, else whatever the case. One query, none for no code."""
    wanted = {code for code in codes if code is not None}
    if not wanted:
        return {}
    lowered = {code.lower() for code in wanted}
    found = rows.alias(lowered=Lower(name)).filter(Q(**{f"{name}__in": wanted}) | Q(lowered__in=lowered))
    exact = {code: pk for pk, code in found.values_list("pk", name)}
    folded = {code.lower(): pk for code, pk in reversed(exact.items())}
    ids = {code: exact.get(code, folded.get(code.lower())) for code in wanted}
    return {code: pk for code, pk in ids.items() if pk is not None}
