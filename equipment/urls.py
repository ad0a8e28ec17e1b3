from django.urls import path

from equipment import views

app_name = "equipment"
urlpatterns = [
    path("downtime", views.DowntimeView.as_view(), name="downtime"),
    path("downtime/report", views.ReportView.as_view(), name="downtime-report"),
    path("downtime/<int:pk>/reason", views.ExplainView.as_view(), name="downtime-reason"),
    path("downtime/<int:pk>/split", views.SplitView.as_view(), name="downtime-split"),
    path("downtime/<int:pk>/close", views.CloseView.as_view(), name="downtime-close"),
    path("downtime/<int:pk>/confirm", views.ConfirmView.as_view(), name="downtime-confirm"),
]
