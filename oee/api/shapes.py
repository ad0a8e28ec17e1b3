"""Evidence and KPIs in JSON."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from oee import kpi
from oee.api.serializers import number, stamp
from oee.kpi import KPIS, TimeClass
from oee.models import LossPolicy
from oee.selectors.explain import CountEvidence, Evidence, IntervalEvidence
from oee.selectors.policies import PolicyInForce
from oee.selectors.reliability import of_report
from oee.selectors.reports import Report


def evidence_data(evidence: Evidence) -> dict[str, Any]:
    """The rows behind a figure, with the links by which each can be looked at."""
    return {
        "policies": [_policy(entry) for entry in evidence.policies],
        "intervals": [_interval(row) for row in evidence.intervals],
        "counts": [_count(row) for row in evidence.counts],
        "interval_count": evidence.interval_total,
        "count_count": evidence.count_total,
        "truncated": evidence.truncated,
    }


def _policy(entry: PolicyInForce) -> dict[str, Any]:
    row: LossPolicy | None = entry.row
    origin = (
        {"id": row.pk, "valid_from": row.valid_from.isoformat()} if row else {"id": None, "valid_from": None}
    )
    return {
        **origin,
        **{
            name: str(value) if isinstance(value, str) else value
            for name, value in asdict(entry.policy).items()
        },
    }


def _interval(row: IntervalEvidence) -> dict[str, Any]:
    return {
        "id": row.state_id,
        "equipment_code": row.machine.equipment_code,
        "state": row.state,
        "reason_code": row.reason_code or None,
        "started_at": stamp(row.start),
        "ended_at": stamp(row.end),
        "seconds": row.seconds,
        "time_class": str(row.time_class),
        "counts_as": str(row.bucket),
        "shift": row.shift,
    }


def _count(evidence: CountEvidence) -> dict[str, Any]:
    row = evidence.row
    return {
        "id": row.pk,
        "equipment_code": row.machine.equipment_code,
        "product_code": row.product.model_code if row.product else None,
        "at": stamp(row.at),
        "good": evidence.good,
        "rejects": evidence.rejects,
        "ideal_cycle_seconds": number(evidence.ideal_cycle_seconds),
    }


def catalogue_data() -> list[dict[str, Any]]:
    """The definitions."""
    return [{**asdict(entry), "scopes": [str(scope) for scope in entry.scopes]} for entry in KPIS]


_DELAYS = (TimeClass.BREAKDOWN, TimeClass.MINOR_STOP, TimeClass.STARVED_BLOCKED, TimeClass.OTHER)


def kpis_data(report: Report) -> dict[str, Any]:
    """KPI id (see the catalogue) → value; null where undefined. Times in seconds, rates per second of busy time."""
    return {**_effectiveness(report), **_time(report), **_quality(report), **_reliability(report)}


def _seconds(report: Report, *classes: TimeClass) -> Decimal:
    return kpi.seconds(sum(report.time_us.get(name, 0) for name in classes))


def _effectiveness(report: Report) -> dict[str, Any]:
    figure = report.figure
    producing = _seconds(report, TimeClass.RUNNING)
    busy, planned_down = figure.planned_busy_seconds, _seconds(report, TimeClass.PLANNED)
    return {
        "availability": figure.availability,
        "effectiveness": figure.performance,
        "quality_ratio": figure.quality,
        "oee": figure.oee,
        "nee_index": kpi.nee_index(
            producing + report.losses.setup,
            busy,
            kpi.effectiveness(figure.ideal_seconds, producing),
            figure.quality,
        ),
        "teep": figure.teep,
        "ooe": kpi.ooe(figure.ideal_good_seconds, busy, planned_down),
        "utilization": kpi.utilization(busy, figure.calendar_seconds),
    }


def _time(report: Report) -> dict[str, Any]:
    producing, setup = _seconds(report, TimeClass.RUNNING), report.losses.setup
    delays, busy = _seconds(report, *_DELAYS), report.figure.planned_busy_seconds
    return {
        "utilization_efficiency": kpi.utilization_efficiency(producing, producing + setup + delays),
        "allocation_efficiency": kpi.allocation_efficiency(producing + setup + delays, busy),
        "setup_ratio": kpi.setup_ratio(setup, producing + setup),
        "technical_efficiency": kpi.technical_efficiency(producing, delays),
        "throughput_rate": kpi.throughput_rate(report.figure.produced_quantity, busy),
    }


def _quality(report: Report) -> dict[str, Any]:
    figure = report.figure
    return {
        "scrap_ratio": kpi.scrap_ratio(figure.scrap_quantity, figure.produced_quantity),
        "rework_ratio": kpi.rework_ratio(figure.rework_quantity, figure.produced_quantity),
        "first_pass_yield": kpi.first_pass_yield(figure.good_quantity, figure.produced_quantity),
    }


def _reliability(report: Report) -> dict[str, Any]:
    found = of_report(report)
    preventive = sum(stop.us for key, stop in report.stops.items() if key.state == "MAINTENANCE")
    return {
        "failures": found.failures,
        "mtbf": found.mtbf,
        "mttf": found.mttf,
        "mttr": found.mttr,
        "inherent_availability": found.availability,
        "corrective_maintenance_ratio": kpi.corrective_maintenance_ratio(
            found.repair, kpi.seconds(preventive)
        ),
    }
