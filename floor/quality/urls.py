from django.urls import path

from floor.quality import views

urlpatterns = [path("quality", views.QualityPage.as_view(), name="quality")]
