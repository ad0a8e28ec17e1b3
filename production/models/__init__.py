"""Tables of production, re-exported: one module per subject."""

from production.models.counts import CounterReading, ProductionCount, ProductionRun
from production.models.imports import ProductionLogImport
from production.models.plans import ChecklistAnswer, ChecklistItem, JobAssignment, ProductionSchedule
from production.models.products import ProductModel, StandardRate, validate_specifications

__all__ = [
    "ChecklistAnswer",
    "ChecklistItem",
    "CounterReading",
    "JobAssignment",
    "ProductModel",
    "ProductionCount",
    "ProductionLogImport",
    "ProductionRun",
    "ProductionSchedule",
    "StandardRate",
    "validate_specifications",
]
