"""`python -m bench [--rows N] [--rounds N] [--only NAME…]`: build the plant, start the servers, measure, print."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.table import Table

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="records behind the plant")
    parser.add_argument("--rounds", type=int, default=6, help="rounds in turn with the reference")
    parser.add_argument("--only", nargs="*", default=None, help="single bulk analytics lists units live")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mes-bench-") as home, ExitStack() as stack:
        environment(Path(home), stack)
        import django

        django.setup()
        from bench import scenes

        table = Table()
        ids = scenes.prepare(options.rows, table)
        with server(PRODUCT) as web, server(REFERENCE) as reference:
            bench = scenes.Bench(web, reference, ids, options.rounds, table)
            bench.run(options.only)
        table.show()
    return 0


def environment(home: Path, stack: ExitStack) -> None:
    """A database of the benchmark's own, and the settings that every process of it reads."""
    os.environ.update(
        MES_HOME=str(home),
        SECRET_KEY=secrets.token_hex(32),
        DJANGO_SETTINGS_MODULE="factory_mes.settings",
        LOG_LEVEL="WARNING",
        THROTTLE_USER="",
        THROTTLE_ANON="",
    )
    from factory_mes import embedded_database

    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = embedded_database.ensure(home)
        stack.callback(embedded_database.stop, home)
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True)


PRODUCT = ["uvicorn", "factory_mes.asgi:application", "--ws", "websockets-sansio", "--no-access-log"]
REFERENCE = ["uvicorn", "bench.reference:app", "--no-access-log"]


class Server:
    """A running web process."""

    def __init__(self, command: list[str]) -> None:
        self.port = free_port()
        arguments = [*command, "--host", "127.0.0.1", "--port", str(self.port), "--log-level", "warning"]
        self.process = subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, env=env_of(command))
        self.pid = self.process.pid

    def wait(self) -> None:
        for _try in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=1)
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server does not answer")


def env_of(command: list[str]) -> dict[str, str]:
    """For the reference: the database as SQLAlchemy names it."""
    if command is PRODUCT:
        return dict(os.environ)
    from django.conf import settings
    from sqlalchemy import URL

    database = settings.DATABASES["default"]
    host = database["HOST"] or database["OPTIONS"].get("host", "")
    query = {"host": host} if host.startswith("/") else {}
    url = URL.create(
        "postgresql+psycopg",
        database["USER"] or None,
        database["PASSWORD"] or None,
        None if query else host,
        int(database["PORT"]) if database["PORT"] else None,
        database["NAME"],
        query,
    )
    return {**os.environ, "BENCH_SQLALCHEMY_URL": url.render_as_string(hide_password=False)}


@contextmanager
def server(command: list[str]) -> Iterator[Server]:
    running = Server(command)
    try:
        running.wait()
        yield running
    finally:
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
