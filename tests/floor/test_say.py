"""What is said of a line goes out at once, in its order, after the commit, and never before an older state of it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from django.db import transaction

from floor.live.hub import FLOOR, Hub, Watcher
from floor.live.present import Present
from floor.receivers import MAX_PAYLOAD, say


def in_loop(work):
    """In a thread of its own: the browser tests leave a running loop behind in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def heard(hub, number, line=1):
    hub.hear(
        orjson.dumps(
            {"say": {"type": "andon_event", "line": line, "machine": None, "data": {"id": number}}}
        ).decode()
    )


def waiting(watcher):
    return [orjson.loads(watcher.outbox.get_nowait()) for _ in range(watcher.outbox.qsize())]


async def watching(topic):
    hub, watcher = Hub(), Watcher(user_id=1)
    watcher.topics[topic] = topic[1]
    hub.watchers.add(watcher)
    return hub, watcher


@pytest.mark.parametrize("topic", [("line", 1), FLOOR])
def test_what_is_said_waits_for_nobody_and_keeps_its_order(topic):
    async def work():
        hub, watcher = await watching(topic)
        for number in range(5):
            heard(hub, number)
        return waiting(watcher)

    assert [text["data"]["id"] for text in in_loop(work())] == [0, 1, 2, 3, 4]


def test_who_watches_another_line_hears_nothing():
    async def work():
        hub, watcher = await watching(("line", 2))
        heard(hub, 1, line=1)
        return waiting(watcher)

    assert in_loop(work()) == []


def test_a_state_read_before_something_was_said_is_not_told_after_it():
    async def work():
        hub, _watcher = await watching(("line", 1))
        hub._told[1] = (asyncio.get_running_loop().time(), {})
        now = Present(lines={1: {"line_id": 1}, 2: {"line_id": 2}}, machines={})
        hub._leave_out(now, {1})
        return sorted(now.lines)

    assert in_loop(work()) == [2]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_said_before_the_commit_and_nothing_after_a_rollback():
    import psycopg
    from psycopg import sql

    from floor.live.listener import _address
    from floor.receivers import CHANNEL

    with psycopg.connect(_address(), autocommit=True) as own:
        own.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        with transaction.atomic():
            assert say("andon_event", line_id=7, data={"id": 1})
            assert list(own.notifies(timeout=0.2)) == []
        assert [orjson.loads(n.payload)["say"]["line"] for n in own.notifies(timeout=2, stop_after=1)] == [7]
        with transaction.atomic():
            say("andon_event", line_id=7, data={"id": 2})
            transaction.set_rollback(True)
        assert list(own.notifies(timeout=0.2)) == []


@pytest.mark.django_db
def test_what_is_too_long_to_be_said_is_left_to_the_slow_way():
    assert not say("andon_event", line_id=1, data={"description": "x" * MAX_PAYLOAD})


def test_after_an_interruption_everybody_is_told_that_something_may_be_missing():
    async def work():
        hub, watcher = await watching(("line", 1))
        hub.resync()
        return waiting(watcher)

    (alert,) = in_loop(work())
    assert alert["type"] == "system_alert"
    assert alert["data"]["code"] == "resynchronised"
