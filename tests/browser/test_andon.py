"""A call for help as people live it: one calls, another sees it at once, comes, and ends it; the wall tells everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from andon.actions import ladder
from andon.models import AndonEvent
from tests.andon.calls import call
from tests.andon.policies import policy
from tests.browser.test_floor import NEWS_MS, PASSWORD, live, log_in, person
from tests.support.factories import MachineFactory


@pytest.fixture
def machine(transactional_db):
    policy((0, "REPORTED", ["shift_manager"], ["PAGE"]), (9, "ACKNOWLEDGED"))
    return MachineFactory(name="Capper", line__name="Filling")


@pytest.fixture
def elsewhere(page):
    """Another browser, signed out."""
    context = page.context.browser.new_context()
    yield context
    context.close()


def sign_in_at(page, context, role, address):
    """Somebody of this role in another browser, at this address."""
    other = context.new_page()
    person(role)
    origin = page.evaluate("location.origin")
    other.goto(f"{origin}/accounts/login?next={address}")
    other.get_by_label("User name").fill(role)
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    other.get_by_role("button", name="Log in").click()
    return other


def serious(page):
    """What axe finds that keeps somebody out."""
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], one["nodes"][0]["html"][:200])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_two_people_and_a_wall_live_through_a_call(page, machine, elsewhere):
    log_in(page, "operator")
    page.get_by_role("link", name="Andon").first.click()
    expect(page.get_by_text("Nobody calls for help")).to_be_visible()
    leader = sign_in_at(page, elsewhere, "shift_manager", "/andon")
    expect(live(leader)).to_be_visible()

    page.get_by_role("link", name="Call for help").click()
    page.get_by_label("What is it about?").select_option("QUALITY")
    page.get_by_label("Machine").select_option(str(machine.pk))
    page.get_by_label("What is wrong?").fill("Caps sit crooked")
    page.get_by_role("button", name="Call", exact=True).click()
    mine = page.locator(".call")
    expect(mine).to_contain_text("Caps sit crooked", timeout=NEWS_MS)
    expect(mine.get_by_role("button", name="I am on it")).to_have_count(0)  # an operator calls, others answer

    theirs = leader.locator(".call")
    expect(theirs).to_contain_text("Caps sit crooked", timeout=NEWS_MS)
    ladder.sweep()
    expect(theirs).to_contain_text("level 1", timeout=NEWS_MS)
    expect(leader.locator(".notice-warning", has_text="Quality")).to_be_visible(timeout=NEWS_MS)
    theirs.get_by_role("button", name="I am on it").click()
    expect(mine).to_contain_text("shift_manager", timeout=NEWS_MS)

    wall = elsewhere.new_page()
    wall.goto(f"{page.evaluate('location.origin')}/wall/andon")
    expect(wall.locator(".wall-call")).to_contain_text("Capper")
    expect(wall.locator(".wall-call")).to_contain_text("shift_manager")

    theirs.get_by_role("link", name="It is over").click()
    leader.get_by_label("What was it?").fill("Guide rail bent")
    leader.get_by_role("button", name="It is over").click()
    for screen in (page, leader, wall):
        expect(screen.get_by_text("Nobody calls for help")).to_be_visible(timeout=NEWS_MS)
    assert AndonEvent.objects.get().resolution_notes == "Guide rail bent"


@pytest.mark.parametrize("address", ["/andon", "/wall/andon", "/andon/statistics"])
def test_everybody_can_use_them(page, machine, address):
    log_in(page, "shift_manager")
    call(machine, priority="CRITICAL", description="Belt torn")
    call(machine, event_type="SAFETY", priority="LOW")
    ladder.sweep()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.goto(address)
        page.locator(".call, .wall-call, .summary").first.wait_for()
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        small = page.evaluate(
            """[...document.querySelectorAll("main a.btn, main button, main .segment")]
            .filter((one) => one.offsetHeight && one.offsetHeight < 48).map((one) => one.outerHTML)"""
        )
        assert small == []


def test_the_wall_fits_the_screen(page, machine):
    log_in(page, "viewer")
    for number in range(10):
        call(MachineFactory(line=machine.line, name=f"A machine with a rather long name {number}"))
    for width, height in ((1920, 1080), (1280, 720), (3840, 2160)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/wall/andon")
        expect(page.locator(".wall-call")).to_have_count(8)
        expect(page.locator(".wall-more")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
