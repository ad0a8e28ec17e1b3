"""Browser tests: the product as `make run` serves it, in a real Chromium, watched for errors and foreign requests."""

import os
import shutil
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import sync_playwright

# Playwright keeps an event loop in the thread of the tests; their own queries are synchronous all the same.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

HERE = Path(__file__).parent
START_SECONDS = 30
WITHOUT_CHROMIUM = pytest.StashKey[int]()
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


def pytest_terminal_summary(terminalreporter, config):
    if count := config.stash.get(WITHOUT_CHROMIUM, 0):
        terminalreporter.write_line(
            f"BROWSER TESTS NOT RUN: no Chromium found ({count} tests)", red=True, bold=True
        )


@pytest.fixture
def chromium_path(chromium, request):
    """Path of the browser; without one the test does not run and the summary says so."""
    if chromium is None:
        request.config.stash[WITHOUT_CHROMIUM] = request.config.stash.get(WITHOUT_CHROMIUM, 0) + 1
        pytest.skip("no Chromium found")
    return chromium


@pytest.fixture(scope="session")
def chromium():
    """$CHROMIUM, which must exist if it is set, or the first browser on PATH; None without one."""
    if named := os.environ.get("CHROMIUM"):
        assert shutil.which(named), f"CHROMIUM={named} is no program"
        return shutil.which(named)
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def product_url(django_db_setup):
    """Address of the product on the test database: pages, API and websocket on one port, as in production."""
    config = uvicorn.Config(
        "factory_mes.asgi:application",
        port=0,
        ws="websockets-sansio",
        log_level="warning",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the product did not start"
        time.sleep(0.02)
    host, port = server.servers[0].sockets[0].getsockname()
    yield f"http://{host}:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def complaints():
    """What the browser found wrong; a test that expects a complaint checks and clears it."""
    return []


@pytest.fixture
def page(chromium_path, request, transactional_db, complaints):
    """A fresh page, signed out. Fails the test on console errors and on requests to any other host."""
    address = request.getfixturevalue("product_url")
    context = request.getfixturevalue("browser").new_context(
        base_url=address, viewport={"width": 1280, "height": 800}
    )
    page = context.new_page()
    page.on("console", lambda message: _note_error(complaints, message))
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on("request", lambda sent: _note_foreign(complaints, sent.url, address))
    page.on("websocket", lambda opened: _note_foreign(complaints, opened.url, address))
    yield page
    context.close()
    assert complaints == []


def _note_error(complaints, message):
    if message.type == "error":
        complaints.append(f"console: {message.text} {message.location}")


def _note_foreign(complaints, url, address):
    target = urlsplit(url)
    if target.netloc and target.netloc != urlsplit(address).netloc:
        complaints.append(f"request to another host: {url}")
