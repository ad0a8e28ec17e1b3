"""Products, rates and counts in JSON."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import AwareDateTimeField, PlausibleDateField
from core.api.serializers import MasterDataSerializer
from equipment.api.fields import CodeField
from equipment.models import Machine
from production.models import ProductionCount, ProductModel, StandardRate


class ProductModelSerializer(MasterDataSerializer):
    """What is made and sold."""

    class Meta:
        model = ProductModel
        fields = (
            "id",
            "model_code",
            "model_name",
            "category",
            "production_cycle_days",
            "specifications",
            "status",
            "unit_price",
            "currency",
            "created_at",
            "updated_at",
        )


@extend_schema_field(OpenApiTypes.DATE)
class DayOrMomentField(PlausibleDateField):
    """A shift day; also a moment with its offset, whose day at the site is meant."""

    default_error_messages = {"invalid": _("A day as 2026-01-31, or a moment with its offset from UTC.")}

    def to_internal_value(self, value: Any) -> date:
        if isinstance(value, str) and "T" in value.upper():
            return AwareDateTimeField().run_validation(value)
        return super().to_internal_value(value)


class StandardRateSerializer(MasterDataSerializer):
    """The ideal cycle time of a product from a shift day on; without equipment_code, on every machine."""

    product_code = CodeField(slug_field="model_code", source="product", queryset=ProductModel.objects.all())
    equipment_code = CodeField(
        slug_field="equipment_code",
        source="machine",
        queryset=Machine.objects.select_related("line__area__site"),
        allow_null=True,
        default=None,
    )
    valid_from = DayOrMomentField()

    class Meta:
        model = StandardRate
        fields = (
            "id",
            "product_code",
            "equipment_code",
            "ideal_cycle_seconds",
            "valid_from",
            "created_at",
            "updated_at",
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        moment = attrs.get("valid_from")
        if isinstance(moment, datetime):
            machine = attrs.get("machine", self.instance and self.instance.machine)
            line = machine.line if machine else None
            attrs["valid_from"] = moment.astimezone(line.site.zone if line else UTC).date()
        return super().validate(attrs)


class ProductionCountSerializer(serializers.ModelSerializer):
    """Pieces made up to a moment."""

    equipment_code = serializers.CharField(source="machine.equipment_code")
    product_code = serializers.CharField(source="product.model_code", default=None)
    job_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = ProductionCount
        fields = (
            "id",
            "equipment_code",
            "product_code",
            "at",
            "good",
            "scrap",
            "rework",
            "job_id",
            "event_id",
            "source",
        )


class RowErrorSerializer(serializers.Serializer):
    """Why one event was refused."""

    index = serializers.IntegerField(help_text="Place in the batch, from 0; blank lines do not count.")
    event_id = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    detail = serializers.CharField()


class IngestResultSerializer(serializers.Serializer):
    """What became of a batch."""

    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    rejected = serializers.IntegerField()
    errors = RowErrorSerializer(many=True)
