"""The three simulated lines: their machines, products and habits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product and its ideal cycle (s per piece) on the constraint machine."""

    code: str
    name: str
    cycle: Decimal


@dataclass(frozen=True, slots=True)
class DemoMachine:
    """A machine; `pace` is its ideal cycle as a fraction of the constraint's (the constraint's own is 1)."""

    code: str
    name: str
    pace: Decimal
    reports_counters: bool = False  # sends cumulative counters instead of counts


@dataclass(frozen=True, slots=True)
class Habits:
    """How a line behaves. Times in seconds, the rest as fractions."""

    mean_run: float  # between two stops
    speed: float  # of the ideal rate while running
    scrap: float
    rework: float
    minor_share: float  # of stops that are minor


@dataclass(frozen=True, slots=True)
class DemoLine:
    code: str
    name: str
    area: str
    machines: tuple[DemoMachine, ...]
    constraint: int  # index into machines
    products: tuple[DemoProduct, ...]
    target_speed: Decimal  # units per hour
    habits: Habits


LINES = (
    DemoLine(
        code="ASSY-1",
        name="Robot assembly 로봇 조립",
        area="Assembly",
        machines=(
            DemoMachine("ASSY-1-FEED", "Part feeder", Decimal("0.80")),
            DemoMachine("ASSY-1-JOIN", "Joining cell", Decimal("1")),
            DemoMachine("ASSY-1-TEST", "Function test", Decimal("0.85"), reports_counters=True),
        ),
        constraint=1,
        products=(
            DemoProduct("WF-ARM-S", "웨어러블 암 S Wearable arm S", Decimal("24")),
            DemoProduct("WF-ARM-L", "웨어러블 암 L Wearable arm L", Decimal("30")),
        ),
        target_speed=Decimal("110"),
        habits=Habits(mean_run=1500, speed=0.94, scrap=0.015, rework=0.010, minor_share=0.55),
    ),
    DemoLine(
        code="MOLD-1",
        name="Injection moulding",
        area="Forming",
        machines=(
            DemoMachine("MOLD-1-PRESS", "Moulding press", Decimal("1")),
            DemoMachine("MOLD-1-TRIM", "Trimming robot", Decimal("0.70")),
        ),
        constraint=0,
        products=(
            DemoProduct("HSG-A", "Housing A", Decimal("12")),
            DemoProduct("HSG-B", "Housing B", Decimal("15.5")),
        ),
        target_speed=Decimal("235"),
        habits=Habits(mean_run=1700, speed=0.90, scrap=0.030, rework=0.0, minor_share=0.45),
    ),
    DemoLine(
        code="PACK-1",
        name="Packing 포장",
        area="Packing",
        machines=(
            DemoMachine("PACK-1-FORM", "Carton former", Decimal("0.75")),
            DemoMachine("PACK-1-FILL", "Case packer", Decimal("1")),
            DemoMachine("PACK-1-LABEL", "Labeller", Decimal("0.80")),
        ),
        constraint=1,
        products=(
            DemoProduct("CASE-24", "Case of 24", Decimal("6")),
            DemoProduct("CASE-12", "Case of 12", Decimal("4")),
        ),
        target_speed=Decimal("560"),
        habits=Habits(mean_run=700, speed=0.96, scrap=0.008, rework=0.004, minor_share=0.75),
    ),
)
