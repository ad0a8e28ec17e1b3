"""The navigation of pages and admin, each entry shown to who may open it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Page:
    """An entry of the bar: shown with `permission`, active at its own address and at those that begin with `below`."""

    label: Any
    icon: str  # of bootstrap-icons
    url_name: str
    permission: str
    below: str


PAGES = (
    Page(_("Floor"), "grid-3x3-gap", "floor:floor", "oee.view_oee", "/lines/"),
    Page(_("Stations"), "tablet-landscape", "floor:stations", "production.add_processdata", "/stations/"),
    Page(_("Downtime"), "pause-circle", "equipment:downtime", "equipment.view_downtime", "/downtime"),
    Page(
        _("Maintenance"), "tools", "equipment:maintenance", "equipment.view_maintenanceorder", "/maintenance"
    ),
    Page(_("Andon"), "bell", "andon:board", "andon.view_andonevent", "/andon"),
    Page(_("My jobs"), "person-workspace", "production:jobs", "production.work_jobassignment", "/jobs"),
    Page(_("Plan"), "calendar3-range", "production:plan", "production.view_productionschedule", "/plan"),
    Page(_("Trace"), "upc-scan", "production:trace", "production.view_trace", "/trace"),
    Page(_("Quality"), "graph-up", "floor:quality", "production.view_all_processdata", "/quality"),
    Page(
        _("Import"),
        "file-earmark-arrow-up",
        "admin:production_productionlogimport_changelist",
        "production.add_productionlogimport",
        "/admin/production/productionlogimport/",
    ),
)

# Title, and the models of each group with their Material symbol: grouped by what people come to do.
ADMIN_GROUPS = (
    (
        _("Plant"),
        {
            "equipment.Line": "conveyor_belt",
            "equipment.Machine": "precision_manufacturing",
            "equipment.StopReason": "report",
            "equipment.Area": "grid_view",
            "equipment.Site": "factory",
        },
    ),
    (_("Calendar"), {"equipment.ShiftPattern": "schedule", "equipment.CalendarException": "event_busy"}),
    (
        _("Traceability"),
        {
            "production.Lot": "inventory",
            "production.Serial": "qr_code_2",
            "production.ComponentLot": "deployed_code",
            "production.Consumption": "input",
            "production.Rework": "replay",
            "production.LabelPrint": "label",
            "production.Process": "steps",
            "production.Route": "route",
            "production.NumberPattern": "123",
        },
    ),
    (
        _("Production"),
        {
            "production.ProductModel": "inventory_2",
            "production.StandardRate": "speed",
            "production.ProductionRun": "play_circle",
            "production.ProductionCount": "tag",
            "production.CounterReading": "pin",
        },
    ),
    (
        _("Plans"),
        {
            "production.ProductionSchedule": "calendar_month",
            "production.JobAssignment": "assignment_ind",
            "production.ChecklistItem": "checklist",
        },
    ),
    (
        _("OEE"),
        {
            "oee.LossPolicy": "rule",
            "equipment.Downtime": "pause_circle",
            "equipment.MachineState": "timeline",
            "equipment.StateEvent": "sensors",
            "oee.HourlyRollup": "stacked_bar_chart",
        },
    ),
    (
        _("Andon"),
        {
            "andon.AndonEvent": "notifications_active",
            "andon.EscalationStep": "stairs",
            "andon.Notification": "outbox",
            "andon.EscalationPolicy": "escalator_warning",
            "andon.ResponseType": "category",
            "andon.AutoRaiseRule": "sensors",
            "andon.NotificationTarget": "webhook",
        },
    ),
    (
        _("Upkeep"),
        {
            "equipment.Fault": "bolt",
            "equipment.MaintenanceOrder": "build",
            "equipment.MaintenancePlan": "event_repeat",
            "equipment.FaultCode": "menu_book",
        },
    ),
    (_("Imports"), {"production.ProductionLogImport": "upload_file"}),
    (_("People"), {"accounts.User": "person", "accounts.Employee": "badge"}),
    (_("Audit"), {"audit.AuditLog": "history"}),
    (_("Background jobs"), {"procrastinate.ProcrastinateJob": "pending_actions"}),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the entries this person may open, and what every page says about the product."""
    return {
        "navigation": SimpleLazyObject(lambda: _entries(request)),
        "version": settings.VERSION,
        "live_url": "/ws/",
    }


def _entries(request: HttpRequest) -> list[dict[str, Any]]:
    user = getattr(request, "user", None)
    return [
        {
            "label": page.label,
            "icon": page.icon,
            "url": reverse(page.url_name),
            "active": reverse(page.url_name) == request.path or request.path.startswith(page.below),
        }
        for page in PAGES
        if user is not None and user.has_perm(page.permission)
    ]


def admin_navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's sidebar: the way back to the floor, then the groups with what this person may see of them."""
    start = {
        "title": None,
        "items": [
            {"title": _("Start"), "icon": "home", "link": reverse("admin:index")},
            {"title": _("Floor"), "icon": "dashboard", "link": reverse("floor:floor"), "active": _never},
        ],
    }
    groups = ((title, list(_items(request, models.items()))) for title, models in ADMIN_GROUPS)
    return [start, *({"title": title, "separator": True, "items": items} for title, items in groups if items)]


def _never(request: HttpRequest) -> bool:
    """Of a link out of the admin, whose address begins every other one."""
    return False


def _items(request: HttpRequest, models: Iterable[tuple[str, str]]) -> Iterable[dict[str, Any]]:
    for label, icon in models:
        model = apps.get_model(label)
        if admin.site.get_model_admin(model).has_view_permission(request):
            meta = model._meta
            yield {
                "title": capfirst(meta.verbose_name_plural),
                "icon": icon,
                "link": reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"),
            }
