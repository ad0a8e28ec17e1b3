"""Faults and maintenance orders as JSON (API contract §4)."""

from __future__ import annotations

from rest_framework import serializers

from core.api.fields import AnyCaseChoiceField, AwareDateTimeField, IdField
from equipment.actions import MAX_WHY
from equipment.api.fields import CLOCKS_DIFFER
from equipment.choices import MaintenanceType, Urgency
from equipment.models import Fault, MaintenanceOrder, code_rule

MAX_TEXT = 2000


class FaultSerializer(serializers.ModelSerializer):
    """A fault; people are told by id and by name."""

    equipment_code = serializers.CharField(source="machine.equipment_code", read_only=True)
    occurred_at = AwareDateTimeField(read_only=True)
    reported_by = serializers.IntegerField(source="reported_by_id", read_only=True)
    reported_by_name = serializers.CharField(source="reported_by", read_only=True)
    resolved_at = AwareDateTimeField(read_only=True, allow_null=True)
    resolved_by = serializers.IntegerField(source="resolved_by_id", read_only=True, allow_null=True)
    resolved_by_name = serializers.CharField(source="resolved_by", read_only=True, allow_null=True)
    created_at = AwareDateTimeField(read_only=True)

    class Meta:
        model = Fault
        fields = (
            "id",
            "equipment_code",
            "fault_code",
            "description",
            "severity",
            "status",
            "occurred_at",
            "reported_by",
            "reported_by_name",
            "resolved_at",
            "resolved_by",
            "resolved_by_name",
            "resolution_notes",
            "created_at",
        )
        read_only_fields = fields


class ReportFaultSerializer(serializers.Serializer):
    """What is wrong. A standard fault knows its severity and description; `occurred_at` is now unless told."""

    fault_code = serializers.CharField(max_length=50, validators=[code_rule])
    severity = AnyCaseChoiceField(choices=Urgency.choices, default=None, allow_null=True)
    description = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True)
    occurred_at = AwareDateTimeField(ahead=CLOCKS_DIFFER, default=None, allow_null=True)


class ResolveFaultSerializer(serializers.Serializer):
    resolution_notes = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True)


class MaintenanceOrderSerializer(serializers.ModelSerializer):
    """A maintenance order; who ordered it is told by id and by name."""

    equipment_code = serializers.CharField(source="machine.equipment_code", read_only=True)
    fault_id = serializers.IntegerField(read_only=True, allow_null=True)
    scheduled_start = AwareDateTimeField(read_only=True)
    scheduled_end = AwareDateTimeField(read_only=True)
    started_at = AwareDateTimeField(read_only=True, allow_null=True)
    completed_at = AwareDateTimeField(read_only=True, allow_null=True)
    cancelled_at = AwareDateTimeField(read_only=True, allow_null=True)
    created_by = serializers.IntegerField(source="created_by_id", read_only=True)
    created_by_name = serializers.CharField(source="created_by", read_only=True)
    created_at = AwareDateTimeField(read_only=True)

    class Meta:
        model = MaintenanceOrder
        fields = (
            "id",
            "order_number",
            "equipment_code",
            "maintenance_type",
            "title",
            "description",
            "priority",
            "fault_id",
            "scheduled_start",
            "scheduled_end",
            "status",
            "started_at",
            "completed_at",
            "cancelled_at",
            "cancel_reason",
            "notes",
            "created_by",
            "created_by_name",
            "created_at",
        )
        read_only_fields = fields


class OrderMaintenanceSerializer(serializers.Serializer):
    """Work to be done on the machine, in [scheduled_start, scheduled_end); corrective work may name its fault."""

    maintenance_type = AnyCaseChoiceField(choices=MaintenanceType.choices)
    title = serializers.CharField(max_length=150)
    description = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True)
    priority = AnyCaseChoiceField(choices=Urgency.choices, default=Urgency.MEDIUM.value)
    fault_id = IdField(
        source="fault",
        queryset=Fault.objects.all(),
        default=None,
        allow_null=True,
    )
    scheduled_start = AwareDateTimeField()
    scheduled_end = AwareDateTimeField()
    notes = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True)


class CompleteMaintenanceSerializer(serializers.Serializer):
    notes = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True)


class CancelMaintenanceSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=MAX_WHY)
