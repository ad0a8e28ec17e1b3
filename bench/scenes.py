"""What is measured, one method each; every comparison is made in turn, in the same run."""

from __future__ import annotations

import io
import itertools
import random
import time
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from audit.models import AuditLog
from bench import live, plant
from bench.meter import Call, Client, Measured, children_of, measure
from bench.table import Table
from production.models import Process, Serial

SINGLE = "/api/v1/process-data"
BULK = "/api/v1/process-data/bulk"


def prepare(rows: int, table: Table) -> dict[str, int]:
    """The plant behind the figures."""
    began = time.perf_counter()
    ids = plant.build(rows)
    table.say(
        f"plant of {rows:,} records over {plant.DAYS} days built in {time.perf_counter() - began:.0f} s"
    )
    return ids


class Bench:
    """The two servers, and what is asked of them."""

    def __init__(self, web: Any, reference: Any, ids: dict[str, int], rounds: int, table: Table) -> None:
        self.web, self.reference, self.ids, self.rounds, self.table = web, reference, ids, rounds, table
        self.token = self._sign_in()
        self.numbers = itertools.count(1)
        self.processes = list(Process.objects.in_order().values_list("pk", flat=True))

    def run(self, only: list[str] | None) -> None:
        for name in ("single", "units", "bulk", "analytics", "lists", "live"):
            if only is None or name in only:
                getattr(self, name)()

    def _sign_in(self) -> str:
        _status, answer = Client(self.web.port).ask(
            "POST", "/api/v1/auth/login", {"username": "bench", "password": plant.PASSWORD}
        )
        return str(answer["access_token"])

    def _database_pids(self) -> list[int]:
        """The postmaster with its backends, where it runs on this machine."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = cursor.fetchone()[0]
        try:
            status = open(f"/proc/{backend}/status").read()
        except OSError:
            return []
        return children_of(int(status.split("PPid:")[1].split()[0]))

    def _measure(self, server: Any, calls: list[Iterator[Call]], each: int) -> Measured:
        return measure(
            port=server.port,
            token=self.token,
            calls=calls,
            each=each,
            server_pids=lambda: [server.pid],
            database_pids=self._database_pids,
        )

    def _fresh(self, lots: int) -> list[list[int]]:
        return plant.fresh_units(f"B{next(self.numbers)}", lots, self.ids["product"], self.ids["site"])

    def _steps(self, units: list[int]) -> Iterator[Call]:
        """Every unit through its steps, one request each."""
        for unit in units:
            for process in self.processes:
                yield "POST", SINGLE, {**step(process), "serial_id": unit}

    def single(self) -> None:
        """One record per request, the product and the reference in turn."""
        for clients in (1, 8):
            each = 400 // clients
            ours, theirs = Measured(), Measured()
            for _round in range(self.rounds + 1):
                first = self._measure(self.web, [self._steps(lot) for lot in self._fresh(clients)], each)
                second = self._measure(
                    self.reference, [self._steps(lot) for lot in self._fresh(clients)], each
                )
                if _round:  # the first one warms up
                    ours += first
                    theirs += second
            self.table.row(f"process data, one per request, {clients} clients", ours, complaint(ours))
            self.table.row(f"  FastAPI + SQLAlchemy, {clients} clients", theirs, complaint(theirs))
            self.table.say(f"  CPU, product / reference: {ours.cpu_ms / theirs.cpu_ms:.2f}")

    def units(self) -> None:
        """Lots and units by eight clients at once: nobody is refused."""
        body = {"product_model_id": self.ids["product"], "target_quantity": 100}
        lots = self._measure(
            self.web, [itertools.repeat(("POST", "/api/v1/lots", body)) for _ in range(8)], 60
        )
        self.table.row("lots, 8 clients", lots, complaint(lots))
        _status, lot = Client(self.web.port, self.token).ask("POST", "/api/v1/lots", body)
        calls = itertools.repeat(("POST", "/api/v1/serials", {"lot_id": lot["id"]}))
        serials = self._measure(self.web, [calls for _ in range(8)], 12)
        self.table.row("units of one lot, 8 clients", serials, complaint(serials))

    def bulk(self) -> None:
        """Ten thousand records in one request beside COPY of the same rows."""
        shares = []
        for _round in range(max(2, self.rounds // 2)):
            lots = self._fresh(13)
            units = [unit for lot in lots for unit in lot][:1250]
            items = [{**step(process), "serial_id": unit} for unit in units for process in self.processes]
            client = Client(self.web.port, self.token)  # a fresh one: the server hangs up on who was idle
            trail = AuditLog.objects.order_by("id").values_list("id", flat=True).last() or 0
            began = time.perf_counter()
            status, answer = client.ask("POST", BULK, {"items": items})
            over_http = time.perf_counter() - began
            if status != 200 or answer["created"] != len(items):
                raise RuntimeError(f"bulk: {status} {str(answer)[:300]}")
            shares.append(
                (over_http, copy_again(units, [u for lot in self._fresh(13) for u in lot][:1250], trail))
            )
        http, raw = (sorted(pair[n] for pair in shares)[len(shares) // 2] for n in (0, 1))
        self.table.say(
            f"{'bulk, 10,000 records in one request':<44} {10_000 / http:8.0f} rows/s;  raw COPY of the same rows"
            f" {10_000 / raw:8.0f} rows/s;  share {raw / http:.0%}"
        )

    def analytics(self) -> None:
        """Every analytics endpoint, one client."""
        for name in (
            "dashboard",
            "production-stats",
            "process-performance",
            "quality-metrics?days=30",
            "operator-performance?days=30",
            "realtime-status",
        ):
            path = f"/api/v1/analytics/{name}"
            found = self._measure(self.web, [itertools.repeat(("GET", path, None))], 150)
            self.table.row(path, found, complaint(found))

    def live(self) -> None:
        """The push to many clients at once."""
        for clients, rate in live.rates():
            self.table.say(live.measure_push(server=self.web, token=self.token, clients=clients, rate=rate))

    def lists(self) -> None:
        """Single objects, traces and pages of lists, wherever in the table; with statistics as autovacuum keeps them."""
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        low, high = (
            Serial.objects.order_by("pk").values_list("pk", flat=True)[0],
            Serial.objects.latest("pk").pk,
        )
        some = lambda: random.randint(low, high)  # noqa: E731, S311
        paths = {
            "unit by id": lambda: f"/api/v1/serials/{some()}",
            "trace of a unit": lambda: f"/api/v1/serials/{some()}/trace",
            "process data of a unit": lambda: f"/api/v1/process-data/serial/{some()}",
            "process data, 50 rows": lambda: "/api/v1/process-data",
            "process data, failures": lambda: "/api/v1/process-data/failures",
            "process data of a process": lambda: (
                f"/api/v1/process-data/process/{random.choice(self.processes)}"
            ),  # noqa: S311
            "lots, 100 rows": lambda: "/api/v1/lots?limit=100",
            "units, 50 rows": lambda: "/api/v1/serials",
            "units, 50 rows, offset 100,000": lambda: "/api/v1/serials?offset=100000",
            "units, status FAILED": lambda: "/api/v1/serials?status=FAILED",
        }
        for name, path in paths.items():
            calls = (("GET", path(), None) for _ in itertools.count())
            found = self._measure(self.web, [calls], 100)
            self.table.row(name, found, complaint(found))


def step(process: int) -> dict[str, Any]:
    """One passed step, as document 004's example 5 has it."""
    return {
        "process_id": process,
        "data_level": "SERIAL",
        "result": "PASS",
        "measurements": {
            "marking_quality": "A",
            "marking_depth": "0.05mm",
            "position_x": "10.2",
            "position_y": "20.5",
        },
        "cycle_time_seconds": 45,
    }


def complaint(measured: Measured) -> str:
    """The first refusal, where there was one: figures of refusals mean nothing."""
    return str(getattr(measured, "first_refusal", ""))[:200]


COPIED = {
    "production_processdata": "process_id, serial_id, lot_id, operator_id, data_level, result, measurements, defects, notes,"
    " process_order, override_reason, started_at, completed_at, day, created_at",
    "production_stepmark": "process_id, serial_id, lot_id, passed, record_id",
}
TRAIL = (
    "action, entity_type, entity_id, entity_repr, old_values, new_values, user_id, user_name, source, ip_address,"
    " user_agent, request_id, reason, app_version"
)


def copy_again(units: list[int], others: list[int], trail_from: int) -> float:
    """The seconds that plain COPY takes for the rows that these units' records made, written again for as many others:
    the records, the marks of their steps, and the trail of it all."""
    twin = dict(zip(units, others, strict=True))
    lot_of = dict(Serial.objects.filter(pk__in=others).values_list("pk", "lot_id"))
    wanted = f"serial_id = ANY(ARRAY[{','.join(map(str, units))}])"
    prepared = []
    for table, columns in COPIED.items():
        rows = _rows_of(f"SELECT {columns} FROM {table} WHERE {wanted}")
        prepared.append((table, columns, "".join(_retold(row, twin, lot_of) for row in rows)))
    trail = "".join(_rows_of(f"SELECT {TRAIL} FROM audit_auditlog WHERE id > {trail_from}"))
    prepared.append(("audit_auditlog", TRAIL, trail))
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, columns, text in prepared:
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                copy.write(text.encode())
    return time.perf_counter() - began


def _rows_of(query: str) -> list[str]:
    """As COPY writes them, a line each."""
    out = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
        for block in copy:
            out.write(block)
    return out.getvalue().decode().splitlines(keepends=True)


def _retold(row: str, twin: dict[int, int], lot_of: dict[int, int]) -> str:
    fields = row.split("\t")
    other = twin[int(fields[1])]
    fields[1], fields[2] = str(other), str(lot_of[other])
    return "\t".join(fields)
