"""Tables of production, re-exported: one module per subject."""

from production.models.components import ComponentLot, Consumption
from production.models.counts import CounterReading, ProductionCount, ProductionRun
from production.models.imports import ProductionLogImport
from production.models.plans import ChecklistAnswer, ChecklistItem, JobAssignment, ProductionSchedule
from production.models.products import ProductModel, StandardRate, validate_specifications
from production.models.records import MAX_NOTES, Defect, ProcessData, StepMark, Tally
from production.models.routes import Process, Route, RouteStep
from production.models.units import (
    MAX_REWORK,
    MAX_UNITS,
    OPEN_LOTS,
    LabelPrint,
    Lot,
    NumberPattern,
    NumberSequence,
    Rework,
    Serial,
)

__all__ = [
    "ChecklistAnswer",
    "ChecklistItem",
    "ComponentLot",
    "Consumption",
    "CounterReading",
    "Defect",
    "JobAssignment",
    "LabelPrint",
    "Lot",
    "MAX_NOTES",
    "MAX_REWORK",
    "MAX_UNITS",
    "OPEN_LOTS",
    "NumberPattern",
    "NumberSequence",
    "Process",
    "ProcessData",
    "ProductModel",
    "ProductionCount",
    "ProductionLogImport",
    "ProductionRun",
    "ProductionSchedule",
    "Rework",
    "Route",
    "RouteStep",
    "Serial",
    "StandardRate",
    "StepMark",
    "Tally",
    "validate_specifications",
]
