"""Composition of all addresses."""

from __future__ import annotations

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

from factory_mes import health

PAGES = ("accounts", "floor", "production", "oee")


def docs(prefix: str) -> list:
    """The schema, Swagger UI and ReDoc below a prefix."""
    name = "api-" if prefix else ""
    return [
        re_path(rf"^{prefix}openapi\.json$", SpectacularAPIView.as_view(), name=f"{name}schema"),
        re_path(
            rf"^{prefix}docs/?$",
            SpectacularSwaggerSplitView.as_view(url_name=f"{name}schema"),
            name=f"{name}docs",
        ),
        re_path(
            rf"^{prefix}redoc/?$", SpectacularRedocView.as_view(url_name=f"{name}schema"), name=f"{name}redoc"
        ),
    ]


urlpatterns = [
    path("admin/", admin.site.urls),
    *docs(""),
    *docs("api/v1/"),
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
