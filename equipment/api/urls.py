"""Routes of the plant, under /api/v1/."""

from __future__ import annotations

from core.api.urls import Router, endpoint
from equipment.api import views

MACHINE = r"equipment/(?P<equipment_code>[^/]+)"

router = Router()
router.register("sites", views.SiteViewSet)
router.register("areas", views.AreaViewSet)
router.register("production/lines", views.LineViewSet)
router.register("equipment", views.MachineViewSet)
router.register(f"{MACHINE}/faults", views.FaultViewSet)
router.register(f"{MACHINE}/maintenance", views.MaintenanceOrderViewSet)
router.register("fault-codes", views.FaultCodeViewSet)
router.register("maintenance-plans", views.MaintenancePlanViewSet)
router.register("shift-patterns", views.ShiftPatternViewSet)
router.register("calendar-exceptions", views.CalendarExceptionViewSet)
router.register("downtime/reasons", views.StopReasonViewSet)
router.register("downtime", views.DowntimeViewSet)

urlpatterns = [
    endpoint(f"{MACHINE}/history", views.HistoryViewSet.as_view({"get": "list"}), "machine-history"),
    *router.urls,
]
