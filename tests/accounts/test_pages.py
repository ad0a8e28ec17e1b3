"""The account pages as a browser uses them."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import Caller, login
from tests.accounts.test_passwords import GOOD, asked_for_link, work_off_the_queue
from tests.support.factories import PASSWORD

pytestmark = pytest.mark.django_db

NEW = {"username": "kim", "email": "kim@example.com", "new_password": GOOD, "repeat": GOOD}


@pytest.mark.parametrize("path", ["/accounts/login", "/accounts/login/"])
@pytest.mark.parametrize("name", ["mina", "Mina@example.com"])
def test_sign_in_leads_on_and_sign_out_ends(person, client, deeds, path, name):
    person("mina")
    answer = client.post(path, {"username": name, "password": PASSWORD, "next": "/accounts/profile"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/profile")
    assert client.get("/accounts/profile").status_code == 200
    assert client.get("/accounts/login").status_code == 302
    assert client.get("/accounts/logout").status_code == 405
    assert client.post("/accounts/logout").status_code == 200
    assert [code for code in deeds if "signed" in code] == [
        "accounts.user.signed_in",
        "accounts.user.signed_out",
    ]
    assert client.get("/accounts/profile")["Location"] == "/accounts/login?next=/accounts/profile"


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_leads_nowhere_else(person, client, where):
    person("mina")
    answer = client.post("/accounts/login", {"username": "mina", "password": PASSWORD, "next": where})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_refusals_of_the_login_page_are_all_alike(person, client):
    person("mina")
    person("closed", is_active=False)
    texts = []
    for name, password in [("mina", "Wrong-1"), ("nobody", PASSWORD), ("closed", PASSWORD)]:
        answer = client.post("/accounts/login", {"username": name, "password": password})
        assert answer.status_code == 200
        texts.append(answer.context["form"].non_field_errors())
    assert texts[0] == texts[1] == texts[2] == ["The user name or the password is wrong."]


def test_every_form_needs_its_csrf_token(person):
    page = Client(enforce_csrf_checks=True)
    for path in ("login", "register", "reset-password", "logout"):
        assert page.post(f"/accounts/{path}", {}).status_code == 403, path


@pytest.mark.parametrize("demo", [True, False])
def test_demo_accounts_are_offered_in_the_demo_alone(client, settings, demo):
    settings.DEMO = demo
    answer = client.get("/accounts/login")
    assert (b"Demo-2026!" in answer.content) is demo
    assert [row["username"] for row in answer.context["demo_accounts"]][:2] == (
        ["admin", "production_manager"] if demo else []
    )


@pytest.mark.parametrize(("policy", "active"), [("open", True), ("approval", False)])
def test_sign_up(client, settings, policy, active):
    settings.SIGN_UP = policy
    assert client.get("/accounts/register").status_code == 200
    answer = client.post("/accounts/register", NEW, follow=True)
    assert answer.redirect_chain == [("/accounts/register/done", 302)]
    user = User.objects.get(username="kim")
    assert (user.role, user.is_active) == ("guest", active)
    signed_in = client.post("/accounts/login", {"username": "kim", "password": GOOD}).status_code == 302
    assert signed_in is active


def test_sign_up_refusals_keep_what_was_typed(client, settings, person):
    settings.SIGN_UP = "open"
    person("kim")
    for change, field in [
        ({}, "username"),
        ({"username": "lee"}, "email"),
        ({"username": "lee", "email": "l@example.com", "repeat": "Other-1x"}, "repeat"),
        (
            {"username": "lee", "email": "l@example.com", "new_password": "weak", "repeat": "weak"},
            "new_password",
        ),
        ({"username": "a/b"}, "username"),
        ({"username": "other@example.com", "email": "l@example.com"}, "username"),
    ]:
        answer = client.post("/accounts/register", {**NEW, "full_name": "Kept Name", **change})
        assert answer.status_code == 200 and list(answer.context["form"].errors) == [field], change
        assert b"Kept Name" in answer.content
    assert User.objects.count() == 1


def test_sign_up_closed(client, settings):
    settings.SIGN_UP = "closed"
    answer = client.get("/accounts/register")
    assert answer.context["policy"] == "closed"
    client.post("/accounts/register", NEW)
    assert not User.objects.exists()
    assert client.get("/accounts/login").context["can_register"] is False


def test_a_forgotten_password(client, person, anyone):
    person("mina")
    assert client.get("/accounts/reset-password").status_code == 200
    answer = client.post("/accounts/reset-password", {"email": "mina@example.com"}, follow=True)
    assert answer.redirect_chain == [("/accounts/reset-password/sent", 302)]
    unknown = client.post("/accounts/reset-password", {"email": "nobody@example.com"}, follow=True)
    assert unknown.redirect_chain == answer.redirect_chain
    work_off_the_queue()
    assert len(mail.outbox) == 1
    link = f"/accounts/reset-password/{asked_for_link(anyone, 'mina@example.com')}"
    assert client.get(link).context["valid_link"] is True
    refused = client.post(link, {"new_password": "weak", "repeat": "weak"})
    assert refused.status_code == 200 and "new_password" in refused.context["form"].errors
    done = client.post(link, {"new_password": GOOD, "repeat": GOOD}, follow=True)
    assert done.redirect_chain == [("/accounts/reset-password/done", 302)]
    assert client.get(link).context["valid_link"] is False
    late = client.post(link, {"new_password": "Line-Three-27", "repeat": "Line-Three-27"})
    assert late.status_code == 200 and not late.context["valid_link"]
    login("mina", GOOD)


def test_a_new_password_keeps_this_session_and_ends_the_others(person):
    user = person("mina")
    here, there, pair = Client(), Client(), login("mina")
    here.force_login(user)
    there.force_login(user)
    body = {"current_password": "Wrong-1x", "new_password": GOOD, "repeat": GOOD}
    refused = here.post("/accounts/password", body)
    assert refused.status_code == 200 and "current_password" in refused.context["form"].errors
    assert here.post("/accounts/password", {**body, "current_password": PASSWORD}).status_code == 302
    assert here.get("/accounts/profile").status_code == 200
    assert there.get("/accounts/profile").status_code == 302
    assert Caller(pair["access_token"])("GET", "auth/me").status_code == 401


def test_the_profile_changes_what_is_ones_own(person, client):
    user = person("mina", role="operator")
    person("kim")
    client.force_login(user)
    page = client.get("/accounts/profile")
    assert page.status_code == 200 and b"Operator" in page.content
    body = {"full_name": "Mina Park", "email": "mina@example.com", "role": "admin", "is_active": ""}
    assert client.post("/accounts/profile", body).status_code == 302
    user.refresh_from_db()
    assert (user.full_name, user.role, user.is_active) == ("Mina Park", "operator", True)
    taken = client.post("/accounts/profile", {**body, "email": "KIM@example.com"})
    assert taken.status_code == 200 and list(taken.context["form"].errors) == ["email"]


@pytest.mark.parametrize("path", ["profile", "password"])
def test_ones_own_pages_need_a_sign_in(client, path):
    assert client.get(f"/accounts/{path}")["Location"] == f"/accounts/login?next=/accounts/{path}"
