"""Faults and maintenance orders as JSON (API contract §4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from core.api.fields import AnyCaseChoiceField, AwareDateTimeField, IdField
from core.api.serializers import MasterDataSerializer
from equipment.actions import MAX_WHY
from equipment.api.fields import CLOCKS_DIFFER, CodeField
from equipment.choices import MaintenanceType, Urgency
from equipment.models import Fault, FaultCode, Machine, MaintenanceOrder, MaintenancePlan, code_rule

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
    """What is wrong. A fault of the catalogue, or a standard one, knows its severity and description.

    `occurred_at` is now unless told.
    """

    fault_code = serializers.CharField(max_length=50, validators=[code_rule])
    severity = AnyCaseChoiceField(choices=Urgency.choices, default=None, allow_null=True)
    description = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True)
    occurred_at = AwareDateTimeField(ahead=CLOCKS_DIFFER, default=None, allow_null=True)


class ResolveFaultSerializer(serializers.Serializer):
    resolution_notes = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True)


class FaultCodeSerializer(MasterDataSerializer):
    """An entry of the catalogue of faults; without a `machine_type` it is of every machine."""

    class Meta:
        model = FaultCode
        fields = (
            "id",
            "code",
            "machine_type",
            "name",
            "description",
            "severity",
            "remedy",
            "is_active",
            "created_at",
            "updated_at",
        )


class FaultCodeImportSerializer(serializers.Serializer):
    """A CSV file with the columns code, machine_type, name, description, severity, remedy; a dry run stores nothing."""

    file = serializers.FileField(max_length=255)
    dry_run = serializers.BooleanField(default=True)


class FaultCodeRowSerializer(serializers.Serializer):
    """What is wrong with a row; the heading is row 1."""

    row = serializers.IntegerField()
    errors = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class FaultCodeReportSerializer(serializers.Serializer):
    """What the file did, or would do; with any error nothing is stored."""

    dry_run = serializers.BooleanField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    errors = FaultCodeRowSerializer(many=True)


class MaintenancePlanSerializer(MasterDataSerializer):
    """Work that comes again. `due_at` is when its days are over, `running_hours` what its machine ran in this round."""

    equipment_code = CodeField(source="machine", slug_field="equipment_code", queryset=Machine.objects.all())
    round = serializers.IntegerField(read_only=True)
    due_at = AwareDateTimeField(read_only=True, allow_null=True)
    running_hours = serializers.SerializerMethodField()
    is_due = serializers.SerializerMethodField()

    class Meta:
        model = MaintenancePlan
        fields = (
            "id",
            "equipment_code",
            "title",
            "description",
            "priority",
            "every_days",
            "every_running_hours",
            "tolerance_days",
            "counted_from",
            "round",
            "due_at",
            "running_hours",
            "is_due",
            "is_active",
            "created_at",
            "updated_at",
        )

    def get_running_hours(self, plan: Any) -> float:
        return plan.running / timedelta(hours=1)

    def get_is_due(self, plan: Any) -> bool:
        return bool(plan.is_due(timezone.now(), plan.running))


class MaintenanceOrderSerializer(serializers.ModelSerializer):
    """A maintenance order; who ordered it is told by id and by name, null where its plan did."""

    equipment_code = serializers.CharField(source="machine.equipment_code", read_only=True)
    fault_id = serializers.IntegerField(read_only=True, allow_null=True)
    scheduled_start = AwareDateTimeField(read_only=True)
    scheduled_end = AwareDateTimeField(read_only=True)
    started_at = AwareDateTimeField(read_only=True, allow_null=True)
    completed_at = AwareDateTimeField(read_only=True, allow_null=True)
    cancelled_at = AwareDateTimeField(read_only=True, allow_null=True)
    created_by = serializers.IntegerField(source="created_by_id", read_only=True, allow_null=True)
    created_by_name = serializers.CharField(source="created_by", read_only=True, allow_null=True)
    plan_id = serializers.IntegerField(read_only=True, allow_null=True)
    downtime_seconds = serializers.SerializerMethodField()
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
            "plan_id",
            "downtime_seconds",
            "created_at",
        )
        read_only_fields = fields

    def get_downtime_seconds(self, order: Any) -> float | None:
        """How long the machine stood while the work was done; null before its start."""
        return None if order.downtime is None else order.downtime.total_seconds()


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
