"""Routes of andon, under /api/v1/."""

from __future__ import annotations

from andon.api import views
from core.api.urls import Router, endpoint

router = Router()
router.register("andon/events", views.AndonEventViewSet)
router.register("andon/escalation-policies", views.EscalationPolicyViewSet)

urlpatterns = [
    endpoint("andon/statistics", views.StatisticsView.as_view(), name="andon-statistics"),
    *router.urls,
]
