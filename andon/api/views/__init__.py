"""Andon over HTTP: one module per subject."""

from andon.api.views.calls import AndonEventViewSet
from andon.api.views.policies import EscalationPolicyViewSet
from andon.api.views.statistics import StatisticsView

__all__ = ["AndonEventViewSet", "EscalationPolicyViewSet", "StatisticsView"]
