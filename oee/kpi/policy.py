"""What a piece of in-shift time is, and where it counts (OEE contract R6 and R8)."""

from dataclasses import dataclass
from enum import StrEnum

from oee.kpi.ratios import MICROSECONDS


class TimeClass(StrEnum):
    """What a piece of in-shift time is. The policy decides where it counts, never what it is."""

    RUNNING = "RUNNING"
    MINOR_STOP = "MINOR_STOP"  # an unplanned stop whose whole duration is below the threshold
    BREAKDOWN = "BREAKDOWN"  # an unplanned technical stop of at least the threshold
    STARVED_BLOCKED = "STARVED_BLOCKED"  # waiting for a neighbour for at least the threshold
    SETUP = "SETUP"  # setup, changeover, adjustment
    OTHER = "OTHER"  # an unplanned stop that is none of these
    IDLE = "IDLE"  # no order
    UNKNOWN = "UNKNOWN"  # no signal
    PLANNED = "PLANNED"  # planned downtime


class Bucket(StrEnum):
    """Which of the two time sums a piece of time enters."""

    PRODUCTION = "PRODUCTION"  # in APT, hence in PBT too
    DELAY = "DELAY"  # in PBT, not in APT
    EXCLUDED = "EXCLUDED"  # outside PBT


class Treatment(StrEnum):
    """How a policy counts a class of time."""

    PERFORMANCE = "PERFORMANCE"
    AVAILABILITY = "AVAILABILITY"
    BUSY = "BUSY"
    PLANNED = "PLANNED"
    EXCLUDED = "EXCLUDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A site's loss policy. Setup as PLANNED, `idle` and `unknown_time` change the busy time and so the OEE;
    the choice between PERFORMANCE and AVAILABILITY never does."""

    minor_stop_seconds: int = 300
    minor_stops: Treatment = Treatment.PERFORMANCE  # or AVAILABILITY
    setup: Treatment = Treatment.AVAILABILITY  # or PERFORMANCE, PLANNED
    starved_blocked: Treatment = Treatment.AVAILABILITY  # or PERFORMANCE
    idle: Treatment = Treatment.PLANNED  # or BUSY
    unknown_time: Treatment = Treatment.BUSY  # or EXCLUDED


_BUCKETS = {
    Treatment.PERFORMANCE: Bucket.PRODUCTION,
    Treatment.AVAILABILITY: Bucket.DELAY,
    Treatment.BUSY: Bucket.DELAY,
    Treatment.PLANNED: Bucket.EXCLUDED,
    Treatment.EXCLUDED: Bucket.EXCLUDED,
}

# What a state is when no reason says more.
_BY_STATE = {
    "RUNNING": TimeClass.RUNNING,
    "STARVED": TimeClass.STARVED_BLOCKED,
    "BLOCKED": TimeClass.STARVED_BLOCKED,
    "HELD": TimeClass.BREAKDOWN,
    "FAULT": TimeClass.BREAKDOWN,
    "SETUP": TimeClass.SETUP,
    "CLEANING": TimeClass.PLANNED,
    "MAINTENANCE": TimeClass.PLANNED,
    "ENGINEERING": TimeClass.PLANNED,
    "IDLE": TimeClass.IDLE,
    "UNKNOWN": TimeClass.UNKNOWN,
}

# What it becomes when the reason says "unplanned".
_UNPLANNED = _BY_STATE | {
    "CLEANING": TimeClass.OTHER,
    "MAINTENANCE": TimeClass.BREAKDOWN,
    "ENGINEERING": TimeClass.OTHER,
    "IDLE": TimeClass.OTHER,
}

# Loss categories that place the time whatever the state. OTHER names no loss of its own, so it only
# keeps a stop from being called a breakdown or a wait.
_BY_CATEGORY = {
    "BREAKDOWN": TimeClass.BREAKDOWN,
    "SETUP": TimeClass.SETUP,
    "MINOR_STOP": TimeClass.MINOR_STOP,
    "STARVED_BLOCKED": TimeClass.STARVED_BLOCKED,
}

_STOPS = frozenset({"FAULT", "HELD", "STARVED", "BLOCKED"})


def classify(
    state: str, planned: bool | None, loss_category: str | None, duration_us: int, policy: Policy
) -> TimeClass:
    """What a state interval is.

    `planned` and `loss_category` are its stop reason's words, None where there is none. `duration_us` is the
    whole stop in microseconds, not the part that lies in an hour or shift, so that a cut never turns a
    breakdown into minor stops. Planned downtime wins over every state but RUNNING (OEE contract R6). Raises
    KeyError for a state outside the contract.
    """
    if state == "RUNNING":
        return TimeClass.RUNNING
    if planned or (planned is None and loss_category == "PLANNED"):
        return TimeClass.PLANNED
    placed = _unplanned_class(state, planned, loss_category)
    is_short = state in _STOPS and duration_us < policy.minor_stop_seconds * MICROSECONDS
    return TimeClass.MINOR_STOP if is_short and placed is not TimeClass.SETUP else placed


def _unplanned_class(state: str, planned: bool | None, loss_category: str | None) -> TimeClass:
    if loss_category in _BY_CATEGORY:
        return _BY_CATEGORY[loss_category]
    if loss_category == "OTHER" and state in _STOPS:
        return TimeClass.OTHER
    return (_BY_STATE if planned is None else _UNPLANNED)[state]


def bucket_of(time_class: TimeClass, policy: Policy) -> Bucket:
    """Where a class of time counts under a policy (OEE contract R8)."""
    match time_class:
        case TimeClass.RUNNING:
            return Bucket.PRODUCTION
        case TimeClass.MINOR_STOP:
            return _BUCKETS[policy.minor_stops]
        case TimeClass.STARVED_BLOCKED:
            return _BUCKETS[policy.starved_blocked]
        case TimeClass.SETUP:
            return _BUCKETS[policy.setup]
        case TimeClass.IDLE:
            return _BUCKETS[policy.idle]
        case TimeClass.UNKNOWN:
            return _BUCKETS[policy.unknown_time]
        case TimeClass.PLANNED:
            return Bucket.EXCLUDED
        case TimeClass.BREAKDOWN | TimeClass.OTHER:
            return Bucket.DELAY
