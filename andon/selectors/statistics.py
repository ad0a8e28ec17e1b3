"""How calls were answered: times, escalations, repeats, floods, what chatters, what was forgotten."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Count, Q

from andon.choices import EventType, Priority, Status, StepStatus
from andon.figures import (
    CHATTER_CALLS,
    CHATTER_WITHIN,
    FLOOD_CALLS,
    FLOOD_WITHIN,
    STALE_AFTER,
    Burst,
    Times,
    bursts,
    ratio,
    times,
)
from andon.models import AndonEvent
from andon.selectors.policies import response_types
from audit.models import AuditLog
from equipment.models import Line

TOP = 10
JOINED = "andon.event.joined"


@dataclass(frozen=True, slots=True)
class Cause:
    """What calls again and again: a place and a type."""

    line_id: int
    line_code: str
    equipment_code: str | None
    event_type: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the window, and the moments at which it was raised: its own, then those that joined it."""

    id: int
    cause: Cause
    priority: str
    status: str
    reported_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    cancelled_at: datetime | None
    escalations: int
    raised_at: tuple[datetime, ...]

    @property
    def ended_at(self) -> datetime | None:
        return self.resolved_at or self.cancelled_at


@dataclass(frozen=True, slots=True)
class Answers:
    """How a group of calls was answered. `on_target_rate`: of the resolved ones, those within their type's target."""

    key: str
    label: str
    calls: int
    raises: int
    acknowledged: int
    resolved: int
    cancelled: int
    open: int
    escalated: int
    escalations: int
    repeat_rate: float | None
    escalation_rate: float | None
    on_target_rate: float | None
    time_to_acknowledge: Times
    time_to_resolve: Times


@dataclass(frozen=True, slots=True)
class CauseShare:
    """A cause among the top ones: its raises, and which share of all raises they are."""

    cause: Cause
    calls: int
    raises: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Chatter:
    cause: Cause
    burst: Burst


@dataclass(frozen=True, slots=True)
class Statistics:
    """All that is told about the calls of a window [start, end)."""

    start: datetime
    end: datetime
    line_id: int | None
    total: Answers
    by_type: list[Answers]
    by_priority: list[Answers]
    by_line: list[Answers]
    top_causes: list[CauseShare]
    floods: list[Burst]
    chattering: list[Chatter]
    stale: list[Call]


def statistics(*, start: datetime, end: datetime, line: Line | None, now: datetime) -> Statistics:
    """Of the calls reported in [start, end), of one line or of all; what is stale is so at `now`."""
    calls = _calls(start, end, line)
    targets = {name: row.target_minutes * 60.0 for name, row in response_types().items()}
    group = partial(answers, targets=targets)
    return Statistics(
        start=start,
        end=end,
        line_id=line.pk if line else None,
        total=group(calls, "total", ""),
        by_type=_by(group, calls, lambda call: call.cause.event_type, dict(EventType.choices)),
        by_priority=_by(group, calls, lambda call: call.priority, dict(Priority.choices)),
        by_line=_by(group, calls, lambda call: call.cause.line_code, _line_names(calls)),
        top_causes=_top(calls),
        floods=bursts(_raises(calls), count=FLOOD_CALLS, within=FLOOD_WITHIN),
        chattering=_chattering(calls),
        stale=[call for call in calls if (call.ended_at or now) - call.reported_at > STALE_AFTER],
    )


def _calls(start: datetime, end: datetime, line: Line | None) -> list[Call]:
    rows = AndonEvent.objects.filter(reported_at__gte=start, reported_at__lt=end).order_by(
        "reported_at", "pk"
    )
    if line is not None:
        rows = rows.filter(line=line)
    fired = Count("steps", filter=Q(steps__status=StepStatus.FIRED))
    rows = rows.select_related("line", "machine").annotate(escalations=fired)
    joins = _joins(rows.values_list("pk", flat=True))
    return [_call(row, joins[row.pk]) for row in rows]


def _joins(ids: Iterable[int]) -> defaultdict[int, list[datetime]]:
    """When somebody joined each call: the trail of the call knows."""
    found: defaultdict[int, list[datetime]] = defaultdict(list)
    named = [str(pk) for pk in ids]
    rows = AuditLog.objects.filter(entity_type="andon_events", entity_id__in=named, action=JOINED)
    for pk, at in rows.order_by("id").values_list("entity_id", "created_at"):
        found[int(pk)].append(at)
    return found


def _call(row: Any, joins: list[datetime]) -> Call:
    return Call(
        id=row.pk,
        cause=Cause(
            row.line_id, row.line.line_code, row.machine and row.machine.equipment_code, row.event_type
        ),
        priority=row.priority,
        status=row.status,
        reported_at=row.reported_at,
        acknowledged_at=row.acknowledged_at,
        resolved_at=row.resolved_at,
        cancelled_at=row.cancelled_at,
        escalations=row.escalations,
        raised_at=(row.reported_at, *joins),
    )


def answers(calls: list[Call], key: str, label: str, *, targets: dict[str, float]) -> Answers:
    """Of calls that are told together; `targets` are the seconds within which a type should be over."""
    raises = len(_raises(calls))
    escalated = _count(calls, lambda call: call.escalations)
    acknowledge = _times(calls, lambda call: call.acknowledged_at)
    resolve = _times(calls, lambda call: call.resolved_at)
    return Answers(
        key=key,
        label=label,
        calls=len(calls),
        raises=raises,
        acknowledged=acknowledge.count,
        resolved=resolve.count,
        cancelled=_count(calls, lambda call: call.status == Status.CANCELLED),
        open=_count(calls, lambda call: call.ended_at is None),
        escalated=escalated,
        escalations=sum(call.escalations for call in calls),
        repeat_rate=ratio(raises - len(calls), raises),
        escalation_rate=ratio(escalated, len(calls)),
        on_target_rate=_on_target(calls, targets),
        time_to_acknowledge=acknowledge,
        time_to_resolve=resolve,
    )


def _count(calls: Iterable[Call], wanted: Callable[[Call], Any]) -> int:
    return sum(1 for call in calls if wanted(call))


def _times(calls: Iterable[Call], moment: Callable[[Call], datetime | None]) -> Times:
    return times((at - call.reported_at).total_seconds() for call in calls if (at := moment(call)))


def _on_target(calls: Iterable[Call], targets: dict[str, float]) -> float | None:
    done = [
        (call.resolved_at - call.reported_at).total_seconds() <= targets[call.cause.event_type]
        for call in calls
        if call.resolved_at is not None and call.cause.event_type in targets
    ]
    return ratio(sum(done), len(done))


def _by(
    group: Callable[[list[Call], str, str], Answers],
    calls: list[Call],
    key: Callable[[Call], str],
    labels: dict[str, Any],
) -> list[Answers]:
    """A group per label, in the order of the labels; those without a call are left out."""
    found: defaultdict[str, list[Call]] = defaultdict(list)
    for call in calls:
        found[key(call)].append(call)
    return [group(found[name], name, str(label)) for name, label in labels.items() if name in found]


def _line_names(calls: list[Call]) -> dict[str, str]:
    lines = Line.objects.filter(pk__in={call.cause.line_id for call in calls}).order_by("line_code")
    return {line.line_code: line.name for line in lines}


def _raises(calls: Iterable[Call]) -> list[datetime]:
    return [at for call in calls for at in call.raised_at]


def _by_cause(calls: Iterable[Call]) -> dict[Cause, list[Call]]:
    found: defaultdict[Cause, list[Call]] = defaultdict(list)
    for call in calls:
        found[call.cause].append(call)
    return dict(found)


def _top(calls: list[Call]) -> list[CauseShare]:
    """The causes that called most often."""
    by_cause, whole = _by_cause(calls), len(_raises(calls))
    raises = Counter({cause: len(_raises(group)) for cause, group in by_cause.items()})
    return [
        CauseShare(cause, len(by_cause[cause]), count, ratio(count, whole))
        for cause, count in raises.most_common(TOP)
    ]


def _chattering(calls: list[Call]) -> list[Chatter]:
    found = [
        Chatter(cause, burst)
        for cause, group in _by_cause(calls).items()
        for burst in bursts(_raises(group), count=CHATTER_CALLS, within=CHATTER_WITHIN)
    ]
    return sorted(found, key=lambda chatter: chatter.burst.start)
