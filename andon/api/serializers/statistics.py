"""Statistics of calls as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.api.fields import AwareDateTimeField, IdField
from equipment.models import Line

USUAL = timedelta(days=30)
LONGEST = timedelta(days=367)


class StatisticsQuerySerializer(serializers.Serializer):
    """Calls reported in [start, end): the last 30 days unless told; at most a year. Of one line, or of all."""

    start = AwareDateTimeField(required=False)
    end = AwareDateTimeField(required=False)
    line_id = IdField(
        source="line", queryset=Line.objects.all(), required=False, default=None, allow_null=True
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        end = attrs.get("end") or (attrs["start"] + USUAL if "start" in attrs else timezone.now())
        start = attrs.get("start") or end - USUAL
        if not timedelta(0) < end - start <= LONGEST:
            raise serializers.ValidationError({"end": [_("After the start, and at most a year later.")]})
        return {"start": start, "end": end, "line": attrs["line"]}


class TimesSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    mean_seconds = serializers.FloatField(allow_null=True)
    median_seconds = serializers.FloatField(allow_null=True)
    p95_seconds = serializers.FloatField(allow_null=True)


class AnswersSerializer(serializers.Serializer):
    """How a group of calls was answered; rates are fractions of 1, null of nothing.

    `raises` are the calls and all that joined them, `repeat_rate` the share that joined; `on_target_rate` is the
    share of the resolved calls that were over within the target time of their type.
    """

    calls = serializers.IntegerField()
    raises = serializers.IntegerField()
    acknowledged = serializers.IntegerField()
    resolved = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    open = serializers.IntegerField()
    escalated = serializers.IntegerField(help_text=_("Calls that escalated at least once."))
    escalations = serializers.IntegerField()
    repeat_rate = serializers.FloatField(allow_null=True)
    escalation_rate = serializers.FloatField(allow_null=True)
    on_target_rate = serializers.FloatField(allow_null=True)
    time_to_acknowledge = TimesSerializer()
    time_to_resolve = TimesSerializer()


class AnswersOfSerializer(AnswersSerializer):
    key = serializers.CharField()
    label = serializers.CharField()


class CauseSerializer(serializers.Serializer):
    line_id = serializers.IntegerField(source="cause.line_id")
    line_code = serializers.CharField(source="cause.line_code")
    equipment_code = serializers.CharField(source="cause.equipment_code", allow_null=True)
    event_type = serializers.CharField(source="cause.event_type")


class TopCauseSerializer(CauseSerializer):
    calls = serializers.IntegerField()
    raises = serializers.IntegerField()
    share = serializers.FloatField()


class BurstSerializer(serializers.Serializer):
    start = AwareDateTimeField()
    end = AwareDateTimeField()
    count = serializers.IntegerField()


class ChatterSerializer(CauseSerializer):
    start = AwareDateTimeField(source="burst.start")
    end = AwareDateTimeField(source="burst.end")
    count = serializers.IntegerField(source="burst.count")


class StaleSerializer(CauseSerializer):
    id = serializers.IntegerField()
    priority = serializers.CharField()
    status = serializers.CharField()
    reported_at = AwareDateTimeField()
    ended_at = AwareDateTimeField(allow_null=True)


class StatisticsSerializer(AnswersSerializer):
    """Floods: more than 10 raises in 10 minutes. Chattering: one cause 3 times or more in a minute. Stale: open for
    more than a day."""

    start = AwareDateTimeField()
    end = AwareDateTimeField()
    line_id = serializers.IntegerField(allow_null=True)
    by_type = AnswersOfSerializer(many=True)
    by_priority = AnswersOfSerializer(many=True)
    by_line = AnswersOfSerializer(many=True)
    top_causes = TopCauseSerializer(many=True)
    floods = BurstSerializer(many=True)
    chattering = ChatterSerializer(many=True)
    stale = StaleSerializer(many=True)

    def to_representation(self, told: Any) -> dict[str, Any]:
        """The totals beside the groups, not below a key of their own."""
        total = AnswersSerializer(told.total).data
        groups = {
            name: field.to_representation(getattr(told, name))
            for name, field in self.fields.items()
            if name not in total and getattr(told, name) is not None
        }
        return {"line_id": None, **groups, **total}
