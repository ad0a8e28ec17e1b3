"""Pages of andon: the board and what is done there, the wall, the statistics."""

from andon.views.board import BellView, BoardView, HistoryView, WallView
from andon.views.deeds import AcknowledgeView, CancelView, EscalateView, RaiseView, ResolveView, SeenView
from andon.views.statistics import StatisticsView

__all__ = [
    "AcknowledgeView",
    "BellView",
    "BoardView",
    "CancelView",
    "EscalateView",
    "HistoryView",
    "RaiseView",
    "ResolveView",
    "SeenView",
    "StatisticsView",
    "WallView",
]
