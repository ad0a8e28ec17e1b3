"""The navigation of pages and admin, each entry shown to who may open it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the entries this person may open."""
    return {"navigation": []}


def admin_navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's sidebar, grouped by task."""
    return []
