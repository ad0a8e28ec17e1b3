"""A figure opens its own arithmetic: the division, the four sums, the rules in force and the rows behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from floor.charts import factor_labels
from floor.selectors.lines import LineWindow, undefined_reason
from floor.selectors.timeline import state_label
from oee.choices import Idle, MinorStops, Setup, StarvedBlocked, UnknownTime
from oee.kpi import Bucket
from oee.models import LossPolicy
from oee.selectors.explain import CountEvidence, Evidence, IntervalEvidence, explain
from oee.selectors.policies import PolicyInForce
from oee.selectors.scopes import line_scope

SHOWN_ROWS = 200  # on the page; the CSV has all
SHORTEST = timedelta(seconds=1)

# numerator, denominator by the codes of the sums
FRACTIONS = {
    "oee": ("IDEAL_GOOD", "PBT"),
    "availability": ("APT", "PBT"),
    "performance": ("IDEAL", "APT"),
    "quality": ("IDEAL_GOOD", "IDEAL"),
    "teep": ("IDEAL_GOOD", "CALENDAR"),
}


def evidence_of(view: LineWindow) -> Evidence:
    """The rows behind the figures of this window, the first ones where there are many."""
    return _between(view, view.start, view.end)


def all_evidence(view: LineWindow, is_whole: Callable[[Evidence], bool]) -> Iterator[Evidence]:
    """All rows behind them, in stretches of the window short enough to be whole; together they are its figure."""
    pending = [(view.start, min(view.end, view.now))]
    while pending:
        start, end = pending.pop()
        found = _between(view, start, end)
        if not is_whole(found) and end - start > SHORTEST:
            middle = start + (end - start) / 2
            pending += [(middle, end), (start, middle)]
        else:
            yield found


def _between(view: LineWindow, start: datetime, end: datetime) -> Evidence:
    return explain(scope=line_scope(view.line), start=start, end=end, now=view.now)


def explanation(view: LineWindow, kpi: str) -> dict[str, Any]:
    """The arithmetic of one of FRACTIONS as templates/floor/_explain.html writes it; seconds throughout."""
    sums = {entry["code"]: entry for entry in [*_sums(view), _calendar(view)]}
    above, below = FRACTIONS[kpi]
    value = getattr(view.report.figure, kpi)
    evidence = evidence_of(view)
    return {
        "kpi": kpi,
        "label": factor_labels()[kpi],
        "value": value,
        "formula": f"{sums[above]['label']} ÷ {sums[below]['label']}",
        "numerator": sums[above],
        "denominator": sums[below],
        "undefined_reason": "" if value is not None else undefined_reason(view.report),
        "sums": _sums(view),
        "factors": _factors(view) if kpi == "oee" else [],
        "rounding": _("Shown with two decimals, computed with full precision."),
        "policy": [entry for policy in evidence.policies for entry in _policy(policy)],
        "flags": [str(flag) for flag in view.report.figure.flags],
        "intervals": _table(interval_columns(), map(_interval, evidence.intervals), evidence.interval_total),
        "counts": _table(count_columns(), map(_count, evidence.counts), evidence.count_total),
    }


def _sums(view: LineWindow) -> list[dict[str, Any]]:
    figure = view.report.figure
    return [
        _sum(
            "PBT",
            _("Planned busy time"),
            figure.planned_busy_seconds,
            _("shifts without breaks and planned downtime"),
        ),
        _sum(
            "APT",
            _("Producing"),
            figure.actual_production_seconds,
            _("actual production time, as the rules below count it"),
        ),
        _sum(
            "IDEAL",
            _("Ideal time of all pieces"),
            figure.ideal_seconds,
            _("every piece × its ideal cycle time"),
        ),
        _sum(
            "IDEAL_GOOD",
            _("Ideal time of good pieces"),
            figure.ideal_good_seconds,
            _("every good piece × its ideal cycle time"),
        ),
    ]


def _calendar(view: LineWindow) -> dict[str, Any]:
    return _sum("CALENDAR", _("Calendar time"), view.report.figure.calendar_seconds, "")


def _sum(code: str, label: str, seconds: Any, meaning: str) -> dict[str, Any]:
    value = None if seconds is None else float(seconds)
    return {"code": code, "label": label, "seconds": value, "meaning": meaning}


def _factors(view: LineWindow) -> list[dict[str, Any]]:
    labels = factor_labels()
    names = ("availability", "performance", "quality")
    return [{"label": labels[name], "value": getattr(view.report.figure, name)} for name in names]


def _policy(entry: PolicyInForce) -> list[dict[str, Any]]:
    policy, row = entry.policy, entry.row
    since = _("since %(day)s") % {"day": date_format(row.valid_from)} if row else _("the product's default")
    words = {
        "minor_stops": MinorStops(policy.minor_stops).label,
        "setup": Setup(policy.setup).label,
        "starved_blocked": StarvedBlocked(policy.starved_blocked).label,
        "idle": Idle(policy.idle).label,
        "unknown_time": UnknownTime(policy.unknown_time).label,
    }
    names = {field.name: field.verbose_name for field in LossPolicy._meta.fields}
    return [
        {"label": _("Loss policy"), "value": since},
        {"label": _("Minor stop below"), "value": _("%(count)d s") % {"count": policy.minor_stop_seconds}},
        *({"label": str(names[name]).capitalize(), "value": str(value)} for name, value in words.items()),
    ]


def _table(columns: list[str], rows: Iterable[list[Any]], total: int) -> dict[str, Any]:
    shown = [{"cells": row, "url": "", "muted": False} for row in islice(rows, SHOWN_ROWS)]
    return {"columns": columns, "rows": shown, "total": total, "shown": len(shown), "csv_url": ""}


def interval_columns() -> list[str]:
    return [
        _("From"),
        _("To"),
        _("Machine"),
        _("State"),
        _("Reason"),
        _("Shift"),
        _("Counts as"),
        _("Seconds"),
    ]


def _interval(row: IntervalEvidence) -> list[Any]:
    return [
        _moment(row.start),
        _moment(row.end),
        row.machine.equipment_code,
        str(state_label(row.state)),
        row.reason_name,
        row.shift,
        _buckets()[row.bucket],
        row.seconds,
    ]


def _buckets() -> dict[Bucket, str]:
    return {
        Bucket.PRODUCTION: _("producing"),
        Bucket.DELAY: _("lost"),
        Bucket.EXCLUDED: _("not planned"),
    }


def count_columns() -> list[str]:
    return [
        _("At"),
        _("Machine"),
        _("Product"),
        _("Good"),
        _("Rejects"),
        _("Ideal cycle (s)"),
        _("Ideal time (s)"),
    ]


def _count(evidence: CountEvidence) -> list[Any]:
    row, cycle = evidence.row, evidence.ideal_cycle_seconds
    pieces = evidence.good + evidence.rejects
    return [
        _moment(row.at),
        row.machine.equipment_code,
        row.product.model_code if row.product else None,
        evidence.good,
        evidence.rejects,
        None if cycle is None else float(cycle),
        None if cycle is None else float(cycle * pieces),
    ]


def _moment(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "Y-m-d H:i:s")


def interval_table(view: LineWindow) -> tuple[list[str], list[list[Any]]]:
    """Columns and rows of the intervals behind the figure."""
    parts = all_evidence(view, lambda found: len(found.intervals) == found.interval_total)
    return interval_columns(), [_interval(row) for part in parts for row in part.intervals]


def count_table(view: LineWindow) -> tuple[list[str], list[list[Any]]]:
    """Columns and rows of the counts behind the figure."""
    parts = all_evidence(view, lambda found: len(found.counts) == found.count_total)
    return count_columns(), [_count(row) for part in parts for row in part.counts]
