"""Availability, performance, quality, OEE and TEEP out of the sums, with what is odd about them."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from oee.kpi.ratios import Number, ratio, seconds
from oee.kpi.sums import NO_TIME, Sums


class Flag(StrEnum):
    """What a reader must know before trusting a figure."""

    NO_SCHEDULE = "NO_SCHEDULE"  # no planned busy time: every ratio is undefined
    PERFORMANCE_OVER_100 = "PERFORMANCE_OVER_100"  # ideal rate too slow, or run time or counts wrong
    UNKNOWN_TIME = "UNKNOWN_TIME"  # some of the time had no signal
    NO_STANDARD_RATE = "NO_STANDARD_RATE"  # pieces whose ideal cycle nobody has entered
    GOOD_OVER_PRODUCED = "GOOD_OVER_PRODUCED"  # more good pieces than pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One OEE figure: its facts, and the ratios divided out of them.

    Ratios are fractions of 1, rounded nowhere and capped nowhere (OEE contract R4); undefined is None, never
    0 or 1 (R5). A × P × Q = OEE wherever all four are defined (R1).
    """

    planned_busy_seconds: Decimal
    actual_production_seconds: Decimal
    ideal_seconds: Decimal | None
    ideal_good_seconds: Decimal | None
    produced_quantity: int | Decimal
    good_quantity: int | Decimal
    scrap_quantity: int | Decimal
    rework_quantity: int | Decimal = 0
    calendar_seconds: Decimal = NO_TIME
    unknown_seconds: Decimal = NO_TIME
    is_one_product: bool = True

    @property
    def availability(self) -> float | None:
        """APT / PBT."""
        return ratio(self.actual_production_seconds, self.planned_busy_seconds)

    @property
    def performance(self) -> float | None:
        """ΣPRI×PQ / APT (ISO 22400: effectiveness); may exceed 1."""
        return self._when_busy(self.ideal_seconds, self.actual_production_seconds)

    @property
    def quality(self) -> float | None:
        """ΣPRI×GQ / ΣPRI×PQ; without a standard rate GQ / PQ, if all is one product (OEE contract R3)."""
        if self.ideal_seconds:
            return self._when_busy(self.ideal_good_seconds, self.ideal_seconds)
        if self.is_one_product:
            return self._when_busy(self.good_quantity, self.produced_quantity)
        return None

    @property
    def oee(self) -> float | None:
        """ΣPRI×GQ / PBT."""
        return ratio(self.ideal_good_seconds, self.planned_busy_seconds)

    @property
    def teep(self) -> float | None:
        """ΣPRI×GQ / calendar time = OEE × utilization."""
        return self._when_busy(self.ideal_good_seconds, self.calendar_seconds)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What is odd, in the order of `Flag`."""
        busy, ideal = self.planned_busy_seconds, self.ideal_seconds
        found = {
            Flag.NO_SCHEDULE: busy <= 0,
            Flag.PERFORMANCE_OVER_100: busy > 0 and (ideal or 0) > self.actual_production_seconds,
            Flag.UNKNOWN_TIME: self.unknown_seconds > 0,
            Flag.NO_STANDARD_RATE: ideal is None,
            Flag.GOOD_OVER_PRODUCED: self.good_quantity > self.produced_quantity,
        }
        return tuple(flag for flag, is_so in found.items() if is_so)

    def _when_busy(self, part: Number | None, whole: Number | None) -> float | None:
        return ratio(part, whole) if self.planned_busy_seconds > 0 else None


def figure(sums: Sums) -> Figure:
    """The figure of any sums (OEE contract R1–R5). Never raises."""
    return Figure(
        planned_busy_seconds=seconds(sums.planned_busy_us),
        actual_production_seconds=seconds(sums.actual_production_us),
        ideal_seconds=sums.ideal,
        ideal_good_seconds=sums.ideal_good,
        produced_quantity=sums.produced,
        good_quantity=sums.good,
        scrap_quantity=sums.scrap,
        rework_quantity=sums.rework,
        calendar_seconds=seconds(sums.calendar_us),
        unknown_seconds=seconds(sums.unknown_us),
        is_one_product=sums.product is not None,
    )


class InvalidSums(ValueError):
    """A number of which no figure can be made: `field` names it, `message` says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


# Beyond these a quotient leaves the range of a float; no factory is there.
_SMALLEST, _LARGEST = Decimal("1e-9"), Decimal("1e12")


def plain_figure(
    *,
    planned_production_time: Number,
    run_time: Number,
    ideal_cycle_time: Number,
    total_units: Number,
    good_units: Number,
) -> Figure:
    """The figure of plain numbers, all times in one unit (which the figure's "seconds" then are).

    Raises InvalidSums for what is negative, no number or out of range, a run longer than planned, more good
    units than units. TEEP is undefined: the calendar is not known.
    """
    planned = _amount("planned_production_time", planned_production_time)
    run = _amount("run_time", run_time)
    cycle = _amount("ideal_cycle_time", ideal_cycle_time)
    total, good = _amount("total_units", total_units), _amount("good_units", good_units)
    if run > planned:
        raise InvalidSums("run_time", "must not exceed planned_production_time")
    if good > total:
        raise InvalidSums("good_units", "must not exceed total_units")
    return Figure(
        planned_busy_seconds=planned,
        actual_production_seconds=run,
        ideal_seconds=cycle * total,
        ideal_good_seconds=cycle * good,
        produced_quantity=total,
        good_quantity=good,
        scrap_quantity=total - good,
    )


def _amount(field: str, value: Number) -> Decimal:
    amount = _decimal(value)
    if amount is None or not amount.is_finite():
        raise InvalidSums(field, "must be a number")
    if amount < 0:
        raise InvalidSums(field, "must not be negative")
    if amount and not _SMALLEST <= amount <= _LARGEST:
        raise InvalidSums(field, f"must be 0 or between {_SMALLEST} and {_LARGEST}")
    return amount


def _decimal(value: Number) -> Decimal | None:
    """Through text, so that the float 0.1 means the 0.1 that was typed."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
