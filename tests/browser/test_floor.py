"""The floor as people meet it: log in, see the tiles, watch one change, open a figure's arithmetic."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from equipment.models import StopReason
from tests.floor.plant import make_line, make_product, pieces, state

PASSWORD = "Correct-Horse-7"
NEWS_MS = 5000  # within 2 s on an idle machine, which tests/floor/test_live.py measures


@pytest.fixture
def line(transactional_db):
    """A line that has run for an hour, with a stop in it."""
    made = make_line(zone="Europe/Berlin")
    now, [machine] = timezone.now(), made.machines.all()
    product = make_product("10")
    reason = StopReason.objects.create(code="7", name="Machine failure", loss_category="BREAKDOWN")
    state(machine, "RUNNING", now - timedelta(minutes=60))
    state(machine, "FAULT", now - timedelta(minutes=40), reason=reason)
    state(machine, "RUNNING", now - timedelta(minutes=20))
    pieces(machine, product, now - timedelta(minutes=1), good=200, scrap=10)
    return made


def person(role: str) -> User:
    return User.objects.create_user(role, f"{role}@example.com", PASSWORD, role=role)


def log_in(page, role: str) -> None:
    person(role)
    page.goto("/")
    page.get_by_label("User name").fill(role)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def tell(machine, name: str, reason_code: str = "") -> None:
    """What a machine says, through the API as its gateway says it."""
    gateway = User.objects.filter(role="integration").first() or person("integration")
    client = Client()
    answer = client.post(
        "/api/v1/auth/login/json",
        {"username": gateway.username, "password": PASSWORD},
        content_type="application/json",
    )
    event = {
        "event_id": uuid4().hex,
        "kind": "state",
        "equipment_code": machine.equipment_code,
        "state": name,
        "started_at": timezone.now().isoformat(),
        **({"reason_code": reason_code} if reason_code else {}),
    }
    answer = client.post(
        "/api/v1/ingest/events",
        {"events": [event]},
        content_type="application/json",
        headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
    )
    assert answer.json()["accepted"] == 1, answer.json()


def live(page):
    return page.locator("#live[data-live-state=live]")


def test_a_shift_manager_watches_the_floor(page, line):
    log_in(page, "shift_manager")
    tile = page.locator(".tile", has_text=line.name)
    expect(tile.locator(".band")).to_contain_text("Running")
    expect(live(page)).to_be_visible()
    page.evaluate("window.sameDocument = true")
    tell(line.machines.get(), "FAULT", "7")
    expect(tile.locator(".band")).to_contain_text("Fault", timeout=NEWS_MS)
    expect(tile).to_contain_text("Machine failure")
    assert page.evaluate("window.sameDocument") is True  # nothing was loaded again


def test_the_line_page_opens_its_arithmetic(page, line):
    log_in(page, "shift_manager")
    page.get_by_role("link", name=line.name).click()
    expect(page.get_by_role("heading", level=1, name=line.name)).to_be_visible()
    expect(page.locator("[data-chart] canvas").first).to_be_visible()
    expect(page.locator("#chart-pareto-summary")).to_contain_text("Machine failure")
    page.locator("#line-figure a", has_text="OEE").first.click()
    opened = page.locator("#explain-body")
    expect(opened).to_contain_text("Ideal time of good pieces ÷ Planned busy time")
    expect(opened).to_contain_text("The four sums")
    expect(opened).to_contain_text("2,000")  # 200 good × 10 s


def test_the_line_page_follows_the_line(page, line):
    log_in(page, "operator")
    page.goto(f"/lines/{line.pk}")
    expect(live(page)).to_be_visible()
    tell(line.machines.get(), "SETUP")
    expect(page.locator("#line-status .band")).to_contain_text("Setup", timeout=NEWS_MS)


def test_every_window_and_a_bad_one(page, line):
    log_in(page, "viewer")
    page.goto(f"/lines/{line.pk}")
    for name in ("Today", "Yesterday", "7 days", "Earlier"):
        page.get_by_role("navigation", name="Time window").get_by_role("link", name=name).click()
        expect(page.locator("#window-title")).to_be_visible()
        expect(page.locator("#line-figure")).to_contain_text("OEE")
    page.goto(f"/lines/{line.pk}?start=2026-03-02T10:00&end=2026-03-02T09:00")
    expect(page.get_by_role("alert")).to_contain_text("after the start")
    expect(page.get_by_label("From")).to_have_value("2026-03-02T10:00")


def test_a_chart_downloads_its_table(page, line):
    log_in(page, "viewer")
    page.goto(f"/lines/{line.pk}")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("CSV.*Stops")).click()
    assert "Machine failure" in download.value.path().read_text(encoding="utf-8-sig")


def test_without_the_socket_the_page_asks(page, line):
    page.add_init_script(
        "window.WebSocket = class extends EventTarget { constructor() { super();"
        " setTimeout(() => this.dispatchEvent(new CloseEvent('close', {code: 1006}))); } };"
    )
    log_in(page, "viewer")
    expect(page.locator("#live[data-live-state=polling]")).to_be_visible()
    tell(line.machines.get(), "FAULT")
    expect(page.locator(".tile .band")).to_contain_text("Fault", timeout=8000)


def test_an_empty_plant_says_what_to_do(page):
    log_in(page, "admin")
    expect(page.get_by_role("heading", name="No line yet")).to_be_visible()
    expect(page.get_by_role("link", name="Add a line")).to_have_attribute(
        "href", "/admin/equipment/line/add/"
    )


def test_a_guest_is_led_to_what_is_theirs(page, line, complaints):
    log_in(page, "guest")
    page.get_by_role("link", name="Your account").click()
    expect(page).to_have_url(re.compile("/accounts/profile"))
    assert len(complaints) == 1 and "403" in complaints.pop()  # the floor itself, refused


def test_who_is_logged_out_elsewhere_is_told(page, line):
    log_in(page, "viewer")
    expect(live(page)).to_be_visible()
    from accounts.actions import deactivate

    deactivate(user=User.objects.get(username="viewer"))
    expect(page.locator("#live[data-live-state=signed-out]")).to_be_visible(timeout=5000)


def test_the_page_keeps_a_strict_policy(page, line):
    log_in(page, "viewer")
    policy = page.goto("/").headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'self'" in policy
