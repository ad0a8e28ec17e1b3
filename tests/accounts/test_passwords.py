"""The password rule, its doors, the hash, and the way back in."""

from __future__ import annotations

import io
import logging
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from freezegun import freeze_time
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import actions
from accounts.models import User
from core.errors import Invalid
from tests.accounts.conftest import LOGIN, Caller, login
from tests.support.factories import PASSWORD

pytestmark = pytest.mark.django_db

GOOD = "Line-Two-27"
WEAK = {
    "too short": "Ab1cdef",
    "no upper": "line-two-27",
    "no lower": "LINE-TWO-27",
    "no digit": "Line-Two-Two",
    "common": "Password123",
    "like the name": "Mina.park1",
    "empty": "",
    "endless": "Aa1" * 400,
}


def work_off_the_queue() -> None:
    """What the worker does with the jobs that are waiting."""
    for job in ProcrastinateJob.objects.filter(status="todo").order_by("id"):
        app.tasks[job.task_name](**job.args)


def asked_for_link(anyone, email: str) -> str:
    """The token of the mail that was sent."""
    mail.outbox.clear()
    ProcrastinateJob.objects.all()._raw_delete("default")
    assert anyone("POST", "auth/request-reset", {"email": email}).status_code == 200
    work_off_the_queue()
    return re.search(r"/accounts/reset-password/([0-9a-z-]+)\n", mail.outbox[0].body)[1]


@pytest.mark.parametrize("why", WEAK)
def test_a_weak_password_passes_no_door(anyone, person, settings, why):
    settings.SIGN_UP = "open"
    weak = WEAK[why]
    user = person("mina.park")
    caller = Caller(login("mina.park")["access_token"])
    person("admin", role="admin")
    admin = Caller(login("admin")["access_token"])
    token = asked_for_link(anyone, user.email)
    doors = [
        anyone(
            "POST", "auth/register", {"username": "mina.park2", "email": "m@example.com", "password": weak}
        ),
        caller("POST", "auth/change-password", {"current_password": PASSWORD, "new_password": weak}),
        admin("PUT", f"users/{user.pk}/password", {"new_password": weak}),
        admin("POST", "users", {"username": "mina.park3", "email": "n@example.com", "password": weak}),
        anyone("POST", f"auth/reset-password/{token}", {"new_password": weak}),
    ]
    for door in doors:
        assert door.status_code == 400 and any("password" in name for name in door.json()["errors"]), (
            door.content
        )
    user.refresh_from_db()
    assert user.check_password(PASSWORD) and User.objects.count() == 2


def test_the_present_password_is_asked_for(person):
    person("mina")
    caller = Caller(login("mina")["access_token"])
    answer = caller("POST", "auth/change-password", {"current_password": "Wrong-1x", "new_password": GOOD})
    assert answer.status_code == 400 and set(answer.json()["errors"]) == {"current_password"}
    assert Caller()("POST", "auth/change-password", {}).status_code == 401


def test_the_hash_is_bcrypt_of_cost_12(settings):
    from factory_mes import settings as product

    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS
    user = actions.create_user(username="mina", email="mina@example.com", password=GOOD)
    user.refresh_from_db()
    assert re.match(r"bcrypt_sha256\$\$2b\$12\$", user.password) and user.check_password(GOOD)


def test_the_link_of_the_mail_opens_once(anyone, person, deeds):
    person("mina")
    pair = login("mina")
    token = asked_for_link(anyone, "MINA@example.com")
    message = mail.outbox[0]
    assert message.to == ["mina@example.com"] and "http://testserver/accounts/reset-password/" in message.body
    path = f"auth/reset-password/{token}"
    assert anyone("POST", path, {"new_password": GOOD}).status_code == 200
    assert "accounts.user.password_reset" in deeds
    again = anyone("POST", path, {"new_password": "Line-Three-27"})
    assert (again.status_code, again.json()["code"]) == (400, "invalid_reset_link")
    assert Caller(pair["access_token"])("GET", "auth/me").status_code == 401
    login("mina", GOOD)
    other = asked_for_link(anyone, "mina@example.com")
    assert anyone("POST", f"auth/reset-password/{other}", {"password": "Line-Four-27"}).status_code == 200


def test_a_link_lives_an_hour(anyone, person):
    person("mina")
    with freeze_time(timezone.now() - timedelta(minutes=61)):
        old = asked_for_link(anyone, "mina@example.com")
    with freeze_time(timezone.now() - timedelta(minutes=59)):
        young = asked_for_link(anyone, "mina@example.com")
    assert anyone("POST", f"auth/reset-password/{old}", {"new_password": GOOD}).status_code == 400
    assert anyone("POST", f"auth/reset-password/{young}", {"new_password": GOOD}).status_code == 200


def test_a_link_dies_with_the_account_and_with_a_new_address(anyone, person):
    user = person("mina")
    closed = asked_for_link(anyone, "mina@example.com")
    actions.deactivate(user=user)
    assert anyone("POST", f"auth/reset-password/{closed}", {"new_password": GOOD}).status_code == 400
    actions.activate(user=user)
    assert anyone("POST", f"auth/reset-password/{closed}", {"new_password": GOOD}).status_code == 400
    moved = asked_for_link(anyone, "mina@example.com")
    actions.update_user(user=user, changes={"email": "new@example.com"})
    assert anyone("POST", f"auth/reset-password/{moved}", {"new_password": GOOD}).status_code == 400


@pytest.mark.parametrize(
    "token", ["x", "-", "1-", "zzzzzzzzzzzzz-abc-def", "zzzzzzzzzzzzzzzzzz-a-b", "%00", "%ff", "1-a-b"]
)
def test_forged_links(anyone, db, token):
    answer = anyone("POST", f"auth/reset-password/{token}", {"new_password": GOOD})
    assert answer.status_code == 400
    assert anyone("GET", f"/accounts/reset-password/{token}").status_code in (200, 400, 404)


def test_asking_tells_nobody_which_addresses_are_known(anyone, person):
    person("mina")
    person("closed", is_active=False)
    addresses = ("mina@example.com", "nobody@example.com", "closed@example.com")
    answers = [anyone("POST", "auth/request-reset", {"email": address}) for address in addresses]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    work_off_the_queue()
    assert [message.to for message in mail.outbox] == [["mina@example.com"]]
    assert anyone("POST", "auth/request-reset", {"email": "nonsense"}).status_code == 400
    assert anyone("POST", "auth/request-reset", {}).status_code == 400


def test_first_accounts():
    first = actions.ensure_demo_accounts()
    assert {user.username for user in first} == {user.role for user in first} and len(first) == 10
    admin = User.objects.get(username="admin")
    assert admin.email == "admin@example.com" and admin.check_password("Demo-2026!")
    actions.set_password(user=admin, new_password=GOOD)
    assert actions.ensure_demo_accounts() == [] and actions.ensure_admin(password="Other-Pass-9") is None
    assert User.objects.get(username="admin").check_password(GOOD)


def test_the_first_administrator_of_an_empty_plant():
    with pytest.raises(Invalid):
        actions.ensure_admin(password="weak")
    user = actions.ensure_admin(password=GOOD)
    assert user.role == "admin" and user.check_password(GOOD)
    page = Client()
    answer = page.post("/accounts/login", {"username": "admin", "password": GOOD})
    assert answer.status_code == 302 and page.get("/admin/").status_code == 200


def test_no_password_reaches_the_ledger(person, deeds):
    from core.ledger import Entry, entries_made

    seen: list[Entry] = []

    def listen(sender, entries, **kwargs):
        seen.extend(entries)

    entries_made.connect(listen)
    user = person("mina")
    login("mina")
    actions.set_password(user=user, new_password=GOOD)
    Caller()("POST", LOGIN, {"username": "mina", "password": "Wrong-Horse-7"})
    entries_made.disconnect(listen)
    told = " ".join(
        f"{entry.old_values} {entry.new_values} {entry.reason}" for entry in seen if "." in entry.action
    )
    assert GOOD not in told and PASSWORD not in told and "md5$" not in told


@pytest.mark.parametrize(
    "save", [lambda user: user.save(), lambda user: user.save(update_fields=["password"])]
)
def test_a_password_set_by_any_other_door_ends_the_tokens_too(person, save):
    """As `manage.py changepassword` does, which knows nothing of actions."""
    user = person("mina")
    pair = login("mina")
    user.set_password(GOOD)
    save(user)
    assert Caller(pair["access_token"])("GET", "auth/me").status_code == 401
    login("mina", GOOD)


def test_a_renewed_hash_still_lets_in(person, settings):
    """As after a change of the hasher: the first sign-in writes the hash anew."""
    user = person("mina")
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    pair = login("mina")
    user.refresh_from_db()
    assert user.password.startswith("pbkdf2")
    assert Caller(pair["access_token"])("GET", "auth/me").status_code == 200


def test_no_token_reaches_the_logs(anyone, person, monkeypatch):
    person("mina")
    log = io.StringIO()
    for handler in logging.getLogger().handlers:
        if type(handler) is logging.StreamHandler:
            monkeypatch.setattr(handler, "stream", log)
    token = asked_for_link(anyone, "mina@example.com")
    anyone("GET", f"/accounts/reset-password/{token}")
    anyone("POST", f"auth/reset-password/{token}", {"new_password": "weak"})
    anyone("GET", f"auth/me?token={token}")
    lines = log.getvalue()
    assert "reset-password/***" in lines and token not in lines
