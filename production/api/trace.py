"""Trace, genealogy and recall (api contract §3, §8)."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.renderers import FileNegotiation
from core.api.views import APIView
from core.csv_files import csv_response
from core.errors import NotFound
from production.api.trace_shapes import GenealogySerializer, RecallSerializer, TraceSerializer
from production.models import ProcessData, Serial
from production.selectors.genealogy import Genealogy, Node, genealogy
from production.selectors.naming import Subject, serial_numbered, subject_named
from production.selectors.recall import RECALL_COLUMNS, Recall, recall
from production.selectors.trace import Event, Trace, trace

KINDS = ("serial", "lot", "component_lot")
SUBJECT = [
    OpenApiParameter(kind, str, description=f"Number or id; exactly one of {', '.join(KINDS)}.")
    for kind in KINDS
]
NOT_A_WORD = re.compile(r"[^a-z0-9]+")


class TraceView(APIView):
    """Everything that ever happened to one unit."""

    permission = "production.view_trace"

    @extend_schema(responses=TraceSerializer, operation_id="serials_trace")
    def get(self, request: Request, pk: str) -> Response:
        """By its id."""
        try:
            return Response(trace_of(trace(serial_id=int(pk))))
        except Serial.DoesNotExist as exc:
            raise NotFound from exc


class TraceByNumberView(APIView):
    """Everything that ever happened to one unit."""

    permission = "production.view_trace"

    @extend_schema(responses=TraceSerializer, operation_id="serials_number_trace")
    def get(self, request: Request, serial_number: str) -> Response:
        """By its number, as scanned."""
        found = serial_numbered(serial_number)
        if found is None:
            raise NotFound
        return Response(trace_of(trace(serial_id=found.pk)))


class SubjectView(APIView):
    """Asked about a unit, a lot or a component lot."""

    permission = "production.view_trace"
    query_names = KINDS

    def subject(self, request: Request) -> Subject:
        """What the query names. Raises ValidationError unless that is exactly one thing, NotFound where there is none."""
        named = {kind: request.query_params[kind] for kind in KINDS if kind in request.query_params}
        if len(named) != 1 or not (name := next(iter(named.values())).strip()):
            raise ValidationError(
                {kind: [_("Name one serial, one lot or one component_lot.")] for kind in named or KINDS}
            )
        found = subject_named(*named, name)  # type: ignore[misc]
        if found is None:
            raise NotFound
        return found


class GenealogyView(SubjectView):
    """What it was made from (`up`), and where it was used (`down`), as trees."""

    @extend_schema(responses=GenealogySerializer, parameters=SUBJECT)
    def get(self, request: Request) -> Response:
        """Both trees of a unit, a lot or a component lot."""
        return Response(genealogy_of(genealogy(subject=self.subject(request))))


class RecallView(SubjectView):
    """Whatever holds any of it, and a balance of where all of it lies."""

    query_names = (*KINDS, "type")
    content_negotiation_class = FileNegotiation

    @extend_schema(
        parameters=[*SUBJECT, OpenApiParameter("type", str, enum=["json", "csv"])],
        responses={(200, "application/json"): RecallSerializer, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response | HttpResponse:
        """Affected component lots, lots and units; `type=csv` answers the units as a file."""
        kind = request.query_params.get("type", "json").lower()
        if kind not in ("json", "csv"):
            raise ValidationError({"type": [_("One of: %(names)s.") % {"names": "json, csv"}]})
        found = recall(subject=self.subject(request))
        return recall_csv(found) if kind == "csv" else Response(recall_of(found))


# --- as JSON


def trace_of(found: Trace) -> dict[str, Any]:
    """The keys of the system before ours, and `timeline`."""
    serial, lot = found.serial, found.serial.lot
    return {
        "id": serial.pk,
        "serial_number": serial.serial_number,
        "lot_id": lot.pk,
        "lot_number": lot.lot_number,
        "sequence_in_lot": serial.sequence_in_lot,
        "status": serial.status,
        "rework_count": serial.rework_count,
        "failure_reason": serial.failure_reason,
        "is_scrapped": serial.is_scrapped,
        "created_at": serial.created_at,
        "completed_at": serial.completed_at,
        "lot_info": {
            "lot_number": lot.lot_number,
            "product_model": lot.product.model_code,
            "product_name": lot.product.model_name,
            "production_date": lot.production_date,
            "shift": lot.shift,
            "target_quantity": lot.target_quantity,
            "status": lot.status,
        },
        "wip_info": None,
        "process_history": [_step(record, found) for record in found.records],
        "rework_history": [event_details(event) for event in found.of("rework")],
        "component_lots": _by_part(found.of("component")),
        "components": [event_details(event) for event in found.of("component")],
        "label_prints": [event_details(event) for event in found.of("label")],
        "total_cycle_time_seconds": found.total_cycle_time_seconds,
        "timeline": [asdict(event) for event in found.timeline],
    }


def _step(record: ProcessData, found: Trace) -> dict[str, Any]:
    process, operator = record.process, record.operator
    return {
        "process_data_id": record.pk,
        "process_number": process.process_number,
        "process_code": process.process_code,
        "process_name": process.name,
        "process_name_en": process.process_name_en,
        "process_name_ko": process.process_name_ko,
        "data_level": record.data_level,
        "equipment_code": record.machine.equipment_code if record.machine else None,
        "worker_id": operator.pk,
        "worker_name": operator.full_name or operator.username,
        "start_time": record.started_at,
        "complete_time": record.completed_at,
        "duration_seconds": record.duration_seconds,
        "result": record.result,
        "process_data": record.measurements,
        "defects": record.defects,
        "notes": record.notes,
        "is_rework": found.is_rework(record),
    }


def event_details(event: Event) -> dict[str, Any]:
    """The details with who and when."""
    return {**event.details, "at": event.at, "by_id": event.by_id, "by": event.by}


def _by_part(scans: list[Event]) -> dict[str, str]:
    """{busbar_lot: "B-17, B-18"}: the lots of each part."""
    found: dict[str, list[str]] = defaultdict(list)
    for scan in scans:
        part = NOT_A_WORD.sub("_", scan.details["part_code"].lower()).strip("_")
        number = scan.details["component_lot"]
        if number not in found[f"{part}_lot"]:
            found[f"{part}_lot"].append(number)
    return {part: ", ".join(numbers) for part, numbers in found.items()}


def genealogy_of(found: Genealogy) -> dict[str, Any]:
    return {
        "subject": subject_of(found.subject),
        "up": [_node(node) for node in found.up],
        "down": [_node(node) for node in found.down],
    }


def subject_of(subject: Subject) -> dict[str, Any]:
    return {"kind": subject.kind, "id": subject.row.pk, "number": subject.number}


def _node(node: Node) -> dict[str, Any]:
    return {
        "kind": node.kind,
        "id": node.id,
        "number": node.number,
        "title": node.title,
        "status": node.status,
        "quantity": node.quantity,
        "units": node.units,
        "serials": [asdict(one) for one in node.serials],
        "repeated": node.repeated,
        "children": [_node(child) for child in node.children],
    }


def recall_of(found: Recall) -> dict[str, Any]:
    return {
        "subject": subject_of(found.subject),
        "component_lots": [{**_plain(asdict(part)), **asdict(part.balance)} for part in found.component_lots],
        "lots": [asdict(lot) for lot in found.lots],
        "serials": [asdict(unit) for unit in found.serials],
        "by_status": found.by_status,
        "balance": asdict(found.balance),
    }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "balance"}


def recall_csv(found: Recall) -> HttpResponse:
    """The affected units as a file that a spreadsheet opens safely."""
    rows = ([getattr(unit, column) for column in RECALL_COLUMNS] for unit in found.serials)
    return csv_response(f"recall-{found.subject.number}", RECALL_COLUMNS, rows)
