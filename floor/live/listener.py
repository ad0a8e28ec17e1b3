"""One connection that listens, kept alive; not out of the pool, which would hand it to somebody else."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import psycopg
import structlog
from django.db import connection
from psycopg.conninfo import make_conninfo

from floor.receivers import CHANNEL

log = structlog.get_logger(__name__)
PROBE_SECONDS = 20  # a quiet connection is asked whether it still lives
SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 10.0  # seconds between attempts to connect


class Listener:
    """Calls `hear(payload)` for each notification and `connected()` whenever it listens again: what was said in
    between is lost, so the hearer reads everything anew."""

    def __init__(self, hear: Callable[[str], None], connected: Callable[[], None]) -> None:
        self._hear, self._connected = hear, connected
        self.is_listening = False

    async def run(self) -> None:
        """Listen until cancelled; reconnect with growing, jittered pauses."""
        pause = SHORTEST_PAUSE
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                log.warning("live_listener_lost", error=str(error))
            pause = SHORTEST_PAUSE if self.is_listening else min(2 * pause, LONGEST_PAUSE)
            self.is_listening = False
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  no secret

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(_address(), autocommit=True) as own:
            await own.execute(f"LISTEN {CHANNEL}")
            self.is_listening = True
            self._connected()
            while True:
                async for notification in own.notifies(timeout=PROBE_SECONDS):
                    self._hear(notification.payload)
                await own.execute("SELECT 1")


def _address() -> str:
    """Where Django's connections go, without what only a pool or a cursor needs."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    given = connection.get_connection_params().items()
    return make_conninfo(**{name: value for name, value in given if name in known and name != "options"})
