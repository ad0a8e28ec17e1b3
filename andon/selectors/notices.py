"""What a person has been told on the page."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from andon.choices import UNFINISHED, Channel
from andon.models import Notification


def unseen_notices(*, user: Any) -> QuerySet[Notification]:
    """The notices of this person about calls that are open still, and that they have not waved away; the newest first."""
    mine = Notification.objects.filter(channel=Channel.PAGE, recipient=user, seen_at=None)
    return mine.filter(step__event__status__in=UNFINISHED).select_related(
        "step__event__line", "step__event__machine"
    )
