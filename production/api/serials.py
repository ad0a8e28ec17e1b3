"""Units over HTTP (api contract §3, §8)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import django_filters as filters
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import AnyCaseChoiceField, AwareDateTimeField, IdField
from core.api.filters import StrictFilters, StrictOrdering
from core.api.serializers import Shown
from core.api.urls import NUMBER
from core.api.views import ReadOnlyViewSet
from equipment.api.filters import WordFilter
from production.actions import serials as actions
from production.actions.unit_status import locked_unit
from production.api.acted import Acted
from production.api.fixed import FixedFields
from production.api.tallied import Tallied
from production.choices import SerialStatus, TallySubject
from production.models import MAX_REWORK, MAX_UNITS, Lot, Serial
from production.selectors.units import rework_left

MAX_REASON = 500


class LotBriefSerializer(Shown):
    """The lot of a unit, in short."""

    product_model_id = serializers.IntegerField(source="product_id", read_only=True)
    model_code = serializers.CharField(source="product.model_code", read_only=True)

    class Meta:
        model = Lot
        fields = (
            "id",
            "lot_number",
            "product_model_id",
            "model_code",
            "production_date",
            "shift",
            "target_quantity",
            "actual_quantity",
            "passed_quantity",
            "failed_quantity",
            "status",
        )
        read_only_fields = fields


class SerialSerializer(Shown):
    """A unit. `failure_reason` stands while it is FAILED; a scrapped one has failed for good."""

    lot_id = serializers.IntegerField(read_only=True)
    lot = LotBriefSerializer(read_only=True)
    failure_reason = serializers.SerializerMethodField()
    created_by_id = serializers.IntegerField(read_only=True, allow_null=True)
    completed_at = AwareDateTimeField(read_only=True, allow_null=True)
    created_at = AwareDateTimeField(read_only=True)
    updated_at = AwareDateTimeField(read_only=True)

    class Meta:
        model = Serial
        fields = (
            "id",
            "serial_number",
            "lot_id",
            "lot",
            "sequence_in_lot",
            "status",
            "rework_count",
            "failure_reason",
            "is_scrapped",
            "created_by_id",
            "completed_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_failure_reason(self, serial: Serial) -> str | None:
        return serial.failure_reason or None


class SerialInputSerializer(FixedFields):
    """What may be changed of a unit to which nothing has happened: its place in the lot."""

    fixed = {
        "status": "PUT serials/{id}/status",
        "failure_reason": "PUT serials/{id}/status",
        "rework_count": "POST serials/{id}/rework",
        "is_scrapped": "POST serials/{id}/rework",
        "completed_at": "PUT serials/{id}/status",
        "serial_number": "POST serials",
        "lot_id": "POST serials",
    }
    at_birth = {
        "status": SerialStatus.CREATED.value,
        "failure_reason": None,
        "rework_count": 0,
        "is_scrapped": False,
        "completed_at": None,
    }

    sequence_in_lot = serializers.IntegerField(min_value=1, max_value=MAX_UNITS, required=False)


class NewSerialSerializer(SerialInputSerializer):
    """A new unit; number and place are filled in where they are left out."""

    lot_id = IdField(source="lot", queryset=Lot.objects.only("pk"))
    serial_number = serializers.CharField(max_length=50, required=False, allow_null=True)
    sequence_in_lot = serializers.IntegerField(
        min_value=1, max_value=MAX_UNITS, required=False, allow_null=True
    )


class SerialStatusSerializer(serializers.Serializer):
    status = AnyCaseChoiceField(choices=SerialStatus.choices)
    failure_reason = serializers.CharField(max_length=MAX_REASON, default="", allow_blank=True)


class ReworkSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=MAX_REASON)


class CanReworkSerializer(serializers.Serializer):
    """Whether a unit may be reworked, and in `reason` why not."""

    serial_id = serializers.IntegerField()
    can_rework = serializers.BooleanField()
    rework_count = serializers.IntegerField()
    max_rework = serializers.IntegerField()
    remaining = serializers.IntegerField()
    reason = serializers.CharField()


class SerialFilter(filters.FilterSet):
    """`start_date` and `end_date` bound the day it was made at the site, both inclusive."""

    lot_id = filters.NumberFilter()
    lot_number = filters.CharFilter(method="of_lot")
    serial_number = filters.CharFilter(method="numbered")
    product_model_id = filters.NumberFilter("lot__product_id")
    status = WordFilter(choices=SerialStatus.choices)
    created_by = filters.NumberFilter("created_by_id")
    start_date = filters.DateFilter("created_on", "gte")
    end_date = filters.DateFilter("created_on", "lte")

    class Meta:
        model = Serial
        fields = ("rework_count", "is_scrapped")

    def of_lot(self, queryset: Any, name: str, number: str) -> Any:
        return queryset.filter(lot_id__in=list(Lot.objects.numbered(number).values_list("pk", flat=True)))

    def numbered(self, queryset: Any, name: str, number: str) -> Any:
        return queryset.filter(pk__in=list(Serial.objects.numbered(number).values_list("pk", flat=True)))


class NumberSearch(SearchFilter):
    """Units whose number begins so, in any case, with or without its hyphens: the index of the numbers finds them."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        for words in self.get_search_terms(request):
            queryset = queryset.beginning(words)
        return queryset


class SerialViewSet(Acted, Tallied, ReadOnlyViewSet):
    """Units, the latest first; `search` finds those whose number begins so. Their status follows the process data."""

    ordering: tuple[str, ...] = ("-id",)

    tally = TallySubject.UNITS
    queryset = Serial.objects.for_reading()
    serializer_class = SerialSerializer
    filterset_class = SerialFilter
    filter_backends = (StrictFilters, NumberSearch, StrictOrdering)
    search_fields = ("^serial_number",)
    ordering_fields = (
        "id",
        "serial_number",
        "sequence_in_lot",
        "status",
        "completed_at",
        "created_at",
        "updated_at",
    )

    def hold(self, row: Serial) -> None:
        locked_unit(row)

    @extend_schema(request=NewSerialSerializer, responses={201: SerialSerializer})
    def create(self, request: Request) -> Response:
        """A unit of an open lot; number and place are filled in where they are left out."""
        serial = actions.create_serial(actor=request.user, **self.read(NewSerialSerializer))
        return Response(self.get_serializer(serial).data, status=201)

    @extend_schema(request=SerialInputSerializer(partial=True))
    @transaction.atomic
    def update(self, request: Request, pk: str, partial: bool = False) -> Response:
        """Give it another place in its lot, before anything has happened to it."""
        serial = self.matched()
        given = self.changes(serial, SerialInputSerializer, partial=partial)
        return self.shown(actions.move_serial(serial=serial, actor=request.user, **given))

    @extend_schema(request=SerialInputSerializer(partial=True))
    def partial_update(self, request: Request, pk: str) -> Response:
        """Give it another place in its lot."""
        return self.update(request, pk, partial=True)

    @transaction.atomic
    def destroy(self, request: Request, pk: str) -> Response:
        """409 where anything has happened to it."""
        actions.delete_serial(serial=self.matched())
        return Response(status=204)

    @action(detail=False, url_path="number/(?P<serial_number>[^/]+)")
    def by_number(self, request: Request, serial_number: str) -> Response:
        """The unit of this number, in any case, with or without its hyphens."""
        self.kwargs["pk"] = get_object_or_404(Serial.objects.numbered(serial_number)).pk
        return self.retrieve(request)

    @extend_schema(responses=SerialSerializer(many=True))
    @action(detail=False, url_path=f"lot/(?P<lot_id>{NUMBER})", ordering=("sequence_in_lot",))
    def by_lot(self, request: Request, lot_id: str) -> Response:
        """The units of a lot, by their place in it."""
        lot = get_object_or_404(Lot, pk=lot_id)
        self.queryset = self.queryset.filter(lot=lot)
        return self.list(request)

    @extend_schema(responses=SerialSerializer(many=True))
    @action(detail=False, url_path="status/(?P<status>[A-Za-z_]+)")
    def by_status(self, request: Request, status: str) -> Response:
        """The units of a status."""
        word = AnyCaseChoiceField(choices=SerialStatus.choices).run_validation(status)
        self.queryset = self.queryset.filter(status=word)
        return self.list(request)

    @extend_schema(responses=SerialSerializer(many=True))
    @action(detail=False)
    def failed(self, request: Request) -> Response:
        """The units that have failed and were not reworked since."""
        self.queryset = self.queryset.filter(status=SerialStatus.FAILED)
        return self.list(request)

    @extend_schema(request=SerialStatusSerializer)
    @action(detail=True, methods=["put"], permission="production.change_serial")
    @transaction.atomic
    def status(self, request: Request, pk: str) -> Response:
        """Say by hand what has become of it: IN_PROGRESS, FAILED with its reason, PASSED after every step."""
        serial, said = self.matched(), self.read(SerialStatusSerializer)
        return self.shown(actions.set_status(serial=serial, actor=request.user, **said))

    @extend_schema(request=ReworkSerializer)
    @action(detail=True, methods=["post"], permission="production.rework_serial")
    @transaction.atomic
    def rework(self, request: Request, pk: str) -> Response:
        """Send a failed unit back to work; three times at most."""
        serial, said = self.matched(), self.read(ReworkSerializer)
        return self.shown(actions.rework(serial=serial, actor=request.user, **said))

    @extend_schema(responses=CanReworkSerializer)
    @action(detail=True, url_path="can-rework")
    def can_rework(self, request: Request, pk: str) -> Response:
        """Whether it may be reworked, and why not."""
        serial = self.get_object()
        left = asdict(rework_left(serial=serial))
        return Response({"serial_id": serial.pk, "max_rework": MAX_REWORK, **left})
