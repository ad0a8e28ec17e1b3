"""OEE over HTTP: figures of lines, machines, areas and sites; losses, explanation, calculator, recalculation."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import APIView, ModelViewSet
from core.errors import Invalid
from equipment.calendar_rows import PlantCalendar
from equipment.models import Area, Line, Machine, Site
from equipment.models.plant import MachineQuerySet
from equipment.selectors import calendar_of
from oee.actions import recalculate
from oee.api import schemas
from oee.api.filters import LossPolicyFilter
from oee.api.serializers import (
    FigureSerializer,
    LossPolicySerializer,
    PlainNumbersSerializer,
    RecalculateSerializer,
    WindowSerializer,
    calculated,
    day_of,
    figure_data,
    group_data,
    pareto,
    stamp,
)
from oee.api.shapes import catalogue_data, evidence_data, kpis_data
from oee.kpi import InvalidSums
from oee.models import LossPolicy
from oee.selectors.explain import explain
from oee.selectors.reports import GROUPINGS, groups, report
from oee.selectors.scopes import (
    Scope,
    area_scope,
    line_scope,
    machine_scope,
    read,
    set_scope,
    site_scope,
    with_flow,
)
from oee.selectors.shifts import running_shift, shift_day, today
from production.models import ProductModel


class LossPolicyViewSet(ModelViewSet):
    """What counts as which loss, per site and from a day on."""

    queryset = LossPolicy.objects.all()
    serializer_class = LossPolicySerializer
    filterset_class = LossPolicyFilter
    search_fields = ("site__code", "site__name")
    ordering_fields = ("id", "valid_from")


def plant_machines() -> MachineQuerySet:
    """Machines of the plant with what a figure needs; a person's own machines are not among them."""
    found = Machine.objects.filter(line__isnull=False)
    return found.select_related("line__area__site", "line__constraint_machine")


def line_of(pk: Any) -> Line | None:
    """The line with what a figure needs."""
    return next(iter(with_flow(Line.objects.filter(pk=pk))), None)


def scope_of(kind: str, key: Any) -> tuple[Scope, PlantCalendar]:
    """The scope behind a path, and the calendar that says what its shift is now. Raises Http404."""
    match kind:
        case "lines":
            line = line_of(key)
            if line is None:
                raise Http404
            return line_scope(line), calendar_of(line=line)
        case "equipment":
            machine = get_object_or_404(plant_machines(), equipment_code__iexact=key)
            return machine_scope(machine), calendar_of(line=machine.line)
        case "areas":
            area = get_object_or_404(Area.objects.select_related("site"), pk=key)
            return _with_calendar(area_scope(area), area.site)
        case _:
            site = get_object_or_404(Site, pk=key)
            return _with_calendar(site_scope(site), site)


def _with_calendar(scope: Scope, site: Site) -> tuple[Scope, PlantCalendar]:
    """Shifts as the first line lives them; the days of the site where there is no line."""
    first = next(iter(scope.lines), None)
    return scope, calendar_of(line=first) if first else PlantCalendar(site.zone, (), ())


def window_of(request: Request, calendar: PlantCalendar) -> tuple[datetime, datetime]:
    """The window asked for, else the running shift. Raises ValidationError."""
    asked = {name: request.query_params[name] for name in ("start", "end") if name in request.query_params}
    form = WindowSerializer(data=asked)
    form.is_valid(raise_exception=True)
    data = form.validated_data
    return (data["start"], data["end"]) if data else running_shift(calendar, timezone.now())


def product_of(request: Request) -> int | None:
    """The id behind `product_code`. Raises ValidationError for an unknown one."""
    code = request.query_params.get("product_code")
    if code is None:
        return None
    found = ProductModel.objects.filter(model_code=code).values_list("pk", flat=True).first()
    if found is None:
        raise serializers.ValidationError({"product_code": [_("No such product.")]})
    return found


class OeeView(APIView):
    """Base of the reading views."""

    permission = "oee.view_oee"
    query_names: tuple[str, ...] = ("start", "end", "product_code")


@extend_schema(parameters=[*schemas.WINDOW, schemas.GROUP_BY], responses=schemas.FigureOrGroups, tags=["oee"])
class ScopeView(OeeView):
    """One figure of a scope; with `group_by` also one per hour, shift, day or product, which add up to it."""

    query_names = ("start", "end", "product_code", "group_by")

    def get(self, request: Request, kind: str, key: str) -> Response:
        by = request.query_params.get("group_by", "none")
        if by not in GROUPINGS:
            raise serializers.ValidationError(
                {"group_by": [_("One of %(names)s.") % {"names": ", ".join(GROUPINGS)}]}
            )
        scope, calendar = scope_of(kind, key)
        start, end = window_of(request, calendar)
        product_id = product_of(request)
        reading = read(scope=scope, start=start, end=end)
        total = figure_data(report(reading, product_id=product_id))
        if by == "none":
            return Response(total)
        parts = [group_data(group) for group in groups(reading, by, product_id=product_id)]
        return Response({"start": stamp(start), "end": stamp(end), "total": total, "groups": parts})


@extend_schema(responses=FigureSerializer, tags=["oee"])
class CurrentView(OeeView):
    """The running shift so far."""

    query_names = ()

    def get(self, request: Request, kind: str, key: str) -> Response:
        scope, calendar = scope_of(kind, key)
        start, end = running_shift(calendar, timezone.now())
        return Response(figure_data(report(read(scope=scope, start=start, end=end))))


@extend_schema(
    parameters=[OpenApiParameter("date", date)], responses=schemas.DailySummarySerializer, tags=["oee"]
)
class DailySummaryView(OeeView):
    """A shift day: its figure and those of its shifts."""

    query_names = ("date",)

    def get(self, request: Request, kind: str, key: str) -> Response:
        scope, calendar = scope_of(kind, key)
        text = request.query_params.get("date")
        day = today(calendar, timezone.now()) if text is None else day_of(text)
        start, end = shift_day(calendar, day)
        reading = read(scope=scope, start=start, end=end)
        shifts = [group_data(group) for group in groups(reading, "shift")]
        return Response({"date": day.isoformat(), **figure_data(report(reading)), "shifts": shifts})


@extend_schema(parameters=[OpenApiParameter("days", int)], responses=schemas.TrendsSerializer, tags=["oee"])
class TrendsView(OeeView):
    """The last days, one figure per shift day, with their total."""

    query_names = ("days",)

    def get(self, request: Request, kind: str, key: str) -> Response:
        days = _days(request.query_params.get("days", "7"))
        scope, calendar = scope_of(kind, key)
        end = timezone.now()
        start = shift_day(calendar, today(calendar, end) - timedelta(days=days - 1))[0]
        reading = read(scope=scope, start=start, end=end)
        points = [group_data(group) for group in groups(reading, "day")]
        total = figure_data(report(reading))
        return Response(
            {"start": stamp(start), "end": stamp(end), "days": days, "total": total, "groups": points}
        )


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= 366 and len(text) <= 3):
        raise serializers.ValidationError({"days": [_("A whole number from 1 to 366.")]})
    return int(text)


class AskedScopeView(OeeView):
    """Base of the views that name their scope in the query: line_id or equipment_code."""

    query_names = ("line_id", "equipment_code", "start", "end", "product_code")

    def scope(self, request: Request) -> tuple[Scope, PlantCalendar]:
        names = [name for name in ("line_id", "equipment_code") if name in request.query_params]
        if len(names) != 1:
            fault = _("Give one of line_id and equipment_code.")
            raise serializers.ValidationError({names[-1] if names else "line_id": [fault]})
        if names[0] == "equipment_code":
            return scope_of("equipment", request.query_params["equipment_code"])
        text = request.query_params["line_id"]
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise serializers.ValidationError({"line_id": [_("A whole number.")]})
        return scope_of("lines", int(text))


@extend_schema(parameters=schemas.ASKED_SCOPE, responses=schemas.LossesSerializer, tags=["oee"])
class LossesView(AskedScopeView):
    """The loss bridge from planned busy time to good pieces, and the Pareto of stops by reason."""

    def get(self, request: Request) -> Response:
        scope, calendar = self.scope(request)
        start, end = window_of(request, calendar)
        made = report(read(scope=scope, start=start, end=end), product_id=product_of(request))
        data = figure_data(made)
        keys = ("start", "end", "planned_busy_seconds", "ideal_good_seconds", "losses", "flags")
        return Response({**{key: data[key] for key in keys}, "pareto": pareto(made)})


@extend_schema(parameters=schemas.ASKED_SCOPE, responses=schemas.ExplanationSerializer, tags=["oee"])
class ExplainView(AskedScopeView):
    """Why a figure is what it is: its sums, the policies in force, and the intervals and counts behind them."""

    def get(self, request: Request) -> Response:
        scope, calendar = self.scope(request)
        start, end = window_of(request, calendar)
        product_id, now = product_of(request), timezone.now()
        made = report(read(scope=scope, start=start, end=end, now=now), product_id=product_id)
        evidence = explain(scope=scope, start=start, end=end, product_id=product_id, now=now)
        return Response({**figure_data(made), **evidence_data(evidence)})


@extend_schema(parameters=schemas.ASKED_SCOPE, responses=schemas.KpisSerializer, tags=["oee"])
class KpisView(AskedScopeView):
    """The ISO 22400 KPIs that states and counts allow, each with its definition."""

    def get(self, request: Request) -> Response:
        scope, calendar = self.scope(request)
        start, end = window_of(request, calendar)
        made = report(read(scope=scope, start=start, end=end), product_id=product_of(request))
        return Response({"start": stamp(start), "end": stamp(end), "kpis": kpis_data(made)})


@extend_schema(responses=schemas.CatalogueSerializer, tags=["oee"])
class CatalogueView(OeeView):
    """What each KPI means: id, formula, unit, range and which way is better."""

    query_names = ()

    def get(self, request: Request) -> Response:
        return Response({"kpis": catalogue_data()})


@extend_schema(request=schemas.NumbersOrScope, responses=FigureSerializer, tags=["oee"])
class CalculateView(APIView):
    """A figure on demand: of a line, of machines, or of plain numbers."""

    permission = "oee.view_oee"

    def post(self, request: Request) -> Response:
        data = request.data
        if not isinstance(data, dict):
            raise Invalid(_("An object is wanted."))
        if {"line_id", "equipment_code", "equipment_codes"} & set(data):
            return Response(self._of_plant(data))
        return Response(self._of_numbers(data))

    def _of_numbers(self, data: dict[str, Any]) -> dict[str, Any]:
        form = PlainNumbersSerializer(data=data)
        form.is_valid(raise_exception=True)
        try:
            return calculated(form.validated_data)
        except InvalidSums as exc:
            raise Invalid(str(exc), errors={exc.field: [str(exc)]}) from exc

    def _of_plant(self, data: dict[str, Any]) -> dict[str, Any]:
        form = RecalculateSerializer(data=data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        return figure_data(report(read(scope=asked_scope(asked), start=asked["start"], end=asked["end"])))


def asked_scope(asked: dict[str, Any]) -> Scope:
    """The scope a request body names. Raises Invalid for unknown machines or lines."""
    if "line_id" in asked:
        line = line_of(asked["line_id"])
        if line is None:
            raise Invalid(errors={"line_id": [_("No such line.")]})
        return line_scope(line)
    name = "equipment_codes" if "equipment_codes" in asked else "equipment_code"
    codes = asked[name] if name == "equipment_codes" else [asked[name]]
    machines = list(plant_machines().with_codes(codes))
    unknown = {code.lower() for code in codes} - {machine.equipment_code.lower() for machine in machines}
    if unknown:
        text = _("No such equipment: %(codes)s") % {"codes": ", ".join(sorted(unknown))}
        raise Invalid(errors={name: [text]})
    return set_scope(machines)


@extend_schema(request=RecalculateSerializer, responses={202: schemas.QueuedSerializer}, tags=["oee"])
class RecalculateView(APIView):
    """Forget the roll-ups of a window and make them again in the background."""

    permission = "oee.recalculate_oee"

    def post(self, request: Request) -> Response:
        form = RecalculateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        machines = asked_scope(asked).all_machines
        recalculate(machines=machines, start=asked["start"], end=asked["end"], actor=request.user)
        return Response(
            {"status": "QUEUED", "machines": [machine.equipment_code for machine in machines]}, status=202
        )
