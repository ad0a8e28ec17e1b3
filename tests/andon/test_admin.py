"""Calls in the admin: to read."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from freezegun import freeze_time

from andon import actions
from tests.andon.calls import call, call_in
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db
LIST = "admin:andon_andonevent_changelist"


def signed_in(role):
    client = Client()
    client.force_login(UserFactory(role=role), backend="accounts.backends.RoleBackend")
    return client


@pytest.mark.parametrize("status", ["OPEN", "ACKNOWLEDGED", "RESOLVED", "CANCELLED"])
def test_a_call_in_any_status_is_shown(status):
    event, client = call_in(status), signed_in("viewer")
    assert client.get(reverse(LIST)).status_code == 200
    assert client.get(reverse(LIST), {"q": "belt", "o": "5"}).status_code == 200
    assert client.get(reverse("admin:andon_andonevent_change", args=[event.pk])).status_code == 200


def test_the_clocks(client):
    with freeze_time("2026-03-02T08:00:00Z") as clock:
        event = call()
        clock.tick(90)
        actions.acknowledge(event=event, actor=UserFactory())
        clock.tick(3600)
        page = signed_in("viewer").get(reverse(LIST)).content.decode()
    assert "0:01:30" in page and "1:01:30" in page


def test_nothing_is_written_here():
    event, client = call(), signed_in("admin")
    assert client.get(reverse("admin:andon_andonevent_add")).status_code == 403
    change = reverse("admin:andon_andonevent_change", args=[event.pk])
    assert client.post(change, {"status": "RESOLVED"}).status_code == 403
    delete = reverse("admin:andon_andonevent_delete", args=[event.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(("role", "code"), [("maintenance", 200), ("guest", 302), ("operator", 302)])
def test_who_may_look(role, code):
    assert signed_in(role).get(reverse(LIST)).status_code == code
