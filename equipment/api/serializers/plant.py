"""Sites, areas, lines and machines as JSON (API contract §4, §7)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.api.fields import AwareDateTimeField, IdField
from core.api.serializers import MasterDataSerializer
from equipment import selectors
from equipment.api.fields import CodeField, MachinesField, NameField
from equipment.models import Area, Line, Machine, Site


class SiteSerializer(MasterDataSerializer):
    class Meta:
        model = Site
        fields = ("id", "code", "name", "timezone", "is_active", "created_at", "updated_at")


class AreaSerializer(MasterDataSerializer):
    site_id = IdField(source="site", queryset=Site.objects.all())

    class Meta:
        model = Area
        fields = ("id", "site_id", "code", "name", "created_at", "updated_at")


class LineSerializer(MasterDataSerializer):
    """`site` and `area` are read as ids, codes or names and written as codes."""

    site = NameField(source="area.site.code", required=False)
    area = NameField(source="area.code", required=False)
    equipment_codes = MachinesField(source="machines", required=False)
    constraint_equipment_code = CodeField(
        source="constraint_machine",
        slug_field="equipment_code",
        queryset=Machine.objects.all(),
        required=False,
        allow_null=True,
    )
    status = serializers.SerializerMethodField()

    class Meta:
        model = Line
        fields = (
            "id",
            "line_code",
            "name",
            "description",
            "site",
            "area",
            "equipment_codes",
            "constraint_equipment_code",
            "target_speed",
            "target_oee",
            "topology",
            "enabled",
            "status",
            "created_at",
            "updated_at",
        )

    def get_status(self, line: Line) -> str:
        return selectors.line_status(line=line, states={m.pk: m.state for m in line.machines.all()})

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        place = attrs.pop("area", {})
        if place or self.instance is None:
            attrs["area"] = selectors.find_area(
                area=place.get("code"), site=place.get("site", {}).get("code")
            )
        self._ensure_constraint_stands_here(attrs)
        return super().validate(attrs)

    def _ensure_constraint_stands_here(self, attrs: dict[str, Any]) -> None:
        present = self.instance.constraint_machine if self.instance else None
        constraint = attrs.get("constraint_machine", present)
        machines = attrs.get("machines")
        if machines is None:
            machines = list(self.instance.machines.all()) if self.instance else []
        if constraint is not None and constraint not in machines:
            raise serializers.ValidationError(
                {"constraint_equipment_code": [_("The constraint is one of the line's machines.")]}
            )


class MachineSerializer(MasterDataSerializer):
    line_id = IdField(source="line", queryset=Line.objects.all(), required=False, allow_null=True)
    state = serializers.CharField(read_only=True)
    state_since = AwareDateTimeField(read_only=True, allow_null=True)
    reason_code = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Machine
        fields = (
            "id",
            "equipment_code",
            "name",
            "line_id",
            "position",
            "machine_type",
            "is_active",
            "state",
            "state_since",
            "reason_code",
            "created_at",
            "updated_at",
        )
