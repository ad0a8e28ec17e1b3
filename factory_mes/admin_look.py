"""How the managers' admin looks and what its search finds: unfold's settings."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import timezone

# The product's brand colour (mes/css/tokens.css) in the steps unfold asks for: 600 carries white words, 500 stands on dark.
BRAND = {
    "50": "#eff7f7",
    "100": "#dfedec",
    "200": "#bbdad9",
    "300": "#8dc3c4",
    "400": "#5cc3c9",
    "500": "#3aa9b0",
    "600": "#0a6b73",
    "700": "#0a5c63",
    "800": "#0c4a50",
    "900": "#0d3c41",
    "950": "#072427",
}
# Our greys, so that unfold's pages and our parts on them are of one cloth.
GREY = {
    "50": "#f5f7f6",
    "100": "#eef1ef",
    "200": "#d3dad7",
    "300": "#b9c4c0",
    "400": "#8fa09b",
    "500": "#62706c",
    "600": "#46524f",
    "700": "#33403d",
    "800": "#2d3a38",
    "900": "#171f1e",
    "950": "#0f1514",
}
SEARCHED = [  # by code or name, from any page of the admin
    "equipment.Line",
    "equipment.Machine",
    "equipment.StopReason",
    "production.ProductModel",
    "accounts.User",
    "accounts.Employee",
]


def style(path: str) -> Any:
    """The address of a stylesheet of ours, asked for when a page is made."""
    return lambda request: static(path)


def icon(request: HttpRequest) -> str:
    return static("mes/img/mark.svg")


def zone(request: HttpRequest) -> list[str]:
    """In whose time the page is written."""
    return [timezone.get_current_timezone_name(), ""]


UNFOLD = {
    "SITE_TITLE": "factory_mes",
    "SITE_HEADER": "factory_mes",
    "SITE_ICON": icon,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
    "ENVIRONMENT": zone,
    "COLORS": {"primary": BRAND, "base": GREY},
    "STYLES": [
        style("vendor/bootstrap-icons/font/bootstrap-icons.min.css"),
        style("mes/css/tokens.css"),
        style("mes/css/admin.css"),
    ],
    "DASHBOARD_CALLBACK": "factory_mes.admin_start.context",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "factory_mes.navigation.admin_navigation",
    },
    "COMMAND": {"search_models": SEARCHED},
}
