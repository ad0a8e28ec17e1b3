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
    path("maintenance", views.MaintenanceView.as_view(), name="maintenance"),
    path("maintenance/fault-codes", views.FaultCodesView.as_view(), name="fault-codes"),
    path("maintenance/faults/report", views.ReportFaultView.as_view(), name="fault-report"),
    path("maintenance/faults/<int:pk>/resolve", views.ResolveFaultView.as_view(), name="fault-resolve"),
    path("maintenance/faults/<int:pk>/order", views.OrderRepairView.as_view(), name="fault-order"),
    path("maintenance/orders/<int:pk>/start", views.StartOrderView.as_view(), name="order-start"),
    path("maintenance/orders/<int:pk>/complete", views.CompleteOrderView.as_view(), name="order-complete"),
    path("maintenance/orders/<int:pk>/cancel", views.CancelOrderView.as_view(), name="order-cancel"),
]
