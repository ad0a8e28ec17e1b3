"""Questions about people and their sign-ins."""

from __future__ import annotations

from typing import Any

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
    sign_in = living_sign_ins(claims=read(AccessToken, access_token)).first()
    if sign_in is None:
        raise BadToken
    return sign_in.user


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
