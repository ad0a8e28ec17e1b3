"""Processes, routes of products through them, and how a site numbers, over HTTP (api contract §3, §8)."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import IdField
from core.api.serializers import MasterDataSerializer
from core.api.urls import NUMBER
from core.api.views import ModelViewSet
from equipment.models import Site
from production.actions.routes import set_steps
from production.models import NumberPattern, Process, ProductModel, Route, RouteStep

MAX_STEPS = 200


class ProcessSerializer(MasterDataSerializer):
    """A step of making; `is_label` is told by its code (LABEL in it) where it is left out."""

    class Meta:
        model = Process
        fields = (
            "id",
            "process_number",
            "process_code",
            "process_name_ko",
            "process_name_en",
            "description",
            "estimated_duration_seconds",
            "quality_criteria",
            "is_label",
            "is_active",
            "sort_order",
            "created_at",
            "updated_at",
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None:
            attrs.setdefault("is_label", "LABEL" in attrs["process_code"].upper())
        return super().validate(attrs)


class PlacedProcessSerializer(ProcessSerializer):
    """With its place among all processes, from 1."""

    position = serializers.IntegerField(read_only=True)

    class Meta(ProcessSerializer.Meta):
        fields = ("position", *ProcessSerializer.Meta.fields)


class ProcessFilter(filters.FilterSet):
    process_code = filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = Process
        fields = ("process_number", "process_code", "is_active", "is_label")


class ProcessViewSet(ModelViewSet):
    """Steps of making, in their order; 409 for a DELETE where a route or a record hangs on it."""

    queryset = Process.objects.all()
    serializer_class = ProcessSerializer
    filterset_class = ProcessFilter
    search_fields = ("process_code", "process_name_en", "process_name_ko", "description")
    ordering_fields = ("id", "process_number", "process_code", "sort_order", "created_at", "updated_at")

    @action(detail=False, url_path=f"number/(?P<process_number>{NUMBER})")
    def by_number(self, request: Request, process_number: str) -> Response:
        """The process of this number."""
        self.lookup_field = self.lookup_url_kwarg = "process_number"
        return self.retrieve(request)

    @action(detail=False, url_path="code/(?P<process_code>[^/]+)")
    def by_code(self, request: Request, process_code: str) -> Response:
        """The process of this code, in any case."""
        self.lookup_field, self.lookup_url_kwarg = "process_code__iexact", "process_code"
        return self.retrieve(request)

    @extend_schema(responses=ProcessSerializer(many=True))
    @action(detail=False)
    def active(self, request: Request) -> Response:
        """The processes that may be recorded."""
        self.queryset = Process.objects.active()
        return self.list(request)

    @extend_schema(responses=PlacedProcessSerializer(many=True))
    @action(detail=False, serializer_class=PlacedProcessSerializer)
    def sequence(self, request: Request) -> Response:
        """All processes as a unit passes them, each with its position from 1."""
        place = Window(RowNumber(), order_by=[F(name).asc() for name in ("sort_order", "process_number")])
        self.queryset = Process.objects.in_order().annotate(position=place)
        return self.list(request)


class RouteStepSerializer(serializers.ModelSerializer):
    """One step of a route."""

    process_id = serializers.IntegerField(read_only=True)
    process_number = serializers.IntegerField(source="process.process_number", read_only=True)
    process_code = serializers.CharField(source="process.process_code", read_only=True)
    process_name_en = serializers.CharField(source="process.process_name_en", read_only=True)
    process_name_ko = serializers.CharField(source="process.process_name_ko", read_only=True)

    class Meta:
        model = RouteStep
        fields = (
            "position",
            "process_id",
            "process_number",
            "process_code",
            "process_name_en",
            "process_name_ko",
        )
        read_only_fields = fields


class ProcessesField(serializers.ListField):
    """The steps of a route by the ids of their processes, in order."""

    child = serializers.IntegerField(min_value=1)
    default_error_messages = {
        "unknown": _("Unknown or inactive: {ids}."),
        "twice": _("A process stands in one place only."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=1, max_length=MAX_STEPS, **kwargs)

    def to_internal_value(self, data: Any) -> list[Process]:
        ids = super().to_internal_value(data)
        if len(set(ids)) < len(ids):
            self.fail("twice")
        rows = Process.objects.active().in_bulk([number for number in ids if number < 2**63])
        if unknown := [str(number) for number in ids if number not in rows]:
            self.fail("unknown", ids=", ".join(unknown[:10]))
        return [rows[number] for number in ids]

    def to_representation(self, steps: Any) -> list[int]:
        return [step.process_id for step in steps.all()]


class RouteSerializer(MasterDataSerializer):
    """The way of one product; a product without a route passes every active process."""

    product_model_id = IdField(source="product", queryset=ProductModel.objects.all())
    process_ids = ProcessesField(source="steps")
    steps = RouteStepSerializer(many=True, read_only=True)

    class Meta:
        model = Route
        fields = ("id", "product_model_id", "process_ids", "steps", "created_at", "updated_at")

    def create(self, validated: dict[str, Any]) -> Route:
        processes = validated.pop("steps")
        return set_steps(route=super().create(validated), processes=processes)

    def update(self, route: Route, validated: dict[str, Any]) -> Route:
        processes = validated.pop("steps", None)
        route = super().update(route, validated)
        return route if processes is None else set_steps(route=route, processes=processes)


class RouteFilter(filters.FilterSet):
    product_model_id = filters.NumberFilter("product_id")
    product_code = filters.CharFilter("product__model_code", "iexact")
    process_id = filters.NumberFilter("steps__process_id")

    class Meta:
        model = Route
        fields = ()


class RouteViewSet(ModelViewSet):
    """The way of each product that has one of its own."""

    queryset = Route.objects.select_related("product").prefetch_related("steps__process")
    serializer_class = RouteSerializer
    filterset_class = RouteFilter
    search_fields = ("product__model_code", "product__model_name")
    ordering_fields = ("id", "product__model_code", "created_at", "updated_at")


class NumberPatternSerializer(MasterDataSerializer):
    """`WF-KR-{yymmdd}{shift}-{seq:3}`: how a site numbers its lots, and its units."""

    site_id = IdField(source="site", queryset=Site.objects.all())

    class Meta:
        model = NumberPattern
        fields = ("id", "site_id", "lot_pattern", "serial_pattern", "created_at", "updated_at")


class NumberPatternFilter(filters.FilterSet):
    site_id = filters.NumberFilter()

    class Meta:
        model = NumberPattern
        fields = ()


class NumberPatternViewSet(ModelViewSet):
    """A site without one numbers its lots WF-KR-{yymmdd}{shift}-{seq:3} and its units SN-{yymmdd}-{seq:3}."""

    queryset = NumberPattern.objects.select_related("site")
    serializer_class = NumberPatternSerializer
    filterset_class = NumberPatternFilter
    search_fields = ("site__code", "site__name", "lot_pattern", "serial_pattern")
    ordering_fields = ("id", "site__code", "created_at", "updated_at")
