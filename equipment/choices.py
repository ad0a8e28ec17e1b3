"""Words of the plant (domain.md §3, §4; api.md §7)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """What a machine is doing. Break, no shift and holiday are not states: they come from the calendar."""

    RUNNING = "RUNNING", _("Running")
    STARVED = "STARVED", _("Starved")
    BLOCKED = "BLOCKED", _("Blocked")
    HELD = "HELD", _("Held")
    FAULT = "FAULT", _("Fault")
    SETUP = "SETUP", _("Setup")
    CLEANING = "CLEANING", _("Cleaning")
    MAINTENANCE = "MAINTENANCE", _("Maintenance")
    IDLE = "IDLE", _("No order")
    ENGINEERING = "ENGINEERING", _("Engineering")
    UNKNOWN = "UNKNOWN", _("No signal")


NOT_DOWN = (State.RUNNING, State.UNKNOWN)  # no signal is unknown: never running, never down
WAITS = (
    State.FAULT,
    State.HELD,
    State.STARVED,
    State.BLOCKED,
)  # stops that nobody planned, unless a reason says so


class DowntimeCategory(models.TextChoices):
    """What a stop is to the plan: derived from state and reason, never stored."""

    PLANNED = "PLANNED", _("Planned")
    UNPLANNED = "UNPLANNED", _("Unplanned")
    CHANGEOVER = "CHANGEOVER", _("Changeover")
    MAINTENANCE = "MAINTENANCE", _("Maintenance")


class LineStatus(models.TextChoices):
    """What a line is doing, in the words of a dashboard."""

    RUNNING = "RUNNING", _("Running")
    STOPPED = "STOPPED", _("Stopped")
    FAULT = "FAULT", _("Fault")
    MAINTENANCE = "MAINTENANCE", _("Maintenance")
    SETUP = "SETUP", _("Setup")
    IDLE = "IDLE", _("No order")
    UNKNOWN = "UNKNOWN", _("No signal")


# Cleaning and maintenance are both scheduled down; engineering runs no order (domain.md §4).
STATUS_OF_STATE: dict[str, LineStatus] = {
    State.RUNNING: LineStatus.RUNNING,
    State.STARVED: LineStatus.STOPPED,
    State.BLOCKED: LineStatus.STOPPED,
    State.HELD: LineStatus.STOPPED,
    State.FAULT: LineStatus.FAULT,
    State.SETUP: LineStatus.SETUP,
    State.CLEANING: LineStatus.MAINTENANCE,
    State.MAINTENANCE: LineStatus.MAINTENANCE,
    State.IDLE: LineStatus.IDLE,
    State.ENGINEERING: LineStatus.IDLE,
    State.UNKNOWN: LineStatus.UNKNOWN,
}


class LossCategory(models.TextChoices):
    """Which loss a stop reason stands for: the category, whatever the plant calls it."""

    BREAKDOWN = "BREAKDOWN", _("Breakdown")
    SETUP = "SETUP", _("Setup and adjustment")
    MINOR_STOP = "MINOR_STOP", _("Minor stop")
    STARVED_BLOCKED = "STARVED_BLOCKED", _("Starved or blocked")
    PLANNED = "PLANNED", _("Planned downtime")
    OTHER = "OTHER", _("Other")


class ExceptionKind(models.TextChoices):
    HOLIDAY = "HOLIDAY", _("Holiday")
    OVERTIME = "OVERTIME", _("Overtime")


class Topology(models.TextChoices):
    """How the machines of a line stand to each other (OEE contract R9)."""

    SERIES = "SERIES", _("In series")
    PARALLEL = "PARALLEL", _("In parallel")


class EventLayer(models.IntegerChoices):
    """Which raw event lies on top where several speak of the same moment (equipment/timeline.py)."""

    CHANGE = 0, _("State change")
    SPAN = 1, _("Closed interval")
    CORRECTION = 2, _("Correction")


class Urgency(models.TextChoices):
    """How bad a fault is, how much a piece of maintenance hurries; the least first: the order is the rank."""

    LOW = "LOW", _("Low")
    MEDIUM = "MEDIUM", _("Medium")
    HIGH = "HIGH", _("High")
    CRITICAL = "CRITICAL", _("Critical")

    @property
    def rank(self) -> int:
        """0 for LOW to 3 for CRITICAL."""
        return list(Urgency).index(self)


class StandardFault(models.TextChoices):
    """Faults that every controller tells alike, in the order of its fault bits, 0 to 9. Plants have more of their own."""

    EMERGENCY_STOP = "EMERGENCY_STOP", _("Emergency stop")
    SAFETY_GATE_OPEN = "SAFETY_GATE_OPEN", _("Safety gate open")
    MOTOR_OVERLOAD = "MOTOR_OVERLOAD", _("Motor overload")
    COMMUNICATION_ERROR = "COMMUNICATION_ERROR", _("Communication error")
    TEMPERATURE_HIGH = "TEMPERATURE_HIGH", _("Temperature high")
    PRESSURE_LOW = "PRESSURE_LOW", _("Pressure low")
    UPSTREAM_STOP = "UPSTREAM_STOP", _("Upstream stop")
    DOWNSTREAM_STOP = "DOWNSTREAM_STOP", _("Downstream stop")
    MATERIAL_JAM = "MATERIAL_JAM", _("Material jam")
    SENSOR_FAULT = "SENSOR_FAULT", _("Sensor fault")

    @property
    def severity(self) -> Urgency:
        return SEVERITY_OF_FAULT.get(self, Urgency.MEDIUM)


SEVERITY_OF_FAULT = {
    StandardFault.EMERGENCY_STOP: Urgency.CRITICAL,
    StandardFault.SAFETY_GATE_OPEN: Urgency.HIGH,
    StandardFault.MOTOR_OVERLOAD: Urgency.HIGH,
    StandardFault.COMMUNICATION_ERROR: Urgency.HIGH,
    StandardFault.SENSOR_FAULT: Urgency.LOW,
}


class FaultStatus(models.TextChoices):
    ACTIVE = "ACTIVE", _("Active")
    RESOLVED = "RESOLVED", _("Resolved")


class MaintenanceType(models.TextChoices):
    PREVENTIVE = "PREVENTIVE", _("Preventive")
    CORRECTIVE = "CORRECTIVE", _("Corrective")


class MaintenanceStatus(models.TextChoices):
    SCHEDULED = "SCHEDULED", _("Scheduled")
    IN_PROGRESS = "IN_PROGRESS", _("In progress")
    COMPLETED = "COMPLETED", _("Completed")
    CANCELLED = "CANCELLED", _("Cancelled")


FAULT_TRANSITIONS: dict[str, tuple[str, ...]] = {
    FaultStatus.ACTIVE: (FaultStatus.RESOLVED,),
}
MAINTENANCE_TRANSITIONS: dict[str, tuple[str, ...]] = {
    MaintenanceStatus.SCHEDULED: (MaintenanceStatus.IN_PROGRESS, MaintenanceStatus.CANCELLED),
    MaintenanceStatus.IN_PROGRESS: (MaintenanceStatus.COMPLETED, MaintenanceStatus.CANCELLED),
}
