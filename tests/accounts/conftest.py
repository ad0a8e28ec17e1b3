"""People for the tests of people: a cheap hash, real passwords, real tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.ledger import Entry, entries_made
from tests.support.factories import PASSWORD

LOGIN = "/api/v1/auth/login"


@pytest.fixture(autouse=True)
def cheap_hash(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def deeds() -> Iterator[list[str]]:
    """The codes that reach the ledger, in order."""
    codes: list[str] = []

    def listen(sender: Any, entries: list[Entry], **kwargs: Any) -> None:
        codes.extend(entry.action for entry in entries)

    entries_made.connect(listen)
    yield codes
    entries_made.disconnect(listen)


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """person("operator") signs in as `operator` with PASSWORD."""

    def make(name: str = "mina", *, role: str | None = None, **fields: Any) -> User:
        role = role or (
            name if name in {value for value, _ in User._meta.get_field("role").choices} else "viewer"
        )
        return User.objects.create_user(name, f"{name}@example.com", PASSWORD, role=role, **fields)

    return make


class Caller:
    """A program that talks JSON to the API, with or without a bearer token."""

    def __init__(self, token: str | None = None) -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.generic(
            method,
            path if path.startswith("/") else f"/api/v1/{path}",
            body if isinstance(body, bytes) else b"" if body is None else _json(body),
            content_type=headers.pop("content_type", "application/json"),
            headers={**self.headers, **headers},
        )


def _json(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()


def login(name: str, password: str = PASSWORD) -> dict[str, Any]:
    """The pair of a fresh sign-in."""
    answer = Caller()("POST", LOGIN, {"username": name, "password": password})
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def anyone() -> Caller:
    return Caller()


@pytest.fixture
def caller(person: Callable[..., User]) -> Callable[[str], Caller]:
    """caller("admin") is a program signed in as a fresh account of that role."""

    def make(role: str) -> Caller:
        person(role, role=role)
        return Caller(login(role)["access_token"])

    return make
