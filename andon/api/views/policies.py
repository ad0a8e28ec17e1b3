"""Escalation policies over HTTP (api contract §4)."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch

from andon.actions.policies import set_levels
from andon.api.filters import EscalationPolicyFilter
from andon.api.serializers import EscalationPolicySerializer
from andon.models import EscalationLevel, EscalationPolicy
from core.api.views import ModelViewSet


class EscalationPolicyViewSet(ModelViewSet):
    """Who is told when nobody comes. The most specific policy holds: of the line, then of the type, then of the priority."""

    queryset = EscalationPolicy.objects.prefetch_related(
        Prefetch("levels", EscalationLevel.objects.order_by("level"))
    )
    serializer_class = EscalationPolicySerializer
    filterset_class = EscalationPolicyFilter
    search_fields = ("name", "line__line_code", "line__name")
    ordering_fields = ("id", "name", "line_id", "event_type", "priority", "created_at")

    def perform_create(self, serializer: Any) -> None:
        levels = serializer.validated_data.pop("levels", None)
        policy = serializer.save()
        if levels is not None:
            set_levels(policy=policy, levels=levels)
        serializer.instance = self.get_queryset().get(pk=policy.pk)

    perform_update = perform_create
