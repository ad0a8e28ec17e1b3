"""Roll-ups made and unmade. A roll-up is only ever a copy: what is not rolled is computed from the facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from core.ledger import record
from equipment.choices import State
from equipment.models import Machine, MachineState
from oee.models import HourlyRollup, RolledHour
from oee.selectors.facts import load_facts, rules_of
from oee.selectors.rollups import HOUR, ceil_hour, to_row
from oee.slices import Slice, from_us, slices, to_us
from production.models import ProductionCount

# An hour is rolled once it has been over this long: what arrives in time needs no second roll.
SETTLING = timedelta(minutes=15)
LOCK_SPACE = 1_640_211_001  # advisory locks (LOCK_SPACE, machine id); 0 stands for the whole plant
WHOLE_PLANT = 0


def unroll(*, machine_ids: Iterable[int] | None, start: datetime, end: datetime | None) -> int:
    """Forget the roll-ups of every clock hour that touches [start, end); None for all machines, or for no end.

    In the transaction that changes the facts, and after the change: a roll-up being made now has either read
    them before, and its hours are deleted here, or it waits for this transaction and reads them then.
    How many hours went.
    """
    hours = RolledHour.objects.filter(hour__gt=start - HOUR)
    if machine_ids is None:
        _advise("pg_advisory_xact_lock", [WHOLE_PLANT])
    else:
        ids = sorted(machine_ids)
        _advise("pg_advisory_xact_lock_shared", ids)
        hours = hours.filter(machine_id__in=ids)
    if end is not None:
        hours = hours.filter(hour__lt=end)
    count, _ = hours.delete()
    return count


def unroll_states(*, machine_id: int, start: datetime, end: datetime | None) -> int:
    """Forget what a changed timeline touches: a stop counts by its whole length, so also the rest of the stops
    at both edges of the change."""
    edges = MachineState.objects.filter(machine_id=machine_id, started_at__lt=start, ended_at__gte=start)
    first = edges.order_by("-started_at").values_list("started_at", flat=True).first()
    last: datetime | None = end
    if end is not None:
        across = MachineState.objects.touching(
            end - timedelta(microseconds=1), end + timedelta(microseconds=1)
        )
        rows = across.filter(machine_id=machine_id).values_list("ended_at", flat=True)
        ends = [row or timezone.now() for row in rows]
        last = max([end, *ends])
    return unroll(machine_ids=[machine_id], start=min(start, first or start), end=last)


@transaction.atomic
def roll_up(*, machine: Machine, start: datetime, end: datetime, now: datetime | None = None) -> int:
    """Roll every settled hour of [start, end) that is not rolled. How many were rolled.

    One at a time per machine, and never while facts of the machine are being changed (see `unroll`).
    """
    now = now or timezone.now()
    _advise("pg_advisory_xact_lock_shared", [WHOLE_PLANT])
    _advise("pg_advisory_xact_lock", [machine.pk])
    missing = _missing_hours(machine, ceil_hour(start), min(end, now - SETTLING))
    for first, last in _stretches(missing):
        _roll_stretch(machine, first, last + HOUR, now)
    return len(missing)


def _advise(function: str, keys: list[int]) -> None:
    """Take advisory locks until the transaction ends, in ascending order."""
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute(f"SELECT {function}(%s, %s)", [LOCK_SPACE, key])


def _missing_hours(machine: Machine, start: datetime, end: datetime) -> list[datetime]:
    count = max(0, (end - start) // HOUR)
    rolled = set(
        RolledHour.objects.filter(machine=machine, hour__gte=start, hour__lt=end).values_list(
            "hour", flat=True
        )
    )
    return [hour for n in range(count) if (hour := start + n * HOUR) not in rolled]


def _stretches(hours: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
    """Neighbouring hours joined, at most a day long each, as (first hour, last hour)."""
    found: list[list[datetime]] = []
    for hour in hours:
        if found and hour - found[-1][-1] == HOUR and len(found[-1]) < 24:
            found[-1].append(hour)
        else:
            found.append([hour])
    return [(stretch[0], stretch[-1]) for stretch in found]


def _roll_stretch(machine: Machine, start: datetime, end: datetime, now: datetime) -> None:
    """Roll these hours, but for those a running stop reaches into: what it is may depend on how long it lasts."""
    rules = rules_of([machine.line])
    facts = load_facts(machines=[machine], rules=rules, start=start, end=end, now=now)[machine.pk]
    open_from = next(
        (from_us(s.start) for s in facts.states if s.end is None and s.state != State.RUNNING), None
    )
    by_hour: dict[datetime, list[Slice]] = defaultdict(list)
    for part in slices(facts, to_us(start), to_us(end)):
        by_hour[from_us(part.key.hour)].append(part)
    settled = [hour for hour in by_hour if open_from is None or hour + HOUR <= open_from]
    HourlyRollup.objects.filter(machine=machine, hour__in=settled).delete()
    HourlyRollup.objects.bulk_create(
        [to_row(machine.pk, part, hour) for hour in settled for part in by_hour[hour]]
    )
    RolledHour.objects.bulk_create([RolledHour(machine=machine, hour=hour) for hour in settled])


def roll_up_recent(*, days: int = 35, now: datetime | None = None) -> int:
    """Roll what is missing of every machine that has facts in the last `days`. How many hours were rolled."""
    now = now or timezone.now()
    start = (now - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    with_facts = Q(pk__in=MachineState.objects.touching(start, now).values("machine_id")) | Q(
        pk__in=ProductionCount.objects.filter(at__gte=start).values("machine_id")
    )
    machines = Machine.objects.filter(with_facts).select_related(
        "line__area__site", "line__constraint_machine"
    )
    return sum(roll_up(machine=machine, start=start, end=now, now=now) for machine in machines)


@transaction.atomic
def recalculate(*, machines: Sequence[Machine], start: datetime, end: datetime, actor: Any) -> None:
    """Forget the roll-ups of these machines in [start, end) and have them made again in the background."""
    from oee.tasks import roll_up_machine

    unroll(machine_ids=[machine.pk for machine in machines], start=start, end=end)
    for machine in machines:
        record("oee.rollup.recalculated", machine, actor=actor, new={"start": str(start), "end": str(end)})
        roll_up_machine.defer(machine_id=machine.pk, start=_text(start), end=_text(end))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
