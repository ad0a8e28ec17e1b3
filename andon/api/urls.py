"""Routes of andon, under /api/v1/."""

from __future__ import annotations

from andon.api import views
from core.api.urls import Router

router = Router()
router.register("andon/events", views.AndonEventViewSet)

urlpatterns = router.urls
