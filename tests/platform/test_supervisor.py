"""`make run` as a whole: what starts, who is restarted, and that nothing stays behind, however it ends.

The supervisor and the database are the real ones; the product around them is a few lines that start at once.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from factory_mes import embedded_database
from factory_mes.embedded_database import Server

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30
STOP_LIMIT_SECONDS = 10
MANAGE = """
import os, sys, time
print("command", " ".join(sys.argv[1:]), "DEMO=" + os.environ["DEMO"], "DATABASE_URL=" + os.environ["DATABASE_URL"])
if sys.argv[1] in os.environ.get("BROKEN", "").split():
    sys.exit("it is broken")
if sys.argv[1] in ("procrastinate", "simulate"):
    time.sleep(3600)
"""
ASGI = """
async def application(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"well"})
"""


class Run:
    """One `supervisor run` in a process group of its own, its output collected while it runs."""

    def __init__(self, directory, port, **env):
        self.home = directory / "var"
        self.port = port
        settings = {"PORT": str(port), "MES_HOME": str(self.home), "PYTHONPATH": str(directory), **env}
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "HOST")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "factory_mes.supervisor", "run"],
            cwd=directory,
            env=kept | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.output += line

    def waits_for(self, pattern, times=1):
        until(lambda: len(re.findall(pattern, self.output)) >= times, f"{pattern} in:\n{self.output}")
        return re.findall(pattern, self.output)

    def ends(self):
        code = self.process.wait(PATIENCE_SECONDS)
        self.reader.join()
        return code

    def child(self, words):
        """Process id of the child whose command line holds the words."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        (found,) = (int(pid) for pid in children if words in embedded_database._command_line(int(pid)))
        return found

    def get(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
            return answer.read()


def until(condition, what):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"still waiting for {what}"
        time.sleep(0.05)


def lives(pid):
    return embedded_database._command_line(pid) != ""


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def directory():
    """The real supervisor with a small product, in a directory every account may enter."""
    path = Path(tempfile.mkdtemp(dir="/tmp"))
    path.chmod(0o755)
    (path / "factory_mes").mkdir()
    for name in ("__init__.py", "embedded_database.py", "supervisor.py"):
        shutil.copy(ROOT / "factory_mes" / name, path / "factory_mes")
    (path / "factory_mes/asgi.py").write_text(ASGI)
    (path / "manage.py").write_text(MANAGE)
    yield path
    embedded_database.stop(path / "var")
    shutil.rmtree(path)


@pytest.fixture
def start(directory, port):
    runs = []

    def started(**env):
        runs.append(Run(directory, env.pop("port", port), **env))
        return runs[-1]

    yield started
    for run in runs:
        run.process.kill()
        run.ends()


@pytest.fixture
def running(start):
    run = start()
    run.waits_for("Ctrl-C stops it")
    return run


def test_it_says_where_it_is_and_who_may_sign_in_once_it_answers(running):
    assert f"http://127.0.0.1:{running.port}" in running.output
    assert "Demo-2026!: admin, production_manager, shift_manager, engineer, operator" in running.output
    assert running.get() == b"well"


def test_database_first_then_migrations_then_the_plant_then_the_processes(running):
    running.waits_for("command simulate")
    order = re.findall(r"command (\w+)", running.output)
    assert order[:2] == ["migrate", "seed_demo"]
    assert sorted(order[2:]) == ["procrastinate", "simulate"]
    url = Server.of(running.home).url
    assert running.output.count(f"DATABASE_URL={url}") == 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_of_it_within_ten_seconds(running, number):
    everything = [running.child("uvicorn"), running.child("procrastinate"), running.child("simulate")]
    everything.append(Server.of(running.home).postmaster())
    started = time.monotonic()
    os.killpg(running.process.pid, number)
    assert running.ends() == 0
    assert time.monotonic() - started < STOP_LIMIT_SECONDS
    assert not any(lives(pid) for pid in everything)
    assert "Traceback" not in running.output


def test_a_signal_while_it_prepares_stops_it_too(start):
    run = start()
    run.waits_for("command migrate|seed")
    run.process.terminate()
    assert run.ends() == 0
    assert not embedded_database.is_running(run.home)


@pytest.mark.parametrize("words", ["uvicorn", "procrastinate", "simulate"])
def test_a_killed_process_is_started_again(running, words):
    old = running.child(words)
    os.kill(old, signal.SIGKILL)
    running.waits_for("starts again in 1 s")
    until(lambda: not lives(old) and any_child(running, words), f"a new {words}")
    until(lambda: answers(running), "the page")


def any_child(run, words):
    try:
        return run.child(words)
    except ValueError:
        return None


def answers(run):
    try:
        return run.get() == b"well"
    except OSError:
        return False


def test_a_killed_database_is_started_again(running):
    os.kill(Server.of(running.home).postmaster(), signal.SIGKILL)
    running.waits_for("the database ended; it starts again")
    until(lambda: embedded_database.is_running(running.home), "the database")


def test_the_processes_go_when_the_supervisor_is_killed_and_the_next_run_takes_over(running, start):
    children = [running.child("uvicorn"), running.child("procrastinate"), running.child("simulate")]
    running.process.kill()
    running.ends()
    until(lambda: not any(lives(pid) for pid in children), "the end of the children")
    start().waits_for("Ctrl-C stops it")


def test_a_second_run_says_that_the_port_is_taken_and_leaves_the_first_alone(running, start):
    second = start()
    assert second.ends() == 1
    assert second.output.count("\n") == 1
    assert f"Port {running.port} is taken" in second.output
    assert running.get() == b"well"
    assert embedded_database.is_running(running.home)


def test_a_second_run_on_another_port_does_not_share_the_data(running, start):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        other = probe.getsockname()[1]
    second = start(port=other)
    assert second.ends() == 1
    assert "already runs with the data in" in second.output
    assert embedded_database.is_running(running.home)


def test_without_demo_an_empty_plant_and_no_simulator(start):
    run = start(DEMO="0")
    run.waits_for("Ctrl-C stops it")
    assert re.findall(r"command (\w+)", run.output) == ["migrate", "seed_empty", "procrastinate"]
    assert "Demo-2026!" not in run.output


def test_simulate_0_leaves_the_machines_at_rest(start):
    run = start(SIMULATE="0")
    run.waits_for("Ctrl-C stops it")
    assert "simulate" not in run.output


def test_a_failing_step_ends_it_with_its_reason_and_without_a_database(start):
    run = start(BROKEN="seed_demo")
    assert run.ends() == 1
    assert "it is broken" in run.output
    assert "Step plant failed with exit code 1" in run.output
    assert not embedded_database.is_running(run.home)


def test_a_process_that_keeps_ending_is_started_with_growing_pauses(start):
    run = start(BROKEN="simulate")
    assert run.waits_for(r"machines ended with exit code 1; it starts again in (\d+) s", times=3)[:3] == [
        "1",
        "2",
        "4",
    ]


def test_a_given_database_is_used_and_left_alone(directory, start):
    elsewhere = directory / "elsewhere"
    url = embedded_database.ensure(elsewhere)
    run = start(DATABASE_URL=url)
    run.waits_for("Ctrl-C stops it")
    assert run.output.count(f"DATABASE_URL={url}") >= 3
    os.killpg(run.process.pid, signal.SIGTERM)
    assert run.ends() == 0
    assert embedded_database.is_running(elsewhere)
    assert not (run.home / "postgres").exists()
    embedded_database.stop(elsewhere)


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "8000 "])
def test_a_port_that_is_none_is_refused_in_one_sentence(start, port):
    run = start(port=port)
    assert run.ends() == 1
    assert run.output.startswith("PORT must be a number from 1 to 65535")


def test_stop_ends_a_run_from_elsewhere_and_waits_for_it(running):
    environment = {**os.environ, "MES_HOME": str(running.home)}
    subprocess.run(
        [sys.executable, "-m", "factory_mes.supervisor", "stop"], cwd=ROOT, env=environment, check=True
    )
    assert not embedded_database.is_running(running.home)
    assert running.ends() == 0
