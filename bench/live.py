"""The push: from the commit of an event to the clients that watch its line."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from bench.meter import cpu_ms_of

SECONDS = 10
SENT = b'"sent":'  # looked for, not parsed: the clients share the machine with the server


def measure_push(*, server: Any, token: str, clients: int, rate: int) -> str:
    """One line: latencies from the statement that says it, commit included, to the client's socket."""
    line = _line()
    watchers = subprocess.Popen(
        [sys.executable, "-m", "bench.live", str(server.port), token, str(line.pk), str(clients)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert watchers.stdout and watchers.stdin
    watchers.stdout.readline()  # all of them watch
    before = cpu_ms_of([server.pid])
    said = _publish(line, rate)
    time.sleep(2)
    spent = cpu_ms_of([server.pid]) - before
    watchers.stdin.close()
    latencies = json.loads(watchers.stdout.readline())
    watchers.wait()
    cuts = statistics.quantiles(latencies, n=100)
    return (
        f"push, {clients} clients, {rate} events a second{'':<12} {len(latencies)} of {said * clients} messages"
        f"  p50 {cuts[49]:.1f}  p99 {cuts[98]:.1f} ms  CPU {spent / said:.2f} ms an event"
    )


def _line() -> Any:
    from equipment.models import Area, Line, Site

    site = Site.objects.earliest("pk")
    area, _made = Area.objects.get_or_create(site=site, code="A", defaults={"name": "A"})
    return Line.objects.get_or_create(line_code="LIVE", defaults={"name": "Live", "area": area})[0]


def _publish(line: Any, rate: int) -> int:
    """Say something of the line, `rate` times a second, each in a transaction of its own. How often."""
    from django.db import transaction

    from floor.receivers import say

    began = time.perf_counter()
    for number in range(SECONDS * rate):
        time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        with transaction.atomic():
            data = {"id": number, "sent": time.time(), "description": "x" * 120}
            say("andon_event", line_id=line.pk, data=data)
    return SECONDS * rate


async def watch(port: int, token: str, line_id: int, found: list[float]) -> None:
    """A client that reads as fast as it can: a websocket by hand, so that little of the time measured is its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /ws/?token={token} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    writer.write(_frame({"type": "subscribe", "line_id": line_id}))
    async for text in _texts(reader):
        place = text.find(SENT)
        if place >= 0:
            found.append((time.time() - float(text[place + len(SENT) :].split(b",", 1)[0])) * 1000)


def _frame(said: dict[str, Any]) -> bytes:
    text = json.dumps(said).encode()
    return bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text  # masked with zeros


async def _texts(reader: asyncio.StreamReader) -> Any:
    while True:
        first, length = await reader.readexactly(2)
        if length == 126:
            length = int.from_bytes(await reader.readexactly(2), "big")
        elif length == 127:
            length = int.from_bytes(await reader.readexactly(8), "big")
        body = await reader.readexactly(length)
        if first & 0x0F == 1:
            yield body


async def main() -> None:
    """`python -m bench.live PORT TOKEN LINE CLIENTS`: latencies in ms on standard output when the input ends."""
    port, token, line_id, clients = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    found: list[float] = []
    tasks = []
    for number in range(clients):
        tasks.append(asyncio.create_task(watch(port, token, line_id, found)))
        if number % 20 == 19:
            await asyncio.sleep(0.3)
    await asyncio.sleep(3)
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(json.dumps([round(value, 2) for value in found]), flush=True)
    for task in tasks:
        task.cancel()


def rates() -> Iterator[tuple[int, int]]:
    """(clients, events a second)."""
    yield 100, 100
    yield 1000, 20


if __name__ == "__main__":
    asyncio.run(main())
