"""Stations: a step started and completed by scanning the unit (api contract §8)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import APIView
from production.actions.records import finish_step, record_step
from production.api.record_shapes import RecordRequestSerializer
from production.choices import Result
from production.models import ProcessData
from production.record_input import Given, invalid, read_record


class StartedSerializer(serializers.Serializer):
    """The step has begun."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    process_data_id = serializers.IntegerField()
    started_at = serializers.DateTimeField()


class FinishedSerializer(serializers.Serializer):
    """The step has ended."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    process_data_id = serializers.IntegerField()
    completed_at = serializers.DateTimeField()
    duration_seconds = serializers.FloatField()
    result = serializers.ChoiceField(Result.choices)


class StationView(APIView):
    """One scan of a unit at a process."""

    permission = "production.add_processdata"

    def scanned(self) -> Given:
        """What was sent. Raises Invalid unless a unit and a process are named."""
        given = read_record(self.request.data)
        if given.serial_id is None and given.serial_number is None:
            raise invalid("serial_number", _("This field is required."))
        if given.process_id is None and given.process_code is None:
            raise invalid("process_code", _("This field is required."))
        return given


class StartView(StationView):
    @extend_schema(request=RecordRequestSerializer, responses={201: StartedSerializer})
    def post(self, request: Request) -> Response:
        """Start a step of a unit: `serial_number` and `process_code`."""
        given = self.scanned()
        if given.result is not None:
            raise invalid("result", _("A step that starts has no result yet."))
        row = record_step(given=given, actor=request.user)
        answer = _said(row, _("%(code)s started."))
        return Response({**answer, "started_at": row.started_at}, status=201)


class CompleteView(StationView):
    @extend_schema(request=RecordRequestSerializer, responses=FinishedSerializer)
    def post(self, request: Request) -> Response:
        """Complete the step that was started there, with its `result`; one that was not is recorded whole."""
        given = self.scanned()
        if given.result is None:
            raise invalid("result", _("This field is required."))
        row = finish_step(given=given, actor=request.user)
        answer = _said(row, _("%(code)s completed: %(result)s."))
        ended = {
            "completed_at": row.completed_at,
            "duration_seconds": row.duration_seconds,
            "result": row.result,
        }
        return Response({**answer, **ended})


def _said(row: ProcessData, message: str) -> dict[str, Any]:
    told = message % {"code": row.process.process_code, "result": row.result}
    return {"success": True, "message": told, "process_data_id": row.pk}
