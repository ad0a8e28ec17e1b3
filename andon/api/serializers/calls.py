"""Calls as JSON (api contract §4)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from andon.actions import MAX_REASON
from andon.api.fields import EventTypeField
from andon.choices import Priority
from andon.models import AndonEvent
from andon.steps import Step
from audit.models import AuditLog
from core.api.fields import AnyCaseChoiceField, AwareDateTimeField, IdField
from equipment.api.fields import CodeField
from equipment.models import Line, Machine

MAX_TEXT = 2000


class AndonEventSerializer(serializers.ModelSerializer):
    """A call. `equipment_code` is null where the whole line calls; people are told by id and by name.

    Where a rule called, `reported_by` is null and `rule_id` says which. `escalation_level` is the highest level that
    was told, `next_escalation_at` when the next one will be.
    """

    line_id = serializers.IntegerField(read_only=True)
    line_code = serializers.CharField(source="line.line_code", read_only=True)
    equipment_code = serializers.CharField(source="machine.equipment_code", default=None, read_only=True)
    next_escalation_at = AwareDateTimeField(read_only=True, allow_null=True)
    reported_by = serializers.IntegerField(source="reported_by_id", read_only=True, allow_null=True)
    reported_by_name = serializers.CharField(source="caller", read_only=True)
    rule_id = serializers.IntegerField(read_only=True, allow_null=True)
    reported_at = AwareDateTimeField(read_only=True)
    acknowledged_by = serializers.IntegerField(source="acknowledged_by_id", read_only=True, allow_null=True)
    acknowledged_by_name = serializers.CharField(source="acknowledged_by", read_only=True, allow_null=True)
    acknowledged_at = AwareDateTimeField(read_only=True, allow_null=True)
    resolved_by = serializers.IntegerField(source="resolved_by_id", read_only=True, allow_null=True)
    resolved_by_name = serializers.CharField(source="resolved_by", read_only=True, allow_null=True)
    resolved_at = AwareDateTimeField(read_only=True, allow_null=True)
    cancelled_by = serializers.IntegerField(source="cancelled_by_id", read_only=True, allow_null=True)
    cancelled_by_name = serializers.CharField(source="cancelled_by", read_only=True, allow_null=True)
    cancelled_at = AwareDateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = AndonEvent
        fields = (
            "id",
            "line_id",
            "line_code",
            "equipment_code",
            "event_type",
            "priority",
            "description",
            "status",
            "escalation_level",
            "next_escalation_at",
            "reported_by",
            "reported_by_name",
            "rule_id",
            "reported_at",
            "acknowledged_by",
            "acknowledged_by_name",
            "acknowledged_at",
            "resolved_by",
            "resolved_by_name",
            "resolved_at",
            "resolution_notes",
            "cancelled_by",
            "cancelled_by_name",
            "cancelled_at",
            "cancel_reason",
        )
        read_only_fields = fields


class RaisedSerializer(AndonEventSerializer):
    """For the schema: the call that stands now, and whether this one joined it."""

    joined = serializers.BooleanField(read_only=True)

    class Meta(AndonEventSerializer.Meta):
        fields = (*AndonEventSerializer.Meta.fields, "joined")
        read_only_fields = fields


class RaiseSerializer(serializers.Serializer):
    """A call of a line, or of one of its machines, which then says the line."""

    line_id = IdField(source="line", queryset=Line.objects.all(), default=None, allow_null=True)
    equipment_code = CodeField(
        source="machine",
        slug_field="equipment_code",
        queryset=Machine.objects.filter(line__isnull=False).select_related("line"),
        default=None,
        allow_null=True,
    )
    event_type = EventTypeField()
    priority = AnyCaseChoiceField(choices=Priority.choices, default=Priority.MEDIUM.value)
    description = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["line"] is None and attrs["machine"] is None:
            raise serializers.ValidationError({"line_id": [_("Give a line_id or an equipment_code.")]})
        return {**attrs, "line": attrs["line"] or attrs["machine"].line}


class ResolveSerializer(serializers.Serializer):
    resolution_notes = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True)


class CancelSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=MAX_REASON)


class DeedSerializer(serializers.ModelSerializer):
    """A row of a call's history: `step` is what happened, `action` the code of the deed in the audit trail.

    `level` is that of an escalation, else null. Nobody is the user where the clock or a rule did it.
    """

    step = serializers.SerializerMethodField()
    level = serializers.SerializerMethodField()
    created_at = AwareDateTimeField(read_only=True)
    user_id = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = AuditLog
        fields = (
            "id",
            "step",
            "level",
            "action",
            "old_values",
            "new_values",
            "reason",
            "user_id",
            "user_name",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=Step.names))
    def get_step(self, deed: AuditLog) -> str:
        return Step.of(deed).name

    def get_level(self, deed: AuditLog) -> int | None:
        return (deed.new_values or {}).get("level")
