from django.urls import path

from oee import views

app_name = "oee"
urlpatterns = [path("maintenance/figures", views.ReliabilityView.as_view(), name="reliability")]
