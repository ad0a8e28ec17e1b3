"""Escalation policies as JSON (api contract §4)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.choices import ROLE_ALIASES
from andon.api.fields import EventTypeField
from andon.choices import Channel, Clock
from andon.models import EscalationPolicy
from andon.models.policies import MAX_LEVEL, MAX_MINUTES, TOLD_ROLES
from andon.rungs import fault_of_rungs
from core.api.fields import AnyCaseChoiceField, IdField
from core.api.serializers import MasterDataSerializer
from equipment.models import Line


class RoleField(AnyCaseChoiceField):
    """A role that is told, in any case and under any of its names."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(role.value, role.label) for role in TOLD_ROLES], **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        known = ROLE_ALIASES.get(data.lower(), data) if isinstance(data, str) else data
        return super().to_internal_value(known)


def _words(child: serializers.Field, most: int) -> serializers.ListField:
    return serializers.ListField(child=child, min_length=1, max_length=most)


class LevelSerializer(serializers.Serializer):
    """A rung: so many minutes after the call was reported (or acknowledged), these roles are told by these channels."""

    level = serializers.IntegerField(min_value=1, max_value=MAX_LEVEL)
    after_minutes = serializers.IntegerField(min_value=0, max_value=MAX_MINUTES)
    roles = _words(RoleField(), len(TOLD_ROLES))
    channels = _words(AnyCaseChoiceField(choices=Channel.choices), len(Channel))

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python: it cannot be written as an attribute."""
        clock = AnyCaseChoiceField(source="clock", choices=Clock.choices, default=Clock.REPORTED.value)
        return {**super().get_fields(), "from": clock}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """A level is told whole, in a partial update of its policy too."""
        said = super().to_internal_value(data)
        needed = [name for name, field in self.fields.items() if field.required and name not in said]
        if needed:
            raise serializers.ValidationError({name: [_("This field is required.")] for name in needed})
        return {"clock": Clock.REPORTED.value, **said}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return attrs | {name: list(dict.fromkeys(attrs[name])) for name in ("roles", "channels")}


class EscalationPolicySerializer(MasterDataSerializer):
    """Who is told when nobody comes. `line_id`, `event_type`, `priority` left out or null mean all."""

    line_id = IdField(source="line", queryset=Line.objects.all(), required=False, allow_null=True)
    event_type = EventTypeField(required=False, allow_null=True)
    levels = LevelSerializer(many=True)

    class Meta:
        model = EscalationPolicy
        fields = (
            "id",
            "name",
            "line_id",
            "event_type",
            "priority",
            "clock_rests_outside_shifts",
            "is_active",
            "levels",
            "created_at",
            "updated_at",
        )

    def validate_levels(self, levels: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Each level once, the lowest first; on one clock a higher level comes later."""
        levels = sorted(levels, key=lambda level: level["level"])
        fault = fault_of_rungs((level["level"], level["clock"], level["after_minutes"]) for level in levels)
        if fault:
            raise serializers.ValidationError(fault)
        return levels
