"""Which loss policy holds at a site on a day."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from oee.kpi import Policy, Treatment
from oee.models import LossPolicy


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """A policy and where it comes from; `row` is None for the product's default."""

    policy: Policy
    row: LossPolicy | None


DEFAULT = PolicyInForce(Policy(), None)


class PolicyTable:
    """The policies of one site in order of their first day."""

    def __init__(self, rows: Iterable[LossPolicy]) -> None:
        ordered = sorted(rows, key=lambda row: row.valid_from)
        self._days = [row.valid_from for row in ordered]
        self._entries = [PolicyInForce(_arithmetic(row), row) for row in ordered]

    def in_force(self, day: date) -> PolicyInForce:
        """The latest policy that began on or before the shift day; before the first, the default."""
        at = bisect_right(self._days, day)
        return self._entries[at - 1] if at else DEFAULT


def policy_tables(*, site_ids: Iterable[int]) -> dict[int, PolicyTable]:
    """The policies of each of these sites, in one query."""
    wanted = set(site_ids)
    rows: dict[int, list[LossPolicy]] = defaultdict(list)
    for row in LossPolicy.objects.filter(site_id__in=wanted):
        rows[row.site_id].append(row)
    return {site_id: PolicyTable(rows[site_id]) for site_id in wanted}


def _arithmetic(row: LossPolicy) -> Policy:
    return Policy(
        minor_stop_seconds=row.minor_stop_seconds,
        minor_stops=Treatment(row.minor_stops),
        setup=Treatment(row.setup),
        starved_blocked=Treatment(row.starved_blocked),
        idle=Treatment(row.idle),
        unknown_time=Treatment(row.unknown_time),
    )
