"""The managers' start page: today's figures out of the data, each beside the place where it can be acted upon.

A card is there for who may open what it leads to; every card costs the same few queries, however large the plant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from audit.entries import EDITS
from audit.models import AuditLog
from core.templatetags.ui import hundred
from equipment.selectors import lines_without_shifts, machines_without_line
from floor.selectors.day import plant_day
from floor.selectors.tiles import TROUBLE, LineTile, line_tiles, summary
from production.choices import LotStatus, TallySubject
from production.days import day_at, default_site
from production.models import Lot, ProductionLogImport
from production.selectors import products_without_rate
from production.selectors.analytics import quality_in
from production.selectors.tallies import Ended, Period, total_of

CAUSES = 5
RECENT = 5


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's dashboard callback: the cards this person may see."""
    now = timezone.now()
    may = request.user.has_perm
    return {
        **context,
        "title": _("Today"),
        "now": now,
        "plant": _plant(now) if may("oee.view_oee") else None,
        "trace": _trace(now) if may("production.view_lot") and may("oee.view_oee") else None,
        "gaps": _gaps(may),
        "imports": _imports() if may("production.view_productionlogimport") else None,
        "people": _people() if may("accounts.change_user") else None,
        "audit": _audit(now) if may("audit.view_auditlog") else None,
        "jobs": _jobs() if may("procrastinate.view_procrastinatejob") else None,
    }


def _plant(now: datetime) -> dict[str, Any]:
    """The lines now, in their running shift, and the day so far."""
    tiles = line_tiles(now=now)
    day = plant_day(now=now)
    return {
        "tiles": tiles,
        "summary": summary(tiles),
        "statuses": _statuses(tiles),
        "day": day,
        "causes": day.causes[:CAUSES],
        "further_causes": len(day.causes[CAUSES:]),
    }


@dataclass(frozen=True, slots=True)
class Share:
    """So many lines in a status, and where they lie on a bar from 0 to 100."""

    status: str
    label: str
    count: int
    start: str
    length: str


def _statuses(tiles: Sequence[LineTile]) -> list[Share]:
    """The worst first, in the words of the statuses (a break is off shift)."""
    counts = Counter(tile.status for tile in tiles)
    found, before = [], 0
    for status in TROUBLE:
        if count := counts[status]:
            start, length = hundred(before / len(tiles)), hundred(count / len(tiles))
            found.append(Share(status, str(status.label), count, start, length))
            before += count
    return found


@dataclass(frozen=True, slots=True)
class Named:
    """So many defects of a code, and their share of all."""

    code: str
    count: int
    share: float


def _trace(now: datetime) -> dict[str, Any]:
    """What was done to units today, on the clock of the first site: results by process, defects, lots in progress."""
    today = day_at(default_site(), now)
    quality = quality_in(Period(today, today))
    lots = Lot.objects.filter(status=LotStatus.IN_PROGRESS).select_related("product")
    named = sum(quality.defects.values())
    return {
        "processes": [row for row in quality.processes if row.records.total],
        "ended": quality.ended.get(today, Ended()),
        "defects": [
            Named(code, count, count / named) for code, count in list(quality.defects.items())[:CAUSES]
        ],
        "further_defects": len(quality.defects) - CAUSES,
        "lots": lots.order_by("-id")[:RECENT],
        "open_lots": total_of(TallySubject.LOTS, [LotStatus.IN_PROGRESS]),
    }


@dataclass(frozen=True, slots=True)
class Gap:
    """Something in the master data that makes figures worse than they are, and where to mend it."""

    count: int
    words: str
    url: str


def _gaps(may: Callable[[str], bool]) -> list[Gap]:
    """For who may mend them."""
    asked = [
        (
            "production.add_standardrate",
            products_without_rate,
            _("active products without an ideal cycle time: no performance, no quality"),
            "rate=missing",
        ),
        (
            "equipment.add_shiftpattern",
            lines_without_shifts,
            _("lines without shifts: planned around the clock"),
            "shifts=missing",
        ),
        (
            "equipment.change_machine",
            machines_without_line,
            _("machines without a line: in no line's figures"),
            "place=missing",
        ),
    ]
    found = [(ask(), words, query) for permission, ask, words, query in asked if may(permission)]
    gaps = [Gap(rows.count(), words, f"{_list(rows.model)}?{query}") for rows, words, query in found]
    return [gap for gap in gaps if gap.count]


def _list(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def _imports() -> dict[str, Any]:
    rows = ProductionLogImport.objects.select_related("line", "created_by").defer("report")[:RECENT]
    return {"rows": rows, "url": _list(ProductionLogImport)}


def _people() -> dict[str, Any]:
    """Sign-ups that nobody has let in yet, the longest waiting first."""
    waiting = User.objects.waiting().order_by("created_at")
    return {"waiting": waiting[:RECENT], "count": waiting.count(), "url": f"{_list(User)}?approval=missing"}


def _audit(now: datetime) -> dict[str, Any]:
    """Entries since midnight, on the clock of the page."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    entries = AuditLog.objects.filter(created_at__gte=midnight)
    edits = dict(entries.filter(action__in=EDITS).values_list("action").annotate(Count("id")).order_by())
    return {
        "total": (total := entries.count()),
        "edits": [(name, edits.get(name, 0)) for name in EDITS],
        "deeds": total - sum(edits.values()),
        "people": entries.exclude(user=None).values("user").distinct().count(),
        "rows": entries.filter(action__in=EDITS).exclude(user=None).order_by("-id")[:RECENT],
        "url": _list(AuditLog),
    }


def _jobs() -> dict[str, Any]:
    """Background jobs that are not simply done."""
    open_states = ("todo", "doing", "failed")
    found = ProcrastinateJob.objects.filter(status__in=open_states).values_list("status")
    counts = dict(found.annotate(Count("id")).order_by())
    url = _list(ProcrastinateJob)
    words: Iterable[str] = (_("waiting"), _("running"), _("failed"))
    return {
        "states": [
            {"label": label, "count": counts.get(state, 0), "url": f"{url}?status={state}", "state": state}
            for state, label in zip(open_states, words, strict=True)
        ],
        "url": url,
    }
