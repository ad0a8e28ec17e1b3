"""Rows to test with: a small plant, its calendar, its people."""

from __future__ import annotations

from datetime import date, time

import factory
from factory.django import DjangoModelFactory

from accounts.choices import Role
from accounts.models import User
from equipment.choices import ExceptionKind, LossCategory
from equipment.models import (
    Area,
    CalendarException,
    FaultCode,
    Line,
    Machine,
    MaintenancePlan,
    ShiftPattern,
    Site,
    StopReason,
)

PASSWORD = "Correct-Horse-7"  # noqa: S105


class UserFactory(DjangoModelFactory):
    """`UserFactory(role="engineer")`; without a password nobody can sign in as them, and no time goes into hashing."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    role = Role.VIEWER
    password = "!"


class SiteFactory(DjangoModelFactory):
    class Meta:
        model = Site

    code = factory.Sequence(lambda n: f"S{n}")
    name = factory.LazyAttribute(lambda site: f"Site {site.code}")
    timezone = "Europe/Berlin"


class AreaFactory(DjangoModelFactory):
    class Meta:
        model = Area

    site = factory.SubFactory(SiteFactory)
    code = factory.Sequence(lambda n: f"A{n}")
    name = factory.LazyAttribute(lambda area: f"Area {area.code}")


class LineFactory(DjangoModelFactory):
    class Meta:
        model = Line

    area = factory.SubFactory(AreaFactory)
    line_code = factory.Sequence(lambda n: f"L{n}")
    name = factory.LazyAttribute(lambda line: f"Line {line.line_code}")


class MachineFactory(DjangoModelFactory):
    class Meta:
        model = Machine

    line = factory.SubFactory(LineFactory)
    equipment_code = factory.Sequence(lambda n: f"M{n}")
    name = factory.LazyAttribute(lambda machine: f"Machine {machine.equipment_code}")


class StopReasonFactory(DjangoModelFactory):
    class Meta:
        model = StopReason

    code = factory.Sequence(lambda n: f"R{n}")
    name = factory.LazyAttribute(lambda reason: f"Reason {reason.code}")
    loss_category = LossCategory.BREAKDOWN


class FaultCodeFactory(DjangoModelFactory):
    class Meta:
        model = FaultCode

    code = factory.Sequence(lambda n: f"F{n}")
    name = factory.LazyAttribute(lambda entry: f"Fault {entry.code}")


class MaintenancePlanFactory(DjangoModelFactory):
    """Every thirty days, unless told otherwise."""

    class Meta:
        model = MaintenancePlan

    machine = factory.SubFactory(MachineFactory)
    title = factory.Sequence(lambda n: f"Lubricate {n}")
    every_days = 30


class ShiftPatternFactory(DjangoModelFactory):
    """An early shift from Monday to Friday with one break; give it a line or a site."""

    class Meta:
        model = ShiftPattern

    name = "Early"
    weekdays = [0, 1, 2, 3, 4]
    start_time = time(6)
    end_time = time(14)
    breaks = [{"start_time": "10:00", "end_time": "10:30"}]
    valid_from = date(2026, 1, 1)


class CalendarExceptionFactory(DjangoModelFactory):
    """A whole holiday; give it a line or a site."""

    class Meta:
        model = CalendarException

    kind = ExceptionKind.HOLIDAY
    date = date(2026, 5, 1)
