"""A second way to compute the sums of a machine: minute by minute, from the contract's words and nothing of the product.

Moments are seconds since 1970 at whole minutes. Slow and plain on purpose.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

MINUTE, HOUR, DAY = 60, 3600, 86_400
PLANNED_STATES = {"CLEANING", "MAINTENANCE", "ENGINEERING"}
SHORT = {"FAULT", "HELD", "STARVED", "BLOCKED"}


@dataclass
class World:
    """What is known: lists of tuples, seconds throughout.

    `shifts` (start, end, [(break start, break end)]), `states` (id, start, end or None, state), `runs` (start, end,
    product), `counts` (at, product, good, scrap, rework) in order, `rates` {product: Decimal}.
    """

    now: int
    shifts: list
    states: list
    runs: list
    counts: list
    rates: dict
    policy: dict


@dataclass
class Answer:
    busy: int = 0
    producing: int = 0
    calendar: int = 0
    unknown: int = 0
    ideal: Decimal | None = Decimal(0)
    ideal_good: Decimal | None = Decimal(0)
    made: int = 0
    good: int = 0
    scrap: int = 0
    rework: int = 0
    classes: dict = field(default_factory=lambda: defaultdict(int))
    stops: set = field(default_factory=set)
    by_product_busy: dict = field(default_factory=lambda: defaultdict(int))
    made_by_hour: dict = field(default_factory=lambda: defaultdict(int))


def answer(world: World, start: int, end: int) -> Answer:
    """The sums of [start, end)."""
    found = Answer()
    for minute in range(start, min(end, world.now), MINUTE):
        _minute(world, minute, found)
    for at, product, good, scrap, rework in world.counts:
        if start <= at < min(end, world.now):
            _count(world, product, good, scrap, rework, found)
            found.made_by_hour[at - at % HOUR] += good + scrap + rework
    return found


def _minute(world: World, at: int, found: Answer) -> None:
    found.calendar += MINUTE
    if not _is_planned(world, at):
        return
    state = next((s for s in world.states if s[1] <= at and (s[2] is None or at < s[2])), None)
    kind = _kind(world, state)
    found.classes[kind] += MINUTE
    if kind == "UNKNOWN":
        found.unknown += MINUTE
    if state and kind not in ("RUNNING", "UNKNOWN"):
        found.stops.add((state[0], kind))
    where = _where(world, kind)
    if where != "OUT":
        found.busy += MINUTE
        found.by_product_busy[_product(world, at)] += MINUTE
    if where == "APT":
        found.producing += MINUTE


def _is_planned(world: World, at: int) -> bool:
    for start, end, breaks in world.shifts:
        if start <= at < end:
            return not any(low <= at < high for low, high in breaks)
    return False


def _kind(world: World, state: tuple | None) -> str:
    if state is None:
        return "UNKNOWN"
    _id, start, end, name = state
    length = (world.now if end is None else end) - start
    if name in PLANNED_STATES:
        return "PLANNED"
    if name in SHORT and length < world.policy["minor_stop_seconds"]:
        return "MINOR_STOP"
    return {
        "RUNNING": "RUNNING",
        "FAULT": "BREAKDOWN",
        "HELD": "BREAKDOWN",
        "STARVED": "STARVED_BLOCKED",
        "BLOCKED": "STARVED_BLOCKED",
        "SETUP": "SETUP",
        "IDLE": "IDLE",
        "UNKNOWN": "UNKNOWN",
    }[name]


def _where(world: World, kind: str) -> str:
    """APT, PBT or OUT."""
    chosen = {
        "MINOR_STOP": "minor_stops",
        "SETUP": "setup",
        "STARVED_BLOCKED": "starved_blocked",
        "IDLE": "idle",
        "UNKNOWN": "unknown_time",
    }
    if kind in chosen:
        word = world.policy[chosen[kind]]
        return {"PERFORMANCE": "APT", "AVAILABILITY": "PBT", "BUSY": "PBT"}.get(word, "OUT")
    return {"RUNNING": "APT", "PLANNED": "OUT"}.get(kind, "PBT")


def _product(world: World, at: int) -> int | None:
    """Of the run; else of the next count within a day; else of the last one within a day."""
    for start, end, product in world.runs:
        if start <= at < end:
            return product
    known = [count for count in world.counts if count[1] is not None]
    later = [count for count in known if at < count[0] <= at + DAY]
    if later:
        return min(later, key=lambda count: count[0])[1]
    earlier = [count for count in known if at - DAY < count[0] <= at]
    return max(enumerate(earlier), key=lambda item: (item[1][0], item[0]))[1][1] if earlier else None


def _count(world: World, product: int | None, good: int, scrap: int, rework: int, found: Answer) -> None:
    made = good + scrap + rework
    found.made += made
    found.good += good
    found.scrap += scrap
    found.rework += rework
    rate = world.rates.get(product)
    if made:
        found.ideal = None if rate is None or found.ideal is None else found.ideal + rate * made
    if good:
        found.ideal_good = (
            None if rate is None or found.ideal_good is None else found.ideal_good + rate * good
        )
