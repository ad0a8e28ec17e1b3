"""Many at once want the same user name, the last administrator's chair, or the same refresh token."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from accounts import actions
from accounts.models import SignIn, User
from accounts.tokens import reset_token
from core.errors import DomainError
from core.ledger import entries_made
from tests.support.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 16
API = "/api/v1/"


@pytest.fixture(autouse=True)
def cheap_and_heard(settings: Any) -> Iterator[None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SIGN_UP = "open"

    def listen(**kwargs: Any) -> None: ...

    entries_made.connect(listen)
    yield
    entries_made.disconnect(listen)


def all_at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """The results of the calls, started together, each with its own connection."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def post(path: str, body: dict[str, Any]) -> int:
    return Client().post(f"{API}{path}", body, "application/json").status_code


def test_one_of_many_gets_the_user_name():
    body = {"username": "mina", "password": "Line-Two-27"}
    calls = [
        lambda n=n: post("auth/register", {**body, "email": f"m{n}@example.com"}) for n in range(THREADS)
    ]
    assert Counter(all_at_once(calls)) == {201: 1, 409: THREADS - 1}
    assert User.objects.filter(username="mina").count() == 1


def test_one_of_many_gets_the_address():
    body = {"email": "mina@example.com", "password": "Line-Two-27"}
    calls = [lambda n=n: post("auth/register", {**body, "username": f"mina{n}"}) for n in range(THREADS)]
    assert Counter(all_at_once(calls)) == {201: 1, 409: THREADS - 1}


def administrators() -> list[User]:
    return [
        User.objects.create_user(f"admin{n}", f"admin{n}@example.com", PASSWORD, role="admin")
        for n in range(8)
    ]


def outcome(call: Callable[[], Any]) -> str:
    try:
        call()
    except DomainError as exc:
        return exc.code
    return "done"


def test_of_administrators_who_depose_each_other_one_stays():
    users = administrators()
    calls = [lambda user=user: outcome(lambda: actions.set_role(user=user, role="viewer")) for user in users]
    assert Counter(all_at_once(calls)) == {"done": 7, "last_administrator": 1}
    assert User.objects.able("admin").count() == 1


def test_control_without_the_lock_nobody_would_be_left(monkeypatch):
    users = administrators()
    together = threading.Barrier(len(users))

    def unlocked(pk: Any) -> User:
        return User.objects.get(pk=pk)

    leave = actions._leave_an_administrator

    def slowly(user: User) -> None:
        leave(user)
        together.wait(timeout=30)

    monkeypatch.setattr(actions, "lock_account", unlocked)
    monkeypatch.setattr(actions, "_leave_an_administrator", slowly)
    all_at_once(
        [lambda user=user: outcome(lambda: actions.set_role(user=user, role="viewer")) for user in users]
    )
    assert User.objects.able("admin").count() == 0


def test_a_refresh_token_serves_one_of_many_and_then_the_family_is_ended():
    User.objects.create_user("mina", "mina@example.com", PASSWORD)
    login = Client().post(f"{API}auth/login", {"username": "mina", "password": PASSWORD}, "application/json")
    body = {"refresh_token": login.json()["refresh_token"]}
    results = Counter(all_at_once([lambda: post("auth/refresh", body) for _ in range(8)]))
    assert results == {200: 1, 401: 7}
    assert SignIn.objects.get().revoked_at is not None


def test_a_reset_link_serves_one_of_many():
    user = User.objects.create_user("mina", "mina@example.com", PASSWORD)
    path = f"auth/reset-password/{reset_token(user)}"
    calls = [lambda n=n: post(path, {"new_password": f"Line-Two-2{n}"}) for n in range(8)]
    assert Counter(all_at_once(calls)) == {200: 1, 400: 7}
