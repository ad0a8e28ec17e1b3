"""What lists of process data can be narrowed by."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from audit.api.filters import EdgeField, EdgeFilter, KeyFilter
from equipment.api.filters import WordFilter
from production.choices import DataLevel, Result
from production.days import default_site, zone_of
from production.models import Lot, ProcessData, Serial

MAX_FOUND = 1_000  # units and lots that a search looks into


class SiteEdgeField(EdgeField):
    """A day of the plant's own calendar."""

    def zone(self) -> tzinfo:
        return zone_of(default_site())


class SiteEdgeFilter(EdgeFilter):
    field_class = SiteEdgeField


class RecordFilter(filters.FilterSet):
    """`start_date` and `end_date` are both inclusive, and speak of the start of a step."""

    process_id = KeyFilter()
    serial_id = KeyFilter()
    lot_id = KeyFilter()
    operator_id = KeyFilter()
    equipment_id = KeyFilter(field_name="machine_id")
    process_code = filters.CharFilter("process__process_code", "iexact")
    equipment_code = filters.CharFilter("machine__equipment_code", "iexact")
    serial_number = filters.CharFilter("serial__serial_number")
    lot_number = filters.CharFilter("lot__lot_number")
    data_level = WordFilter(choices=DataLevel.choices)
    result = WordFilter(choices=Result.choices)
    start_date = SiteEdgeFilter(field_name="started_at", lookup_expr="gte", after=False)
    end_date = SiteEdgeFilter(field_name="started_at", lookup_expr="lt", after=True)

    class Meta:
        model = ProcessData
        fields = ()

    def filter_queryset(self, queryset: QuerySet[ProcessData]) -> QuerySet[ProcessData]:
        start, end = self.form.cleaned_data["start_date"], self.form.cleaned_data["end_date"]
        if start and end and end <= start:
            raise ValidationError({"end_date": [_("Must not lie before start_date.")]})
        return super().filter_queryset(queryset)


class RecordSearch(BaseFilterBackend):
    """`search`: records of the units and lots whose numbers begin so."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        term = request.query_params.get("search", "").strip()
        if not term:
            return queryset
        units = Serial.objects.filter(serial_number__startswith=term).values_list("pk", flat=True)
        lots = Lot.objects.filter(lot_number__startswith=term).values_list("pk", flat=True)
        found = Q(serial_id__in=list(units[:MAX_FOUND])) | Q(lot_id__in=list(lots[:MAX_FOUND]))
        return queryset.filter(found)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "search",
                "required": False,
                "in": "query",
                "description": "What the number of the unit or the lot begins with.",
                "schema": {"type": "string"},
            }
        ]
