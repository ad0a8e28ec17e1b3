"""Imports of production logs over HTTP: files in, 202 with an id, progress and report to read."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import ReadOnlyViewSet
from equipment.api.fields import CodeField
from equipment.models import Line
from production.importer.column_map import SEPARATORS, ColumnMap, read_map
from production.importer.forms import sources
from production.importer.imports import confirm_import, request_import
from production.importer.load import ImportOptions
from production.importer.tables import MAX_BYTES
from production.models import ProductionLogImport

STATE_FIELDS = (
    "id",
    "line_id",
    "line_code",
    "dry_run",
    "status",
    "progress",
    "created_by",
    "created_at",
    "updated_at",
)


class ImportSerializer(serializers.ModelSerializer):
    """How far an import is."""

    line_code = serializers.CharField(source="line.line_code", read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True, default=None)

    class Meta:
        model = ProductionLogImport
        fields: tuple[str, ...] = STATE_FIELDS
        read_only_fields = STATE_FIELDS


class ImportReportSerializer(ImportSerializer):
    """With its report: rows read, batches imported, errors row by row, totals."""

    report = serializers.JSONField(read_only=True, allow_null=True)

    class Meta(ImportSerializer.Meta):
        fields = (*STATE_FIELDS, "report")


def ensure_size(upload: Any) -> None:
    if (upload.size or 0) > MAX_BYTES:
        raise serializers.ValidationError(_("Larger than %(limit)d MB.") % {"limit": MAX_BYTES // 1024**2})


def file_field(*, required: bool) -> serializers.FileField:
    return serializers.FileField(required=required, allow_empty_file=True, validators=[ensure_size])


class ImportRequestSerializer(serializers.Serializer):
    """The files of a log, as multipart/form-data."""

    line_code = CodeField(slug_field="line_code", queryset=Line.objects.all(), source="line")
    batches = file_field(required=True)
    stops = file_field(required=True)
    factors = file_field(required=False)
    products = file_field(required=False)
    separator = serializers.ChoiceField(choices=SEPARATORS, required=False)
    column_map = serializers.CharField(required=False, allow_blank=True, default="", help_text="JSON")
    dry_run = serializers.BooleanField(default=True)

    def validate_column_map(self, text: str) -> ColumnMap:
        try:
            return read_map(text)
        except ValueError as exc:
            raise serializers.ValidationError(_("Not a column map: %(why)s") % {"why": exc}) from exc


class ProductionLogImportViewSet(ReadOnlyViewSet):
    """POST files to have them imported in the background; a dry run unless `dry_run` is false."""

    queryset = ProductionLogImport.objects.select_related("line", "created_by")
    filterset_fields = ("status", "dry_run")
    search_fields = ("line__line_code", "line__name", "created_by__username")
    ordering_fields = ("id", "created_at")
    parser_classes = (MultiPartParser,)

    def get_serializer_class(self) -> Any:
        return ImportSerializer if self.action == "list" else ImportReportSerializer

    @extend_schema(request=ImportRequestSerializer, responses={202: ImportReportSerializer})
    def create(self, request: Request) -> Response:
        """Queue an import."""
        given = ImportRequestSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        row = request_import(
            line=data["line"],
            files=sources(data),
            options=ImportOptions(data["column_map"], data.get("separator")),
            dry_run=data["dry_run"],
            actor=request.user,
        )
        return Response(self.get_serializer(row).data, status=202)

    @extend_schema(request=None, responses={202: ImportReportSerializer})
    @action(detail=True, methods=["post"], permission="production.add_productionlogimport")
    def confirm(self, request: Request, pk: str) -> Response:
        """Import for real what this dry run has shown."""
        row = confirm_import(dry_run=self.get_object(), actor=request.user)
        return Response(self.get_serializer(row).data, status=202)
