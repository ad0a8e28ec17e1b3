"""Pages of andon: the board and what is done there, the wall, the statistics."""

from andon.views.board import BoardView, HistoryView, WallView
from andon.views.deeds import AcknowledgeView, CancelView, EscalateView, RaiseView, ResolveView
from andon.views.statistics import StatisticsView

__all__ = [
    "AcknowledgeView",
    "BoardView",
    "CancelView",
    "EscalateView",
    "HistoryView",
    "RaiseView",
    "ResolveView",
    "StatisticsView",
    "WallView",
]
