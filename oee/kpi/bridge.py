"""The loss bridge from planned busy time to the ideal time of the good pieces (Nakajima's six losses)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from oee.kpi.policy import TimeClass
from oee.kpi.ratios import seconds
from oee.kpi.sums import NO_TIME, Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """Seconds lost, in the order of a waterfall: PBT = ideal time of the good pieces + the sum of these,
    exactly.

    The last three are None when a piece has no standard rate. `reduced_speed` is negative when the line beat
    its ideal rate (performance over 100 %): the sign is kept, the bridge closes.
    """

    breakdown: Decimal
    setup: Decimal
    starved_blocked: Decimal
    minor_stops: Decimal
    idle: Decimal
    other: Decimal
    unknown: Decimal
    reduced_speed: Decimal | None
    process_defects: Decimal | None
    startup_rejects: Decimal | None

    @property
    def total(self) -> Decimal | None:
        """All losses together; None when one of them is undefined."""
        parts: list[Decimal | None] = [getattr(self, field.name) for field in fields(self)]
        known = [part for part in parts if part is not None]
        return sum(known, NO_TIME) if len(known) == len(parts) else None


_STOP_CLASSES = {
    "breakdown": TimeClass.BREAKDOWN,
    "setup": TimeClass.SETUP,
    "starved_blocked": TimeClass.STARVED_BLOCKED,
    "minor_stops": TimeClass.MINOR_STOP,
    "idle": TimeClass.IDLE,
    "other": TimeClass.OTHER,
    "unknown": TimeClass.UNKNOWN,
}


def losses(sums: Sums, lost_us: Mapping[TimeClass, int], *, startup_rejects: Decimal = NO_TIME) -> Losses:
    """The bridge of `sums`.

    `lost_us` is the time inside the planned busy time by class, microseconds; what is missing counts as none,
    and what no class explains is running time. `startup_rejects` is the ideal time in seconds of the rejects
    inside start-up windows. The bridge is the same whether a stop counts as availability or performance
    (contract R8).
    """
    stops = {name: seconds(lost_us.get(time_class, 0)) for name, time_class in _STOP_CLASSES.items()}
    running = seconds(sums.planned_busy_us) - sum(stops.values(), NO_TIME)
    rejects = _difference(sums.ideal, sums.ideal_good)
    return Losses(
        **stops,
        reduced_speed=_difference(running, sums.ideal),
        process_defects=_difference(rejects, startup_rejects),
        startup_rejects=startup_rejects if rejects is not None else None,
    )


def _difference(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one - other
