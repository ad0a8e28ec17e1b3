"""Who is at the other end of a socket: a bearer token in the address, or the session of a page."""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

from accounts.errors import BadToken
from accounts.models import User
from accounts.selectors import user_of_token

PERMISSION = "oee.view_oee"


@dataclass(frozen=True, slots=True)
class Caller:
    """What the handshake said."""

    token: str
    session_key: str
    origin: str
    host: str

    @classmethod
    def of(cls, scope: dict[str, Any]) -> Caller:
        """From an ASGI scope; whatever is unreadable counts as not said."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = parse_qs(scope["query_string"].decode("latin-1"))
        return cls(
            token=query.get("token", [""])[0],
            session_key=_session_key(headers.get("cookie", "")),
            origin=headers.get("origin", ""),
            host=headers.get("host", ""),
        )

    @property
    def is_same_site(self) -> bool:
        """Whether a page of ours opened the socket: with a cookie no other page may (websocket hijacking)."""
        if self.origin in settings.CSRF_TRUSTED_ORIGINS:
            return True
        return _is_our_host(self.host) and self.origin.partition("://")[2] == self.host


def identify(caller: Caller) -> User | None:
    """The person, if they may sign in now; a token decides alone where there is one."""
    if caller.token:
        try:
            return user_of_token(access_token=caller.token)
        except BadToken:
            return None
    if not caller.session_key or not caller.is_same_site:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(caller.session_key)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None


def may_watch(user: User) -> bool:
    """Whether this person may see the floor."""
    return user.has_perm(PERMISSION)


def _session_key(cookies: str) -> str:
    try:
        morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    key = morsel.value if morsel else ""
    return key if key.isascii() and key.isalnum() else ""


def _is_our_host(host: str) -> bool:
    request = HttpRequest()
    request.META = {"HTTP_HOST": host}
    try:
        return bool(request.get_host())
    except DisallowedHost:
        return False
