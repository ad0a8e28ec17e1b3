"""Evidence and KPIs in JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from oee import kpi
from oee.api.serializers import number, stamp
from oee.kpi import KPIS, TimeClass
from oee.models import LossPolicy
from oee.selectors.explain import CountEvidence, Evidence, IntervalEvidence
from oee.selectors.policies import PolicyInForce
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
    return [{**asdict(entry), "scope": [str(scope) for scope in entry.scope]} for entry in KPIS]


def kpis_data(report: Report) -> dict[str, Any]:
    """KPI id → value; null where undefined. Times in seconds."""
    figure = report.figure
    time = {name: report.time_us.get(name, 0) / 1_000_000 for name in TimeClass}
    setup, busy = time[TimeClass.SETUP], float(figure.planned_busy_seconds)
    producing = time[TimeClass.RUNNING]
    delays = sum(
        time[name]
        for name in (TimeClass.BREAKDOWN, TimeClass.MINOR_STOP, TimeClass.STARVED_BLOCKED, TimeClass.OTHER)
    )
    failures = sum(stop.count for key, stop in report.stops.items() if key.time_class is TimeClass.BREAKDOWN)
    return {
        "availability": figure.availability,
        "effectiveness": figure.performance,
        "quality_ratio": figure.quality,
        "oee": figure.oee,
        "teep": figure.teep,
        "nee": kpi.nee_index(producing + setup, busy, figure.performance, figure.quality),
        "utilization_efficiency": kpi.utilization_efficiency(producing, producing + setup + delays),
        "allocation_efficiency": kpi.allocation_efficiency(producing + setup + delays, busy),
        "setup_ratio": kpi.setup_ratio(setup, producing + setup),
        "technical_efficiency": kpi.technical_efficiency(producing, delays),
        "scrap_ratio": kpi.scrap_ratio(figure.scrap_quantity, figure.produced_quantity),
        "rework_ratio": kpi.rework_ratio(figure.rework_quantity, figure.produced_quantity),
        "first_pass_yield": kpi.first_pass_yield(figure.good_quantity, figure.produced_quantity),
        "throughput_rate": kpi.throughput_rate(figure.produced_quantity, busy / 3600),
        "mtbf": kpi.mtbf(producing + setup, failures),
        "mttr": kpi.mttr(time[TimeClass.BREAKDOWN], failures),
        "failures": failures,
    }
