"""Who finds which entry in the bar and in the admin's sidebar."""

import pytest

from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


def bar(client, role: str) -> list[str]:
    client.force_login(UserFactory(role=role), backend="accounts.backends.RoleBackend")
    return [str(entry["label"]) for entry in client.get("/").context["navigation"]]


def active(client, page: str) -> list[str]:
    return [str(entry["label"]) for entry in client.get(page).context["navigation"] if entry["active"]]


@pytest.mark.parametrize(
    ("role", "entries"),
    [
        (
            "admin",
            [
                "Floor",
                "Stations",
                "Downtime",
                "Maintenance",
                "Andon",
                "My jobs",
                "Plan",
                "Trace",
                "Quality",
                "Import",
            ],
        ),
        (
            "production_manager",
            [
                "Floor",
                "Stations",
                "Downtime",
                "Maintenance",
                "Andon",
                "My jobs",
                "Plan",
                "Trace",
                "Quality",
                "Import",
            ],
        ),
        ("operator", ["Floor", "Stations", "Downtime", "Maintenance", "Andon", "My jobs", "Plan", "Trace"]),
        ("viewer", ["Floor", "Downtime", "Maintenance", "Andon", "Plan", "Trace", "Quality"]),
        ("guest", []),
    ],
)
def test_the_bar_shows_what_may_be_opened(client, role, entries):
    assert bar(client, role) == entries


def test_the_present_page_is_marked(client):
    client.force_login(UserFactory(role="admin"), backend="accounts.backends.RoleBackend")
    assert active(client, "/") == ["Floor"]
    assert active(client, "/jobs") == ["My jobs"]
    assert active(client, "/accounts/profile") == []


def test_every_entry_opens(client):
    client.force_login(UserFactory(role="admin"), backend="accounts.backends.RoleBackend")
    answer = client.get("/admin/")
    links = [item["link"] for group in answer.context["sidebar_navigation"] for item in group["items"]]
    links += [entry["url"] for entry in client.get("/").context["navigation"]]
    assert len(links) > 20
    for link in links:
        assert client.get(link).status_code == 200, link


def test_the_sidebar_holds_only_what_may_be_seen(client):
    client.force_login(UserFactory(role="viewer"), backend="accounts.backends.RoleBackend")
    answer = client.get("/admin/")
    titles = [str(group["title"]) for group in answer.context["sidebar_navigation"]]
    assert "Plant" in titles and "Audit" not in titles and "People" not in titles
