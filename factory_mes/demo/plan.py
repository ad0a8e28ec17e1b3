"""What happens on a line during one shift: a pure function of the line and the shift.

The same shift always gives the same plan, so a simulator that starts again says the same things under the same
event ids. Times are whole seconds after the shift's start. What stops a machine stops the line: those before it
are blocked, those after it starve. Pieces are reported at the last second of each minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from equipment.calendar import Shift
from factory_mes.demo.lines import DemoLine, DemoProduct

SEED = "factory_mes-1"
MINUTE = 60
FIRST_RUN = 120  # every shift begins with this much running

# (state, reason code, shortest and longest in seconds, weight)
MINOR = (("HELD", "JAM", 25, 150, 5), ("HELD", "SENSOR", 20, 90, 3), ("STARVED", "NO_PARTS", 30, 200, 2))
MAJOR = (
    ("FAULT", "MECH_FAULT", 420, 1500, 4),
    ("FAULT", "ELEC_FAULT", 360, 1200, 3),
    ("STARVED", "MAT_SHORTAGE", 320, 900, 3),
    ("FAULT", "TOOL_BREAK", 480, 1800, 1),
)
CHANGEOVER = ("SETUP", "CHANGEOVER", 600, 1300)
CLEANING = ("CLEANING", "CLEANING", 480, 720)


@dataclass(frozen=True, slots=True)
class Spell:
    """A machine in one state during [start, end), seconds after the shift's start."""

    start: int
    end: int
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Pieces a machine reported at a second of the shift."""

    at: int
    product: DemoProduct
    good: int
    scrap: int
    rework: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of the line and the machine it began at."""

    start: int
    end: int
    state: str
    reason: str
    culprit: int


@dataclass(slots=True)
class Plan:
    """A shift: the spells and reports of each machine, by its index on the line."""

    line: DemoLine
    shift: Shift
    spells: list[list[Spell]] = field(default_factory=list)
    reports: list[list[Report]] = field(default_factory=list)

    def moment(self, second: int) -> datetime:
        return self.shift.start + timedelta(seconds=second)


def plan_shift(line: DemoLine, shift: Shift, seed: str = SEED) -> Plan:
    """The plan of this shift on this line."""
    random = Random(f"{seed}|{line.code}|{shift.day}|{shift.name}|{shift.start.isoformat()}")  # noqa: S311  a demo, not a secret
    planned = [(_second(shift, low), _second(shift, high)) for low, high in shift.planned]
    stops = list(_stops(line, planned, random))
    length = _second(shift, shift.end)
    spells = [_spells(index, line, stops, planned, length) for index in range(len(line.machines))]
    return Plan(line, shift, spells, _reports(line, spells, stops, random))


def _second(shift: Shift, moment: datetime) -> int:
    return int((moment - shift.start).total_seconds())


def _stops(line: DemoLine, planned: Sequence[tuple[int, int]], random: Random) -> Iterator[Stop]:
    """Stops inside the planned time, apart from each other; a changeover and a cleaning in the longer shifts."""
    due = [CHANGEOVER, CLEANING]
    for low, high in planned:
        cursor = low + FIRST_RUN
        while True:
            cursor += int(random.expovariate(1 / line.habits.mean_run)) + MINUTE
            major = due.pop(0) if due and cursor - low > (high - low) * 0.4 else None
            stop = _fixed(line, major, cursor, random) if major else _chance(line, cursor, random)
            if stop.end + MINUTE >= high:
                break
            yield stop
            cursor = stop.end + 30


def _fixed(line: DemoLine, kind: tuple[str, str, int, int], start: int, random: Random) -> Stop:
    state, reason, shortest, longest = kind
    return Stop(start, start + random.randint(shortest, longest), state, reason, line.constraint)


def _chance(line: DemoLine, start: int, random: Random) -> Stop:
    kinds = MINOR if random.random() < line.habits.minor_share else MAJOR
    state, reason, shortest, longest, _ = random.choices(kinds, weights=[kind[4] for kind in kinds])[0]
    culprit = random.choice([line.constraint, line.constraint, *range(len(line.machines))])
    return Stop(start, start + random.randint(shortest, longest), state, reason, culprit)


def _spells(
    index: int, line: DemoLine, stops: Sequence[Stop], planned: Sequence[tuple[int, int]], length: int
) -> list[Spell]:
    """The whole shift of one machine: running, its share of each stop, idle in the breaks."""
    breaks = [Spell(a, b, "IDLE", "BREAK_TIME") for a, b in _between(planned, length)]
    marks = sorted([*breaks, *(_share(index, stop) for stop in stops)], key=lambda spell: spell.start)
    found, cursor = [], 0
    for mark in marks:
        if mark.start > cursor:
            found.append(Spell(cursor, mark.start, "RUNNING"))
        found.append(mark)
        cursor = mark.end
    return [*found, Spell(cursor, length, "RUNNING")] if cursor < length else found


def _between(planned: Sequence[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    cursor = 0
    for low, high in planned:
        if low > cursor:
            yield cursor, low
        cursor = high
    if cursor < length:
        yield cursor, length


def _share(index: int, stop: Stop) -> Spell:
    """The culprit stops; machines before it are blocked, those after it starve. Planned work stops all alike."""
    if index == stop.culprit or stop.state in ("SETUP", "CLEANING"):
        return Spell(stop.start, stop.end, stop.state, stop.reason)
    return Spell(stop.start, stop.end, "BLOCKED" if index < stop.culprit else "STARVED")


def _reports(
    line: DemoLine, spells: Sequence[Sequence[Spell]], stops: Sequence[Stop], random: Random
) -> list[list[Report]]:
    """Minute by minute what the line made, and what each machine reports of it."""
    reports: list[list[Report]] = [[] for _ in line.machines]
    running = [(spell.start, spell.end) for spell in spells[line.constraint] if spell.state == "RUNNING"]
    switched = next((stop.end for stop in stops if stop.state == "SETUP"), None)
    first = random.randrange(len(line.products))
    due = 0.0
    for minute in range(0, spells[line.constraint][-1].end, MINUTE):
        at = minute + MINUTE - 1
        product = line.products[(first + (switched is not None and at >= switched)) % len(line.products)]
        seconds = sum(max(0, min(b, minute + MINUTE) - max(a, minute)) for a, b in running)
        due += seconds * line.habits.speed * random.uniform(0.93, 1.03) / float(product.cycle)
        made, due = int(due), due - int(due)
        if made:
            _report_minute(line, reports, at, product, made, random)
    return reports


def _report_minute(
    line: DemoLine, reports: list[list[Report]], at: int, product: DemoProduct, made: int, random: Random
) -> None:
    """`made` pieces enter the line; each machine takes out its rejects and hands on the rest."""
    share = len(line.machines)
    for index in range(share):
        scrap = sum(random.random() < line.habits.scrap / share for _ in range(made))
        rework = sum(random.random() < line.habits.rework / share for _ in range(made - scrap))
        counts_rework = (
            0 if line.machines[index].reports_counters else rework
        )  # its counters know good and scrap only
        reports[index].append(Report(at, product, made - scrap - counts_rework, scrap, counts_rework))
        made -= scrap + counts_rework
