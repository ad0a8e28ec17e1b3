"""manage.py simulate: the demo's machines, speaking through the same door as any other."""

from __future__ import annotations

import logging
import os
import signal
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.db.models import Max

from accounts.actions import DEMO_PASSWORD
from factory_mes.demo.lines import LINES, DemoLine
from factory_mes.demo.seeds import SOURCE, due_events
from production.models import ProductionCount

log = logging.getLogger(__name__)

INTERVAL = 1.0  # seconds between two looks at what is due
OVERLAP = timedelta(minutes=2)  # said again after a restart: duplicates are harmless, gaps are not
LONGEST_SILENCE = timedelta(hours=24)  # what is caught up after a pause
BATCH = 5000


class Door:
    """The ingest endpoint, with a token that is renewed when it has run out."""

    def __init__(self, base: str) -> None:
        self._http = httpx.Client(base_url=base, timeout=60)

    def post(self, events: list[dict[str, Any]]) -> None:
        """Raises httpx.HTTPError when the product does not take them."""
        if "Authorization" not in self._http.headers:
            self._sign_in()
        response = self._send(events)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._sign_in()
            response = self._send(events)
        response.raise_for_status()

    def _send(self, events: list[dict[str, Any]]) -> httpx.Response:
        return self._http.post("/api/v1/ingest/events", json={"events": events})

    def _sign_in(self) -> None:
        self._http.headers.pop("Authorization", None)
        answer = self._http.post("/api/v1/auth/login", json={"username": SOURCE, "password": DEMO_PASSWORD})
        answer.raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def last_said(line: DemoLine, now: datetime) -> datetime:
    """From when on the line's events are still to be sent."""
    codes = [machine.code for machine in line.machines]
    counts = ProductionCount.objects.filter(machine__equipment_code__in=codes, source=SOURCE)
    latest = counts.aggregate(latest=Max("at"))["latest"]
    earliest = now - LONGEST_SILENCE
    return earliest if latest is None else max(earliest, latest - OVERLAP)


class Command(BaseCommand):
    help = "Send what the demo's machines do, as it happens, to the product's own ingest endpoint."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--url", default=f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        door = Door(options["url"])
        said = {line.code: last_said(line, datetime.now(UTC)) for line in LINES}
        pause = INTERVAL
        while not stop.wait(pause):
            try:
                for line in LINES:
                    said[line.code] = self._say(door, line, said[line.code], datetime.now(UTC))
                pause = INTERVAL
            except httpx.HTTPError as exc:
                log.warning("The product takes no events at the moment: %s", exc)
                pause = min(pause * 2, 30)
            close_old_connections()

    def _say(self, door: Door, line: DemoLine, since: datetime, now: datetime) -> datetime:
        events = due_events(line, since, now)
        for first in range(0, len(events), BATCH):
            door.post(events[first : first + BATCH])
        return now
