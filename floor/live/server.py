"""The websocket of the floor as an ASGI application, and its life with the server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from django.db import Error as DatabaseError
from django.utils.translation import gettext as _

from floor.live import present
from floor.live.hub import FLOOR, Hub, Topic, Watcher, message
from floor.live.people import Caller, identify, may_watch
from floor.live.present import in_database
from floor.live.protocol import Refused, Target, read, target_of

log = structlog.get_logger(__name__)
PATHS = ("/ws", "/ws/")
RECHECK_SECONDS = 60.0  # who may no longer watch is found out at the latest after this
CLOSE_SECONDS = 1.0  # what a client gets to take the goodbye
MAX_WATCHERS = 2000
MAX_TOPICS = 1000
SIGNED_OUT, TRY_LATER = 4401, 1013

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_hubs: set[Hub] = set()


def is_listening() -> bool:
    """Whether this process hears what happens on the plant."""
    return any(hub.listener.is_listening for hub in _hubs)


async def lifespan(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The hub lives as long as the server; sockets find it in the state of their scope."""
    await receive()
    hub = scope["state"]["hub"] = Hub()
    _hubs.add(hub)
    running = asyncio.create_task(hub.run())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    _hubs.discard(hub)
    await send({"type": "lifespan.shutdown.complete"})


async def websocket(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """One socket, from its handshake to its end."""
    await receive()
    if scope["path"] not in PATHS:
        await send({"type": "websocket.close"})  # before it is accepted: 403
        return
    await send({"type": "websocket.accept"})
    hub, caller = scope["state"]["hub"], Caller.of(scope)
    try:
        user = await in_database(identify, caller)
        if user is None:
            raise Closing(SIGNED_OUT, "sign in")
        if len(hub.watchers) >= MAX_WATCHERS:
            raise Closing(TRY_LATER, "too many watchers")
        await Session(hub, caller, Watcher(user.pk), receive, send).run()
    except DatabaseError as error:
        log.warning("live_socket_failed", error=str(error))
        await _close(send, TRY_LATER, "try again later")
    except Closing as closing:
        await _close(send, closing.code, closing.reason)


async def _close(send: Send, code: int, reason: str) -> None:
    """Say goodbye; who does not take it is left to the server."""
    with suppress(TimeoutError, OSError):
        await asyncio.wait_for(
            send({"type": "websocket.close", "code": code, "reason": reason}), CLOSE_SECONDS
        )


class Closing(Exception):
    """The socket ends, and why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Session:
    """Reads, writes and guards one socket at the same time; the first of them to end, ends it."""

    def __init__(self, hub: Hub, caller: Caller, watcher: Watcher, receive: Receive, send: Send) -> None:
        self.hub, self.caller, self.watcher = hub, caller, watcher
        self._receive, self._send = receive, send

    async def run(self) -> None:
        """Until the client leaves. Raises Closing, DatabaseError."""
        self.hub.watchers.add(self.watcher)
        tasks = [asyncio.create_task(work()) for work in (self._read, self._write, self._guard, self._pace)]
        try:
            done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self.hub.watchers.discard(self.watcher)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self) -> None:
        while True:
            await self._send({"type": "websocket.send", "text": await self.watcher.outbox.get()})

    async def _pace(self) -> None:
        await self.watcher.too_slow.wait()
        raise Closing(TRY_LATER, "too slow")

    async def _guard(self) -> None:
        """Ask again who this is: now and then, and at once when their account changed."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.watcher.recheck.wait(), RECHECK_SECONDS)
            self.watcher.recheck.clear()
            if not await self._allowed() and self.watcher.topics:
                self.watcher.topics.clear()
                self._answer("error", forbidden().data)

    async def _allowed(self) -> bool:
        user = await in_database(identify, self.caller)
        if user is None or user.pk != self.watcher.user_id:
            raise Closing(SIGNED_OUT, "signed out")
        return may_watch(user)

    async def _read(self) -> None:
        while (event := await self._receive())["type"] == "websocket.receive":
            try:
                await self._obey(read(event.get("text")))
            except Refused as refused:
                self._answer("error", refused.data)

    async def _obey(self, said: dict[str, Any]) -> None:
        match said["type"]:
            case "ping":
                self._answer("pong", {})
            case "subscribe":
                await self._subscribe(target_of(said))
            case "unsubscribe":
                await self._unsubscribe(target_of(said))

    async def _subscribe(self, target: Target) -> None:
        if not await self._allowed():
            raise forbidden()
        topic, line_id = await _find(target)
        if topic not in self.watcher.topics and len(self.watcher.topics) >= MAX_TOPICS:
            raise Refused("too_many", _("No more subscriptions on this connection."))
        self._answer("subscription_confirmed", target.data)
        await self.hub.watch(self.watcher, topic, line_id)

    async def _unsubscribe(self, target: Target) -> None:
        topic, _line_id = await _find(target)
        self.watcher.topics.pop(topic, None)
        self._answer("unsubscription_confirmed", target.data)

    def _answer(self, kind: str, data: dict[str, Any]) -> None:
        self.watcher.tell(message(kind, data))


def forbidden() -> Refused:
    return Refused("forbidden", _("You are not allowed to watch this."))


async def _find(target: Target) -> tuple[Topic, int]:
    """The topic and its line. Raises Refused for what is not there."""
    if target.kind == "floor":
        return FLOOR, 0
    if target.kind == "line" and await in_database(present.line_exists, int(target.id or 0)):
        return ("line", int(target.id or 0)), int(target.id or 0)
    found = await in_database(present.machine_named, str(target.id)) if target.kind == "equipment" else None
    if found is None:
        raise Refused("not_found", _("There is no such line or machine."))
    return ("equipment", found[0]), found[1]
