"""The trail over HTTP, read only, for the administrator (api.md §3, §8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.filters import AuditLogFilter
from audit.api.serializers import AuditLogSerializer, VerificationSerializer
from audit.exports import csv_file, ndjson
from audit.models import AuditLog
from audit.verification import verify
from core.api.filters import StrictOrdering, refuse_unknown, require
from core.api.pagination import TimeCursor
from core.api.renderers import FileNegotiation
from core.api.views import ReadOnlyViewSet

EXPORTS = ("ndjson", "csv")


class AuditLogViewSet(ReadOnlyViewSet):
    """What happened, newest first."""

    permission = "audit.view_auditlog"
    queryset = AuditLog.objects.select_related("user")
    serializer_class = AuditLogSerializer
    filterset_class = AuditLogFilter
    pagination_class = TimeCursor
    search_fields = ("entity_repr", "=entity_id", "user_name", "action", "reason", "=request_id")
    ordering_fields = ("id", "created_at")
    ordering: tuple[str, ...] = ("-id",)

    @property
    def cursor_ordering(self) -> Sequence[str]:
        """What the client asked for, else the view's own."""
        return StrictOrdering().get_ordering(self.request, self.queryset, self) or self.ordering

    @extend_schema(responses=AuditLogSerializer(many=True))
    @action(detail=False, url_path="entity/(?P<entity_type>[^/]+)/(?P<entity_id>[^/]+)")
    def entity(self, request: Request, entity_type: str, entity_id: str) -> Response:
        """Everything about one object, newest first."""
        return self._page(entity_type=entity_type, entity_id=entity_id)

    @extend_schema(responses=AuditLogSerializer(many=True))
    @action(
        detail=False,
        url_path="entity/(?P<entity_type>[^/]+)/(?P<entity_id>[^/]+)/history",
        ordering=("id",),
    )
    def entity_history(self, request: Request, entity_type: str, entity_id: str) -> Response:
        """The same as it went, oldest first."""
        return self._page(entity_type=entity_type, entity_id=entity_id)

    @extend_schema(responses=AuditLogSerializer(many=True))
    @action(detail=False, url_path="user/(?P<user_id>[0-9]{1,18})")
    def of_user(self, request: Request, user_id: str) -> Response:
        """What one account did."""
        return self._page(user_id=user_id)

    @extend_schema(responses=AuditLogSerializer(many=True))
    @action(detail=False, url_path="action/(?P<name>[^/]+)")
    def of_action(self, request: Request, name: str) -> Response:
        """CREATE, UPDATE, DELETE, or the code of a deed."""
        return self._page(action__iexact=name)

    @extend_schema(responses=AuditLogSerializer(many=True))
    @action(detail=False, url_path="date-range")
    def date_range(self, request: Request) -> Response:
        """From `start_date` to `end_date`, both inclusive and both required."""
        require(request, "start_date", "end_date")
        return self._page()

    @extend_schema(responses=VerificationSerializer, parameters=[], filters=False)
    @action(detail=False, pagination_class=None, filterset_class=None)
    def verify(self, request: Request) -> Response:
        """Walk the hash chain now."""
        refuse_unknown(request, {"format"})
        return Response(VerificationSerializer(verify()).data)

    @extend_schema(
        parameters=[OpenApiParameter("type", enum=EXPORTS, default="ndjson")],
        responses={(200, "application/x-ndjson"): OpenApiTypes.STR, (200, "text/csv"): OpenApiTypes.STR},
    )
    @action(
        detail=False,
        pagination_class=None,
        query_names=("type",),
        ordering=("id",),
        content_negotiation_class=FileNegotiation,
    )
    def export(self, request: Request) -> StreamingHttpResponse:
        """What the same filters list, as a file, oldest first."""
        kind = request.query_params.get("type", "ndjson").lower()
        if kind not in EXPORTS:
            raise ValidationError({"type": [_("One of: %(names)s.") % {"names": ", ".join(EXPORTS)}]})
        entries = self._streamed(self.filter_queryset(self.get_queryset()))
        return _download(kind, entries, list(AuditLogSerializer.Meta.fields))

    def _page(self, **chosen: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset().filter(**chosen)))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def _streamed(self, rows: QuerySet[AuditLog]) -> Any:
        represent = AuditLogSerializer().to_representation
        return (represent(row) for row in rows.iterator(chunk_size=1_000))


def _download(kind: str, entries: Any, columns: list[str]) -> StreamingHttpResponse:
    if kind == "csv":
        body, content_type = csv_file([c for c in columns if c != "user"], entries), "text/csv; charset=utf-8"
    else:
        body, content_type = ndjson(entries), "application/x-ndjson"
    headers = {"Content-Disposition": f'attachment; filename="audit-logs.{kind}"'}
    return StreamingHttpResponse(body, content_type=content_type, headers=headers)
