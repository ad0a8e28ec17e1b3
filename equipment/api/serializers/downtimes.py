"""Stops as JSON (API contract §4)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from core.api.fields import AwareDateTimeField, IdField
from equipment.actions import MAX_WHY
from equipment.api.fields import CLOCKS_DIFFER, CodeField
from equipment.api.serializers.shifts import WindowSerializer
from equipment.choices import DowntimeCategory
from equipment.models import Downtime, Line, Machine, StopReason
from equipment.selectors.downtimes import DowntimeStatistics, Tally

MAX_NOTES = 2000


class DowntimeSerializer(serializers.ModelSerializer):
    """A stop, its edges as they are believed now; a stop that lasts still has lasted until now.

    `category` and `minor` are what the OEE makes of it. People are told by id and by name.
    """

    line_id = serializers.IntegerField(source="machine.line_id", read_only=True, allow_null=True)
    equipment_code = serializers.CharField(source="machine.equipment_code", read_only=True)
    start_time = AwareDateTimeField(source="started_at", read_only=True)
    end_time = AwareDateTimeField(source="ended_at", read_only=True, allow_null=True)
    duration_seconds = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    reason_code = serializers.CharField(source="reason.code", default=None, read_only=True, allow_null=True)
    reason_description = serializers.CharField(
        source="reason.name", default=None, read_only=True, allow_null=True
    )
    category = serializers.ChoiceField(choices=DowntimeCategory.choices, read_only=True)
    loss_category = serializers.CharField(
        source="reason.loss_category", default=None, read_only=True, allow_null=True
    )
    minor = serializers.BooleanField(read_only=True)
    reported_by = serializers.IntegerField(source="reported_by_id", read_only=True, allow_null=True)
    reported_by_name = serializers.CharField(source="reported_by", read_only=True, allow_null=True)
    confirmed_by = serializers.IntegerField(source="confirmed_by_id", read_only=True, allow_null=True)
    confirmed_by_name = serializers.CharField(source="confirmed_by", read_only=True, allow_null=True)
    confirmed_at = AwareDateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = Downtime
        fields = (
            "id",
            "line_id",
            "equipment_code",
            "state",
            "status",
            "start_time",
            "end_time",
            "duration_seconds",
            "reason_code",
            "reason_description",
            "category",
            "loss_category",
            "minor",
            "reported_by",
            "reported_by_name",
            "confirmed_by",
            "confirmed_by_name",
            "confirmed_at",
            "notes",
        )
        read_only_fields = fields

    def get_duration_seconds(self, row: Downtime) -> float:
        return max(0.0, ((row.ended_at or timezone.now()) - row.started_at).total_seconds())

    def get_status(self, row: Downtime) -> str:
        return "closed" if row.ended_at else "open"


class DowntimePartsSerializer(serializers.Serializer):
    """A stop that was split: up to the moment, and from it on."""

    parts = DowntimeSerializer(many=True)


def _reason(**options: Any) -> CodeField:
    return CodeField(
        slug_field="code", source="reason", queryset=StopReason.objects.filter(is_active=True), **options
    )


class OpenDowntimeSerializer(serializers.Serializer):
    """A machine stands still, since `start_time` or since now."""

    equipment_code = CodeField(
        source="machine",
        slug_field="equipment_code",
        queryset=Machine.objects.filter(line__isnull=False, is_active=True).select_related("line"),
    )
    start_time = AwareDateTimeField(source="started_at", ahead=CLOCKS_DIFFER, default=None, allow_null=True)
    reason_code = _reason(default=None, allow_null=True)
    notes = serializers.CharField(max_length=MAX_NOTES, default="", allow_blank=True)


class CloseDowntimeSerializer(serializers.Serializer):
    end_time = AwareDateTimeField(source="ended_at", ahead=CLOCKS_DIFFER, default=None, allow_null=True)


class ExplainDowntimeSerializer(serializers.Serializer):
    """`reason` says why a stop that is confirmed changes; notes left out stay as they are."""

    reason_code = _reason()
    notes = serializers.CharField(max_length=MAX_NOTES, allow_blank=True, allow_null=True, default=None)
    reason = serializers.CharField(source="why", max_length=MAX_WHY, default="", allow_blank=True)


class SplitDowntimeSerializer(serializers.Serializer):
    """`reason` says why a stop that is confirmed changes."""

    at = AwareDateTimeField(ahead=CLOCKS_DIFFER)
    reason_code = _reason()
    reason = serializers.CharField(source="why", max_length=MAX_WHY, default="", allow_blank=True)


class DowntimeQuestionSerializer(WindowSerializer):
    """Which stops to add up: those of a window, of the whole plant or of a line or a machine."""

    line_id = IdField(source="line", queryset=Line.objects.all(), default=None, allow_null=True)
    equipment_code = CodeField(
        source="machine",
        slug_field="equipment_code",
        queryset=Machine.objects.all(),
        default=None,
        allow_null=True,
    )


class ReasonTallySerializer(serializers.Serializer):
    """What one reason cost; null: nobody said."""

    reason_code = serializers.CharField(allow_null=True)
    reason_description = serializers.CharField(allow_null=True)
    events = serializers.IntegerField()
    downtime_seconds = serializers.FloatField()


class DayTallySerializer(serializers.Serializer):
    """What one shift day cost."""

    date = serializers.DateField()
    events = serializers.IntegerField()
    downtime_seconds = serializers.FloatField()


class DowntimeStatisticsSerializer(serializers.Serializer):
    """Sums over planned time; minor stops stand apart and are in none of the other figures."""

    total_events = serializers.IntegerField(source="total.events")
    total_downtime_seconds = serializers.FloatField(source="total.seconds")
    total_downtime_minutes = serializers.SerializerMethodField()
    total_downtime_hours = serializers.SerializerMethodField()
    avg_duration_seconds = serializers.FloatField(source="average_seconds", allow_null=True)
    avg_duration_minutes = serializers.SerializerMethodField()
    unplanned_events = serializers.IntegerField(source="by_category.UNPLANNED.events")
    unplanned_seconds = serializers.FloatField(source="by_category.UNPLANNED.seconds")
    planned_events = serializers.IntegerField(source="by_category.PLANNED.events")
    planned_seconds = serializers.FloatField(source="by_category.PLANNED.seconds")
    maintenance_events = serializers.IntegerField(source="by_category.MAINTENANCE.events")
    maintenance_seconds = serializers.FloatField(source="by_category.MAINTENANCE.seconds")
    changeover_events = serializers.IntegerField(source="by_category.CHANGEOVER.events")
    changeover_seconds = serializers.FloatField(source="by_category.CHANGEOVER.seconds")
    minor_events = serializers.IntegerField(source="minor.events")
    minor_seconds = serializers.FloatField(source="minor.seconds")
    top_reasons = serializers.SerializerMethodField()
    daily_breakdown = serializers.SerializerMethodField()

    def get_total_downtime_minutes(self, found: DowntimeStatistics) -> float:
        return found.total.seconds / 60

    def get_total_downtime_hours(self, found: DowntimeStatistics) -> float:
        return found.total.seconds / 3600

    def get_avg_duration_minutes(self, found: DowntimeStatistics) -> float | None:
        return None if found.average_seconds is None else found.average_seconds / 60

    def get_top_reasons(self, found: DowntimeStatistics) -> ReasonTallySerializer(many=True):
        return [
            {"reason_code": code, "reason_description": found.reason_names[code], **_figures(tally)}
            for code, tally in found.top_reasons()
        ]

    def get_daily_breakdown(self, found: DowntimeStatistics) -> DayTallySerializer(many=True):
        return [{"date": day.isoformat(), **_figures(tally)} for day, tally in sorted(found.by_day.items())]


def _figures(tally: Tally) -> dict[str, float]:
    return {"events": tally.events, "downtime_seconds": tally.seconds}
