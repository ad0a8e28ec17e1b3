"""The dashboard over HTTP: the same tiles, figures and stops as the pages show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import LimitOffset
from core.api.schema import page_of
from core.api.views import APIView
from equipment.models import Line
from equipment.selectors import calendar_of
from floor.api.serializers import (
    AlertSerializer,
    LineFigureSerializer,
    LineStatusSerializer,
    StopSerializer,
    SummarySerializer,
    alert_data,
    line_data,
    line_figure_data,
    stop_data,
    summary_data,
)
from floor.selectors.alerts import alerts
from floor.selectors.shifts import shift_now
from floor.selectors.stops import stops_of
from floor.selectors.tiles import calls_of_shift, line_tile, line_tiles, summary
from oee.api.serializers import WindowSerializer
from oee.selectors.reports import report
from oee.selectors.scopes import line_scope, read, with_flow

WINDOW = [
    OpenApiParameter("start", str, description="ISO 8601 with offset; with end. Default: the running shift."),
    OpenApiParameter("end", str, description="Exclusive."),
]
PAGES = [OpenApiParameter("limit", int), OpenApiParameter("offset", int)]


class DashboardView(APIView):
    """Base: who may see OEE may see the dashboard."""

    permission = "oee.view_oee"

    def paginated(self, request: Request, rows: Sequence[Any], shape: Callable[[Any], Any]) -> Response:
        pages = LimitOffset()
        shown = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response([shape(row) for row in shown or []])


class LinesView(DashboardView):
    """Every enabled line now, the one in most trouble first."""

    query_names = LimitOffset.query_names

    @extend_schema(parameters=PAGES, responses=page_of(LineStatusSerializer), tags=["dashboard"])
    def get(self, request: Request) -> Response:
        return self.paginated(request, line_tiles(), line_data)


class SummaryView(DashboardView):
    """All lines together, this shift so far."""

    @extend_schema(responses=SummarySerializer, tags=["dashboard"])
    def get(self, request: Request) -> Response:
        tiles = line_tiles()
        return Response(summary_data(summary(tiles), calls_of_shift(tiles)))


class AlertsView(DashboardView):
    """What wants an answer now."""

    query_names = LimitOffset.query_names

    @extend_schema(parameters=PAGES, responses=page_of(AlertSerializer), tags=["dashboard"])
    def get(self, request: Request) -> Response:
        return self.paginated(request, alerts(line_tiles()), alert_data)


def the_line(pk: str) -> Line:
    """The line with its machines, or 404."""
    return with_flow(Line.objects.filter(pk=get_object_or_404(Line, pk=pk).pk))[0]


def asked_window(request: Request, line: Line, now: datetime) -> tuple[datetime, datetime]:
    """`start` and `end` of the query, else the running shift so far. Raises ValidationError."""
    asked = {name: request.query_params[name] for name in ("start", "end") if name in request.query_params}
    form = WindowSerializer(data=asked)
    form.is_valid(raise_exception=True)
    if form.validated_data:
        return form.validated_data["start"], form.validated_data["end"]
    shift = shift_now(calendar_of(line=line), now)
    return shift.start, min(shift.end, now)


class LineStatusView(DashboardView):
    """One line now."""

    @extend_schema(responses=LineStatusSerializer, tags=["dashboard"])
    def get(self, request: Request, pk: str) -> Response:
        return Response(line_data(line_tile(get_object_or_404(Line, pk=pk))))


class LineOeeView(DashboardView):
    """The figure of one line in a window."""

    query_names = ("start", "end")

    @extend_schema(parameters=WINDOW, responses=LineFigureSerializer, tags=["dashboard"])
    def get(self, request: Request, pk: str) -> Response:
        line, now = the_line(pk), timezone.now()
        start, end = asked_window(request, line, now)
        made = report(read(scope=line_scope(line), start=start, end=end, now=now))
        return Response(line_figure_data(line, made))


class LineDowntimeView(DashboardView):
    """The stops of one line that touch a window, open and closed, newest first."""

    query_names = ("start", "end", *LimitOffset.query_names)

    @extend_schema(parameters=[*WINDOW, *PAGES], responses=page_of(StopSerializer), tags=["dashboard"])
    def get(self, request: Request, pk: str) -> Response:
        line, now = the_line(pk), timezone.now()
        start, end = asked_window(request, line, now)
        return self.paginated(request, stops_of(line=line, start=start, end=end, now=now), stop_data)
