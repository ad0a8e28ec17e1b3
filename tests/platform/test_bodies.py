"""Bodies over real sockets: slow ones hold nobody up, pieces without a length arrive, endless ones are refused."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import httpx
import pytest
import uvicorn
from a2wsgi import WSGIMiddleware

from factory_mes import bodies

THREADS = 2


def echo(environ, start_response):
    """What WSGI says came in: its length, and the body read by that length."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"length": length, "read": len(body), "start": body[:40].decode()}).encode()]


@pytest.fixture(scope="module")
def address():
    """host, port of a server that takes requests in as the product does, on two threads."""
    application = bodies.whole_bodies(WSGIMiddleware(echo, workers=THREADS))
    config = uvicorn.Config(application, port=0, lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield server.servers[0].sockets[0].getsockname()
    server.should_exit = True
    thread.join()


@pytest.fixture
def url(address):
    return f"http://{address[0]}:{address[1]}/"


def begin(address, length: int, said: bytes = b"{") -> socket.socket:
    """A client that announces so many bytes and sends only these."""
    connection = socket.create_connection(address, timeout=10)
    connection.sendall(b"POST / HTTP/1.1\r\nHost: mes\r\nContent-Length: %d\r\n\r\n" % length + said)
    return connection


def test_clients_that_do_not_finish_hold_nobody_up(address, url):
    with ExitStack() as slow:
        for _client in range(4 * THREADS):
            slow.enter_context(begin(address, length=100))
        assert httpx.post(url, content=b"{}", timeout=5).json()["read"] == 2


def test_who_does_not_go_on_is_told_so(address, monkeypatch):
    monkeypatch.setattr(bodies, "PATIENCE", 0.2)
    with begin(address, length=100) as connection:
        answer = connection.makefile("rb").read()
    assert b"408" in answer.split(b"\r\n")[0]
    assert b'"code":"timeout"' in answer


def test_pieces_without_a_length_arrive_whole(url):
    pieces = (part for part in (b'{"username":', b'"viewer"}'))
    assert httpx.post(url, content=pieces).json() == {
        "length": 21,
        "read": 21,
        "start": '{"username":"viewer"}',
    }


def test_more_than_memory_takes_arrives_whole(url):
    size = bodies.IN_MEMORY + bodies.PIECE + 7
    assert httpx.post(url, content=b"x" * size).json()["read"] == size


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_body_is_no_body(url, method):
    assert httpx.request(method, url).json() == {"length": 0, "read": 0, "start": ""}


def test_an_endless_body_is_refused(url, monkeypatch):
    monkeypatch.setattr(bodies, "MAX_BODY", 1000)
    answer = httpx.post(url, content=(b"x" * 100 for _piece in range(11)))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert httpx.post(url, content=b"x" * 1000).json()["read"] == 1000


def test_who_leaves_in_the_middle_leaves_nothing_behind(address, url):
    begin(address, length=100).close()
    assert httpx.post(url, content=b"{}").json()["read"] == 2


def test_the_product_starts_in_a_process_of_its_own():
    """Nothing before it has set Django up, as in the tests."""
    words = "from factory_mes.asgi import APPLICATIONS; print(*sorted(APPLICATIONS))"
    started = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=False)
    assert (started.stdout, started.returncode) == ("http lifespan websocket\n", 0), started.stderr
