"""Process data over HTTP (api contract §3, §8)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etag import require_match
from core.api.filters import StrictFilters, require
from core.api.pagination import TimeCursor
from core.api.urls import NUMBER
from core.api.views import ReadOnlyViewSet
from production.actions.bulk import record_batch
from production.actions.records import change_record, record_step
from production.api.parsers import RecordsParser, SentRecords
from production.api.record_filters import RecordFilter, RecordSearch
from production.api.record_shapes import (
    BatchRequestSerializer,
    BatchResultSerializer,
    ChangeRequestSerializer,
    ProcessDataSerializer,
    RecordRequestSerializer,
    represent,
)
from production.choices import Result
from production.errors import NeverDeleted
from production.models import ProcessData
from production.record_input import read_record

VIEW_ALL = "production.view_all_processdata"
ORDERS = {"-started_at": ("-started_at", "-id"), "started_at": ("started_at", "id")}
EXAMPLE = {
    "process_id": 1,
    "serial_id": 1,
    "lot_id": 1,
    "data_level": "SERIAL",
    "result": "PASS",
    "measurements": {"marking_quality": "A", "marking_depth": "0.05mm"},
    "operator_id": 3,
    "process_order": 1,
    "cycle_time_seconds": 45,
}


class ProcessDataViewSet(ReadOnlyViewSet):
    """What was done to units and lots, newest first; `ordering=started_at` for oldest first.

    Who may not see everybody's records sees their own. Nothing is ever deleted.
    """

    queryset = ProcessData.objects.for_reading()
    serializer_class = ProcessDataSerializer
    filterset_class = RecordFilter
    pagination_class = TimeCursor
    filter_backends = (StrictFilters, RecordSearch)
    search_fields = ("serial__serial_number", "lot__lot_number")

    @property
    def cursor_ordering(self) -> tuple[str, str]:
        """By time, either way; raises ValidationError for anything else."""
        wanted = self.request.query_params.get("ordering", "-started_at")
        if wanted not in ORDERS:
            raise ValidationError({"ordering": [_("Cannot sort by %(fields)s.") % {"fields": wanted}]})
        return ORDERS[wanted]

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        user = self.request.user
        return rows if user.has_perm(VIEW_ALL) else rows.of(user.pk)

    @extend_schema(
        request=RecordRequestSerializer,
        responses={201: ProcessDataSerializer},
        examples=[OpenApiExample("A step that passed", value=EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Record a step: started where it has no result, else done from start to end."""
        record = record_step(given=read_record(request.data), actor=request.user)
        return Response(represent(record), status=201)

    @extend_schema(request=ChangeRequestSerializer, responses=ProcessDataSerializer)
    def update(self, request: Request, pk: str, **kwargs: Any) -> Response:
        """Complete a started step, once, with its result; or correct what was noted, with a `reason`."""
        with transaction.atomic():
            row = self.get_object()
            if "If-Match" in request.headers:
                locked = ProcessData.objects.select_for_update(no_key=True, of=("self",))
                get_object_or_404(locked, pk=row.pk)
                require_match(request, represent(self.get_object()))
            changed = change_record(record=row, given=read_record(request.data), actor=request.user)
            return Response(represent(changed))

    @extend_schema(request=ChangeRequestSerializer, responses=ProcessDataSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """The same."""
        return self.update(request, pk)

    def destroy(self, request: Request, pk: str) -> Response:
        """Refused, for everyone: records stand."""
        self.get_object()
        raise NeverDeleted

    @extend_schema(request=BatchRequestSerializer, responses=BatchResultSerializer)
    @action(
        detail=False,
        methods=["post"],
        permission="production.add_processdata",
        parser_classes=(RecordsParser,),
    )
    def bulk(self, request: Request) -> Response:
        """Up to 10,000 records: the good ones are kept, the bad ones told one by one. `atomic`: all or nothing."""
        sent = request.data
        if not isinstance(sent, SentRecords):  # DRF parses no empty body
            raise ValidationError({"items": [_("This field is required.")]})
        result = record_batch(items=sent.items, actor=request.user, whole=sent.atomic, digest=sent.sha256)
        return Response(asdict(result))

    @extend_schema(responses=ProcessDataSerializer(many=True))
    @action(detail=False, url_path=f"serial/(?P<serial_id>{NUMBER})")
    def of_serial(self, request: Request, serial_id: str) -> Response:
        """The records of one unit."""
        return self._page(serial_id=serial_id)

    @extend_schema(responses=ProcessDataSerializer(many=True))
    @action(detail=False, url_path=f"serial/(?P<serial_id>{NUMBER})/process/(?P<process_id>{NUMBER})")
    def of_serial_at(self, request: Request, serial_id: str, process_id: str) -> Response:
        """Every attempt of one process on one unit."""
        return self._page(serial_id=serial_id, process_id=process_id)

    @extend_schema(responses=ProcessDataSerializer(many=True))
    @action(detail=False, url_path=f"lot/(?P<lot_id>{NUMBER})")
    def of_lot(self, request: Request, lot_id: str) -> Response:
        """The records of a lot and of its units."""
        return self._page(lot_id=lot_id)

    @extend_schema(responses=ProcessDataSerializer(many=True))
    @action(detail=False, url_path=f"process/(?P<process_id>{NUMBER})")
    def of_process(self, request: Request, process_id: str) -> Response:
        """The records of one process."""
        return self._page(process_id=process_id)

    @extend_schema(responses=ProcessDataSerializer(many=True))
    @action(detail=False, url_path=f"operator/(?P<operator_id>{NUMBER})")
    def of_operator(self, request: Request, operator_id: str) -> Response:
        """What one person recorded."""
        return self._page(operator_id=operator_id)

    @extend_schema(responses=ProcessDataSerializer(many=True))
    @action(detail=False, url_path="result/(?P<result>[^/]+)")
    def of_result(self, request: Request, result: str) -> Response:
        """The records that ended so: PASS, FAIL or REWORK, in any case."""
        if result.upper() not in Result.values:
            raise ValidationError({"result": [_("One of %(words)s.") % {"words": ", ".join(Result.values)}]})
        return self._page(result=result.upper())

    @extend_schema(responses=ProcessDataSerializer(many=True))
    @action(detail=False)
    def failures(self, request: Request) -> Response:
        """The records that ended with FAIL."""
        return self._page(result=Result.FAIL)

    @extend_schema(responses=ProcessDataSerializer(many=True))
    @action(detail=False)
    def incomplete(self, request: Request) -> Response:
        """The steps that were started and wait for their completion."""
        return self._page(result=None)

    @extend_schema(responses=ProcessDataSerializer(many=True))
    @action(detail=False, url_path="date-range")
    def date_range(self, request: Request) -> Response:
        """What started from `start_date` to `end_date`, both inclusive and both required."""
        require(request, "start_date", "end_date")
        return self._page()

    def _page(self, **chosen: Any) -> Response:
        rows = self.filter_queryset(self.get_queryset().filter(Q(**chosen)))
        return self.get_paginated_response(
            [represent(record) for record in self.paginate_queryset(rows) or ()]
        )
