"""Questions about people and their sign-ins."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from accounts.choices import DEMO_PASSWORD, Role
from accounts.errors import BadToken
from accounts.models import SignIn, User
from accounts.roles import codenames_of
from accounts.tokens import proves_reset, read, reset_user_id


def living_sign_ins(*, claims: Token) -> QuerySet[SignIn]:
    """The sign-in a token belongs to, if it is neither ended nor out of date: at most one row, its user joined."""
    return SignIn.objects.select_related("user").filter(
        pk=claims.get("sid"),
        user_id=claims.get("user_id"),
        user__token_version=claims.get("ver"),
        user__is_active=True,
        revoked_at__isnull=True,
        expires_at__gt=timezone.now(),
    )


def user_of_token(*, access_token: str) -> User:
    """The person behind an access token, in one query. Raises BadToken, also after sign-out or a new password."""
    claims = read(AccessToken, access_token)
    try:
        family = UUID(str(claims.get("sid")))
    except ValueError as exc:
        raise BadToken from exc
    wanted = [family, claims.get("user_id"), claims.get("ver"), timezone.now()]
    with connection.cursor() as cursor:
        cursor.execute(_caller_query(), wanted)
        row = cursor.fetchone()
    if row is None:
        raise BadToken
    return User.from_db(connection.alias, [f.attname for f in User._meta.concrete_fields], row)


@cache
def _caller_query() -> str:
    """Every request of the API asks this: as SQL it costs a fifth of what a query set does."""
    columns = ", ".join(f'u."{field.column}"' for field in User._meta.concrete_fields)
    return f"""
        SELECT {columns} FROM accounts_signin AS s JOIN accounts_user AS u ON u.id = s.user_id
        WHERE s.id = %s AND u.id = %s AND u.token_version = %s AND u.is_active
            AND s.revoked_at IS NULL AND s.expires_at > %s
    """  # noqa: S608  names of columns, from the model


def sign_in_of(*, token: str) -> SignIn:
    """The living sign-in of an access or a refresh token. Raises BadToken."""
    try:
        claims = read(AccessToken, token)
    except BadToken:
        claims = read(RefreshToken, token)
    sign_in = living_sign_ins(claims=claims).first()
    if sign_in is None:
        raise BadToken
    return sign_in


def user_of_reset_token(*, token: str) -> User | None:
    """The active account this reset link still opens, or None."""
    user = User.objects.filter(pk=reset_user_id(token), is_active=True).first()
    return user if user and proves_reset(user, token) else None


def role_list() -> list[dict[str, Any]]:
    """Every role with its name and codenames."""
    return [
        {"role": role.value, "name": str(role.label), "permissions": sorted(codenames_of(role))}
        for role in Role
    ]


def demo_accounts() -> list[dict[str, str]]:
    """What the demo's login page offers to click: one account per role."""
    return [
        {"username": role.value, "role_label": str(role.label), "password": DEMO_PASSWORD} for role in Role
    ]
