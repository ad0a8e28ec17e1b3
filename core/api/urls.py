"""Paths work with and without a trailing slash; without is canonical."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, re_path
from rest_framework.routers import SimpleRouter

NUMBER = "[0-9]{1,18}"  # an id in an address: never longer than its column


class Router(SimpleRouter):
    """DRF's router with an optional slash."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"  # its constructor knows only a slash or none


def endpoint(route: str, view: Any, name: str | None = None) -> URLPattern:
    """A regular expression route, without ^ and $, for one view."""
    return re_path(rf"^{route}/?$", view, name=name)
