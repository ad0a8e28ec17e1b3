"""Repeated wrong passwords close the door for a while: by API and by the page, which is the admin's too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from freezegun import freeze_time

from tests.accounts.conftest import LOGIN, Caller
from tests.support.factories import PASSWORD

pytestmark = pytest.mark.django_db

WRONG = "Wrong-Horse-7"


@pytest.fixture(autouse=True)
def three_tries(settings):
    settings.AXES_FAILURE_LIMIT = 3


def by_json(name: str, password: str):
    return Caller()("POST", LOGIN, {"username": name, "password": password})


def by_form(name: str, password: str):
    return Client().post(
        f"{LOGIN}/json", f"username={name}&password={password}", "application/x-www-form-urlencoded"
    )


def by_page(name: str, password: str):
    return Client().post("/accounts/login", {"username": name, "password": password})


def by_admin(name: str, password: str):
    way_in = Client().get("/admin/login/")["Location"]
    return Client().post(way_in, {"username": name, "password": password})


@pytest.mark.parametrize("door", [by_json, by_form, by_page])
def test_every_door_locks_and_tells_how_long(person, door, deeds):
    person("mina", role="engineer")
    answers = [door("mina", WRONG) for _ in range(3)]
    assert answers[-1].status_code == 429 and answers[0].status_code in (200, 401)
    assert 14 * 60 < int(answers[-1]["Retry-After"]) <= 15 * 60
    assert deeds.count("accounts.user.locked_out") == 1
    for knock in (by_json, by_form, by_page):
        answer = knock("mina", PASSWORD)
        assert answer.status_code == 429 and int(answer["Retry-After"]) > 0
        if knock in (by_json, by_form):
            assert answer["Content-Type"] == "application/problem+json"
            assert answer.json()["code"] == "locked_out" and answer.json()["detail"]
        else:
            assert b"15 min" in answer.content
    assert deeds.count("accounts.user.locked_out") == 1


def test_name_and_address_in_any_case_count_as_one_account(person):
    person("mina")
    person("other")
    assert [by_json(name, WRONG).status_code for name in ("mina", "MINA", "Mina@Example.com")] == [
        401,
        401,
        429,
    ]
    assert by_json("mina@example.com", PASSWORD).status_code == 429
    assert by_json("other", PASSWORD).status_code == 200


def test_an_unknown_name_locks_alike(person):
    assert [by_json("ghost", WRONG).status_code for _ in range(4)] == [401, 401, 429, 429]


def test_a_right_password_in_between_starts_afresh(person):
    person("mina")
    for _ in range(3):
        assert [by_json("mina", WRONG).status_code for _ in range(2)] == [401, 401]
        assert by_json("mina", PASSWORD).status_code == 200


def test_another_address_is_not_locked(person):
    person("mina")
    for _ in range(3):
        by_json("mina", WRONG)
    far = Client(REMOTE_ADDR="10.0.0.9")
    assert far.post(LOGIN, {"username": "mina", "password": PASSWORD}, "application/json").status_code == 200


def test_the_lock_opens_by_itself_and_knocking_does_not_lengthen_it(person):
    person("mina")
    with freeze_time(timezone.now() - timedelta(minutes=16)):
        for _ in range(3):
            by_json("mina", WRONG)
    with freeze_time(timezone.now() - timedelta(minutes=5)):
        assert by_json("mina", WRONG).status_code == 429
    assert by_json("mina", PASSWORD).status_code == 200


def test_a_new_password_by_mail_does_not_wait(person, anyone):
    from tests.accounts.test_passwords import GOOD, asked_for_link

    person("mina")
    for _ in range(3):
        by_json("mina", WRONG)
    token = asked_for_link(anyone, "mina@example.com")
    assert anyone("POST", f"auth/reset-password/{token}", {"new_password": GOOD}).status_code == 200
    assert by_json("mina", GOOD).status_code == 200


def test_an_idempotency_key_does_not_undo_the_counting(person):
    person("mina")
    answers = [
        Caller()("POST", LOGIN, {"username": "mina", "password": WRONG}, **{"Idempotency-Key": f"key-{n}"})
        for n in range(3)
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 429]


def test_guessing_the_present_password_is_counted_too(caller):
    mine = caller("viewer")
    body = {"current_password": WRONG, "new_password": "Line-Two-27"}
    assert [mine("POST", "auth/change-password", body).status_code for _ in range(3)] == [400, 400, 429]
