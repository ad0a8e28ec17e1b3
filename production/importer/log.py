"""A production log as read: values only, times in UTC. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Factor:
    """Why batches stop. `loss_category` is one of equipment.choices.LossCategory."""

    code: str
    name: str
    is_operator_error: bool
    loss_category: str


@dataclass(frozen=True, slots=True)
class Product:
    """`ideal_seconds` is the ideal time of one batch; None where the log does not tell."""

    code: str
    name: str
    ideal_seconds: Decimal | None


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of a batch; where in the batch it happened, nobody wrote down."""

    factor: str
    duration: timedelta


@dataclass(frozen=True, slots=True)
class Batch:
    """[start, end) in which one batch of a product was made, with its stops; `row` is its row in the file."""

    number: str
    product: str
    operator: str
    start: datetime
    end: datetime
    stops: tuple[Stop, ...]
    row: int

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    @property
    def stopped(self) -> timedelta:
        return sum((stop.duration for stop in self.stops), timedelta())


@dataclass(frozen=True, slots=True)
class Orphan:
    """Stops of a batch that is not in the batches' file."""

    batch: str
    stopped: timedelta


@dataclass(frozen=True, slots=True)
class TableCount:
    """`read` rows that are not blank, of which `left_out` say nothing that was imported; each of those is named."""

    file: str
    read: int
    left_out: int


@dataclass(frozen=True, slots=True)
class ProductionLog:
    """What can be trusted in the files: batches by start, disjoint, each with all of its stops."""

    batches: tuple[Batch, ...]
    factors: dict[str, Factor]
    products: dict[str, Product]
    orphans: tuple[Orphan, ...]
    tables: dict[str, TableCount]
