"""The outbox: messages are rows, written with the step that sends them, and delivered by jobs of their own.

A worker claims a message, sends it without holding any lock, and says what became of it. What fails is tried again
after growing pauses. A target that hangs is bothered with one message at a time, so that it holds up no other.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.exceptions import AlreadyEnqueued

from accounts.models import User
from andon.choices import PERSONAL, Channel, NotificationStatus
from andon.delivery import DeliveryFailed, send
from andon.models import EscalationStep, Notification, NotificationTarget
from core.db import ensure, lock
from core.ledger import record

log = structlog.get_logger(__name__)
MAX_ATTEMPTS = 6
FIRST_PAUSE = timedelta(seconds=10)  # and three times as long after each failure: all in all about an hour
LEASE = timedelta(minutes=2)  # a worker that has not come back by then is gone
AT_ONCE = 2  # messages that one target is bothered with at the same time
BUSY_PAUSE = timedelta(seconds=2)
MAX_ERROR = 500


def write(step: EscalationStep) -> None:
    """The messages of a step: to each person of its roles, to each target in use of its channels."""
    now = timezone.now()
    rows = [
        *(_to_people(step, channel, now) for channel in step.channels if channel in PERSONAL),
        *(_to_targets(step, channel, now) for channel in step.channels if channel not in PERSONAL),
    ]
    written = Notification.objects.bulk_create(row for group in rows for row in group)
    for row in written:
        if row.status == NotificationStatus.PENDING:
            _queue(row.pk, row.next_attempt_at)


def _to_people(step: EscalationStep, channel: str, now: datetime) -> list[Notification]:
    """The page shows its rows itself: nothing has to be sent."""
    people = User.objects.filter(role__in=step.roles, is_active=True).order_by("pk")
    if channel == Channel.PAGE:
        sent = {"status": NotificationStatus.SENT, "sent_at": now}
        return [_message(step, channel, now, recipient=person, **sent) for person in people]
    return [_message(step, channel, now, recipient=person) for person in people.exclude(email="")]


def _to_targets(step: EscalationStep, channel: str, now: datetime) -> list[Notification]:
    targets = NotificationTarget.objects.filter(kind=channel, is_active=True).order_by("pk")
    return [_message(step, channel, now, target=target) for target in targets]


def _message(step: EscalationStep, channel: str, now: datetime, **more: object) -> Notification:
    return Notification(step=step, channel=channel, created_at=now, next_attempt_at=now, **more)


def _queue(notification_id: int, at: datetime) -> None:
    from andon.tasks import deliver

    with suppress(AlreadyEnqueued), transaction.atomic():
        deliver.configure(schedule_at=at, queueing_lock=f"andon.notification.{notification_id}").defer(
            notification_id=notification_id
        )


def deliver(*, notification_id: int) -> bool:
    """Send the message if it waits and its time has come; whether it was sent here. Call it outside a transaction."""
    message = _claim(notification_id)
    if message is None:
        return False
    try:
        send(message)
    except DeliveryFailed as failure:
        _put_back(message.pk, str(failure))
        return False
    _settle(message.pk)
    return True


@transaction.atomic
def _claim(notification_id: int) -> Notification | None:
    """The message, marked as being sent; None where it is not to be sent now."""
    now = timezone.now()
    message = lock(Notification, notification_id)
    if (
        message.status != NotificationStatus.PENDING
        or message.next_attempt_at > now
        or _in_hand(message, now)
    ):
        return None
    if _target_is_busy(message, now):
        _postpone(message, now + BUSY_PAUSE)
        return None
    message.attempts, message.sending_since = message.attempts + 1, now
    message.save(update_fields=["attempts", "sending_since"])
    return message


def _in_hand(message: Notification, now: datetime) -> bool:
    return message.sending_since is not None and message.sending_since > now - LEASE


def _target_is_busy(message: Notification, now: datetime) -> bool:
    """Mail has one target: the server that takes it."""
    same = Notification.objects.filter(channel=message.channel, target=message.target_id)
    return same.filter(status=NotificationStatus.PENDING, sending_since__gt=now - LEASE).count() >= AT_ONCE


def _postpone(message: Notification, at: datetime) -> None:
    message.next_attempt_at = at
    message.save(update_fields=["next_attempt_at"])
    _queue(message.pk, at)


@transaction.atomic
def _settle(notification_id: int) -> None:
    message = lock(Notification, notification_id)
    message.status, message.sent_at = NotificationStatus.SENT, timezone.now()
    message.sending_since, message.last_error = None, ""
    message.save(update_fields=["status", "sent_at", "sending_since", "last_error"])


@transaction.atomic
def _put_back(notification_id: int, error: str) -> None:
    """Again later, or never more."""
    message = lock(Notification, notification_id)
    log.warning("andon.delivery_failed", notification_id=message.pk, channel=message.channel, error=error)
    message.sending_since, message.last_error = None, error[:MAX_ERROR]
    if message.attempts >= MAX_ATTEMPTS:
        message.status = NotificationStatus.FAILED
    message.save(update_fields=["sending_since", "last_error", "status"])
    if message.status == NotificationStatus.PENDING:
        _postpone(message, timezone.now() + FIRST_PAUSE * 3 ** (message.attempts - 1))


@transaction.atomic
def send_again(*, notification: Notification, actor: Any) -> Notification:
    """Once more from the start. Raises InvalidTransition unless it has FAILED."""
    message = lock(Notification, notification.pk)
    ensure(message, NotificationStatus.PENDING)
    message.status, message.attempts, message.next_attempt_at = NotificationStatus.PENDING, 0, timezone.now()
    message.save(update_fields=["status", "attempts", "next_attempt_at"])
    record("andon.notification.resent", message, actor=actor)
    _queue(message.pk, message.next_attempt_at)
    return message


@transaction.atomic
def see(*, user: Any) -> int:
    """The person has read what the page told them; how many notices that were."""
    unseen = Notification.objects.filter(channel=Channel.PAGE, recipient=user, seen_at=None)
    return unseen.update(seen_at=timezone.now())


def sweep() -> int:
    """Queue again what waits and has lost its job; how many messages."""
    now = timezone.now()
    idle = Q(sending_since=None) | Q(sending_since__lte=now - LEASE)
    waiting = Notification.objects.filter(idle, status=NotificationStatus.PENDING, next_attempt_at__lte=now)
    ids = list(waiting.values_list("pk", flat=True)[:500])
    for pk in ids:
        _queue(pk, now)
    return len(ids)
