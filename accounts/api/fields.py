"""Fields that take no guesses: a number is not a name."""

from __future__ import annotations

from typing import Any

from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.choices import Role
from accounts.roles import role_named

MAX_PASSWORD = 256


class Text(serializers.CharField):
    """A JSON string and nothing else."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Address(Text, serializers.EmailField):
    """An e-mail address."""


class Password(Text):
    """Taken as typed, blanks and all; never given out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{"write_only": True, "trim_whitespace": False, "max_length": MAX_PASSWORD, **kwargs}
        )


@extend_schema_field(OpenApiTypes.STR)
class RoleField(serializers.Field):
    """A role by name or alias (super_admin, manager, user), in any case; given out in lower case."""

    default_error_messages = {"unknown": "Not a role. Known are: {known}."}

    def to_internal_value(self, data: Any) -> Role:
        try:
            return role_named(data)
        except (AttributeError, ValueError):
            self.fail("unknown", known=", ".join(Role.values))

    def to_representation(self, value: str) -> str:
        return str(value)


TEXT_FIELDS = {models.CharField: Text, models.EmailField: Address}
