"""What a stretch of work cost: requests a second, latency, and processor time of server and database."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Measured:
    """One stretch of requests."""

    latencies_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0
    server_cpu_ms: float = 0.0
    database_cpu_ms: float = 0.0
    refused: int = 0

    @property
    def count(self) -> int:
        return len(self.latencies_ms)

    @property
    def rate(self) -> float:
        return self.count / self.seconds if self.seconds else 0.0

    def percentile(self, per_cent: int) -> float:
        """Latency in ms below which this share of the requests ended."""
        return statistics.quantiles(self.latencies_ms, n=100, method="inclusive")[per_cent - 1]

    @property
    def cpu_ms(self) -> float:
        """Processor time of server and database per request, in ms."""
        return (self.server_cpu_ms + self.database_cpu_ms) / max(1, self.count)

    def __iadd__(self, other: Measured) -> Measured:
        self.latencies_ms += other.latencies_ms
        self.seconds += other.seconds
        self.server_cpu_ms += other.server_cpu_ms
        self.database_cpu_ms += other.database_cpu_ms
        self.refused += other.refused
        return self


def cpu_ms_of(pids: Iterable[int]) -> float:
    """Processor time of these processes so far, their ended children included, in ms. Linux only; else 0."""
    return sum(_ticks(pid) for pid in pids) * 1000 / TICK


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return sum(int(number) for number in fields[11:15])  # utime stime cutime cstime


def children_of(pid: int) -> list[int]:
    """The process and its direct children: a postmaster and its backends."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        listed = []
    return [pid, *map(int, listed)]


class Client:
    """One keep-alive connection that speaks JSON."""

    def __init__(self, port: int, token: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and decoded answer."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        self.connection.request(method, path, data, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None


Call = tuple[str, str, Any]


def measure(
    *,
    port: int,
    token: str,
    calls: list[Iterator[Call]],
    each: int,
    server_pids: Callable[[], list[int]],
    database_pids: Callable[[], list[int]],
) -> Measured:
    """`each` calls by as many clients at once as there are iterators."""
    ready = threading.Barrier(len(calls) + 1)
    found: list[Measured] = []

    def work(mine: Iterator[Call]) -> None:
        client, own = Client(port, token), Measured()
        client.ask("GET", "/health")
        ready.wait()
        for _number, (method, path, body) in zip(range(each), mine, strict=False):
            began = time.perf_counter()
            status, answer = client.ask(method, path, body)
            own.latencies_ms.append((time.perf_counter() - began) * 1000)
            if status >= 400:
                own.refused += 1
                own.first_refusal = answer  # type: ignore[attr-defined]
        found.append(own)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in calls]
    for thread in threads:
        thread.start()
    server, database = server_pids(), database_pids()
    before = cpu_ms_of(server), cpu_ms_of(database)
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    total = Measured(seconds=time.perf_counter() - began)
    after = cpu_ms_of(server), cpu_ms_of(database)
    total.server_cpu_ms, total.database_cpu_ms = after[0] - before[0], after[1] - before[1]
    for own in found:
        total.latencies_ms += own.latencies_ms
        total.refused += own.refused
        if own.refused and not hasattr(total, "first_refusal"):
            total.first_refusal = own.first_refusal  # type: ignore[attr-defined]
    return total
