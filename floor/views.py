"""The pages of the floor. A fragment has the address of its page; the header HX-Target says which part is wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import View

from core.csv_files import csv_response
from core.pages import PageMixin
from equipment.models import Line, Site
from equipment.selectors import calendar_of
from floor.charts import CHARTS, Chart
from floor.explanation import FRACTIONS, count_table, explanation, interval_table
from floor.selectors.lines import LineWindow, record_of
from floor.selectors.tiles import LineTile, line_tiles, summary
from floor.windows import Window, window_of
from oee.selectors.scopes import with_flow

UTC = ZoneInfo("UTC")


class FloorPage(PageMixin, View):
    """Who may see OEE may see the floor; nothing of it is kept by caches."""

    permission = "oee.view_oee"
    http_method_names = ["get", "head", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response


class FloorView(FloorPage):
    """A tile per line, sorted by trouble."""

    def get(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        tiles = line_tiles(now=now)
        context = {
            "tiles": tiles,
            "summary": summary(tiles),
            "shift_now": shift_of_floor(tiles, now),
            "now": now,
            "can_add_line": request.user.has_perm("equipment.add_line"),
        }
        wants_tiles = request.headers.get("HX-Target") == "floor-tiles"
        with timezone.override(_zone(tiles)):
            return render(request, "floor/_tiles.html" if wants_tiles else "floor/floor.html", context)

    def handle_no_permission(self) -> Any:
        """Who is signed in and has no right here is told what there is to do instead."""
        if not self.request.user.is_authenticated:
            return super().handle_no_permission()
        return render(self.request, "floor/no_access.html", status=403)


def _zone(tiles: Sequence[LineTile]) -> ZoneInfo:
    """The zone of the first line's site, else of the first site."""
    if tiles:
        return min(tiles, key=lambda tile: tile.line_code).zone
    site = Site.objects.first()
    return site.zone if site else UTC


def shift_of_floor(tiles: Sequence[LineTile], now: datetime) -> dict[str, Any] | None:
    """The shifts that run now, with their times where all are the same."""
    running = {(t.shift.name, t.shift.start, t.shift.end) for t in tiles if t.shift.is_running(now)}
    if not running:
        return None
    if len(running) == 1:
        [(name, start, end)] = running
        if name:
            return {"name": name, "start": start, "end": end}
    names = sorted({name or _("Around the clock") for name, _start, _end in running})
    return {"name": ", ".join(names), "start": None, "end": None}


class LinePage(FloorPage):
    """A line and a window of time."""

    @cached_property
    def line(self) -> Line:
        found = with_flow(Line.objects.filter(pk=get_object_or_404(Line, pk=self.kwargs["pk"]).pk))
        return found[0]

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    @cached_property
    def window(self) -> Window:
        window = window_of(
            self.request.GET,
            calendar_of(line=self.line),
            now=self.now,
            record=record_of(self.line, self.now),
        )
        choices = [{**choice, "url": self._address() + choice["url"]} for choice in window.choices]
        return replace(window, choices=choices)

    @cached_property
    def view(self) -> LineWindow:
        return LineWindow(line=self.line, start=self.window.start, end=self.window.end, now=self.now)

    def _address(self) -> str:
        return reverse("floor:line", args=[self.line.pk])

    def csv_url(self, table: str) -> str:
        return f"{self._address()}?{self.window.query}&table={table}&format=csv"

    def context(self, **extra: Any) -> dict[str, Any]:
        line = self.line
        shown = {
            "pk": line.pk,
            "id": line.pk,
            "line_code": line.line_code,
            "name": line.name,
            "description": line.description,
            "area": line.area.name,
            "url": self._address(),
        }
        return {"line": shown, "window": self.window, **extra}

    def page(self, template: str, **extra: Any) -> HttpResponse:
        """In the zone of the site."""
        return render(self.request, template, self.context(**extra))

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        with timezone.override(self.line.site.zone):
            return self.answer(request)

    def answer(self, request: HttpRequest) -> HttpResponse:
        raise NotImplementedError


class LineView(LinePage):
    """The line page, its three live parts, and its tables as CSV."""

    def answer(self, request: HttpRequest) -> HttpResponse:
        if request.GET.get("format") == "csv":
            return self.download(request.GET.get("table", ""))
        parts = PARTS.get(request.headers.get("HX-Target", ""), WHOLE)
        return self.page(parts.template, **{name: getattr(self, name)() for name in parts.needs})

    def tile(self) -> LineTile:
        return self.view.tile

    def machines(self) -> Any:
        return self.view.machines()

    def figure(self) -> Any:
        return self.view.report.figure

    def charts(self) -> dict[str, Chart | None]:
        made = {name: make(self.view) for name, make in CHARTS.items()}
        return {name: chart and replace(chart, csv_url=self.csv_url(name)) for name, chart in made.items()}

    def download(self, name: str) -> HttpResponse:
        if name not in TABLES:
            raise Http404
        columns, rows = TABLES[name](self.view)
        return csv_response(f"{self.line.line_code}-{name}", columns, rows)


class Part:
    """A template and what it needs."""

    def __init__(self, template: str, *needs: str) -> None:
        self.template, self.needs = template, needs


WHOLE = Part("floor/line.html", "tile", "machines", "figure", "charts")
PARTS = {
    "line-status": Part("floor/_line_status.html", "tile", "machines"),
    "line-figure": Part("floor/_line_figure.html", "figure"),
    "line-charts": Part("floor/_line_charts.html", "charts"),
}

Table = tuple[Sequence[str], Sequence[Sequence[Any]]]


def _chart_table(make: Callable[[LineWindow], Chart | None]) -> Callable[[LineWindow], Table]:
    def table(view: LineWindow) -> Table:
        chart = make(view)
        return (chart.columns, chart.rows) if chart else ([], [])

    return table


TABLES: dict[str, Callable[[LineWindow], Table]] = {
    **{name: _chart_table(make) for name, make in CHARTS.items()},
    "intervals": interval_table,
    "counts": count_table,
}


class ExplainView(LinePage):
    """Why a figure is what it is."""

    def answer(self, request: HttpRequest) -> HttpResponse:
        kpi = request.GET.get("kpi", "oee")
        if kpi not in FRACTIONS:
            raise Http404
        explain = explanation(self.view, kpi)
        for name in ("intervals", "counts"):
            explain[name]["csv_url"] = self.csv_url(name)
        template = "floor/_explain.html" if request.headers.get("HX-Request") else "floor/explain.html"
        return self.page(template, explain=explain, figure=self.view.report.figure)
