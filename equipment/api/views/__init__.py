"""The plant over HTTP (api.md §4, §7)."""

from equipment.api.views.downtimes import DowntimeViewSet
from equipment.api.views.of_machine import HistoryViewSet
from equipment.api.views.plant import (
    AreaViewSet,
    CalendarExceptionViewSet,
    LineViewSet,
    MachineViewSet,
    ShiftPatternViewSet,
    SiteViewSet,
    StopReasonViewSet,
)
from equipment.api.views.upkeep import (
    FaultCodeViewSet,
    FaultViewSet,
    MaintenanceOrderViewSet,
    MaintenancePlanViewSet,
)

__all__ = [
    "AreaViewSet",
    "CalendarExceptionViewSet",
    "DowntimeViewSet",
    "FaultCodeViewSet",
    "FaultViewSet",
    "HistoryViewSet",
    "LineViewSet",
    "MachineViewSet",
    "MaintenanceOrderViewSet",
    "MaintenancePlanViewSet",
    "ShiftPatternViewSet",
    "SiteViewSet",
    "StopReasonViewSet",
]
