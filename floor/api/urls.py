from core.api.urls import endpoint
from floor.api import views

LINE = r"dashboard/lines/(?P<pk>[0-9]{1,18})"

urlpatterns = [
    endpoint("dashboard/lines", views.LinesView.as_view()),
    endpoint("dashboard/summary", views.SummaryView.as_view()),
    endpoint("dashboard/alerts", views.AlertsView.as_view()),
    endpoint(f"{LINE}/status", views.LineStatusView.as_view()),
    endpoint(f"{LINE}/oee", views.LineOeeView.as_view()),
    endpoint(f"{LINE}/downtime", views.LineDowntimeView.as_view()),
]
