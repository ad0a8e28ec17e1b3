"""States of machines and the reasons for them, as JSON (API contract §4, §7, §8)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import AnyCaseChoiceField, AwareDateTimeField, IdField
from core.api.serializers import MasterDataSerializer
from equipment.api.fields import CLOCKS_DIFFER, CodeField
from equipment.choices import State
from equipment.models import MachineState, StopReason


class StopReasonSerializer(MasterDataSerializer):
    """A reason with everything below it; the view gives the tree in `context["children"]`."""

    parent_id = IdField(source="parent", queryset=StopReason.objects.all(), required=False, allow_null=True)
    children = serializers.SerializerMethodField()

    class Meta:
        model = StopReason
        fields = (
            "id",
            "code",
            "name",
            "parent_id",
            "loss_category",
            "planned",
            "is_operator_error",
            "is_active",
            "children",
        )

    @extend_schema_field(
        {"type": "array", "items": {"type": "object"}, "description": "Reasons like this one."}
    )
    def get_children(self, reason: StopReason) -> list[dict[str, Any]]:
        return [self._node(child, frozenset({reason.pk})) for child in self._below(reason)]

    def _node(self, reason: StopReason, above: frozenset[int]) -> dict[str, Any]:
        path = above | {reason.pk}
        return {
            "id": reason.pk,
            "code": reason.code,
            "name": reason.name,
            "parent_id": reason.parent_id,
            "loss_category": reason.loss_category,
            "planned": reason.planned,
            "is_operator_error": reason.is_operator_error,
            "is_active": reason.is_active,
            "children": [self._node(child, path) for child in self._below(reason) if child.pk not in path],
        }

    def _below(self, reason: StopReason) -> list[StopReason]:
        return self.context["children"]().get(reason.pk, [])


class MachineStateSerializer(serializers.ModelSerializer):
    """A row of the history; an open interval has lasted until now."""

    reason_code = serializers.CharField(source="reason.code", default=None, allow_null=True)
    started_at = AwareDateTimeField()
    ended_at = AwareDateTimeField(allow_null=True)
    duration_seconds = serializers.SerializerMethodField()
    source = serializers.CharField(source="event.source")

    class Meta:
        model = MachineState
        fields = ("id", "state", "reason_code", "started_at", "ended_at", "duration_seconds", "source")

    def get_duration_seconds(self, row: MachineState) -> float:
        return max(0.0, ((row.ended_at or timezone.now()) - row.started_at).total_seconds())


class StatesSerializer(serializers.Serializer):
    """What is believed after a correction."""

    states = MachineStateSerializer(many=True)


class CorrectionSerializer(serializers.Serializer):
    """What the machine really did from `started_at` to `ended_at`; without an end it lasts still."""

    state = AnyCaseChoiceField(choices=State.choices)
    reason_code = CodeField(
        slug_field="code",
        queryset=StopReason.objects.filter(is_active=True),
        source="reason",
        default=None,
        allow_null=True,
    )
    started_at = AwareDateTimeField(ahead=CLOCKS_DIFFER)
    ended_at = AwareDateTimeField(ahead=CLOCKS_DIFFER, default=None, allow_null=True)
    why = serializers.CharField(max_length=255)


class SplitSerializer(serializers.Serializer):
    at = AwareDateTimeField(ahead=CLOCKS_DIFFER)
    reason_code = CodeField(
        slug_field="code",
        queryset=StopReason.objects.filter(is_active=True),
        source="reason",
        default=None,
        allow_null=True,
    )
    why = serializers.CharField(max_length=255)
