"""Pages of the plant: its stops."""

from equipment.views.downtime import (
    CloseView,
    ConfirmView,
    DowntimeView,
    ExplainView,
    ReportView,
    SplitView,
)

__all__ = ["CloseView", "ConfirmView", "DowntimeView", "ExplainView", "ReportView", "SplitView"]
