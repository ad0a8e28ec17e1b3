"""The embedded PostgreSQL: many starters, kill -9, stale and re-used process ids, awkward paths, root."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import environ
import psycopg
import pytest

from factory_mes import embedded_database
from factory_mes.embedded_database import EmbeddedDatabaseError, Server, ensure, is_running, stop

ROOT = Path(__file__).resolve().parents[2]
NAME_BYTES_MAX = 107


@pytest.fixture
def place():
    """A directory every account may enter (pytest's own is closed to others), stopped and removed after."""
    directory = Path(tempfile.mkdtemp(dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    for link in directory.rglob("postgres"):
        stop(link.parent)
        socket_directory = Server.of(link.parent).socket_directory
        shutil.rmtree(link.resolve())
        shutil.rmtree(socket_directory, ignore_errors=True)
    shutil.rmtree(directory)


@pytest.fixture
def home(place):
    return place / "var"


def connect(url):
    config = environ.Env.db_url_config(url)
    return psycopg.connect(dbname=config["NAME"], user=config["USER"], autocommit=True, **config["OPTIONS"])


def ask(url, question):
    with connect(url) as connection:
        return connection.execute(question).fetchone()[0]


def kill(pid):
    os.kill(pid, signal.SIGKILL)
    while embedded_database._command_line(pid):
        time.sleep(0.01)


def pretend_it_runs_as(home, pid):
    """What a lost machine leaves: the files of a running server, its process id meanwhile another's."""
    (home / "postgres/data/postmaster.pid").write_text(f"{pid}\n{home}/postgres/data\n1\n5432\n\n\n\nready\n")
    (home / "postgres/.s.PGSQL.5432.lock").write_text(f"{pid}\n")
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(home / "postgres/.s.PGSQL.5432"))


def postmasters(home):
    commands = (
        embedded_database._command_line(int(p.name)) for p in Path("/proc").iterdir() if p.name.isdigit()
    )
    return [c for c in commands if f"/postgres -D {home}/" in c]


def test_a_new_home_gets_a_postgresql_18_in_utf_8_with_our_database(home):
    url = ensure(home)
    assert ask(url, "SHOW server_version").startswith("18.")
    assert ask(url, "SELECT current_database()") == "factory_mes"
    assert ask(url, "SHOW server_encoding") == "UTF8"
    assert ask(url, "SELECT lower('É')") == "é"
    assert ask(url, "SELECT array_agg(x ORDER BY x) FROM unnest('{나,가,b,a,A}'::text[]) x") == list(
        "Aab가나"
    )


def test_its_socket_is_private_and_it_does_not_listen_on_tcp(home):
    url = ensure(home)
    assert ask(url, "SHOW listen_addresses") == ""
    assert (home / "postgres").stat().st_mode & 0o777 == 0o700


def test_data_is_durable_unless_it_is_test_data(home):
    assert {
        ask(ensure(home), f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")
    } == {"on"}
    stop(home)
    url = ensure(home, durable=False)
    assert {ask(url, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")} == {
        "off"
    }


def test_a_second_call_finds_the_running_server(home):
    url = ensure(home)
    first = Server.of(home).postmaster()
    assert ensure(home) == url
    assert Server.of(home).postmaster() == first


def test_ten_processes_at_once_start_one_server(home):
    command = [sys.executable, "-m", "factory_mes.embedded_database", "start"]
    starters = [
        subprocess.Popen(command, cwd=ROOT, env={**os.environ, "MES_HOME": str(home)}) for _ in range(10)
    ]
    assert [starter.wait() for starter in starters] == [0] * 10
    assert len(postmasters(home)) == 1
    assert ask(ensure(home), "SELECT 1") == 1


def test_stop_stops_and_a_restart_keeps_the_rows(home):
    with connect(ensure(home)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    stop(home)
    assert not is_running(home)
    assert postmasters(home) == []
    assert ask(ensure(home), "SELECT answer FROM kept") == 42


def test_what_was_committed_survives_kill_9_of_the_postmaster(home):
    connection = connect(ensure(home))  # an open session: its backend outlives the postmaster for a moment
    connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    kill(Server.of(home).postmaster())
    assert not is_running(home)
    assert ask(ensure(home), "SELECT answer FROM kept") == 42


def test_a_foreign_process_with_the_old_process_id_is_left_alone(home):
    ensure(home)
    stop(home)
    with subprocess.Popen(["sleep", "60"]) as foreign:
        pretend_it_runs_as(home, foreign.pid)
        assert not is_running(home)
        stop(home)
        assert ask(ensure(home), "SELECT 1") == 1
        assert foreign.poll() is None
        foreign.kill()


def test_a_zombie_does_not_count_as_a_running_server(home):
    ensure(home)
    stop(home)
    zombie = subprocess.Popen(["true"])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    pretend_it_runs_as(home, zombie.pid)
    assert not is_running(home)
    assert ask(ensure(home), "SELECT 1") == 1
    zombie.wait()


def test_a_lost_socket_is_found_and_the_server_restarted(home):
    url = ensure(home)
    (home / "postgres/.s.PGSQL.5432").unlink()
    assert not is_running(home)
    assert ask(ensure(home), "SELECT 1") == 1
    assert len(postmasters(home)) == 1
    assert url == ensure(home)


def test_a_creation_that_was_killed_half_way_starts_afresh(home):
    Server.of(home)
    (home / "postgres/data.new").mkdir()
    (home / "postgres/data.new/PG_VERSION").write_text("18\n")
    assert ask(ensure(home), "SELECT 1") == 1


@pytest.mark.parametrize(
    "name", ["a b", "공장", "it's $HOME", 'quote"', "one,two", "percent%20", "deep" * 30]
)
def test_awkward_and_long_paths_work(place, name):
    home = place / name / "var"
    url = ensure(home)
    assert ask(url, "SELECT 1") == 1
    longest = Server.of(home).socket_directory / ".s.PGSQL.5432"
    assert len(os.fsencode(longest)) <= NAME_BYTES_MAX
    assert longest.parent.stat().st_mode & 0o777 == 0o700


def test_a_socket_directory_others_may_enter_is_refused(place):
    home = place / ("deep" * 30)
    open_to_all = Server.of(home).socket_directory
    open_to_all.mkdir(mode=0o777)
    open_to_all.chmod(0o777)
    with pytest.raises(EmbeddedDatabaseError, match="not a private directory"):
        ensure(home)


def test_a_server_that_cannot_start_says_why(home):
    ensure(home)
    stop(home)
    (home / "postgres/data/postgresql.auto.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedDatabaseError, match="no_such_setting"):
        ensure(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_as_root_the_server_is_unprivileged_and_a_closed_parent_stays_closed(place, capsys):
    place.chmod(0o700)
    home = place / "var"
    assert ask(ensure(home), "SELECT 1") == 1
    server = Server.of(home)
    assert Path(f"/proc/{server.postmaster()}").stat().st_uid != 0
    assert place.stat().st_mode & 0o777 == 0o700
    assert server.base.parent == embedded_database.SHARED_STATE
    assert str(server.base) in capsys.readouterr().err
