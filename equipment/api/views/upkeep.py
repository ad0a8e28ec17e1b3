"""Faults and maintenance over HTTP (api.md §4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etag import require_match
from core.api.views import ModelViewSet, ReadOnlyViewSet
from core.db import lock
from equipment import actions
from equipment.actions.fault_codes import MAX_FILE
from equipment.api import filters, serializers
from equipment.api.views.of_machine import OfOneMachine
from equipment.api.views.plant import Reread
from equipment.models import Fault, FaultCode, Machine, MaintenanceOrder, MaintenancePlan


class FaultCodeViewSet(ModelViewSet):
    """The catalogue of faults."""

    queryset = FaultCode.objects.all()
    serializer_class = serializers.FaultCodeSerializer
    filterset_class = filters.FaultCodeFilter
    search_fields = ("code", "name", "description", "remedy")
    ordering_fields = ("id", "code", "machine_type", "name", "created_at")

    @extend_schema(
        operation_id="fault_codes_import",
        request={"multipart/form-data": serializers.FaultCodeImportSerializer},
        responses=serializers.FaultCodeReportSerializer,
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        permission="equipment.add_faultcode",
        parser_classes=(MultiPartParser,),
        filterset_class=None,
    )
    def take_in(self, request: Request) -> Response:
        """Take in a CSV file of fault codes: rows with a known code and type change it. Any error, and nothing is kept."""
        said = serializers.FaultCodeImportSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        report = actions.import_fault_codes(
            content=said.validated_data["file"].read(MAX_FILE + 1),
            dry_run=said.validated_data["dry_run"],
            actor=request.user,
        )
        return Response(serializers.FaultCodeReportSerializer(report).data)


class MaintenancePlanViewSet(Reread):
    """Plans of preventive maintenance. A plan that is due makes its order by itself."""

    queryset = MaintenancePlan.objects.select_related("machine")
    serializer_class = serializers.MaintenancePlanSerializer
    filterset_class = filters.MaintenancePlanFilter
    search_fields = ("title", "description", "machine__equipment_code", "machine__name")
    ordering_fields = ("id", "title", "counted_from", "created_at")

    def get_queryset(self) -> Any:
        visible = Machine.objects.visible_to(self.request.user)
        rows = super().get_queryset().with_running(timezone.now())
        return rows if getattr(self, "swagger_fake_view", False) else rows.filter(machine__in=visible)


class UpkeepViewSet(OfOneMachine, ReadOnlyViewSet):
    """Rows that are made and moved on by actions, one lock and one check of If-Match for each step."""

    def _made(self, make: Callable[..., Model], serializer_class: Any) -> Response:
        machine = self.machine  # who names none that is there gets 404, whatever the body
        made = make(machine=machine, actor=self.request.user, **self._read(serializer_class))
        return Response(self._shown(made), status=201)

    def _shown(self, row: Model) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=row.pk)).data

    @transaction.atomic
    def _moved(self, step: Callable[..., Model], name: str, serializer_class: Any = None) -> Response:
        row = lock(self.queryset.model, self.get_object().pk)
        if "If-Match" in self.request.headers:
            require_match(self.request, self._shown(row))
        said = self._read(serializer_class) if serializer_class else {}
        return Response(self._shown(step(actor=self.request.user, **{name: row}, **said)))

    def _read(self, serializer_class: Any) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class FaultViewSet(UpkeepViewSet):
    """The faults of one machine, the newest first; `ordering=-urgency` puts the worst first."""

    queryset = Fault.objects.with_urgency().with_people()
    serializer_class = serializers.FaultSerializer
    filterset_class = filters.FaultFilter
    search_fields = ("fault_code", "description", "resolution_notes")
    ordering_fields = ("id", "occurred_at", "resolved_at", "fault_code", "status", "urgency")

    @extend_schema(request=serializers.ReportFaultSerializer, responses={201: serializers.FaultSerializer})
    def create(self, request: Request, equipment_code: str) -> Response:
        """Report what is wrong with the machine."""
        return self._made(actions.report_fault, serializers.ReportFaultSerializer)

    @extend_schema(request=serializers.ResolveFaultSerializer)
    @action(detail=True, methods=["post"], permission="equipment.resolve_fault")
    def resolve(self, request: Request, equipment_code: str, pk: str) -> Response:
        """Say that it is right again, and what it was."""
        return self._moved(actions.resolve_fault, "fault", serializers.ResolveFaultSerializer)

    @extend_schema(request=None, responses={201: serializers.MaintenanceOrderSerializer})
    @action(detail=True, methods=["post"], url_path="order", permission="equipment.add_maintenanceorder")
    def order_repair(self, request: Request, equipment_code: str, pk: str) -> Response:
        """Order its repair: corrective maintenance as urgent as the fault is bad."""
        order = actions.order_repair(fault=self.get_object(), actor=request.user)
        rows = MaintenanceOrder.objects.with_people().with_downtime(timezone.now())
        return Response(serializers.MaintenanceOrderSerializer(rows.get(pk=order.pk)).data, status=201)


class MaintenanceOrderViewSet(UpkeepViewSet):
    """The maintenance orders of one machine, the latest schedule first; `ordering=-urgency` by priority."""

    queryset = MaintenanceOrder.objects.with_urgency().with_people()
    serializer_class = serializers.MaintenanceOrderSerializer
    filterset_class = filters.MaintenanceOrderFilter
    search_fields = ("order_number", "title", "description", "notes")
    ordering_fields = ("id", "order_number", "scheduled_start", "scheduled_end", "status", "urgency")

    def get_queryset(self) -> Any:
        return super().get_queryset().with_downtime(timezone.now())

    @extend_schema(
        request=serializers.OrderMaintenanceSerializer,
        responses={201: serializers.MaintenanceOrderSerializer},
    )
    def create(self, request: Request, equipment_code: str) -> Response:
        """Plan work on the machine."""
        return self._made(actions.order_maintenance, serializers.OrderMaintenanceSerializer)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], permission="equipment.start_maintenanceorder")
    def start(self, request: Request, equipment_code: str, pk: str) -> Response:
        """Say that the work has begun."""
        return self._moved(actions.start_maintenance, "order")

    @extend_schema(request=serializers.CompleteMaintenanceSerializer)
    @action(detail=True, methods=["post"], permission="equipment.complete_maintenanceorder")
    def complete(self, request: Request, equipment_code: str, pk: str) -> Response:
        """Say that the work is done; notes come below those that are there."""
        return self._moved(actions.complete_maintenance, "order", serializers.CompleteMaintenanceSerializer)

    @extend_schema(request=serializers.CancelMaintenanceSerializer)
    @action(detail=True, methods=["post"], permission="equipment.cancel_maintenanceorder")
    def cancel(self, request: Request, equipment_code: str, pk: str) -> Response:
        """Say that the work will not be done, and why."""
        return self._moved(actions.cancel_maintenance, "order", serializers.CancelMaintenanceSerializer)
