"""Routes of production, under /api/v1/."""

from __future__ import annotations

from core.api.urls import Router, endpoint
from production.api import analytics, components, lots, plans, routes, serials, trace_urls, views
from production.api.imports import ProductionLogImportViewSet
from production.api.records import ProcessDataViewSet
from production.api.stations import CompleteView, StartView

router = Router()
router.register(
    "process-data", ProcessDataViewSet
)  # first: patterns are tried one by one, and nothing is asked more
router.register("product-models", views.ProductModelViewSet, basename="product-model")
router.register("products", views.ProductModelViewSet, basename="product")
router.register("processes", routes.ProcessViewSet)
router.register("routes", routes.RouteViewSet)
router.register("number-patterns", routes.NumberPatternViewSet)
router.register("lots", lots.LotViewSet)
router.register("serials", serials.SerialViewSet)
router.register("standard-rates", views.StandardRateViewSet)
router.register("production-counts", views.ProductionCountViewSet)
router.register("production/schedules", plans.ScheduleViewSet)
router.register("production/job-assignments", plans.JobAssignmentViewSet)
router.register("production/checklists", plans.ChecklistViewSet)
router.register("jobs", plans.JobViewSet, basename="job")
router.register("component-lots", components.ComponentLotViewSet)
router.register("imports/production-log", ProductionLogImportViewSet)

urlpatterns = [
    *router.urls,
    endpoint("ingest/events", views.IngestView.as_view(), "ingest-events"),
    endpoint("production/changeovers", plans.ChangeoversView.as_view(), "changeovers"),
    endpoint("analytics/dashboard", analytics.DashboardView.as_view()),
    endpoint("analytics/production-stats", analytics.ProductionStatsView.as_view()),
    endpoint("analytics/process-performance", analytics.ProcessPerformanceView.as_view()),
    endpoint("analytics/quality-metrics", analytics.QualityMetricsView.as_view()),
    endpoint("analytics/operator-performance", analytics.OperatorPerformanceView.as_view()),
    endpoint("analytics/realtime-status", analytics.RealtimeStatusView.as_view()),
    *trace_urls.urlpatterns,
    endpoint("stations/start", StartView.as_view(), "station-start"),
    endpoint("stations/complete", CompleteView.as_view(), "station-complete"),
]
