"""Tables of production, re-exported: one module per subject."""

from production.models.counts import CounterReading, ProductionCount, ProductionRun
from production.models.imports import ProductionLogImport
from production.models.products import ProductModel, StandardRate, validate_specifications

__all__ = [
    "CounterReading",
    "ProductModel",
    "ProductionCount",
    "ProductionLogImport",
    "ProductionRun",
    "StandardRate",
    "validate_specifications",
]
