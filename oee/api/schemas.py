"""What the answers about OEE look like; for the API's document alone, which nothing is computed from."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer
from rest_framework import serializers

from oee.api.serializers import FigureSerializer, PlainNumbersSerializer, RecalculateSerializer
from oee.choices import Idle, MinorStops, Setup, StarvedBlocked, UnknownTime
from oee.kpi import KPIS
from oee.selectors.reports import GROUPINGS

WINDOW = [
    OpenApiParameter("start", str, description="ISO 8601 with offset; default: the running shift."),
    OpenApiParameter("end", str, description="ISO 8601 with offset, exclusive."),
    OpenApiParameter("product_code", str, description="Only this product."),
]
GROUP_BY = OpenApiParameter("group_by", str, enum=list(GROUPINGS))
ASKED_SCOPE = [
    OpenApiParameter("line_id", int, description="Either this or equipment_code."),
    OpenApiParameter("equipment_code", str),
    *WINDOW,
]


class GroupSerializer(FigureSerializer):
    """The figure of an hour, a shift, a day or a product."""

    key = serializers.CharField()
    label = serializers.CharField()


class GroupedSerializer(serializers.Serializer):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    total = FigureSerializer()
    groups = GroupSerializer(many=True)


class TrendsSerializer(GroupedSerializer):
    days = serializers.IntegerField()


class DailySummarySerializer(FigureSerializer):
    date = serializers.DateField()
    shifts = GroupSerializer(many=True)


class ParetoSerializer(serializers.Serializer):
    """The stops of one reason, or of one state where nobody gave a reason."""

    reason_code = serializers.CharField(allow_null=True)
    reason_name = serializers.CharField(allow_null=True)
    state = serializers.CharField()
    loss_category = serializers.CharField()
    seconds = serializers.FloatField()
    count = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="Of the time of all stops.")


class LossesSerializer(serializers.Serializer):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    planned_busy_seconds = serializers.FloatField()
    ideal_good_seconds = serializers.FloatField(allow_null=True)
    losses = serializers.DictField(child=serializers.FloatField(allow_null=True))
    flags = serializers.ListField(child=serializers.CharField())
    pareto = ParetoSerializer(many=True)


class PolicyInForceSerializer(serializers.Serializer):
    """`id` is null for the rules that hold where a site has none of its own."""

    id = serializers.IntegerField(allow_null=True)
    valid_from = serializers.DateField(allow_null=True)
    minor_stop_seconds = serializers.IntegerField()
    minor_stops = serializers.ChoiceField(choices=MinorStops.choices)
    setup = serializers.ChoiceField(choices=Setup.choices)
    starved_blocked = serializers.ChoiceField(choices=StarvedBlocked.choices)
    idle = serializers.ChoiceField(choices=Idle.choices)
    unknown_time = serializers.ChoiceField(choices=UnknownTime.choices)


class IntervalEvidenceSerializer(serializers.Serializer):
    id = serializers.IntegerField(allow_null=True)
    equipment_code = serializers.CharField()
    state = serializers.CharField()
    reason_code = serializers.CharField(allow_null=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    seconds = serializers.FloatField()
    time_class = serializers.CharField()
    counts_as = serializers.CharField()
    shift = serializers.CharField()


class CountEvidenceSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    equipment_code = serializers.CharField()
    product_code = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    good = serializers.IntegerField()
    rejects = serializers.IntegerField()
    ideal_cycle_seconds = serializers.FloatField(allow_null=True)


class ExplanationSerializer(FigureSerializer):
    """A figure with everything it was made from."""

    policies = PolicyInForceSerializer(many=True)
    intervals = IntervalEvidenceSerializer(many=True)
    counts = CountEvidenceSerializer(many=True)
    interval_count = serializers.IntegerField()
    count_count = serializers.IntegerField()
    truncated = serializers.BooleanField()


class KpisSerializer(serializers.Serializer):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    kpis = serializers.DictField(
        child=serializers.FloatField(allow_null=True), help_text=", ".join(entry.id for entry in KPIS)
    )


class CatalogueSerializer(serializers.Serializer):
    kpis = serializers.ListField(child=serializers.DictField())


class QueuedSerializer(serializers.Serializer):
    status = serializers.CharField()
    machines = serializers.ListField(child=serializers.CharField())


FigureOrGroups = PolymorphicProxySerializer(
    "FigureOrGroups", [FigureSerializer, GroupedSerializer], resource_type_field_name=None
)
NumbersOrScope = PolymorphicProxySerializer(
    "NumbersOrScope", [PlainNumbersSerializer, RecalculateSerializer], resource_type_field_name=None
)
