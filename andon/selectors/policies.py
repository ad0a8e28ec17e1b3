"""Which policy a call lives by."""

from __future__ import annotations

from django.db.models import QuerySet

from andon.models import EscalationLevel, EscalationPolicy, ResponseType


def policy_for(*, line_id: int, event_type: str, priority: str) -> EscalationPolicy | None:
    """The most specific policy in use: of the line before any line's, then of the type, then of the priority."""
    fitting = EscalationPolicy.objects.fitting(line_id=line_id, event_type=event_type, priority=priority)
    return fitting.first()


def levels_of(policy: EscalationPolicy) -> QuerySet[EscalationLevel]:
    """Its rungs, the lowest first."""
    return policy.levels.order_by("level")


def response_types() -> dict[str, ResponseType]:
    """Who owns each type of call, and its target, by type."""
    return {row.event_type: row for row in ResponseType.objects.all()}
