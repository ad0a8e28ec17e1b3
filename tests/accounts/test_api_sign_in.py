"""Sign-in by token: the pair, its rotation, and what ends it at once."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from freezegun import freeze_time

from accounts import actions
from accounts.models import SignIn, User
from tests.accounts.conftest import LOGIN, Caller, login
from tests.support.factories import PASSWORD

pytestmark = pytest.mark.django_db


def claims(token: str) -> dict:
    body = token.split(".")[1]
    return json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def status_of_me(pair: dict) -> int:
    return Caller(pair["access_token"])("GET", "auth/me").status_code


@pytest.mark.parametrize("path", ["auth/login", "auth/login/", "auth/login/json"])
@pytest.mark.parametrize(
    "body",
    [
        {"username": "mina"},
        {"username": "MINA"},
        {"username": "Mina@Example.com"},
        {"email": "mina@example.com"},
        {"username": "mina", "remember_me": True},
    ],
)
def test_sign_in_by_user_name_or_address(person, anyone, path, body):
    user = person("mina", role="operator", full_name="Mina Park")
    answer = anyone("POST", path, {**body, "password": PASSWORD})
    assert answer.status_code == 200
    pair = answer.json()
    assert (pair["token_type"], pair["expires_in"]) == ("bearer", 1800)
    assert pair["user"]["username"] == "mina" and pair["user"]["role"] == "operator"
    assert not {key for key in pair["user"] if "password" in key}
    access, refresh = claims(pair["access_token"]), claims(pair["refresh_token"])
    for token in (access, refresh):
        assert (token["user_id"], token["username"], token["role"]) == (user.pk, "mina", "operator")
        assert token["ver"] == user.token_version and token["sid"] == str(SignIn.objects.get().pk)
    assert (access["type"], refresh["type"]) == ("access", "refresh")
    assert access["exp"] - access["iat"] == 30 * 60 and refresh["exp"] - refresh["iat"] == 7 * 24 * 3600
    assert answer["Cache-Control"] == "no-store" and not answer.cookies


def test_sign_in_by_form(person):
    person("mina")
    answer = Client().post(
        LOGIN,
        "username=mina&password=Correct-Horse-7&grant_type=password",
        "application/x-www-form-urlencoded",
    )
    assert answer.status_code == 200 and answer.json()["access_token"]


def test_sign_in_is_noted(person, anyone, deeds):
    user = person("mina")
    login("mina")
    assert "accounts.user.signed_in" in deeds
    user.refresh_from_db()
    assert timezone.now() - user.last_login < timedelta(minutes=1)
    family = SignIn.objects.get()
    assert family.ip_address == "127.0.0.1"


def test_wrong_password_unknown_name_and_closed_account_are_told_the_same(person, anyone):
    person("mina")
    person("closed", is_active=False)
    answers = [
        anyone("POST", LOGIN, {"username": name, "password": password})
        for name, password in [("mina", "Wrong-Horse-7"), ("nobody", PASSWORD), ("closed", PASSWORD)]
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "invalid_credentials"
    assert answers[0]["WWW-Authenticate"] == "Bearer"
    assert answers[0]["Content-Type"] == "application/problem+json"


def test_a_token_costs_one_query(person, django_assert_num_queries):
    person("mina")
    caller = Caller(login("mina")["access_token"])
    with django_assert_num_queries(1):
        assert caller("GET", "auth/permissions").status_code == 200


@pytest.mark.parametrize("how", ["body", "bearer"])
def test_refresh_gives_a_new_pair_and_the_old_refresh_token_ends_the_family(person, anyone, deeds, how):
    person("mina")
    first = login("mina")

    def refresh(pair: dict):
        if how == "body":
            return anyone("POST", "auth/refresh", {"refresh_token": pair["refresh_token"]})
        return Caller(pair["refresh_token"])("POST", "auth/refresh")

    answer = refresh(first)
    assert answer.status_code == 200
    second = answer.json()
    assert set(second) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert second["refresh_token"] != first["refresh_token"]
    assert status_of_me(second) == 200
    again = refresh(first)
    assert again.status_code == 401 and again.json()["code"] == "invalid_token"
    assert "accounts.user.token_reused" in deeds
    assert status_of_me(second) == 401
    assert refresh(second).status_code == 401


def test_a_used_token_ends_only_its_own_family(person, anyone):
    person("mina")
    other, first = login("mina"), login("mina")
    anyone("POST", "auth/refresh", {"refresh_token": first["refresh_token"]})
    assert anyone("POST", "auth/refresh", {"refresh_token": first["refresh_token"]}).status_code == 401
    assert status_of_me(other) == 200


def test_an_access_token_does_not_refresh_and_a_refresh_token_opens_nothing(person, anyone):
    person("mina")
    pair = login("mina")
    assert anyone("POST", "auth/refresh", {"refresh_token": pair["access_token"]}).status_code == 401
    answer = Caller(pair["refresh_token"])("GET", "auth/me")
    assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Bearer"


def test_tokens_age(person, anyone):
    person("mina")
    with freeze_time(timezone.now() - timedelta(minutes=29)):
        young = login("mina")
    with freeze_time(timezone.now() - timedelta(minutes=31)):
        old = login("mina")
    with freeze_time(timezone.now() - timedelta(days=7, minutes=1)):
        dead = login("mina")
    assert (status_of_me(young), status_of_me(old)) == (200, 401)
    assert anyone("POST", "auth/refresh", {"refresh_token": old["refresh_token"]}).status_code == 200
    assert anyone("POST", "auth/refresh", {"refresh_token": dead["refresh_token"]}).status_code == 401


@pytest.mark.parametrize("token", ["access_token", "refresh_token"])
@pytest.mark.parametrize("how", ["body", "bearer"])
def test_sign_out_ends_the_sign_in_at_once(person, anyone, deeds, token, how):
    person("mina")
    pair, other = login("mina"), login("mina")
    if how == "body":
        answer = anyone("POST", "auth/logout", {"refresh_token": pair[token]})
    else:
        answer = Caller(pair[token])("POST", "auth/logout")
    assert answer.status_code == 200 and answer.json()["message"]
    assert deeds[-1] == "accounts.user.signed_out"
    assert status_of_me(pair) == 401
    assert anyone("POST", "auth/refresh", {"refresh_token": pair["refresh_token"]}).status_code == 401
    assert status_of_me(other) == 200
    assert Caller(pair["access_token"])("POST", "auth/logout").status_code == 401


def test_sign_out_without_a_token(anyone):
    assert anyone("POST", "auth/logout").status_code == 401
    assert anyone("POST", "auth/refresh", {}).status_code == 401


def test_a_closed_account_is_out_at_once_and_stays_out(person, anyone):
    user = person("mina")
    pair, page = login("mina"), Client()
    page.force_login(user)
    assert page.get("/accounts/profile").status_code == 200
    actions.deactivate(user=user)
    actions.activate(user=user)
    assert status_of_me(pair) == 401
    assert anyone("POST", "auth/refresh", {"refresh_token": pair["refresh_token"]}).status_code == 401
    assert page.get("/accounts/profile").status_code == 302


def test_a_changed_role_acts_at_once(person):
    user = person("mina", role="admin")
    person("other", role="admin")
    pair, page = login("mina"), Client()
    page.force_login(user)
    caller = Caller(pair["access_token"])
    assert caller("GET", "users").status_code == 200 and page.get("/api/v1/users").status_code == 200
    actions.set_role(user=user, role="guest")
    assert caller("GET", "users").status_code == 403 and page.get("/api/v1/users").status_code == 403
    actions.set_role(user=user, role="admin")
    assert caller("GET", "users").status_code == 200


def test_a_changed_password_ends_every_token_and_session(person, anyone, deeds):
    user = person("mina")
    pair, other, page = login("mina"), login("mina"), Client()
    page.force_login(user)
    body = {"current_password": PASSWORD, "new_password": "Other-Horse-8"}
    assert Caller(pair["access_token"])("POST", "auth/change-password", body).status_code == 204
    assert "accounts.user.password_changed" in deeds
    assert status_of_me(pair) == status_of_me(other) == 401
    assert page.get("/accounts/profile").status_code == 302
    assert anyone("POST", LOGIN, {"username": "mina", "password": PASSWORD}).status_code == 401
    login("mina", "Other-Horse-8")


def test_session_of_a_page_needs_the_csrf_token_for_writes(person):
    page = Client(enforce_csrf_checks=True)
    page.force_login(person("mina"))
    assert page.get("/api/v1/auth/me").status_code == 200
    assert page.put("/api/v1/auth/profile", {"full_name": "X"}, "application/json").status_code == 403


def test_out_of_date_sign_ins_are_swept_at_the_next(person):
    user = person("mina")
    with freeze_time(timezone.now() - timedelta(days=8)):
        login("mina")
    login("mina")
    assert SignIn.objects.filter(user=user).count() == 1


def test_a_session_login_is_no_idempotent_replay(person, anyone):
    """A token must not be stored, and a wrong password under a key must stay counted."""
    person("mina")
    key = {"Idempotency-Key": "same-key"}
    first = anyone("POST", LOGIN, {"username": "mina", "password": PASSWORD}, **key).json()
    second = anyone("POST", LOGIN, {"username": "mina", "password": PASSWORD}, **key).json()
    assert first["access_token"] != second["access_token"]
    assert User.objects.get(username="mina").sign_ins.count() == 2
