"""The pictures of the line page, each with its table: what templates/floor and charts.js draw (durations in seconds)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import dropwhile
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.templatetags.ui import amount, duration, percent
from equipment.choices import State
from equipment.models import StopReason
from floor.selectors.lines import LineWindow
from floor.selectors.timeline import Stretch, state_label
from oee.kpi import Bucket, TimeClass, bucket_of
from oee.selectors.reports import Group
from oee.slices import HOUR_US, StopKey, from_us

HOURLY_LIMIT = timedelta(hours=50)  # a row per hour is readable so far; longer windows have the trend
FACTORS = ("oee", "availability", "performance", "quality")


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, the same as a table, and one sentence that says it."""

    data: dict[str, Any]
    columns: list[str]
    rows: list[list[Any]]
    summary: str = ""
    csv_url: str = ""


def _seconds(microseconds: int) -> float:
    return microseconds / 1_000_000


def _clock(moment: datetime, pattern: str = "H:i") -> str:
    """In the active time zone."""
    return date_format(timezone.localtime(moment), pattern)


def timeline(view: LineWindow) -> Chart | None:
    """A row per clock hour (of a line in parallel: per hour and machine)."""
    if min(view.end, view.now) - view.start > HOURLY_LIMIT:
        return None
    rows: dict[tuple[int, str], list[Stretch]] = defaultdict(list)
    for piece in view.timeline():
        rows[piece.hour, piece.machine.equipment_code if len(view.timed) > 1 else ""].append(piece)
    known = [piece for pieces in rows.values() for piece in pieces if piece.state_id is not None]
    return Chart(
        data={"rows": [_timeline_row(hour, code, rows[hour, code]) for hour, code in sorted(rows)]},
        columns=[_("From"), _("To"), _("Machine"), _("State"), _("Reason"), _("Seconds")],
        rows=[_stretch_row(piece) for key in sorted(rows) for piece in rows[key]] if known else [],
        summary=_running_share(piece for pieces in rows.values() for piece in pieces),
    )


def _timeline_row(hour: int, code: str, pieces: list[Stretch]) -> dict[str, Any]:
    label = f"{_clock(from_us(hour))} {code}".strip()
    return {"label": label, "segments": [_segment(hour, piece) for piece in pieces]}


def _segment(hour: int, piece: Stretch) -> dict[str, Any]:
    start, end = piece.whole
    return {
        "id": piece.state_id,
        "state": piece.state,
        "label": str(state_label(piece.state)),
        "from": _seconds(piece.start - hour),
        "to": min(_seconds(piece.end - hour), _seconds(HOUR_US)),
        "start": _clock(from_us(start), "H:i:s"),
        "end": _clock(from_us(end), "H:i:s"),
        "seconds": _seconds(end - start),
        "reason": piece.reason,
        "machine": piece.machine.name or piece.machine.equipment_code,
    }


def _stretch_row(piece: Stretch) -> list[Any]:
    start, end = (_clock(from_us(at), "Y-m-d H:i:s") for at in (piece.start, piece.end))
    label = str(state_label(piece.state))
    return [start, end, piece.machine.equipment_code, label, piece.reason, _seconds(piece.end - piece.start)]


def _running_share(pieces: Iterable[Stretch]) -> str:
    times: dict[str, int] = defaultdict(int)
    for piece in pieces:
        times[piece.state] += piece.end - piece.start
    planned = sum(us for state, us in times.items() if state not in ("BREAK", "OFF_SHIFT"))
    if not planned:
        return ""
    return _("Running %(share)s of the planned time.") % {"share": percent(times[State.RUNNING] / planned, 0)}


def hourly(view: LineWindow) -> Chart | None:
    """Good and scrap against the plan, by clock hour."""
    if min(view.end, view.now) - view.start > HOURLY_LIMIT:
        return None
    hours = view.hours()
    good, plans = sum(hour.good for hour in hours), [hour.plan for hour in hours if hour.plan is not None]
    words = {"good": amount(good), "plan": amount(sum(plans))}
    return Chart(
        data={
            "unit": _("pieces"),
            "rows": [
                {
                    "label": _clock(hour.hour),
                    "plan": hour.plan,
                    "good": hour.good,
                    "scrap": hour.scrap,
                    "running": hour.running,
                }
                for hour in hours
            ],
        },
        columns=[_("Hour"), _("Plan"), _("Good"), _("Scrap"), _("OEE (%)")],
        rows=[
            [_clock(hour.hour, "Y-m-d H:i"), hour.plan, hour.good, hour.scrap, _percent(hour.oee)]
            for hour in hours
        ],
        summary=_("%(good)s good of %(plan)s planned.") % words if plans else "",
    )


def _percent(ratio: float | None) -> float | None:
    """Per cent with two decimals, as a number that a spreadsheet can add."""
    return None if ratio is None else round(100 * ratio, 2)


def pareto(view: LineWindow) -> Chart:
    """Stops inside the planned busy time by reason, or by state where nobody gave one."""
    bars = _bars(view)
    total = sum(bar["seconds"] for bar in bars)
    so_far = 0.0
    for bar in bars:
        so_far += bar["seconds"]
        bar |= {"share": bar["seconds"] / total, "cumulative": so_far / total}
    return Chart(
        data={"bars": bars},
        columns=[
            _("Reason"),
            _("Code"),
            _("Seconds"),
            _("Minutes"),
            _("Stops"),
            _("Share (%)"),
            _("Cumulative (%)"),
        ],
        rows=[
            [
                bar["label"],
                bar["code"],
                bar["seconds"],
                round(bar["seconds"] / 60, 2),
                bar["count"],
                _percent(bar["share"]),
                _percent(bar["cumulative"]),
            ]
            for bar in bars
        ],
        summary=_most(bars, total),
    )


def _bars(view: LineWindow) -> list[dict[str, Any]]:
    stops = view.stops()
    names = StopReason.objects.in_bulk({key.reason_id for key, _stop in stops if key.reason_id})
    found: dict[str, dict[str, Any]] = {}
    for key, stop in stops:
        code, label = _stop_name(key, names)
        bar = found.setdefault(code, {"label": label, "code": code, "us": 0, "count": 0})
        bar["us"] += stop.us
        bar["count"] += stop.count
    ordered = sorted(found.values(), key=lambda bar: (-bar["us"], bar["code"]))
    return [{"seconds": _seconds(bar.pop("us")), **bar} for bar in ordered]


def _stop_name(key: StopKey, names: dict[int, StopReason]) -> tuple[str, str]:
    """(code, words) of a kind of stop."""
    if key.reason_id:
        return names[key.reason_id].code, names[key.reason_id].name
    code = "MINOR_STOP" if key.time_class is TimeClass.MINOR_STOP else key.state
    return code, str(state_label(code))


def _most(bars: list[dict[str, Any]], total: float) -> str:
    if not bars:
        return ""
    most = {"reason": bars[0]["label"], "time": duration(bars[0]["seconds"]), "total": duration(total)}
    return _("Most time went to %(reason)s: %(time)s of %(total)s.") % most


STOP_LOSSES = {
    "breakdown": TimeClass.BREAKDOWN,
    "setup": TimeClass.SETUP,
    "starved_blocked": TimeClass.STARVED_BLOCKED,
    "minor_stops": TimeClass.MINOR_STOP,
    "idle": TimeClass.IDLE,
    "other": TimeClass.OTHER,
    "unknown": TimeClass.UNKNOWN,
}


def loss_labels() -> dict[str, str]:
    """The losses of the bridge in words."""
    return {
        "breakdown": _("Breakdowns"),
        "setup": _("Setup and adjustment"),
        "starved_blocked": _("Starved or blocked"),
        "minor_stops": _("Minor stops"),
        "idle": _("No order"),
        "other": _("Other stops"),
        "unknown": _("No signal"),
        "reduced_speed": _("Reduced speed"),
        "process_defects": _("Rejects"),
        "startup_rejects": _("Start-up rejects"),
    }


def waterfall(view: LineWindow) -> Chart:
    """From planned busy time to the ideal time of the good pieces; each loss under the factor it counts in."""
    steps = _steps(view) if view.report.sums.planned_busy_us else []
    kinds = {"total": "", "subtotal": "", "loss": "−"}
    return Chart(
        data={"steps": steps},
        columns=[_("Step"), _("Factor"), _("Seconds"), _("Share of planned busy time (%)")],
        rows=[
            [
                f"{kinds[step['kind']]} {step['label']}".strip(),
                str(factor_labels().get(step.get("factor", ""), "")),
                step["seconds"],
                _percent(step["seconds"] / steps[0]["seconds"]),
            ]
            for step in steps
        ],
        summary=_greatest(steps),
    )


def factor_labels() -> dict[str, str]:
    return {
        "oee": _("OEE"),
        "availability": _("Availability"),
        "performance": _("Performance"),
        "quality": _("Quality"),
        "teep": _("TEEP"),
    }


def _steps(view: LineWindow) -> list[dict[str, Any]]:
    sums, losses = view.report.figure, view.report.losses
    found = {field.name: getattr(losses, field.name) for field in fields(losses)}
    by_factor: dict[str, list[dict[str, Any]]] = {"availability": [], "performance": [], "quality": []}
    for name, label in loss_labels().items():
        if found[name]:
            factor = _factor(name, view)
            by_factor[factor].append(
                {"label": label, "seconds": float(found[name]), "kind": "loss", "factor": factor}
            )
    steps = [_level(_("Planned busy time"), sums.planned_busy_seconds, "total"), *by_factor["availability"]]
    steps.append(_level(_("Producing"), sums.actual_production_seconds, "subtotal"))
    if sums.ideal_seconds is None or sums.ideal_good_seconds is None:
        return steps  # without an ideal cycle nobody can say more
    steps += [
        *by_factor["performance"],
        _level(_("Ideal time of all pieces"), sums.ideal_seconds, "subtotal"),
    ]
    return [
        *steps,
        *by_factor["quality"],
        _level(_("Ideal time of good pieces"), sums.ideal_good_seconds, "total"),
    ]


def _level(label: str, seconds: Any, kind: str) -> dict[str, Any]:
    return {"label": label, "seconds": float(seconds), "kind": kind}


def _factor(loss: str, view: LineWindow) -> str:
    """The factor a loss counts in, by the policy of the window's last day."""
    if loss in STOP_LOSSES:
        is_speed = bucket_of(STOP_LOSSES[loss], view.policy) is Bucket.PRODUCTION
        return "performance" if is_speed else "availability"
    return "performance" if loss == "reduced_speed" else "quality"


def _greatest(steps: list[dict[str, Any]]) -> str:
    losses = [step for step in steps if step["kind"] == "loss" and step["seconds"] > 0]
    if not losses:
        return ""
    most = max(losses, key=lambda step: step["seconds"])
    words = {"loss": most["label"], "time": duration(most["seconds"])}
    return _("The greatest loss: %(loss)s, %(time)s.") % words


def trend(view: LineWindow) -> Chart:
    """OEE and its factors per shift day, from the first day on of which anything is known."""
    days = list(dropwhile(_is_silent, view.days()))
    values = [(_day_label(group), group.report.figure) for group in days]
    return Chart(
        data={
            "target": float(view.line.target_oee),
            "points": [
                {"label": label, **{name: getattr(figure, name) for name in FACTORS}}
                for label, figure in values
            ],
        },
        columns=[_("Shift day"), *(f"{factor_labels()[name]} (%)" for name in FACTORS), _("Good")],
        rows=[
            [
                group.key,
                *(_percent(getattr(group.report.figure, name)) for name in FACTORS),
                group.report.sums.good,
            ]
            for group in days
        ],
        summary=ngettext("%(days)d shift day.", "%(days)d shift days.", len(days)) % {"days": len(days)},
    )


def _is_silent(group: Group) -> bool:
    """No machine gave any sign: before a line's first signal, nought per cent would be an invention."""
    sums = group.report.sums
    return not sums.produced and sums.unknown_us >= sums.planned_busy_us


def _day_label(group: Group) -> str:
    return date_format(datetime.fromisoformat(group.key).date(), "j M")


CHARTS: dict[str, Callable[[LineWindow], Chart | None]] = {
    "timeline": timeline,
    "hourly": hourly,
    "pareto": pareto,
    "waterfall": waterfall,
    "trend": trend,
}
