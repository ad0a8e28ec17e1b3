"""Routes of the trail, under /api/v1/. The fixed paths come before /{id}: they are list actions."""

from __future__ import annotations

from audit.api import views
from core.api.urls import Router

router = Router()
router.register("audit-logs", views.AuditLogViewSet)

urlpatterns = router.urls
