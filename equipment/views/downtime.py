"""The page of stops: what stood, why, and what people have to say about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.api.fields import EARLIEST, LATEST
from core.csv_files import csv_response
from equipment import actions, forms, selectors
from equipment.calendar import instant
from equipment.choices import DowntimeCategory
from equipment.models import Downtime, Line, StopReason
from equipment.views.sheets import LineSheet, PlantPage, SheetView, line_of, zone_of

MAX_ROWS = 200
MAX_CSV_ROWS = 20_000
DAY = timedelta(days=1)
SHOWN = {
    "all": (gettext_lazy("All"), Q()),
    "unexplained": (gettext_lazy("No reason yet"), Q(reason=None)),
    "unconfirmed": (gettext_lazy("To confirm"), Q(confirmed_at=None, ended_at__isnull=False)),
    "open": (gettext_lazy("Still standing"), Q(ended_at=None)),
}


@dataclass(frozen=True, slots=True)
class Window:
    """[start, end) as an address says it; `error` where the address made no sense."""

    start: datetime
    end: datetime
    label: str
    query: dict[str, str]
    error: str = ""


def window_of(params: Any, zone: ZoneInfo, now: datetime) -> Window:
    """`?day=2026-03-02`, or `?start=…&end=…` with offsets; else the last 24 hours."""
    recent = Window(now - DAY, now, _("Last 24 hours"), {})
    try:
        if params.get("day"):
            return _known(_day(params["day"], zone))
        if params.get("start") or params.get("end"):
            return _known(_between(params.get("start", ""), params.get("end", "")))
    except (ValueError, OverflowError):
        return Window(
            recent.start,
            recent.end,
            recent.label,
            {},
            _("There is no such time: these are the last 24 hours."),
        )
    return recent


def _known(window: Window) -> Window:
    """The window, where a plant's records may lie in it."""
    if not EARLIEST < window.start.date() <= window.end.date() < LATEST:
        raise ValueError("no plant has records of then")
    return window


def _day(text: str, zone: ZoneInfo) -> Window:
    midnight = datetime.combine(datetime.strptime(text, "%Y-%m-%d").date(), time())  # noqa: DTZ007
    start, end = instant(midnight, zone), instant(midnight + DAY, zone)
    return Window(start, end, date_format(midnight.date()), {"day": text})


def _between(start: str, end: str) -> Window:
    low, high = (datetime.fromisoformat(text.replace(" ", "+")).astimezone(UTC) for text in (start, end))
    if high <= low:
        raise ValueError("the end must lie after the start")
    return Window(low, high, _("Chosen time"), {"start": start, "end": end})


class DowntimeView(PlantPage):
    """Stops of the plant or of a line; their table as CSV."""

    permission = "equipment.view_downtime"

    @cached_property
    def line(self) -> Line | None:
        return line_of(self.request)

    @cached_property
    def zone(self) -> ZoneInfo:
        return zone_of(self.line)

    @cached_property
    def window(self) -> Window:
        return window_of(self.request.GET, self.zone, timezone.now())

    @cached_property
    def shown(self) -> str:
        asked = self.request.GET.get("show", "all")
        return asked if asked in SHOWN else "all"

    def get(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(self.zone):
            return self._csv() if request.GET.get("format") == "csv" else self._page()

    def _rows(self) -> Any:
        rows = selectors.downtimes(user=self.request.user).filter(SHOWN[self.shown][1])
        rows = rows.filter(machine__line=self.line) if self.line else rows
        return rows.touching(self.window.start, self.window.end).order_by("-started_at", "-id")

    def _page(self) -> HttpResponse:
        found = list(self._rows()[: MAX_ROWS + 1])
        context = {
            "stops": [_shown(row) for row in found[:MAX_ROWS]],
            "more": len(found) > MAX_ROWS,
            "line": self.line,
            "lines": Line.objects.filter(enabled=True),
            "window": self.window,
            "days": self._days(),
            "choices": [self._choice(key) for key in SHOWN],
            "address": self._address(),
            "csv_url": self._address(format="csv"),
            "may": {verb: self.request.user.has_perm(f"equipment.{verb}_downtime") for verb in VERBS},
        }
        part = PARTS.get(self.request.headers.get("HX-Target", ""), "equipment/downtime.html")
        return render(self.request, part, context)

    def _address(self, **changes: str) -> str:
        asked = {"line": str(self.line.pk) if self.line else "", "show": self.shown, **self.window.query}
        return f"{reverse('equipment:downtime')}?{urlencode({k: v for k, v in {**asked, **changes}.items() if v})}"

    def _choice(self, key: str) -> dict[str, Any]:
        return {"label": SHOWN[key][0], "url": self._address(show=key), "active": key == self.shown}

    def _days(self) -> dict[str, str]:
        """The days before and after the window, as addresses."""
        first = self.window.start.astimezone(self.zone).date()
        return {
            "before": self._address(day=str(first - DAY), start="", end=""),
            "after": self._address(day=str(first + DAY), start="", end=""),
            "now": self._address(day="", start="", end=""),
        }

    def _csv(self) -> HttpResponse:
        columns = (
            "id", "line", "equipment_code", "state", "category", "minor", "start_time", "end_time",
            "duration_seconds", "reason_code", "reason", "notes", "reported_by", "confirmed_by", "confirmed_at",
        )  # fmt: skip
        name = f"downtime-{self.line.line_code}" if self.line else "downtime"
        return csv_response(name, columns, map(_csv_row, self._rows()[:MAX_CSV_ROWS]))


VERBS = ("add", "explain", "split", "close", "confirm")
PARTS = {"stop-list": "equipment/_stops.html", "line-stops": "equipment/_downtime.html"}


def _seconds(row: Downtime) -> float:
    return max(0.0, ((row.ended_at or timezone.now()) - row.started_at).total_seconds())


def _shown(row: Any) -> dict[str, Any]:
    return {"row": row, "seconds": _seconds(row), "category": DowntimeCategory(row.category).label}


def _csv_row(row: Any) -> tuple[Any, ...]:
    local = [at and timezone.localtime(at).isoformat() for at in (row.started_at, row.ended_at)]
    return (
        row.pk,
        row.machine.line.line_code if row.machine.line else None,
        row.machine.equipment_code,
        row.state,
        row.category,
        row.minor,
        *local,
        _seconds(row),
        row.reason.code if row.reason else None,
        row.reason.name if row.reason else None,
        row.notes,
        str(row.reported_by or ""),
        str(row.confirmed_by or ""),
        row.confirmed_at and timezone.localtime(row.confirmed_at).isoformat(),
    )


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """A branch of the tree of reasons and the leaves that can be chosen in it."""

    name: str
    leaves: list[StopReason]


def reason_groups() -> list[ReasonGroup]:
    """The active reasons by their root; the roots that stand alone first."""
    children = selectors.reason_children()
    alone: list[StopReason] = []
    groups: list[ReasonGroup] = []
    for root in children.get(None, []):
        leaves = list(_leaves(root, children)) if root.is_active else []
        if leaves == [root]:
            alone.append(root)
        elif leaves:
            groups.append(ReasonGroup(root.name, leaves))
    return [ReasonGroup("", alone), *groups] if alone else groups


def _leaves(reason: StopReason, children: dict[int | None, list[StopReason]]) -> Any:
    below = [child for child in children.get(reason.pk, []) if child.is_active]
    if not below:
        yield reason
    for child in below:
        yield from _leaves(child, children)


class StopSheet(SheetView):
    """A sheet about one stop."""

    names = {"reason": "why", "reason_code": "reason", "end_time": "ended_at"}

    @cached_property
    def stop(self) -> Any:
        rows = selectors.downtimes(user=self.request.user).select_related("machine__line__area__site")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.stop.machine.line)

    def context(self) -> dict[str, Any]:
        return {"stop": _shown(self.stop)}

    def back(self) -> str:
        line, day = self.stop.machine.line_id, timezone.localtime(self.stop.started_at).date()
        return f"{reverse('equipment:downtime')}?{urlencode({'line': line or '', 'day': day})}"


class ReasonSheet(StopSheet):
    """With the tree of reasons as buttons: the press that chooses is the press that sends."""

    template = "equipment/_reasons.html"

    def form(self, *args: Any) -> Form:
        made: Any = self.form_class
        return made(*args, confirmed=self.stop.confirmed_at is not None, initial=self.initial())

    def initial(self) -> dict[str, Any]:
        return {}

    def context(self) -> dict[str, Any]:
        return {**super().context(), "groups": reason_groups()}


class ExplainView(ReasonSheet):
    permission = "equipment.explain_downtime"
    form_class = forms.ExplainForm
    title = gettext_lazy("Why did it stand?")
    done = gettext_lazy("The reason is kept.")

    def initial(self) -> dict[str, Any]:
        return {"notes": self.stop.notes}

    def act(self, data: dict[str, Any]) -> None:
        said = {"reason": data["reason"], "notes": data["notes"], "why": data.get("why", "")}
        actions.explain_downtime(downtime=self.stop, actor=self.request.user, **said)


class SplitView(ReasonSheet):
    permission = "equipment.split_downtime"
    form_class = forms.SplitForm
    title = gettext_lazy("From when on was it something else?")
    done = gettext_lazy("The stop is split.")

    def initial(self) -> dict[str, Any]:
        """The middle of the stop."""
        middle = self.stop.started_at + timedelta(seconds=_seconds(self.stop) // 2)
        return {"at": middle}

    def act(self, data: dict[str, Any]) -> None:
        said = {"at": data["at"], "reason": data["reason"], "why": data.get("why", "")}
        actions.split_downtime(downtime=self.stop, actor=self.request.user, **said)


class CloseView(StopSheet):
    permission = "equipment.close_downtime"
    form_class = forms.CloseForm
    title = gettext_lazy("It runs again")
    submit = gettext_lazy("It runs again")
    done = gettext_lazy("The stop has ended.")

    def act(self, data: dict[str, Any]) -> None:
        actions.close_downtime(downtime=self.stop, ended_at=data["ended_at"], actor=self.request.user)


class ConfirmView(StopSheet):
    permission = "equipment.confirm_downtime"
    title = gettext_lazy("Confirm this stop")
    submit = gettext_lazy("Confirm: times and reason are right")
    done = gettext_lazy("The stop is confirmed.")

    def act(self, data: dict[str, Any]) -> None:
        actions.confirm_downtime(downtime=self.stop, actor=self.request.user)


class ReportView(LineSheet):
    """A machine stands, and a person says so."""

    permission = "equipment.add_downtime"
    form_class = forms.ReportForm
    title = gettext_lazy("A machine stands still")
    submit = gettext_lazy("Report the stop")
    done = gettext_lazy("The stop is reported.")
    names = {"equipment_code": "machine", "start_time": "started_at"}

    def act(self, data: dict[str, Any]) -> None:
        actions.open_downtime(actor=self.request.user, **data)

    def back(self) -> str:
        return f"{reverse('equipment:downtime')}?{urlencode({'line': self.line.pk if self.line else ''})}"
