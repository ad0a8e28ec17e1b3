"""The plant over HTTP (api.md §4, §7)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import ModelViewSet
from core.errors import Invalid
from equipment import actions, selectors
from equipment.api import filters, serializers
from equipment.models import (
    Area,
    CalendarException,
    Line,
    Machine,
    ShiftPattern,
    Site,
    StopReason,
)


class SiteViewSet(ModelViewSet):
    queryset = Site.objects.all()
    serializer_class = serializers.SiteSerializer
    filterset_class = filters.SiteFilter
    search_fields = ("code", "name")
    ordering_fields = ("id", "code", "name", "created_at")


class AreaViewSet(ModelViewSet):
    queryset = Area.objects.all()
    serializer_class = serializers.AreaSerializer
    filterset_class = filters.AreaFilter
    search_fields = ("code", "name")
    ordering_fields = ("id", "code", "name", "site_id", "created_at")


class Reread(ModelViewSet):
    """Answers a write with the row as the list would show it, its state included."""

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = self.get_queryset().get(pk=self.save(serializer).pk)

    perform_update = perform_create

    def save(self, serializer: Any) -> Any:
        return serializer.save()


class LineViewSet(Reread):
    queryset = Line.objects.select_related("area__site", "constraint_machine").prefetch_related(
        Prefetch("machines", Machine.objects.with_state().order_by("position", "equipment_code"))
    )
    serializer_class = serializers.LineSerializer
    filterset_class = filters.LineFilter
    search_fields = ("line_code", "name", "description")
    ordering_fields = ("id", "line_code", "name", "enabled", "created_at")

    def save(self, serializer: Any) -> Line:
        machines = serializer.validated_data.pop("machines", None)
        line = serializer.save()
        if machines is not None:
            actions.place_machines(line=line, machines=machines)
        return line

    @extend_schema(
        parameters=[serializers.WindowSerializer], responses=serializers.CalendarSerializer, filters=False
    )
    @action(detail=True, query_names=("start", "end"))
    def calendar(self, request: Request, pk: str) -> Response:
        """The shifts that come out of patterns and exceptions, on the site's clock: look here across a DST change."""
        window = serializers.WindowSerializer(data=request.query_params)
        window.is_valid(raise_exception=True)
        calendar = selectors.calendar_of(line=self.get_object())
        shifts = calendar.shifts(**window.validated_data)
        answer = {"line_id": int(pk), "timezone": calendar.zone.key, "shifts": shifts}
        return Response(serializers.CalendarSerializer(answer, context={"zone": calendar.zone}).data)


class MachineViewSet(Reread):
    queryset = Machine.objects.with_state()
    serializer_class = serializers.MachineSerializer
    filterset_class = filters.MachineFilter
    lookup_field = "equipment_code__iexact"
    lookup_url_kwarg = "equipment_code"
    lookup_value_regex = "[^/]+"
    search_fields = ("equipment_code", "name", "line__line_code", "line__name")
    ordering_fields = ("id", "equipment_code", "name", "line_id", "position", "state", "state_since")

    def get_queryset(self) -> Any:
        return super().get_queryset().visible_to(self.request.user)

    @extend_schema(operation_id="equipment_states", responses=serializers.MachineSerializer(many=True))
    @action(detail=False, url_path="status", permission="equipment.view_equipment_status")
    def all_states(self, request: Request) -> Response:
        """What every machine is doing now."""
        return self.list(request)

    @action(detail=True, permission="equipment.view_equipment_status")
    def status(self, request: Request, equipment_code: str) -> Response:
        """What this machine is doing now."""
        return self.retrieve(request)

    @extend_schema(request=serializers.CorrectionSerializer, responses=serializers.StatesSerializer)
    @action(
        detail=True,
        methods=["post"],
        url_path="states/correct",
        permission="equipment.correct_machinestate",
    )
    def correct(self, request: Request, equipment_code: str) -> Response:
        """Say what the machine really did; what it said itself is kept below."""
        machine = self.get_object()
        data = self._read(serializers.CorrectionSerializer)
        event = actions.correct_state(machine=machine, actor=request.user, **data)
        return self._states(machine, event.started_at, data["ended_at"])

    @extend_schema(request=serializers.SplitSerializer, responses=serializers.StatesSerializer)
    @action(
        detail=True, methods=["post"], url_path="states/split", permission="equipment.correct_machinestate"
    )
    def split(self, request: Request, equipment_code: str) -> Response:
        """Give an interval another reason from a moment on."""
        machine = self.get_object()
        data = self._read(serializers.SplitSerializer)
        interval = machine.states.touching(data["at"], data["at"]).first()
        if interval is None:
            raise Invalid(errors={"at": ["Nothing is known about this moment."]})
        actions.split_state(interval=interval, actor=request.user, **data)
        return self._states(machine, interval.started_at, interval.ended_at)

    def _read(self, serializer_class: Any) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def _states(self, machine: Machine, start: datetime, end: datetime | None) -> Response:
        rows = machine.states.touching(start, end or datetime.max.replace(tzinfo=UTC))
        rows = rows.select_related("reason", "event").order_by("started_at")
        return Response(serializers.StatesSerializer({"states": rows}).data)


class ShiftPatternViewSet(ModelViewSet):
    queryset = ShiftPattern.objects.all()
    serializer_class = serializers.ShiftPatternSerializer
    filterset_class = filters.ShiftPatternFilter
    search_fields = ("name",)
    ordering_fields = ("id", "name", "valid_from", "start_time")


class CalendarExceptionViewSet(ModelViewSet):
    queryset = CalendarException.objects.all()
    serializer_class = serializers.CalendarExceptionSerializer
    filterset_class = filters.CalendarExceptionFilter
    search_fields = ("name",)
    ordering_fields = ("id", "date", "kind")


class StopReasonViewSet(ModelViewSet):
    queryset = StopReason.objects.all()
    serializer_class = serializers.StopReasonSerializer
    filterset_class = filters.StopReasonFilter
    search_fields = ("code", "name")
    ordering_fields = ("id", "code", "name", "loss_category")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "children": lambda: self._children}

    @cached_property
    def _children(self) -> dict[int | None, list[StopReason]]:
        return selectors.reason_children()
