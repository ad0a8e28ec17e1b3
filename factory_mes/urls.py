"""Composition of all addresses."""

from __future__ import annotations

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from factory_mes import api_docs, health

PAGES = ("accounts", "floor", "equipment", "production", "oee", "andon")

urlpatterns = [
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    *api_docs.urls("", name=""),
    *api_docs.urls("api/v1/", name="api-"),
    path("api/v1/", include("factory_mes.api_urls")),
    re_path(r"^health/?$", health.health, name="health"),
    re_path(r"^health/detailed/?$", health.detailed, name="health-detailed"),
    re_path(r"^metrics/?$", health.metrics, name="metrics"),
    *[path("", include(f"{app}.urls")) for app in PAGES if find_spec(f"{app}.urls")],
]

handler400 = "factory_mes.error_views.bad_request"
handler403 = "factory_mes.error_views.forbidden"
handler404 = "factory_mes.error_views.not_found"
handler500 = "factory_mes.error_views.server_error"
