from django.urls import path

from floor import views
from floor.quality.urls import urlpatterns as quality
from floor.station.urls import urlpatterns as station

app_name = "floor"
urlpatterns = [
    path("", views.FloorView.as_view(), name="floor"),
    path("lines/<int:pk>", views.LineView.as_view(), name="line"),
    path("lines/<int:pk>/explain", views.ExplainView.as_view(), name="line-explain"),
    *quality,
    *station,
]
