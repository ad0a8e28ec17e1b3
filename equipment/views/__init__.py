"""Pages of the plant: its stops and its upkeep."""

from equipment.views.downtime import (
    CloseView,
    ConfirmView,
    DowntimeView,
    ExplainView,
    ReportView,
    SplitView,
)
from equipment.views.fault_codes import FaultCodesView
from equipment.views.maintenance import (
    CancelOrderView,
    CompleteOrderView,
    MaintenanceView,
    OrderRepairView,
    ReportFaultView,
    ResolveFaultView,
    StartOrderView,
)

__all__ = [
    "CancelOrderView",
    "CloseView",
    "CompleteOrderView",
    "ConfirmView",
    "DowntimeView",
    "ExplainView",
    "FaultCodesView",
    "MaintenanceView",
    "OrderRepairView",
    "ReportFaultView",
    "ReportView",
    "ResolveFaultView",
    "SplitView",
    "StartOrderView",
]
