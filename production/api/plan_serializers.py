"""Schedules, jobs and checklists in JSON (api contract §4)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import User
from core.api.fields import AwareDateTimeField, IdField
from core.api.serializers import MasterDataSerializer
from equipment.api.fields import CodeField
from equipment.api.serializers import WindowSerializer
from equipment.models import Line, Machine
from production.actions.plans import MAX_REASON
from production.events import MAX_PIECES
from production.models import ChecklistItem, JobAssignment, Lot, ProductionSchedule, ProductModel
from production.models.plans import HIGHEST, LOWEST, MAX_TARGET

MAX_TEXT = 2000
MAX_ANSWERS = 500


class ProductionScheduleSerializer(serializers.ModelSerializer):
    """A schedule, and what its jobs have made of it."""

    line_id = serializers.IntegerField(read_only=True)
    line_code = serializers.CharField(source="line.line_code", read_only=True)
    product_model_id = serializers.IntegerField(source="product_id", read_only=True)
    product_code = serializers.CharField(source="product.model_code", read_only=True)
    scheduled_start = AwareDateTimeField(read_only=True)
    scheduled_end = AwareDateTimeField(read_only=True)
    good_quantity = serializers.IntegerField(read_only=True)
    scrap_quantity = serializers.IntegerField(read_only=True)
    rework_quantity = serializers.IntegerField(read_only=True)
    created_by = serializers.IntegerField(source="created_by_id", read_only=True)
    created_by_name = serializers.CharField(source="created_by", read_only=True)
    cancelled_at = AwareDateTimeField(read_only=True, allow_null=True)
    created_at = AwareDateTimeField(read_only=True)
    updated_at = AwareDateTimeField(read_only=True)

    class Meta:
        model = ProductionSchedule
        fields = (
            "id",
            "line_id",
            "line_code",
            "product_model_id",
            "product_code",
            "scheduled_start",
            "scheduled_end",
            "target_quantity",
            "priority",
            "status",
            "good_quantity",
            "scrap_quantity",
            "rework_quantity",
            "notes",
            "created_by",
            "created_by_name",
            "cancelled_at",
            "cancel_reason",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class PlanScheduleSerializer(serializers.Serializer):
    """What is to be made where and when."""

    line_id = IdField(source="line", queryset=Line.objects.all())
    product_model_id = IdField(source="product", queryset=ProductModel.objects.all())
    scheduled_start = AwareDateTimeField()
    scheduled_end = AwareDateTimeField()
    target_quantity = serializers.IntegerField(min_value=1, max_value=MAX_TARGET)
    priority = serializers.IntegerField(min_value=LOWEST, max_value=HIGHEST, default=5)
    notes = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True)


class CancelPlanSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=MAX_REASON)


class JobAssignmentSerializer(serializers.ModelSerializer):
    """A job with what its schedule says; people are told by id and by name."""

    schedule_id = serializers.IntegerField(read_only=True)
    line_id = serializers.IntegerField(source="schedule.line_id", read_only=True)
    line_code = serializers.CharField(source="schedule.line.line_code", read_only=True)
    product_model_id = serializers.IntegerField(source="schedule.product_id", read_only=True)
    product_code = serializers.CharField(source="schedule.product.model_code", read_only=True)
    target_quantity = serializers.IntegerField(source="schedule.target_quantity", read_only=True)
    priority = serializers.IntegerField(source="schedule.priority", read_only=True)
    scheduled_start = AwareDateTimeField(source="schedule.scheduled_start", read_only=True)
    scheduled_end = AwareDateTimeField(source="schedule.scheduled_end", read_only=True)
    user_id = serializers.IntegerField(read_only=True)
    user_name = serializers.CharField(source="user", read_only=True)
    equipment_code = serializers.CharField(source="machine.equipment_code", read_only=True)
    lot_id = serializers.IntegerField(read_only=True, allow_null=True)
    assigned_by = serializers.IntegerField(source="assigned_by_id", read_only=True)
    assigned_at = AwareDateTimeField(read_only=True)
    accepted_at = AwareDateTimeField(read_only=True, allow_null=True)
    started_at = AwareDateTimeField(read_only=True, allow_null=True)
    completed_at = AwareDateTimeField(read_only=True, allow_null=True)
    cancelled_at = AwareDateTimeField(read_only=True, allow_null=True)
    updated_at = AwareDateTimeField(read_only=True)

    class Meta:
        model = JobAssignment
        fields = (
            "id",
            "schedule_id",
            "line_id",
            "line_code",
            "product_model_id",
            "product_code",
            "target_quantity",
            "priority",
            "scheduled_start",
            "scheduled_end",
            "user_id",
            "user_name",
            "equipment_code",
            "lot_id",
            "status",
            "good_quantity",
            "scrap_quantity",
            "rework_quantity",
            "assigned_by",
            "assigned_at",
            "accepted_at",
            "started_at",
            "completed_at",
            "cancelled_at",
            "cancel_reason",
            "notes",
            "updated_at",
        )
        read_only_fields = fields


class AssignJobSerializer(serializers.Serializer):
    """Who works on which schedule; without equipment_code, on the constraint or only machine of its line."""

    schedule_id = IdField(source="schedule", queryset=ProductionSchedule.objects.select_related("line"))
    user_id = IdField(source="user", queryset=User.objects.all())
    equipment_code = CodeField(
        slug_field="equipment_code",
        source="machine",
        queryset=Machine.objects.filter(line__isnull=False),
        default=None,
        allow_null=True,
    )
    lot_id = IdField(source="lot", queryset=Lot.objects.all(), default=None, allow_null=True)
    notes = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True)


class JobCountsSerializer(serializers.Serializer):
    """Pieces made since the last report; the same event_id of the same person counts once."""

    good = serializers.IntegerField(min_value=0, max_value=MAX_PIECES, default=0)
    scrap = serializers.IntegerField(min_value=0, max_value=MAX_PIECES, default=0)
    rework = serializers.IntegerField(min_value=0, max_value=MAX_PIECES, default=0)
    event_id = serializers.CharField(max_length=100, default="", allow_blank=True)


class ChangeoverWindowSerializer(WindowSerializer):
    """The line, and when its changeovers ended."""

    line_id = IdField(source="line", queryset=Line.objects.all())


class ChangeoverSerializer(serializers.Serializer):
    """From the last good piece of one product to the first good piece of the next, on one machine."""

    equipment_code = serializers.CharField()
    from_product = serializers.CharField()
    to_product = serializers.CharField()
    started_at = AwareDateTimeField()
    ended_at = AwareDateTimeField()
    duration_seconds = serializers.FloatField()
    setup_seconds = serializers.FloatField()


class AverageChangeoverSerializer(serializers.Serializer):
    """What the changeovers of one pair of products took on average."""

    from_product = serializers.CharField()
    to_product = serializers.CharField()
    count = serializers.IntegerField()
    duration_seconds = serializers.FloatField()
    setup_seconds = serializers.FloatField()


class ChangeoversSerializer(serializers.Serializer):
    """The changeovers of a line."""

    line_id = serializers.IntegerField()
    start = AwareDateTimeField()
    end = AwareDateTimeField()
    changeovers = ChangeoverSerializer(many=True)
    averages = AverageChangeoverSerializer(many=True)


class ChecklistItemSerializer(MasterDataSerializer):
    """A question that is put before a job starts on the line."""

    line_id = IdField(source="line", queryset=Line.objects.all())
    options = serializers.JSONField(default=list)

    class Meta:
        model = ChecklistItem
        fields = (
            "id",
            "line_id",
            "text",
            "type",
            "required",
            "order",
            "options",
            "is_active",
            "created_at",
            "updated_at",
        )


class ChecklistQuestionSerializer(serializers.Serializer):
    """A question and its answer, null where there is none."""

    id = serializers.IntegerField(source="item.id")
    text = serializers.SerializerMethodField()
    type = serializers.CharField(source="item.type")
    required = serializers.BooleanField(source="item.required")
    order = serializers.IntegerField(source="item.order")
    options = serializers.JSONField(source="item.options")
    value = serializers.JSONField(source="answer.value", default=None)
    answered_by = serializers.IntegerField(source="answer.answered_by_id", default=None, allow_null=True)
    answered_by_name = serializers.CharField(source="answer.answered_by", default=None, allow_null=True)
    answered_at = AwareDateTimeField(source="answer.answered_at", default=None, allow_null=True)

    def get_text(self, asked: Any) -> str:
        """As it was put to who answered."""
        return asked.answer.text if asked.answer else asked.item.text


class JobChecklistSerializer(serializers.Serializer):
    """`ready` says that the job may start as far as the checklist goes."""

    job_id = serializers.IntegerField()
    ready = serializers.BooleanField()
    items = ChecklistQuestionSerializer(many=True)


class ChecklistAnswerSerializer(serializers.Serializer):
    item_id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    value = serializers.JSONField()


class ChecklistAnswersSerializer(serializers.Serializer):
    """A tick is true or false, a number a number, a choice one of its options, text and signature a text."""

    answers = ChecklistAnswerSerializer(many=True, allow_empty=False, max_length=MAX_ANSWERS)
