"""The whole product under fire: its web process, its worker and its database are taken away while people work."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from factory_mes import embedded_database

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "Fault-Passw0rd"
START_SECONDS, PATIENCE_SECONDS, OUTAGE_SECONDS = 240, 120, 20
EVENT_TYPES = ("STOPPAGE", "QUALITY", "MATERIAL", "MAINTENANCE", "SAFETY")
MACHINES, CALLS, REPORTS, PEOPLE = 40, 200, 100, 8


class Gate:
    """The way to the database, which can be shut: what was open breaks off, and nobody gets in."""

    def __init__(self, path):
        self.path, self.is_open, self.pairs = path, True, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            near, _address = self.listener.accept()
            if not self.is_open:
                near.close()
                continue
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.path)
            self.pairs.append((near, far))
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source, target):
        with suppress(OSError):
            while block := source.recv(65536):
                target.sendall(block)
        for end in (source, target):
            end.close()

    def shut(self):
        self.is_open = False
        for end in itertools.chain.from_iterable(self.pairs):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.pairs.clear()


class Product:
    """`make run` of an empty plant behind a gate."""

    def __init__(self, home):
        address = urlsplit(embedded_database.ensure(home, durable=False))
        self.gate = Gate(f"{parse_qs(address.query)['host'][0]}/.s.PGSQL.5432")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        settings = {
            "PORT": str(self.port),
            "MES_HOME": str(home / "product"),
            "DATABASE_URL": f"postgres://postgres@127.0.0.1:{self.gate.port}{address.path}",
            "ADMIN_PASSWORD": PASSWORD,
            "DEMO": "0",
            "SIMULATE": "0",
            "DJANGO_SETTINGS_MODULE": "factory_mes.settings",
        }
        self.log = (home / "product.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "factory_mes.supervisor", "run"],
            cwd=ROOT,
            env=os.environ | settings,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def child(self, words):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        (found,) = (int(pid) for pid in children if words in embedded_database._command_line(int(pid)))
        return found

    def ask(self, method, path, body=None, token=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/json", **headers}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text.startswith((b"{", b"[")) else text

    def insist(self, method, path, body, token):
        """As a client with a key does: again and again, until it is done or refused for good."""
        key = uuid.uuid4().hex
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                status, answer = self.ask(method, path, body, token, **{"Idempotency-Key": key})
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
                continue
            if status < 500:
                return status, answer
            time.sleep(0.1)
        raise AssertionError(f"no answer to {method} {path}")

    def token(self):
        status, answer = self.ask("POST", "/api/v1/auth/login", {"username": "admin", "password": PASSWORD})
        assert status == 200, answer
        return answer["access_token"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()


def until(condition, what, seconds=PATIENCE_SECONDS):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"still waiting for {what}"
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def product():
    home = Path(tempfile.mkdtemp(dir="/tmp"))
    home.chmod(0o755)
    running = Product(home)

    def answers():
        try:
            return running.ask("GET", "/health")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    until(answers, "the product to start", START_SECONDS)
    yield running
    running.stop()
    embedded_database.stop(home)
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def plant(product):
    """A line of forty machines, a job that runs on one of them, and a policy whose first level is due at once."""
    token = product.token()

    def make(path, **body):
        status, answer = product.ask("POST", f"/api/v1/{path}", body, token)
        assert status in (200, 201), (path, answer)
        return answer

    site = make("sites", code="S", name="Site")
    area = make("areas", site="S", site_id=site["id"], code="A", name="Area") if site else None
    line = make("production/lines", line_code="L", name="Line", area="A", area_id=area["id"], site="S")
    codes = [f"M-{n}" for n in range(MACHINES)]
    for code in codes:
        make("equipment", equipment_code=code, name=code, line_id=line["id"])
    levels = [{"level": 1, "after_minutes": 0, "from": "REPORTED", "roles": ["admin"], "channels": ["PAGE"]}]
    make("andon/escalation-policies", name="At once", line_id=line["id"], levels=levels)
    model = make("product-models", model_code="P", model_name="Product")
    now = datetime.now(UTC)
    schedule = make(
        "production/schedules",
        line_id=line["id"],
        product_model_id=model["id"],
        scheduled_start=now.isoformat(),
        scheduled_end=(now + timedelta(hours=8)).isoformat(),
        target_quantity=10_000,
    )
    me = product.ask("GET", "/api/v1/auth/me", token=token)[1]["id"]
    job = make("production/job-assignments", schedule_id=schedule["id"], user_id=me, equipment_code="M-0")
    for verb in ("accept", "start"):
        make(f"jobs/{job['id']}/{verb}")
    return {"token": token, "line": line["id"], "codes": codes, "job": job["id"]}


def calls_of(plant):
    for code, kind in itertools.product(plant["codes"], EVENT_TYPES):
        yield (
            "POST",
            "/api/v1/andon/events",
            {
                "line_id": plant["line"],
                "equipment_code": code,
                "event_type": kind,
                "priority": "HIGH",
                "description": "under fire",
            },
        )


def reports_of(plant):
    for number in range(REPORTS):
        body = {"good": 3, "scrap": 1, "event_id": f"report-{number}"}
        yield "POST", f"/api/v1/jobs/{plant['job']}/counts", body


def test_web_and_worker_are_killed_while_two_hundred_call_and_a_job_reports(product, plant):
    done = []

    def work(call):
        answer = product.insist(*call, plant["token"])
        done.append(answer[0])
        return answer

    with ThreadPoolExecutor(PEOPLE) as pool:
        mixed = [
            call
            for pair in itertools.zip_longest(calls_of(plant), reports_of(plant))
            for call in pair
            if call
        ]
        waiting = [pool.submit(work, call) for call in mixed]
        for words, after in (("uvicorn", 60), ("procrastinate", 120), ("uvicorn", 180)):
            until(lambda after=after: len(done) >= after, "people to work")
            os.kill(product.child(words), signal.SIGKILL)
        answers = [job.result() for job in waiting]
    assert {status for status, _answer in answers} <= {200, 201}, [a for a in answers if a[0] > 201][:3]
    _status, events = product.ask("GET", "/api/v1/andon/events?limit=1000", token=plant["token"])
    assert events["count"] == CALLS
    job = product.ask("GET", f"/api/v1/jobs/{plant['job']}", token=plant["token"])[1]
    assert (job["good_quantity"], job["scrap_quantity"]) == (3 * REPORTS, REPORTS)

    def all_climbed():
        listed = product.ask("GET", "/api/v1/andon/events?limit=1000", token=plant["token"])[1]
        return all(event["escalation_level"] == 1 for event in listed["results"])

    until(all_climbed, "every call to climb its level")
    for event in events["results"][::20]:
        history = product.ask("GET", f"/api/v1/andon/events/{event['id']}/history", token=plant["token"])[1]
        rows = history["results"] if isinstance(history, dict) else history
        assert [row["action"].endswith("escalated") for row in rows].count(True) == 1


def test_the_database_is_gone_for_twenty_seconds(product, plant):
    path = f"/api/v1/andon/events?line_id={plant['line']}"
    assert product.ask("GET", path, token=plant["token"])[0] == 200
    product.gate.shut()
    gone = time.monotonic()
    seen = set()
    while time.monotonic() < gone + OUTAGE_SECONDS:
        status, answer = product.ask("GET", path, token=plant["token"])
        seen.add((status, answer.get("code")))
    assert seen == {(503, "unavailable")}
    assert product.ask("GET", "/health")[0] == 503
    product.gate.is_open = True
    until(lambda: product.ask("GET", path, token=plant["token"])[0] == 200, "recovery")
    until(lambda: product.ask("GET", "/health")[0] == 200, "health")
    body = {"good": 1, "event_id": "after-the-outage"}
    assert product.insist("POST", f"/api/v1/jobs/{plant['job']}/counts", body, plant["token"])[0] in (
        200,
        201,
    )
