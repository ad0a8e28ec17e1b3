"""Questions about the plant: calendars, present states, the state of a line, the tree of reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from core.errors import Invalid
from equipment.calendar_rows import ALWAYS_PLANNED, PlantCalendar, to_calendar
from equipment.choices import STATUS_OF_STATE, LineStatus, State, Topology
from equipment.models import (
    Area,
    CalendarException,
    Downtime,
    Line,
    Machine,
    MachineState,
    ShiftPattern,
    StopReason,
)

R = TypeVar("R", ShiftPattern, CalendarException)
Owner = tuple[int | None, int | None]  # line, site

# What a line is, where its machines differ: the first of these that any of them is in.
SEVERITY = (
    LineStatus.FAULT,
    LineStatus.MAINTENANCE,
    LineStatus.SETUP,
    LineStatus.STOPPED,
    LineStatus.RUNNING,
    LineStatus.IDLE,
    LineStatus.UNKNOWN,
)


def calendar_of(*, line: Line | None) -> PlantCalendar:
    """The calendar of a line; a machine without a line is always planned, in UTC."""
    return ALWAYS_PLANNED if line is None else calendars(lines=[line])[line.pk]


def calendars(*, lines: Iterable[Line]) -> dict[int, PlantCalendar]:
    """The calendar of each line by its id, in three queries.

    A line's own patterns replace its site's; exceptions of both hold.
    """
    rows = Line.objects.filter(pk__in=[line.pk for line in lines])
    places = list(rows.values_list("pk", "area__site_id", "area__site__timezone"))
    scope = Q(line_id__in=[row[0] for row in places]) | Q(site_id__in={row[1] for row in places})
    patterns = _by_owner(ShiftPattern.objects.filter(scope))
    exceptions = _by_owner(CalendarException.objects.filter(scope))
    return {
        pk: to_calendar(
            ZoneInfo(zone),
            patterns[pk, None] or patterns[None, site],
            exceptions[pk, None] + exceptions[None, site],
        )
        for pk, site, zone in places
    }


def _by_owner(rows: Iterable[R]) -> dict[Owner, list[R]]:
    found: defaultdict[Owner, list[R]] = defaultdict(list)
    for row in rows:
        found[row.line_id, row.site_id].append(row)
    return found


def current_states(*, machine_ids: Iterable[int]) -> dict[int, MachineState]:
    """The open interval of each machine with its reason, and `downtime_id` where it is a stop, by machine id; one query.

    A machine that is missing here is UNKNOWN: nothing was ever said, or the last word had an end.
    """
    stop = Downtime.objects.open().filter(machine=OuterRef("machine")).values("pk")[:1]
    rows = MachineState.objects.open().filter(machine_id__in=list(machine_ids)).select_related("reason")
    rows = rows.annotate(downtime_id=Subquery(stop))
    return {row.machine_id: row for row in rows}


def line_status(*, line: Line, states: Mapping[int, str]) -> LineStatus:
    """What the line is doing, from the present states of its machines by id; a missing one is unknown.

    In parallel: running while any runs. In series: a fault anywhere is the line's; else its constraint decides
    (OEE contract R9), else the worst of the machines that are known. Reads `line.machines` (prefetch it).
    """
    now = {m.pk: STATUS_OF_STATE[states.get(m.pk, State.UNKNOWN)] for m in line.machines.all() if m.is_active}
    if line.topology == Topology.PARALLEL and LineStatus.RUNNING in now.values():
        return LineStatus.RUNNING
    if line.topology == Topology.SERIES and LineStatus.FAULT not in now.values():
        constraint = now.get(line.constraint_machine_id or 0, LineStatus.UNKNOWN)
        if constraint != LineStatus.UNKNOWN:
            return constraint
    return min(now.values(), key=SEVERITY.index, default=LineStatus.UNKNOWN)


def line_statuses(*, lines: Iterable[Line]) -> dict[int, LineStatus]:
    """The status of each line by its id; one query beside the machines, which are read from `line.machines`."""
    lines = list(lines)
    rows = current_states(machine_ids=[machine.pk for line in lines for machine in line.machines.all()])
    states = {machine_id: row.state for machine_id, row in rows.items()}
    return {line.pk: line_status(line=line, states=states) for line in lines}


def reason_children() -> dict[int | None, list[StopReason]]:
    """The tree of stop reasons as children by parent id (None: the roots), in the order of codes; one query."""
    found: defaultdict[int | None, list[StopReason]] = defaultdict(list)
    for reason in StopReason.objects.order_by("code"):
        found[reason.parent_id].append(reason)
    return dict(found)


def find_area(*, area: str | int | None, site: str | int | None) -> Area:
    """The one area that is meant: by id, code or name, in a site by id, code or name.

    What is left out does not narrow the search, so a plant with one area needs to name none. Raises Invalid where
    none or several fit.
    """
    found = Area.objects.select_related("site")
    if site not in (None, ""):
        found = found.filter(_named("site__", site))
    if area not in (None, ""):
        found = found.filter(_named("", area))
    rows = list(found[:2])
    if len(rows) != 1:
        field = "site" if area in (None, "") and site else "area"
        raise Invalid(
            errors={
                field: [_("Several areas fit: name area and site.") if rows else _("There is no such area.")]
            }
        )
    return rows[0]


def _named(prefix: str, word: str | int) -> Q:
    text = str(word)
    named = Q(**{f"{prefix}code__iexact": text}) | Q(**{f"{prefix}name__iexact": text})
    return named | Q(**{f"{prefix}pk": int(text)}) if text.isdecimal() and len(text) < 19 else named


def lines_without_shifts() -> QuerySet[Line]:
    """Enabled lines that have no pattern, of their own or of their site: they count as planned around the clock."""
    patterns = ShiftPattern.objects.filter(Q(line=OuterRef("pk")) | Q(site=OuterRef("area__site")))
    return Line.objects.filter(~Exists(patterns), enabled=True)


def machines_without_line() -> QuerySet[Machine]:
    """Active machines of the plant (nobody's own) that belong to no line: their time is in no line's figures."""
    return Machine.objects.filter(line=None, owner=None, is_active=True)
