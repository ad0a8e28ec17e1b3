"""Routes of production, under /api/v1/."""

from __future__ import annotations

from core.api.urls import Router, endpoint
from production.api import views
from production.api.imports import ProductionLogImportViewSet

router = Router()
router.register("product-models", views.ProductModelViewSet, basename="product-model")
router.register("products", views.ProductModelViewSet, basename="product")
router.register("standard-rates", views.StandardRateViewSet)
router.register("production-counts", views.ProductionCountViewSet)
router.register("imports/production-log", ProductionLogImportViewSet)

urlpatterns = [endpoint("ingest/events", views.IngestView.as_view(), "ingest-events"), *router.urls]
