"""A small plant for OEE tests, filled through the same actions as everything else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count

from equipment.actions import NewStateEvent, record_state_events
from equipment.choices import EventLayer
from equipment.models import Area, Line, Machine, Site
from production.models import ProductionCount, ProductModel, StandardRate
from production.signals import counts_recorded

T0 = datetime(2026, 3, 2, 6, tzinfo=UTC)  # a Monday
_numbers = count(1)


def at(minutes: float) -> datetime:
    """`minutes` after T0."""
    return T0 + timedelta(minutes=minutes)


def make_line(*, machines: int = 1, zone: str = "UTC", **fields) -> Line:
    number = next(_numbers)
    site = Site.objects.create(code=f"S{number}", name=f"Site {number}", timezone=zone)
    area = Area.objects.create(site=site, code="A", name="Area")
    line = Line.objects.create(area=area, line_code=f"L{number}", name=f"Line {number}", **fields)
    for position in range(1, machines + 1):
        Machine.objects.create(line=line, equipment_code=f"M{number}-{position}", name="m", position=position)
    return line


def make_product(seconds: float | str | None = "1", code: str | None = None) -> ProductModel:
    product = ProductModel.objects.create(model_code=code or f"P{next(_numbers)}", model_name="Product")
    if seconds is not None:
        StandardRate.objects.create(product=product, ideal_cycle_seconds=seconds, valid_from=date(2020, 1, 1))
    return product


def state(machine: Machine, name: str, start: datetime, end: datetime | None = None, reason=None) -> None:
    layer = EventLayer.CHANGE if end is None else EventLayer.SPAN
    event = NewStateEvent(
        machine.pk, "test", f"s{next(_numbers)}", layer, name, reason and reason.pk, start, end
    )
    record_state_events(events=[event])


def pieces(machine: Machine, product: ProductModel | None, when: datetime, good=0, scrap=0, rework=0) -> None:
    row = ProductionCount.objects.create(
        machine=machine,
        product=product,
        at=when,
        good=good,
        scrap=scrap,
        rework=rework,
        source="test",
        event_id=f"c{next(_numbers)}",
    )
    day = timedelta(hours=24)
    counts_recorded.send(sender=None, machine_id=machine.pk, start=row.at - day, end=row.at + day)
