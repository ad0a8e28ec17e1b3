"""The plan: schedules of each line against what was made, and who works on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.api.fields import EARLIEST, LATEST
from core.csv_files import csv_response
from equipment.calendar import instant
from equipment.models import Line
from equipment.views.sheets import PlantPage, SheetView, zone_of
from production import actions
from production import plan_forms as forms
from production.choices import ScheduleStatus
from production.models import ProductionSchedule
from production.plan_board import COLOURS, ICONS, Board, Planned, board, planned

DAY, WEEK = timedelta(days=1), timedelta(days=7)
VERBS = ("add", "change", "cancel")


class PlanView(PlantPage):
    """A week of one line or of all, as a board, a list and CSV."""

    permission = "production.view_productionschedule"

    @cached_property
    def line(self) -> Line | None:
        text = self.request.GET.get("line", "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Http404
        return get_object_or_404(Line.objects.select_related("area__site"), pk=text)

    @cached_property
    def lines(self) -> QuerySet[Line]:
        return Line.objects.filter(enabled=True).select_related("area__site")

    @cached_property
    def zone(self) -> ZoneInfo:
        return zone_of(self.line)

    @cached_property
    def day(self) -> date:
        """The first day shown: as asked, else yesterday."""
        try:
            day = date.fromisoformat(self.request.GET.get("day", ""))
            if EARLIEST <= day < LATEST - WEEK:
                return day
        except ValueError:
            pass
        return timezone.localtime(timezone=self.zone).date() - DAY

    def get(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(self.zone):
            if request.GET.get("format") == "csv":
                made = self._board(self._plans())
                return csv_response(f"plan-{self.day.isoformat()}", made.columns, made.rows)
            return self._page()

    def _shown_lines(self) -> list[Line]:
        return [self.line] if self.line else list(self.lines.prefetch_related("machines"))

    def _window(self) -> tuple[datetime, datetime]:
        midnights = (datetime.combine(day, time()) for day in (self.day, self.day + WEEK))
        start, end = (instant(midnight, self.zone) for midnight in midnights)
        return start, end

    def _plans(self) -> list[Planned]:
        start, end = self._window()
        return planned(lines=self._shown_lines(), start=start, end=end)

    def _board(self, plans: list[Planned]) -> Board:
        start, end = self._window()
        made = board(lines=self._shown_lines(), plans=plans, start=start, end=end, zone=self.zone)
        return replace(made, csv_url=self._address(format="csv"))

    def _page(self) -> HttpResponse:
        plans = self._plans()
        context = {
            "plans": [_shown(one) for one in plans],
            "board": self._board(plans),
            "line": self.line,
            "lines": self.lines,
            "day": self.day,
            "last_day": self.day + WEEK - DAY,
            "days": self._days(),
            "address": self._address(),
            "may": {
                verb: self.request.user.has_perm(f"production.{verb}_productionschedule") for verb in VERBS
            },
            "may_assign": self.request.user.has_perm("production.add_jobassignment"),
        }
        wants_plans = self.request.headers.get("HX-Target") == "plans"
        return render(self.request, f"production/plans/{'_plan' if wants_plans else 'plan'}.html", context)

    def _address(self, **changes: str) -> str:
        asked = {"line": str(self.line.pk) if self.line else "", "day": self.day.isoformat()}
        return (
            f"{reverse('production:plan')}?{urlencode({k: v for k, v in {**asked, **changes}.items() if v})}"
        )

    def _days(self) -> dict[str, str]:
        return {
            "before": self._address(day=(self.day - WEEK).isoformat()),
            "after": self._address(day=(self.day + WEEK).isoformat()),
            "now": self._address(day=""),
        }


def _shown(one: Planned) -> dict[str, Any]:
    status = ScheduleStatus(one.schedule.status)
    return {"plan": one, "state": COLOURS[status], "icon": ICONS[status]}


class NewPlanView(SheetView):
    """Plan a stretch of a line."""

    permission = "production.add_productionschedule"
    form_class = forms.PlanForm
    title = submit = _("Plan production")
    done = _("It is planned.")
    names = {"line_id": "line", "product_model_id": "product"}

    @cached_property
    def line(self) -> Line | None:
        """The one that was chosen, whose clock the times are of."""
        text = self.request.POST.get("line") or self.request.GET.get("line", "")
        known = text.isascii() and text.isdigit() and len(text) < 19
        return Line.objects.select_related("area__site").filter(pk=text).first() if known else None

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.line)

    def form(self, *args: Any) -> Form:
        return self.form_class(*args, initial={"line": self.line})

    def act(self, data: dict[str, Any]) -> None:
        actions.plan_schedule(actor=self.request.user, **data)

    def back(self) -> str:
        line = f"?line={self.line.pk}" if self.line else ""
        return reverse("production:plan") + line


class ScheduleSheet(SheetView):
    """Something about one schedule."""

    @cached_property
    def schedule(self) -> ProductionSchedule:
        rows = ProductionSchedule.objects.select_related("line__area__site", "product")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.schedule.line)

    def context(self) -> dict[str, Any]:
        schedule = self.schedule
        clock = timezone.localtime(schedule.scheduled_start).strftime("%Y-%m-%d %H:%M")
        return {"about": f"{schedule.product} · {schedule.line.name} · {clock}"}

    def back(self) -> str:
        day = timezone.localtime(self.schedule.scheduled_start).date() - DAY
        query = urlencode({"line": self.schedule.line_id, "day": day})
        return f"{reverse('production:plan')}?{query}#schedule-{self.schedule.pk}"


class ChangePlanView(ScheduleSheet):
    permission = "production.change_productionschedule"
    form_class = forms.PlanForm
    title = _("Change the plan")
    submit = _("Keep the change")
    done = _("The plan is changed.")
    names = NewPlanView.names

    def form(self, *args: Any) -> Form:
        fields = (
            "line",
            "product",
            "scheduled_start",
            "scheduled_end",
            "target_quantity",
            "priority",
            "notes",
        )
        return self.form_class(*args, initial={name: getattr(self.schedule, name) for name in fields})

    def act(self, data: dict[str, Any]) -> None:
        actions.change_schedule(schedule=self.schedule, actor=self.request.user, **self._changed(data))

    def _changed(self, data: dict[str, Any]) -> dict[str, Any]:
        """Without the times that are the same to the minute: a form shows no seconds."""
        return {
            name: value
            for name, value in data.items()
            if not isinstance(value, datetime)
            or value != getattr(self.schedule, name).replace(second=0, microsecond=0)
        }


class CancelPlanView(ScheduleSheet):
    permission = "production.cancel_productionschedule"
    form_class = forms.ReasonForm
    title = submit = _("Cancel the plan")
    done = _("The plan is cancelled, and its jobs with it.")

    def act(self, data: dict[str, Any]) -> None:
        actions.cancel_schedule(schedule=self.schedule, actor=self.request.user, **data)


class AssignView(ScheduleSheet):
    permission = "production.add_jobassignment"
    title = _("Who makes it?")
    submit = _("Assign the job")
    done = _("The job is assigned.")
    names = {"user_id": "user", "equipment_code": "machine", "lot_id": "lot"}

    def form(self, *args: Any) -> Form:
        line = self.schedule.line
        machine = line.constraint_machine or line.machines.order_by("position").first()
        return forms.AssignForm(*args, schedule=self.schedule, initial={"machine": machine})

    def act(self, data: dict[str, Any]) -> None:
        actions.assign_job(schedule=self.schedule, actor=self.request.user, **data)
