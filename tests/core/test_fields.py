"""Ids that are no whole numbers are refused, not rounded."""

from __future__ import annotations

import pytest

from tests.support.api import client_for
from tests.support.factories import SiteFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("bad", [1.5, True, [1], {"id": 1}, "one", 10**20, -1])
def test_an_id_is_a_whole_number(bad):
    SiteFactory(pk=1)
    answer = client_for("admin").post(
        "/api/v1/oee/policies", {"site_id": bad, "valid_from": "2026-01-01"}, format="json"
    )
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["site_id"]
