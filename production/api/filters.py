"""What lists of products, rates and counts can be narrowed by."""

from __future__ import annotations

import django_filters as filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from equipment.api.filters import MomentFilter, WordFilter
from production.choices import ProductStatus
from production.models import ProductionCount, ProductModel, StandardRate


class ProductModelFilter(filters.FilterSet):
    status = WordFilter(choices=ProductStatus.choices)
    model_code = filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = ProductModel
        fields = ("status", "model_code", "category")


class StandardRateFilter(filters.FilterSet):
    product_code = filters.CharFilter("product__model_code", "iexact")
    equipment_code = filters.CharFilter("machine__equipment_code", "iexact")

    class Meta:
        model = StandardRate
        fields = ("product_code", "equipment_code", "valid_from")


class ProductionCountFilter(filters.FilterSet):
    """[start, end), and what was made where."""

    equipment_code = filters.CharFilter("machine__equipment_code", "iexact")
    product_code = filters.CharFilter("product__model_code", "iexact")
    job_id = filters.NumberFilter()
    start = MomentFilter("at", "gte")
    end = MomentFilter("at", "lt")

    class Meta:
        model = ProductionCount
        fields = ("equipment_code", "product_code", "start", "end", "source", "event_id")

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        start, end = self.form.cleaned_data.get("start"), self.form.cleaned_data.get("end")
        if start and end and end <= start:
            raise ValidationError({"end": [_("The end must lie after the start.")]})
        return super().filter_queryset(queryset)
