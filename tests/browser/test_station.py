"""The station in a real browser: a unit through three steps with one FAIL and one rework, by scanning and touching alone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.models import User
from production.models import ProcessData, Serial
from tests.floor.stations import unit_on_the_line

PASSWORD = "Correct-Horse-7"


@pytest.fixture
def unit(transactional_db):
    return unit_on_the_line()


def sign_in(page, role: str, path: str = "/stations") -> None:
    if not User.objects.filter(username=role).exists():
        User.objects.create_user(role, f"{role}@example.com", PASSWORD, role=role)
    page.goto(path)
    page.get_by_label("User name").fill(role)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def scan(page, number: str) -> None:
    """As a scanner does it: it types wherever the keyboard is, and ends with Enter."""
    page.wait_for_load_state()
    expect(page.locator("#scan")).to_be_visible()
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.locator("#scan")).not_to_have_value(number)


def told(page, words: str) -> None:
    expect(page.locator("#notices")).to_contain_text(words)


def test_a_unit_through_three_steps_with_a_fail_and_a_rework(page, unit):
    sign_in(page, "shift_manager")
    page.get_by_role("link", name="Laser marking").click()
    page.evaluate("window.sameDocument = true")
    scan(page, unit.serial_number)
    page.get_by_role("button", name="Start").click()
    told(page, "P01_MARK has begun")
    page.get_by_role("button", name="FAIL").click()
    expect(page.locator("#step")).to_contain_text("Say what is wrong")
    page.get_by_label("Another defect code").fill("SCRATCH")
    page.get_by_role("button", name="FAIL").click()
    told(page, "has failed at P01_MARK")
    page.get_by_label("What is done to mend it?").fill("polished")
    page.get_by_role("button", name="Rework this unit").click()
    told(page, "is being reworked")
    page.get_by_role("button", name="PASS").dblclick()  # a nervous finger
    told(page, "has passed P01_MARK")
    assert page.evaluate("window.sameDocument") is True  # nothing was loaded again

    page.goto("/stations/P02_TEST")
    scan(page, unit.serial_number)
    gap = page.get_by_label("Gap")
    gap.fill("0.2")
    expect(page.locator("[data-mark]")).to_have_text("out of limits")
    page.get_by_role("button", name="PASS").click()
    expect(page.locator("#step")).to_contain_text("outside the limits 0.03–0.08 mm")
    expect(gap).to_have_value("0.2")  # nothing typed is lost
    gap.fill("0.05")
    expect(page.locator("[data-mark]")).to_have_text("within limits")
    page.get_by_role("radio", name="red").check()
    page.get_by_role("button", name="PASS").click()
    told(page, "has passed P02_TEST")

    page.goto("/stations/P03_LABEL")
    scan(page, unit.serial_number)
    page.get_by_role("button", name="PASS").click()
    told(page, "has passed P03_LABEL")
    expect(page.locator(".unit-card")).to_contain_text("3 of 3 steps passed")
    unit = Serial.objects.get()
    assert (unit.status, unit.rework_count) == ("PASSED", 1)
    assert list(ProcessData.objects.order_by("id").values_list("process__process_number", "result")) == [
        (1, "FAIL"),
        (1, "PASS"),
        (2, "PASS"),
        (3, "PASS"),
    ]


def test_the_keyboard_comes_back_to_the_scan_box(page, unit):
    sign_in(page, "operator", "/stations/P01_MARK")
    expect(page.locator("#scan")).to_be_focused()
    page.locator("h1").click()
    page.keyboard.type("SN")
    expect(page.locator("#scan")).to_have_value("SN")
    page.locator("#call summary").click()
    page.keyboard.type("-1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("There is no unit SN-1.")
    page.keyboard.type(unit.serial_number)  # over the number that was not found
    page.keyboard.press("Enter")
    expect(page.locator("#unit-number")).to_have_text(unit.serial_number)


def test_enter_in_a_measurement_leads_on_and_decides_nothing(page, unit):
    sign_in(page, "production_manager", "/stations/P02_TEST")
    scan(page, unit.serial_number)
    page.get_by_label("Gap").fill("0.05")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Firmware")).to_be_focused()
    assert ProcessData.objects.count() == 0


def test_without_scripts_it_is_a_form_like_any_other(browser, product_url, unit, chromium_path):
    context = browser.new_context(base_url=product_url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, "operator", "/stations/P01_MARK")
    page.locator("#scan").fill(unit.serial_number)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="FAIL").click()
    expect(page.locator("#step")).to_contain_text("Say what is wrong")
    page.get_by_role("button", name="PASS").click()
    told(page, "has passed P01_MARK")
    context.close()


def test_the_next_person_signs_in_where_the_last_one_stood(page, unit):
    sign_in(page, "operator", "/stations/P01_MARK")
    expect(page.locator(".station-who")).to_contain_text("Operator")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/accounts/login"))
    User.objects.create_user("quality", "quality@example.com", PASSWORD, role="quality")
    page.get_by_label("User name").fill("quality")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile("/stations/P01_MARK"))
    expect(page.locator(".station-who")).to_contain_text("Quality")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (800, 1280)])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_station_can_be_read_and_touched_by_everybody(page, unit, colours, width, height):
    page.emulate_media(color_scheme=colours)
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page, "production_manager")
    expect(page.get_by_role("heading", name="Stations")).to_be_visible()
    readable(page)
    page.get_by_role("link", name="Sensor test").click()
    scan(page, unit.serial_number)
    expect(page.locator("#step")).to_be_visible()
    page.get_by_label("Gap").fill("0.2")
    page.locator("#call summary").click()
    readable(page)
    assert too_small(page) == []


def readable(page) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    assert [(v["id"], [node["target"] for node in v["nodes"]]) for v in found.response["violations"]] == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def too_small(page) -> list[str]:
    """What is to be touched and is lower than 48 px."""
    return page.evaluate(
        """() => [...document.querySelectorAll('#station :is(button, input:not([type=hidden]), summary, textarea)')]
            .filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 47.5)
            .map(each => each.outerHTML.slice(0, 80))"""
    )
