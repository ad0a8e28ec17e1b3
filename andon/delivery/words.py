"""What a message says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from andon.choices import Clock
from andon.models import Notification


@dataclass(frozen=True, slots=True)
class Words:
    """A title of one line, and a text."""

    title: str
    text: str


def words_of(message: Notification) -> Words:
    """Where help is called for, what is wrong, since when, and why this person is told."""
    step = message.step
    event = step.event
    place = " · ".join(filter(None, [event.line.name, str(event.machine or "")]))
    title = f"[{event.get_priority_display()}] {event.get_event_type_display()}: {place}"
    reported = timezone.localtime(event.reported_at, event.line.site.zone)
    lines = [
        title,
        event.description,
        _("Called at %(time)s by %(who)s.")
        % {"time": date_format(reported, "Y-m-d H:i"), "who": event.caller},
        _waits_for(step, event),
        _("Level %(level)s. Call number %(id)s.") % {"level": step.level, "id": event.pk},
    ]
    return Words(title.replace("\n", " ").replace("\r", " ")[:200], "\n".join(filter(None, lines)))


def _waits_for(step: Any, event: Any) -> str:
    if step.clock == Clock.REPORTED:
        return _("Nobody has answered yet.")
    return _("%(who)s is on it; it is not over yet.") % {"who": event.acknowledged_by}
