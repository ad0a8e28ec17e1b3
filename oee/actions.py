"""Roll-ups made and unmade. A roll-up is only ever a copy: what is not rolled is computed from the facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.ledger import record
from equipment.choices import State
from equipment.models import Machine, MachineState
from oee.models import HourlyRollup, RolledHour
from oee.selectors.facts import load_facts, rules_of
from oee.selectors.rollups import HOUR, ceil_hour, to_row
from oee.slices import HOUR_US, Slice, from_us, slices, to_us
from production.models import ProductionCount

# An hour is rolled once it has been over this long: what arrives in time needs no second roll.
SETTLING = timedelta(minutes=15)
LOCK_SPACE = 1_640_211_001  # advisory locks (LOCK_SPACE, machine id); 0 stands for the whole plant
WHOLE_PLANT = 0


def unroll(*, machine_ids: Iterable[int] | None, start: datetime, end: datetime | None) -> int:
    """Forget the roll-ups of every clock hour that touches [start, end); None for all machines, or for no end.

    In the transaction that changes the facts: a roll-up being made now has either read them before, and its
    hours are deleted here, or it waits for this transaction and reads them then. How many hours went.
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
    at both edges of the change. Running time is running however long it lasts."""
    now = timezone.now()
    stops = MachineState.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gte=start), machine_id=machine_id
    ).exclude(state=State.RUNNING)
    if end is not None:
        stops = stops.filter(started_at__lte=end)
    reach = stops.aggregate(first=Min("started_at"), last=Max(Coalesce("ended_at", now)))
    first, last = reach["first"] or start, reach["last"] or start
    return unroll(machine_ids=[machine_id], start=min(start, first), end=end and max(end, last))


def unroll_reason(*, reason_id: int) -> int:
    """Forget every hour since somebody first gave this reason for a stop."""
    stops = MachineState.objects.filter(reason_id=reason_id)
    first = stops.aggregate(first=Min("started_at"))["first"]
    return unroll(machine_ids=None, start=first or timezone.now(), end=None)


def roll_up(*, machine: Machine, start: datetime, end: datetime, now: datetime | None = None) -> int:
    """Roll every settled hour of [start, end) that is not rolled. How many were rolled.

    A day at a time, so that nobody who brings facts waits for long.
    """
    now = now or timezone.now()
    missing = _missing_hours(machine.pk, ceil_hour(start), min(end, now - SETTLING))
    return sum(_roll_stretch(machine.pk, first, last + HOUR, now) for first, last in _stretches(missing))


def _advise(function: str, keys: list[int]) -> None:
    """Take advisory locks until the transaction ends, in ascending order."""
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute(f"SELECT {function}(%s, %s)", [LOCK_SPACE, key])


def _is_plant_at_rest() -> bool:
    """Whether nobody is changing a rule of the whole plant; then nobody does until the transaction ends.

    To wait for it with the machine's lock in hand could be to wait for each other for ever.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s, %s)", [LOCK_SPACE, WHOLE_PLANT])
        return bool(cursor.fetchone()[0])


def _missing_hours(machine_id: int, start: datetime, end: datetime) -> list[datetime]:
    count = max(0, (end - start) // HOUR)
    rolled = set(
        RolledHour.objects.filter(machine_id=machine_id, hour__gte=start, hour__lt=end).values_list(
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


@transaction.atomic
def _roll_stretch(machine_id: int, start: datetime, end: datetime, now: datetime) -> int:
    """Roll what is missing of these hours; how many were rolled.

    One at a time per machine, and never while facts of the machine are being changed (see `unroll`): everything
    is read under the lock.
    """
    _advise("pg_advisory_xact_lock", [machine_id])
    missing = _missing_hours(machine_id, start, end)
    if not missing or not _is_plant_at_rest():
        return 0
    machine = Machine.objects.select_related("line__area__site").get(pk=machine_id)
    found = _settled_slices(machine, start, end, now)
    hours = [hour for hour in missing if hour in found]
    HourlyRollup.objects.filter(machine=machine, hour__in=hours).delete()
    HourlyRollup.objects.bulk_create(to_row(machine_id, part, hour) for hour in hours for part in found[hour])
    RolledHour.objects.bulk_create(RolledHour(machine=machine, hour=hour) for hour in hours)
    return len(hours)


def _settled_slices(
    machine: Machine, start: datetime, end: datetime, now: datetime
) -> dict[datetime, list[Slice]]:
    """The slices by hour, but for hours a running stop reaches into: what it is may depend on how long it lasts."""
    rules = rules_of([machine.line])
    facts = load_facts(machines=[machine], rules=rules, start=start, end=end, now=now)[machine.pk]
    running = (s.start for s in facts.states if s.end is None and s.state != State.RUNNING)
    until = min([to_us(end), *running])
    found: dict[datetime, list[Slice]] = defaultdict(list)
    for part in slices(facts, to_us(start), to_us(end)):
        if part.key.hour + HOUR_US <= until:
            found[from_us(part.key.hour)].append(part)
    return found


def roll_up_recent(*, days: int = 35, now: datetime | None = None) -> int:
    """Roll what is missing of the last `days`, of every machine of a line and of every other that has facts there.

    How many hours were rolled.
    """
    now = now or timezone.now()
    start = (now - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    wanted = (
        Q(line__isnull=False, is_active=True)
        | Q(pk__in=MachineState.objects.touching(start, now).values("machine_id"))
        | Q(pk__in=ProductionCount.objects.filter(at__gte=start).values("machine_id"))
    )
    machines = Machine.objects.filter(wanted).order_by("pk")
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
