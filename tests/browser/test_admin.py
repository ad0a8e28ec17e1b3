"""The managers' admin in a real browser: no error on any kind of page, nothing typed lost, search, reasons, history."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.models import User
from equipment.models import Line, ShiftPattern, Site
from tests.floor.plant import make_line

PASSWORD = "Correct-Horse-7"


@pytest.fixture
def line(transactional_db):
    return make_line(zone="Europe/Berlin")


def log_in(page, role: str, path: str = "/admin/") -> None:
    User.objects.create_user(role, f"{role}@example.com", PASSWORD, role=role)
    page.goto(path)
    page.get_by_label("User name").fill(role)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**" + path)


def test_every_kind_of_page_opens_without_an_error(page, line):
    log_in(page, "admin")
    for path in (
        "equipment/line/",
        f"equipment/line/{line.pk}/change/",
        f"equipment/line/{line.pk}/history/",
        f"equipment/line/{line.pk}/delete/",
        "equipment/shiftpattern/add/",
        "equipment/machinestate/",
        "production/productmodel/add/",
        "production/productionlogimport/add/",
        "accounts/user/add/",
        "audit/auditlog/",
        "procrastinate/procrastinatejob/",
    ):
        assert page.goto(f"/admin/{path}").status == 200
        page.wait_for_load_state("networkidle")
        too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(too_wide), path


@pytest.mark.parametrize(("colours", "width"), [("light", 1280), ("dark", 800)])
def test_the_start_page_can_be_read_by_everybody(page, line, colours, width):
    page.emulate_media(color_scheme=colours)
    page.set_viewport_size({"width": width, "height": 900})
    log_in(page, "admin")
    expect(page.get_by_role("heading", name="Lines now")).to_be_visible()
    found = Axe().run(page, context="#start", options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    assert [(v["id"], [node["target"] for node in v["nodes"]]) for v in found.response["violations"]] == []


def test_a_shift_pattern_keeps_what_was_typed_until_it_is_right(page, line):
    log_in(page, "production_manager", "/admin/equipment/shiftpattern/add/")
    expect(page.get_by_label("Friday")).to_be_checked()
    expect(page.get_by_label("Saturday")).not_to_be_checked()
    page.get_by_label("Saturday").check()
    page.locator("[name=name]").fill("Night")
    page.locator("[name=start_time]").fill("22:00")
    page.locator("[name=end_time]").fill("06:00")
    page.locator("[name=breaks]").fill("02:00 - 02:30\nat noon")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("“at noon” is not a break")).to_be_visible()
    expect(page.locator("[name=breaks]")).to_have_value("02:00 - 02:30\nat noon")
    expect(page.get_by_label("Saturday")).to_be_checked()
    page.locator("[name=breaks]").fill("02:00 - 02:30")
    page.locator(".select2-selection").first.click()  # the line, found by typing
    page.locator(".select2-search__field").fill(line.line_code)
    page.locator(".select2-results__option", has_text=line.name).click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/equipment/shiftpattern/")
    made = ShiftPattern.objects.get()
    assert (made.name, made.line, made.weekdays) == ("Night", line, [0, 1, 2, 3, 4, 5])
    assert made.breaks == [{"start_time": "02:00:00", "end_time": "02:30:00"}]


def test_taking_lines_off_the_floor_asks_why(page, line):
    log_in(page, "production_manager", "/admin/equipment/line/")
    page.locator("input[name=_selected_action]").check()
    page.locator("select[name=action]").select_option(label="Take off the floor")
    page.get_by_role("button", name=re.compile("Run")).click()
    page.get_by_label("Why?").fill("Rebuilt until May.")
    page.get_by_role("button", name="Take off the floor").click()
    expect(page.get_by_text("1 changed")).to_be_visible()
    assert not Line.objects.get(pk=line.pk).enabled


def test_deleting_asks_why_and_its_history_stays(page, transactional_db):
    site = Site.objects.create(code="OLD", name="Old works")
    log_in(page, "admin", f"/admin/equipment/site/{site.pk}/change/")
    page.get_by_role("link", name="Delete site").click()
    page.get_by_label("Why?").fill("Sold.")
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url("**/admin/equipment/site/")
    page.goto(f"/admin/equipment/site/{site.pk}/history/")
    expect(page.get_by_text("Sold.")).to_be_visible()


def test_anything_is_found_from_anywhere(page, line):
    log_in(page, "viewer")
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially(line.line_code)
    page.locator("#command-results").get_by_text(line.name).first.click()
    page.wait_for_url(f"**/admin/equipment/line/{line.pk}/change/")
