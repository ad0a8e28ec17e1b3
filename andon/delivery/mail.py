"""E-mail to one person."""

from __future__ import annotations

from smtplib import SMTPException

from django.core.mail import EmailMessage, get_connection

from andon.delivery.errors import DeliveryFailed
from andon.delivery.words import words_of
from andon.models import Notification

TIMEOUT_SECONDS = 5


def send_mail(message: Notification) -> None:
    """Raises DeliveryFailed. A message has the same Message-ID however often it is tried: servers drop twins."""
    words = words_of(message)
    mail = EmailMessage(
        words.title,
        words.text,
        to=[message.recipient.email],  # type: ignore[union-attr]
        headers={"Message-ID": f"<andon-{message.pk}-{message.created_at:%Y%m%d%H%M%S}@factory-mes>"},
        connection=get_connection(timeout=TIMEOUT_SECONDS),
    )
    try:
        mail.send()
    except (OSError, SMTPException, ValueError) as exc:
        raise DeliveryFailed(f"{type(exc).__name__}: {exc}") from exc
