"""My jobs: what I make now, in one touch each; what is asked before it starts, and the pieces I report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from equipment.views.sheets import PlantPage, SheetView, zone_of
from production import actions
from production import plan_forms as forms
from production.choices import JobStatus
from production.models import JobAssignment
from production.selectors import checklist_of, my_jobs, unanswered

WORK = "production.work_jobassignment"
RECENT = timedelta(hours=24)  # how long an ended job is still shown


@dataclass(frozen=True, slots=True)
class Step:
    """A button of one touch."""

    name: str
    label: Any
    icon: str


STEPS: dict[str, tuple[Step, ...]] = {
    JobStatus.ASSIGNED: (Step("accept", _("Accept"), "hand-thumbs-up"),),
    JobStatus.ACCEPTED: (Step("start", _("Start"), "play-fill"),),
    JobStatus.IN_PROGRESS: (
        Step("pause", _("Pause"), "pause-fill"),
        Step("complete", _("Complete"), "check2-circle"),
    ),
    JobStatus.PAUSED: (
        Step("resume", _("Go on"), "play-fill"),
        Step("complete", _("Complete"), "check2-circle"),
    ),
}
# The colour of a status; its word and icon stand beside it.
LOOKS = {
    JobStatus.ASSIGNED: ("SETUP", "envelope"),
    JobStatus.ACCEPTED: ("MAINTENANCE", "hand-thumbs-up"),
    JobStatus.IN_PROGRESS: ("RUNNING", "play-fill"),
    JobStatus.PAUSED: ("HELD", "pause-fill"),
    JobStatus.COMPLETED: ("IDLE", "check2-circle"),
    JobStatus.CANCELLED: ("STOPPED", "x-circle"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A job as its worker sees it. `event_id` is the name of the next report of one touch."""

    job: JobAssignment
    steps: tuple[Step, ...]
    state: str
    icon: str
    open_questions: int
    asks: bool
    event_id: str

    @property
    def may_count(self) -> bool:
        return self.job.status in (JobStatus.IN_PROGRESS, JobStatus.PAUSED)

    @property
    def is_open(self) -> bool:
        return bool(self.steps)


def card_of(job: JobAssignment) -> Card:
    """The questions are counted while they can still be answered."""
    waiting = job.status in (JobStatus.ASSIGNED, JobStatus.ACCEPTED)
    asked = checklist_of(job=job) if waiting else []
    state, icon = LOOKS[JobStatus(job.status)]
    return Card(
        job=job,
        steps=STEPS.get(job.status, ()),
        state=state,
        icon=icon,
        open_questions=len(unanswered(job=job)) if asked else 0,
        asks=bool(asked),
        event_id=uuid4().hex,
    )


class JobsView(PlantPage):
    """The jobs of the person who asks: what runs first, then what waits, then what ended lately."""

    permission = WORK

    def get(self, request: HttpRequest) -> HttpResponse:
        jobs = my_jobs(user=request.user, since=timezone.now() - RECENT)
        line = jobs[0].schedule.line if jobs else None
        wants_list = request.headers.get("HX-Target") == "my-jobs"
        template = "production/plans/_jobs.html" if wants_list else "production/plans/jobs.html"
        with timezone.override(zone_of(line)):
            return render(request, template, {"cards": [card_of(job) for job in jobs]})


class JobSheet(SheetView):
    """A step of one job."""

    permission = WORK
    step: Callable[..., JobAssignment]

    @cached_property
    def job(self) -> JobAssignment:
        return get_object_or_404(JobAssignment.objects.with_all(), pk=self.kwargs["pk"])

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.job.schedule.line)

    def act(self, data: dict[str, Any]) -> None:
        type(self).step(job=self.job, actor=self.request.user, **data)

    def context(self) -> dict[str, Any]:
        schedule = self.job.schedule
        about = f"{schedule.product.model_code} · {schedule.line.name} · {self.job.machine.name}"
        return {"about": about, "job": self.job}

    def back(self) -> str:
        """To one's own jobs; who works on another's came from its schedule."""
        if self.job.user_id == self.request.user.pk:
            return reverse("production:jobs")
        return f"{reverse('production:plan')}#schedule-{self.job.schedule_id}"


class AcceptView(JobSheet):
    title = submit = _("Accept the job")
    done = _("The job is yours.")
    step = staticmethod(actions.accept_job)


class StartView(JobSheet):
    title = submit = _("Start the job")
    done = _("The job is running.")
    step = staticmethod(actions.start_job)


class PauseView(JobSheet):
    title = submit = _("Pause the job")
    done = _("The job rests; the machine is free for another one.")
    step = staticmethod(actions.pause_job)


class ResumeView(JobSheet):
    title = submit = _("Go on with the job")
    done = _("The job is running.")
    step = staticmethod(actions.resume_job)


class CompleteView(JobSheet):
    title = submit = _("Complete the job")
    done = _("The job is completed.")
    step = staticmethod(actions.complete_job)


class CancelView(JobSheet):
    form_class = forms.ReasonForm
    title = submit = _("Cancel the job")
    done = _("The job is cancelled.")
    step = staticmethod(actions.cancel_job)


class PiecesView(JobSheet):
    form_class = forms.PiecesForm
    title = _("Report pieces")
    submit = _("Report")
    done = _("The pieces are counted.")
    step = staticmethod(actions.report_pieces)


class ChecklistView(JobSheet):
    title = _("Before you start")
    submit = _("Keep the answers")
    done = _("The answers are kept.")

    def form(self, *args: Any) -> Form:
        return forms.ChecklistForm(*args, asked=checklist_of(job=self.job))

    def act(self, data: dict[str, Any]) -> None:
        answers = {int(name): value for name, value in data.items() if value not in (None, "")}
        actions.answer_checklist(job=self.job, answers=answers, actor=self.request.user)
