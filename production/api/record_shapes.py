"""Process data in JSON: what a record reads as, and what may be sent."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import AwareDateTimeField
from production.choices import DataLevel, Result
from production.models import ProcessData
from production.record_input import MAX_LASTING

OPEN_OBJECT = {"type": "object", "additionalProperties": True}
DEFECTS = {"oneOf": [{"type": "array", "items": {}}, OPEN_OBJECT]}


class StepProcessSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    process_number = serializers.IntegerField()
    process_code = serializers.CharField()
    process_name_en = serializers.CharField()
    process_name_ko = serializers.CharField()


class StepOperatorSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    username = serializers.CharField()
    full_name = serializers.CharField()
    role = serializers.CharField()


@extend_schema_field(OPEN_OBJECT)
class MeasurementsField(serializers.JSONField):
    """Values by name."""


@extend_schema_field(DEFECTS)
class DefectsField(serializers.JSONField):
    """A list of codes or of objects with `defect_code`, or an object by code."""


class ProcessDataSerializer(serializers.Serializer):
    """One execution of a process on a unit or, at LOT level, on a lot. Without a result it has not ended."""

    id = serializers.IntegerField()
    process_id = serializers.IntegerField()
    process = StepProcessSerializer()
    serial_id = serializers.IntegerField(allow_null=True)
    serial_number = serializers.CharField(allow_null=True)
    lot_id = serializers.IntegerField()
    lot_number = serializers.CharField()
    equipment_id = serializers.IntegerField(allow_null=True)
    equipment_code = serializers.CharField(allow_null=True)
    operator_id = serializers.IntegerField()
    operator = StepOperatorSerializer()
    data_level = serializers.ChoiceField(DataLevel.choices)
    result = serializers.ChoiceField(Result.choices, allow_null=True)
    measurements = MeasurementsField()
    defects = DefectsField()
    notes = serializers.CharField(allow_blank=True)
    process_order = serializers.IntegerField()
    override_reason = serializers.CharField(allow_blank=True)
    started_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    duration_seconds = serializers.FloatField(allow_null=True)
    cycle_time_seconds = serializers.FloatField(allow_null=True)
    created_at = serializers.DateTimeField()

    def to_representation(self, record: ProcessData) -> dict[str, Any]:
        return represent(record)


def represent(record: ProcessData) -> dict[str, Any]:
    """A record as JSON reads it; written by hand, for lists are long. What it names is loaded before."""
    process, operator, machine = record.process, record.operator, record.machine
    lasted = record.duration_seconds
    return {
        "id": record.pk,
        "process_id": process.pk,
        "process": {
            "id": process.pk,
            "process_number": process.process_number,
            "process_code": process.process_code,
            "process_name_en": process.process_name_en,
            "process_name_ko": process.process_name_ko,
        },
        "serial_id": record.serial_id,
        "serial_number": record.serial.serial_number if record.serial_id else None,
        "lot_id": record.lot_id,
        "lot_number": record.lot.lot_number,
        "equipment_id": record.machine_id,
        "equipment_code": machine.equipment_code if machine else None,
        "operator_id": operator.pk,
        "operator": {
            "id": operator.pk,
            "username": operator.username,
            "full_name": operator.full_name,
            "role": operator.role,
        },
        "data_level": record.data_level,
        "result": record.result,
        "measurements": record.measurements,
        "defects": record.defects,
        "notes": record.notes,
        "process_order": record.process_order,
        "override_reason": record.override_reason,
        "started_at": record.started_at,
        "completed_at": record.completed_at,
        "duration_seconds": lasted,
        "cycle_time_seconds": lasted,
        "created_at": record.created_at,
    }


class RecordRequestSerializer(serializers.Serializer):
    """For the document only; production/record_input.py reads it. Ids may be replaced by numbers and codes."""

    process_id = serializers.IntegerField(required=False)
    process_code = serializers.CharField(required=False)
    serial_id = serializers.IntegerField(required=False, allow_null=True)
    serial_number = serializers.CharField(required=False, allow_null=True)
    lot_id = serializers.IntegerField(required=False)
    lot_number = serializers.CharField(required=False)
    equipment_id = serializers.IntegerField(required=False, allow_null=True)
    equipment_code = serializers.CharField(required=False, allow_null=True)
    operator_id = serializers.IntegerField(required=False)
    data_level = serializers.ChoiceField(DataLevel.choices, required=False)
    result = serializers.ChoiceField(
        Result.choices, required=False, allow_null=True, help_text="Left out: the step has only started."
    )
    measurements = MeasurementsField(required=False)
    defects = DefectsField(required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    started_at = AwareDateTimeField(required=False)
    completed_at = AwareDateTimeField(required=False)
    cycle_time_seconds = serializers.FloatField(
        required=False, min_value=0, max_value=MAX_LASTING.total_seconds()
    )
    process_order = serializers.IntegerField(required=False, min_value=1)
    override_reason = serializers.CharField(
        required=False, help_text="Lets it run out of order, for who may: production.override_order."
    )


class ChangeRequestSerializer(RecordRequestSerializer):
    """A result completes a started step; `reason` is wanted to correct a completed one."""

    reason = serializers.CharField(required=False)


class BatchRequestSerializer(serializers.Serializer):
    """Records as one by one, in the order in which they happened; at most 10,000."""

    items = RecordRequestSerializer(many=True)
    atomic = serializers.BooleanField(default=False, help_text="All of them or none.")


class RowRefusedSerializer(serializers.Serializer):
    """Why one row was refused."""

    index = serializers.IntegerField(help_text="Place in the batch, from 0.")
    field = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class BatchResultSerializer(serializers.Serializer):
    """What became of a batch."""

    created = serializers.IntegerField()
    rejected = serializers.IntegerField()
    errors = RowRefusedSerializer(many=True)
