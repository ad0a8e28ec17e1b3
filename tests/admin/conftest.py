"""Somebody of a role at the managers' admin."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.support.factories import UserFactory


@pytest.fixture
def at_desk() -> Callable[[str], Client]:
    """`at_desk("engineer")`: a browser of somebody of that role, signed in."""

    def signed_in(role: str) -> Client:
        client = Client()
        client.force_login(UserFactory(role=role), backend="accounts.backends.RoleBackend")
        return client

    return signed_in
