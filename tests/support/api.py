"""API clients by role, without the cost of signing in."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient

from tests.support.factories import UserFactory

API = "/api/v1/"


def client_for(role: str | None) -> APIClient:
    """A client acting as a fresh user of this role, `client.user`; None is somebody unknown. It speaks JSON."""
    return client_of(UserFactory(role=role) if role else None)


def client_of(user: Any) -> APIClient:
    """A client acting as this user."""
    client = APIClient()
    client.default_format = "json"
    client.force_authenticate(user)
    client.user = user
    return client
