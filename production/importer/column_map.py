"""Which column of which file means what. The defaults are the shape of the demo's bottling line. Pure."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, Literal, get_args

import msgspec

MAX_MAP_CHARACTERS = 20_000

Encoding = Literal["utf-8", "cp949", "latin-1"]
Category = Literal["BREAKDOWN", "SETUP", "MINOR_STOP", "STARVED_BLOCKED", "PLANNED", "OTHER"]  # LossCategory
CATEGORIES: tuple[str, ...] = get_args(Category)
SEPARATORS = ("|", ",", ";", "\t")


class Role(StrEnum):
    """What a file of the log tells."""

    BATCHES = "batches"
    STOPS = "stops"
    FACTORS = "factors"
    PRODUCTS = "products"


REQUIRED = (Role.BATCHES, Role.STOPS)


class _Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of columns; None where the file has no such column."""

    def named(self) -> list[str]:
        """Every column the map expects to find."""
        values = msgspec.structs.asdict(self).values()
        return [name for value in values for name in ([value] if isinstance(value, str) else value or ())]


class BatchColumns(_Columns, frozen=True):
    """One row per batch. `start` and `end` are times of `date`, or full dates with times."""

    batch: str = "Batch"
    product: str = "Product"
    start: str = "Start Time"
    end: str = "End Time"
    date: str | None = "Date"
    operator: str | None = "Operator"


class StopColumns(_Columns, frozen=True):
    """Minutes of stops per batch. Wide: a column per factor, which is every other column but the `ignored`.
    Long: a row per stop, with the columns `factor` and `minutes`."""

    batch: str = "Batch"
    factor: str | None = None
    minutes: str | None = None
    ignored: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.factor is None) != (self.minutes is None):
            raise ValueError("name both factor and minutes (a row per stop) or neither (a column per factor)")

    @property
    def is_long(self) -> bool:
        return self.factor is not None


class FactorColumns(_Columns, frozen=True):
    """One row per factor. `operator_error` is yes or no, `category` a loss category."""

    code: str = "Factor"
    name: str = "Description"
    operator_error: str | None = "Operator Error"
    category: str | None = None


class ProductColumns(_Columns, frozen=True):
    """One row per product. Its ideal time per batch: minimum minutes, or seconds."""

    code: str = "Product"
    name: tuple[str, ...] = ("Flavor", "Size")
    minimum_minutes: str | None = "Min batch time"
    ideal_seconds: str | None = None

    def __post_init__(self) -> None:
        if self.minimum_minutes and self.ideal_seconds:
            raise ValueError("name minimum_minutes or ideal_seconds; set the other to null")


class ColumnMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shape of a plant's log. `categories` gives loss categories by factor code and wins over the file's.

    `date_format` is as Python's strptime has it (`%d.%m.%Y`); empty means ISO dates.
    """

    batches: BatchColumns = BatchColumns()
    stops: StopColumns = StopColumns()
    factors: FactorColumns = FactorColumns()
    products: ProductColumns = ProductColumns()
    categories: dict[str, Category] = {}
    date_format: str = ""
    decimal: Literal[".", ","] = "."
    encoding: Encoding = "utf-8"

    def columns_of(self, role: Role) -> _Columns:
        columns: _Columns = getattr(self, role.value)
        return columns


DEFAULT_MAP = ColumnMap()


def read_map(text: str) -> ColumnMap:
    """The column map written as JSON; what it leaves out is as in the default. Raises ValueError, which says where
    it is wrong."""
    if len(text) > MAX_MAP_CHARACTERS:
        raise ValueError(f"longer than {MAX_MAP_CHARACTERS} characters")
    if not text.strip():
        return DEFAULT_MAP
    try:
        values = json.loads(text)
        json.dumps(
            values, ensure_ascii=False
        ).encode()  # refuses half a surrogate pair, which no database keeps
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    if r"\u0000" in text:
        raise ValueError("it holds NUL characters")
    return map_of(values)


def map_of(values: Any) -> ColumnMap:
    """The column map out of plain values, as `as_values` gives them. Raises ValueError."""
    try:
        return msgspec.convert(values, ColumnMap)
    except msgspec.ValidationError as exc:
        raise ValueError(str(exc)) from exc


def as_values(column_map: ColumnMap) -> dict[str, Any]:
    """The whole map as plain values for JSON."""
    values: dict[str, Any] = msgspec.to_builtins(column_map)
    return values


def as_text(column_map: ColumnMap) -> str:
    """The whole map as JSON for people to edit."""
    return json.dumps(as_values(column_map), indent=2, ensure_ascii=False)
