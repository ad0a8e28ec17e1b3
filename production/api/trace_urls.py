"""Routes of components, trace, labels and recall."""

from __future__ import annotations

from core.api.urls import NUMBER, endpoint
from production.api import components, labels, trace

UNIT, LOT = f"serials/(?P<pk>{NUMBER})", f"lots/(?P<pk>{NUMBER})"

urlpatterns = [
    endpoint(
        f"{UNIT}/components",
        components.UnitComponentsViewSet.as_view({"get": "list", "post": "create"}),
        "unit-components",
    ),
    endpoint(f"{UNIT}/trace", trace.TraceView.as_view(), "trace"),
    endpoint(
        "serials/number/(?P<serial_number>[^/]+)/trace", trace.TraceByNumberView.as_view(), "trace-number"
    ),
    endpoint(f"{UNIT}/label", labels.UnitLabelView.as_view(), "unit-label"),
    endpoint(f"{UNIT}/label/reprint", labels.UnitReprintView.as_view(), "unit-label-reprint"),
    endpoint(f"{LOT}/label", labels.LotLabelView.as_view(), "lot-label"),
    endpoint(f"{LOT}/label/reprint", labels.LotReprintView.as_view(), "lot-label-reprint"),
    endpoint("genealogy", trace.GenealogyView.as_view(), "genealogy"),
    endpoint("recall", trace.RecallView.as_view(), "recall"),
]
