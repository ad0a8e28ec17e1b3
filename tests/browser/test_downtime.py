"""Stops and upkeep in a real browser: a reason in two touches, a stop split, a repair from report to done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from equipment.models import Downtime
from tests.floor.plant import make_line, state
from tests.support.factories import FaultCodeFactory, MaintenancePlanFactory, StopReasonFactory

PASSWORD = "Correct-Horse-7"


@pytest.fixture
def line(transactional_db):
    """Stood from forty to twenty minutes ago."""
    made = make_line(zone="Europe/Berlin")
    now, [machine] = timezone.now(), made.machines.all()
    state(machine, "RUNNING", now - timedelta(minutes=60))
    state(machine, "FAULT", now - timedelta(minutes=40))
    state(machine, "RUNNING", now - timedelta(minutes=20))
    mechanics = StopReasonFactory(code="MECH", name="Mechanics")
    StopReasonFactory(code="BELT", name="Belt torn", parent=mechanics)
    StopReasonFactory(code="TOOL", name="Tool change", loss_category="SETUP")
    return made


def sign_in(page, role: str, path: str) -> None:
    User.objects.create_user(role, f"{role}@example.com", PASSWORD, role=role)
    page.goto(path)
    page.get_by_label("User name").fill(role)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def ensure_readable(page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_reason_in_two_touches_on_the_line_page_and_the_list_follows(page, line):
    sign_in(page, "operator", f"/lines/{line.pk}")
    stops = page.locator("#stop-list")
    expect(stops).to_contain_text("No reason yet")
    page.evaluate("window.sameDocument = true")
    stops.get_by_role("link", name="Reason").click()
    page.get_by_role("button", name="Belt torn").click()
    expect(stops).to_contain_text("Belt torn")
    expect(page.locator("#sheet")).to_be_hidden()
    assert page.evaluate("window.sameDocument"), "nothing was loaded anew"
    assert Downtime.objects.get().reason.code == "BELT"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_are_accessible(page, line, theme):
    MaintenancePlanFactory(machine=line.machines.get(), every_running_hours=100)
    sign_in(page, "shift_manager", f"/downtime?line={line.pk}")
    page.emulate_media(color_scheme=theme)
    expect(page.locator("#stop-list")).to_contain_text("No reason yet")
    ensure_readable(page)
    page.locator("#stop-list").get_by_role("link", name="Split").click()
    expect(page.get_by_role("button", name="Tool change")).to_be_visible()
    page.wait_for_timeout(400)  # the sheet slides in
    ensure_readable(page)
    page.goto("/maintenance")
    expect(page.get_by_text("running hours")).to_be_visible()
    expect(page.get_by_text("MTBF")).to_be_visible()
    ensure_readable(page)


def test_split_and_confirmed(page, line):
    sign_in(page, "shift_manager", f"/downtime?line={line.pk}")
    stops = page.locator("#stop-list")
    stops.get_by_role("link", name="Split").click()
    page.get_by_role("button", name="Tool change").click()
    expect(stops.locator(".row-card")).to_have_count(2)
    stops.get_by_role("link", name="Confirm").first.click()
    page.get_by_role("button", name="Confirm: times and reason are right").click()
    expect(stops).to_contain_text("confirmed by")


def test_from_a_fault_to_its_repair(page, line):
    FaultCodeFactory(code="BELT-7", name="Belt torn", remedy="Change the belt")
    sign_in(page, "maintenance", "/maintenance")
    page.get_by_role("link", name="Something is wrong").click()
    page.get_by_label("Machine").select_option(index=1)
    page.get_by_label("Fault code").fill("BELT-7")
    page.get_by_role("button", name="Report the fault").click()
    upkeep = page.locator("#upkeep")
    expect(upkeep).to_contain_text("BELT-7")
    upkeep.get_by_role("link", name="Order its repair").click()
    expect(page.locator("#sheet-body")).to_contain_text("Change the belt")
    page.get_by_role("button", name="Order the repair").click()
    upkeep.get_by_role("link", name="Begin").click()
    page.get_by_role("button", name="Begin now").click()
    upkeep.get_by_role("link", name="Done").click()
    page.get_by_role("button", name="The work is done").click()
    expect(upkeep).to_contain_text("No open orders")
