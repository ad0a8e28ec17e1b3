"""Signed tokens: the pair of a sign-in, and the link that resets a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.http import base36_to_int, int_to_base36
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken, Token

from accounts.errors import BadResetLink, BadToken
from accounts.models import SignIn, User


@dataclass(frozen=True, slots=True)
class Pair:
    """What a sign-in hands out. `expires_in` is the life of the access token in seconds."""

    user: User
    access_token: str
    refresh_token: str
    expires_in: int


def refresh_for(user: User, sign_in: SignIn) -> RefreshToken:
    """A new refresh token of this family. Claims: user_id, username, role, sid (family), ver (token version)."""
    token = RefreshToken()
    token["user_id"] = user.pk
    token["username"] = user.get_username()
    token["role"] = user.role
    token["sid"] = str(sign_in.pk)
    token["ver"] = user.token_version
    return token


def pair_for(user: User, refresh: RefreshToken) -> Pair:
    """The refresh token with an access token of the same claims."""
    access = refresh.access_token
    seconds = int(access.lifetime.total_seconds()) if access.lifetime else 0
    return Pair(user, str(access), str(refresh), seconds)


def expiry_of(token: Token) -> datetime:
    """When the token ends by itself."""
    return datetime.fromtimestamp(token["exp"], tz=UTC)


def read(kind: type[Token], text: str) -> Token:
    """The verified token. Raises BadToken for anything not signed by us, of another kind, or expired."""
    try:
        return kind(text)  # type: ignore[arg-type]  # its own type names another token
    except (TokenError, RecursionError) as exc:  # recursion: a header of brackets within brackets
        raise BadToken from exc


class ResetTokenGenerator(PasswordResetTokenGenerator):
    """Django's: void once the password, the e-mail address or the token version changes, or after an hour."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.token_version}"


reset_tokens = ResetTokenGenerator()


def reset_token(user: User) -> str:
    """One word for a link: the account, the time, the proof."""
    return f"{int_to_base36(user.pk)}-{reset_tokens.make_token(user)}"


def reset_user_id(token: str) -> int:
    """The account a reset token speaks of; not yet proven. Raises BadResetLink."""
    try:
        return base36_to_int(token.partition("-")[0])
    except ValueError as exc:
        raise BadResetLink from exc


def proves_reset(user: User, token: str) -> bool:
    """Whether the token is this account's, young enough and unused."""
    return reset_tokens.check_token(user, token.partition("-")[2])
