"""Who watches what, and what they have been told."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import orjson
import structlog
from django.db import Error as DatabaseError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from floor.live import present
from floor.live.listener import Listener
from floor.live.present import Call, Present, in_database
from oee.api.serializers import stamp

log = structlog.get_logger(__name__)
QUEUE_LIMIT = 200  # messages a socket may be behind before it is dropped
PACE_SECONDS = 0.25  # a line is computed at most this often
FRESH_SECONDS = 1.0  # a new watcher is told what was computed this long ago
LONGEST_SILENCE = 2.0  # seconds a line's state may be held back because things are said of it
AGEING_SECONDS = 30.0  # figures change by time alone, and shifts end

MISSED = _("The live connection was interrupted; the present state follows.")

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
        self._calls: set[int] = set()  # for help, likewise; those too long to be said
        self._lines: set[int] = set()  # of which something was said since the last round
        self._said: Counter[int] = Counter()  # how many things were said of a line
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
        """One notification: {"say": …}, {"machines": […]}, {"calls": […]}, {"user": id} or {"everything": true}."""
        news = orjson.loads(payload)
        if "say" in news:
            self._pass_on(**news["say"])
        self._machines.update(news.get("machines", ()))
        self._calls.update(news.get("calls", ()))
        self._everything |= news.get("everything", False)
        for watcher in self.watchers:
            if watcher.user_id == news.get("user"):
                watcher.recheck.set()
        self._wake.set()

    def _pass_on(self, type: str, line: int, machine: int | None, data: dict[str, Any]) -> None:  # noqa: A002
        """What was said goes out at once; the state of its line follows with the next round."""
        self._said[line] += 1
        self._lines.add(line)
        self._tell_watchers((FLOOR, ("line", line), ("equipment", machine or 0)), message(type, data))

    def _tell_watchers(self, topics: tuple[Topic, ...], text: str) -> None:
        for watcher in self.watchers:
            if watcher.watches(topics):
                watcher.tell(text)

    def resync(self) -> None:
        """Tell everybody everything: something may have been missed, and they are told that it may."""
        alert = {"code": "resynchronised", "severity": "INFO", "message": str(MISSED)}
        for watcher in self.watchers:
            watcher.tell(message("system_alert", alert))
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
            machines, calls, lines = self._machines, self._calls, self._lines
            everything, anew = self._everything, self._from_scratch
            self._machines, self._calls, self._lines = set(), set(), set()
            self._everything = self._from_scratch = False
            try:
                await self._round(machines, calls, lines, everything=everything, anew=anew)
            except DatabaseError as error:
                log.warning("live_round_failed", error=str(error))
                self._calls |= calls
                self.resync()  # nobody has been told; try again
                await asyncio.sleep(1)
            await asyncio.sleep(PACE_SECONDS)

    async def _round(
        self, machines: set[int], calls: set[int], said_of: set[int], *, everything: bool, anew: bool
    ) -> None:
        if not self.watchers:
            return
        lines = await (
            in_database(present.all_lines) if everything else in_database(present.lines_of, machines)
        )
        lines |= said_of
        told = await in_database(present.calls_named, calls) if calls else []
        lines |= {call.line_id for call in told}
        async with self._telling:
            await self._tell(lines if self._floor_is_watched() else lines & self._watched(), anew=anew)
            self._tell_calls(told)

    def _tell_calls(self, calls: Iterable[Call]) -> None:
        for call in calls:
            topics: tuple[Topic, ...] = (FLOOR, ("line", call.line_id), ("equipment", call.machine_id or 0))
            self._tell_watchers(topics, message("andon_event", call.data))

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
        said = {pk: self._said[pk] for pk in line_ids}
        now = await in_database(present.present, line_ids)
        self._leave_out(now, {pk for pk in line_ids if self._said[pk] != said[pk]})
        for topics, text in self._news(now, anew=anew):
            self._tell_watchers(topics, text)
        moment = time.monotonic()
        self._told.update({pk: (moment, line) for pk, line in now.lines.items()})
        self._told_machines.update(now.machines)

    def _leave_out(self, now: Present, overtaken: set[int]) -> None:
        """A line of which something was said while it was read may have been read before that: nobody is told old
        after new, and its next round is near. Where that never ends, a state a second late is better than none."""
        patience = time.monotonic() - LONGEST_SILENCE
        for pk in overtaken:
            if pk in self._told and self._told[pk][0] > patience:
                now.lines.pop(pk, None)

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
