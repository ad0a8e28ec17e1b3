"""A job from plan to pieces: a manager plans and assigns it, its worker does it in one touch each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from production import actions
from production.models import JobAssignment, ProductionSchedule
from tests.support.factories import MachineFactory
from tests.support.plans import job_in, job_of, question, schedule_of
from tests.support.production_factories import ProductFactory

NEWS_MS = 10_000


@pytest.fixture
def machine(transactional_db):
    return MachineFactory(name="Filler", line__name="Line 1")


def enter(page, role: str) -> User:
    """Somebody of this role, signed in without typing."""
    user = User.objects.create_user(role, f"{role}@example.com", "Correct-Horse-7", role=role)
    client = Client()
    client.force_login(user, backend="accounts.backends.RoleBackend")
    page.goto("/accounts/login")
    address = page.evaluate("location.origin")
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}]
    )
    return user


def accessible(page) -> list[str]:
    """The ids of the accessibility rules that the page breaks."""
    return [violation["id"] for violation in Axe().run(page).response["violations"]]


def schedule_today(machine, **given) -> ProductionSchedule:
    start = timezone.now().replace(minute=0, second=0, microsecond=0)
    return schedule_of(machine.line, scheduled_start=start, scheduled_end=start + timedelta(hours=8), **given)


def test_a_manager_plans_and_assigns(page, machine):
    product = ProductFactory(model_code="WATER-05", model_name="Water 0.5 l")
    worker = User.objects.create_user("kim", "kim@example.com", role="operator", full_name="Kim Minji")
    enter(page, "production_manager")
    page.goto("/plan")
    expect(page.get_by_text("Nothing is planned in this week")).to_be_visible()
    page.get_by_role("link", name="Plan production").click()
    sheet = page.locator("#sheet-body")
    sheet.get_by_label("Line").select_option(str(machine.line_id))
    sheet.get_by_label("Product").select_option(str(product.pk))
    now = timezone.now()
    sheet.get_by_label("Start").fill(now.strftime("%Y-%m-%dT06:00"))
    sheet.get_by_label("End").fill(now.strftime("%Y-%m-%dT14:00"))
    sheet.get_by_label("Pieces").fill("500")
    sheet.get_by_role("button", name="Plan production").click()
    card = page.locator(".row-card", has_text="WATER-05")
    expect(card).to_contain_text("Nobody is assigned yet")
    expect(page.locator("#chart-gantt canvas")).to_be_visible()
    card.get_by_role("link", name="Assign").click()
    sheet.get_by_label("Worker").select_option(str(worker.pk))
    sheet.get_by_role("button", name="Assign the job").click()
    expect(card).to_contain_text("Kim Minji")
    assert JobAssignment.objects.get().user == worker
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert "WATER-05" in download.value.path().read_text(encoding="utf-8-sig")
    page.get_by_text("Table", exact=True).click()
    expect(page.locator("#chart-gantt-table")).to_contain_text("Kim Minji")
    assert accessible(page) == []


def test_a_worker_does_the_job_in_one_touch_each(page, machine):
    question(machine.line, "Guards closed?")
    worker = enter(page, "operator")
    job = job_of(schedule_today(machine), user=worker)
    page.set_viewport_size({"width": 800, "height": 1100})
    page.goto("/jobs")
    card = page.locator(f"#job-{job.pk}")
    card.get_by_role("button", name="Accept").click()
    expect(card).to_contain_text("Accepted")
    card.get_by_role("link", name="Checklist: 1 open").click()
    sheet = page.locator("#sheet-body")
    sheet.get_by_label("Guards closed?").check()
    sheet.get_by_role("button", name="Keep the answers").click()
    expect(card).to_contain_text("Checklist done")
    card.get_by_role("button", name="Start").click()
    expect(card).to_contain_text("In progress")
    card.get_by_role("button", name="1 good").click()
    expect(card.locator(".figure").first).to_have_text("1")
    card.get_by_role("link", name="Pieces").click()
    sheet.get_by_label("Good").fill("24")
    sheet.get_by_label("Scrap").fill("2")
    sheet.get_by_role("button", name="Report").click()
    expect(card.locator(".figure").first).to_have_text("25")
    expect(card).to_contain_text("2 scrap")
    assert accessible(page) == []
    for button in card.locator("button, a.btn").all():
        assert button.bounding_box()["height"] >= 48
    card.get_by_role("button", name="Complete").click()
    expect(card).to_contain_text("Completed")
    job.refresh_from_db()
    assert (job.status, job.good_quantity, job.scrap_quantity) == ("COMPLETED", 25, 2)


def test_a_job_that_is_assigned_appears_by_itself(page, machine):
    worker = enter(page, "operator")
    page.goto("/jobs")
    expect(page.get_by_text("Nothing to do")).to_be_visible()
    expect(page.locator("#live[data-live-state=live]")).to_be_visible()
    job = job_of(schedule_today(machine), user=worker)
    expect(page.locator(f"#job-{job.pk}")).to_be_visible(timeout=NEWS_MS)


def test_the_board_in_the_dark(page, machine):
    enter(page, "viewer")
    job = job_in("IN_PROGRESS", job_of(schedule_today(machine)))
    actions.report_pieces(job=job, good=40, scrap=2, actor=job.user)
    page.emulate_media(color_scheme="dark")
    page.goto("/plan")
    expect(page.locator("#chart-gantt canvas")).to_be_visible()
    assert accessible(page) == []
