"""Analytics (api contract §3): six questions, each answered from tallies that are exact at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import PlausibleDateField
from core.api.pagination import whole_number
from core.api.views import APIView
from equipment.models import Site
from production.api import analytics_schemas as schemas
from production.api import analytics_shapes as shapes
from production.days import day_at, default_site
from production.selectors import analytics
from production.selectors.tallies import Period

MAX_DAYS = 90
DEFAULT_DAYS = 7
STATS_DAYS = 30

DATES = [
    OpenApiParameter("start_date", date, description="The first day, on the clock of the site."),
    OpenApiParameter("end_date", date, description="The last day, included; today if it is left out."),
]
DAYS = OpenApiParameter(
    "days",
    int,
    description=f"1 to {MAX_DAYS}, today included; {DEFAULT_DAYS} if nothing is said. Or the dates.",
)


@dataclass(frozen=True, slots=True)
class Clock:
    """Today at the default site: what a day is where nobody names a place."""

    site: Site | None
    today: date

    @classmethod
    def now(cls) -> Clock:
        """Read once per request."""
        site = default_site()
        return cls(site, day_at(site, timezone.now()))


def asked_period(request: Request, clock: Clock, *, days: int) -> Period | None:
    """The period of `start_date` and `end_date`, or None where neither is given; `days` long where the start is not.

    Raises ValidationError.
    """
    given = {name: _day(request, name) for name in ("start_date", "end_date")}
    if not any(given.values()):
        return None
    end = given["end_date"] or clock.today
    period = Period(given["start_date"] or Period.last(days, end).start, end)
    if period.days < 1:
        raise ValidationError({"end_date": [_("Must not lie before start_date.")]})
    return period


def last_days(request: Request) -> Period:
    """The period asked for by `days` or by dates. Raises ValidationError, also where both are given."""
    clock = Clock.now()
    period = asked_period(request, clock, days=DEFAULT_DAYS)
    if period is None:
        days = whole_number(request, "days", DEFAULT_DAYS, 1, MAX_DAYS)
        return Period.last(days, clock.today)
    if "days" in request.query_params:
        raise ValidationError({"days": [_("Either days or dates.")]})
    return period


def _day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return PlausibleDateField().run_validation(text)
    except ValidationError as exc:
        raise ValidationError({name: exc.detail}) from exc


class AnalyticsView(APIView):
    """Base: who may see OEE may see analytics."""

    permission = "oee.view_oee"


class DashboardView(AnalyticsView):
    """Everything at a glance: lots, units, quality and records, of all time, of this week and of today.

    The first four objects and the last four say the same under the two sets of names that clients know.
    """

    @extend_schema(responses=schemas.DashboardSerializer, tags=["analytics"])
    def get(self, request: Request) -> Response:
        return Response(shapes.dashboard_data(analytics.dashboard(today=Clock.now().today)))


class ProductionStatsView(AnalyticsView):
    """Lots opened and units made, passed and failed in a period (the last 30 days if none is named), by day.

    Days on which nothing was are left out.
    """

    query_names = ("start_date", "end_date")

    @extend_schema(parameters=DATES, responses=schemas.ProductionStatsSerializer, tags=["analytics"])
    def get(self, request: Request) -> Response:
        clock = Clock.now()
        period = asked_period(request, clock, days=STATS_DAYS) or Period.last(STATS_DAYS, clock.today)
        return Response(shapes.production_data(period, analytics.production_in(period, site=clock.site)))


class ProcessPerformanceView(AnalyticsView):
    """How each process runs: executions, results, cycle time; of all time, or of a period."""

    query_names = ("start_date", "end_date")

    @extend_schema(parameters=DATES, responses=schemas.ProcessPerformanceSerializer, tags=["analytics"])
    def get(self, request: Request) -> Response:
        period = asked_period(request, Clock.now(), days=STATS_DAYS)
        return Response(shapes.processes_data(analytics.processes_in(period)))


class QualityMetricsView(AnalyticsView):
    """How well it went: results by process, defects by code, units that ended by day, reworks."""

    query_names = ("days", "start_date", "end_date")

    @extend_schema(parameters=[DAYS, *DATES], responses=schemas.QualityMetricsSerializer, tags=["analytics"])
    def get(self, request: Request) -> Response:
        period = last_days(request)
        return Response(shapes.quality_data(period, analytics.quality_in(period)))


class OperatorPerformanceView(AnalyticsView):
    """What each person recorded, who has most first."""

    query_names = ("days", "start_date", "end_date")

    @extend_schema(
        parameters=[DAYS, *DATES], responses=schemas.OperatorPerformanceSerializer, tags=["analytics"]
    )
    def get(self, request: Request) -> Response:
        period = last_days(request)
        return Response(shapes.operators_data(period, analytics.operators_in(period)))


class RealtimeStatusView(AnalyticsView):
    """What is being worked on this moment."""

    @extend_schema(responses=schemas.RealtimeStatusSerializer, tags=["analytics"])
    def get(self, request: Request) -> Response:
        user: Any = request.user
        sees_all = user.has_perm("production.view_all_processdata")
        return Response(shapes.now_data(analytics.now_working(of_operator=None if sees_all else user)))
