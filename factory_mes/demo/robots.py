"""The demo's traceable product: a wearable robot, its eight processes with what each measures, and its components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Defect:
    """What goes wrong at a step, and the measured value by which it shows."""

    code: str
    name: str
    measurement: str
    value: Any


@dataclass(frozen=True, slots=True)
class DemoProcess:
    """A step: its names, how long it takes (s), what it measures, and what goes wrong in it."""

    code: str
    korean: str
    english: str
    seconds: int
    measurements: tuple[dict[str, Any], ...]
    defect: Defect
    machine: str | None = None
    component: tuple[str, int] | None = None  # part and pieces that go in here
    inspected: bool = False  # done by quality
    is_label: bool = False


def number(
    name: str, label: str, unit: str, lower: float | None, upper: float | None, *, required: bool = True
) -> dict[str, Any]:
    """A value with its limits."""
    limits = {"lower": lower, "upper": upper}
    return {"name": name, "label": label, "unit": unit, "kind": "number", **limits, "required": required}


def choice(name: str, label: str, *choices: str) -> dict[str, Any]:
    """One of some words; the first is the good one."""
    return {"name": name, "label": label, "kind": "choice", "choices": list(choices), "required": True}


def yes(name: str, label: str) -> dict[str, Any]:
    """Something that is so, or not."""
    return {"name": name, "label": label, "kind": "bool", "required": True}


PROCESSES = (
    DemoProcess(
        "P01_LASER_MARKING",
        "레이저 마킹",
        "Laser marking",
        45,
        (
            choice("marking_quality", "Quality of the mark", "A", "B", "C"),
            number("marking_depth", "Depth of the mark", "mm", 0.03, 0.08),
            number("position_x", "Position X", "mm", 9.9, 10.5),
            number("position_y", "Position Y", "mm", 20.2, 20.8),
        ),
        Defect("MARK_SHALLOW", "Mark too shallow", "marking_depth", 0.022),
    ),
    DemoProcess(
        "P02_LMA_ASSEMBLY",
        "LMA 조립",
        "LMA assembly",
        180,
        (
            number("screw_torque", "Torque of the screws", "N·m", 0.55, 0.65),
            yes("lma_seated", "LMA seated"),
        ),
        Defect("TORQUE_LOW", "Screw not tight", "screw_torque", 0.48),
        component=("SMA-SPRING", 2),
    ),
    DemoProcess(
        "P03_SENSOR_INSPECTION",
        "센서 검사",
        "Sensor inspection",
        90,
        (
            number("sensor_zero", "Zero of the sensor", "mV", -5, 5),
            number("sensor_gain", "Gain of the sensor", "", 0.98, 1.02),
            number("sensor_noise", "Noise", "µV", None, 50, required=False),
        ),
        Defect("ZERO_DRIFT", "Zero drifts", "sensor_zero", 7.4),
        inspected=True,
    ),
    DemoProcess(
        "P04_FIRMWARE_UPLOAD",
        "펌웨어 업로드",
        "Firmware upload",
        60,
        (
            choice("firmware_version", "Version", "2.4.1", "2.4.0"),
            yes("checksum_ok", "Checksum right"),
        ),
        Defect("CHECKSUM", "Checksum wrong", "checksum_ok", False),
    ),
    DemoProcess(
        "P05_ROBOT_ASSEMBLY",
        "로봇 조립",
        "Robot assembly",
        300,
        (
            number("joint_torque", "Torque of the joint", "N·m", 1.8, 2.2),
            yes("cable_routed", "Cable in its guide"),
        ),
        Defect("CABLE_PINCHED", "Cable pinched", "cable_routed", False),
        machine="ASSY-1-JOIN",
        component=("BATTERY-2000", 1),
    ),
    DemoProcess(
        "P06_PERFORMANCE_TEST",
        "성능검사",
        "Performance test",
        240,
        (
            number("walk_speed", "Walking speed", "m/s", 0.9, 1.3),
            number("assist_force", "Assisting force", "N", 38, 42),
            number("battery_current", "Current at rest", "mA", None, 25),
            number("noise", "Noise", "dB", None, 58, required=False),
        ),
        Defect("WALK_SLOW", "Walks too slowly", "walk_speed", 0.82),
        machine="ASSY-1-TEST",
        inspected=True,
    ),
    DemoProcess(
        "P07_LABEL_PRINTING",
        "라벨 프린팅",
        "Label printing",
        20,
        (yes("label_readable", "Label reads back"),),
        Defect("LABEL_BLURRED", "Label blurred", "label_readable", False),
        is_label=True,
    ),
    DemoProcess(
        "P08_PACKAGING_INSPECTION",
        "포장 + 외관검사",
        "Packaging and visual inspection",
        120,
        (
            choice("appearance", "Appearance", "OK", "SCRATCH", "DENT"),
            number("weight", "Weight with packaging", "kg", 2.3, 2.5),
            yes("accessories_complete", "Accessories complete"),
        ),
        Defect("SCRATCH", "Scratched", "appearance", "SCRATCH"),
        inspected=True,
    ),
)

PRODUCT = {
    "model_code": "NH-2024-B1",
    "model_name": "NeuroHub wearable robot B1 웨어러블 로봇",
    "category": "Wearable robot",
    "production_cycle_days": 2,
    "specifications": {"sensor_type": "IMU", "battery_capacity": "2000mAh", "wireless": "BLE 5.0"},
}
LINE = "ASSY-1"
# part, lot, supplier, pieces; of each part the second is taken once the first is blocked
COMPONENTS = (
    ("SMA-SPRING", "SMA-4471", "Daejin Springs", 500),
    ("BATTERY-2000", "BAT-118", "Hanbit Cells", 100),
    ("BATTERY-2000", "BAT-119", "Hanbit Cells", 300),
)
BLOCKED = ("BAT-118", "Supplier reports swelling cells")


@dataclass(frozen=True, slots=True)
class Story:
    """What became of a unit: so many steps passed; at one it failed so often (four times: scrapped)."""

    steps: int = len(PROCESSES)
    fails_at: int = 0  # number of the process; 0: nowhere
    times: int = 1
    reworked: bool = True  # False: it waits to be


GOOD = Story()
SCRAPPED = 4  # failures: the third rework was the last


@dataclass(frozen=True, slots=True)
class DemoLot:
    """A lot of so many days ago, the units in it, and what ended it."""

    days_ago: int
    target: int
    units: tuple[Story, ...]
    completed: str = ""  # why a manager completed it; otherwise it does so by itself or is open
    closed: bool = False


HISTORY = (
    DemoLot(4, 5, (GOOD,) * 5, closed=True),
    DemoLot(
        3, 6, (GOOD, GOOD, Story(fails_at=6), GOOD, Story(fails_at=3, times=SCRAPPED), GOOD), closed=True
    ),
    DemoLot(
        2,
        8,
        (GOOD, Story(fails_at=1), GOOD, Story(fails_at=6, times=2), GOOD, Story(fails_at=8, reworked=False)),
        completed="The rest follows with the next delivery of springs",
    ),
    DemoLot(1, 6, (GOOD, GOOD, Story(fails_at=5), GOOD, Story(fails_at=6, reworked=False))),
    DemoLot(
        0,
        20,
        (
            GOOD,
            Story(fails_at=1),
            GOOD,
            Story(fails_at=6, reworked=False),
            Story(6),
            Story(4, fails_at=3),
            Story(2),
            Story(1),
            Story(0),
        ),
    ),
)
