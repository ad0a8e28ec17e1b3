"""What on the floor wants an answer now, out of the tiles: no further query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from equipment.choices import LineStatus
from equipment.models import Line
from floor.selectors.tiles import LineTile
from oee.kpi import Flag

PRIORITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW")


@dataclass(frozen=True, slots=True)
class Alert:
    """Something odd on a line; `kind` is stable for programs."""

    kind: str
    priority: str
    line: Line
    message: str
    since: datetime | None = None
    equipment_code: str | None = None


def alerts(tiles: Iterable[LineTile]) -> list[Alert]:
    """By priority: calls for help by their own, faults, stops and silence, figures that cannot be trusted."""
    found = [alert for tile in tiles for alert in (*_of_calls(tile), *_of_status(tile), *_of_flags(tile))]
    return sorted(found, key=lambda alert: (PRIORITIES.index(alert.priority), alert.line.line_code))


def _of_calls(tile: LineTile) -> list[Alert]:
    """ANDON_QUALITY and the like."""
    return [
        Alert(
            kind=f"ANDON_{call.event_type}",
            priority=call.priority,
            line=tile.line,
            message=": ".join(filter(None, [str(call.get_event_type_display()), call.description])),
            since=call.reported_at,
            equipment_code=call.machine.equipment_code if call.machine else None,
        )
        for call in tile.calls
    ]


def _of_status(tile: LineTile) -> list[Alert]:
    kinds = {
        LineStatus.FAULT: ("LINE_FAULT", "HIGH"),
        LineStatus.STOPPED: ("LINE_STOPPED", "MEDIUM"),
        LineStatus.UNKNOWN: ("NO_SIGNAL", "MEDIUM"),
    }
    if tile.status not in kinds:
        return []
    kind, priority = kinds[LineStatus(tile.status)]
    message = ": ".join(filter(None, [str(tile.status_label), tile.reason]))
    code = tile.stop.machine.equipment_code if tile.stop else None
    return [Alert(kind, priority, tile.line, message, tile.since, code)]


def _of_flags(tile: LineTile) -> list[Alert]:
    words = {
        Flag.PERFORMANCE_OVER_100: _(
            "Performance over 100 %: an ideal cycle time is too long, or counts are wrong."
        ),
        Flag.NO_STANDARD_RATE: _("Pieces of a product without an ideal cycle time."),
        Flag.GOOD_OVER_PRODUCED: _("More good pieces than pieces."),
    }
    return [
        Alert(str(flag), "LOW", tile.line, words[flag], tile.shift.start)
        for flag in tile.report.figure.flags
        if flag in words
    ]
