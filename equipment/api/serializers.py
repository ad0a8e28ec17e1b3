"""The plant as JSON (api.md §4, §7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import AnyCaseChoiceField, AwareDateTimeField
from core.api.serializers import MasterDataSerializer
from equipment import selectors
from equipment.api.fields import BreaksField, CodeField, MachinesField, NameField
from equipment.calendar import Shift
from equipment.choices import State
from equipment.models import (
    Area,
    CalendarException,
    Line,
    Machine,
    MachineState,
    ShiftPattern,
    Site,
    StopReason,
)

CLOCKS_DIFFER = timedelta(minutes=5)


class SiteSerializer(MasterDataSerializer):
    class Meta:
        model = Site
        fields = ("id", "code", "name", "timezone", "is_active", "created_at", "updated_at")


class AreaSerializer(MasterDataSerializer):
    site_id = serializers.PrimaryKeyRelatedField(source="site", queryset=Site.objects.all())

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
    line_id = serializers.PrimaryKeyRelatedField(
        source="line", queryset=Line.objects.all(), required=False, allow_null=True
    )
    state = serializers.CharField(read_only=True)
    state_since = AwareDateTimeField(read_only=True)
    reason_code = serializers.CharField(read_only=True)

    class Meta:
        model = Machine
        fields = (
            "id",
            "equipment_code",
            "name",
            "line_id",
            "position",
            "is_active",
            "state",
            "state_since",
            "reason_code",
            "created_at",
            "updated_at",
        )


class RuleSerializer(MasterDataSerializer):
    """A rule of a line or of a site."""

    line_id = serializers.PrimaryKeyRelatedField(
        source="line", queryset=Line.objects.all(), required=False, allow_null=True
    )
    site_id = serializers.PrimaryKeyRelatedField(
        source="site", queryset=Site.objects.all(), required=False, allow_null=True
    )


class ShiftPatternSerializer(RuleSerializer):
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), max_length=7, help_text=_("Monday is 0.")
    )
    breaks = BreaksField(required=False)

    class Meta:
        model = ShiftPattern
        fields = (
            "id",
            "line_id",
            "site_id",
            "name",
            "weekdays",
            "start_time",
            "end_time",
            "breaks",
            "valid_from",
            "valid_to",
            "created_at",
            "updated_at",
        )

    def validate_weekdays(self, days: list[int]) -> list[int]:
        return sorted(set(days))


class CalendarExceptionSerializer(RuleSerializer):
    class Meta:
        model = CalendarException
        fields = (
            "id",
            "line_id",
            "site_id",
            "date",
            "kind",
            "start_time",
            "end_time",
            "name",
            "created_at",
            "updated_at",
        )


class StopReasonSerializer(MasterDataSerializer):
    """A reason with everything below it; the view gives the tree in `context["children"]`."""

    parent_id = serializers.PrimaryKeyRelatedField(
        source="parent", queryset=StopReason.objects.all(), required=False, allow_null=True
    )
    children = serializers.SerializerMethodField()

    class Meta:
        model = StopReason
        fields = (
            "id",
            "code",
            "name",
            "parent_id",
            "loss_category",
            "planned",
            "is_operator_error",
            "is_active",
            "children",
        )

    @extend_schema_field(
        {"type": "array", "items": {"type": "object"}, "description": "Reasons like this one."}
    )
    def get_children(self, reason: StopReason) -> list[dict[str, Any]]:
        return [self._node(child, frozenset({reason.pk})) for child in self._below(reason)]

    def _node(self, reason: StopReason, above: frozenset[int]) -> dict[str, Any]:
        path = above | {reason.pk}
        return {
            "id": reason.pk,
            "code": reason.code,
            "name": reason.name,
            "parent_id": reason.parent_id,
            "loss_category": reason.loss_category,
            "planned": reason.planned,
            "is_operator_error": reason.is_operator_error,
            "is_active": reason.is_active,
            "children": [self._node(child, path) for child in self._below(reason) if child.pk not in path],
        }

    def _below(self, reason: StopReason) -> list[StopReason]:
        return self.context["children"]().get(reason.pk, [])


class MachineStateSerializer(serializers.ModelSerializer):
    """A row of the history; an open interval has lasted until now."""

    reason_code = serializers.CharField(source="reason.code", default=None)
    started_at = AwareDateTimeField()
    ended_at = AwareDateTimeField(allow_null=True)
    duration_seconds = serializers.SerializerMethodField()
    source = serializers.CharField(source="event.source")

    class Meta:
        model = MachineState
        fields = ("id", "state", "reason_code", "started_at", "ended_at", "duration_seconds", "source")

    def get_duration_seconds(self, row: MachineState) -> float:
        return max(0.0, ((row.ended_at or timezone.now()) - row.started_at).total_seconds())


class StatesSerializer(serializers.Serializer):
    """What is believed after a correction."""

    states = MachineStateSerializer(many=True)


class CorrectionSerializer(serializers.Serializer):
    """What the machine really did from `started_at` to `ended_at`; without an end it lasts still."""

    state = AnyCaseChoiceField(choices=State.choices)
    reason_code = CodeField(
        slug_field="code",
        queryset=StopReason.objects.filter(is_active=True),
        source="reason",
        default=None,
        allow_null=True,
    )
    started_at = AwareDateTimeField(ahead=CLOCKS_DIFFER)
    ended_at = AwareDateTimeField(ahead=CLOCKS_DIFFER, default=None, allow_null=True)
    why = serializers.CharField(max_length=255)


class SplitSerializer(serializers.Serializer):
    at = AwareDateTimeField(ahead=CLOCKS_DIFFER)
    reason_code = CodeField(
        slug_field="code",
        queryset=StopReason.objects.filter(is_active=True),
        source="reason",
        default=None,
        allow_null=True,
    )
    why = serializers.CharField(max_length=255)


class WindowSerializer(serializers.Serializer):
    """A window of at most a year and a day."""

    start = AwareDateTimeField()
    end = AwareDateTimeField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not timedelta(0) < attrs["end"] - attrs["start"] <= timedelta(days=367):
            raise serializers.ValidationError({"end": [_("After the start, and at most a year later.")]})
        return attrs


class ShiftSerializer(serializers.Serializer):
    """A shift on the clock of its site (`context["zone"]`), every time with its offset."""

    day = serializers.DateField()
    name = serializers.CharField()
    start = serializers.SerializerMethodField()
    end = serializers.SerializerMethodField()
    breaks = serializers.SerializerMethodField()
    planned_seconds = serializers.SerializerMethodField()

    def _local(self, at: datetime) -> str:
        return at.astimezone(self.context["zone"]).isoformat()

    def get_start(self, shift: Shift) -> str:
        return self._local(shift.start)

    def get_end(self, shift: Shift) -> str:
        return self._local(shift.end)

    def get_breaks(self, shift: Shift) -> list[dict[str, str]]:
        return [{"start": self._local(start), "end": self._local(end)} for start, end in shift.breaks]

    def get_planned_seconds(self, shift: Shift) -> float:
        return sum((end - start).total_seconds() for start, end in shift.planned)


class CalendarSerializer(serializers.Serializer):
    line_id = serializers.IntegerField()
    timezone = serializers.CharField()
    shifts = ShiftSerializer(many=True)
