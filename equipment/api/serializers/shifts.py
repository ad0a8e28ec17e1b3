"""Calendars as JSON (API contract §7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.api.fields import AwareDateTimeField, IdField
from core.api.serializers import MasterDataSerializer
from equipment.api.fields import BreaksField
from equipment.calendar import Shift
from equipment.models import CalendarException, Line, ShiftPattern, Site


class RuleSerializer(MasterDataSerializer):
    """A rule of a line or of a site."""

    line_id = IdField(source="line", queryset=Line.objects.all(), required=False, allow_null=True)
    site_id = IdField(source="site", queryset=Site.objects.all(), required=False, allow_null=True)


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
