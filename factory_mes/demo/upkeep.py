"""The upkeep of the demo plant: a catalogue of faults, plans that come due, one fault that waits for somebody."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from accounts.models import User
from equipment.actions import report_fault
from equipment.choices import StandardFault
from equipment.models import FaultCode, Machine, MaintenancePlan

REMEDIES = {
    StandardFault.EMERGENCY_STOP: "Look why it was pressed before it is released.",
    StandardFault.SAFETY_GATE_OPEN: "Close the gate, then reset it at the panel.",
    StandardFault.MOTOR_OVERLOAD: "Let the motor cool down; look for what blocks it.",
    StandardFault.COMMUNICATION_ERROR: "Check the network cable and the switch of the cell.",
    StandardFault.TEMPERATURE_HIGH: "Clean the filter mats and check the fan.",
    StandardFault.PRESSURE_LOW: "Check the supply valve and listen for leaks.",
    StandardFault.UPSTREAM_STOP: "Look at the machine before this one.",
    StandardFault.DOWNSTREAM_STOP: "Look at the machine after this one.",
    StandardFault.MATERIAL_JAM: "Switch off, take the part out, check the guides.",
    StandardFault.SENSOR_FAULT: "Wipe the sensor, check its cable and its distance.",
}
# title, days, running hours, days it may wait
PLANS = (
    ("Lubricate the guides", None, 60, 2),
    ("Change the filter mats", 30, 500, 7),
    ("Safety inspection", 365, None, 14),
)


def lay_out_upkeep(*, lines: list[str], opened: date, zone: ZoneInfo) -> None:
    """The catalogue, and plans for the constraint machine of each of these lines, counted from when it `opened`."""
    for fault in StandardFault:
        FaultCode.objects.create(
            code=fault.value, name=str(fault.label), severity=fault.severity, remedy=REMEDIES[fault]
        )
    since = datetime.combine(opened, time(), zone)
    machines = list(Machine.objects.filter(constrains__line_code__in=lines).order_by("equipment_code"))
    for machine in machines:
        for title, days, hours, tolerance in PLANS:
            MaintenancePlan.objects.create(
                machine=machine,
                title=title,
                every_days=days,
                every_running_hours=hours,
                tolerance_days=tolerance,
                counted_from=since,
            )
    operator = User.objects.get(username="operator")
    report_fault(
        machine=machines[0],
        fault_code=StandardFault.SENSOR_FAULT.value,
        severity=None,
        description="Sees a part where there is none",
        occurred_at=None,
        actor=operator,
    )
