"""Andon as JSON: one module per subject."""

from andon.api.serializers.calls import (
    AndonEventSerializer,
    CancelSerializer,
    DeedSerializer,
    RaisedSerializer,
    RaiseSerializer,
    ResolveSerializer,
)
from andon.api.serializers.policies import EscalationPolicySerializer
from andon.api.serializers.statistics import StatisticsQuerySerializer, StatisticsSerializer

__all__ = [
    "AndonEventSerializer",
    "CancelSerializer",
    "DeedSerializer",
    "EscalationPolicySerializer",
    "RaiseSerializer",
    "RaisedSerializer",
    "ResolveSerializer",
    "StatisticsQuerySerializer",
    "StatisticsSerializer",
]
