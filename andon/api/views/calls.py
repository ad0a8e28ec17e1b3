"""Calls over HTTP (api contract §4, §8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from andon import actions, selectors
from andon.api import serializers
from andon.api.filters import AndonEventFilter
from andon.models import AndonEvent
from core.api.etag import require_match
from core.api.views import ReadOnlyViewSet
from core.db import lock

NOTES = OpenApiParameter("resolution_notes", str, description="Instead of a body.")


class AndonEventViewSet(ReadOnlyViewSet):
    """Calls for help, the newest first; `ordering=-urgency` puts the most urgent first."""

    queryset = AndonEvent.objects.with_urgency().with_people()
    serializer_class = serializers.AndonEventSerializer
    filterset_class = AndonEventFilter
    search_fields = ("description", "resolution_notes", "line__line_code", "machine__equipment_code")
    ordering_fields = (
        "id",
        "reported_at",
        "acknowledged_at",
        "resolved_at",
        "event_type",
        "status",
        "urgency",
    )
    ordering: tuple[str, ...] = ("-reported_at", "-id")

    @extend_schema(
        request=serializers.RaiseSerializer,
        responses={201: serializers.RaisedSerializer, 200: serializers.RaisedSerializer},
    )
    def create(self, request: Request) -> Response:
        """Call for help. 200 and `joined` where such a call is open already: it stands for both."""
        raised = actions.raise_event(actor=request.user, **self._read(serializers.RaiseSerializer))
        answer = {**self.get_serializer(raised.event).data, "joined": raised.joined}
        return Response(answer, status=200 if raised.joined else 201)

    @extend_schema(operation_id="andon_events_active", responses=serializers.AndonEventSerializer(many=True))
    @action(detail=False, ordering=("-urgency", "reported_at", "id"))
    def active(self, request: Request) -> Response:
        """The open calls, the most urgent first, then the oldest."""
        self.queryset = self.queryset.open()
        return self.list(request)

    @extend_schema(responses=serializers.DeedSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """Who did what about this call, oldest first."""
        page = self.paginate_queryset(selectors.deeds_of(self.get_object()))
        return self.get_paginated_response(serializers.DeedSerializer(page, many=True).data)

    @extend_schema(request=None)
    @action(detail=True, methods=["put", "post"], permission="andon.acknowledge_andonevent")
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say that you are on it."""
        return self._step(actions.acknowledge)

    @extend_schema(request=serializers.ResolveSerializer, parameters=[NOTES])
    @action(
        detail=True,
        methods=["put", "post"],
        permission="andon.resolve_andonevent",
        query_names=("resolution_notes",),
    )
    def resolve(self, request: Request, pk: str) -> Response:
        """Say that the trouble is over, and what it was."""
        sent = request.data or request.query_params
        return self._step(actions.resolve, **self._read(serializers.ResolveSerializer, sent))

    @extend_schema(request=serializers.CancelSerializer)
    @action(detail=True, methods=["post"], permission="andon.cancel_andonevent")
    def cancel(self, request: Request, pk: str) -> Response:
        """Say that it was no trouble, and why."""
        return self._step(actions.cancel, **self._read(serializers.CancelSerializer))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], permission="andon.escalate_andonevent")
    def escalate(self, request: Request, pk: str) -> Response:
        """Do not wait: tell the next level now. 409 where no level is above."""
        return self._step(actions.escalate)

    def _read(self, serializer_class: Any, sent: Any = None) -> dict[str, Any]:
        serializer = serializer_class(data=sent or self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    @transaction.atomic
    def _step(self, step: Callable[..., AndonEvent], **said: Any) -> Response:
        event = lock(AndonEvent, self.get_object().pk)
        require_match(self.request, self.get_serializer(event).data)
        return Response(self.get_serializer(step(event=event, actor=self.request.user, **said)).data)
