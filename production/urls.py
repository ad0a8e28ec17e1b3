from django.urls import path

from production import pages_jobs as jobs
from production import pages_plans as plans
from production import pages_trace as trace

app_name = "production"
STEPS = {
    "accept": jobs.AcceptView,
    "start": jobs.StartView,
    "pause": jobs.PauseView,
    "resume": jobs.ResumeView,
    "complete": jobs.CompleteView,
}
urlpatterns = [
    path("jobs", jobs.JobsView.as_view(), name="jobs"),
    path("jobs/<int:pk>/counts", jobs.PiecesView.as_view(), name="job-counts"),
    path("jobs/<int:pk>/checklist", jobs.ChecklistView.as_view(), name="job-checklist"),
    path("jobs/<int:pk>/cancel", jobs.CancelView.as_view(), name="job-cancel"),
    *[path(f"jobs/<int:pk>/{name}", view.as_view(), name=f"job-{name}") for name, view in STEPS.items()],
    path("plan", plans.PlanView.as_view(), name="plan"),
    path("plan/new", plans.NewPlanView.as_view(), name="plan-new"),
    path("plan/<int:pk>/change", plans.ChangePlanView.as_view(), name="plan-change"),
    path("plan/<int:pk>/cancel", plans.CancelPlanView.as_view(), name="plan-cancel"),
    path("plan/<int:pk>/assign", plans.AssignView.as_view(), name="plan-assign"),
    path("trace", trace.ScanView.as_view(), name="trace"),
    path("trace/<path:number>", trace.SubjectView.as_view(), name="trace-of"),
]
