"""Questions about calls; reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import QuerySet

from andon.models import AndonEvent
from audit.models import AuditLog
from audit.selectors import history_of


def open_events(*, line_ids: Iterable[int]) -> dict[int, list[AndonEvent]]:
    """The open calls of each line, the most urgent first, then the oldest; lines without one are left out."""
    rows = AndonEvent.objects.open().filter(line_id__in=list(line_ids)).with_urgency().with_people()
    found: dict[int, list[AndonEvent]] = defaultdict(list)
    for event in rows.order_by("-urgency", "reported_at", "pk"):
        found[event.line_id].append(event)
    return dict(found)


def deeds_of(event: AndonEvent) -> QuerySet[AuditLog]:
    """What was done about the call, oldest first: raised, joined, acknowledged, resolved, cancelled."""
    return history_of(event).filter(action__startswith="andon.event.")
