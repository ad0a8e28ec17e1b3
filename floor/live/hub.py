"""Who watches what, and what they have been told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import orjson
import structlog
from django.db import Error as DatabaseError
from django.utils import timezone

from floor.live import present
from floor.live.listener import Listener
from floor.live.present import Call, Present, in_database
from oee.api.serializers import stamp

log = structlog.get_logger(__name__)
QUEUE_LIMIT = 200  # messages a socket may be behind before it is dropped
PACE_SECONDS = 0.25  # a line is computed at most this often
FRESH_SECONDS = 1.0  # a new watcher is told what was computed this long ago
AGEING_SECONDS = 30.0  # figures change by time alone, and shifts end

Topic = tuple[Literal["floor", "line", "equipment"], int]
FLOOR: Topic = ("floor", 0)
FIGURE_KEYS = ("oee", "availability", "performance", "quality", "good_quantity", "planned_quantity", "flags")
STATUS_KEYS = (
    "name",
    "status",
    "since",
    "reason",
    "product_code",
    "shift",
    "current_job",
    "active_andon_events",
)


def message(kind: str, data: dict[str, Any]) -> str:
    """The envelope of everything that is sent."""
    return orjson.dumps({"type": kind, "timestamp": stamp(timezone.now()), "data": data}).decode()


class Watcher:
    """One socket: what it watches, and what waits to be sent to it."""

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id
        self.topics: dict[Topic, int] = {}  # topic → its line (0 for the floor)
        self.outbox: asyncio.Queue[str] = asyncio.Queue(QUEUE_LIMIT)
        self.too_slow = asyncio.Event()
        self.recheck = asyncio.Event()

    def tell(self, text: str) -> None:
        """Queue a message; who does not read is marked to be dropped."""
        try:
            self.outbox.put_nowait(text)
        except asyncio.QueueFull:
            self.too_slow.set()

    def watches(self, topics: Iterable[Topic]) -> bool:
        return any(topic in self.topics for topic in topics)


class Hub:
    """The watchers of this process, and the lines as they were last told."""

    def __init__(self) -> None:
        self.watchers: set[Watcher] = set()
        self.listener = Listener(self.hear, self.resync)
        self._told: dict[int, tuple[float, dict[str, Any]]] = {}  # line id → (when, line)
        self._told_machines: dict[int, dict[str, Any]] = {}
        self._machines: set[int] = set()  # changed since the last round
        self._calls: set[int] = set()  # for help, likewise
        self._everything = self._from_scratch = False
        self._wake = asyncio.Event()
        self._telling = asyncio.Lock()  # computing and telling go together: nobody is told old after new

    async def run(self) -> None:
        """Listen and tell until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.listener.run())
            group.create_task(self._rounds())
            group.create_task(self._age())

    def hear(self, payload: str) -> None:
        """One notification: {"machines": […]}, {"calls": […]}, {"user": id} or {"everything": true}."""
        news = orjson.loads(payload)
        self._machines.update(news.get("machines", ()))
        self._calls.update(news.get("calls", ()))
        self._everything |= news.get("everything", False)
        for watcher in self.watchers:
            if watcher.user_id == news.get("user"):
                watcher.recheck.set()
        self._wake.set()

    def resync(self) -> None:
        """Tell everybody everything: something may have been missed."""
        self._everything = self._from_scratch = True
        self._wake.set()

    async def _age(self) -> None:
        while True:
            await asyncio.sleep(AGEING_SECONDS)
            self._everything = True
            self._wake.set()

    async def _rounds(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            machines, calls = self._machines, self._calls
            everything, anew = self._everything, self._from_scratch
            self._machines, self._calls, self._everything, self._from_scratch = set(), set(), False, False
            try:
                await self._round(machines, calls, everything=everything, anew=anew)
            except DatabaseError as error:
                log.warning("live_round_failed", error=str(error))
                self._calls |= calls
                self.resync()  # nobody has been told; try again
                await asyncio.sleep(1)
            await asyncio.sleep(PACE_SECONDS)

    async def _round(self, machines: set[int], calls: set[int], *, everything: bool, anew: bool) -> None:
        if not self.watchers:
            return
        lines = await (
            in_database(present.all_lines) if everything else in_database(present.lines_of, machines)
        )
        told = await in_database(present.calls_named, calls) if calls else []
        lines |= {call.line_id for call in told}
        async with self._telling:
            await self._tell(lines if self._floor_is_watched() else lines & self._watched(), anew=anew)
            self._tell_calls(told)

    def _tell_calls(self, calls: Iterable[Call]) -> None:
        for call in calls:
            text = message("andon_event", call.data)
            topics: tuple[Topic, ...] = (FLOOR, ("line", call.line_id), ("equipment", call.machine_id or 0))
            for watcher in self.watchers:
                if watcher.watches(topics):
                    watcher.tell(text)

    def _floor_is_watched(self) -> bool:
        return any(FLOOR in watcher.topics for watcher in self.watchers)

    def _watched(self) -> set[int]:
        return {line for watcher in self.watchers for line in watcher.topics.values()}

    async def watch(self, watcher: Watcher, topic: Topic, line_id: int) -> None:
        """Add the topic and tell its present state, then whatever changes."""
        async with self._telling:
            lines = await in_database(present.all_lines) if topic == FLOOR else {line_id}
            now = time.monotonic()
            await self._tell({pk for pk in lines if now - self._told.get(pk, (0.0,))[0] > FRESH_SECONDS})
            watcher.topics[topic] = line_id
            for text in self._state(topic, lines):
                watcher.tell(text)

    def _state(self, topic: Topic, lines: Iterable[int]) -> Iterator[str]:
        if topic[0] == "equipment":
            if machine := self._told_machines.get(topic[1]):
                yield message("equipment_status_update", machine)
            return
        for pk in sorted(lines):
            if pk in self._told:
                yield message("line_status_update", self._told[pk][1])

    async def _tell(self, line_ids: set[int], *, anew: bool = False) -> None:
        """Compute these lines and tell their watchers what is new; `anew` tells all of it."""
        if not line_ids:
            return
        now = await in_database(present.present, line_ids)
        for topics, text in self._news(now, anew=anew):
            for watcher in self.watchers:
                if watcher.watches(topics):
                    watcher.tell(text)
        moment = time.monotonic()
        self._told.update({pk: (moment, line) for pk, line in now.lines.items()})
        self._told_machines.update(now.machines)

    def _news(self, now: Present, *, anew: bool) -> Iterator[tuple[tuple[Topic, ...], str]]:
        for pk, line in now.lines.items():
            before = None if anew or pk not in self._told else self._told[pk][1]
            for kind, data in line_news(before, line):
                yield (("line", pk), FLOOR), message(kind, data)
        for pk, machine in now.machines.items():
            if anew or _differs(
                self._told_machines.get(pk), machine, ("state", "state_since", "reason_code")
            ):
                topics: tuple[Topic, ...] = (("equipment", pk), ("line", machine["line_id"]))
                yield topics, message("equipment_status_update", machine)


def line_news(before: dict[str, Any] | None, line: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(type, data) of each message that tells `line` to somebody who knows `before`."""
    if _differs(before, line, STATUS_KEYS) or _stop_id(before) != _stop_id(line):
        yield "line_status_update", line
    if _differs(before, line, FIGURE_KEYS):
        figures = {name: line[name] for name in FIGURE_KEYS}
        yield "oee_update", {"line_id": line["line_id"], "line_code": line["line_code"], **figures}
    if before is not None and _stop_id(before) != _stop_id(line):
        yield from _stop_news(before["active_downtime"], line)


def _stop_news(ended: dict[str, Any] | None, line: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    begun = line["active_downtime"]
    if ended and (not begun or begun["start_time"] != ended["start_time"]):
        yield "downtime_event", {**ended, "end_time": line["since"], "status": "closed"}
    if begun:
        yield "downtime_event", begun


def _stop_id(line: dict[str, Any] | None) -> Any:
    """What makes a stop this stop; a reason given later is news too."""
    stop = line and line["active_downtime"]
    return stop and (stop["id"], stop["start_time"], stop["reason_code"])


def _differs(before: dict[str, Any] | None, after: dict[str, Any], keys: Iterable[str]) -> bool:
    return before is None or any(before[key] != after[key] for key in keys)
