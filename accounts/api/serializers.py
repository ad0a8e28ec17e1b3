"""JSON of people and their sign-ins."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.api.fields import TEXT_FIELDS, Address, Password, RoleField, Text
from accounts.models import Employee, User, username_rule
from accounts.tokens import Pair


class UserSerializer(serializers.ModelSerializer):
    """An account; the password goes in and never comes out. A PUT changes what it names."""

    serializer_field_mapping = {**serializers.ModelSerializer.serializer_field_mapping, **TEXT_FIELDS}

    role = RoleField(required=False)
    password = Password()
    last_login_at = serializers.DateTimeField(source="last_login", read_only=True, allow_null=True)

    class Meta:
        model = User
        fields = (
            "id",
            "username",
            "email",
            "full_name",
            "company_name",
            "role",
            "department",
            "is_active",
            "created_at",
            "updated_at",
            "last_login_at",
            "password",
        )


class ProfileSerializer(UserSerializer):
    """One's own account: what one may change oneself; the rest is read-only."""

    class Meta(UserSerializer.Meta):
        fields = tuple(name for name in UserSerializer.Meta.fields if name != "password")
        read_only_fields = ("username", "is_active")

    role = RoleField(read_only=True)
    password = None


class EmployeeSerializer(serializers.ModelSerializer):
    serializer_field_mapping = {**serializers.ModelSerializer.serializer_field_mapping, **TEXT_FIELDS}

    class Meta:
        model = Employee
        fields = (
            "id",
            "name",
            "position",
            "department",
            "email",
            "phone",
            "badge",
            "user",
            "created_at",
            "updated_at",
        )
        # A badge or an account in use is a conflict (409), told by the database, and no fault of form.
        extra_kwargs = {"badge": {"validators": []}, "user": {"validators": []}}

    def validate_badge(self, value: str | None) -> str | None:
        return value or None


class CredentialsSerializer(serializers.Serializer):
    """User name or e-mail address, in either key, and password."""

    username = Text(required=False, max_length=254)
    email = Text(required=False, max_length=254)
    password = Password()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        name = attrs.get("username") or attrs.get("email")
        if not name:
            raise serializers.ValidationError(
                {"username": [_("A user name or an e-mail address is needed.")]}
            )
        return {"name": name, "password": attrs["password"]}


class PairSerializer(serializers.Serializer):
    """What a sign-in and a refresh answer."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField(default="bearer")
    expires_in = serializers.IntegerField(help_text="Seconds the access token lives.")
    user = ProfileSerializer()

    def to_representation(self, instance: Pair) -> dict[str, Any]:
        return {
            "access_token": instance.access_token,
            "refresh_token": instance.refresh_token,
            "token_type": "bearer",
            "expires_in": instance.expires_in,
            "user": ProfileSerializer(instance.user).data,
        }


class RefreshSerializer(serializers.Serializer):
    """The refresh token; may come as Bearer instead."""

    refresh_token = Text(required=False, max_length=8192)


class RegistrationSerializer(serializers.Serializer):
    """Sign-up by oneself: without a user name the full name is it."""

    username = Text(required=False, max_length=150, validators=[username_rule])
    full_name = Text(required=False, max_length=150)
    company_name = Text(required=False, allow_blank=True, max_length=150)
    email = Address(max_length=254)
    password = Password()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "username" not in attrs:
            self._full_name_is_a_user_name(attrs.get("full_name", ""))
        return attrs

    def _full_name_is_a_user_name(self, full_name: str) -> None:
        if not full_name:
            raise serializers.ValidationError({"username": [_("A user name or a full name is needed.")]})
        if not username_rule.regex.search(full_name):
            raise serializers.ValidationError({"full_name": [str(username_rule.message)]})


class RegisteredSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    username = serializers.CharField()
    email = serializers.EmailField()
    role = RoleField()
    message = serializers.CharField()


class PasswordChangeSerializer(serializers.Serializer):
    current_password = Password()
    new_password = Password()


class NewPasswordSerializer(serializers.Serializer):
    new_password = Password()


class ResetSerializer(serializers.Serializer):
    """The new password as `new_password`, or as `password`."""

    new_password = Password(required=False)
    password = Password(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = attrs.get("new_password") or attrs.get("password")
        if not given:
            raise serializers.ValidationError({"new_password": [_("This field is required.")]})
        return {"new_password": given}


class ResetRequestSerializer(serializers.Serializer):
    email = Address(max_length=254)


class MessageSerializer(serializers.Serializer):
    message = serializers.CharField()


class RoleSerializer(serializers.Serializer):
    role = serializers.CharField()
    name = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())


class OwnRoleSerializer(serializers.Serializer):
    role = serializers.CharField()
    roles = RoleSerializer(many=True)


class OwnPermissionsSerializer(serializers.Serializer):
    role = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
