"""The websocket against a real server: who hears what, when, and who is dropped."""

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
import uvicorn
import websockets
from django.conf import settings
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import SignIn
from accounts.tokens import pair_for, refresh_for
from floor.live import hub as hub_module
from floor.live import server as live_server
from floor.live.hub import Watcher, line_news
from tests.floor.plant import make_line, make_product
from tests.support.factories import UserFactory

START_SECONDS = 30
PATIENCE = 15.0
NEWS_SECONDS = 2.0  # issue: pages follow within 2 s


@pytest.fixture(scope="module")
def address(django_db_setup, django_db_blocker):
    """host:port of the product on the test database."""
    with django_db_blocker.unblock():
        config = uvicorn.Config(
            "factory_mes.asgi:application",
            port=0,
            ws="websockets-sansio",
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            assert thread.is_alive() and time.monotonic() < deadline
            time.sleep(0.02)
        host, port = server.servers[0].sockets[0].getsockname()
        yield f"{host}:{port}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def plant(transactional_db):
    return make_line()


def sign_in(role: str = "viewer"):
    """A person and their access token, without the time that passwords take."""
    user = UserFactory(role=role)
    soon = timezone.now() + timedelta(hours=1)
    family = SignIn.objects.create(user=user, current_jti="unused", expires_at=soon)
    return user, pair_for(user, refresh_for(user, family)).access_token


@asynccontextmanager
async def opened(address: str, token: str = "", **options):
    query = f"?token={token}" if token else ""
    async with websockets.connect(f"ws://{address}/ws/{query}", **options) as socket:
        yield socket


async def say(socket, **message) -> None:
    await socket.send(json.dumps(message))


async def hear(socket, kind: str, seconds: float = PATIENCE) -> dict:
    """The next message of this type; others are passed over."""
    async with asyncio.timeout(seconds):
        while True:
            message = json.loads(await socket.recv())
            assert message.keys() == {"type", "timestamp", "data"}
            if message["type"] == kind:
                return message["data"]


async def silence(socket, seconds: float = 0.8) -> list[str]:
    """What came in that time."""
    heard = []
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                heard.append(json.loads(await socket.recv())["type"])
    return heard


async def watching(socket, **target) -> dict:
    await say(socket, type="subscribe", **target)
    return await hear(socket, "subscription_confirmed")


async def closing_code(socket) -> int:
    with pytest.raises(websockets.ConnectionClosed) as closed:
        async with asyncio.timeout(PATIENCE):
            while True:
                await socket.recv()
    return closed.value.rcvd.code


def tell_state(machine, name: str, ago: float = 0) -> None:
    """Through the front door of machines."""
    from production.actions import ingest_events

    event = {
        "event_id": uuid4().hex,
        "kind": "state",
        "equipment_code": machine.equipment_code,
        "state": name,
        "started_at": (timezone.now() - timedelta(seconds=ago)).isoformat(),
    }
    result = ingest_events(events=[event], source="plc", actor=UserFactory(role="integration"))
    assert result.accepted == 1, result.errors


async def at_the_plant(work, *args, **kwargs):
    def do():
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(do)


def run(test) -> None:
    with ThreadPoolExecutor(1) as pool:  # the browser tests keep a loop in this thread
        pool.submit(asyncio.run, test).result()


def test_a_line_is_told_its_present_state_then_its_changes(address, plant):
    machine = plant.machines.get()
    tell_state(machine, "RUNNING", ago=60)
    _user, token = sign_in()

    async def scene():
        async with opened(address, token) as socket:
            assert await watching(socket, line_id=plant.pk) == {
                "subscription_type": "line",
                "target_id": plant.pk,
                "line_id": plant.pk,
            }
            assert (await hear(socket, "line_status_update"))["status"] == "RUNNING"
            await at_the_plant(tell_state, machine, "FAULT")
            told = await hear(socket, "line_status_update")
            assert (told["line_id"], told["status"]) == (plant.pk, "FAULT")
            stop = await hear(socket, "downtime_event")
            assert (stop["status"], stop["equipment_code"]) == ("open", machine.equipment_code)
            state = await hear(socket, "equipment_status_update")
            assert (state["equipment_code"], state["state"]) == (machine.equipment_code, "FAULT")
            await at_the_plant(tell_state, machine, "RUNNING")
            assert (await hear(socket, "downtime_event"))["status"] == "closed"

    run(scene())


def test_a_change_is_told_within_two_seconds(address, plant):
    """The quickest of three: what else the machine has to do is not ours."""
    machine = plant.machines.get()
    _user, token = sign_in()

    async def scene():
        waits = []
        async with opened(address, token) as socket:
            await watching(socket, line_id=plant.pk)
            await hear(socket, "line_status_update")
            for name in ("FAULT", "SETUP", "RUNNING"):
                started = time.monotonic()
                await at_the_plant(tell_state, machine, name)
                assert (await hear(socket, "line_status_update"))["status"] == name
                waits.append(time.monotonic() - started)
        assert min(waits) < NEWS_SECONDS

    run(scene())


def test_a_call_for_help_is_told_to_who_watches_its_place(address, plant):
    from andon import actions
    from tests.andon.calls import call

    machine, elsewhere = plant.machines.get(), make_line()
    person, token = sign_in("engineer")
    places = [
        {"line_id": plant.pk},
        {"equipment_code": machine.equipment_code},
        {"subscription_type": "floor"},
    ]

    def resolve(event):
        actions.resolve(event=event, resolution_notes="Belt", actor=person)

    async def scene():
        async with AsyncExitStack() as stack:
            sockets = [await stack.enter_async_context(opened(address, token)) for _ in places]
            for socket, place in zip(sockets, places, strict=True):
                await watching(socket, **place)
            other = await stack.enter_async_context(opened(address, token))
            await watching(other, line_id=elsewhere.pk)
            await silence(other)
            event = await at_the_plant(call, machine)
            for socket in sockets:
                told = await hear(socket, "andon_event")
                assert (told["id"], told["status"], told["line_id"]) == (event.pk, "OPEN", plant.pk)
                assert told["equipment_code"] == machine.equipment_code
            await at_the_plant(resolve, event)
            told = [await hear(socket, "andon_event") for socket in sockets]
            assert {row["status"] for row in told} == {"RESOLVED"}
            assert await silence(other) == []

    run(scene())


def test_a_step_of_a_job_is_told_to_who_watches_its_place(address, plant):
    from production import actions
    from tests.support.plans import job_in, job_of, schedule_of

    job = job_in("ACCEPTED", job_of(schedule_of(plant)))
    _person, token = sign_in("engineer")

    def start():
        actions.start_job(job=job, actor=job.user)

    def report():
        actions.report_pieces(job=job, good=7, event_id="a", actor=job.user)

    async def scene():
        async with opened(address, token) as socket:
            await watching(socket, line_id=plant.pk)
            await at_the_plant(start)
            told = await hear(socket, "job_update")
            assert (told["job_id"], told["line_id"], told["status"]) == (job.pk, plant.pk, "IN_PROGRESS")
            assert told["user_id"] == job.user_id and told["started_at"]
            await at_the_plant(report)
            assert (await hear(socket, "job_update"))["good_quantity"] == 7

    run(scene())


def test_the_present_state_of_a_line_holds_its_open_calls(address, plant):
    from tests.andon.calls import call

    event = call(plant.machines.get())
    _user, token = sign_in()

    async def scene():
        async with opened(address, token) as socket:
            await watching(socket, line_id=plant.pk)
            told = await hear(socket, "line_status_update")
            assert [row["id"] for row in told["active_andon_events"]] == [event.pk]

    run(scene())


def test_counts_are_told_as_a_figure(address, plant):
    from production.actions import ingest_events

    machine, product = plant.machines.get(), make_product("1")
    tell_state(machine, "RUNNING", ago=600)
    _user, token = sign_in()

    def count():
        event = {
            "event_id": uuid4().hex,
            "kind": "count",
            "equipment_code": machine.equipment_code,
            "at": (timezone.now() - timedelta(seconds=1)).isoformat(),
            "product_code": product.model_code,
            "good": 50,
        }
        assert (
            ingest_events(events=[event], source="plc", actor=UserFactory(role="integration")).accepted == 1
        )

    async def scene():
        async with opened(address, token) as socket:
            await watching(socket, subscription_type="floor")
            await hear(socket, "line_status_update")
            await at_the_plant(count)
            told = await hear(socket, "oee_update")
            assert (told["line_id"], told["good_quantity"]) == (plant.pk, 50) and told["oee"] > 0

    run(scene())


def test_a_machine_is_watched_by_its_code(address, plant):
    machine = plant.machines.get()
    _user, token = sign_in()

    async def scene():
        async with opened(address, token) as socket:
            confirmed = await watching(socket, equipment_code=machine.equipment_code.lower())
            assert confirmed["subscription_type"] == "equipment"
            assert (await hear(socket, "equipment_status_update"))["state"] == "UNKNOWN"
            await at_the_plant(tell_state, machine, "SETUP")
            assert (await hear(socket, "equipment_status_update"))["state"] == "SETUP"
            assert "line_status_update" not in await silence(socket)

    run(scene())


def test_nothing_is_told_of_what_was_rolled_back(address, plant):
    machine = plant.machines.get()
    _user, token = sign_in()

    def undo():
        with suppress(ZeroDivisionError), transaction.atomic():
            tell_state(machine, "FAULT")
            raise ZeroDivisionError

    async def scene():
        async with opened(address, token) as socket:
            await watching(socket, line_id=plant.pk)
            await hear(socket, "line_status_update")
            await at_the_plant(undo)
            assert await silence(socket, 1) == []

    run(scene())


def test_who_unsubscribes_hears_no_more_and_other_lines_are_not_told(address, plant):
    machine, elsewhere = plant.machines.get(), make_line().machines.get()
    _user, token = sign_in()

    async def scene():
        async with opened(address, token) as socket:
            await watching(socket, subscription_type="line", target_id=plant.pk)
            await at_the_plant(tell_state, elsewhere, "FAULT")
            assert set(await silence(socket)) == {"line_status_update"}  # the present state of its own
            await say(socket, type="unsubscribe", line_id=plant.pk)
            await hear(socket, "unsubscription_confirmed")
            await at_the_plant(tell_state, machine, "FAULT")
            assert await silence(socket) == []

    run(scene())


def test_a_burst_is_told_once(address, plant):
    machine = plant.machines.get()
    _user, token = sign_in()

    def burst():
        for n in range(20):
            tell_state(machine, "RUNNING" if n % 2 else "SETUP", ago=60 - n)

    async def scene():
        async with opened(address, token) as socket:
            await watching(socket, line_id=plant.pk)
            await hear(socket, "line_status_update")
            started = time.monotonic()
            await at_the_plant(burst)
            took = time.monotonic() - started
            heard = await silence(socket, 1.5)
            assert 1 <= heard.count("line_status_update") <= 2 + took / hub_module.PACE_SECONDS

    run(scene())


def test_a_bad_token_is_closed_with_4401(address, plant):
    async def scene():
        for token in ("x", "a.b.c", "%00", "é", ""):
            async with opened(address, token) as socket:
                assert await closing_code(socket) == 4401

    run(scene())


def test_a_guest_may_connect_but_not_watch(address, plant):
    _user, token = sign_in("guest")

    async def scene():
        async with opened(address, token) as socket:
            await say(socket, type="subscribe", line_id=plant.pk)
            assert (await hear(socket, "error"))["code"] == "forbidden"
            await say(socket, type="ping")
            await hear(socket, "pong")

    run(scene())


NONSENSE = [
    ("{", "malformed"),
    ("[]", "unknown_type"),
    ("null", "unknown_type"),
    ('{"type": "dance"}', "unknown_type"),
    ('{"type": ["subscribe"]}', "unknown_type"),
    ('{"type": "subscribe"}', "unknown_subscription"),
    ('{"type": "subscribe", "subscription_type": "universe", "target_id": 1}', "unknown_subscription"),
    ('{"type": "subscribe", "subscription_type": {"a": 1}}', "unknown_subscription"),
    ('{"type": "subscribe", "line_id": 999999}', "not_found"),
    ('{"type": "subscribe", "line_id": -1}', "malformed"),
    ('{"type": "subscribe", "line_id": true}', "malformed"),
    ('{"type": "subscribe", "line_id": 1.5}', "malformed"),
    ('{"type": "subscribe", "line_id": 99999999999999999999999}', "malformed"),
    ('{"type": "subscribe", "line_id": null}', "malformed"),
    ('{"type": "subscribe", "equipment_code": "nowhere"}', "not_found"),
    ('{"type": "subscribe", "equipment_code": "a\\u0000b"}', "malformed"),
    ('{"type": "subscribe", "equipment_code": 7}', "malformed"),
    ('{"type": "subscribe", "line_id": NaN}', "malformed"),
    ("[" * 3000, "malformed"),
    ('{"type": "ping", "x": "' + "y" * 5000 + '"}', "malformed"),
    (b"\x00\x01", "malformed"),
]


def test_nonsense_is_answered_and_survived(address, plant):
    _user, token = sign_in()

    async def scene():
        async with opened(address, token) as socket:
            for text, code in NONSENSE:
                await socket.send(text)
                assert ((await hear(socket, "error"))["code"], text) == (code, text)
            await say(socket, type="ping")
            await hear(socket, "pong")

    run(scene())


def session_of(user) -> dict[str, str]:
    client = Client()
    client.force_login(user, backend="accounts.backends.RoleBackend")
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"}


def test_a_page_is_known_by_its_session(address, plant):
    cookie = session_of(sign_in()[0])

    async def scene():
        async with opened(address, origin=f"http://{address}", additional_headers=cookie) as socket:
            await watching(socket, subscription_type="floor")

    run(scene())


def test_another_site_cannot_use_the_session(address, plant):
    cookie = session_of(sign_in()[0])
    origins = ["http://evil.example", "null", None, "http://[", f"http://{address}.evil.example", "://"]

    async def scene():
        for origin in origins:
            async with opened(address, origin=origin, additional_headers=cookie) as socket:
                assert (await closing_code(socket), origin) == (4401, origin)

    run(scene())


def test_a_broken_cookie_is_nobody(address, plant):
    async def scene():
        for cookie in ('sessionid="\\000abcdefgh"', "sessionid=unknown12345", "sessionid", "=;=;"):
            headers = {"Cookie": cookie}
            async with opened(address, origin=f"http://{address}", additional_headers=headers) as socket:
                assert (await closing_code(socket), cookie) == (4401, cookie)

    run(scene())


def test_who_is_deactivated_is_shown_out_at_once(address, plant):
    from accounts.actions import deactivate

    user, token = sign_in()

    async def scene():
        async with opened(address, token) as socket:
            await watching(socket, line_id=plant.pk)
            await at_the_plant(deactivate, user=user)
            assert await closing_code(socket) == 4401

    run(scene())


@pytest.mark.parametrize("door", ["/accounts/logout", "/admin/logout/"])
def test_who_signs_out_is_shown_out_at_once(address, plant, door):
    client = Client()
    client.force_login(sign_in()[0], backend="accounts.backends.RoleBackend")
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}

    async def scene():
        async with opened(address, origin=f"http://{address}", additional_headers=cookie) as socket:
            await watching(socket, line_id=plant.pk)
            await at_the_plant(client.post, door)
            async with asyncio.timeout(NEWS_SECONDS):
                assert await closing_code(socket) == 4401

    run(scene())


def test_who_loses_the_right_without_notice_is_found_out(address, plant, monkeypatch):
    monkeypatch.setattr(live_server, "RECHECK_SECONDS", 0.2)
    machine, (user, token) = plant.machines.get(), sign_in()

    def demote():
        """Behind the product's back, so that nothing is announced."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_user SET role = 'guest' WHERE id = %s", [user.pk])

    async def scene():
        async with opened(address, token) as socket:
            await watching(socket, line_id=plant.pk)
            await at_the_plant(demote)
            assert (await hear(socket, "error"))["code"] == "forbidden"
            await at_the_plant(tell_state, machine, "FAULT")
            assert "line_status_update" not in await silence(socket)

    run(scene())


def test_another_path_is_refused(address, plant):
    async def scene():
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(f"ws://{address}/elsewhere")
        assert refused.value.response.status_code == 403

    run(scene())


def kill_the_listener() -> int:
    """How many backends that LISTEN to the floor were terminated."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE ANY (ARRAY['LISTEN floor%%', 'SELECT 1'])"
            " AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


def test_a_killed_listener_comes_back_and_tells_what_was_missed(address, plant):
    machine = plant.machines.get()
    _user, token = sign_in()

    async def scene():
        async with opened(address, token) as socket:
            await watching(socket, line_id=plant.pk)
            await hear(socket, "line_status_update")
            assert await at_the_plant(kill_the_listener) >= 1
            await at_the_plant(tell_state, machine, "FAULT")
            told = await hear(socket, "line_status_update")
            while told["status"] != "FAULT":
                told = await hear(socket, "line_status_update")
            await at_the_plant(tell_state, machine, "SETUP")
            while told["status"] != "SETUP":
                told = await hear(socket, "line_status_update")

    run(scene())


def test_who_does_not_read_is_dropped(plant):
    """A socket whose network takes nothing any more: the client's end is played here."""
    _user, token = sign_in()

    async def scene():
        hub, said, sent = hub_module.Hub(), asyncio.Queue(), []
        stuck = asyncio.Event()

        async def send(message):
            sent.append(message)
            if message["type"] == "websocket.send":
                await stuck.wait()

        said.put_nowait({"type": "websocket.connect"})
        scope = {
            "type": "websocket",
            "path": "/ws",
            "headers": [],
            "query_string": f"token={token}".encode(),
            "state": {"hub": hub},
        }
        socket = asyncio.create_task(live_server.websocket(scope, said.get, send))
        while not hub.watchers:
            await asyncio.sleep(0.01)
        [watcher] = hub.watchers
        for _ in range(hub_module.QUEUE_LIMIT + 2):
            watcher.tell("{}")
        await asyncio.wait_for(socket, PATIENCE)
        assert sent[-1]["code"] == 1013 and not hub.watchers

    run(scene())


def test_a_slow_reader_holds_nobody_up():
    slow, quick = Watcher(1), Watcher(2)
    for n in range(hub_module.QUEUE_LIMIT + 50):
        slow.tell(str(n))
        quick.tell(str(n))
        quick.outbox.get_nowait()
    assert slow.too_slow.is_set() and not quick.too_slow.is_set()
    assert slow.outbox.qsize() == hub_module.QUEUE_LIMIT


def test_the_same_again_is_no_news():
    line = {
        "line_id": 1,
        "line_code": "L",
        "name": "L",
        "status": "RUNNING",
        "since": "x",
        "reason": "",
        "product_code": None,
        "shift": "",
        "oee": 0.5,
        "availability": 1,
        "performance": 0.5,
        "quality": 1,
        "good_quantity": 1,
        "planned_quantity": 2,
        "flags": [],
        "current_job": None,
        "active_andon_events": [],
        "active_downtime": None,
    }
    assert list(line_news(line, dict(line))) == []
    assert [kind for kind, _ in line_news(line, line | {"oee": 0.6})] == ["oee_update"]
    assert [kind for kind, _ in line_news(None, line)] == ["line_status_update", "oee_update"]


def test_too_long_a_list_becomes_look_at_everything(transactional_db):
    from floor.receivers import notify

    with psycopg.connect(**_direct(), autocommit=True) as listening:
        listening.execute("LISTEN floor")
        notify({"machines": list(range(1, 100_000))})
        [heard] = list(listening.notifies(timeout=PATIENCE, stop_after=1))
    assert json.loads(heard.payload) == {"everything": True}


def _direct() -> dict:
    given = connection.settings_dict
    return {
        "dbname": given["NAME"],
        "user": given["USER"] or None,
        "password": given["PASSWORD"] or None,
        "host": given["HOST"] or given["OPTIONS"].get("host"),
        "port": given["PORT"] or None,
    }
