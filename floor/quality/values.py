"""The measured numbers of a step, and the steps that measure any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from production.criteria import Definition, criteria_of, number_in
from production.models import Process, ProcessData

FURTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Measure:
    """One number that a process measures."""

    process: Process
    definition: Definition

    @property
    def key(self) -> str:
        """As the address names it."""
        return f"{self.process.pk}:{self.definition.name}"

    @property
    def title(self) -> str:
        """For people: P02_TEST Sensor test · Gap (mm)."""
        unit = f" ({self.definition.unit})" if self.definition.unit else ""
        return f"{self.process} · {self.definition.label}{unit}"


@dataclass(frozen=True, slots=True)
class Value:
    """One measured number, in the unit of its definition."""

    at: datetime
    number: float
    unit: str  # of production: its serial number, else its lot's number
    result: str


def measures() -> list[Measure]:
    """Every number that an active process measures, in the order of the processes."""
    return [
        Measure(process, one)
        for process in Process.objects.active().in_order()
        for one in numbers_of(process)
    ]


def numbers_of(process: Process) -> Iterator[Definition]:
    """The definitions of kind number."""
    return (one for one in criteria_of(process.quality_criteria).definitions if one.kind == "number")


def values_of(measure: Measure, *, product_id: int | None, most: int) -> list[Value]:
    """The last values of at most a year, the oldest first. One query; a value that is no number is passed over."""
    name = measure.definition.name
    records = ProcessData.objects.filter(
        process=measure.process,
        started_at__gte=timezone.now() - FURTHEST,
        completed_at__isnull=False,
        measurements__has_key=name,
    )
    if product_id is not None:
        records = records.filter(lot__product_id=product_id)
    rows = records.order_by("-started_at", "-id").values_list(
        "completed_at", "measurements", "serial__serial_number", "lot__lot_number", "result"
    )[:most]
    found = (
        Value(at, number, serial or lot, result)
        for at, measured, serial, lot, result in rows
        if (number := number_in(measured[name], measure.definition.unit)) is not None
    )
    return list(found)[::-1]
