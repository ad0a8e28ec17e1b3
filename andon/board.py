"""What the board and the wall show of each open call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.choices import Role
from andon.choices import EventType, Priority, Status
from andon.models import AndonEvent, ResponseType
from andon.selectors import open_events, response_types
from equipment.models import Line

# How urgent it is, in the colours of the states, with an icon; the word stands beside.
LOOKS = {
    Priority.CRITICAL: ("FAULT", "exclamation-octagon-fill"),
    Priority.HIGH: ("BLOCKED", "exclamation-triangle-fill"),
    Priority.MEDIUM: ("STARVED", "exclamation-circle"),
    Priority.LOW: ("SETUP", "info-circle"),
}
ICONS = {
    EventType.STOPPAGE: "stop-circle",
    EventType.QUALITY: "clipboard2-x",
    EventType.MATERIAL: "box-seam",
    EventType.MAINTENANCE: "wrench",
    EventType.SAFETY: "shield-exclamation",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A call as people see it: its owner, and when it should be over (None: nobody agreed on it)."""

    call: AndonEvent
    owner: str
    target_at: datetime | None
    is_late: bool

    @property
    def state(self) -> str:
        return LOOKS[Priority(self.call.priority)][0]

    @property
    def icon(self) -> str:
        return LOOKS[Priority(self.call.priority)][1]

    @property
    def type_icon(self) -> str:
        return ICONS[EventType(self.call.event_type)]

    @property
    def is_answered(self) -> bool:
        return self.call.status == Status.ACKNOWLEDGED


def cards(*, lines: Iterable[Line], now: datetime) -> list[Card]:
    """The open calls of these lines: the unanswered first, of them the most urgent, of them the oldest."""
    types = response_types()
    calls = [call for group in open_events(line_ids=[line.pk for line in lines]).values() for call in group]
    return [_card(call, types.get(call.event_type), now) for call in sorted(calls, key=_trouble)]


def _trouble(call: Any) -> tuple[bool, int, datetime]:
    return call.status != Status.OPEN, -call.urgency, call.reported_at


def _card(call: AndonEvent, agreed: ResponseType | None, now: datetime) -> Card:
    if agreed is None:
        return Card(call, "", None, False)
    target_at = call.reported_at + timedelta(minutes=agreed.target_minutes)
    return Card(call, str(Role(agreed.owner_role).label), target_at, now > target_at)


def counts(shown: Iterable[Card]) -> dict[str, int]:
    """How many are open, unanswered, escalated, late."""
    shown = list(shown)
    return {
        "open": len(shown),
        "unanswered": sum(not card.is_answered for card in shown),
        "escalated": sum(card.call.escalation_level > 0 for card in shown),
        "late": sum(card.is_late for card in shown),
    }
