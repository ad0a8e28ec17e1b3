"""Swagger UI and ReDoc in a real browser: drawn, from here alone, within the content security policy."""

import pytest
from django.conf import settings
from django.test import Client

from tests.support.factories import UserFactory


def operation(page, selector: str):
    """An operation of Swagger UI, which draws only what has come into view."""
    page.locator(".opblock").first.wait_for()
    while not page.locator(selector).count():
        before = page.evaluate("scrollY")
        page.mouse.wheel(0, 300)
        page.wait_for_timeout(100)
        assert page.evaluate("scrollY") != before, f"{selector} never came"
    return page.locator(selector)


@pytest.mark.parametrize("path", ["/docs", "/docs/", "/api/v1/docs"])
def test_swagger(page, path):
    page.goto(path)
    operation(page, "#operations-areas-areas_list").wait_for()


@pytest.mark.parametrize("path", ["/redoc", "/redoc/", "/api/v1/redoc"])
def test_redoc(page, path):
    page.goto(path)
    page.get_by_text("Download OpenAPI specification").wait_for()
    page.get_by_placeholder("Search").fill("sites")
    page.locator("[role=search] [role=menuitem]", has_text="sites").first.wait_for()


def test_who_is_signed_in_on_the_pages_can_try_a_call(page, product_url):
    client = Client()
    client.force_login(UserFactory(role="engineer"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": product_url}])
    page.goto("/docs")
    operation(page, "#operations-areas-areas_list .opblock-summary").click()
    page.get_by_role("button", name="Try it out").click()
    with page.expect_response("**/api/v1/areas**") as answer:
        page.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200
    assert answer.value.request.headers["x-csrftoken"]
