"""The trail as JSON."""

from __future__ import annotations

from rest_framework import serializers

from audit.models import AuditLog


class ActorSerializer(serializers.Serializer):
    """Who did it, as the account is today."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    email = serializers.EmailField()
    full_name = serializers.CharField()
    role = serializers.CharField()
    is_active = serializers.BooleanField()


class AuditLogSerializer(serializers.ModelSerializer):
    """One entry. `user` is null where nobody was signed in or the account is gone; `user_name` stays."""

    user_id = serializers.IntegerField(read_only=True, allow_null=True)
    user = ActorSerializer(read_only=True, allow_null=True)

    class Meta:
        model = AuditLog
        fields = (
            "id",
            "entity_type",
            "entity_id",
            "entity_repr",
            "action",
            "old_values",
            "new_values",
            "user_id",
            "user_name",
            "user",
            "source",
            "ip_address",
            "user_agent",
            "request_id",
            "reason",
            "app_version",
            "created_at",
        )
        read_only_fields = fields


class VerificationSerializer(serializers.Serializer):
    """`checked` entries are as they were sealed; the newest of them was made at `sealed_until`."""

    valid = serializers.BooleanField()
    checked = serializers.IntegerField()
    first_invalid_id = serializers.IntegerField(allow_null=True)
    sealed_until = serializers.DateTimeField(allow_null=True)
    digest = serializers.CharField()
    detail = serializers.CharField()
