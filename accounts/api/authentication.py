"""Who calls: the person behind a bearer token of a living sign-in, in one query."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.errors import BadToken
from accounts.models import User
from accounts.selectors import user_of_token
from core.context import set_actor


def bearer_of(request: Request) -> str | None:
    """The token of `Authorization: Bearer …`, where there is one."""
    scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class TokenAuthentication(BaseAuthentication):
    """A bearer token that is no longer good is a 401, never an anonymous request."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        token = bearer_of(request)
        if token is None:
            return None
        try:
            user = user_of_token(access_token=token)
        except BadToken as exc:
            raise AuthenticationFailed(exc.detail, code=exc.code) from exc
        set_actor(user, source="api")
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
