"""Statistics as pictures, tables and downloads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from andon.choices import EventType, Priority
from andon.selectors.statistics import Answers, Cause, Statistics
from core.templatetags.ui import duration, percent


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn (nothing for a table alone), the same as a table, and one sentence that says it."""

    data: dict[str, Any]
    columns: list[str]
    rows: list[list[Any]]
    summary: str = ""
    csv_url: str = ""


def answer_times(told: Statistics) -> Chart:
    """How long people took, by priority: median and 95th percentile, against each other."""
    shown = told.by_priority
    return Chart(
        data={
            "labels": [row.label for row in shown],
            "series": [
                {
                    "label": _("Answered, median"),
                    "seconds": [row.time_to_acknowledge.median_seconds for row in shown],
                },
                {
                    "label": _("Answered, 95 of 100"),
                    "seconds": [row.time_to_acknowledge.p95_seconds for row in shown],
                },
                {
                    "label": _("Over, median"),
                    "seconds": [row.time_to_resolve.median_seconds for row in shown],
                },
                {
                    "label": _("Over, 95 of 100"),
                    "seconds": [row.time_to_resolve.p95_seconds for row in shown],
                },
            ],
        },
        columns=answer_columns(_("Priority")),
        rows=[answer_row(row) for row in shown],
        summary=_answered(told.total),
    )


def _answered(total: Answers) -> str:
    if not total.acknowledged:
        return ""
    words = {"time": duration(total.time_to_acknowledge.median_seconds), "count": total.acknowledged}
    return _("Half of %(count)d calls were answered within %(time)s.") % words


def answer_columns(first: str) -> list[str]:
    return [
        first,
        _("Calls"),
        _("Raises"),
        _("Answered after (s), mean"),
        _("median"),
        _("95 of 100"),
        _("Over after (s), mean"),
        _("median"),
        _("95 of 100"),
        _("In time (%)"),
        _("Escalated (%)"),
        _("Escalations"),
        _("Repeats (%)"),
    ]


def answer_row(row: Answers) -> list[Any]:
    answered, over = row.time_to_acknowledge, row.time_to_resolve
    return [
        row.label,
        row.calls,
        row.raises,
        *map(_whole, (answered.mean_seconds, answered.median_seconds, answered.p95_seconds)),
        *map(_whole, (over.mean_seconds, over.median_seconds, over.p95_seconds)),
        _percent(row.on_target_rate),
        _percent(row.escalation_rate),
        row.escalations,
        _percent(row.repeat_rate),
    ]


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


def _percent(ratio: float | None) -> float | None:
    """With one decimal, as a number that a spreadsheet can add."""
    return None if ratio is None else round(100 * ratio, 1)


def top_causes(told: Statistics) -> Chart:
    """What called most often, with its share of all."""
    bars, so_far = [], 0.0
    for top in told.top_causes:
        so_far += top.share or 0
        bars.append(
            {"label": cause_label(top.cause), "count": top.raises, "share": top.share, "cumulative": so_far}
        )
    first = told.top_causes[0] if told.top_causes else None
    return Chart(
        data={"bars": bars, "unit": _("raises")},
        columns=[*_cause_columns(), _("Calls"), _("Raises"), _("Share (%)")],
        rows=[[*_cause_cells(t.cause), t.calls, t.raises, _percent(t.share)] for t in told.top_causes],
        summary=_("%(cause)s: %(share)s of all raises.")
        % {"cause": cause_label(first.cause), "share": percent(first.share)}
        if first
        else "",
    )


def cause_label(cause: Cause) -> str:
    return f"{cause.equipment_code or cause.line_code}: {EventType(cause.event_type).label}"


def _cause_columns() -> list[str]:
    return [_("Line"), _("Machine"), _("Type")]


def _cause_cells(cause: Cause) -> list[Any]:
    return [cause.line_code, cause.equipment_code or "", str(EventType(cause.event_type).label)]


def by_type(told: Statistics) -> Chart:
    return _answers_table(_("Type"), told.by_type)


def by_line(told: Statistics) -> Chart:
    return _answers_table(_("Line"), told.by_line)


def _answers_table(first: str, answers: Sequence[Answers]) -> Chart:
    return Chart({}, answer_columns(first), [answer_row(row) for row in answers])


def floods(told: Statistics) -> Chart:
    return Chart(
        {},
        [_("From"), _("To"), _("Raises")],
        [[_clock(burst.start), _clock(burst.end), burst.count] for burst in told.floods],
    )


def chattering(told: Statistics) -> Chart:
    return Chart(
        {},
        [*_cause_columns(), _("From"), _("To"), _("Raises")],
        [
            [*_cause_cells(one.cause), _clock(one.burst.start), _clock(one.burst.end), one.burst.count]
            for one in told.chattering
        ],
    )


def stale(told: Statistics) -> Chart:
    return Chart(
        {},
        [_("Call"), *_cause_columns(), _("Priority"), _("Called"), _("Ended")],
        [
            [
                call.id,
                *_cause_cells(call.cause),
                str(Priority(call.priority).label),
                _clock(call.reported_at),
                _clock(call.ended_at) if call.ended_at else "",
            ]
            for call in told.stale
        ],
    )


def _clock(moment: Any) -> str:
    """In the active time zone."""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S")


TABLES: dict[str, Callable[[Statistics], Chart]] = {
    "answers": answer_times,
    "causes": top_causes,
    "types": by_type,
    "lines": by_line,
    "floods": floods,
    "chattering": chattering,
    "stale": stale,
}


def charts(told: Statistics, csv_url: Callable[[str], str]) -> dict[str, Chart]:
    """All of them by name, each with the address of its download."""
    return {name: replace(make(told), csv_url=csv_url(name)) for name, make in TABLES.items()}
