"""Labels of lots and units, and their reprints (api contract §8)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.renderers import FileNegotiation
from core.api.views import APIView
from production.actions.labels import reprint_label
from production.api.components import ReasonSerializer
from production.labels.files import TYPES, label_file
from production.models import LabelPrint, Lot, Serial


class ReprintSerializer(serializers.ModelSerializer):
    """A label printed once more, and where its file is."""

    printed_by_id = serializers.IntegerField(allow_null=True)
    printed_by = serializers.CharField(source="printed_by.username", default=None, allow_null=True)
    urls = serializers.SerializerMethodField()

    class Meta:
        model = LabelPrint
        fields = ("id", "number", "reason", "printed_by_id", "printed_by", "at", "urls")

    def get_urls(self, made: LabelPrint) -> dict[str, str]:
        """By type: svg, pdf, zpl."""
        kind, pk = ("lots", made.lot_id) if made.lot_id else ("serials", made.serial_id)
        return {name: f"/api/v1/{kind}/{pk}/label?type={name}" for name in TYPES}


class LabelView(APIView):
    """60 × 20 mm: the number as Code 128, QR and words, the product and the date."""

    subjects: Any
    query_names = ("type",)
    content_negotiation_class = FileNegotiation

    @extend_schema(
        parameters=[OpenApiParameter("type", str, enum=list(TYPES), description="svg if nothing is said")],
        responses={
            (200, "image/svg+xml"): OpenApiTypes.STR,
            (200, "application/pdf"): OpenApiTypes.BINARY,
            (200, "text/plain"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, pk: str) -> HttpResponse:
        """The label as a file."""
        kind = request.query_params.get("type", "svg").lower()
        if kind not in TYPES:
            raise ValidationError({"type": [_("One of: %(names)s.") % {"names": ", ".join(TYPES)}]})
        return label_file(get_object_or_404(self.subjects, pk=pk), kind)


class ReprintView(APIView):
    """A label printed again is numbered, and says why."""

    subjects: Any
    permission = "production.print_label"

    @extend_schema(request=ReasonSerializer, responses={201: ReprintSerializer})
    def post(self, request: Request, pk: str) -> Response:
        """Print the label again."""
        of = get_object_or_404(self.subjects, pk=pk)
        said = ReasonSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        made = reprint_label(of=of, actor=request.user, **said.validated_data)
        return Response(ReprintSerializer(made).data, status=201)


class UnitLabelView(LabelView):
    permission = "production.view_serial"
    subjects = Serial.objects.select_related("lot__product")


class UnitReprintView(ReprintView):
    subjects = Serial.objects.all()


class LotLabelView(LabelView):
    permission = "production.view_lot"
    subjects = Lot.objects.select_related("product")


class LotReprintView(ReprintView):
    subjects = Lot.objects.all()
