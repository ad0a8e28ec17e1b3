"""Stops over HTTP (api.md §4)."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etag import require_match
from core.api.pagination import TimeCursor
from core.api.views import Guarded, OneObject
from equipment import actions, selectors
from equipment.actions.downtimes import locked
from equipment.api import filters, serializers
from equipment.models import Downtime


class DowntimeViewSet(
    Guarded, OneObject, mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet
):
    """Stops of machines, the newest first: what they did but run, where anything is known of it."""

    queryset = Downtime.objects.all()
    serializer_class = serializers.DowntimeSerializer
    filterset_class = filters.DowntimeFilter
    search_fields = ("notes", "reason__code", "reason__name", "machine__equipment_code", "machine__name")
    pagination_class = TimeCursor
    cursor_ordering = ("-started_at", "-id")

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return selectors.downtimes(user=self.request.user)

    @extend_schema(
        request=serializers.OpenDowntimeSerializer, responses={201: serializers.DowntimeSerializer}
    )
    def create(self, request: Request) -> Response:
        """Report that a machine stands still. 409 where that is known already."""
        made = actions.open_downtime(actor=request.user, **self._read(serializers.OpenDowntimeSerializer))
        return Response(self._shown(made), status=201)

    @extend_schema(request=serializers.CloseDowntimeSerializer)
    @action(detail=True, methods=["post"], permission="equipment.close_downtime")
    def close(self, request: Request, pk: str) -> Response:
        """Say that the machine runs again, since `end_time` or since now."""
        return self._step(actions.close_downtime, serializers.CloseDowntimeSerializer)

    @extend_schema(request=serializers.ExplainDowntimeSerializer)
    @action(detail=True, methods=["post"], permission="equipment.explain_downtime")
    def reason(self, request: Request, pk: str) -> Response:
        """Say why the machine stood, now or after the restart."""
        return self._step(actions.explain_downtime, serializers.ExplainDowntimeSerializer)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], permission="equipment.confirm_downtime")
    def confirm(self, request: Request, pk: str) -> Response:
        """Answer for edges and reason of a stop that is over."""
        return self._step(actions.confirm_downtime)

    @extend_schema(request=serializers.SplitDowntimeSerializer, responses=serializers.DowntimePartsSerializer)
    @action(detail=True, methods=["post"], permission="equipment.split_downtime")
    @transaction.atomic
    def split(self, request: Request, pk: str) -> Response:
        """Give the part of a stop from a moment on another reason."""
        row = self._row()
        said = self._read(serializers.SplitDowntimeSerializer)
        parts = actions.split_downtime(downtime=row, actor=request.user, **said)
        return Response({"parts": [self._shown(part) for part in parts]})

    @extend_schema(
        parameters=[serializers.DowntimeQuestionSerializer],
        responses=serializers.DowntimeStatisticsSerializer,
        filters=False,
    )
    @action(detail=False, filterset_class=None, search_fields=None, pagination_class=None)
    def statistics(self, request: Request) -> Response:
        """What the stops of a window add up to, in planned time. Minor stops stand apart."""
        asked = serializers.DowntimeQuestionSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        line, machine = asked.validated_data["line"], asked.validated_data["machine"]
        rows = self.get_queryset()
        rows = rows.filter(machine__line=line) if line else rows
        rows = rows.filter(machine=machine) if machine else rows
        window = {key: asked.validated_data[key] for key in ("start", "end")}
        found = selectors.downtime_statistics(rows=rows, now=timezone.now(), **window)
        return Response(serializers.DowntimeStatisticsSerializer(found).data)

    def _read(self, serializer_class: Any) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def _shown(self, row: Downtime) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=row.pk)).data

    def _row(self) -> Downtime:
        """The stop that the path names, locked, and still as the caller read it."""
        row = locked(self.get_object())
        if "If-Match" in self.request.headers:
            require_match(self.request, self._shown(row))
        return row

    @transaction.atomic
    def _step(self, step: Any, serializer_class: Any = None) -> Response:
        row = self._row()
        said = self._read(serializer_class) if serializer_class else {}
        return Response(self._shown(step(downtime=row, actor=self.request.user, **said)))
