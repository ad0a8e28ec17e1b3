"""Raw facts of machines around a window, loaded in a number of queries that does not grow with the machines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

from django.db.models import BigIntegerField
from django.db.models.functions import Cast, Extract

from equipment.calendar import always
from equipment.calendar_rows import PlantCalendar
from equipment.models import Line, Machine, MachineState
from equipment.selectors import calendar_of, calendars
from oee.kpi import Policy
from oee.selectors.policies import DEFAULT, PolicyInForce, PolicyTable, policy_tables
from oee.slices import CountFact, Facts, Piece, ShiftTime, StateFact, overlay, to_us
from production.selectors import RateTable, counts_between, neighbour_counts, rates_for, runs_touching


@dataclass(frozen=True, slots=True)
class Rules:
    """What the plant has decided for one line: its calendar and its policies."""

    calendar: PlantCalendar
    policies: PolicyTable | None

    def policy_in_force(self, day: date) -> PolicyInForce:
        return self.policies.in_force(day) if self.policies else DEFAULT

    def policy_on(self, day: date) -> Policy:
        """The arithmetic of the policy in force."""
        return self.policy_in_force(day).policy


def rules_of(lines: Iterable[Line | None]) -> dict[int | None, Rules]:
    """The rules by line id; None stands for machines without a line, which are always planned."""
    known = {line.pk: line for line in lines if line is not None}
    tables = policy_tables(site_ids={line.area.site_id for line in known.values()})
    by_line = calendars(lines=list(known.values())) if known else {}
    rules: dict[int | None, Rules] = {None: Rules(calendar_of(line=None), None)}
    return rules | {pk: Rules(by_line[pk], tables[line.area.site_id]) for pk, line in known.items()}


def load_facts(
    *,
    machines: Sequence[Machine],
    rules: dict[int | None, Rules],
    start: datetime,
    end: datetime,
    now: datetime,
) -> dict[int, Facts]:
    """The facts by machine id; each machine comes with its `line` loaded."""
    ids = [machine.pk for machine in machines]
    states, runs, counts = _states(ids, start, end), _runs(ids, start, end), _counts(ids, start, end)
    products = {count.product for rows in counts.values() for count in rows if count.product is not None}
    rates = rates_for(product_ids=products, machine_ids=ids)
    tracks = {
        pk: calendar_track(rules[pk].calendar, start, end) for pk in {machine.line_id for machine in machines}
    }
    return {
        machine.pk: Facts(
            calendar=tracks[machine.line_id],
            states=states[machine.pk],
            runs=runs[machine.pk],
            counts=counts[machine.pk],
            policy_on=rules[machine.line_id].policy_on,
            rate=partial(_rate, rates, machine.pk),
            now=to_us(now),
        )
        for machine in machines
    }


def _rate(rates: RateTable, machine_id: int, product_id: int, day: date) -> Decimal | None:
    return rates.seconds(product_id, machine_id, day)


def calendar_track(calendar: PlantCalendar, start: datetime, end: datetime) -> list[Piece]:
    """ShiftTime of every moment in [start, end): planned, in a break, or on a local day outside every shift."""
    shifts = calendar.shifts(start, end)
    whole = [Piece(to_us(s.start), to_us(s.end), s) for s in shifts]
    planned = [Piece(to_us(low), to_us(high), True) for s in shifts for low, high in s.planned]
    days = [Piece(to_us(d.start), to_us(d.end), d.day) for d in always(start, end, calendar.zone)]
    return [
        Piece(low, high, ShiftTime(shift.day, shift.name, bool(busy)) if shift else ShiftTime(day, "", False))
        for low, high, (shift, busy, day) in overlay(to_us(start), to_us(end), whole, planned, days)
    ]


def _states(ids: list[int], start: datetime, end: datetime) -> dict[int, list[StateFact]]:
    rows = (
        MachineState.objects.touching(start, end)
        .filter(machine_id__in=ids)
        .order_by("machine_id", "started_at")
        .values_list(
            "machine_id",
            "id",
            "started_at",
            "ended_at",
            "state",
            "reason_id",
            "reason__planned",
            "reason__loss_category",
        )
    )
    found: dict[int, list[StateFact]] = defaultdict(list)
    for machine_id, pk, started, ended, state, reason, planned, category in rows:
        fact = StateFact(
            pk, to_us(started), None if ended is None else to_us(ended), state, reason, planned, category
        )
        found[machine_id].append(fact)
    return found


def _runs(ids: list[int], start: datetime, end: datetime) -> dict[int, list[Piece]]:
    found: dict[int, list[Piece]] = defaultdict(list)
    for run in runs_touching(machine_ids=ids, start=start, end=end):
        ended = run.ended_at or datetime.max.replace(tzinfo=UTC)
        found[run.machine_id].append(Piece(to_us(run.started_at), to_us(ended), run.product_id))
    return found


def _counts(ids: list[int], start: datetime, end: datetime) -> dict[int, list[CountFact]]:
    """Counts of the window, and the ones before and after it, which say what product its edges belong to."""
    found: dict[int, list[CountFact]] = defaultdict(list)
    rows = counts_between(machine_ids=ids, start=start, end=end)
    for machine_id, *fact in rows.annotate(at_us=_AT_US).values_list("machine_id", "at_us", *_PIECES):
        found[machine_id].append(CountFact(*fact))
    for pk, around in neighbour_counts(machine_ids=ids, start=start, end=end).items():
        before = [CountFact(to_us(n.at), n.product_id, 0, 0, 0) for n in [around.previous] if n]
        after = [CountFact(to_us(n.at), n.product_id, 0, 0, 0) for n in [around.next] if n]
        found[pk] = [*before, *found[pk], *after]
    return found


_PIECES = ("product_id", "good", "scrap", "rework")
# Whole microseconds as the database counts them: a day has thousands of counts, and moments are slow to parse.
# In UTC whatever zone is active: Extract would read the clock of the page that asks.
_AT_US = Cast(Extract("at", "epoch", tzinfo=UTC) * 1_000_000, BigIntegerField())
