from django.urls import path

from andon import views

app_name = "andon"
urlpatterns = [
    path("andon", views.BoardView.as_view(), name="board"),
    path("andon/raise", views.RaiseView.as_view(), name="raise"),
    path("andon/bell", views.BellView.as_view(), name="bell"),
    path("andon/seen", views.SeenView.as_view(), name="seen"),
    path("andon/statistics", views.StatisticsView.as_view(), name="statistics"),
    path("andon/<int:pk>/acknowledge", views.AcknowledgeView.as_view(), name="acknowledge"),
    path("andon/<int:pk>/resolve", views.ResolveView.as_view(), name="resolve"),
    path("andon/<int:pk>/cancel", views.CancelView.as_view(), name="cancel"),
    path("andon/<int:pk>/escalate", views.EscalateView.as_view(), name="escalate"),
    path("andon/<int:pk>/history", views.HistoryView.as_view(), name="history"),
    path("wall/andon", views.WallView.as_view(), name="wall"),
]
