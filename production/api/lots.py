"""Lots over HTTP (api contract §3, §8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_filters as filters
from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from core.api.fields import AnyCaseChoiceField, AwareDateTimeField, IdField, PlausibleDateField
from core.api.filters import require
from core.api.serializers import Shown
from core.api.urls import NUMBER
from core.api.views import ReadOnlyViewSet
from equipment.api.filters import WordFilter
from equipment.models import Line
from production.actions import lots as actions
from production.actions.unit_status import locked_lot
from production.api.acted import Acted
from production.api.fixed import FixedFields
from production.api.tallied import Tallied
from production.choices import LotStatus, Shift, TallySubject
from production.models import MAX_UNITS, Lot, ProductModel

MAX_REASON = 500
QUANTITIES = "PUT lots/{id}/quantities"


class ProductBriefSerializer(Shown):
    """The product of a lot, in short."""

    class Meta:
        model = ProductModel
        fields = ("id", "model_code", "model_name", "category", "production_cycle_days", "status")
        read_only_fields = fields


class LotSerializer(Shown):
    """A lot. Rates are in per cent of what was made, null before anything was."""

    product_model_id = serializers.IntegerField(source="product_id", read_only=True)
    product_model = ProductBriefSerializer(source="product", read_only=True)
    line_id = serializers.IntegerField(read_only=True, allow_null=True)
    line_code = serializers.CharField(source="line.line_code", read_only=True, default=None, allow_null=True)
    manager_id = serializers.IntegerField(read_only=True, allow_null=True)
    manager_name = serializers.CharField(source="manager.username", read_only=True, allow_null=True)
    pass_rate = serializers.FloatField(read_only=True, allow_null=True)
    defect_rate = serializers.FloatField(read_only=True, allow_null=True)
    started_at = AwareDateTimeField(read_only=True, allow_null=True)
    completed_at = AwareDateTimeField(read_only=True, allow_null=True)
    closed_at = AwareDateTimeField(read_only=True, allow_null=True)
    created_at = AwareDateTimeField(read_only=True)
    updated_at = AwareDateTimeField(read_only=True)

    class Meta:
        model = Lot
        fields = (
            "id",
            "lot_number",
            "product_model_id",
            "product_model",
            "line_id",
            "line_code",
            "production_date",
            "shift",
            "target_quantity",
            "actual_quantity",
            "passed_quantity",
            "failed_quantity",
            "scrapped_quantity",
            "pass_rate",
            "defect_rate",
            "status",
            "manager_id",
            "manager_name",
            "started_at",
            "completed_at",
            "closed_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class ShiftField(AnyCaseChoiceField):
    """DAY or NIGHT, also D or N, in any case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Shift.choices, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        words = {"D": Shift.DAY.value, "N": Shift.NIGHT.value}
        return super().to_internal_value(words.get(data.upper(), data) if isinstance(data, str) else data)


class LotInputSerializer(FixedFields):
    """What a client says of a lot; what it leaves out is filled in."""

    fixed = {
        "status": "POST lots/{id}/start, complete, close",
        "actual_quantity": QUANTITIES,
        "passed_quantity": QUANTITIES,
        "failed_quantity": QUANTITIES,
        "scrapped_quantity": QUANTITIES,
        "started_at": "POST lots/{id}/start",
        "completed_at": "POST lots/{id}/complete",
        "closed_at": "POST lots/{id}/close",
        "lot_number": "POST lots",
    }
    at_birth = {
        "status": LotStatus.CREATED.value,
        "actual_quantity": 0,
        "passed_quantity": 0,
        "failed_quantity": 0,
        "scrapped_quantity": 0,
        "started_at": None,
        "completed_at": None,
        "closed_at": None,
    }

    product_model_id = IdField(source="product", queryset=ProductModel.objects.all())
    production_date = PlausibleDateField(required=False)
    shift = ShiftField(required=False)
    target_quantity = serializers.IntegerField(min_value=1, max_value=MAX_UNITS, required=False)
    line_id = IdField(
        source="line",
        queryset=Line.objects.select_related("area__site__number_pattern"),
        required=False,
        allow_null=True,
    )
    production_line_id = IdField(
        source="line",
        queryset=Line.objects.select_related("area__site__number_pattern"),
        required=False,
        allow_null=True,
        help_text="Another name of line_id.",
    )
    manager_id = IdField(
        source="manager", queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )


class NewLotSerializer(LotInputSerializer):
    lot_number = serializers.CharField(max_length=50, required=False, allow_null=True)
    production_date = PlausibleDateField(required=False, allow_null=True)
    shift = ShiftField(required=False, allow_null=True)


class LotReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=MAX_REASON, default="", allow_blank=True)


class QuantitiesSerializer(serializers.ModelSerializer):
    """What was to be made of a lot, and what was."""

    lot_id = serializers.IntegerField(source="id", read_only=True)
    remaining_quantity = serializers.SerializerMethodField()
    pass_rate = serializers.FloatField(read_only=True, allow_null=True)
    defect_rate = serializers.FloatField(read_only=True, allow_null=True)

    class Meta:
        model = Lot
        fields = (
            "lot_id",
            "lot_number",
            "target_quantity",
            "actual_quantity",
            "passed_quantity",
            "failed_quantity",
            "scrapped_quantity",
            "remaining_quantity",
            "pass_rate",
            "defect_rate",
        )
        read_only_fields = fields

    def get_remaining_quantity(self, lot: Lot) -> int:
        return lot.target_quantity - lot.actual_quantity


def _quantity(column: str) -> serializers.IntegerField:
    return serializers.IntegerField(source=column, min_value=0, max_value=MAX_UNITS, required=False)


class QuantityCorrectionSerializer(serializers.Serializer):
    """Quantities with what was counted by hand beside the units."""

    actual_quantity = _quantity("actual")
    passed_quantity = _quantity("passed")
    failed_quantity = _quantity("failed")
    reason = serializers.CharField(max_length=MAX_REASON)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.keys() == {"reason"}:
            raise serializers.ValidationError(_("Give at least one quantity."))
        return attrs


class LotFilter(filters.FilterSet):
    """`start_date` and `end_date` bound the production date, both inclusive."""

    status = WordFilter(choices=LotStatus.choices)
    shift = WordFilter(choices=Shift.choices)
    lot_number = filters.CharFilter(lookup_expr="iexact")
    product_model_id = filters.NumberFilter("product_id")
    product_code = filters.CharFilter("product__model_code", "iexact")
    line_id = filters.NumberFilter()
    manager_id = filters.NumberFilter()
    start_date = filters.DateFilter("production_date", "gte")
    end_date = filters.DateFilter("production_date", "lte")

    class Meta:
        model = Lot
        fields = ("production_date",)


class LotViewSet(Acted, Tallied, ReadOnlyViewSet):
    """Batches of one product, the latest first. Statuses and quantities change by their verbs."""

    tally = TallySubject.LOTS
    queryset = Lot.objects.for_reading()
    serializer_class = LotSerializer
    filterset_class = LotFilter
    search_fields = ("lot_number", "product__model_code", "product__model_name")
    ordering_fields = (
        "id",
        "lot_number",
        "production_date",
        "status",
        "target_quantity",
        "actual_quantity",
        "created_at",
        "updated_at",
    )

    def hold(self, row: Lot) -> None:
        locked_lot(row.pk)

    @extend_schema(request=NewLotSerializer, responses={201: LotSerializer})
    def create(self, request: Request) -> Response:
        """A lot to be made; what is left out is filled in."""
        said = {key: value for key, value in self.read(NewLotSerializer).items() if value is not None}
        lot = actions.create_lot(actor=request.user, **said)
        return Response(self.get_serializer(lot).data, status=201)

    @extend_schema(request=LotInputSerializer(partial=True))
    @transaction.atomic
    def update(self, request: Request, pk: str, partial: bool = False) -> Response:
        """Change what is given: product, line, date and shift before the first unit, target and manager later too."""
        lot = self.matched()
        given = self.changes(lot, LotInputSerializer, partial=partial)
        return self.shown(actions.change_lot(lot=lot, actor=request.user, **given))

    @extend_schema(request=LotInputSerializer(partial=True))
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given."""
        return self.update(request, pk, partial=True)

    @transaction.atomic
    def destroy(self, request: Request, pk: str) -> Response:
        """409 where anything was made or recorded of it."""
        actions.delete_lot(lot=self.matched())
        return Response(status=204)

    @action(detail=False, url_path="number/(?P<lot_number>[^/]+)")
    def by_number(self, request: Request, lot_number: str) -> Response:
        """The lot of this number, in any case, with or without its hyphens."""
        self.kwargs["pk"] = get_object_or_404(Lot.objects.numbered(lot_number)).pk
        return self.retrieve(request)

    @extend_schema(responses=LotSerializer(many=True))
    @action(detail=False)
    def active(self, request: Request) -> Response:
        """The lots that make units: created or in progress."""
        self.queryset = self.queryset.open()
        return self.list(request)

    @extend_schema(responses=LotSerializer(many=True))
    @action(detail=False, url_path="date-range")
    def date_range(self, request: Request) -> Response:
        """The lots of these production dates; `start_date` and `end_date` must be given."""
        require(request, "start_date", "end_date")
        return self.list(request)

    @extend_schema(responses=LotSerializer(many=True))
    @action(detail=False, url_path=f"product/(?P<product_id>{NUMBER})")
    def by_product(self, request: Request, product_id: str) -> Response:
        """The lots of a product."""
        product = get_object_or_404(ProductModel, pk=product_id)
        self.queryset = self.queryset.filter(product=product)
        return self.list(request)

    @extend_schema(responses=LotSerializer(many=True))
    @action(detail=False, url_path="status/(?P<status>[A-Za-z_]+)")
    def by_status(self, request: Request, status: str) -> Response:
        """The lots of a status."""
        word = AnyCaseChoiceField(choices=LotStatus.choices).run_validation(status)
        self.queryset = self.queryset.filter(status=word)
        return self.list(request)

    @extend_schema(methods=["get"], responses=QuantitiesSerializer)
    @extend_schema(methods=["put"], request=QuantityCorrectionSerializer, responses=QuantitiesSerializer)
    @action(
        detail=True,
        methods=["get", "put"],
        permissions_by_method={"GET": "production.view_lot", "PUT": "production.correct_lot"},
    )
    @transaction.atomic
    def quantities(self, request: Request, pk: str) -> Response:
        """What was to be made, and what was. PUT enters what was counted by hand beside the units, with a reason."""
        lot = self.get_object()
        if request.method == "PUT":
            said = self.read(QuantityCorrectionSerializer)
            lot = actions.correct_quantities(lot=lot, actor=request.user, **said)
        return Response(QuantitiesSerializer(lot).data)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], permission="production.start_lot")
    def start(self, request: Request, pk: str) -> Response:
        """Start it before its first record does."""
        return self._step(actions.start_lot)

    @extend_schema(request=LotReasonSerializer)
    @action(detail=True, methods=["post"], permission="production.complete_lot")
    def complete(self, request: Request, pk: str) -> Response:
        """Complete it; with a reason where units have neither passed nor been scrapped."""
        return self._step(actions.complete_lot, **self.read(LotReasonSerializer))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], permission="production.close_lot")
    def close(self, request: Request, pk: str) -> Response:
        """Close it for good."""
        return self._step(actions.close_lot)

    @transaction.atomic
    def _step(self, step: Callable[..., Lot], **said: Any) -> Response:
        return self.shown(step(lot=self.matched(), actor=self.request.user, **said))
