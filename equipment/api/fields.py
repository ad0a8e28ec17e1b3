"""How the plant is named over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import WallTimeField
from equipment.calendar_rows import MAX_BREAKS
from equipment.models import Machine

MAX_MACHINES = 500
CLOCKS_DIFFER = timedelta(minutes=5)  # how far the sender's clock may be ahead


@extend_schema_field(str)
class NameField(serializers.Field):
    """An id, a code or a name, as text or number; what it means is looked up with its neighbours."""

    default_error_messages = {"invalid": _("An id or a code.")}

    def to_internal_value(self, data: Any) -> str:
        if (
            isinstance(data, bool)
            or not isinstance(data, str | int)
            or len(str(data)) > 150
            or "\0" in str(data)
        ):
            self.fail("invalid")
        return str(data).strip()

    def to_representation(self, value: Any) -> Any:
        return value


class CodeField(serializers.SlugRelatedField):
    """One row by its code, in any case; written as the code."""

    default_error_messages = {
        "does_not_exist": _("Unknown: {value}."),
        "invalid": _("A code is a text."),
    }

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or "\0" in data:
            self.fail("invalid")
        found = self.get_queryset().filter(**{f"{self.slug_field}__iexact": data}).first()
        return found or self.fail("does_not_exist", value=data[:64])


class MachinesField(serializers.ListField):
    """The machines of a line by their codes, in the order in which they stand."""

    child = serializers.CharField(max_length=64)
    default_error_messages = {
        "unknown": _("Unknown: {codes}."),
        "twice": _("A machine stands in one place only."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_MACHINES, **kwargs)

    def to_internal_value(self, data: Any) -> list[Machine]:
        codes = [code.lower() for code in super().to_internal_value(data)]
        if len(set(codes)) < len(codes):
            self.fail("twice")
        user = self.context["request"].user
        rows = {m.equipment_code.lower(): m for m in Machine.objects.visible_to(user).with_codes(codes)}
        if unknown := [code for code in codes if code not in rows]:
            self.fail("unknown", codes=", ".join(unknown[:10]))
        return [rows[code] for code in codes]

    def to_representation(self, machines: Any) -> list[str]:
        return [machine.equipment_code for machine in machines.all()]


class BreakSerializer(serializers.Serializer):
    start_time = WallTimeField()
    end_time = WallTimeField()


@extend_schema_field(BreakSerializer(many=True))
class BreaksField(serializers.ListField):
    """[{start_time, end_time}] in wall times, kept as texts."""

    child = BreakSerializer()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_BREAKS, **kwargs)

    def to_internal_value(self, data: Any) -> list[dict[str, str]]:
        return [
            {key: at.isoformat() for key, at in pause.items()} for pause in super().to_internal_value(data)
        ]

    def to_representation(self, data: Any) -> Any:
        return data
