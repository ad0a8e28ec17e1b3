"""Who calls: a bearer token of a living sign-in, or the session of a page."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication, SessionAuthentication


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request):
        return None

    def authenticate_header(self, request):
        return "Bearer"


class PageSessionAuthentication(SessionAuthentication):
    pass
