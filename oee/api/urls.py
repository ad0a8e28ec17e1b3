from django.urls import URLPattern

from core.api.urls import Router, endpoint
from core.api.views import APIView
from oee.api import reliability, views

router = Router()
router.register("oee/policies", views.LossPolicyViewSet, basename="loss-policy")


def scoped(suffix: str, view: type[APIView]) -> list[URLPattern]:
    """The same view for every kind of scope; equipment by its code, the others by id."""
    by_id = r"oee/(?P<kind>lines|areas|sites)/(?P<key>[0-9]{1,18})"
    by_code = r"oee/(?P<kind>equipment)/(?P<key>[^/]+)"
    return [endpoint(by_id + suffix, view.as_view()), endpoint(by_code + suffix, view.as_view())]


urlpatterns = [
    *scoped("/current", views.CurrentView),
    *scoped("/daily-summary", views.DailySummaryView),
    *scoped("/trends", views.TrendsView),
    *scoped("", views.ScopeView),
    endpoint(
        r"equipment/(?P<equipment_code>[^/]+)/reliability", reliability.MachineReliabilityView.as_view()
    ),
    endpoint(r"production/lines/(?P<pk>[0-9]{1,18})/reliability", reliability.LineReliabilityView.as_view()),
    endpoint("oee/losses", views.LossesView.as_view()),
    endpoint("oee/explain", views.ExplainView.as_view()),
    endpoint("oee/kpis", views.KpisView.as_view()),
    endpoint("oee/kpis/catalogue", views.CatalogueView.as_view()),
    endpoint("oee/calculate", views.CalculateView.as_view()),
    endpoint("oee/recalculate", views.RecalculateView.as_view()),
    *router.urls,
]
