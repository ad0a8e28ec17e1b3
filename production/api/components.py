"""Component lots, and what was scanned into units (api contract §3, §8)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django_filters as filters
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import IdField
from core.api.filters import StrictFilters, refuse_unknown
from core.api.serializers import MasterDataSerializer
from core.api.views import ModelViewSet, ReadOnlyViewSet
from core.errors import NotFound
from equipment.api.fields import NameField
from equipment.api.filters import WordFilter
from production.actions.components import (
    consume_component,
    delete_component_lot,
    quarantine_component,
    release_component,
)
from production.choices import ComponentStatus
from production.errors import ComponentMadeElsewhere
from production.models import ComponentLot, Consumption, Process, Serial
from production.selectors.naming import component_lot_named, lot_named

MAX_REASON = 500


class NamedField(NameField):
    """A row by its number or its id; written as its number."""

    default_error_messages = {"unknown": _("Unknown: {name}.")}

    def __init__(self, *, find: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.find = find

    def to_internal_value(self, data: Any) -> Any:
        name = super().to_internal_value(data)
        return self.find(name) or self.fail("unknown", name=name[:64])

    def to_representation(self, value: Any) -> str:
        return str(value.lot_number)


class ReasonSerializer(serializers.Serializer):
    """Why it is done; kept in the audit trail."""

    reason = serializers.CharField(max_length=MAX_REASON)


class ComponentLotSerializer(MasterDataSerializer):
    """A delivery of one part, or a lot of our own that goes into other products (`made_in`: its number or id)."""

    made_in = NamedField(find=lot_named, required=False, allow_null=True, default=None)
    made_in_id = serializers.IntegerField(read_only=True, allow_null=True)
    consumed = serializers.FloatField(read_only=True, help_text="Follows the scans.")
    remaining = serializers.SerializerMethodField(help_text="quantity less consumed")

    class Meta:
        model = ComponentLot
        fields = (
            "id",
            "part_code",
            "lot_number",
            "supplier",
            "quantity",
            "consumed",
            "remaining",
            "made_in",
            "made_in_id",
            "status",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("status",)

    def get_remaining(self, component_lot: ComponentLot) -> float:
        return float(component_lot.quantity - component_lot.consumed)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        self._ensure_unwritten()
        row = self.instance
        if row and row.consumed and "made_in" in attrs and attrs["made_in"] != row.made_in:
            raise ComponentMadeElsewhere
        return super().validate(attrs)

    def _ensure_unwritten(self) -> None:
        """What only verbs and scans change may be sent back as it was read."""
        row, sent = self.instance or ComponentLot(), self.initial_data
        if str(sent.get("status", row.status)).upper() != row.status:
            raise serializers.ValidationError({"status": _("Use quarantine or release.")})
        if sent.get("consumed", float(row.consumed)) != float(row.consumed):
            raise serializers.ValidationError({"consumed": _("It follows what is scanned into units.")})


class ComponentLotFilter(filters.FilterSet):
    part_code = filters.CharFilter(lookup_expr="iexact")
    lot_number = filters.CharFilter(lookup_expr="iexact")
    supplier = filters.CharFilter(lookup_expr="iexact")
    status = WordFilter(choices=ComponentStatus.choices)
    made_in_id = filters.NumberFilter()

    class Meta:
        model = ComponentLot
        fields = ()


class ConsumptionSerializer(serializers.ModelSerializer):
    """So much of a component lot in a unit."""

    component_lot = serializers.CharField(source="component_lot.lot_number")
    part_code = serializers.CharField(source="component_lot.part_code")
    supplier = serializers.CharField(source="component_lot.supplier")
    serial_number = serializers.CharField(source="serial.serial_number")
    serial_status = serializers.CharField(source="serial.status")
    lot_id = serializers.IntegerField(source="serial.lot_id")
    lot_number = serializers.CharField(source="serial.lot.lot_number")
    process_id = serializers.IntegerField(allow_null=True)
    process_code = serializers.CharField(source="process.process_code", default=None, allow_null=True)
    operator_id = serializers.IntegerField(allow_null=True)
    operator = serializers.CharField(source="operator.username", default=None, allow_null=True)

    class Meta:
        model = Consumption
        fields = (
            "id",
            "component_lot_id",
            "component_lot",
            "part_code",
            "supplier",
            "serial_id",
            "serial_number",
            "serial_status",
            "lot_id",
            "lot_number",
            "process_id",
            "process_code",
            "quantity",
            "operator_id",
            "operator",
            "at",
        )


class ScanSerializer(serializers.Serializer):
    """A component scanned into a unit."""

    component_lot = NamedField(find=component_lot_named, help_text="Its number, or its id.")
    quantity = serializers.DecimalField(max_digits=16, decimal_places=4, min_value=Decimal("0.0001"))
    process_id = IdField(queryset=Process.objects.all(), source="process", allow_null=True, default=None)


SCANS = Consumption.objects.select_related("component_lot", "serial__lot", "process", "operator")


class ComponentLotViewSet(ModelViewSet):
    """DELETE is 409 once any of it was used; its status changes by `quarantine` and `release` alone."""

    queryset = ComponentLot.objects.select_related("made_in")
    serializer_class = ComponentLotSerializer
    filterset_class = ComponentLotFilter
    search_fields = ("lot_number", "part_code", "supplier")
    ordering_fields = ("id", "lot_number", "part_code", "quantity", "consumed", "status", "created_at")

    def perform_destroy(self, instance: ComponentLot) -> None:
        delete_component_lot(component_lot=instance)

    @extend_schema(request=ReasonSerializer, responses=ComponentLotSerializer)
    @action(detail=True, methods=["post"], permission="production.quarantine_componentlot")
    def quarantine(self, request: Request, pk: str) -> Response:
        """Nobody takes any more of it."""
        return self._moved(quarantine_component)

    @extend_schema(request=ReasonSerializer, responses=ComponentLotSerializer)
    @action(detail=True, methods=["post"], permission="production.quarantine_componentlot")
    def release(self, request: Request, pk: str) -> Response:
        """It may be taken again."""
        return self._moved(release_component)

    @transaction.atomic
    def _moved(self, step: Callable[..., ComponentLot]) -> Response:
        row, said = self.get_object(), ReasonSerializer(data=self.request.data)
        said.is_valid(raise_exception=True)
        moved = step(component_lot=row, actor=self.request.user, **said.validated_data)
        return Response(self.get_serializer(moved).data)

    @extend_schema(responses=ConsumptionSerializer(many=True), filters=False)
    @action(detail=False, url_path="(?P<lot_number>[^/]+)/where-used")
    def where_used(self, request: Request, lot_number: str) -> Response:
        """The units that hold some of it, the latest scan first; what they went into in turn is told by `recall`."""
        refuse_unknown(request, {*self.paginator.query_names, "format"})
        found = component_lot_named(lot_number)
        if found is None:
            raise NotFound
        return _listed(self, SCANS.filter(component_lot=found))


def _listed(view: Any, scans: QuerySet[Consumption]) -> Response:
    page = view.paginate_queryset(scans)
    return view.get_paginated_response(ConsumptionSerializer(page, many=True).data)


class UnitComponentsViewSet(ReadOnlyViewSet):
    """What was scanned into one unit, the latest first."""

    permissions_by_method = {
        "GET": "production.view_consumption",
        "POST": "production.consume_componentlot",
    }
    queryset = SCANS
    serializer_class = ConsumptionSerializer
    filter_backends = (StrictFilters,)

    @cached_property
    def unit(self) -> Serial:
        return get_object_or_404(Serial, pk=self.kwargs["pk"])

    def get_queryset(self) -> QuerySet[Consumption]:
        return SCANS.filter(serial=self.unit)

    @extend_schema(request=ScanSerializer, responses={201: ConsumptionSerializer})
    def create(self, request: Request, pk: str) -> Response:
        """Scan a component into the unit."""
        unit, said = self.unit, ScanSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        scan = consume_component(serial=unit, actor=request.user, **said.validated_data)
        return Response(ConsumptionSerializer(SCANS.get(pk=scan.pk)).data, status=201)
