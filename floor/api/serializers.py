"""The floor in JSON, with the keys of the API contract; also what the websocket sends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from andon.api.serializers import AndonEventSerializer
from equipment.models import Line, Machine, MachineState
from floor.selectors.alerts import Alert
from floor.selectors.stops import Stop
from floor.selectors.tiles import LineTile, Summary
from oee.api.serializers import FigureSerializer, figure_data, stamp
from oee.selectors.reports import Report
from production.models import JobAssignment


class StopSerializer(serializers.Serializer):
    """For the schema: one stop of a line."""

    id = serializers.IntegerField()
    line_id = serializers.IntegerField()
    equipment_code = serializers.CharField()
    state = serializers.CharField()
    start_time = serializers.DateTimeField()
    end_time = serializers.DateTimeField(allow_null=True)
    duration_seconds = serializers.FloatField()
    reason_code = serializers.CharField(allow_null=True)
    reason_description = serializers.CharField(allow_null=True)
    category = serializers.ChoiceField(choices=["PLANNED", "UNPLANNED", "CHANGEOVER", "MAINTENANCE"])
    loss_category = serializers.CharField()
    status = serializers.ChoiceField(choices=["open", "closed"])


class CurrentJobSerializer(serializers.Serializer):
    """For the schema: the job in progress on a line."""

    id = serializers.IntegerField()
    schedule_id = serializers.IntegerField()
    status = serializers.CharField()
    equipment_code = serializers.CharField()
    user_id = serializers.IntegerField()
    user_name = serializers.CharField()
    lot_id = serializers.IntegerField(allow_null=True)
    product_code = serializers.CharField()
    target_quantity = serializers.IntegerField()
    good_quantity = serializers.IntegerField()
    scrap_quantity = serializers.IntegerField()
    started_at = serializers.DateTimeField()


class LineStatusSerializer(serializers.Serializer):
    """For the schema: a line now. Ratios are fractions of 1 of the running shift so far (of the last one between
    shifts), null where undefined; `current_job` is the job in progress on the machine that decides most."""

    line_id = serializers.IntegerField()
    line_code = serializers.CharField()
    name = serializers.CharField()
    area = serializers.CharField()
    status = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    product_code = serializers.CharField(allow_null=True)
    shift = serializers.CharField()
    shift_start = serializers.DateTimeField()
    good_quantity = serializers.IntegerField()
    planned_quantity = serializers.IntegerField(allow_null=True)
    oee = serializers.FloatField(allow_null=True)
    availability = serializers.FloatField(allow_null=True)
    performance = serializers.FloatField(allow_null=True)
    quality = serializers.FloatField(allow_null=True)
    flags = serializers.ListField(child=serializers.CharField())
    current_job = CurrentJobSerializer(allow_null=True)
    active_downtime = StopSerializer(allow_null=True)
    active_andon_events = AndonEventSerializer(many=True)


class LineFigureSerializer(FigureSerializer):
    """For the schema: the figure of a line."""

    line_id = serializers.IntegerField()
    line_code = serializers.CharField()


class SummarySerializer(serializers.Serializer):
    """For the schema: all lines together. `oee` adds the sums of the lines before it divides; `average_oee` is
    another name for it."""

    total_lines = serializers.IntegerField()
    running_lines = serializers.IntegerField()
    stopped_lines = serializers.IntegerField()
    fault_lines = serializers.IntegerField()
    total_jobs = serializers.IntegerField()
    active_jobs = serializers.IntegerField()
    completed_jobs = serializers.IntegerField()
    total_andon_events = serializers.IntegerField()
    open_andon_events = serializers.IntegerField()
    oee = serializers.FloatField(allow_null=True)
    average_oee = serializers.FloatField(allow_null=True)
    total_downtime_minutes = serializers.FloatField()


class AlertSerializer(serializers.Serializer):
    """For the schema: something on a line that wants an answer."""

    alert_type = serializers.CharField()
    priority = serializers.ChoiceField(choices=["CRITICAL", "HIGH", "MEDIUM", "LOW"])
    line_id = serializers.IntegerField()
    line_code = serializers.CharField()
    equipment_code = serializers.CharField(allow_null=True)
    message = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)


def stop_data(stop: Stop) -> dict[str, Any]:
    """One stop; `reason_description` is what the plant calls the reason."""
    return {
        "id": stop.id,
        "line_id": stop.line.pk,
        "equipment_code": stop.machine.equipment_code,
        "state": stop.state,
        "start_time": stamp(stop.start),
        "end_time": stamp(stop.end),
        "duration_seconds": stop.seconds,
        "reason_code": stop.reason_code or None,
        "reason_description": stop.reason_name or None,
        "category": stop.category,
        "loss_category": str(stop.time_class),
        "status": "closed" if stop.end else "open",
    }


def line_data(tile: LineTile) -> dict[str, Any]:
    """A line now."""
    return {
        "line_id": tile.line_id,
        "line_code": tile.line_code,
        "name": tile.name,
        "area": tile.area,
        "status": str(tile.status),
        "since": stamp(tile.since),
        "reason": tile.reason,
        "product_code": tile.product or None,
        "shift": tile.shift_name,
        "shift_start": stamp(tile.shift.start),
        "good_quantity": tile.good,
        "planned_quantity": tile.plan,
        "oee": tile.oee,
        "availability": tile.availability,
        "performance": tile.performance,
        "quality": tile.quality,
        "flags": tile.flags,
        "current_job": job_data(tile.job) if tile.job else None,
        "active_downtime": stop_data(tile.stop) if tile.stop else None,
        "active_andon_events": AndonEventSerializer(tile.calls, many=True).data,
    }


def job_data(job: JobAssignment) -> dict[str, Any]:
    """A job as it stands now."""
    return {
        "id": job.pk,
        "schedule_id": job.schedule_id,
        "status": job.status,
        "equipment_code": job.machine.equipment_code,
        "user_id": job.user_id,
        "user_name": str(job.user),
        "lot_id": job.lot_id,
        "product_code": job.schedule.product.model_code,
        "target_quantity": job.schedule.target_quantity,
        "good_quantity": job.good_quantity,
        "scrap_quantity": job.scrap_quantity,
        "started_at": stamp(job.started_at),
    }


def line_figure_data(line: Line, report: Report) -> dict[str, Any]:
    """A figure with the line it is of."""
    return {"line_id": line.pk, "line_code": line.line_code, **figure_data(report)}


def summary_data(summary: Summary, calls: int) -> dict[str, Any]:
    """All lines together; jobs are those worked on now and those completed in their line's shift.

    `calls` for help are those open now and those that came and ended in their line's shift.
    """
    return {
        "total_lines": summary.total_lines,
        "running_lines": summary.running_lines,
        "stopped_lines": summary.stopped_lines,
        "fault_lines": summary.fault_lines,
        "total_jobs": summary.active_jobs + summary.completed_jobs,
        "active_jobs": summary.active_jobs,
        "completed_jobs": summary.completed_jobs,
        "total_andon_events": calls,
        "open_andon_events": summary.open_andon_events,
        "oee": summary.oee,
        "average_oee": summary.oee,
        "total_downtime_minutes": summary.total_downtime_minutes,
    }


def alert_data(alert: Alert) -> dict[str, Any]:
    """One alert."""
    return {
        "alert_type": alert.kind,
        "priority": alert.priority,
        "line_id": alert.line.pk,
        "line_code": alert.line.line_code,
        "equipment_code": alert.equipment_code,
        "message": alert.message,
        "since": stamp(alert.since),
    }


def machine_data(machine: Machine, interval: MachineState | None, now: datetime) -> dict[str, Any]:
    """The present state of a machine."""
    reason = interval.reason if interval else None
    return {
        "equipment_code": machine.equipment_code,
        "name": machine.name,
        "line_id": machine.line_id,
        "position": machine.position,
        "state": interval.state if interval else "UNKNOWN",
        "state_since": stamp(interval.started_at if interval else None),
        "reason_code": reason.code if reason else None,
        "duration_seconds": (now - interval.started_at).total_seconds() if interval else None,
    }
