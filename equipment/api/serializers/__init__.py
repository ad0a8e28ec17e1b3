"""The plant as JSON (API contract §4, §7)."""

from equipment.api.serializers.downtimes import (
    CloseDowntimeSerializer,
    DowntimePartsSerializer,
    DowntimeQuestionSerializer,
    DowntimeSerializer,
    DowntimeStatisticsSerializer,
    ExplainDowntimeSerializer,
    OpenDowntimeSerializer,
    SplitDowntimeSerializer,
)
from equipment.api.serializers.plant import (
    AreaSerializer,
    LineSerializer,
    MachineSerializer,
    SiteSerializer,
)
from equipment.api.serializers.shifts import (
    CalendarExceptionSerializer,
    CalendarSerializer,
    RuleSerializer,
    ShiftPatternSerializer,
    ShiftSerializer,
    WindowSerializer,
)
from equipment.api.serializers.states import (
    CorrectionSerializer,
    MachineStateSerializer,
    SplitSerializer,
    StatesSerializer,
    StopReasonSerializer,
)
from equipment.api.serializers.upkeep import (
    CancelMaintenanceSerializer,
    CompleteMaintenanceSerializer,
    FaultSerializer,
    MaintenanceOrderSerializer,
    OrderMaintenanceSerializer,
    ReportFaultSerializer,
    ResolveFaultSerializer,
)

__all__ = [
    "CloseDowntimeSerializer",
    "DowntimePartsSerializer",
    "DowntimeQuestionSerializer",
    "DowntimeSerializer",
    "DowntimeStatisticsSerializer",
    "ExplainDowntimeSerializer",
    "OpenDowntimeSerializer",
    "SplitDowntimeSerializer",
    "AreaSerializer",
    "CalendarExceptionSerializer",
    "CalendarSerializer",
    "CancelMaintenanceSerializer",
    "CompleteMaintenanceSerializer",
    "CorrectionSerializer",
    "FaultSerializer",
    "LineSerializer",
    "MachineSerializer",
    "MachineStateSerializer",
    "MaintenanceOrderSerializer",
    "OrderMaintenanceSerializer",
    "ReportFaultSerializer",
    "ResolveFaultSerializer",
    "RuleSerializer",
    "ShiftPatternSerializer",
    "ShiftSerializer",
    "SiteSerializer",
    "SplitSerializer",
    "StatesSerializer",
    "StopReasonSerializer",
    "WindowSerializer",
]
