"""Products, their ideal times, counts, and the door through which machines speak (api contract §3, §7)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.filters import StrictFilters
from core.api.pagination import TimeCursor
from core.api.views import APIView, ModelViewSet, ReadOnlyViewSet
from production.actions import discontinue, ingest_events
from production.api.filters import ProductionCountFilter, ProductModelFilter, StandardRateFilter
from production.api.parsers import EventsParser, LinesParser, PlainLinesParser, Sent
from production.api.serializers import (
    IngestResultSerializer,
    ProductionCountSerializer,
    ProductModelSerializer,
    StandardRateSerializer,
)
from production.choices import ProductStatus
from production.models import ProductionCount, ProductModel, StandardRate


class ProductModelViewSet(ModelViewSet):
    """DELETE marks a product DISCONTINUED; 409 where anything was made of it."""

    queryset = ProductModel.objects.all()
    serializer_class = ProductModelSerializer
    filterset_class = ProductModelFilter
    search_fields = ("model_code", "model_name", "category")
    ordering_fields = ("id", "model_code", "model_name", "category", "status", "created_at", "updated_at")

    def perform_destroy(self, instance: ProductModel) -> None:
        discontinue(product=instance)

    @action(detail=False, url_path="code/(?P<model_code>[^/]+)")
    def by_code(self, request: Request, model_code: str) -> Response:
        """The product of this code, in any case."""
        self.lookup_field, self.lookup_url_kwarg = "model_code__iexact", "model_code"
        return self.retrieve(request)

    @extend_schema(responses=ProductModelSerializer(many=True))
    @action(detail=False)
    def active(self, request: Request) -> Response:
        """The products that are made."""
        self.queryset = ProductModel.objects.filter(status=ProductStatus.ACTIVE)
        return self.list(request)

    @extend_schema(responses=ProductModelSerializer(many=True))
    @action(detail=False, url_path="category/(?P<category>[^/]+)")
    def by_category(self, request: Request, category: str) -> Response:
        """The products of this category, in any case."""
        self.queryset = ProductModel.objects.filter(category__iexact=category)
        return self.list(request)


class StandardRateViewSet(ModelViewSet):
    queryset = StandardRate.objects.select_related("product", "machine__line__area__site")
    serializer_class = StandardRateSerializer
    filterset_class = StandardRateFilter
    search_fields = ("product__model_code", "product__model_name", "machine__equipment_code")
    ordering_fields = ("id", "product__model_code", "machine__equipment_code", "valid_from")


class ProductionCountViewSet(ReadOnlyViewSet):
    """What was made, newest first; `ordering=at` for oldest first."""

    queryset = ProductionCount.objects.select_related("machine", "product")
    serializer_class = ProductionCountSerializer
    filterset_class = ProductionCountFilter
    pagination_class = TimeCursor
    filter_backends = (StrictFilters, SearchFilter)
    search_fields = ("machine__equipment_code", "product__model_code", "event_id", "source")

    @property
    def cursor_ordering(self) -> tuple[str, str]:
        """By time, either way; raises ValidationError for anything else."""
        orders = {"at": ("at", "id"), "-at": ("-at", "-id")}
        wanted = self.request.query_params.get("ordering", "-at")
        if wanted not in orders:
            raise ValidationError({"ordering": [_("Cannot sort by %(fields)s.") % {"fields": wanted}]})
        return orders[wanted]


EXAMPLE: dict[str, Any] = {
    "events": [
        {
            "event_id": "plc7-4711",
            "kind": "state",
            "equipment_code": "FILLER-1",
            "state": "FAULT",
            "started_at": "2026-03-02T09:12:30+01:00",
            "ended_at": "2026-03-02T09:20:00+01:00",
            "reason_code": "CAP-JAM",
        },
        {
            "event_id": "plc7-4712",
            "kind": "count",
            "equipment_code": "FILLER-1",
            "at": "2026-03-02T09:30:00+01:00",
            "product_code": "WATER-05",
            "good": 118,
            "scrap": 2,
            "rework": 0,
        },
        {
            "event_id": "plc7-4713",
            "kind": "counter",
            "equipment_code": "PACKER-1",
            "at": "2026-03-02T09:30:00+01:00",
            "counter": "total",
            "value": 65536,
        },
    ]
}


class IngestView(APIView):
    """States, counts and counter readings of machines: up to 10,000 in one request, JSON or NDJSON.

    A batch may be sent again: what came before under the same `event_id` of the same account and kind is a
    duplicate. Late and disordered events are welcome. Bad events are told one by one, the good ones are kept.
    """

    permission = "production.ingest_events"
    parser_classes = (EventsParser, LinesParser, PlainLinesParser)

    @extend_schema(
        request={
            "application/json": {
                "type": "object",
                "properties": {"events": {"type": "array", "maxItems": 10_000, "items": {"type": "object"}}},
                "required": ["events"],
            },
            "application/x-ndjson": {"type": "string"},
        },
        responses=IngestResultSerializer,
        examples=[OpenApiExample("A stop, a count and a counter", value=EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        sent = request.data
        if not isinstance(sent, Sent):  # DRF parses no empty body
            raise ValidationError({"events": [_("A list of events is required.")]})
        result = ingest_events(
            events=sent.events, source=request.user.username, actor=request.user, digest=sent.sha256
        )
        return Response(asdict(result))
