"""One POST of JSON to an address outside: to the address that was checked, without redirects, with a deadline."""

from __future__ import annotations

import json
import socket
import ssl
from http.client import HTTPConnection, HTTPException
from threading import Timer
from typing import Any
from urllib.parse import SplitResult, urlsplit

from andon.addresses import Forbidden, check_address, reachable
from andon.choices import TargetKind
from andon.delivery.errors import DeliveryFailed
from andon.delivery.words import words_of
from andon.models import Notification

TIMEOUT_SECONDS = 5.0  # of each wait
DEADLINE_SECONDS = 10.0  # of the whole exchange, should somebody answer byte by byte
PORTS = {"http": 80, "https": 443}


def send_webhook(message: Notification) -> None:
    """Raises DeliveryFailed for everything but an answer of 2xx."""
    url = message.target.url  # type: ignore[union-attr]
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "factory-mes",
        "X-Notification-Id": str(message.pk),  # the same however often it is tried
    }
    try:
        status = post(url, json.dumps(payload(message)).encode(), headers)
    except (OSError, HTTPException, Forbidden) as exc:
        raise DeliveryFailed(f"{type(exc).__name__}: {exc}") from exc
    if not 200 <= status < 300:
        raise DeliveryFailed(f"HTTP {status}")


def payload(message: Notification) -> dict[str, Any]:
    """The call as the API has it, and the level that was reached."""
    from andon.api.serializers import AndonEventSerializer

    step, words = message.step, words_of(message)
    return {
        "type": "andon_escalation",
        "notification_id": message.pk,
        "level": step.level,
        "roles": step.roles,
        "title": words.title,
        "text": words.text,
        "event": AndonEventSerializer(step.event).data,
    }


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of the answer. Raises Forbidden, OSError, HTTPException."""
    check_address(TargetKind.WEBHOOK, url)
    parts = urlsplit(url)
    connection = Pinned(parts)
    deadline = Timer(DEADLINE_SECONDS, connection.cut)
    deadline.daemon = True
    try:
        connection.connect()
        deadline.start()
        path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    finally:
        deadline.cancel()
        connection.close()


class Pinned(HTTPConnection):
    """Connects to an address that was looked at, not to what the name may mean a moment later."""

    def __init__(self, parts: SplitResult) -> None:
        self.secure = parts.scheme == "https"
        self.default_port = PORTS[parts.scheme]
        super().__init__(str(parts.hostname), parts.port or self.default_port, timeout=TIMEOUT_SECONDS)

    def connect(self) -> None:
        address = reachable(self.host, self.port)[0]
        self.sock = socket.create_connection((address, self.port), TIMEOUT_SECONDS)
        if self.secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """End the exchange from another thread."""
        if self.sock is not None:
            self.sock.shutdown(socket.SHUT_RDWR)
