"""What belongs to the machine that the path names."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework import mixins, viewsets

from core.api.pagination import TimeCursor
from core.api.views import Guarded
from equipment.api import filters, serializers
from equipment.models import Machine, MachineState


class OfOneMachine:
    """What belongs to the machine that the path names."""

    @cached_property
    def machine(self) -> Machine:
        """Raises Http404 for one that is not there, or not this person's to see."""
        machines = Machine.objects.visible_to(self.request.user).select_related("line__area__site")
        return get_object_or_404(machines, equipment_code__iexact=self.kwargs["equipment_code"])

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows if getattr(self, "swagger_fake_view", False) else rows.filter(machine=self.machine)


class HistoryViewSet(OfOneMachine, Guarded, mixins.ListModelMixin, viewsets.GenericViewSet):
    """The state intervals of one machine, newest first."""

    queryset = MachineState.objects.select_related("reason", "event")
    serializer_class = serializers.MachineStateSerializer
    filterset_class = filters.MachineStateFilter
    search_fields = ("state", "reason__code", "reason__name")
    pagination_class = TimeCursor
    cursor_ordering = ("-started_at", "-id")
