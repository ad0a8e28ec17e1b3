"""One message to one person or target."""

from __future__ import annotations

from collections.abc import Callable

from andon.choices import Channel
from andon.delivery.mail import send_mail
from andon.delivery.messenger import send_messenger
from andon.delivery.webhook import send_webhook
from andon.models import Notification

SENDERS: dict[str, Callable[[Notification], None]] = {
    Channel.EMAIL: send_mail,
    Channel.WEBHOOK: send_webhook,
    Channel.APPRISE: send_messenger,
}


def send(message: Notification) -> None:
    """Raises DeliveryFailed where it did not arrive."""
    SENDERS[message.channel](message)
