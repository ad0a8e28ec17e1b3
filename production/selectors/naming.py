"""Finding a unit, a lot or a component lot by what people and programs call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from production.models import ComponentLot, Lot, Serial

MAX_DIGITS = 18  # of an id


@dataclass(frozen=True, slots=True)
class Subject:
    """What somebody asks about; `kind` is serial, lot or component_lot."""

    kind: str
    row: Any

    @property
    def number(self) -> str:
        return str(self.row.serial_number if self.kind == "serial" else self.row.lot_number)


def serial_named(name: str) -> Serial | None:
    """By its number, else by its id."""
    return serial_numbered(name) or _by_id(Serial, name)


def lot_named(name: str) -> Lot | None:
    """By its number, else by its id."""
    return lot_numbered(name) or _by_id(Lot, name)


def component_lot_named(name: str) -> ComponentLot | None:
    """By its number in any case, else by its id."""
    return component_lot_numbered(name) or _by_id(ComponentLot, name)


def serial_numbered(number: str) -> Serial | None:
    """By its number, in any case, with or without its hyphens."""
    return next(iter(Serial.objects.numbered(number.strip())), None)


def lot_numbered(number: str) -> Lot | None:
    """By its number, likewise."""
    return next(iter(Lot.objects.numbered(number.strip())), None)


def component_lot_numbered(number: str) -> ComponentLot | None:
    """By its number in any case."""
    return ComponentLot.objects.filter(lot_number__iexact=number.strip()).first()


def subject_named(kind: str, name: str) -> Subject | None:
    """The serial, lot or component_lot of this number or id."""
    find = {"serial": serial_named, "lot": lot_named, "component_lot": component_lot_named}[kind]
    row = find(name)
    return Subject(kind, row) if row else None


def subject_scanned(number: str, kind: str | None = None) -> Subject | None:
    """Whatever bears this number: a unit, else a lot, else a component lot; or only what is of this kind."""
    finders = {"serial": serial_numbered, "lot": lot_numbered, "component_lot": component_lot_numbered}
    for name in [kind] if kind in finders else finders:
        if row := finders[name](number):
            return Subject(name, row)
    return None


def _by_id(model: Any, name: str) -> Any:
    name = name.strip()
    is_id = name.isascii() and name.isdigit() and len(name) <= MAX_DIGITS
    return model.objects.filter(pk=int(name)).first() if is_id else None
