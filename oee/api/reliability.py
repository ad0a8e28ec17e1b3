"""Reliability of machines and lines over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import APIView
from equipment.models import Line, Machine
from oee.api.serializers import WindowSerializer, stamp
from oee.selectors.reliability import Reliability, reliability

MONTH = timedelta(days=30)
WINDOW = [
    OpenApiParameter("start", str, description="ISO 8601 with offset; default: the last 30 days."),
    OpenApiParameter("end", str, description="ISO 8601 with offset, exclusive."),
]


class ReliabilitySerializer(serializers.Serializer):
    """Sums in seconds and the figures they make; null where undefined (no failure, no maintenance)."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    failures = serializers.IntegerField()
    operating_seconds = serializers.FloatField()
    repair_seconds = serializers.FloatField()
    mtbf_seconds = serializers.FloatField(allow_null=True)
    mttf_seconds = serializers.FloatField(allow_null=True)
    mttr_seconds = serializers.FloatField(allow_null=True)
    inherent_availability = serializers.FloatField(allow_null=True)
    corrective_maintenance_seconds = serializers.FloatField()
    preventive_maintenance_seconds = serializers.FloatField()
    corrective_maintenance_ratio = serializers.FloatField(allow_null=True)


def reliability_data(found: Reliability, start: datetime, end: datetime) -> dict[str, Any]:
    return {
        "start": stamp(start),
        "end": stamp(end),
        "failures": found.failures,
        "operating_seconds": float(found.operating),
        "repair_seconds": float(found.repair),
        "mtbf_seconds": found.mtbf,
        "mttf_seconds": found.mttf,
        "mttr_seconds": found.mttr,
        "inherent_availability": found.availability,
        "corrective_maintenance_seconds": found.corrective,
        "preventive_maintenance_seconds": found.preventive,
        "corrective_maintenance_ratio": found.corrective_ratio,
    }


class ReliabilityView(APIView):
    """Base: whose machines they are, the subclass says."""

    permission = "equipment.view_maintenanceorder"
    query_names = ("start", "end")

    def answer(self, machines: Sequence[Machine]) -> Response:
        asked = {
            name: self.request.query_params[name]
            for name in self.query_names
            if name in self.request.query_params
        }
        form = WindowSerializer(data=asked)
        form.is_valid(raise_exception=True)
        now = timezone.now()
        start, end = form.validated_data.get("start", now - MONTH), form.validated_data.get("end", now)
        found = reliability(machines=machines, start=start, end=end, now=now)
        return Response(reliability_data(found, start, end))


@extend_schema(parameters=WINDOW, responses=ReliabilitySerializer, tags=["equipment"])
class MachineReliabilityView(ReliabilityView):
    """How often the machine fails, how long repairs take, and how much maintenance is corrective."""

    def get(self, request: Request, equipment_code: str) -> Response:
        machines = Machine.objects.visible_to(request.user).select_related("line__area__site")
        return self.answer([get_object_or_404(machines, equipment_code__iexact=equipment_code)])


@extend_schema(parameters=WINDOW, responses=ReliabilitySerializer, tags=["production"])
class LineReliabilityView(ReliabilityView):
    """The same of all machines of a line together: sums are added first, then divided."""

    def get(self, request: Request, pk: str) -> Response:
        line = get_object_or_404(Line, pk=pk)
        return self.answer(list(line.machines.filter(is_active=True).select_related("line__area__site")))
