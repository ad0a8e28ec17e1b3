"""What the apprise library reaches."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from andon.addresses import OWN_SERVER, Forbidden, reachable
from andon.delivery.errors import DeliveryFailed
from andon.delivery.words import words_of
from andon.models import Notification

TIMEOUT_SECONDS = 4.0
HTTP_PORT = 80


def messenger(url: str) -> Any:
    """The service behind the address, with our timeouts and without redirects. Raises Forbidden where it is none."""
    from apprise import Apprise  # takes a while to load

    service = Apprise.instantiate(url)
    if service is None:
        raise Forbidden(_("The messenger does not understand this address."))
    service.redirects = False
    service.socket_connect_timeout = service.socket_read_timeout = TIMEOUT_SECONDS
    return service


def send_messenger(message: Notification) -> None:
    """Raises DeliveryFailed, also for a server of a private network."""
    words, target = words_of(message), message.target
    try:
        service = messenger(target.url)  # type: ignore[union-attr]
        host = getattr(service, "host", None)
        if host and target.url.partition("://")[0] in OWN_SERVER:  # type: ignore[union-attr]
            reachable(host, service.port or HTTP_PORT)
        arrived = service.notify(title=words.title, body=words.text)
    except (Forbidden, OSError, TypeError) as exc:
        raise DeliveryFailed(f"{type(exc).__name__}: {exc}") from exc
    if not arrived:
        raise DeliveryFailed(_("The messenger did not take it."))
