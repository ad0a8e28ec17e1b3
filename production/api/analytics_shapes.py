"""Analytics in JSON: the keys of document 004, as its text prints them and as its code answers them."""

from __future__ import annotations

from datetime import date
from typing import Any

from core.api.fields import AwareDateTimeField
from production.models import Lot, ProcessData, Serial
from production.rates import per_cent
from production.selectors.analytics import (
    Dashboard,
    Made,
    Now,
    OperatorFigures,
    ProcessFigures,
    Production,
    Quality,
)
from production.selectors.tallies import Ended, Period, Records


def dashboard_data(found: Dashboard) -> dict[str, Any]:
    return {
        "lot_statistics": {
            "total_lots": found.lots.total,
            "lots_today": found.lots.today,
            "lots_this_week": found.lots.this_week,
            "active_lots": found.active_lots,
        },
        "serial_statistics": {
            "total_serials": found.units.total,
            "serials_today": found.units.today,
            "in_progress": found.in_progress,
            "passed": found.passed,
            "failed": found.failed,
        },
        "quality_metrics": _overall(found),
        "process_performance": {
            "total_executions": found.records.total,
            "avg_cycle_time_seconds": found.records.cycle_seconds,
            "total_failures": found.records.failed,
        },
        "lots": {
            **_made(found.lots),
            "active": found.active_lots,
            "completed_today": found.lots_completed_today,
        },
        "serials": {
            **_made(found.units),
            "in_progress": found.in_progress,
            "passed_today": found.ended_today.passed,
            "failed_today": found.ended_today.failed,
        },
        "quality": {**_overall(found), "today_pass_rate": found.ended_today.pass_rate},
        "processes": {
            "total_executions_today": found.records_today.total,
            "average_cycle_time_seconds": found.records_today.cycle_seconds,
            "failures_today": found.records_today.failed,
        },
    }


def _made(made: Made) -> dict[str, int]:
    return {"total": made.total, "today": made.today, "this_week": made.this_week}


def _overall(found: Dashboard) -> dict[str, float | None]:
    return {
        "overall_pass_rate": found.pass_rate,
        "defect_rate": found.defect_rate,
        "rework_rate": found.rework_rate,
    }


def period_data(period: Period) -> dict[str, str]:
    return {"start": period.start.isoformat(), "end": period.end.isoformat()}


def production_data(period: Period, found: Production) -> dict[str, Any]:
    ended = found.total_ended
    return {
        "date_range": period_data(period),
        "lots_by_date": [
            {"date": day.isoformat(), "count": count} for day, count in sorted(found.lots.items())
        ],
        "serials_by_date": [
            _units_of_day(day, found.units.get(day, 0), found.ended.get(day, Ended())) for day in found.days
        ],
        "total_lots": sum(found.lots.values()),
        "total_serials": sum(found.units.values()),
        "completed_serials": ended.total,
        "pass_count": ended.passed,
        "fail_count": ended.failed,
        "rework_count": found.reworks,
        "pass_rate": ended.pass_rate,
        "defect_rate": per_cent(ended.failed, ended.total),
    }


def _units_of_day(day: date, made: int, ended: Ended) -> dict[str, Any]:
    return {
        "date": day.isoformat(),
        "total": made,
        "passed": ended.passed,
        "failed": ended.failed,
        "pass_rate": ended.pass_rate,
    }


def processes_data(found: list[ProcessFigures]) -> dict[str, Any]:
    total = sum((row.records for row in found), Records())
    return {
        "processes": [_process(row) for row in found],
        "summary": {
            "total_processes": len(found),
            "total_executions": total.total,
            "overall_success_rate": total.pass_rate,
        },
    }


def _process(row: ProcessFigures) -> dict[str, Any]:
    process, records = row.process, row.records
    return {
        "process_id": process.pk,
        "process_number": process.process_number,
        "process_code": process.process_code,
        "process_name": process.process_name_ko or process.name,
        "process_name_ko": process.process_name_ko,
        "process_name_en": process.process_name_en,
        "total_executions": records.total,
        "success_count": records.passed,
        "failure_count": records.failed,
        "rework_count": records.rework,
        "success_rate": records.pass_rate,
        "avg_cycle_time_seconds": records.cycle_seconds,
        "average_cycle_time_seconds": records.cycle_seconds,
        "estimated_duration_seconds": process.estimated_duration_seconds,
    }


def quality_data(period: Period, found: Quality) -> dict[str, Any]:
    inspected = found.inspected
    return {
        "analysis_period_days": period.days,
        "date_range": period_data(period),
        "defects_by_process": [_failures(row) for row in found.processes if row.records.failed],
        "defects_by_code": [{"defect_code": code, "count": count} for code, count in found.defects.items()],
        "rework_distribution": [
            {"rework_count": times, "serial_count": count} for times, count in found.reworked.items()
        ],
        "quality_trend": [_trend(day, found.ended[day]) for day in sorted(found.ended)],
        "total_inspected": inspected.total,
        "pass_count": inspected.passed,
        "fail_count": inspected.failed,
        "rework_count": inspected.rework,
        "pass_rate": inspected.pass_rate,
        "defect_rate": per_cent(inspected.failed, inspected.total),
        "rework_rate": per_cent(inspected.rework, inspected.total),
        "by_process": [_results(row) for row in found.processes],
    }


def _failures(row: ProcessFigures) -> dict[str, Any]:
    return {
        "process_code": row.process.process_code,
        "process_name_ko": row.process.process_name_ko,
        "process_name_en": row.process.process_name_en,
        "failure_count": row.records.failed,
    }


def _trend(day: date, ended: Ended) -> dict[str, Any]:
    return {
        "date": day.isoformat(),
        "total_completed": ended.total,
        "passed": ended.passed,
        "pass_rate": ended.pass_rate,
    }


def _results(row: ProcessFigures) -> dict[str, Any]:
    return {
        "process_code": row.process.process_code,
        "process_name": row.process.process_name_ko or row.process.name,
        "total": row.records.total,
        "pass": row.records.passed,
        "fail": row.records.failed,
        "rework": row.records.rework,
        "pass_rate": row.records.pass_rate,
    }


def operators_data(period: Period, found: list[OperatorFigures]) -> dict[str, Any]:
    return {
        "analysis_period_days": period.days,
        "date_range": period_data(period),
        "operators": [_operator(row) for row in found],
    }


def _operator(row: OperatorFigures) -> dict[str, Any]:
    return {
        "operator_id": row.operator.pk,
        "full_name": row.operator.full_name,
        "username": row.operator.username,
        "total_operations": row.records.total,
        "successful_operations": row.records.passed,
        "failed_operations": row.records.failed,
        "success_rate": row.records.pass_rate,
        "average_cycle_time_seconds": row.records.cycle_seconds,
    }


def now_data(found: Now) -> dict[str, Any]:
    stamp = AwareDateTimeField().to_representation
    return {
        "timestamp": stamp(found.at),
        "active_lots": [_lot(lot) | {"created_at": stamp(lot.created_at)} for lot in found.lots],
        "in_progress_serials": [_unit(unit) | {"created_at": stamp(unit.created_at)} for unit in found.units],
        "recent_process_executions": [
            _record(row) | {"started_at": stamp(row.started_at), "created_at": stamp(row.created_at)}
            for row in found.records
        ],
    }


def _lot(lot: Lot) -> dict[str, Any]:
    return {
        "id": lot.pk,
        "lot_number": lot.lot_number,
        "product_model_id": lot.product_id,
        "model_code": lot.product.model_code,
        "status": lot.status,
        "target_quantity": lot.target_quantity,
        "actual_quantity": lot.actual_quantity,
        "passed_quantity": lot.passed_quantity,
        "failed_quantity": lot.failed_quantity,
    }


def _unit(unit: Serial) -> dict[str, Any]:
    return {
        "id": unit.pk,
        "serial_number": unit.serial_number,
        "lot_id": unit.lot_id,
        "lot_number": unit.lot.lot_number,
        "sequence_in_lot": unit.sequence_in_lot,
        "status": unit.status,
        "rework_count": unit.rework_count,
    }


def _record(row: ProcessData) -> dict[str, Any]:
    return {
        "id": row.pk,
        "serial_number": row.serial.serial_number if row.serial else None,
        "lot_number": row.lot.lot_number,
        "process_code": row.process.process_code,
        "result": row.result,
    }
