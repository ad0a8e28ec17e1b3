"""Composition of all addresses."""

from __future__ import annotations

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

PAGES = ("accounts", "floor", "oee")

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("factory_mes.api_urls")),
    *[path("", include(f"{app}.urls")) for app in PAGES if find_spec(f"{app}.urls")],
    path("", include("django_prometheus.urls")),
]
