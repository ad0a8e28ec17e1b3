"""The demo plant laid out: what stands already is left as it is."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.actions import ensure_demo_accounts
from accounts.models import User
from andon.choices import Trigger
from andon.models import AutoRaiseRule
from core.context import act_as
from equipment.choices import ExceptionKind, LossCategory
from equipment.models import Area, CalendarException, Line, Machine, ShiftPattern, Site, StopReason
from equipment.selectors import calendar_of
from factory_mes.demo.events import events_between
from factory_mes.demo.lines import LINES, DemoLine
from factory_mes.demo.plans import plan_days
from factory_mes.demo.traceability import seed_lots, seed_processes
from factory_mes.demo.upkeep import lay_out_upkeep
from oee.models import LossPolicy
from production.actions import ingest_events
from production.importer.demo import import_bottling_demo
from production.models import Process, ProductModel, StandardRate

SITE = "DEMO"
ZONE = "Europe/Berlin"  # a zone whose clocks change, so that the demo shows that shifts survive it
BOTTLING_SITE, BOTTLING_LINE = "BOTTLING", "BOTTLING-1"
SOURCE = "integration"  # the account that the simulator signs in with: event ids are unique per source
BATCH = 5000
BACKFILLED_DAYS = 3
DOWN_RULE, DOWN_SECONDS = "A machine is down", 120  # calls for help by itself

SHIFTS = (
    ("Early 조", time(6), time(14), [("09:00", "09:15"), ("12:00", "12:30")]),
    ("Late 석", time(14), time(22), [("17:00", "17:15"), ("19:30", "20:00")]),
    ("Night 야", time(22), time(6), [("01:00", "01:15"), ("03:30", "04:00")]),
)

# code, name, loss category, planned; a child stands below the last parent
REASONS = (
    ("MECHANICAL", "Mechanical", LossCategory.BREAKDOWN, False),
    ("ELECTRICAL", "Electrical", LossCategory.BREAKDOWN, False),
    ("MATERIAL", "Material", LossCategory.STARVED_BLOCKED, False),
    ("MINOR", "Minor stops", LossCategory.MINOR_STOP, False),
    ("PLANNED", "Planned", LossCategory.PLANNED, True),
    ("SETUP", "Setup and changeover", LossCategory.SETUP, False),
    ("QUALITY", "Quality", LossCategory.OTHER, False),
    ("OTHER", "Other", LossCategory.OTHER, False),
)
CHILDREN = (
    ("MECH_FAULT", "Mechanical fault", "MECHANICAL", LossCategory.BREAKDOWN, False),
    ("BEARING_FAIL", "Bearing failed", "MECHANICAL", LossCategory.BREAKDOWN, False),
    ("BELT_BREAK", "Belt broken", "MECHANICAL", LossCategory.BREAKDOWN, False),
    ("GEAR_FAIL", "Gear failed", "MECHANICAL", LossCategory.BREAKDOWN, False),
    ("MOTOR_FAIL", "Motor failed", "MECHANICAL", LossCategory.BREAKDOWN, False),
    ("TOOL_BREAK", "Tool broken", "MECHANICAL", LossCategory.BREAKDOWN, False),
    ("ELEC_FAULT", "Electrical fault", "ELECTRICAL", LossCategory.BREAKDOWN, False),
    ("SENSOR_FAIL", "Sensor failed", "ELECTRICAL", LossCategory.BREAKDOWN, False),
    ("PLC_FAULT", "Controller fault", "ELECTRICAL", LossCategory.BREAKDOWN, False),
    ("POWER_LOSS", "Power lost", "ELECTRICAL", LossCategory.BREAKDOWN, False),
    ("WIRING_FAULT", "Wiring fault", "ELECTRICAL", LossCategory.BREAKDOWN, False),
    ("MAT_SHORTAGE", "Material shortage", "MATERIAL", LossCategory.STARVED_BLOCKED, False),
    ("NO_PARTS", "Waiting for parts", "MATERIAL", LossCategory.STARVED_BLOCKED, False),
    ("WRONG_MAT", "Wrong material", "MATERIAL", LossCategory.STARVED_BLOCKED, False),
    ("MAT_QUALITY", "Poor material", "MATERIAL", LossCategory.STARVED_BLOCKED, False),
    ("UPSTREAM_STOP", "Upstream stands", "MATERIAL", LossCategory.STARVED_BLOCKED, False),
    ("DOWNSTREAM_STOP", "Downstream stands", "MATERIAL", LossCategory.STARVED_BLOCKED, False),
    ("CONVEYOR_STOP", "Conveyor stands", "MATERIAL", LossCategory.STARVED_BLOCKED, False),
    ("MAT_JAM", "Material jammed", "MINOR", LossCategory.MINOR_STOP, False),
    ("JAM", "Jam cleared", "MINOR", LossCategory.MINOR_STOP, False),
    ("SENSOR", "Sensor wiped", "MINOR", LossCategory.MINOR_STOP, False),
    ("CLEANING", "Cleaning", "PLANNED", LossCategory.PLANNED, True),
    ("BREAK_TIME", "Break", "PLANNED", LossCategory.PLANNED, True),
    ("MAINTENANCE", "Maintenance", "PLANNED", LossCategory.PLANNED, True),
    ("INSPECTION", "Inspection", "PLANNED", LossCategory.PLANNED, True),
    ("CHANGEOVER", "Changeover", "SETUP", LossCategory.SETUP, False),
    ("QUALITY_ISSUE", "Quality trouble", "QUALITY", LossCategory.OTHER, False),
    ("REJECTION", "Product rejected", "QUALITY", LossCategory.OTHER, False),
    ("REWORK", "Rework", "QUALITY", LossCategory.OTHER, False),
    ("UNKNOWN", "Not known", "OTHER", LossCategory.OTHER, False),
)


def seed(*, simulate: bool, today: date) -> bool:
    """Lay out the demo, once: accounts, the traceable line, the bottling line's record, three simulated lines.

    Whether the plant was new. With `simulate`, the simulated lines also get their last days (see `backfill`).
    """
    ensure_demo_accounts()
    fresh, traced = not Site.objects.filter(code=SITE).exists(), Process.objects.exists()
    if traced and not fresh:
        return False
    opened = today - timedelta(days=BACKFILLED_DAYS if simulate else 365)
    now = datetime.now(ZoneInfo(ZONE))
    admin = User.objects.get(username="admin")
    with act_as(actor=admin, reason="demo"):
        with transaction.atomic():
            product = None if traced else seed_processes()
            if fresh:
                _plant(today, opened, admin)
            if product:
                seed_lots(product=product, now=now)
        if simulate and fresh:
            backfill(start=datetime.combine(opened, time(), ZoneInfo(ZONE)), now=now)
    return fresh


def _plant(today: date, opened: date, admin: User) -> None:
    site = Site.objects.create(code=SITE, name="Demo plant", timezone=ZONE)
    import_bottling_demo(_bottling_line(), actor=admin)
    _simulated_plant(site, today, opened)
    operator = User.objects.get(username="operator")
    lay_out_upkeep(lines=[line.code for line in LINES], opened=opened, zone=ZoneInfo(ZONE))
    plan_days(first=today, zone=ZoneInfo(ZONE), planner=admin, worker=operator)


def _bottling_line() -> Line:
    site = Site.objects.create(code=BOTTLING_SITE, name="Bottling plant", timezone="UTC")
    area = Area.objects.create(site=site, code="FILLING", name="Filling")
    return Line.objects.create(
        area=area,
        line_code=BOTTLING_LINE,
        name="Soda bottling",
        description="A real line's record, 29 August to 3 September 2024 (see production/demo/bottling/README.md).",
        target_oee="0.75",
    )


def _simulated_plant(site: Site, today: date, opened: date) -> None:
    """Shifts begin on the day it `opened`: of the days before nobody expects a figure."""
    since = today - timedelta(days=365)
    LossPolicy.objects.create(site=site, valid_from=since)
    for name, start, end, breaks in SHIFTS:
        pauses = [{"start_time": low, "end_time": high} for low, high in breaks]
        ShiftPattern.objects.create(
            site=site,
            name=name,
            weekdays=list(range(7)),
            start_time=start,
            end_time=end,
            breaks=pauses,
            valid_from=opened,
        )
    _next_holiday(site, today)
    _reasons()
    AutoRaiseRule.objects.create(name=DOWN_RULE, trigger=Trigger.MACHINE_DOWN, after_seconds=DOWN_SECONDS)
    for line in LINES:
        _line(site, line, since)


def _next_holiday(site: Site, today: date) -> None:
    new_year = date(today.year + 1, 1, 1)
    CalendarException.objects.create(site=site, date=new_year, kind=ExceptionKind.HOLIDAY, name="New Year")


def _reasons() -> None:
    parents = {
        code: StopReason.objects.create(code=code, name=name, loss_category=category, planned=planned)
        for code, name, category, planned in REASONS
    }
    for code, name, parent, category, planned in CHILDREN:
        StopReason.objects.create(
            code=code, name=name, parent=parents[parent], loss_category=category, planned=planned
        )


def _line(site: Site, spec: DemoLine, since: date) -> None:
    area, _ = Area.objects.get_or_create(site=site, code=spec.area.upper(), defaults={"name": spec.area})
    line = Line.objects.create(area=area, line_code=spec.code, name=spec.name, target_speed=spec.target_speed)
    machines = [
        Machine.objects.create(line=line, equipment_code=machine.code, name=machine.name, position=position)
        for position, machine in enumerate(spec.machines, start=1)
    ]
    line.constraint_machine = machines[spec.constraint]
    line.save(update_fields=["constraint_machine", "updated_at"])
    for product in spec.products:
        row = ProductModel.objects.create(
            model_code=product.code, model_name=product.name, category=spec.area
        )
        for machine, machine_spec in zip(machines, spec.machines, strict=True):
            StandardRate.objects.create(
                product=row,
                machine=machine,
                ideal_cycle_seconds=product.cycle * machine_spec.pace,
                valid_from=since,
            )


def backfill(*, start: datetime, now: datetime) -> int:
    """What the simulated lines said since `start`, through the same action as the ingest door. How many events."""
    actor = User.objects.get(username=SOURCE)
    total = 0
    with act_as(actor=actor):
        for spec in LINES:
            events = due_events(spec, start, now)
            total += len(events)
            for first in range(0, len(events), BATCH):
                ingest_events(events=events[first : first + BATCH], source=SOURCE, actor=actor)
    return total


def due_events(spec: DemoLine, start: datetime, end: datetime) -> list[dict]:
    """What one simulated line says in [start, end), by the calendar that the plant has now."""
    line = Line.objects.select_related("area__site").get(line_code=spec.code)
    return events_between(spec, calendar_of(line=line).shifts(start, end), start, end)
