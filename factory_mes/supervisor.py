"""What ``make run`` executes: database, migrations, the plant, then every process the product needs, until told to stop.

One process per job (web, worker, simulator), each restarted when it ends and each gone when this one is, however it
went. Ctrl-C and SIGTERM stop all of it, the embedded database too. The environment configures it, see :class:`Config`.
"""

import asyncio
import ctypes
import errno
import fcntl
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from factory_mes import embedded_database
from factory_mes.embedded_database import EmbeddedDatabaseError

ROOT = Path(__file__).resolve().parent.parent
DEMO_ACCOUNTS = (
    "admin production_manager shift_manager engineer operator maintenance quality viewer guest integration"
)
DEMO_PASSWORD = "Demo-2026!"  # noqa: S105 - printed for everyone to use
STOP_SECONDS = 7  # what a process gets to finish before it is killed
LONGEST_PAUSE_SECONDS = 30  # between restarts of a process that keeps ending
SETTLED_SECONDS = 60  # a process that lived this long starts again at once
LINE_LIMIT = 16 * 1024 * 1024  # bytes of one log line
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class SupervisorError(Exception):
    """It cannot start or cannot go on; the text says why in one sentence."""


@dataclass(frozen=True)
class Config:
    """What the environment asks for."""

    home: Path  # MES_HOME: data directory
    host: str  # HOST: address to listen on, 0.0.0.0 for the whole network
    port: int  # PORT
    database_url: str  # DATABASE_URL: a server of the user's own; empty for the embedded one
    demo: bool  # DEMO: the demo plant with its accounts, else an empty plant with one admin
    simulate: bool  # SIMULATE: the demo plant's machines run

    @classmethod
    def read(cls, env: Mapping[str, str]) -> "Config":
        """Raises SupervisorError for a port that is none."""
        port = env.get("PORT") or "8000"
        if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise SupervisorError(f"PORT must be a number from 1 to 65535, not {port!r}.")
        return cls(
            home=Path(env.get("MES_HOME") or embedded_database.DEFAULT_HOME).resolve(),
            host=env.get("HOST") or "127.0.0.1",
            port=int(port),
            database_url=env.get("DATABASE_URL", ""),
            demo=_yes(env.get("DEMO")),
            simulate=_yes(env.get("SIMULATE")),
        )

    @property
    def address(self) -> str:
        """Where a browser on this machine finds it."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"  # noqa: S104

    def processes(self) -> dict[str, list[str]]:
        """Name and command of everything that runs until the end."""
        web = ["-m", "uvicorn", "factory_mes.asgi:application", "--host", self.host, "--port", str(self.port)]
        web += [
            "--ws",
            "websockets-sansio",
            "--no-server-header",
            "--ws-max-size",
            "65536",
            "--no-access-log",
            "--log-level",
            "warning",
        ]
        web += ["--timeout-graceful-shutdown", "5"]
        worker = [
            "manage.py",
            "procrastinate",
            "worker",
            "--concurrency",
            "4",
            "--shutdown-graceful-timeout",
            "5",
        ]
        worker += ["--fetch-job-polling-interval", "1"]
        simulator = {"machines": ["manage.py", "simulate"]} if self.demo and self.simulate else {}
        return {"web": web, "worker": worker, **simulator}


def _yes(value: str | None) -> bool:
    return (value or "1").lower() not in ("0", "false", "no", "off")


def run(config: Config) -> None:
    """Start everything and wait for a signal to stop. Raises SupervisorError, EmbeddedDatabaseError."""
    _refuse_taken_port(config)
    with _only_one(config.home) as lock:
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        asyncio.run(Supervisor(config).run())


def stop(home: Path) -> None:
    """Stop what runs with this home, and its databases, that of the tests included."""
    deadline = time.monotonic() + 2 * STOP_SECONDS
    asked = False
    while True:
        with suppress(SupervisorError), _only_one(home):
            break
        if not asked:
            os.kill(int((home / "run.lock").read_text()), signal.SIGTERM)
            asked = True
        if time.monotonic() > deadline:
            raise SupervisorError(f"What runs with the data in {home} does not stop.")
        time.sleep(0.1)
    embedded_database.stop(home)
    embedded_database.stop(home / "test")


class Supervisor:
    """The processes of one run."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.env = os.environ | {
            "MES_HOME": str(config.home),
            "PORT": str(config.port),
            "DEMO": "1" if config.demo else "0",
            "PYTHONUNBUFFERED": "1",
            # No proxy stands before it unless one is named: else anybody here could write their own address.
            "FORWARDED_ALLOW_IPS": os.environ.get("FORWARDED_ALLOW_IPS", ""),
            # A terminal is for people; INFO has every request.
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        }

    async def run(self) -> None:
        """Work until a signal arrives or a step fails; leave nothing running either way."""
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup stays in force
                asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        work = asyncio.create_task(self._work())
        signalled = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait([work, signalled], return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await work
            say("stopping")
        finally:
            work.cancel()
            await asyncio.wait([work])
            if not self.config.database_url:
                await asyncio.to_thread(embedded_database.stop, self.config.home)
        say("stopped")

    async def _work(self) -> None:
        """Prepare the database and its contents, then keep the processes running."""
        say(f"starting with the data in {self.config.home}")
        database_url = self.config.database_url
        if not database_url:
            database_url = await asyncio.to_thread(embedded_database.ensure, self.config.home)
        self.env["DATABASE_URL"] = database_url
        await self._step("migrate", "manage.py", "migrate", "--noinput", "--verbosity", "0")
        await self._step("plant", "manage.py", "seed_demo" if self.config.demo else "seed_empty")
        async with asyncio.TaskGroup() as group:
            for name, command in self.config.processes().items():
                group.create_task(self._keep(name, command))
            group.create_task(self._announce())
            if not self.config.database_url:
                group.create_task(self._keep_database())

    async def _step(self, name: str, *command: str) -> None:
        code = await self._process(name, list(command))
        if code:
            raise SupervisorError(f"Step {name} failed with exit code {code}; its reason stands above.")

    async def _keep(self, name: str, command: list[str]) -> None:
        """Start the process again whenever it ends, after a pause that doubles while it keeps ending."""
        pause = 1
        while True:
            started = time.monotonic()
            code = await self._process(name, command)
            pause = 1 if time.monotonic() - started > SETTLED_SECONDS else pause
            say(f"{name} ended with exit code {code}; it starts again in {pause} s")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _keep_database(self) -> None:
        """Start the embedded database again when it was killed; the processes reconnect by themselves."""
        while True:
            await asyncio.sleep(1)
            if await asyncio.to_thread(embedded_database.is_running, self.config.home):
                continue
            say("the database ended; it starts again")
            try:
                await asyncio.to_thread(embedded_database.ensure, self.config.home)
            except EmbeddedDatabaseError as error:
                say(str(error))

    async def _announce(self) -> None:
        """Print the address and who may sign in, once the pages answer."""
        while not await asyncio.to_thread(_answers, self.config):
            await asyncio.sleep(0.2)
        say(f"factory_mes is running: {self.config.address}")
        if self.config.demo:
            say(f"accounts, each with the password {DEMO_PASSWORD}: {DEMO_ACCOUNTS.replace(' ', ', ')}")
        say("Ctrl-C stops it")

    async def _process(self, name: str, command: list[str]) -> int:
        """Run one of our programs, its output line by line behind its name; return its exit code."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_LIMIT,
            cwd=ROOT,
            env=self.env,
            start_new_session=True,  # Ctrl-C reaches us alone: we decide who stops when
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - nothing but one system call
        )
        assert process.stdout
        try:
            async for line in process.stdout:
                say(line.decode(errors="replace").rstrip(), name)
            return await process.wait()
        finally:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask the process to finish, read what it still says, and kill it when it takes too long."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.communicate(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


def _end_with_parent() -> None:
    """In the child: let Linux kill it when the supervisor is killed, which cannot say goodbye itself."""
    if LIBC:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _answers(config: Config) -> bool:
    """Whether the health page is served."""
    host, port = config.address.removeprefix("http://").rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _refuse_taken_port(config: Config) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise SupervisorError(
                    f"Cannot listen on {config.host}:{config.port}: {error.strerror}."
                ) from error
            raise SupervisorError(
                f"Port {config.port} is taken: stop what runs there, perhaps this very program, "
                f"or choose another, as in: make run PORT=8001"
            ) from error


@contextmanager
def _only_one(home: Path) -> Iterator[TextIO]:
    """Hold the home for this process. Raises SupervisorError while another one runs with it."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "run.lock").open("a")
    except OSError as error:
        raise SupervisorError(
            f"{home} cannot hold the data: {error.strerror}; choose another MES_HOME."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SupervisorError(
                f"factory_mes already runs with the data in {home}: stop it or choose another MES_HOME."
            ) from error
        yield lock


def say(text: str, name: str = "mes") -> None:
    """One line for whoever watches, behind the name of who speaks."""
    sys.stdout.write(f"{name:>8} | {text}\n")
    sys.stdout.flush()


def main(command: str) -> int:
    """``run`` or ``stop``; the exit code."""
    try:
        config = Config.read(os.environ)
        if command == "stop":
            stop(config.home)
        else:
            run(config)
    except (SupervisorError, EmbeddedDatabaseError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
