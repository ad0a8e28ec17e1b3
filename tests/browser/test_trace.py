"""The trace page in a real browser: scanned, read, recalled, a label printed again."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.models import User
from production.models import LabelPrint
from tests.production.test_genealogy import Web

PASSWORD = "Correct-Horse-7"


@pytest.fixture
def web(transactional_db):
    return Web()


def sign_in(page, role: str) -> None:
    User.objects.create_user(role, f"{role}@example.com", PASSWORD, role=role, full_name="Kim Min-ji")
    page.goto("/trace")
    page.get_by_label("User name").fill(role)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#scan")).to_be_focused()


def scan(page, number: str) -> None:
    """As a scanner does it: it types wherever the keyboard is, and ends with Enter."""
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(number)


def test_from_a_unit_to_what_is_to_be_recalled(page, web):
    sign_in(page, "quality")
    scan(page, web.u2.serial_number)
    expect(page.locator(".event")).to_have_count(3)  # made, and two components
    expect(page.locator(".label-preview svg")).to_be_visible()
    page.get_by_role("link", name="B1").click()
    expect(page.locator("h1")).to_have_text("B1")
    page.get_by_role("link", name="Recall").click()
    expect(page.get_by_text("Adds up")).to_be_visible()
    expect(page.get_by_role("region", name="Units to recall").locator("tbody tr")).to_have_count(5)
    page.get_by_role("link", name="Made from, used in").click()
    expect(page.locator(".tree")).to_contain_text(web.top.lot_number)
    page.locator("h1").click()  # the keyboard is nowhere in particular
    scan(page, web.top.lot_number)


def test_a_label_printed_again(page, web):
    sign_in(page, "operator")
    scan(page, web.u1.serial_number)
    page.get_by_text("Print the label again").first.click()
    page.get_by_label("Reason").fill("torn")
    page.get_by_role("button", name="Print the label again").click()
    expect(page.locator("#notices")).to_contain_text("Reprint number 1")
    assert LabelPrint.objects.get().reason == "torn"
    with page.expect_popup() as opened:
        page.get_by_role("link", name="SVG").click()
    assert opened.value.url.endswith("label=svg")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_by_everybody(page, web, scheme):
    sign_in(page, "quality")
    page.emulate_media(color_scheme=scheme)
    addresses = ["/trace", "/trace/B1", f"/trace/{web.u1.serial_number}", f"/trace/{web.mid.lot_number}"]
    addresses += ["/trace/B1?view=recall", f"/trace/{web.w1.serial_number}?view=family"]
    for address in addresses:
        page.goto(address)
        assert Axe().run(page).response["violations"] == [], address


def test_on_a_narrow_screen_nothing_is_cut_off(page, web):
    page.set_viewport_size({"width": 800, "height": 1280})
    sign_in(page, "quality")
    for address in (f"/trace/{web.u1.serial_number}", "/trace/B1?view=recall", "/trace/B1?view=family"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
