"""Pages ask for the same codenames as the API, through one mixin; a page without one is refused."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase


class PageMixin(AccessMixin):
    """`permission` is a codename, or core.api.permissions.ACCOUNT for every signed-in person.

    Nobody signed in: to the login page and back. Signed in without the right: 403.
    """

    permission: str | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.permission is None:
            raise ImproperlyConfigured(f"{type(self).__name__} states no permission")
        if not request.user.is_authenticated or not self._allowed(request):
            return self.handle_no_permission()
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def _allowed(self, request: HttpRequest) -> bool:
        return self.permission == "account" or request.user.has_perm(str(self.permission))
