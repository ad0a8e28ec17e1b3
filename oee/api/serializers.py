"""OEE in JSON: the keys of api.md §4; seconds as numbers, ratios as fractions of 1, undefined as null."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from core.api.fields import IdField
from core.api.serializers import MasterDataSerializer
from equipment.models import Site, StopReason
from oee.kpi import Figure, plain_figure
from oee.models import LossPolicy
from oee.selectors.reports import Group, Report


class LossPolicySerializer(MasterDataSerializer):
    """A loss policy; a later `valid_from` replaces it from that shift day on."""

    site_id = IdField(source="site", queryset=Site.objects.all())

    class Meta:
        model = LossPolicy
        fields = (
            "id",
            "site_id",
            "minor_stop_seconds",
            "minor_stops",
            "setup",
            "starved_blocked",
            "idle",
            "unknown_time",
            "valid_from",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("created_at", "updated_at")


class PlainNumbersSerializer(serializers.Serializer):
    """The calculator's input: one unit of time throughout."""

    planned_production_time = serializers.FloatField(min_value=0)
    run_time = serializers.FloatField(min_value=0)
    ideal_cycle_time = serializers.FloatField(min_value=0)
    total_units = serializers.IntegerField(min_value=0, max_value=10**12)
    good_units = serializers.IntegerField(min_value=0, max_value=10**12)


class FigureSerializer(serializers.Serializer):
    """For the schema: one OEE figure."""

    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)
    planned_busy_seconds = serializers.FloatField()
    actual_production_seconds = serializers.FloatField()
    ideal_seconds = serializers.FloatField(allow_null=True)
    ideal_good_seconds = serializers.FloatField(allow_null=True)
    produced_quantity = serializers.IntegerField()
    good_quantity = serializers.IntegerField()
    scrap_quantity = serializers.IntegerField()
    rework_quantity = serializers.IntegerField()
    calendar_seconds = serializers.FloatField()
    unknown_seconds = serializers.FloatField()
    availability = serializers.FloatField(allow_null=True)
    performance = serializers.FloatField(allow_null=True)
    quality = serializers.FloatField(allow_null=True)
    oee = serializers.FloatField(allow_null=True)
    teep = serializers.FloatField(allow_null=True)
    losses = serializers.DictField(child=serializers.FloatField(allow_null=True))
    flags = serializers.ListField(child=serializers.CharField())


def number(value: Decimal | int | None) -> float | int | None:
    """Whole numbers stay whole."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def stamp(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def ratios(figure: Figure) -> dict[str, Any]:
    """The sums and ratios of a figure."""
    names = (
        "planned_busy_seconds",
        "actual_production_seconds",
        "ideal_seconds",
        "ideal_good_seconds",
        "produced_quantity",
        "good_quantity",
        "scrap_quantity",
        "rework_quantity",
        "calendar_seconds",
        "unknown_seconds",
    )
    sums = {name: number(getattr(figure, name)) for name in names}
    factors = {
        name: getattr(figure, name) for name in ("availability", "performance", "quality", "oee", "teep")
    }
    return {**sums, **factors, "flags": [str(flag) for flag in figure.flags]}


def figure_data(report: Report) -> dict[str, Any]:
    """A figure with its window and losses (seconds)."""
    losses = {field.name: number(getattr(report.losses, field.name)) for field in fields(report.losses)}
    return {"start": stamp(report.start), "end": stamp(report.end), **ratios(report.figure), "losses": losses}


def group_data(group: Group) -> dict[str, Any]:
    return {"key": group.key, "label": group.label, **figure_data(group.report)}


def calculated(numbers: dict[str, Any]) -> dict[str, Any]:
    """The figure of plain numbers; raises oee.kpi.InvalidSums."""
    return {"start": None, "end": None, **ratios(plain_figure(**numbers)), "losses": {}}


def pareto(report: Report) -> list[dict[str, Any]]:
    """The stops of a report, most time first, by reason (or state, where nobody gave one)."""
    reasons = StopReason.objects.in_bulk({key.reason_id for key in report.stops if key.reason_id})
    total = sum(stop.us for stop in report.stops.values())
    rows = []
    for key, stop in report.stops.items():
        reason = reasons.get(key.reason_id) if key.reason_id else None
        rows.append(
            {
                "reason_code": reason.code if reason else None,
                "reason_name": reason.name if reason else None,
                "state": key.state,
                "loss_category": str(key.time_class),
                "seconds": number(Decimal(stop.us) / 1_000_000),
                "count": stop.count,
                "share": stop.us / total if total else None,
            }
        )
    return rows


class WindowSerializer(serializers.Serializer):
    """`start` and `end` with an offset, at most two years apart; `product_code` narrows to one product."""

    MAX_DAYS = 731

    start = serializers.CharField(required=False)
    end = serializers.CharField(required=False)

    def validate_start(self, text: str) -> datetime:
        return moment(text)

    def validate_end(self, text: str) -> datetime:
        return moment(text)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        start, end = attrs.get("start"), attrs.get("end")
        if (start is None) != (end is None):
            raise serializers.ValidationError(
                {"end" if end is None else "start": [_("Give both start and end.")]}
            )
        if start and end and end <= start:
            raise serializers.ValidationError({"end": [_("The end must be after the start.")]})
        if start and end and (end - start).days > self.MAX_DAYS:
            raise serializers.ValidationError(
                {"end": [_("At most %(days)d days.") % {"days": self.MAX_DAYS}]}
            )
        return attrs


def moment(text: str) -> datetime:
    """An ISO 8601 time with its offset, between 1990 and 2100. Raises ValidationError."""
    try:
        parsed = datetime.fromisoformat(text.replace(" ", "+"))  # a + in a query string arrives as a blank
    except ValueError as exc:
        raise serializers.ValidationError(_("Not an ISO 8601 time.")) from exc
    if timezone.is_naive(parsed):
        raise serializers.ValidationError(_("A time needs its offset from UTC, such as Z or +09:00."))
    if not 1990 <= parsed.year <= 2100:
        raise serializers.ValidationError(_("A time between 1990 and 2100."))
    return parsed


class RecalculateSerializer(WindowSerializer):
    """Which figures to make again."""

    line_id = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    equipment_code = serializers.CharField(required=False, max_length=64)
    equipment_codes = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, min_length=1, max_length=500
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if "start" not in attrs:
            raise serializers.ValidationError({"start": [_("This field is required.")]})
        given = [name for name in ("line_id", "equipment_code", "equipment_codes") if name in attrs]
        if len(given) != 1:
            fault = _("Give one of line_id, equipment_code, equipment_codes.")
            raise serializers.ValidationError({given[-1] if given else "line_id": [fault]})
        return attrs


def day_of(text: str) -> date:
    """An ISO date between 1990 and 2100. Raises ValidationError."""
    try:
        day = date.fromisoformat(text)
    except ValueError as exc:
        raise serializers.ValidationError({"date": [_("Not an ISO 8601 date.")]}) from exc
    if not 1990 <= day.year <= 2100:
        raise serializers.ValidationError({"date": [_("A day between 1990 and 2100.")]})
    return day
