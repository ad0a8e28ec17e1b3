from django.urls import path

from floor.station import deeds, views

urlpatterns = [
    path("stations", views.StationsView.as_view(), name="stations"),
    path("stations/<str:code>", views.StationView.as_view(), name="station"),
    path("stations/<str:code>/step", deeds.StepView.as_view(), name="station-step"),
    path("stations/<str:code>/rework", deeds.ReworkView.as_view(), name="station-rework"),
    path("stations/<str:code>/components", deeds.ComponentView.as_view(), name="station-components"),
    path("stations/<str:code>/call", deeds.CallView.as_view(), name="station-call"),
]
