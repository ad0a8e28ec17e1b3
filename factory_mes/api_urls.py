"""The API under /api/v1: each app brings its own routes."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import include, path

APPS = ("production", "accounts", "audit", "equipment", "oee", "andon", "floor")  # the busiest first

urlpatterns = [
    path("", include(f"{app}.api.urls"))
    for app in APPS
    if find_spec(f"{app}.api") and find_spec(f"{app}.api.urls")
]
